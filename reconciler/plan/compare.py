"""Two states become one action per deployment. Pure; every branch is about one question.

From an account that could not be listed to the end, only `Blocked` follows: absence is evidence only
when the listing was complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.ids import Region
from reconciler.domain.sku import SkuFamily
from reconciler.domain.state import (
    AccountMissing,
    DesiredAccount,
    DesiredState,
    Listed,
    ObservedDeployment,
    ObservedState,
    PrunePolicy,
    Unreadable,
    matches_any,
)
from reconciler.plan.actions import (
    Action,
    Adopt,
    Blocked,
    Create,
    Delete,
    FieldChange,
    Keep,
    Reason,
    Replace,
    Update,
)
from reconciler.plan.body import FLEET_TAG, REMOVAL_TAG, auto_upgraded, put_body, replacement_body, writable
from reconciler.plan.diff import field_changes, fields_of
from reconciler.plan.legality import needs_replacement, only_marks, reason_for, writes_for


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """What the whole comparison goes by."""

    fleet: str
    protect: tuple[str, ...]
    take_over: bool
    replace_failed: bool


def compare(
    desired: DesiredState,
    observed: ObservedState,
    *,
    take_over: bool = False,
    replace_failed: bool = False,
) -> tuple[Action, ...]:
    """One action per declared or observed deployment in scope, ordered by identity."""
    rules = _Rules(
        fleet=desired.fleet.name,
        protect=desired.fleet.guards.protect,
        take_over=take_over,
        replace_failed=replace_failed,
    )
    actions = [
        action for account in desired.accounts for action in _account(account, desired, observed, rules)
    ]
    return tuple(sorted(actions, key=lambda action: action.id.key))


def _account(
    account: DesiredAccount, desired: DesiredState, observed: ObservedState, rules: _Rules
) -> Iterator[Action]:
    declared = [one for one in desired.deployments if one.id.account == account.id and desired.covers(one.id)]
    reading = observed.readings.get(account.id)
    match reading:
        case Listed():
            hindrance = _hindrance(account, reading)
            if hindrance is not None:
                reason, explanation, way_out = hindrance
                for one in declared:
                    yield _blocked(one, reason, explanation, way_out, observed=reading.find(one.id))
                return
            for one in declared:
                yield _declared(one, reading, desired, rules)
            names = {one.id for one in desired.deployments}
            for there in reading.deployments:
                if there.id not in names and desired.covers(there.id):
                    yield _undeclared(there, account, reading.account.region, desired, rules)
        case AccountMissing():
            explanation = f"ARM does not find the account {account.id.name}: {reading.message}"
            for one in declared:
                yield _blocked(one, Reason.ACCOUNT_MISSING, explanation, _FIND_ACCOUNT)
        case Unreadable() | None:
            told = reading.message if reading else "it was not looked at"
            explanation = f"the deployments of {account.id.name} could not be listed completely: {told}"
            for one in declared:
                yield _blocked(one, Reason.ACCOUNT_UNREADABLE, explanation, _READ_ACCOUNT)
        case _:
            assert_never(reading)


_FIND_ACCOUNT = (
    "create the account first, or correct subscription, resourceGroup or name; "
    "an account of another tenant also looks like this when its alias states the wrong tenant"
)
_READ_ACCOUNT = (
    "give this identity Microsoft.CognitiveServices/accounts/deployments/read on the account, or try "
    "again when ARM answers; nothing is concluded from an incomplete list"
)


def _hindrance(account: DesiredAccount, reading: Listed) -> tuple[Reason, str, str] | None:
    """Why nothing may be written in this account, and what lifts it."""
    there = reading.account
    if account.region is not None and account.region != there.region:
        return (
            Reason.REGION_MISMATCH,
            f"the manifest says that {account.id.name} is in {account.region}, ARM says {there.region}",
            f"write region: {there.region}, or name the account that is in {account.region}",
        )
    if there.provisioning_state.lower() in {"deleting", "failed"}:
        return (
            Reason.ACCOUNT_NOT_READY,
            f"the account {account.id.name} is in state {there.provisioning_state}",
            "repair or recreate the account; its deployments cannot be written in this state",
        )
    return None


def _declared(one: DesiredDeployment, reading: Listed, desired: DesiredState, rules: _Rules) -> Action:
    there = reading.find(one.id)
    region = reading.account.region
    if there is None:
        body = put_body(one, None, rules.fleet)
        return Create(
            id=one.id,
            region=region,
            reason=Reason.NOT_THERE,
            desired=one,
            body=body,
            changes=fields_of(body),
        )
    changes = field_changes(one, there, rules.fleet)
    strange = _strange(one, there, changes, rules)
    if strange is not None:
        return strange
    if not there.settled and not changes:
        return _going_on(one, there, region)
    if there.settled and there.provisioning_state.lower() != "succeeded":
        return _broken(one, there, region, changes, desired, rules)
    if not changes:
        upgraded = auto_upgraded(one, there)
        return Keep(
            id=one.id,
            region=region,
            reason=Reason.AUTO_UPGRADED if upgraded else Reason.IN_SYNC,
            desired=one,
            observed=there,
            explanation=f"the service moved it to version {there.model_version}, as it may"
            if upgraded
            else "",
        )
    if needs_replacement(one, changes):
        return _replacement(one, there, region, changes, reason_for(changes), desired, rules)
    return _in_place(one, there, region, changes, rules)


def _in_place(
    one: DesiredDeployment,
    there: ObservedDeployment,
    region: Region,
    changes: tuple[FieldChange, ...],
    rules: _Rules,
) -> Action:
    if only_marks(changes) and _owner(there) is None:
        return Adopt(
            id=one.id,
            region=region,
            reason=Reason.MARK_MISSING,
            desired=one,
            observed=there,
            body=put_body(one, there, rules.fleet),
            changes=changes,
            explanation="it is as declared; only our mark is added",
        )
    writes = writes_for(one, there, changes, rules.fleet)
    declared = {change.path for change in fields_of(put_body(one, None, rules.fleet))}
    carried = tuple(change.path for change in fields_of(writable(there)) if change.path not in declared)
    notes = [] if there.settled else [f"{_underway(there)}; apply waits for its end first"]
    if len(writes) > 1:
        notes.append("ARM refuses capacity and version in one write, so there are two")
    return Update(
        id=one.id,
        region=region,
        reason=reason_for(changes),
        desired=one,
        observed=there,
        writes=writes,
        changes=changes,
        carried=carried,
        explanation="; ".join(notes),
    )


def _strange(
    one: DesiredDeployment,
    there: ObservedDeployment,
    changes: tuple[FieldChange, ...],
    rules: _Rules,
) -> Blocked | None:
    """Blocked where the deployment is somebody else's and nobody said that we may take it over."""
    owner = _owner(there)
    if owner == rules.fleet or rules.take_over:
        return None
    if owner is not None:
        return _blocked(
            one,
            Reason.OTHER_FLEET,
            f"it carries the mark of the fleet {owner!r}",
            f"let {owner!r} stop declaring it, or pass --take-over",
            observed=there,
            changes=changes,
        )
    if only_marks(changes) or one.adopt:
        return None
    return _blocked(
        one,
        Reason.NOT_OURS,
        "it exists without any fleet's mark and is not as declared",
        "write adopt: true in its DeploymentSet, or pass --take-over; or declare it as it is",
        observed=there,
        changes=changes,
    )


