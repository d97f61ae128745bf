"""Drift: what differs from the manifests although nobody changed them, with a cause for each.

Three things are compared: what is declared now, the mark of what was declared when we last wrote, and
what is there. From an account that could not be listed to the end, nothing follows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.fleet import DesiredState, PrunePolicy
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.marks import Whose, mark_of, owner_of, whose
from reconciler.domain.state import Listed, ObservedDeployment, ObservedState
from reconciler.plan.actions import FieldChange
from reconciler.plan.body import spec_mark
from reconciler.plan.causes import ABOUT, Cause, is_drift
from reconciler.plan.legality import only_marks, without_marks
from reconciler.plan.moved import (
    NO_AUTO_UPGRADE,
    Mover,
    RegionalUpgrades,
    accepting,
    upgrade_option,
    who_moved,
)
from reconciler.plan.pair import field_changes
from reconciler.plan.pools import Pools
from reconciler.plan.terms import by_account, unread_accounts

_NOBODY_DID = frozenset({Cause.AUTO_UPGRADED, Cause.RETIRED})
"""Causes that are the service's own doing: who wrote last has nothing to do with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftItem:
    """One deployment's drift. `who` and `when` are the Activity Log's, else systemData's; None if unknown.

    `absent` says that the deployment is declared and not there. A change's `before` is what is there, its
    `after` what the manifest declares, as in a plan.
    """

    id: DeploymentId
    cause: Cause
    severity: Severity
    changes: tuple[FieldChange, ...] = ()
    who: str | None = None
    when: str | None = None
    explanation: str = ""
    absent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified:
    """A subscription whose Activity Log could not be read: who changed or deleted something is not known."""

    subscription: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableAccount:
    """An account about which nothing can be said, nor of the deployments that it is declared to have."""

    id: AccountId
    code: str
    message: str
    fix: str = ""
    declared: tuple[DeploymentId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """All drift found, and what could not be looked at.

    `synced` are the declared deployments of which nothing is to be said; `ignored` counts the items that
    were found and left out because their cause was to be ignored. `since` is when the plan was made that
    the report begins at, None where it covers all times; `unmoved` then counts the items it knew already.
    """

    items: tuple[DriftItem, ...]
    unreadable: tuple[UnreadableAccount, ...] = ()
    synced: tuple[DeploymentId, ...] = ()
    ignored: int = 0
    since: str | None = None
    unmoved: int = 0
    unverified: tuple[Unverified, ...] = ()

    @property
    def in_sync(self) -> int:
        """How many declared deployments are as declared."""
        return len(self.synced)

    @property
    def drifted(self) -> bool:
        """Whether anything is an error; what is only reported is not."""
        return any(is_drift(item.severity) for item in self.items)

    def without(self, causes: Collection[Cause]) -> DriftReport:
        """The report less the items of these causes, which are counted as ignored."""
        kept = tuple(item for item in self.items if item.cause not in causes)
        return replace(self, items=kept, ignored=self.ignored + len(self.items) - len(kept))

    def judged(
        self, stated: Mapping[Cause, Severity], fail_on: Collection[Cause] | None = None
    ) -> DriftReport:
        """The report with the severities that the Fleet states; what is `off` is ignored.

        With `fail_on` these causes are errors and no others; None leaves it at the severities.
        """

        def severity(item: DriftItem) -> Severity:
            found = stated.get(item.cause, item.severity)
            if fail_on is None:
                return found
            if item.cause in fail_on:
                return Severity.ERROR
            return Severity.WARNING if found is Severity.ERROR else found

        report = self.without([cause for cause, level in stated.items() if level is Severity.OFF])
        return replace(report, items=tuple(replace(each, severity=severity(each)) for each in report.items))


def find_drift(desired: DesiredState, observed: ObservedState, *, today: date) -> DriftReport:
    """Every difference in scope with its cause, ordered by identity.

    Retirement is known only where `observed` has the offers of the account's region. A missing account
    counts as unreadable: a wrong tenant looks the same.
    """
    items: list[DriftItem] = []
    unreadable: list[UnreadableAccount] = []
    synced: list[DeploymentId] = []
    declared = by_account(desired)
    newer = _manifests_moved_on(desired, observed)
    fixes = {element.id: element.fix for element in unread_accounts(desired, observed)}
    pools = Pools(observed)
    for account in desired.accounts:
        reading = observed.readings.get(account.id)
        here = [element for element in declared.get(account.id, ()) if desired.covers(element.id)]
        if not isinstance(reading, Listed):
            unreadable.append(
                UnreadableAccount(
                    id=account.id,
                    code="NotRead" if reading is None else reading.code,
                    message="it was not looked at" if reading is None else reading.message,
                    fix=fixes[account.id],
                    declared=tuple(element.id for element in here),
                )
            )
            continue
        for each in here:
            existing = reading.find(each.id)
            upgrades = RegionalUpgrades(observed, account.id, reading.account.region, today)
            mover = Mover.NOBODY if existing is None else who_moved(each, existing, upgrades)
            found = list(_declared(each, reading, desired.fleet.mark, mover, pools, today, newer=newer))
            synced += [] if found else [each.id]
            items += found
        names = {element.id for element in declared.get(account.id, ())}
        items += (
            _undeclared(present, desired.fleet.mark, account.prune)
            for present in reading.deployments
            if present.id not in names and desired.covers(present.id)
        )
    ordered = sorted(items, key=lambda item: (item.id.key, item.cause))
    return DriftReport(items=tuple(ordered), unreadable=tuple(unreadable), synced=tuple(synced))


def _declared(
    deployment: DesiredDeployment,
    reading: Listed,
    fleet: str,
    mover: Mover,
    pools: Pools,
    today: date,
    *,
    newer: bool,
) -> Iterator[DriftItem]:
    observed = reading.find(deployment.id)
    if observed is None:
        yield _absent(deployment, newer=newer)
        return
    changes = field_changes(accepting(deployment, mover), observed, fleet)
    if observed.settled and observed.provisioning_state.lower() != "succeeded":
        yield _item(
            observed, Cause.FAILED_STATE, changes, f"it settled in state {observed.provisioning_state}"
        )
    elif (item := _changed(deployment, observed, changes, fleet, mover)) is not None:
        yield item
    offer = pools.offer_of(observed, reading.account)
    if offer is not None and offer.retires and offer.retires[:10] <= today.isoformat():
        model = f"{observed.model_name} {observed.model_version}"
        text = f"{model} on {offer.sku} is retired since {offer.retires[:10]}"
        yield _item(observed, Cause.RETIRED, (), text)


def _changed(
    deployment: DesiredDeployment,
    observed: ObservedDeployment,
    changes: tuple[FieldChange, ...],
    fleet: str,
    mover: Mover,
) -> DriftItem | None:
    state = observed.provisioning_state
    going = "" if observed.settled else f"; an operation is going on (provisioningState {state})"
    owner, belongs = owner_of(observed), whose(observed, fleet)
    if belongs is Whose.THEIRS:
        return _item(observed, Cause.CHANGED_OUTSIDE, changes, f"the fleet {owner!r} has marked it{going}")
    if belongs is not Whose.OURS and only_marks(changes):
        return _item(observed, Cause.PENDING, changes, f"it is as declared and not yet adopted{going}")
    if owner is None or mark_of(observed) != spec_mark(deployment):
        text = f"the manifest is not what was last applied to it{going}"
        return _item(observed, Cause.PENDING, changes, text) if changes else None
    fields = without_marks(changes)
    upgrade = tuple(_upgrade(deployment, observed)) if mover is Mover.SERVICE else ()
    if fields:
        text = f"the manifest has not changed since it was applied{going}"
        if mover is Mover.UNTOLD:
            text += "; unverified: ARM's list of models could not be read, and the service may have moved it"
        item = _item(observed, Cause.CHANGED_OUTSIDE, (*upgrade, *fields), text)
        return replace(item, severity=Severity.WARNING) if mover is Mover.UNTOLD else item
    if upgrade:
        running = f"{observed.model_name} {observed.model_version}"
        forced = upgrade_option(deployment, observed).lower() == NO_AUTO_UPGRADE
        stated = not isinstance(deployment.spec.text("versionUpgradeOption"), Unset)
        why = (
            "as it does with every preview that ends, whatever the versionUpgradeOption"
            if forced
            else "as the manifest lets it"
            if stated
            else "as its versionUpgradeOption allows"
        )
        item = _item(observed, Cause.AUTO_UPGRADED, upgrade, f"the service moved it to {running}, {why}")
        return replace(item, severity=Severity.INFO) if stated and not forced else item
    if changes:
        return _item(observed, Cause.PENDING, changes, "its lifecycle was changed and not yet applied")
    return None


def _upgrade(deployment: DesiredDeployment, observed: ObservedDeployment) -> Iterator[FieldChange]:
    model = deployment.spec.model
    if (observed.model_name or "").lower() != model.name.lower():
        yield FieldChange(path="model.name", before=observed.model_name, after=model.name)
    version = None if isinstance(model.version, Unset) else model.version
    yield FieldChange(path="model.version", before=observed.model_version, after=version)


def _manifests_moved_on(desired: DesiredState, observed: ObservedState) -> bool:
    """Whether a deployment of the fleet shows that the manifests have changed since they were last applied.

    It carries our mark, and is declared in another way by now or no longer.
    """
    declared = {item.id: item for item in (*desired.deployments, *desired.reserve)}
    return any(
        (wanted := declared.get(existing.id)) is None or mark_of(existing) != spec_mark(wanted)
        for existing, _ in observed.existing
        if owner_of(existing) == desired.fleet.mark and existing.id not in desired.scope.left_out
    )


def _absent(deployment: DesiredDeployment, *, newer: bool) -> DriftItem:
    """The service removes idle fine-tuned deployments after 15 days, DeveloperTier ones after 24 hours."""
    developer = deployment.spec.sku.name.name == "DeveloperTier"
    if newer:
        cause = Cause.PENDING
        text = "it is not there, and the manifests have changed since they were last applied"
    elif developer or deployment.spec.model.fine_tuned:
        after = "24 hours after it was made" if developer else "after 15 days without a request"
        cause, text = Cause.EXPIRED, f"it is gone, or was never applied; the service removes such {after}"
    else:
        cause, text = Cause.MISSING, "it is not there: deleted, or never applied"
    return DriftItem(
        id=deployment.id, cause=cause, severity=ABOUT[cause].severity, explanation=text, absent=True
    )


def _undeclared(deployment: ObservedDeployment, fleet: str, prune: PrunePolicy) -> DriftItem:
    """In an account that is not claimed as a whole, what is another fleet's is that fleet's business."""
    owner, belongs = owner_of(deployment), whose(deployment, fleet)
    if belongs is Whose.OURS:
        text = "it carries our mark and no manifest declares it"
    elif owner is not None:
        text = f"no manifest here declares it; it carries the mark of the fleet {owner!r}"
    else:
        text = "no manifest declares it and it carries nobody's mark"
    item = _item(deployment, Cause.UNDECLARED, (), text)
    if prune is PrunePolicy.EXCLUSIVE:
        return replace(item, severity=Severity.ERROR)
    theirs = belongs in {Whose.THEIRS, Whose.NAMESAKE}
    return replace(item, severity=Severity.INFO) if theirs else item


def moved_unnoticed(deployment: ObservedDeployment) -> DriftItem:
    """One that somebody wrote to without changing anything that a manifest states."""
    text = "it is as declared; something that no manifest states, or its state, has changed since the plan"
    return _item(deployment, Cause.CHANGED_OUTSIDE, (), text)


def _item(
    deployment: ObservedDeployment, cause: Cause, changes: tuple[FieldChange, ...], explanation: str
) -> DriftItem:
    by_somebody = cause not in _NOBODY_DID
    return DriftItem(
        id=deployment.id,
        cause=cause,
        severity=ABOUT[cause].severity,
        changes=changes,
        who=deployment.system.last_modified_by if by_somebody else None,
        when=deployment.system.last_modified_at if by_somebody else None,
        explanation=explanation,
    )
