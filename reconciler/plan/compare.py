"""Two states become one action per deployment. Pure; every branch is about one question.

From an account that could not be listed to the end, only `Blocked` follows: absence is evidence only
when the listing was complete.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.ids import AccountId, Region
from reconciler.domain.state import (
    AccountMissing,
    DesiredAccount,
    DesiredState,
    Listed,
    ObservedDeployment,
    ObservedState,
    Unreadable,
)
from reconciler.errors import Trouble
from reconciler.plan.actions import (
    Action,
    Adopt,
    Blocked,
    Create,
    FieldChange,
    Keep,
    Reason,
    Update,
)
from reconciler.plan.admission import admitted
from reconciler.plan.body import auto_upgraded, put_body, replacement_body, writable
from reconciler.plan.dependants import block_dependants, say_why_here
from reconciler.plan.diff import field_changes, fields_of
from reconciler.plan.legality import needs_replacement, only_marks, reason_for, writes_for
from reconciler.plan.ownership import owner_of
from reconciler.plan.plan import Unread
from reconciler.plan.removal import undeclared
from reconciler.plan.replacement import replacement
from reconciler.plan.terms import Terms, blocked

_FIND_ACCOUNT = (
    "create the account first, or correct subscription, resourceGroup or name; "
    "an account of another tenant also looks like this when its alias states the wrong tenant"
)
_READ_ACCOUNT = "try again when ARM answers; nothing is concluded from an incomplete list"
_WAYS_TO_READ = {
    Trouble.SIGN_IN: "what to do stands above; --credential chooses how to sign in",
    Trouble.API_VERSION: "leave --api-version and Fleet.spec.apiVersion out, or take one of these",
    Trouble.RIGHTS: (
        "give this identity Microsoft.CognitiveServices/accounts/read and .../deployments/read on the account"
    ),
    Trouble.UNREACHABLE: "check the address and the network, and try again",
    Trouble.THROTTLED: "try again later; whoever else uses the subscription draws on the same limits",
    Trouble.UNINTELLIGIBLE: (
        "check --endpoint and the proxy: a sign-in page between here and ARM looks like this"
    ),
}


def compare(
    desired: DesiredState,
    observed: ObservedState,
    *,
    take_over: bool = False,
    replace_failed: bool = False,
) -> tuple[Action, ...]:
    """One action per declared or observed deployment in scope, ordered by identity."""
    terms = Terms(fleet=desired.fleet, take_over=take_over, replace_failed=replace_failed)
    declared = by_account(desired)
    actions = [
        action
        for account in desired.accounts
        for action in _account(account, declared.get(account.id, ()), desired, observed, terms)
    ]
    judged = block_dependants(admitted(actions, observed))
    told = say_why_here(judged, desired.scope.pulled_in)
    return tuple(sorted(told, key=lambda action: action.id.key))


def by_account(desired: DesiredState) -> Mapping[AccountId, Sequence[DesiredDeployment]]:
    """The declared deployments of each account, out of scope or not."""
    found: dict[AccountId, list[DesiredDeployment]] = defaultdict(list)
    for one in desired.deployments:
        found[one.id.account].append(one)
    return found


def _account(
    account: DesiredAccount,
    declared: Sequence[DesiredDeployment],
    desired: DesiredState,
    observed: ObservedState,
    terms: Terms,
) -> Iterator[Action]:
    wanted = [one for one in declared if desired.covers(one.id)]
    reading = observed.readings.get(account.id)
    match reading:
        case Listed():
            hindrance = _hindrance(account, reading)
            if hindrance is not None:
                for one in wanted:
                    there = reading.find(one.id)
                    yield blocked(one, *hindrance, region=reading.account.region, observed=there)
                return
            for one in wanted:
                yield _declared(one, reading, terms)
            names = {one.id for one in declared}
            for there in reading.deployments:
                if there.id not in names and desired.covers(there.id):
                    yield undeclared(there, account.prune, reading.account.region, terms)
        case AccountMissing() | Unreadable() | None:
            lacking = _unread(account.id, reading)
            reason = (
                Reason.ACCOUNT_MISSING if isinstance(reading, AccountMissing) else Reason.ACCOUNT_UNREADABLE
            )
            for one in wanted:
                yield blocked(one, reason, lacking.message, lacking.fix, region=account.region)
        case _:
            assert_never(reading)


def unread_accounts(desired: DesiredState, observed: ObservedState) -> tuple[Unread, ...]:
    """The accounts about which nothing is known, those included for which nothing is declared."""
    readings = ((account.id, observed.readings.get(account.id)) for account in desired.accounts)
    return tuple(_unread(name, found) for name, found in readings if not isinstance(found, Listed))


def _unread(account: AccountId, reading: AccountMissing | Unreadable | None) -> Unread:
    if isinstance(reading, AccountMissing):
        told = f"ARM does not find the account {account.name}: {reading.message}"
        return Unread(id=account, message=told, fix=_FIND_ACCOUNT)
    why = reading.message if reading else "it was not looked at"
    return Unread(
        id=account,
        message=f"the deployments of {account.name} could not be listed completely: {why}",
        fix=_WAYS_TO_READ.get(reading.trouble if reading else Trouble.OTHER, _READ_ACCOUNT),
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


def _declared(one: DesiredDeployment, reading: Listed, terms: Terms) -> Action:
    there = reading.find(one.id)
    region = reading.account.region
    if there is None:
        return _creation(one, None, region, terms)
    pair = _Pair(
        one=one,
        there=there,
        region=region,
        changes=field_changes(one, there, terms.mark),
        terms=terms,
    )
    return _strange(pair) or _known(pair)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A declared deployment and what is there under its name."""

    one: DesiredDeployment
    there: ObservedDeployment
    region: Region
    changes: tuple[FieldChange, ...]
    terms: Terms

    @property
    def state(self) -> str:
        return self.there.provisioning_state.lower()

    def blocked(self, reason: Reason, explanation: str, fix: str) -> Blocked:
        return blocked(
            self.one,
            reason,
            explanation,
            fix,
            region=self.region,
            observed=self.there,
            changes=self.changes,
        )


