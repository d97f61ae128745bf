"""What a model that retires is replaced by: the first source that names something which can be had.

Asked in this order: the command line, the Fleet's own preferences, ARM's replacement for the model, the
documented successor. A target that is known not to be offered there, that retires no later, or of which no
version is known is passed over, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from reconciler.catalogue.facts import Stage
from reconciler.catalogue.query import Catalogue, Version
from reconciler.domain.deployment import UNSET, DesiredDeployment
from reconciler.domain.fleet import Preference
from reconciler.domain.platform import Replacement
from reconciler.domain.sku import SkuName
from reconciler.errors import UsageProblem

_NAMED: Final = re.compile(r"(?P<name>[^()\s,]+)(?:\s*\((?P<version>[^()\s]+)\))?$")
ModelVersion = tuple[str, str]
"""A model's name and version, in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a source names: `version` None where it leaves that to whoever deploys."""

    name: str
    version: str | None
    source: str
    as_of: str

    @classmethod
    def parse(cls, text: str) -> Wish:
        """What `--to MODEL[@VERSION]` says; UsageProblem where it says nothing."""
        name, _, version = text.partition("@")
        if not name.strip() or (not version and text.endswith("@")):
            raise UsageProblem(f"--to {text!r} is not MODEL or MODEL@VERSION, such as gpt-4.1@2025-04-14")
        return cls(name=name.strip(), version=version.strip() or None, source="--to", as_of="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A model version to move to, who says so and as of when. `offered` None: no source lists its offers."""

    name: str
    version: str
    format: str
    source: str
    as_of: str
    offered: bool | None
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSources:
    """Who is asked for a target. `replacements` are ARM's own, by model and version; empty offline.

    What retires by `until` is no target, unless the command line names it: the next run would move it again.
    """

    catalogue: Catalogue
    today: date
    until: date
    to: Wish | None = None
    prefer: tuple[Preference, ...] = ()
    replacements: Mapping[ModelVersion, Replacement] = field(default_factory=dict)

    def choose(
        self, deployment: DesiredDeployment, retires: date | None
    ) -> tuple[Target | None, tuple[str, ...]]:
        """The target for a deployment whose model ends on `retires` (None: nobody knows when), or None.

        Beside it is why others were passed over.
        """
        reasons: list[str] = []
        for wish in self._wishes(deployment):
            found = self._fitting(wish, deployment, retires)
            if isinstance(found, Target):
                return found, tuple(reasons)
            reasons.append(found)
        if self.to is None:
            reasons.append(
                "name another with --to" if reasons else "no source names a successor; name one with --to"
            )
        return None, tuple(reasons)

    def _wishes(self, deployment: DesiredDeployment) -> Iterator[Wish]:
        model = deployment.spec.model
        if self.to is not None:
            yield self.to
            return
        for item in self.prefer:
            if item.model.lower() == model.name.lower() and item.from_version in {None, model.version}:
                yield Wish(name=item.to, version=item.version, source="Fleet.spec.upgrade.prefer", as_of="")
        version = "" if model.version is UNSET else str(model.version).lower()
        known = self.replacements.get((model.name.lower(), version))
        if known is not None:
            asked = self.today.isoformat()
            yield Wish(name=known.model, version=known.version, source="ARM's replacementConfig", as_of=asked)
        yield from self._documented(model.name, model.version, deployment.spec.sku.name)

    def _documented(self, name: str, version: Version, sku: SkuName) -> Iterator[Wish]:
        """The successors that tables of retirements name, then the successors of those, each once."""
        left: list[tuple[str, Version]] = [(name, version)]
        seen = {name.lower()}
        while left:
            here, at = left.pop(0)
            facts = self.catalogue.lifecycle(here, at, sku)
            for text in (facts.successor or "").split(", ") if facts is not None else ():
                found = _NAMED.match(text.strip())
                if found is None or facts is None:
                    continue
                yield Wish(
                    name=found["name"],
                    version=found["version"],
                    source=facts.source.title,
                    as_of=facts.source.as_of,
                )
                if found["name"].lower() not in seen:
                    seen.add(found["name"].lower())
                    left.append((found["name"], found["version"] or UNSET))

    def _fitting(self, wish: Wish, deployment: DesiredDeployment, retires: date | None) -> Target | str:
        """The wish as a target, or why it does not fit, in words."""
        name = self.catalogue.model(wish.name)
        spelled = wish.name if name is None else name.name
        kind = deployment.spec.model.format if name is None or name.format is None else name.format
        versions = [wish.version] if wish.version else self._versions(spelled)
        if not versions:
            return f"no version of {spelled} is known; name one with --to {spelled}@VERSION"
        reason = ""
        for version in versions:
            reason = self._against(spelled, version, deployment, retires)
            if not reason:
                return Target(
                    name=spelled,
                    version=version,
                    format=kind,
                    source=wish.source,
                    as_of=wish.as_of,
                    offered=self._offered(spelled, version, deployment),
                    cautions=self._cautions(spelled, version, deployment),
                )
        return reason

    def _versions(self, name: str) -> list[str]:
        """The default version first, then the others, the newest date first."""
        model = self.catalogue.model(name)
        if model is None:
            return []
        rest = sorted((v for v in model.versions if v != model.default_version), reverse=True)
        return [model.default_version, *rest] if model.default_version else rest

    def _against(self, name: str, version: str, deployment: DesiredDeployment, retires: date | None) -> str:
        """What speaks against a model version for a deployment; empty where nothing does."""
        sku, what = deployment.spec.sku.name, f"{name} {version}"
        facts = self.catalogue.lifecycle(name, version, sku)
        if facts is not None and facts.stage is Stage.RETIRED:
            return f"{what} is itself retired ({facts.source})"
        model = deployment.spec.model
        if name.lower() == model.name.lower() and version == model.version:
            return f"{what} is already declared"
        ends = None if facts is None else facts.retires
        if self.to is None and ends is not None and ends <= self.until:
            return f"{what} retires on {ends} itself ({facts.source if facts else ''})"
        if ends is not None and (ends <= self.today or (retires is not None and ends <= retires)):
            return f"{what} retires on {ends}, which gains no time ({facts.source if facts else ''})"
        if self._offered(name, version, deployment) is False:
            where = f" in {deployment.region.name}" if deployment.region else ""
            return f"{what} is not offered on {sku.name}{where}"
        return ""

    def _offered(self, name: str, version: Version, deployment: DesiredDeployment) -> bool | None:
        """Whether the target can be had on this SKU in this region; None where no source says."""
        sku = deployment.spec.sku.name
        skus = self.catalogue.skus_for(name, version)
        if self.catalogue.refuses(name, version, sku) is not None:
            return False
        if skus is not None and sku not in skus and not self.catalogue.doubtful(name, version, sku):
            return False
        places = self.catalogue.regions_for(name, version, sku)
        absent = None if places is None or deployment.region is None else places.absent(deployment.region)
        if absent:
            return False
        return True if skus is not None and sku in skus and absent is False else None

    def _cautions(self, name: str, version: str, deployment: DesiredDeployment) -> tuple[str, ...]:
        """What to know before moving there, although nothing speaks against it."""
        facts = self.catalogue.lifecycle(name, version, deployment.spec.sku.name)
        notes = []
        if facts is not None and facts.stage in {Stage.LEGACY, Stage.DEPRECATED}:
            notes.append(f"{name} {version} is itself {facts.stage.value} ({facts.source})")
        if facts is not None and facts.stage is Stage.PREVIEW:
            notes.append(f"{name} {version} is a preview, which may end at 30 days' notice")
        model = self.catalogue.model(name)
        if model is not None and model.format == "Anthropic":
            notes.append(
                "a Marketplace offer must be accepted (modelProviderData), and the version decides where "
                "data is processed and which quota is used"
            )
        return tuple(notes)
