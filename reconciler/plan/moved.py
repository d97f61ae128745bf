"""Who moved a deployment to another model or version: the manifest, the service or somebody else.

There is no memory but the marks on the deployment: what was last declared for its model, and what was last
declared at all. The service moves pay-as-you-go deployments only (Microsoft, model retirements, 2026-07-28).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum, auto
from typing import Final

from reconciler.catalogue.facts import Stage
from reconciler.catalogue.load import catalogue
from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.fields import BY_PATH
from reconciler.domain.ids import AccountId, Region
from reconciler.domain.json_values import at
from reconciler.domain.marks import mark_of, model_mark_of
from reconciler.domain.sku import SkuName
from reconciler.domain.state import ObservedDeployment, ObservedState, Offer
from reconciler.plan.body import model_mark, spec_mark

NO_AUTO_UPGRADE: Final = "noautoupgrade"
"""The versionUpgradeOption that forbids upgrades, in lower case."""

_OPTION: Final = BY_PATH["versionUpgradeOption"]
_MOVED_FIELDS: Final = ("model.format", "model.name", "model.version", "model.publisher")


class Mover(Enum):
    """Who made the live model another one than the declared."""

    NOBODY = auto()
    """They are the same."""
    MANIFEST = auto()
    """The manifest says something else than at the last apply, whichever way it goes."""
    SERVICE = auto()
    """The service upgraded it, as it may."""
    SOMEBODY = auto()
    """Somebody changed the deployment; the service never does so."""
    UNTOLD = auto()
    """It is another model, and ARM's list of models, which names the service's successors, was not read."""
    UNKNOWN = auto()
    """No mark tells: it was written by an earlier release, or by nobody of ours."""


def who_moved(
    desired: DesiredDeployment, observed: ObservedDeployment, upgrades: RegionalUpgrades | None = None
) -> Mover:
    """Who is behind a live model or version that is not the declared one; None: no upgrade is known."""
    model = desired.spec.model
    same_name = (observed.model_name or "").lower() == model.name.lower()
    if same_name and (isinstance(model.version, Unset) or observed.model_version == model.version):
        return Mover.NOBODY
    last = model_mark_of(observed)
    unchanged = last == model_mark(desired) if last is not None else mark_of(observed) == spec_mark(desired)
    if not unchanged:
        return Mover.UNKNOWN if last is None else Mover.MANIFEST
    if observed.sku is None or isinstance(model.version, Unset):
        return Mover.SOMEBODY
    if not (observed.sku.pay_as_you_go and desired.spec.sku.name.pay_as_you_go):
        return Mover.SOMEBODY  # also where the SKU is to become a provisioned one, which nobody upgrades
    if same_name:
        upgraded = _newer(observed.model_version or "", than=model.version, maker=model.format)
    else:
        successors = upgrades.successors(model.name, model.version, observed.sku) if upgrades else ()
        upgraded = (observed.model_name or "").lower() in successors
    if not upgraded:
        return Mover.SOMEBODY if same_name or upgrades is None or upgrades.listed else Mover.UNTOLD
    allowed = upgrade_option(desired, observed).lower() != NO_AUTO_UPGRADE
    if allowed or (upgrades and upgrades.preview_ended(model.name, model.version, observed.sku)):
        return Mover.SERVICE
    return Mover.SOMEBODY


def accepting(desired: DesiredDeployment, mover: Mover) -> DesiredDeployment:
    """`desired`, with the live model accepted where the service moved it."""
    return replace(desired, accepted=_MOVED_FIELDS) if mover is Mover.SERVICE else desired


def upgrade_option(desired: DesiredDeployment, observed: ObservedDeployment) -> str:
    """The versionUpgradeOption in force; where the manifest is silent, what is there counts."""
    option = desired.spec.text(_OPTION.name)
    if isinstance(option, Unset):
        return str(at(observed.resource, _OPTION.arm) or _OPTION.absent)
    return option


def _newer(version: str, *, than: str, maker: str) -> bool:
    """Only versions of one form have an order: dates (2024-11-20), or small counts (1, 2).

    Anthropic's have none: 1 and 2 are two places of hosting (Microsoft, Claude models, 2026-07-28).
    """
    if maker.lower() == "anthropic":
        return False
    dates = len(version) == len(than) == len("2024-11-20") and version[4] == than[4] == "-"
    if dates:
        return version > than
    counts = version.isdigit() and than.isdigit() and max(len(version), len(than)) <= len("99")
    return counts and int(version) > int(than)


@dataclass(frozen=True, slots=True)
class RegionalUpgrades:
    """What ARM's list of a region and the catalogue say of upgrades that the service makes by itself."""

    observed: ObservedState
    account: AccountId
    region: Region
    today: date | None

    @property
    def listed(self) -> bool:
        """Whether ARM's list of models was read; else the service may have a reason that nobody knows."""
        return self._offers is not None

    def successors(self, name: str, version: str, sku: SkuName) -> frozenset[str]:
        """The models that take the place of a version, by announcement or documentation; lower case.

        An announced successor may have one itself, and so may a newer version.
        """
        found: set[str] = set()
        waiting = [(name.lower(), version)]
        while waiting:
            here, of_version = waiting.pop()
            for target, target_version in self._targets(here, of_version, sku):
                if target not in found:
                    found.add(target)
                    waiting.append((target, target_version))
        return frozenset(found)

    def preview_ended(self, name: str, version: str, sku: SkuName) -> bool:
        """Whether a version was a preview and has ended; its deployments are moved whatever they say.

        Ended is what ARM lists as Deprecated, lists no longer, or had to move by today.
        The service moves previews `upgradeOnExpiryLeadTimeDays` before their date (TypeSpec 2025-09-01).
        """
        offers = [item for item in self._named(name) if item.model_version.lower() == version.lower()]
        facts = catalogue().lifecycle(name, version, sku)
        words = {offer.lifecycle_status.lower() for offer in offers} | {version.lower(), name.lower()}
        stage = None if facts is None else facts.stage
        if not (stage is Stage.PREVIEW or any("preview" in word for word in words)):
            return False
        listed = [offer for offer in offers if offer.sku == sku]
        if not listed:
            return bool(self._named(name))
        return all(self._over(item) for item in listed)

    def _over(self, offer: Offer) -> bool:
        """Whether it has ended, or the day has come on which the service moves what is still on it."""
        if offer.lifecycle_status.lower() == "deprecated":
            return True
        if self.today is None or offer.retires is None:
            return False
        lead = offer.replacement.lead_days if offer.replacement is not None else None
        return offer.retires[:10] <= (self.today + timedelta(days=lead or 0)).isoformat()

    def _targets(self, name: str, version: str, sku: SkuName) -> Iterator[tuple[str, str]]:
        for offer in self._named(name):
            listed = offer.model_version
            ahead = listed.lower() == version.lower() or _newer(
                listed, than=version, maker=offer.model_format
            )
            if ahead and offer.replacement is not None:
                yield offer.replacement.model.lower(), offer.replacement.version
        facts = catalogue().lifecycle(name, version, sku)
        if facts is not None and facts.successor is not None:
            for item in facts.successor.split(","):
                yield item.strip().lower(), ""

    @property
    def _offers(self) -> Sequence[Offer] | None:
        facts = self.observed.region_facts(self.account.subscription, self.region)
        return facts.offers if facts is not None else None

    def _named(self, name: str) -> list[Offer]:
        return [offer for offer in self._offers or () if offer.model_name.lower() == name.lower()]
