"""What is known of quota when ARM refuses a write for want of it: asked afterwards, beside ARM's words.

Rule of this module: it only adds to what is reported. ARM's refusal stands, whatever the counters say, and
what cannot be read is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from reconciler.domain.ids import AccountId, Region
from reconciler.domain.platform import DeletedAccount
from reconciler.domain.state import QuotaPool
from reconciler.engine.outcome import ItemReport
from reconciler.errors import ArmError, CredentialError
from reconciler.plan.actions import Adopt, Create, Replace, Update

# On a direct PUT a lack of quota may hide behind the second code (Azure-Samples/claude, 2026).
_CODES = frozenset({"insufficientquota", "715-123420"})
_MOST = 5


class QuotaFacts(Protocol):
    """What is asked about quota; nothing of it writes."""

    async def list_pools(self, subscription: str, region: Region) -> tuple[QuotaPool, ...]:
        """The quota pools of a region."""
        ...

    async def list_deleted_accounts(self, subscription: str) -> tuple[DeletedAccount, ...]:
        """The soft-deleted accounts of a subscription."""
        ...


async def with_usages(items: Sequence[ItemReport], api: QuotaFacts) -> tuple[ItemReport, ...]:
    """The items, those that a lack of quota refused with the counters and the deleted accounts beside."""
    places = {
        (item.step.action.id.account.subscription.lower(), region)
        for item in items
        if _short(item) and (region := item.step.action.region) is not None
    }
    known = dict(
        zip(sorted(places), await asyncio.gather(*(_asked(api, *p) for p in sorted(places))), strict=True)
    )
    return tuple(_explained(item, known) if _short(item) else item for item in items)


def _short(item: ItemReport) -> bool:
    return item.fault is not None and item.fault.code.lower() in _CODES


async def _asked(
    api: QuotaFacts, subscription: str, region: Region
) -> tuple[tuple[QuotaPool, ...], tuple[AccountId, ...]]:
    try:
        pools = await api.list_pools(subscription, region)
    except (ArmError, CredentialError):
        pools = ()
    try:
        deleted = await api.list_deleted_accounts(subscription)
    except (ArmError, CredentialError):
        deleted = ()
    return pools, tuple(one.id for one in deleted if one.region == region)


def _explained(
    item: ItemReport,
    known: dict[tuple[str, Region], tuple[tuple[QuotaPool, ...], tuple[AccountId, ...]]],
) -> ItemReport:
    action = item.step.action
    if action.region is None or not isinstance(action, Create | Update | Replace | Adopt):
        return item
    pools, deleted = known[action.id.account.subscription.lower(), action.region]
    model, sku = action.desired.spec.model.name, action.desired.spec.sku.name.name
    counted = [f"{pool.name} {pool.used} of {pool.limit}" for pool in _about(pools, model, sku)]
    told = [f"used now: {', '.join(counted[:_MOST])}"] if counted else []
    if deleted:
        names = ", ".join(sorted(account.name for account in deleted)[:_MOST])
        told.append(f"soft-deleted accounts keep their quota until they are purged: {names}")
    return replace(item, note="; ".join(filter(None, (item.note, *told))))


def _about(pools: Iterable[QuotaPool], model: str, sku: str) -> list[QuotaPool]:
    """The counters of a model on a SKU, by ARM's names of them; provisioned ones serve all models."""
    parts = [(pool, pool.name.lower().split(".")) for pool in pools]
    on_sku = [(pool, names) for pool, names in parts if sku.lower() in names]
    own = [pool for pool, names in on_sku if model.lower().replace(".", "") in "".join(names)]
    return own or [pool for pool, names in on_sku if len(names) <= 2]
