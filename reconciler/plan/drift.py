"""Drift: what differs from the manifests although nobody changed them, with a cause for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.state import (
    AccountMissing,
    DesiredAccount,
    DesiredState,
    Listed,
    ObservedDeployment,
    ObservedState,
    Unreadable,
)
from reconciler.plan.actions import FieldChange
from reconciler.plan.body import MARKS, SPEC_TAG, auto_upgraded, spec_mark
from reconciler.plan.diff import field_changes


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftItem:
    """One deployment's drift. `who` and `when` are systemData's lastModified half; None if unknown."""

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


_SEVERITY = {
    Cause.CHANGED_OUTSIDE: Severity.ERROR,
    Cause.DELETED_OUTSIDE: Severity.ERROR,
    Cause.FAILED_STATE: Severity.ERROR,
    Cause.RETIRED: Severity.ERROR,
    Cause.AUTO_UPGRADED: Severity.WARNING,
    Cause.EXPIRED: Severity.WARNING,
    Cause.UNDECLARED: Severity.WARNING,
    Cause.PENDING: Severity.INFO,
}
_MARK_PATHS = frozenset(f"tags.{name}" for name in MARKS)


def find_drift(desired: DesiredState, observed: ObservedState) -> DriftReport:
    """Everything in scope that is not as declared, with the cause; what cannot be read is listed apart."""
    items: list[DriftItem] = []
    unreadable: list[UnreadableAccount] = []
    in_sync = 0
    for account in desired.accounts:
        reading = observed.readings.get(account.id)
        if not isinstance(reading, Listed):
            unreadable.append(_unreadable(account, reading))
            continue
        for one in desired.deployments:
            if one.id.account == account.id and desired.covers(one.id):
                found = _declared(one, reading, desired, observed)
                items.extend(found)
                in_sync += not found
        items.extend(_undeclared(reading, desired))
    items.sort(key=lambda item: item.id.key)
    return DriftReport(items=tuple(items), unreadable=tuple(unreadable), in_sync=in_sync)


def _unreadable(account: DesiredAccount, reading: AccountMissing | Unreadable | None) -> UnreadableAccount:
    if reading is None:
        return UnreadableAccount(id=account.id, code="not-observed", message="it was not looked at")
    return UnreadableAccount(id=account.id, code=reading.code, message=reading.message)


def _declared(
    one: DesiredDeployment,
    reading: Listed,
    desired: DesiredState,
    observed: ObservedState,
) -> tuple[DriftItem, ...]:
    there = reading.find(one.id)
    if there is None:
        return (_absent(one),)
    if there.settled and there.provisioning_state.lower() != "succeeded":
        words = f"it is in state {there.provisioning_state}"
        return (_item(Cause.FAILED_STATE, there, explanation=words),)
    changes = tuple(
        change for change in field_changes(one, there, desired.fleet.name) if change.path not in _MARK_PATHS
    )
    found: list[DriftItem] = []
    if changes:
        found.append(_differing(one, there, changes))
    elif auto_upgraded(one, there):
        version = FieldChange(
            path="model.version", before=str(one.spec.model.version), after=there.model_version
        )
        words = "the service moved it to a newer version, as versionUpgradeOption lets it"
        found.append(_item(Cause.AUTO_UPGRADED, there, changes=(version,), explanation=words))
    found.extend(_retired(there, reading.account.region, observed))
    return tuple(found)


def _absent(one: DesiredDeployment) -> DriftItem:
    short_lived = one.spec.model.fine_tuned or one.spec.sku.name.name == "DeveloperTier"
    if short_lived:
        cause = Cause.EXPIRED
        words = (
            "it is not there; the service deletes a fine-tuned deployment after 15 days without calls and a "
            "DeveloperTier one after 24 hours (or it was never applied)"
        )
    else:
        cause = Cause.DELETED_OUTSIDE
        words = "it is not there: deleted by somebody, or never applied; nothing remembers which"
    return DriftItem(id=one.id, cause=cause, severity=_SEVERITY[cause], explanation=words)


def _differing(
    one: DesiredDeployment, there: ObservedDeployment, changes: tuple[FieldChange, ...]
) -> DriftItem:
    """The mark says what was declared at the last apply: if that is what is declared now, it was not us."""
    mark = next((value for name, value in there.tags.items() if name.lower() == SPEC_TAG), None)
    turned = tuple(
        FieldChange(path=change.path, before=change.after, after=change.before) for change in changes
    )
    if mark is not None and mark != spec_mark(one):
        return _item(
            Cause.PENDING, there, changes=turned, explanation="the manifest has changed since the last apply"
        )
    words = "" if mark else "it carries no mark of ours, so it has never been applied from here"
    return _item(Cause.CHANGED_OUTSIDE, there, changes=turned, explanation=words)


def _retired(there: ObservedDeployment, region: Region, observed: ObservedState) -> Iterator[DriftItem]:
    """Only ARM's own list counts here; the catalogue's dates belong to validate and lifecycle."""
    facts = observed.region_facts(there.id.account.subscription, region)
    if facts is None or facts.offers is None:
        return
    for offer in facts.offers:
        same = (
            offer.model_name.lower() == (there.model_name or "").lower()
            and offer.model_version.lower() == (there.model_version or "").lower()
            and offer.sku == there.sku
        )
        if same and offer.lifecycle_status.lower() == "deprecated":
            model = f"{offer.model_name} {offer.model_version}"
            words = f"ARM lists {model} as retired ({offer.retires or 'no date'})"
            yield _item(Cause.RETIRED, there, explanation=words)
            return


def _undeclared(reading: Listed, desired: DesiredState) -> Iterator[DriftItem]:
    names = {one.id for one in desired.deployments}
    for there in reading.deployments:
        if there.id not in names and desired.covers(there.id):
            yield _item(Cause.UNDECLARED, there, explanation="no manifest declares it")


def _item(
    cause: Cause,
    there: ObservedDeployment,
    *,
    changes: tuple[FieldChange, ...] = (),
    explanation: str = "",
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
