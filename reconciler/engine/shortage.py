"""What is known of quota when ARM refuses a write for want of it: asked afterwards, beside ARM's words.

Rule of this module: ARM's refusal stands, whatever the counters say, and what cannot be read is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconciler.diagnostics import listing
from reconciler.domain.ids import Region
from reconciler.domain.platform import DeletedAccount
from reconciler.domain.state import QuotaPool
from reconciler.engine.outcome import ItemReport
from reconciler.engine.ports import AccountFacts
from reconciler.errors import ArmError, CredentialError
from reconciler.plan.actions import Adopt, Create, Replace, Update
from reconciler.plan.plan import PoolForecast

_UNNAMED: Final = "715-123420"
"""How a direct PUT may be told of a lack of quota, and of other things (Azure-Samples/claude, 2026)."""

_CODES: Final = frozenset({"insufficientquota", _UNNAMED})
_NOT_QUOTA: Final = (
    "Quota is not what it lacks, so the subscription itself may not be admitted to this model: open a "
    "support request and give the request id"
)
_ROOM_NOW: Final = "There is room by now, as far as ARM's counters tell: run apply again"

_Place = tuple[str, Region]
_Known = tuple[tuple[QuotaPool, ...], tuple[DeletedAccount, ...]]


async def with_usages(
    items: Sequence[ItemReport], forecasts: Sequence[PoolForecast], api: AccountFacts
) -> tuple[ItemReport, ...]:
    """The items, those that a lack of quota refused with the counters and the deleted accounts beside.

    `forecasts` tell which pool a deployment draws on.
    """
    short = {number: place for number, item in enumerate(items) if (place := _place_of_short(item))}
    places = sorted(set(short.values()))
    known = dict(zip(places, await asyncio.gather(*(_asked(api, *one) for one in places)), strict=True))
    return tuple(
        _explained(item, forecasts, known[short[number]]) if number in short else item
        for number, item in enumerate(items)
    )


def _place_of_short(item: ItemReport) -> _Place | None:
    """Where a step was refused for want of quota; None where it was not."""
    region = item.step.action.region
    if item.fault is None or item.fault.code.lower() not in _CODES or region is None:
        return None
    return item.step.action.id.account.subscription.lower(), region


async def _asked(api: AccountFacts, subscription: str, region: Region) -> _Known:
    try:
        pools = await api.list_pools(subscription, region)
    except (ArmError, CredentialError):
        pools = ()
    try:
        deleted = await api.list_deleted_accounts(subscription)
    except (ArmError, CredentialError):
        deleted = ()
    return pools, tuple(one for one in deleted if one.region == region)


def _explained(item: ItemReport, forecasts: Sequence[PoolForecast], known: _Known) -> ItemReport:
    pools, deleted = known
    figures = {pool.name.lower(): pool for pool in pools}
    told, fix = list(filter(None, [item.note])), ""
    for pool in _drawn_on(item, forecasts, figures):
        room, wanted = pool.limit - pool.used, _wanted(item)
        told.append(f"used now: {pool.name} {pool.used} of {pool.limit}")
        if wanted is not None:
            told[-1] += f", and {wanted} more {'was' if wanted == 1 else 'were'} asked for"
            fits = room >= wanted
            fix = (_NOT_QUOTA if _code(item) == _UNNAMED else _ROOM_NOW) if fits else ""
    if deleted and not fix:
        names = listing(sorted(one.id.name for one in deleted))
        told.append(f"soft-deleted accounts keep their quota until they are purged: {names}")
        told.append(f"to purge: {deleted[0].command('purge')}")
    fault = replace(item.fault, fix=fix) if fix and item.fault is not None else item.fault
    return replace(item, note="; ".join(told), fault=fault)


def _code(item: ItemReport) -> str:
    return item.fault.code.lower() if item.fault is not None else ""


def _drawn_on(
    item: ItemReport, forecasts: Sequence[PoolForecast], figures: Mapping[str, QuotaPool]
) -> Iterator[QuotaPool]:
    for forecast in forecasts:
        pool = figures.get(forecast.pool.lower())
        if pool is not None and any(holder.id == item.step.action.id for holder in forecast.holders):
            yield pool


def _wanted(item: ItemReport) -> int | None:
    """How many units more a step asked for; None where that cannot be told."""
    action = item.step.action
    if not isinstance(action, Create | Update | Replace | Adopt):
        return None
    sku = action.body.get("sku")
    after = sku.get("capacity") if isinstance(sku, Mapping) else None
    if not isinstance(after, int):
        return None
    there = action.observed if isinstance(action, Update | Adopt) else None
    same = there is not None and there.sku == action.desired.spec.sku.name
    return max(0, after - (there.capacity or 0)) if there is not None and same else after
