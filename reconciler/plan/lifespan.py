"""How long every deployment's model lives: for lists of all deployments, not only of those in trouble.

Pure. A deployment of whose model nothing is known is listed all the same, with nothing in its columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial

from reconciler.catalogue.facts import LifecycleFacts, Stage
from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import subject
from reconciler.domain.deployment import UNSET, ModelRef, Unset
from reconciler.domain.fields import BY_PATH
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import DeploymentId, Region
from reconciler.domain.json_values import at
from reconciler.domain.sku import SkuName
from reconciler.domain.state import ObservedDeployment, ObservedState
from reconciler.plan.moved import NO_AUTO_UPGRADE

_UPGRADES = {
    NO_AUTO_UPGRADE: "never",
    "oncecurrentversionexpired": "at retirement",
    "oncenewdefaultversionavailable": "on a new default",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifespan:
    """One deployment with the end of its model. `days_left` is negative once the date has passed.

    `version` None: the manifest leaves it to the service. `upgrade` None: the manifest leaves it
    unmanaged, and ARM's own default is in force for new deployments. `observed` says that model and
    version are ARM's answer rather than the manifest's word.
    """

    id: DeploymentId
    region: Region | None
    model: str
    version: str | None
    sku: SkuName | None
    fine_tuned: bool
    observed: bool
    upgrade: str | None
    days_left: int | None
    facts: LifecycleFacts | None

    @property
    def retires(self) -> date | None:
        """The retirement date by the newest source."""
        return None if self.facts is None else self.facts.retires

    @property
    def stage(self) -> Stage | None:
        """Microsoft's word for the model's age."""
        return None if self.facts is None else self.facts.stage

    @property
    def upgrade_meaning(self) -> str:
        """When the service moves the deployment to a newer version; brackets: ARM's default, not declared.

        It moves pay-as-you-go deployments only, and previews at their end whatever they say (Microsoft, model
        retirements, 2026-07-28).
        """
        if self.sku is not None and self.sku.known and not self.sku.pay_as_you_go:
            return "never"
        if self.upgrade is None:
            return f"({_UPGRADES[str(BY_PATH['versionUpgradeOption'].default).lower()]})"
        if self.stage is Stage.PREVIEW and self.upgrade.lower() == NO_AUTO_UPGRADE:
            return "at retirement"
        return _UPGRADES.get(self.upgrade.lower(), self.upgrade)

    def ends_within(self, days: int) -> bool:
        """Whether the model is retired, or retires within `days`."""
        return self.stage is Stage.RETIRED or (self.days_left is not None and self.days_left <= days)


def declared_lifespans(desired: DesiredState, catalogue: Catalogue, today: date) -> tuple[Lifespan, ...]:
    """Every declared deployment, in order of identity."""
    lifespan = partial(_lifespan, catalogue, today, observed=False)
    return tuple(
        lifespan(d.id, d.region, d.spec.model, d.spec.sku.name, d.spec.text("versionUpgradeOption"))
        for d in desired.deployments
    )


def observed_lifespans(
    desired: DesiredState, observed: ObservedState, catalogue: Catalogue, today: date
) -> tuple[Lifespan, ...]:
    """What is there in the declared accounts, and what is declared and not there."""
    existing = [
        _observed(deployment, reading.account.region, catalogue, today)
        for deployment, reading in observed.existing
        if desired.covers(deployment.id)
    ]
    seen = {item.id for item in existing}
    absent = [
        lifespan for lifespan in declared_lifespans(desired, catalogue, today) if lifespan.id not in seen
    ]
    return tuple(sorted((*existing, *absent), key=lambda item: item.id.key))


def soonest_first(lifespans: Iterable[Lifespan]) -> list[Lifespan]:
    """What ends first on top; what has no date below, retired ones above all."""

    def rank(lifespan: Lifespan) -> tuple[bool, bool, int, tuple[str, ...]]:
        left = lifespan.days_left
        return (lifespan.stage is not Stage.RETIRED, left is None, left or 0, lifespan.id.key)

    return sorted(lifespans, key=rank)


def _observed(deployment: ObservedDeployment, region: Region, catalogue: Catalogue, today: date) -> Lifespan:
    option = at(deployment.resource, BY_PATH["versionUpgradeOption"].arm)
    model = ModelRef(
        name=deployment.model_name or "",
        format=deployment.model_format or "",
        version=deployment.model_version or UNSET,
    )
    upgrade = option if isinstance(option, str) else UNSET
    return _lifespan(catalogue, today, deployment.id, region, model, deployment.sku, upgrade, observed=True)


def _lifespan(
    catalogue: Catalogue,
    today: date,
    identity: DeploymentId,
    region: Region | None,
    model: ModelRef,
    sku: SkuName | None,
    upgrade: str | Unset,
    *,
    observed: bool,
) -> Lifespan:
    what = subject(model, catalogue)
    facts = None
    if what.known is not None:
        facts = catalogue.lifecycle(what.name, what.version, sku, fine_tuned=what.fine_tuned)
    retires = None if facts is None else facts.retires
    return Lifespan(
        id=identity,
        region=region,
        model=model.name,
        version=model.version if isinstance(model.version, str) else None,
        sku=sku,
        fine_tuned=what.fine_tuned,
        observed=observed,
        upgrade=upgrade if isinstance(upgrade, str) else None,
        days_left=None if retires is None else (retires - today).days,
        facts=facts,
    )
