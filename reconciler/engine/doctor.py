"""Examining what a fleet needs of ARM: each read is really tried, each write only looked up.

Rule of this module: it writes nothing, an answer that cannot be had is `unverified`, and one account's
trouble leaves the others their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Protocol, TypeVar

from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import AccountId, Region
from reconciler.domain.rights import (
    ACCOUNT_READ,
    DEPLOYMENTS_READ,
    MODELS_READ,
    OFFERS_READ,
    POLICIES_READ,
    RIGHTS,
    TOO_MUCH,
    USAGES_READ,
    Check,
    Grant,
    Need,
    Status,
    allowed,
)
from reconciler.domain.state import ObservedAccount, ObservedDeployment, Offer, QuotaPool
from reconciler.engine.ports import AccountContents
from reconciler.errors import ArmError, CredentialError, Forbidden, NotFound

T = TypeVar("T")

MOST_SKEW = 60.0
SKEW_REFUSED = 300.0
"""Seconds; Microsoft Entra refuses what a clock five minutes wrong has signed."""

_APPLY = tuple(right.action for right in RIGHTS if right.need is Need.APPLY)
_ASK_FOR_ROLE = "give the identity the role reconciler-{role} (documentation, page Rights) for this account"

_OTHER_TENANT = (
    "state the tenant that the subscription belongs to beside its alias in the Fleet: "
    "`az account list -o table` shows it"
)


class Examined(AccountContents, Protocol):
    """What an examination asks of ARM; it has no way to write."""

    async def get_account(self, account: AccountId) -> ObservedAccount:
        """One account."""

    async def list_deployments(self, account: AccountId) -> tuple[ObservedDeployment, ...]:
        """All deployments of an account."""

    async def list_pools(self, subscription: str, region: Region) -> tuple[QuotaPool, ...]:
        """The quota pools of a region."""

    async def list_offers(self, subscription: str, region: Region) -> tuple[Offer, ...]:
        """What a region offers."""

    async def list_rights(self, account: AccountId) -> tuple[Grant, ...]:
        """The roles that the caller has at an account, inherited ones too."""


async def examine(
    desired: DesiredState,
    api: Examined,
    tell: Callable[[Check], None],
    *,
    parallelism: int,
    to_apply: bool,
    own_machine: bool,
) -> None:
    """Tell each finding as it is made. `to_apply`: rights to write are a must. `own_machine`: an emulator."""
    gate = asyncio.Semaphore(parallelism)
    regions: dict[tuple[str, Region], None] = {}

    async def account(account_id: AccountId) -> None:
        async with gate:
            facts = await _probe(
                "account", account_id.name, api.get_account(account_id), ACCOUNT_READ, tell, must=True
            )
            if facts is None:
                return
            regions[account_id.subscription.lower(), facts.region] = None
            for what, asked, action, must in (
                ("deployments", api.list_deployments, DEPLOYMENTS_READ, True),
                ("content filters", api.list_policies, POLICIES_READ, False),
                ("fine-tuned models", api.list_tuned_models, MODELS_READ, False),
            ):
                await _probe(what, account_id.name, asked(account_id), action, tell, must=must)
            await _rights(account_id, api, tell, to_apply=to_apply, own_machine=own_machine)

    async def source(item: AccountId) -> None:
        async with gate:
            await _probe("source account", item.name, api.get_account(item), ACCOUNT_READ, tell, must=True)
            await _probe(
                "fine-tuned models", item.name, api.list_tuned_models(item), MODELS_READ, tell, must=False
            )

    async def place(subscription: str, region: Region) -> None:
        where = f"{subscription}/{region.name}"
        async with gate:
            await _probe("quota", where, api.list_pools(subscription, region), USAGES_READ, tell, must=True)
            await _probe("offers", where, api.list_offers(subscription, region), OFFERS_READ, tell, must=True)

    await asyncio.gather(*(account(each.id) for each in desired.accounts))
    await asyncio.gather(*(source(each) for each in _sources(desired)))
    await asyncio.gather(*(place(*each) for each in sorted(regions)))


def clock_check(now: datetime, arm: datetime | None, *, own_machine: bool) -> Check:
    """This machine's clock against ARM's."""

    def check(status: Status, message: str, fix: str = "") -> Check:
        return Check(name="clock", subject="this machine", status=status, message=message, fix=fix)

    if own_machine:
        return check(Status.OK, "the emulator keeps its own calendar; nothing to compare with")
    if arm is None:
        return check(Status.UNVERIFIED, "ARM sent no time", "see the other findings")
    skew = (now - arm).total_seconds()
    message = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} ARM"
    if abs(skew) > SKEW_REFUSED:
        return check(Status.FAILED, message, "set the clock: sign-ins are refused beyond five minutes")
    if abs(skew) > MOST_SKEW:
        return check(Status.WARNING, message, "let the machine keep time by NTP")
    return check(Status.OK, message if abs(skew) >= 1 else "the same as ARM's")


def _sources(desired: DesiredState) -> Sequence[AccountId]:
    """The accounts that fine-tuned models come from."""
    found = {
        source.account
        for deployment in desired.deployments
        if (source := deployment.spec.model.source) is not None
    }
    return sorted(found - {account.id for account in desired.accounts})


async def _probe(
    name: str, subject: str, asked: Awaitable[T], action: str, tell: Callable[[Check], None], *, must: bool
) -> T | None:
    """Ask, and tell how it went; None where it did not."""

    def check(status: Status, message: str, fix: str = "") -> None:
        tell(Check(name=name, subject=subject, status=status, message=message, fix=fix))

    try:
        found = await asked
    except Forbidden as problem:
        lacking = f"{_ASK_FOR_ROLE.format(role='plan')}; it lacks {action}"
        fix = _OTHER_TENANT if problem.status == HTTPStatus.UNAUTHORIZED else lacking
        check(Status.FAILED if must else Status.WARNING, str(problem), fix)
    except NotFound as problem:
        check(Status.FAILED, str(problem), "correct subscription, tenant, resourceGroup or name")
    except CredentialError as problem:
        check(Status.FAILED, str(problem), "see the sign-in above; --credential chooses how")
    except ArmError as problem:
        check(Status.FAILED if must else Status.UNVERIFIED, str(problem), "try again, or see the message")
    else:
        check(Status.OK, "readable")
        return found
    return None


async def _rights(
    account_id: AccountId, api: Examined, tell: Callable[[Check], None], *, to_apply: bool, own_machine: bool
) -> None:
    """What may be written, by what ARM says of this identity; nothing is written to find out."""
    try:
        grants = await api.list_rights(account_id)
    except (ArmError, CredentialError) as problem:
        fix = "whether apply may write is known when it does; Microsoft.Authorization/permissions/read tells"
        tell(_about_rights(account_id, Status.UNVERIFIED, str(problem), fix))
        return
    lacking = [action for action in _APPLY if not allowed(grants, action)]
    if lacking:
        message = f"may not {', '.join(lacking)}"
        fix = f"to apply, {_ASK_FOR_ROLE.format(role='apply')}; to plan, nothing"
        tell(_about_rights(account_id, Status.FAILED if to_apply else Status.WARNING, message, fix))
    else:
        tell(_about_rights(account_id, Status.OK, "may create, change and delete deployments"))
    beyond = [] if own_machine else [action for action in TOO_MUCH if allowed(grants, action)]
    if beyond:
        message = f"may also {', '.join(beyond)}"
        fix = "a narrower role is enough: reconciler-plan or reconciler-apply (documentation, page Rights)"
        tell(
            Check(
                name="least privilege",
                subject=account_id.name,
                status=Status.WARNING,
                message=message,
                fix=fix,
            )
        )


def _about_rights(account_id: AccountId, status: Status, message: str, fix: str = "") -> Check:
    return Check(name="rights to write", subject=account_id.name, status=status, message=message, fix=fix)
