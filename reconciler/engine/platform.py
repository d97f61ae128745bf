"""What ARM knows beside accounts and deployments: its Activity Log, free capacity, soft-deleted accounts.

Rule of this module: many are asked at a time, and an answer that cannot be had is part of the result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import AccountId
from reconciler.domain.platform import Activity, DeletedAccount, ModelCapacity
from reconciler.domain.state import AccountMissing, ObservedState, Reading
from reconciler.engine.outcome import code_of
from reconciler.engine.ports import AccountFacts, ActivityLog, Platform
from reconciler.errors import ArmError, CredentialError

if TYPE_CHECKING:
    from reconciler.plan.capacity import Answers, CapacityQuestion
    from reconciler.plan.drift import Unverified

K = TypeVar("K")
T = TypeVar("T")
E = TypeVar("E")


async def each(
    wanted: Iterable[K],
    ask: Callable[[K], Awaitable[T]],
    gate: AbstractAsyncContextManager[object] | None = None,
) -> dict[K, T]:
    """The answer for each, in this order; `gate` lets so many be asked at a time."""
    gate = gate or nullcontext()

    async def answer(k: K) -> T:
        async with gate:
            return await ask(k)

    keys = tuple(wanted)
    return dict(zip(keys, await asyncio.gather(*map(answer, keys)), strict=True))


async def tried(asked: Awaitable[T], otherwise: Callable[[ArmError | CredentialError], E]) -> T | E:
    """What was asked, or what is to stand for it where it cannot be had."""
    try:
        return await asked
    except (ArmError, CredentialError) as problem:
        return otherwise(problem)


async def read_activity(
    subscriptions: Iterable[str], api: ActivityLog, *, now: datetime, parallelism: int = 32
) -> Mapping[str, Activity | Unverified]:
    """The last 90 days of each subscription's log, one logical request for each.

    `now` is ARM's time, which it tells in whole seconds: the second that has begun counts too.
    """
    from reconciler.plan.drift import Unverified
    from reconciler.plan.evidence import KEPT

    until = now + timedelta(seconds=1)

    async def read(subscription: str) -> Activity | Unverified:
        return await tried(
            api.list_activity(subscription, until - KEPT, until),
            lambda why: Unverified(subscription=subscription, code=code_of(why), message=str(why)),
        )

    return await each(subscriptions, read, asyncio.Semaphore(parallelism))


async def with_expiries(
    desired: DesiredState, observed: ObservedState, api: ActivityLog, *, now: datetime, parallelism: int = 32
) -> ObservedState:
    """`observed` with what the log proves of declared deployments that are not there and may have expired.

    Nothing is asked where there is none: one logical request for each subscription that has some.
    """
    from reconciler.plan.drift import Unverified
    from reconciler.plan.evidence import expiries, may_have_expired

    gone = may_have_expired(desired, observed)
    if not gone:
        return observed
    subscriptions = sorted({item.id.account.subscription.lower() for item in gone})
    logs = await read_activity(subscriptions, api, now=now, parallelism=parallelism)
    values = {
        name: f"its Activity Log could not be read: {log.code}" if isinstance(log, Unverified) else log
        for name, log in logs.items()
    }
    return replace(observed, expiries=expiries(gone, values, now))


async def ask_capacities(
    questions: Iterable[CapacityQuestion], api: Platform, *, parallelism: int = 32
) -> Answers:
    """The answer to each question, asked once; the reason where there is none."""

    async def ask(question: CapacityQuestion) -> Sequence[ModelCapacity] | str:
        return await tried(
            api.list_capacities(question.subscription, question.model),
            lambda why: f"modelCapacities could not be read: {why}",
        )

    return await each(sorted(set(questions)), ask, asyncio.Semaphore(parallelism))


async def with_deleted(
    observed: ObservedState, subscriptions: Collection[str], api: AccountFacts
) -> ObservedState:
    """`observed` with the soft-deleted accounts of `subscriptions`; one list for each not yet asked for."""
    wanted = sorted({subscription.lower() for subscription in subscriptions} - observed.deleted.keys())
    found = await each(wanted, lambda item: tried(api.list_deleted_accounts(item), lambda _: ()))
    return replace(observed, deleted={**observed.deleted, **found})


async def with_missing_explained(observed: ObservedState, api: AccountFacts) -> ObservedState:
    """`observed` where each account that ARM does not find, and that is soft-deleted, says so."""
    missing = [item for item in observed.readings.values() if isinstance(item, AccountMissing)]
    known = await with_deleted(observed, {item.id.subscription for item in missing}, api)
    gone = {item.id: item for some in known.deleted.values() for item in some}
    readings: Mapping[AccountId, Reading] = {
        name: _explained(reading, gone[name])
        if isinstance(reading, AccountMissing) and name in gone
        else reading
        for name, reading in known.readings.items()
    }
    return replace(known, readings=readings)


def _explained(reading: AccountMissing, gone: DeletedAccount) -> AccountMissing:
    when = f" on {gone.deleted_at[:10]}" if gone.deleted_at else ""
    return replace(
        reading,
        message=(
            f"it was deleted{when} and is soft-deleted in {gone.region}: until it is purged, or expires "
            "after 48 hours, its name and its quota stay taken and its PTUs are billed"
        ),
        fix=f"restore it: {gone.command('recover')}; or, to create it again, "
        f"purge it: {gone.command('purge')}",
    )
