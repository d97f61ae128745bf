"""What a plan does to the monthly bill, and the guard that limits it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from math import ceil

from reconciler.diagnostics import listing
from reconciler.domain.costs import Costs
from reconciler.domain.fleet import Fleet
from reconciler.plan.actions import Action, Adopt, Blocked, Create, Delete, Keep, Replace, Update, Wait
from reconciler.plan.allowances import Alone, Policy
from reconciler.plan.plan import Plan, Refusal
from reconciler.prices.bill import Cost, Deployed, bill, cents
from reconciler.prices.book import PriceBook
from reconciler.prices.deployed import declared, deployed_now


def priced(plan: Plan, fleet: Fleet, book: PriceBook, day: date, policy: Policy) -> Plan:
    """The plan with its cost, refused where that is more than the Fleet's guard allows."""
    before: list[Deployed] = []
    after: list[Deployed] = []
    changed: set[str] = set()
    for step in plan.steps:
        old, new = _billed(step.action)
        before += [old] if old else []
        after += [new] if new else []
        if not isinstance(step.action, Keep | Blocked | Wait):
            changed.add(str(step.action.id))
    bills = bill(before, fleet.costs, book, day), bill(after, fleet.costs, book, day)
    notes = [
        f"the reservation of {now.reservation.name} stays paid to the end of its term: {now.unused} PTU "
        "of it are not used after this plan"
        for was, now in zip(bills[0].covers, bills[1].covers, strict=True)
        if now.used < was.used
    ]
    if fleet.costs.reservations and (plan.left_out or plan.part or plan.unread):
        notes.append(
            "reservations are held against the deployments of this plan alone, not against the whole fleet"
        )
    cost = Cost(
        costs=fleet.costs, before=bills[0], after=bills[1], changed=frozenset(changed), notes=tuple(notes)
    )
    refusals = tuple(_refused(plan, cost, fleet, policy))
    return replace(plan, cost=cost, refusals=(*plan.refusals, *refusals))


def _billed(action: Action) -> tuple[Deployed | None, Deployed | None]:
    """What an action's deployment is before the plan and after it."""
    region = action.region
    match action:
        case Create():
            return None, declared(action.desired, region)
        case Update() | Replace() | Adopt():
            load = action.desired.workload
            return (
                deployed_now(action.observed, region, load),
                declared(action.desired, region, action.observed),
            )
        case Delete():
            return deployed_now(action.observed, region), None
        case Keep() | Wait() | Blocked():
            if action.observed is None:
                return None, None
            load = action.desired.workload if action.desired else None
            same = deployed_now(action.observed, region, load)
            return same, same


def _refused(plan: Plan, cost: Cost, fleet: Fleet, policy: Policy) -> Iterator[Refusal]:
    stated, flag = fleet.guards.max_monthly_increase, policy.max_monthly_increase
    limit = stated if flag is None else flag
    shard = plan.part.shard if plan.part else None
    alone = shard is not None and shard.count > 1
    if limit is None or (alone and policy.in_shard is Alone.LATER):
        return
    rule = f"--max-monthly-increase {flag}"
    if flag is None:
        rule = f"the Fleet's guards.maxMonthlyIncrease: {stated}"
    if alone and shard is not None and flag is None:
        limit, rule = limit / shard.count, f"shard {shard}'s share of {rule}"
    delta = cost.delta or Decimal(0)
    dearer = {str(s.action.id) for s in plan.steps if isinstance(s.action, Create | Update | Replace)}
    unknown = [doubt for doubt in cost.doubts if not doubt.usage and doubt.id in dearer]
    if delta > limit:
        more = f"{amount(cost.costs, delta)} more a month"
        yield Refusal(
            code="max-monthly-increase",
            message=f"the plan would cost {more} at list prices; {rule} allows {amount(cost.costs, limit)}",
            fix=f"--max-monthly-increase {ceil(delta)}",
        )
    elif unknown and flag is None:
        names = listing(sorted({item.id.rpartition("/")[2] for item in unknown}))
        yield Refusal(
            code="max-monthly-increase",
            message=f"what {names} would cost is not known ({unknown[0].why}), so {rule} cannot be checked",
            fix=f"the price, in costs.prices of the Fleet; or --max-monthly-increase {ceil(limit)}",
        )


def amount(costs: Costs, value: Decimal) -> str:
    """Money for people: ``$73,000.00``, ``EUR 12.50``."""
    sign = "-" if value < 0 else ""
    name = "$" if costs.currency == "USD" else f"{costs.currency} "
    return f"{sign}{name}{abs(cents(value)):,}"
