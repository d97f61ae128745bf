"""Reading ARM: a scope becomes an `ObservedState`, whatever part of it can be read.

A failing account never changes what is known of another one, and a part of a listing is no listing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Self, TypeVar

from reconciler.domain.fleet import DesiredAccount, DesiredState
from reconciler.domain.ids import AccountId, Region
from reconciler.domain.state import (
    AccountMissing,
    Listed,
    ObservedAccount,
    ObservedState,
    Reading,
    RegionFacts,
    Unreadable,
)
from reconciler.engine.outcome import code_of
from reconciler.engine.platform import each, tried, with_missing_explained
from reconciler.engine.ports import AccountFacts, Arm
from reconciler.errors import ArmError, CredentialError, NotFound

T = TypeVar("T")

# From this many accounts in one subscription on, one list request is cheaper than one GET each.
_LIST_FROM = 3

# Regions are read beside the accounts: their lists are long, so that reading them last would be a tail.
_REGIONS_AT_ONCE = 32

# Subscriptions whose regions are read whatever a plan will come to.
_FEW = 4


async def observe(
    accounts: Iterable[DesiredAccount],
    api: Arm,
    *,
    parallelism: int = 128,
    with_regions: bool = True,
    at_rest: Callable[[Listed], bool] | None = None,
    on_read: Callable[[], None] = lambda: None,
) -> ObservedState:
    """Read `accounts`, their deployments and, once per region and subscription, quotas and offers.

    With `at_rest`, these are left out of a subscription whose accounts all are: nobody will ask for them.
    Never raises for something that ARM or the credentials refuse: that becomes `Unreadable` for the accounts
    it is about, so that a plan can still speak of the others. `on_read` is called for each account.
    """
    wanted = [account.id for account in accounts]
    gate = asyncio.Semaphore(parallelism)
    regions = _Regions(api, at_once=at_rest is None)
    async with _Known(wanted, api, regions if with_regions else None) as known:

        async def read(account: AccountId) -> Reading:
            reading = await _read_account(account, api, known, gate)
            on_read()
            if with_regions and isinstance(reading, Listed):
                regions.know([reading.account])
                if at_rest is not None and not at_rest(reading):
                    regions.begin(reading.account.id.subscription)
            return reading

        readings = dict(zip(wanted, await asyncio.gather(*map(read, wanted)), strict=True))
        observed = ObservedState(readings=readings, regions=await regions.of(readings))
        return await with_missing_explained(observed, api)


async def observe_for_plan(
    desired: DesiredState,
    api: Arm,
    *,
    parallelism: int = 128,
    every_region: bool = True,
    on_read: Callable[[], None] = lambda: None,
) -> ObservedState:
    """Read the fleet, then what a plan of it has to know beside: each name that a write would send anew.

    Unless `every_region` is wanted, quotas and offers are read where something is to be written. Of a part of
    a fleet they always are: another part may write, or something in reserve. So are those of a few
    subscriptions: to wait for what the accounts say would take longer than to ask.
    """
    many = len({account.id.subscription.lower() for account in desired.accounts}) > _FEW
    choosy = many and not every_region and desired.part is None and not desired.reserve
    observed = await observe(
        desired.accounts,
        api,
        parallelism=parallelism,
        at_rest=_at_rest(desired) if choosy else None,
        on_read=on_read,
    )
    from reconciler.plan.admission import questions
    from reconciler.plan.dependants import with_needed

    asked = questions(with_needed(desired, observed), observed)
    gate = asyncio.Semaphore(parallelism)

    async def policies(account: AccountId) -> frozenset[str] | Unreadable:
        found = await tried(api.list_policies(account), lambda why: _unreadable(account, why))
        return found if isinstance(found, Unreadable) else frozenset(found)

    async def sources(account: AccountId) -> frozenset[str] | AccountMissing | Unreadable:
        found = await tried(api.list_tuned_models(account), lambda why: _silence(account, why))
        return found if isinstance(found, AccountMissing | Unreadable) else frozenset(found)

    filters, made = await asyncio.gather(
        each(asked.policies, policies, gate), each(asked.sources, sources, gate)
    )
    return replace(observed, policies=filters, sources=made)


def _at_rest(desired: DesiredState) -> Callable[[Listed], bool]:
    """Whether a plan has nothing to do in an account; what decides it is loaded with the first answer."""

    @cache
    def judge() -> Callable[[Listed], bool]:
        from reconciler.plan.compare import AtRest

        return AtRest(desired)

    def at_rest(reading: Listed) -> bool:
        return judge()(reading)

    return at_rest


async def read_regions(places: Iterable[tuple[str, Region]], api: AccountFacts) -> tuple[RegionFacts, ...]:
    """Quotas and offers of regions, whether an account is there or not; each by its subscription."""
    return await _Regions(api).read(sorted(set(places)))


class _Known:
    """Account facts by one list request per subscription, where that saves requests and is allowed.

    The lists are under way while the block's other requests are: `of` waits for the one it needs. Where there
    is none, the account is asked for by itself.
    """

    def __init__(self, wanted: Collection[AccountId], api: AccountFacts, regions: _Regions | None) -> None:
        self._wanted = frozenset(wanted)
        self._api = api
        self._regions = regions
        self._lists: dict[str, asyncio.Task[Mapping[AccountId, ObservedAccount]]] = {}

    async def __aenter__(self) -> Self:
        counted = Counter(account.subscription.lower() for account in self._wanted)
        names = {account.subscription.lower(): account.subscription for account in sorted(self._wanted)}
        self._lists = {
            key: asyncio.ensure_future(self._listed(names[key]))
            for key, count in sorted(counted.items())
            if count >= _LIST_FROM
        }
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = (*self._lists.values(), *(self._regions.tasks if self._regions else ()))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def of(self, account: AccountId) -> ObservedAccount:
        """The facts of one account; raises what asking for it raises."""
        pending = self._lists.get(account.subscription.lower())
        known = await asyncio.shield(pending) if pending is not None else {}
        return known.get(account) or await self._api.get_account(account)

    async def _listed(self, subscription: str) -> Mapping[AccountId, ObservedAccount]:
        try:
            found = await self._api.list_accounts(subscription)
        except (ArmError, CredentialError):
            return {}  # rights may exist on the accounts alone: each is then asked for by itself
        known = {account.id: account for account in found if account.id in self._wanted}
        if self._regions is not None:
            self._regions.know(known.values())
        return known


class _Regions:
    """Quotas and offers of the regions where accounts are, each read once.

    A quota may span the regions of a subscription, so all of these are read as soon as one is asked for.
    """

    def __init__(self, api: AccountFacts, *, at_once: bool = True) -> None:
        self._api = api
        self._at_once = at_once
        self._known: dict[str, set[Region]] = {}
        self._begun: set[str] = set()
        self._gate = asyncio.Semaphore(_REGIONS_AT_ONCE)
        self._tasks: dict[tuple[str, Region], asyncio.Task[RegionFacts]] = {}

    @property
    def tasks(self) -> Collection[asyncio.Task[RegionFacts]]:
        """All that was begun."""
        return self._tasks.values()

    def know(self, accounts: Iterable[ObservedAccount]) -> None:
        """Note where `accounts` are; read their regions if those of their subscription are read."""
        for account in accounts:
            subscription = account.id.subscription.lower()
            self._known.setdefault(subscription, set()).add(account.region)
            if self._at_once or subscription in self._begun:
                self._start(subscription, account.region)

    def begin(self, subscription: str) -> None:
        """Read the regions of a subscription, unless that is under way."""
        key = subscription.lower()
        self._begun.add(key)
        for region in sorted(self._known.get(key, ())):
            self._start(key, region)

    def _start(self, subscription: str, region: Region) -> None:
        place = (subscription, region)
        if place not in self._tasks:
            self._tasks[place] = asyncio.ensure_future(self._read(*place))

    async def read(self, places: Sequence[tuple[str, Region]]) -> tuple[RegionFacts, ...]:
        """Read these, in order."""
        return tuple(await asyncio.gather(*(self._read(*place) for place in places)))

    async def of(self, readings: Mapping[AccountId, Reading]) -> tuple[RegionFacts, ...]:
        """What was read of the regions in which some account could be listed, in order."""
        listed = [reading.account for reading in readings.values() if isinstance(reading, Listed)]
        places = {(account.id.subscription.lower(), account.region) for account in listed}
        return tuple(await asyncio.gather(*(self._tasks[p] for p in sorted(places & self._tasks.keys()))))

    async def _read(self, subscription: str, region: Region) -> RegionFacts:
        async def got(ask: Callable[[str, Region], Awaitable[T]]) -> T | None:
            async with self._gate:
                return await tried(ask(subscription, region), lambda _: None)

        pools, offers = await asyncio.gather(got(self._api.list_pools), got(self._api.list_offers))
        return RegionFacts(subscription=subscription, region=region, pools=pools, offers=offers)


async def _read_account(account: AccountId, api: Arm, known: _Known, gate: asyncio.Semaphore) -> Reading:
    """Ask for the account and for its deployments at once; what is wrong with the account counts first."""
    async with gate:
        facts, deployments = await asyncio.gather(
            known.of(account), api.list_deployments(account), return_exceptions=True
        )
    try:
        return Listed(account=_or_raise(facts), deployments=_or_raise(deployments))
    except (ArmError, CredentialError) as problem:
        return _silence(account, problem)


def _or_raise(answer: T | BaseException) -> T:
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _silence(account: AccountId, problem: ArmError | CredentialError) -> AccountMissing | Unreadable:
    if isinstance(problem, NotFound):
        return AccountMissing(id=account, code=problem.code, message=str(problem))
    return _unreadable(account, problem)


def _unreadable(account: AccountId, problem: ArmError | CredentialError) -> Unreadable:
    return Unreadable(
        id=account,
        code=code_of(problem),
        message=problem.summary if problem.trouble.hits_many else str(problem),
        trouble=problem.trouble,
        fix=problem.fix if isinstance(problem, CredentialError) else "",
        detail=problem.detail if isinstance(problem, CredentialError) else "",
    )
