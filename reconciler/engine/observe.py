"""Reading ARM: a scope becomes an `ObservedState`, whatever part of it can be read.

A failing account never changes what is known of another one, and a part of a listing is no listing.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.domain.ids import AccountId, Region
from reconciler.domain.state import (
    AccountMissing,
    DesiredAccount,
    DesiredState,
    Listed,
    ObservedAccount,
    ObservedState,
    Reading,
    RegionFacts,
    Unreadable,
)
from reconciler.engine.ports import AccountFacts, Arm
from reconciler.errors import ArmError, ArmRejected, CredentialError, NotFound
from reconciler.plan.dependants import with_needed
from reconciler.plan.references import questions

# From this many accounts in one subscription on, one list request is cheaper than one GET each.
_LIST_FROM = 3


async def observe(
    accounts: Iterable[DesiredAccount], api: Arm, *, parallelism: int = 32, with_regions: bool = True
) -> ObservedState:
    """Read `accounts`, their deployments and, once per region and subscription, quotas and offers.

    Never raises for something that ARM or the credentials refuse: that becomes `Unreadable` for the
    accounts it is about, so that a plan can still speak of the others.
    """
    wanted = [account.id for account in accounts]
    gate = asyncio.Semaphore(parallelism)
    known = await _known_accounts(wanted, api)

    async def read(account: AccountId) -> tuple[AccountId, Reading]:
        async with gate:
            return account, await _read_account(account, api, known.get(account))

    readings = dict(await asyncio.gather(*(read(account) for account in wanted)))
    regions = await _read_regions(readings, api, gate) if with_regions else ()
    return ObservedState(readings=readings, regions=regions)


async def observe_for_plan(desired: DesiredState, api: Arm, *, parallelism: int = 32) -> ObservedState:
    """Read the fleet, then what a plan of it has to know beside: each name that a write would send anew."""
    observed = await observe(desired.accounts, api, parallelism=parallelism)
    asked = questions(with_needed(desired, observed), observed)
    gate = asyncio.Semaphore(parallelism)

    async def policies(account: AccountId) -> frozenset[str] | Unreadable:
        async with gate:
            try:
                return frozenset(await api.list_policies(account))
            except (ArmError, CredentialError) as problem:
                return _unreadable(account, problem)

    async def sources(account: AccountId) -> frozenset[str] | AccountMissing | Unreadable:
        async with gate:
            try:
                return frozenset(await api.list_tuned_models(account))
            except NotFound as missing:
                return AccountMissing(id=account, code=missing.code, message=str(missing))
            except (ArmError, CredentialError) as problem:
                return _unreadable(account, problem)

    filters, made = await asyncio.gather(
        asyncio.gather(*(policies(account) for account in asked.policies)),
        asyncio.gather(*(sources(account) for account in asked.sources)),
    )
    return replace(
        observed,
        policies=dict(zip(asked.policies, filters, strict=True)),
        sources=dict(zip(asked.sources, made, strict=True)),
    )


async def _known_accounts(wanted: list[AccountId], api: AccountFacts) -> Mapping[AccountId, ObservedAccount]:
    """Account facts by one list request per subscription, where that saves requests and is allowed."""
    by_subscription: dict[str, int] = defaultdict(int)
    for account in wanted:
        by_subscription[account.subscription] += 1

    async def listed(subscription: str) -> tuple[ObservedAccount, ...]:
        try:
            return await api.list_accounts(subscription)
        except (ArmError, CredentialError):
            return ()  # rights may exist on the accounts alone: each is then asked for by itself

    many = sorted(name for name, count in by_subscription.items() if count >= _LIST_FROM)
    pages = await asyncio.gather(*(listed(subscription) for subscription in many))
    return {account.id: account for page in pages for account in page}


async def _read_account(account: AccountId, api: Arm, known: ObservedAccount | None) -> Reading:
    try:
        facts = known or await api.get_account(account)
        return Listed(account=facts, deployments=await api.list_deployments(account))
    except NotFound as missing:
        return AccountMissing(id=account, code=missing.code, message=str(missing))
    except (ArmError, CredentialError) as problem:
        return _unreadable(account, problem)


def _unreadable(account: AccountId, problem: ArmError | CredentialError) -> Unreadable:
    code = problem.code if isinstance(problem, ArmRejected) else type(problem).__name__
    return Unreadable(id=account, code=code, message=str(problem))


async def _read_regions(
    readings: Mapping[AccountId, Reading], api: AccountFacts, gate: asyncio.Semaphore
) -> tuple[RegionFacts, ...]:
    places = sorted(
        {
            (account.subscription.lower(), reading.account.region)
            for account, reading in readings.items()
            if isinstance(reading, Listed)
        }
    )

    async def read(subscription: str, region: Region) -> RegionFacts:
        async with gate:
            try:
                pools = await api.list_pools(subscription, region)
            except (ArmError, CredentialError):
                pools = None
            try:
                offers = await api.list_offers(subscription, region)
            except (ArmError, CredentialError):
                offers = None
        return RegionFacts(subscription=subscription, region=region, pools=pools, offers=offers)

    return tuple(await asyncio.gather(*(read(subscription, region) for subscription, region in places)))