def _going_on(one: DesiredDeployment, there: ObservedDeployment, region: Region) -> Update:
    """As declared, but an operation is under way: nothing to send, and not converged until it ends."""
    return Update(
        id=one.id,
        region=region,
        reason=Reason.IN_PROGRESS,
        desired=one,
        observed=there,
        writes=(),
        changes=(),
        explanation=f"{_underway(there)}; nothing is sent, apply waits for its end",
    )


def _underway(there: ObservedDeployment) -> str:
    return f"an operation is going on in it (provisioningState {there.provisioning_state})"


def _broken(
    one: DesiredDeployment,
    there: ObservedDeployment,
    region: Region,
    changes: tuple[FieldChange, ...],
    desired: DesiredState,
    rules: _Rules,
) -> Action:
    """Failed, Canceled and Disabled are not converged, whatever the fields say."""
    if there.failed:
        allowed = one.lifecycle.replace_allowed or rules.replace_failed
        return _replacement(one, there, region, changes, Reason.FAILED_STATE, desired, rules, allowed=allowed)
    return _blocked(
        one,
        Reason.FAILED_STATE,
        f"ARM settled it in state {there.provisioning_state}",
        "enable it, or delete it and run again",
        observed=there,
        changes=changes,
    )


def _replacement(
    one: DesiredDeployment,
    there: ObservedDeployment,
    region: Region,
    changes: tuple[FieldChange, ...],
    reason: Reason,
    desired: DesiredState,
    rules: _Rules,
    *,
    allowed: bool | None = None,
) -> Action:
    """Delete and create where the manifest allows it, else why not and what to do instead."""
    kept = _protected(one, desired, rules)
    if kept is not None:
        explanation, way_out = kept
        return _blocked(
            one,
            Reason.PROTECTED,
            f"only delete and create could do this, and {explanation}",
            way_out,
            observed=there,
            changes=changes,
        )
    if allowed is None:
        allowed = one.lifecycle.replace_allowed
    if not allowed:
        return _blocked(
            one,
            Reason.FAILED_STATE if reason is Reason.FAILED_STATE else Reason.REPLACE_FORBIDDEN,
            _why_replace(reason, changes),
            _way_around(one, reason),
            observed=there,
            changes=changes,
        )
    explanation = "requests to it fail from the delete until the create has ended"
    if one.spec.sku.name.family is SkuFamily.PROVISIONED:
        explanation += "; PTUs that are freed may be gone before they are taken again"
    return Replace(
        id=one.id,
        region=region,
        reason=reason,
        desired=one,
        observed=there,
        body=replacement_body(one, there, rules.fleet),
        changes=changes,
        explanation=explanation,
    )


