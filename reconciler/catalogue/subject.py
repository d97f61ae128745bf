"""What the catalogue is asked about for a declared model: itself, or the base it was fine-tuned from.

A checkpoint's id does not name its base, so nothing that depends on the base can be said about it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from reconciler.catalogue.facts import Model, Sizes
from reconciler.catalogue.query import Catalogue
from reconciler.domain.deployment import UNSET, DesiredDeployment, ModelRef, Unset

# babbage-002 and davinci-002 have a number, not a date, between name and ".ft-".
_VERSIONLESS = re.compile(r"^(?P<base>.+)\.ft-[0-9a-f]{32}(?:-.+)?$", re.IGNORECASE)
# What people write from placeholders or from OpenAI's own service: gpt-4o-ft-my-model, ft:gpt-4o:org::id.
_TUNED_LOOK = re.compile(r"(?:^|[-.:])ft[-:]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A model version to look up. `known` None: the catalogue has no such model, or no name is given.

    `malformed` says that the name is meant to be that of a fine-tuned model and has no form of one.
    """

    name: str
    version: str | Unset
    fine_tuned: bool
    malformed: bool
    known: Model | None

    @property
    def nameless(self) -> bool:
        """Whether the base cannot be told from the id."""
        return self.fine_tuned and not self.name

    @property
    def title(self) -> str:
        """The model for a sentence."""
        version = f" {self.version}" if isinstance(self.version, str) else ""
        if self.nameless:
            return "a fine-tuned model of unknown base"
        spelled = self.known.name if self.known else self.name
        return f"fine-tuned `{spelled}`{version}" if self.fine_tuned else f"`{spelled}`{version}"


@lru_cache(maxsize=4096)
def subject(model: ModelRef, catalogue: Catalogue) -> Subject:
    """The subject of a declared model."""
    known = catalogue.model(model.name)
    if known is not None:
        return Subject(name=known.name, version=model.version, fine_tuned=False, malformed=False, known=known)
    base = model.tuned_from
    if base is not None:
        return Subject(
            name=base.name,
            version=base.version,
            fine_tuned=True,
            malformed=False,
            known=catalogue.model(base.name),
        )
    versionless = _VERSIONLESS.match(model.name)
    if versionless is not None and (known := catalogue.model(versionless["base"])) is not None:
        return Subject(name=known.name, version=UNSET, fine_tuned=True, malformed=False, known=known)
    if model.fine_tuned or _TUNED_LOOK.search(model.name):
        malformed = not (model.fine_tuned and model.well_formed)
        return Subject(name="", version=UNSET, fine_tuned=True, malformed=malformed, known=None)
    return Subject(name=model.name, version=model.version, fine_tuned=False, malformed=False, known=None)


def sizes_of(deployment: DesiredDeployment, catalogue: Catalogue) -> Sizes | None:
    """The capacities this deployment may have, as far as the catalogue knows them."""
    what = subject(deployment.spec.model, catalogue)
    if what.known is None:
        return None
    return catalogue.offer(
        what.name, what.version, deployment.spec.sku.name, deployment.region, fine_tuned=what.fine_tuned
    )