def _creation(
    one: DesiredDeployment, going: ObservedDeployment | None, region: Region, terms: Terms
) -> Create:
    """A create; over one that is being deleted, as the second half of a replacement that was cut short."""
    body = put_body(one, None, terms.mark) if going is None else replacement_body(one, going, terms.mark)
    return Create(
        id=one.id,
        region=region,
        reason=Reason.NOT_THERE,
        desired=one,
        body=body,
        changes=fields_of(body),
        explanation="" if going is None else "it is being deleted; apply waits for the end of that",
    )


def _strange(pair: _Pair) -> Blocked | None:
    """Blocked where the deployment is somebody else's and nobody said that we may take it over."""
    owner = owner_of(pair.there)
    if owner == pair.terms.mark or pair.terms.take_over:
        return None
    if owner is not None:
        return pair.blocked(
            Reason.OTHER_FLEET,
            f"it carries the mark of the fleet {owner!r}",
            f"let {owner!r} stop declaring it, or pass --take-over",
        )
    if only_marks(pair.changes) or pair.one.adopt:
        return None
    return pair.blocked(
        Reason.NOT_OURS,
        "it exists without any fleet's mark and is not as declared",
        "write adopt: true in its DeploymentSet, or pass --take-over; or declare it as it is",
    )


def _known(pair: _Pair) -> Action:
    """What is ours, or may become so."""
    if not pair.there.settled:
        return _in_progress(pair)
    if pair.there.failed:
        return replacement(pair.one, pair.there, pair.region, pair.changes, pair.terms)
    if pair.state == "disabled":
        told = "ARM settled it in state Disabled, which no PUT is known to end"
        return pair.blocked(Reason.DISABLED_STATE, told, "enable it in Azure, or delete it; then run again")
    if pair.state == "canceled":
        told = "its last operation was cancelled, so it has not converged; the declared is sent again"
        return _change(pair, told, settled_badly=True)
    if not pair.changes:
        return _keep(pair)
    return _change(pair)


def _in_progress(pair: _Pair) -> Action:
    """What is declared is shown as it would be done now; apply waits for the end and looks again (F-078)."""
    if pair.state == "deleting":
        return _creation(pair.one, pair.there, pair.region, pair.terms)
    told = f"an operation is going on in it (provisioningState {pair.there.provisioning_state})"
    if pair.changes:
        return _change(pair, f"{told}; apply waits for its end and looks again")
    return Update(
        id=pair.one.id,
        region=pair.region,
        reason=Reason.IN_PROGRESS,
        desired=pair.one,
        observed=pair.there,
        writes=(put_body(pair.one, pair.there, pair.terms.mark),),
        changes=(),
        explanation=f"{told}; its fields are as declared, so apply only waits for its end and looks again",
    )


def _keep(pair: _Pair) -> Keep:
    upgraded = auto_upgraded(pair.one, pair.there)
    version = pair.there.model_version
    return Keep(
        id=pair.one.id,
        region=pair.region,
        reason=Reason.AUTO_UPGRADED if upgraded else Reason.IN_SYNC,
        desired=pair.one,
        observed=pair.there,
        explanation=f"the service moved it to version {version}, as it may" if upgraded else "",
    )


def _change(pair: _Pair, told: str = "", *, settled_badly: bool = False) -> Action:
    if needs_replacement(pair.one, pair.changes):
        action = replacement(pair.one, pair.there, pair.region, pair.changes, pair.terms)
    elif only_marks(pair.changes) and owner_of(pair.there) is None and not settled_badly:
        action = _adoption(pair)
    else:
        action = _update(pair)
    return replace(action, explanation="; ".join(filter(None, (action.explanation, told))))


def _adoption(pair: _Pair) -> Adopt:
    return Adopt(
        id=pair.one.id,
        region=pair.region,
        reason=Reason.MARK_MISSING,
        desired=pair.one,
        observed=pair.there,
        body=put_body(pair.one, pair.there, pair.terms.mark),
        changes=pair.changes,
        explanation="it is as declared; only our mark is added",
    )


def _update(pair: _Pair) -> Update:
    writes = writes_for(pair.one, pair.there, pair.changes, pair.terms.mark)
    declared = {change.path for change in fields_of(put_body(pair.one, None, pair.terms.mark))}
    there = fields_of(writable(pair.there))
    return Update(
        id=pair.one.id,
        region=pair.region,
        reason=reason_for(pair.changes) if pair.changes else Reason.CANCELED_STATE,
        desired=pair.one,
        observed=pair.there,
        writes=writes,
        changes=pair.changes,
        carried=tuple(change.path for change in there if change.path not in declared),
        explanation="; ".join(_remarks(pair, len(writes))),
    )


def _remarks(pair: _Pair, writes: int) -> Iterator[str]:
    owner = owner_of(pair.there)
    if owner is None:
        yield "it carried nobody's mark and is taken over"
    elif owner != pair.terms.mark:
        yield f"it is taken over from the fleet {owner!r}"
    if writes > 1:
        yield "ARM refuses capacity and version in one write, so there are two"
    if only_marks(pair.changes) and pair.one.spec.model.source is not None:
        yield "ARM may not tell a model's source: if that is what changed, it can refuse this write"
