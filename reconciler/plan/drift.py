"""Drift: what differs from the manifests although nobody changed them, with a cause for each.

Three things are compared: what is declared now, the mark of what was declared when we last wrote, and
what is there. From an account that could not be listed to the end, nothing follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.state import DesiredState, Listed, ObservedDeployment, ObservedState
from reconciler.plan.actions import FieldChange
from reconciler.plan.body import auto_upgraded, spec_mark
from reconciler.plan.compare import by_account
from reconciler.plan.diff import field_changes
from reconciler.plan.legality import only_marks, without_marks
from reconciler.plan.ownership import mark_of, owner_of
from reconciler.plan.pools import Pools


class Cause(StrEnum):
    """Why a deployment is not as declared. `PENDING` is a manifest change not yet applied: not drift."""

    CHANGED_OUTSIDE = "changed-outside"
    AUTO_UPGRADED = "auto-upgraded"
    EXPIRED = "expired"
    RETIRED = "retired"
    DELETED_OUTSIDE = "deleted-outside"
    PENDING = "pending"
    FAILED_STATE = "failed-state"
    UNDECLARED = "undeclared"


_SEVERITY = {
    Cause.CHANGED_OUTSIDE: Severity.ERROR,
    Cause.AUTO_UPGRADED: Severity.WARNING,
    Cause.EXPIRED: Severity.WARNING,
    Cause.RETIRED: Severity.ERROR,
    Cause.DELETED_OUTSIDE: Severity.ERROR,
    Cause.PENDING: Severity.INFO,
    Cause.FAILED_STATE: Severity.ERROR,
    Cause.UNDECLARED: Severity.WARNING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftItem:
    """One deployment's drift. `who` and `when` are systemData's lastModified half; None if unknown.

    A change's `before` is what is there, its `after` what the manifest declares, as in a plan.
    """

    id: DeploymentId
    cause: Cause
    severity: Severity
    changes: tuple[FieldChange, ...] = ()
    who: str | None = None
    when: str | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableAccount:
    """An account about which nothing can be said."""

    id: AccountId
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """All drift found, and what could not be looked at."""

    items: tuple[DriftItem, ...]
    unreadable: tuple[UnreadableAccount, ...] = ()
    in_sync: int = 0

    @property
    def drifted(self) -> bool:
        """Whether anything is drift; pending manifest changes are not."""
        return any(item.cause is not Cause.PENDING for item in self.items)


def find_drift(desired: DesiredState, observed: ObservedState, *, today: date) -> DriftReport:
    """Every difference in scope with its cause, ordered by identity.

    Retirement is known only where `observed` has the offers of the account's region. A missing account
    counts as unreadable: a wrong tenant looks the same.
    """
    items: list[DriftItem] = []
    unreadable: list[UnreadableAccount] = []
    in_sync = 0
    declared = by_account(desired)
    pools = Pools(observed)
    for account in desired.accounts:
        reading = observed.readings.get(account.id)
        if not isinstance(reading, Listed):
            code, message = (
                (reading.code, reading.message) if reading else ("NotRead", "it was not looked at")
            )
            unreadable.append(UnreadableAccount(id=account.id, code=code, message=message))
            continue
        here = [one for one in declared.get(account.id, ()) if desired.covers(one.id)]
        for one in here:
            found = list(_declared(one, reading, desired.fleet.name, pools, today))
            in_sync += not found
            items += found
        names = {one.id for one in declared.get(account.id, ())}
        items += (
            _undeclared(there, desired.fleet.name)
            for there in reading.deployments
            if there.id not in names and desired.covers(there.id)
        )
    ordered = sorted(items, key=lambda item: (item.id.key, item.cause))
    return DriftReport(items=tuple(ordered), unreadable=tuple(unreadable), in_sync=in_sync)


def _declared(
    one: DesiredDeployment, reading: Listed, fleet: str, pools: Pools, today: date
) -> Iterator[DriftItem]:
    there = reading.find(one.id)
    if there is None:
        yield _absent(one)
        return
    changes = field_changes(one, there, fleet)
    if there.settled and there.provisioning_state.lower() != "succeeded":
        yield _item(there, Cause.FAILED_STATE, changes, f"it settled in state {there.provisioning_state}")
    elif (item := _changed(one, there, changes, fleet)) is not None:
        yield item
    offer = pools.offer_of(there, reading.account)
    if offer is not None and offer.retires and offer.retires[:10] <= today.isoformat():
        told = (
            f"{there.model_name} {there.model_version} on {offer.sku} is retired since {offer.retires[:10]}"
        )
        yield _item(there, Cause.RETIRED, (), told)


def _changed(
    one: DesiredDeployment, there: ObservedDeployment, changes: tuple[FieldChange, ...], fleet: str
) -> DriftItem | None:
    going = (
        "" if there.settled else f"; an operation is going on (provisioningState {there.provisioning_state})"
    )
    owner = owner_of(there)
    if owner is not None and owner != fleet:
        return _item(there, Cause.CHANGED_OUTSIDE, changes, f"the fleet {owner!r} has marked it{going}")
    if owner is None and only_marks(changes):
        return _item(there, Cause.PENDING, changes, f"it is as declared and not yet adopted{going}")
    if owner is None or mark_of(there) != spec_mark(one):
        told = f"the manifest is not what was last applied to it{going}"
        return _item(there, Cause.PENDING, changes, told) if changes else None
    fields = without_marks(changes)
    upgrade = _upgrade(one, there)
    if fields:
        told = f"the manifest is what was last applied{going}"
        return _item(there, Cause.CHANGED_OUTSIDE, (*upgrade, *fields), told)
    if upgrade:
        told = f"the service moved it to version {there.model_version}, as its versionUpgradeOption allows"
        return _item(there, Cause.AUTO_UPGRADED, upgrade, told)
    if changes:
        return _item(there, Cause.PENDING, changes, "its lifecycle was changed and not yet applied")
    return None


def _upgrade(one: DesiredDeployment, there: ObservedDeployment) -> tuple[FieldChange, ...]:
    version = one.spec.model.version
    if isinstance(version, Unset) or not auto_upgraded(one, there):
        return ()
    return (FieldChange(path="model.version", before=there.model_version, after=version),)


def _absent(one: DesiredDeployment) -> DriftItem:
    """The service removes idle fine-tuned deployments after 15 days, DeveloperTier ones after 24 hours."""
    developer = one.spec.sku.name.name == "DeveloperTier"
    if developer or one.spec.model.fine_tuned:
        after = "24 hours after it was made" if developer else "after 15 days without a request"
        cause, told = Cause.EXPIRED, f"it is gone, or was never applied; the service removes such {after}"
    else:
        cause, told = Cause.DELETED_OUTSIDE, "it is not there: deleted outside, or never applied"
    return DriftItem(id=one.id, cause=cause, severity=_SEVERITY[cause], explanation=told)


def _undeclared(there: ObservedDeployment, fleet: str) -> DriftItem:
    owner = owner_of(there)
    if owner == fleet:
        told = "it carries our mark and no manifest declares it"
    elif owner is not None:
        told = f"no manifest here declares it; it carries the mark of the fleet {owner!r}"
    else:
        told = "no manifest declares it and it carries nobody's mark"
    return _item(there, Cause.UNDECLARED, (), told)


def _item(
    there: ObservedDeployment, cause: Cause, changes: tuple[FieldChange, ...], explanation: str
) -> DriftItem:
    return DriftItem(
        id=there.id,
        cause=cause,
        severity=_SEVERITY[cause],
        changes=changes,
        who=there.system.last_modified_by,
        when=there.system.last_modified_at,
        explanation=explanation,
    )
