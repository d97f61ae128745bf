"""Which quota pool a deployment draws on, and what each action takes from it or gives back.

Pools are ARM's: their names come from the models list (`usageName`) and cannot be derived from a model's
name ("gpt4.1" for gpt-4.1). A pool that cannot be found is unknown, never assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.domain.deployment import DesiredDeployment, ModelRef, Unset
from reconciler.domain.ids import DeploymentId, Region
from reconciler.domain.sku import SkuName
from reconciler.domain.state import ObservedDeployment, ObservedState, Offer, RegionFacts
from reconciler.plan.actions import Adopt, Create, Delete, Replace, Update, Writing


@dataclass(frozen=True, slots=True, order=True)
class PoolKey:
    """A pool of one subscription and region; `name` is ARM's, lower case, for ARM's own case varies."""

    subscription: str
    region: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What one action does to one pool, in the pool's units; either side may be zero."""

    id: DeploymentId
    pool: PoolKey
    label: str
    release: int = 0
    take: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A deployment's place in a pool. `known` is False where ARM's lists do not tell the pool."""

    pool: PoolKey
    label: str
    amount: int
    known: bool


def movements(action: Writing, observed: ObservedState) -> tuple[Movement, ...]:
    """What `action` releases and takes; a change inside one pool counts by its difference."""
    before, after = _before(action, observed), _after(action, observed)
    if before is not None and after is not None and before.pool == after.pool:
        change = after.amount - before.amount
        if change == 0:
            return ()
        return (
            Movement(
                id=action.id,
                pool=after.pool,
                label=after.label,
                release=max(0, -change),
                take=max(0, change),
            ),
        )
    return tuple(_apart(action.id, before, after))


def draw_of(there: ObservedDeployment, region: Region, observed: ObservedState) -> Draw | None:
    """The pool that an existing deployment draws on."""
    if there.sku is None or there.capacity is None or there.model_name is None:
        return None
    model = ModelRef(
        name=there.model_name, format=there.model_format or "OpenAI", version=there.model_version or "1"
    )
    return _draw(there.id, region, model, there.sku, there.capacity, observed)


def draw_of_desired(one: DesiredDeployment, region: Region, observed: ObservedState) -> Draw | None:
    """The pool that a declared deployment will draw on."""
    capacity = one.spec.sku.capacity
    if isinstance(capacity, Unset):
        return None
    return _draw(one.id, region, one.spec.model, one.spec.sku.name, capacity.amount, observed)


def _before(action: Writing, observed: ObservedState) -> Draw | None:
    match action:
        case Create():
            return None
        case Update() | Replace() | Delete() | Adopt():
            return draw_of(action.observed, action.region, observed) if action.region else None


def _after(action: Writing, observed: ObservedState) -> Draw | None:
    if isinstance(action, Delete) or action.region is None:
        return None
    draw = draw_of_desired(action.desired, action.region, observed)
    kept = isinstance(action, Adopt) or (
        isinstance(action, Update) and "sku.capacity" not in {change.path for change in action.changes}
    )
    if kept and isinstance(action, Adopt | Update):
        there = draw_of(action.observed, action.region, observed)
        if draw is None or there is None or draw.pool == there.pool:
            return there
        return Draw(pool=draw.pool, label=draw.label, amount=there.amount, known=draw.known)
    return draw


def _apart(of: DeploymentId, before: Draw | None, after: Draw | None) -> Iterator[Movement]:
    if before is not None and before.amount:
        yield Movement(id=of, pool=before.pool, label=before.label, release=before.amount)
    if after is not None and after.amount:
        yield Movement(id=of, pool=after.pool, label=after.label, take=after.amount)


def _draw(
    of: DeploymentId, region: Region, model: ModelRef, sku: SkuName, amount: int, observed: ObservedState
) -> Draw:
    subscription = of.account.subscription.lower()
    facts = observed.region_facts(subscription, region)
    name = _pool_name(facts, model, sku)
    if name is None:
        unknown = f"unknown pool of {model.name} on {sku}"
        return Draw(
            pool=PoolKey(subscription, region.name, unknown.lower()),
            label=unknown,
            amount=amount,
            known=False,
        )
    return Draw(pool=PoolKey(subscription, region.name, name.lower()), label=name, amount=amount, known=True)


def _pool_name(facts: RegionFacts | None, model: ModelRef, sku: SkuName) -> str | None:
    """The usageName of the offer that fits best: same version before any, same tuning before any."""
    if facts is None or facts.offers is None:
        return None
    base = model.tuned_from
    name = (base.name if base else model.name).lower()
    version = base.version if base else model.version
    fitting = [offer for offer in facts.offers if offer.sku == sku and offer.model_name.lower() == name]
    if not fitting:
        return None
    return min(fitting, key=lambda offer: _misfit(offer, version, fine_tuned=model.fine_tuned)).pool


def _misfit(offer: Offer, version: str | Unset, *, fine_tuned: bool) -> tuple[bool, bool, bool, str]:
    return (
        offer.for_fine_tuned != fine_tuned,
        not isinstance(version, Unset) and offer.model_version.lower() != version.lower(),
        not offer.default_version,
        offer.pool,
    )
