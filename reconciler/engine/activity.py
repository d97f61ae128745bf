"""Reading the Activity Log of the subscriptions in which something drifted, or may have expired."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from reconciler.domain.fleet import DesiredState
from reconciler.domain.platform import Activity
from reconciler.domain.state import ObservedState
from reconciler.engine.ports import ActivityLog
from reconciler.errors import ArmError, ArmRejected, CredentialError
from reconciler.plan.drift import Unverified
from reconciler.plan.evidence import KEPT, expiries, may_have_expired


async def read_activity(
    subscriptions: Iterable[str], api: ActivityLog, *, now: datetime, parallelism: int = 32
) -> Mapping[str, Activity | Unverified]:
    """The last 90 days of each subscription's log, one logical request for each.

    `now` is ARM's time, which it tells in whole seconds: the second that has begun counts too.
    """
    until = now + timedelta(seconds=1)
    gate = asyncio.Semaphore(parallelism)

    async def read(subscription: str) -> Activity | Unverified:
        async with gate:
            try:
                return await api.list_activity(subscription, until - KEPT, until)
            except (ArmError, CredentialError) as problem:
                code = problem.code if isinstance(problem, ArmRejected) else type(problem).__name__
                return Unverified(subscription=subscription, code=code, message=str(problem))

    wanted = tuple(subscriptions)
    return dict(zip(wanted, await asyncio.gather(*map(read, wanted)), strict=True))


async def with_expiries(
    desired: DesiredState, observed: ObservedState, api: ActivityLog, *, now: datetime, parallelism: int = 32
) -> ObservedState:
    """`observed` with what the log proves of declared deployments that are not there and may have expired.

    Nothing is asked where there is none: one logical request for each subscription that has some.
    """
    gone = may_have_expired(desired, observed)
    if not gone:
        return observed
    subscriptions = sorted({one.id.account.subscription.lower() for one in gone})
    logs = await read_activity(subscriptions, api, now=now, parallelism=parallelism)
    told = {
        name: f"its Activity Log could not be read: {log.code}" if isinstance(log, Unverified) else log
        for name, log in logs.items()
    }
    return replace(observed, expiries=expiries(gone, told, now))
