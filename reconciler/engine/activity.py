"""Reading the Activity Log of the subscriptions in which something drifted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from reconciler.domain.platform import Activity
from reconciler.engine.ports import Platform
from reconciler.errors import ArmError, ArmRejected, CredentialError
from reconciler.plan.drift import Unverified
from reconciler.plan.evidence import KEPT


async def read_activity(
    subscriptions: Iterable[str], api: Platform, *, now: datetime, parallelism: int = 32
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
