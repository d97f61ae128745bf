"""In-place migration of provisioned deployments: the size that each write meets must be legal for its model.

ARM takes another model only at the same size (Microsoft, working with models), so a new size beside it takes
two writes; in which order depends on the sizes that the two models take.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from reconciler.domain.json_values import put
from reconciler.domain.sku import SkuFamily
from reconciler.domain.state import Offer
from reconciler.plan.actions import Reason, Update
from reconciler.plan.availability import RegionalOffers, sizes_of
from reconciler.plan.body import unfinished, writable
from reconciler.plan.plan import Plan
from reconciler.plan.terms import Hindrance

_CAPACITY: Final = ("sku", "capacity")
_LASTS: Final = 1800.0
"""Seconds that a migration takes at most (Microsoft, working with models: 20 to 30 minutes)."""


def lasting(plan: Plan) -> float:
    """Seconds that the migrations of `plan` take: accounts at the same time, those in one after another."""
    migrations = Counter(
        step.action.id.account
        for step in plan.work
        if isinstance(step.action, Update)
        and step.action.desired.spec.sku.name.family is SkuFamily.PROVISIONED
        and any(change.path.startswith("model.") for change in step.action.changes)
    )
    return _LASTS * max(migrations.values(), default=0)


def in_legal_order(action: Update, availability: RegionalOffers) -> Update | Hindrance:
    """`action` with its two writes in an order in which every size is legal, or why there is none.

    Sizes that no list tells are taken to be legal.
    """
    change = next((item for item in action.changes if item.path == "sku.capacity"), None)
    if change is None or not isinstance(change.before, int) or not isinstance(change.after, int):
        return action
    sku = action.desired.spec.sku.name
    if sku.family is not SkuFamily.PROVISIONED or action.observed.sku != sku:
        return action
    observed = writable(action.observed)
    old, new = availability.offers_for(action, observed), availability.offers_for(action, action.body)
    size_first = _legal(change.after, old) and _legal(change.after, new)
    model_first = _legal(change.before, new)
    shrinks = change.after < change.before
    if (shrinks and size_first) or not model_first:
        if not size_first:
            return Hindrance(
                reason=Reason.NOT_OFFERED,
                explanation=f"ARM takes another model only at the same size, and neither {change.before} nor "
                f"{change.after} PTU is a size of both models; {_shared(old, new)}",
                fix="first change sku.capacity to a size that both models take, apply, then change the model",
            )
        first = put(observed, _CAPACITY, change.after)
    else:
        first = put(unfinished(action.body, action.observed), _CAPACITY, change.before)
    return replace(action, writes=(first, action.body))


def _legal(amount: int, offers: Sequence[Offer]) -> bool:
    return not offers or any(sizes_of(offer).fits(amount) for offer in offers)


def _shared(old: Sequence[Offer], new: Sequence[Offer]) -> str:
    """The sizes that the first offers of both models have in common; ARM may list the old one no longer."""
    item, other = sizes_of((old or new)[0]), sizes_of(new[0])
    step = math.lcm(item.step, other.step)
    limits = [limit for limit in (item.maximum, other.maximum) if limit is not None]
    first = max(item.minimum, other.minimum)
    candidates = range(first, first + step)
    start = next((size for size in candidates if _legal(size, old[:1]) and other.fits(size)), None)
    if start is None:
        return "they have no size in common"
    most = f" up to {min(limits)}" if limits else ""
    return f"{'both take' if old else 'the new one takes'} sizes from {start} in steps of {step}{most}"
