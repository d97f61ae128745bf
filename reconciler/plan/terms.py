"""The terms on which two states are compared: what is ours, protected, lifted, or out of reach.

What the terms forbid becomes a `Blocked`, and every `Blocked` says what lifts it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import DesiredAccount, DesiredState, Fleet, matches_any
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.state import AccountMissing, Expiry, Listed, ObservedState, Reading, Unreadable
from reconciler.errors import Trouble
from reconciler.plan.actions import Reason
from reconciler.plan.plan import Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the whole comparison goes by."""

    fleet: Fleet
    take_over: bool = False
    replace_failed: bool = False
    renew_marks: bool = False
    recreate_expired: bool = False
    expiries: Mapping[DeploymentId, Expiry] = field(default_factory=dict)
    today: date | None = None

    @property
    def mark(self) -> str:
        """The owner mark that is ours."""
        return self.fleet.mark

    def protects(self, deployment: DeploymentId) -> bool:
        """Whether a glob of the Fleet forbids deleting or replacing it, whatever declares it."""
        alias = self.fleet.alias_of(deployment.account.subscription)
        return matches_any(self.fleet.guards.protect, deployment, alias)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """Why a write must not be sent, and what lifts that."""

    reason: Reason
    explanation: str
    fix: str


UNPROTECT = "take it out of the Fleet's guards.protect in a change of its own, apply, then try again"


UNMATCHED: Final = "protect-unmatched"


def unmatched_globs(desired: DesiredState, observed: ObservedState) -> tuple[Diagnostic, ...]:
    """A warning for each glob of the Fleet that matches no deployment, neither declared nor found.

    Such a glob looks like a guard and is none. Nothing is said where this run cannot know: it looks at a part
    of the fleet, or an account could not be listed to its end.
    """
    readings = [observed.readings.get(account.id) for account in desired.accounts]
    if (
        not readings
        or not all(isinstance(reading, Listed) for reading in readings)
        or desired.scope.narrowed
        or (desired.part is not None and desired.part.shard.count > 1)
    ):
        return ()
    fleet = desired.fleet
    known = [
        (deployment, fleet.alias_of(deployment.account.subscription))
        for deployment in known_deployments(desired, observed)
    ]
    return tuple(
        Diagnostic(
            code=UNMATCHED,
            severity=Severity.WARNING,
            message=(
                f"`{glob}` in guards.protect matches no deployment that is declared or was found in the "
                "fleet's accounts, so it protects nothing"
            ),
            place=fleet.place and replace(fleet.place, route=("spec", "guards", "protect", number)),
            fix=(
                "a glob is subscription-or-alias/account/deployment, or its last parts; correct it, or take "
                "it out"
            ),
        )
        for number, glob in enumerate(fleet.guards.protect)
        if not any(matches_any([glob], item, alias) for item, alias in known)
    )


def known_deployments(desired: DesiredState, observed: ObservedState) -> Iterator[DeploymentId]:
    """Every deployment that is declared and selected, or was found; what is both comes twice."""
    yield from (deployment.id for deployment in desired.deployments)
    yield from (existing.id for existing, _ in observed.existing)


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


def by_account(desired: DesiredState) -> Mapping[AccountId, Sequence[DesiredDeployment]]:
    """The declared deployments of each account, out of scope or not."""
    found: dict[AccountId, list[DesiredDeployment]] = defaultdict(list)
    for deployment in desired.deployments:
        found[deployment.id.account].append(deployment)
    return found


def unread_accounts(desired: DesiredState, observed: ObservedState) -> tuple[Unread, ...]:
    """The accounts about which nothing is known, those included for which nothing is declared."""
    readings = ((account.id, observed.readings.get(account.id)) for account in desired.accounts)
    return tuple(unread(name, found) for name, found in readings if not isinstance(found, Listed))


def unread(account: AccountId, reading: AccountMissing | Unreadable | None) -> Unread:
    """Why nothing is known about an account, and what would make it readable."""
    if isinstance(reading, AccountMissing):
        text = f"ARM does not find the account {account.name}: {reading.message}"
        return Unread(id=account, message=text, fix=reading.fix or _FIND_ACCOUNT)
    why = reading.message if reading else "it was not looked at"
    if not (reading and reading.trouble.hits_many):
        why = f"the deployments of {account.name} could not be listed completely: {why}"
    return Unread(
        id=account,
        message=why,
        fix=(reading.fix if reading else "")
        or _WAYS_TO_READ.get(reading.trouble if reading else Trouble.OTHER, _READ_ACCOUNT),
        detail=reading.detail if reading else "",
    )


def hindrance(account: DesiredAccount, reading: Reading | None) -> Hindrance | None:
    """Why nothing may be written in this account, and what lifts it."""
    if not isinstance(reading, Listed):
        lacking, missing = unread(account.id, reading), isinstance(reading, AccountMissing)
        return Hindrance(
            reason=Reason.ACCOUNT_MISSING if missing else Reason.ACCOUNT_UNREADABLE,
            explanation=lacking.message,
            fix=lacking.fix,
        )
    observed = reading.account
    if account.region is not None and account.region != observed.region:
        return Hindrance(
            reason=Reason.REGION_MISMATCH,
            explanation=f"the manifest says that {account.id.name} is in {account.region}, ARM says "
            f"{observed.region}",
            fix=f"write region: {observed.region}, or name the account that is in {account.region}",
        )
    if observed.provisioning_state.lower() in {"deleting", "failed"}:
        return Hindrance(
            reason=Reason.ACCOUNT_NOT_READY,
            explanation=f"the account {account.id.name} is in state {observed.provisioning_state}",
            fix="repair or recreate the account; its deployments cannot be written in this state",
        )
    return None
