"""An account as a whole: what is declared in it, why it was not read, why nothing may be written in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import DesiredAccount, DesiredState
from reconciler.domain.ids import AccountId
from reconciler.domain.state import AccountMissing, Listed, ObservedState, Unreadable
from reconciler.errors import Trouble
from reconciler.plan.actions import Reason
from reconciler.plan.plan import Unread

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
    for one in desired.deployments:
        found[one.id.account].append(one)
    return found


def unread_accounts(desired: DesiredState, observed: ObservedState) -> tuple[Unread, ...]:
    """The accounts about which nothing is known, those included for which nothing is declared."""
    readings = ((account.id, observed.readings.get(account.id)) for account in desired.accounts)
    return tuple(unread(name, found) for name, found in readings if not isinstance(found, Listed))


def unread(account: AccountId, reading: AccountMissing | Unreadable | None) -> Unread:
    """Why nothing is known about an account, and what would make it readable."""
    if isinstance(reading, AccountMissing):
        told = f"ARM does not find the account {account.name}: {reading.message}"
        return Unread(id=account, message=told, fix=reading.fix or _FIND_ACCOUNT)
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


def hindrance(account: DesiredAccount, reading: Listed) -> tuple[Reason, str, str] | None:
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