def _why_replace(reason: Reason, changes: tuple[FieldChange, ...]) -> str:
    if reason is Reason.FAILED_STATE:
        return "it is in state Failed, in which ARM refuses every PUT until it is deleted"
    fixed = {"model.name", "model.format", "model.source", "sku.name"}
    paths = ", ".join(change.path for change in changes if change.path in fixed)
    return f"ARM cannot change {paths} in place, and the manifest does not allow replacing"


def _way_around(one: DesiredDeployment, reason: Reason) -> str:
    if reason is Reason.FAILED_STATE:
        return "write lifecycle: {replace: allowed}, or pass --replace-failed"
    return (
        f"declare the new one beside it (name: {one.id.name}-2), move the callers, then remove this entry; "
        "or accept an outage with lifecycle: {replace: allowed}"
        + ("; or try lifecycle: {skuChange: inPlace}" if reason is Reason.SKU_CHANGED else "")
    )


def _protected(one: DesiredDeployment, desired: DesiredState, rules: _Rules) -> tuple[str, str] | None:
    if one.lifecycle.prevent_destroy:
        return "its manifest says preventDestroy", "remove lifecycle.preventDestroy in a change of its own"
    alias = desired.fleet.alias_of(one.id.account.subscription)
    if matches_any(rules.protect, one.id, alias):
        return "the Fleet's guards.protect covers it", "take it out of guards.protect in a change of its own"
    return None


def _undeclared(
    there: ObservedDeployment,
    account: DesiredAccount,
    region: Region,
    desired: DesiredState,
    rules: _Rules,
) -> Action:
    """What becomes of a deployment that no manifest names."""
    owner = _owner(there)
    ours = owner == rules.fleet
    wanted_gone = (account.prune is PrunePolicy.OWNED and ours) or account.prune is PrunePolicy.EXCLUSIVE
    on_removal = there.tags.get(REMOVAL_TAG, "")
    if not wanted_gone or (ours and on_removal == "retain"):
        reason = Reason.RETAINED if ours else Reason.NOT_OURS
        return Keep(id=there.id, region=region, reason=reason, desired=None, observed=there)
    if owner is not None and not ours and not rules.take_over:
        return Blocked(
            id=there.id,
            region=region,
            reason=Reason.OTHER_FLEET,
            explanation=f"nobody here declares it, and it carries the mark of the fleet {owner!r}",
            way_out="prune: owned leaves it alone; --take-over deletes it",
            observed=there,
        )
    alias = desired.fleet.alias_of(there.id.account.subscription)
    if matches_any(rules.protect, there.id, alias):
        kept = "the Fleet's guards.protect covers it", "take it out of guards.protect in a change of its own"
    elif ours and on_removal == "refuse":
        kept = (
            "it was declared with preventDestroy",
            "declare it again without lifecycle.preventDestroy, apply, and then remove the entry",
        )
    else:
        return Delete(
            id=there.id,
            region=region,
            reason=Reason.NOT_DECLARED,
            observed=there,
            explanation="" if ours else "nobody's mark is on it, and this account is prune: exclusive",
        )
    explanation, way_out = kept
    return Blocked(
        id=there.id,
        region=region,
        reason=Reason.PROTECTED,
        explanation=f"no manifest declares it any more, but {explanation}",
        way_out=way_out,
        observed=there,
    )


def _owner(there: ObservedDeployment) -> str | None:
    """The fleet whose mark is on it; tag names are case-blind in ARM."""
    return next((value for name, value in there.tags.items() if name.lower() == FLEET_TAG), None)


def _blocked(
    one: DesiredDeployment,
    reason: Reason,
    explanation: str,
    way_out: str,
    *,
    observed: ObservedDeployment | None = None,
    changes: tuple[FieldChange, ...] = (),
) -> Blocked:
    return Blocked(
        id=one.id,
        region=one.region,
        reason=reason,
        explanation=explanation,
        way_out=way_out,
        changes=changes,
        desired=one,
        observed=observed,
    )
