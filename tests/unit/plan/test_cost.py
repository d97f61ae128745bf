"""What a plan does to the monthly bill, and the guard that limits it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from reconciler.domain.costs import Costs, Reservation, ReservationType, Workload
from reconciler.domain.deployment import UNSET, DesiredDeployment, Lifecycle
from reconciler.domain.fleet import Fleet, Guards
from reconciler.domain.shard import Shard
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.allowances import Alone, Policy
from reconciler.plan.cost import priced
from reconciler.plan.plan import Plan
from reconciler.prices.bill import cents
from reconciler.prices.load import shipped
from tests.unit.plan.states import (
    EVERYTHING,
    OURS,
    REGION,
    applied,
    desired,
    in_state,
    listed,
    plan,
    state,
    unmarked,
    world,
)

PTU = "ProvisionedManaged"
RATE = Decimal("2.36") * 730
"""A regional PTU for a month in swedencentral."""


def counted(
    declared: list[DesiredDeployment],
    there: list[ObservedDeployment],
    *,
    costs: Costs | None = None,
    limit: str | None = None,
    policy: Policy = EVERYTHING,
    shard: Shard | None = None,
) -> Plan:
    wanted = state(*declared)
    if shard is not None:
        wanted = wanted.in_shard(shard)
    made = plan(wanted, world(listed(*there)), policy)
    fleet = Fleet(
        name=OURS,
        guards=Guards(max_monthly_increase=None if limit is None else Decimal(limit)),
        costs=costs or Costs(),
    )
    return priced(made, fleet, shipped(), date(2026, 11, 29), policy)


def sums(made: Plan) -> tuple[Decimal, Decimal, Decimal]:
    assert made.cost is not None
    assert made.cost.before is not None
    assert made.cost.delta is not None
    return cents(made.cost.before.total), cents(made.cost.after.total), cents(made.cost.delta)


def ptus(capacity: int, name: str = "chat") -> DesiredDeployment:
    return desired(name, sku=PTU, capacity=capacity)


@pytest.mark.parametrize(
    ("declared", "there", "before", "after"),
    [
        ([ptus(50)], [], 0, 50),
        ([ptus(100)], [applied(ptus(50))], 50, 100),
        ([ptus(50)], [applied(ptus(50))], 50, 50),
        ([], [applied(ptus(50))], 50, 0),
        ([ptus(50)], [unmarked(applied(ptus(50)))], 50, 50),
        ([], [unmarked(applied(ptus(50)))], 50, 50),
        ([replace(ptus(50), adopt=True)], [unmarked(applied(ptus(50)))], 50, 50),
    ],
    ids=["create", "update", "keep", "delete", "blocked", "not ours", "adopt"],
)
def test_each_action_is_counted_before_and_after(
    declared: list[DesiredDeployment], there: list[ObservedDeployment], before: int, after: int
) -> None:
    wanted = tuple(cents(one * RATE) for one in (before, after, after - before))
    assert sums(counted(declared, there)) == wanted


def test_what_the_manifest_leaves_open_costs_what_is_there() -> None:
    open_ended = desired(sku=PTU, capacity=UNSET, tags={"team": "a"})
    assert sums(counted([open_ended], [applied(ptus(100))]))[2] == 0


def test_a_workload_counts_on_both_sides_of_a_change() -> None:
    load = Workload(rpm=Decimal(20), prompt_tokens=Decimal(1000))
    small = desired(model="gpt-4.1-mini", version="2025-04-14", lifecycle=Lifecycle(replace_allowed=True))
    before, after, _ = sums(counted([replace(small, workload=load)], [applied(desired())]))
    assert 0 < after < before  # the same load costs less on the smaller model


def test_a_failed_deployment_leaves_the_sum_before_unknown() -> None:
    made = counted([ptus(50)], [in_state(applied(ptus(50)), "Failed")])
    assert made.cost is not None
    assert not made.cost.complete


def test_a_scale_down_leaves_the_reservation_paid() -> None:
    reservation = Reservation(type=ReservationType.REGIONAL, ptus=100, region=REGION)
    made = counted([ptus(50)], [applied(ptus(100))], costs=Costs(reservations=(reservation,)))
    assert sums(made)[2] == 0
    assert made.cost is not None
    assert any("stays paid to the end of its term: 50 PTU" in note for note in made.cost.notes)


def test_no_guard_is_no_refusal() -> None:
    assert counted([ptus(50)], []).refusals == ()


@pytest.mark.parametrize(("limit", "refused"), [("86139.99", True), ("86140", False), ("0", True)])
def test_a_plan_that_costs_more_than_the_fleet_allows_is_refused(limit: str, refused: bool) -> None:
    refusals = counted([ptus(50)], [], limit=limit).refusals
    assert [one.code for one in refusals] == (["max-monthly-increase"] if refused else [])


def test_the_refusal_names_the_sum_the_rule_and_a_flag_that_lifts_it() -> None:
    (refusal,) = counted([ptus(50)], [], limit="5000.50").refusals
    assert "$86,140.00 more a month" in refusal.message
    assert "guards.maxMonthlyIncrease: 5000.50 allows $5,000.50" in refusal.message
    assert refusal.fix == "--max-monthly-increase 86140"
    flag = replace(EVERYTHING, max_monthly_increase=Decimal(86140))
    assert counted([ptus(50)], [], limit="5000.50", policy=flag).refusals == ()


def test_a_saving_is_never_refused() -> None:
    assert counted([ptus(50)], [applied(ptus(100))], limit="0").refusals == ()


def test_a_fixed_price_that_is_not_known_is_refused_under_a_guard_because_it_cannot_be_checked() -> None:
    unknown = desired(model="gpt-4o-2024-08-06.ft-0123456789abcdef0123456789abcdef", sku="DataZoneStandard")
    known = counted([unknown], [], limit="10000")
    assert known.refusals == ()
    tuned = desired(model="ftchkpt-0123456789abcdef0123456789abcdef", sku="Standard", version="1")
    (refusal,) = counted([tuned], [], limit="10000").refusals
    assert "cannot be checked" in refusal.message


def test_usage_without_a_workload_is_no_matter_of_the_guard() -> None:
    assert counted([desired(capacity=1000)], [], limit="0").refusals == ()


def test_a_shard_goes_by_its_share_of_the_limit_and_a_plan_to_be_merged_by_none() -> None:
    whole = state(ptus(50))
    shard = next(
        one for one in (Shard(index=1, count=2), Shard(index=2, count=2)) if whole.in_shard(one).deployments
    )

    def refused(policy: Policy) -> bool:
        return bool(counted([ptus(50)], [], limit="100000", policy=policy, shard=shard).refusals)

    assert refused(replace(EVERYTHING, in_shard=Alone.SHARE))
    assert not refused(replace(EVERYTHING, in_shard=Alone.LATER))
