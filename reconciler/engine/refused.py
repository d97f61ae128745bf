"""What a refused write lacked: looked up afterwards, in its account and in the counters of its quota.

ARM refuses a name that leads nowhere with the same code as an SKU that it does not have, and its text does
not always tell which. Rule of this module: ARM's refusal stands, whatever the counters say; look before
anything is blamed; what cannot be read is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconciler.diagnostics import listing
from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.json_values import at
from reconciler.domain.platform import DeletedAccount
from reconciler.domain.state import QuotaPool
from reconciler.engine.fixes import NAME_NOT_THERE
from reconciler.engine.outcome import ItemReport
from reconciler.engine.platform import each, tried
from reconciler.engine.ports import AccountFacts, Arm
from reconciler.plan.actions import Adopt, Create, Replace, Update
from reconciler.plan.dependants import named_in
from reconciler.plan.plan import PoolForecast

_CODE: Final = "invalidresourceproperties"
_BORN: Final = "microsoft."
"""Content filters with this prefix are there in every account."""

_UNNAMED: Final = "715-123420"
"""How a direct PUT may be told of a lack of quota, and of other things (Azure-Samples/claude, 2026)."""

_CODES: Final = frozenset({"insufficientquota", _UNNAMED})
_NOT_QUOTA: Final = (
    "Quota is not what it lacks, so the subscription itself may not be admitted to this model: open a "
    "support request and give the request id"
)
_ROOM_NOW: Final = "There is room now, by ARM's counters: run apply again"

_Place = tuple[str, Region]
_Known = tuple[tuple[QuotaPool, ...], tuple[DeletedAccount, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contents:
    """The names in an account; None where they could not be read."""

    policies: frozenset[str] | None
    deployments: frozenset[DeploymentId] | None


async def with_names(items: Sequence[ItemReport], api: Arm) -> tuple[ItemReport, ...]:
    """The items, those that were refused over a property with what became of the names they sent."""

    async def read(account: AccountId) -> _Contents:
        filters = await tried(api.list_policies(account), lambda _: None)
        existing = await tried(api.list_deployments(account), lambda _: None)
        return _Contents(
            policies=None if filters is None else frozenset(map(str.lower, filters)),
            deployments=None if existing is None else frozenset(element.id for element in existing),
        )

    accounts = sorted({item.step.action.id.account for item in items if _body(item) is not None})
    known = await each(accounts, read)
    return tuple(_looked_up(item, known) for item in items)


def _body(item: ItemReport) -> JsonObject | None:
    """What was refused, where it names anything that an account must have."""
    action = item.step.action
    if item.fault is None or item.fault.code.lower() != _CODE:
        return None
    if not isinstance(action, Create | Update | Replace | Adopt):
        return None
    return action.body if _policy(action.body) or named_in(action.body, action.id) else None


def _policy(body: JsonObject) -> str:
    """The content filter that somebody had to make; empty where there is none."""
    name = at(body, ("properties", "raiPolicyName"))
    return name if isinstance(name, str) and not name.lower().startswith(_BORN) else ""


def _looked_up(item: ItemReport, known: dict[AccountId, _Contents]) -> ItemReport:
    body = _body(item)
    if body is None or item.fault is None:
        return item
    name = item.step.action.id
    existing, policy = known[name.account], _policy(body)
    found: list[tuple[str, str, bool]] = []
    if policy and existing.policies is not None:
        found.append(("raiPolicyName", policy, policy.lower() in existing.policies))
    if existing.deployments is not None:
        named = named_in(body, name).items()
        found += [(path, target.name, target in existing.deployments) for target, path in named]
    missing = [f"{path}: {value}" for path, value, has in found if not has]
    present = [value for _, value, has in found if has]
    note, fix = item.note, item.fault.fix
    if missing:
        note = f"looked up: {name.account.name} does not have {', '.join(missing)}"
        fix = "make it in that account first, or correct the name; the SKU is not the question"
    elif present:
        note = f"looked up: {name.account.name} has {', '.join(present)}"
        if fix == NAME_NOT_THERE:
            fix = "what it names is there by now: run apply again"
    return replace(item, note=note, fault=replace(item.fault, fix=fix))


async def with_usages(
    items: Sequence[ItemReport], forecasts: Sequence[PoolForecast], api: AccountFacts
) -> tuple[ItemReport, ...]:
    """The items, those that a lack of quota refused with the counters and the deleted accounts beside.

    `forecasts` tell which pool a deployment draws on.
    """

    async def ask(place: _Place) -> _Known:
        subscription, region = place
        pools = await tried(api.list_pools(subscription, region), lambda _: ())
        deleted = await tried(api.list_deleted_accounts(subscription), lambda _: ())
        return pools, tuple(element for element in deleted if element.region == region)

    short = {
        number: (item.step.action.id.account.subscription.lower(), region)
        for number, item in enumerate(items)
        if item.fault is not None and item.fault.code.lower() in _CODES
        if (region := item.step.action.region) is not None
    }
    known = await each(sorted(set(short.values())), ask)
    return tuple(
        _explained(item, forecasts, known[short[number]]) if number in short else item
        for number, item in enumerate(items)
    )


def _explained(item: ItemReport, forecasts: Sequence[PoolForecast], known: _Known) -> ItemReport:
    pools, deleted = known
    figures = {pool.name.lower(): pool for pool in pools}
    notes, fix = list(filter(None, [item.note])), ""
    for forecast in forecasts:
        pool = figures.get(forecast.pool.lower())
        if pool is None or all(holder.id != item.step.action.id for holder in forecast.holders):
            continue
        room, wanted = pool.limit - pool.used, _wanted(item)
        notes.append(f"used now: {pool.name} {pool.used} of {pool.limit}")
        if wanted is not None:
            notes[-1] += f", and {wanted} more {'was' if wanted == 1 else 'were'} asked for"
            unnamed = item.fault is not None and item.fault.code.lower() == _UNNAMED
            fix = "" if room < wanted else _NOT_QUOTA if unnamed else _ROOM_NOW
    if deleted and not fix:
        names = listing(sorted(element.id.name for element in deleted))
        notes.append(f"soft-deleted accounts keep their quota until they are purged: {names}")
        notes.append(f"to purge: {deleted[0].command('purge')}")
    fault = replace(item.fault, fix=fix) if fix and item.fault is not None else item.fault
    return replace(item, note="; ".join(notes), fault=fault)


def _wanted(item: ItemReport) -> int | None:
    """How many units more a step asked for; None where that cannot be told."""
    action = item.step.action
    if not isinstance(action, Create | Update | Replace | Adopt):
        return None
    sku = action.body.get("sku")
    after = sku.get("capacity") if isinstance(sku, Mapping) else None
    if not isinstance(after, int):
        return None
    observed = action.observed if isinstance(action, Update | Adopt) else None
    same = observed is not None and observed.sku == action.desired.spec.sku.name
    return max(0, after - (observed.capacity or 0)) if observed is not None and same else after
