"""What manifests say about money: the Fleet's costs, its guard, and the workload of a deployment."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from reconciler.domain.costs import Costs, Reservation, ReservationTerm, ReservationType, Workload
from reconciler.domain.ids import Region
from tests.unit.manifest.reading import GUID, a_fleet, complete_entry, only, read, state

WHOLE = f"""
    subscriptions: {{prod: {{id: {GUID}}}}}
    guards: {{maxMonthlyIncrease: 5000.50}}
    costs:
      currency: EUR
      hoursPerMonth: 720
      reservations:
        - {{type: Regional, region: East US 2, subscription: prod, ptus: 100, term: year}}
        - {{type: Global, ptus: 50}}
      prices: prices/agreement.json
    """


def test_everything_that_a_fleet_says_about_costs_is_kept() -> None:
    fleet = state(read(a_fleet(WHOLE))).fleet
    assert fleet.guards.max_monthly_increase == Decimal("5000.50")
    regional, everywhere = fleet.costs.reservations
    assert (fleet.costs.currency, fleet.costs.hours_per_month) == ("EUR", Decimal(720))
    assert regional == Reservation(
        type=ReservationType.REGIONAL,
        ptus=100,
        region=Region("eastus2"),
        subscription=GUID,
        term=ReservationTerm.YEAR,
    )
    assert everywhere == Reservation(type=ReservationType.GLOBAL, ptus=50)
    assert Path(fleet.costs.prices or "").parts[-2:] == ("prices", "agreement.json")


def test_a_fleet_that_says_nothing_counts_in_dollars_and_730_hours() -> None:
    assert state(read(a_fleet("{}"))).fleet.costs == Costs()


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ("reservations: [{type: Regional, ptus: 10}]", "without `region` covers nothing"),
        ("reservations: [{type: DataZone, ptus: 10}]", "without `region` covers nothing"),
        ("reservations: [{type: Global, ptus: 10, subscription: prdo}]", "neither an alias"),
        ("reservations: [{type: Zonal, ptus: 10}]", "Zonal"),
        ("reservations: [{type: Global}]", "ptus"),
        ("currency: dollars", "three capital letters"),
        ("hoursPerMonth: -1", "plain digits"),
        ("hoursPerMonth: 0", "hour"),
        ("reservation: []", "reservation"),
    ],
)
def test_what_a_fleet_gets_wrong_about_costs_is_said(costs: str, words: str) -> None:
    found = only(read(a_fleet(f"costs: {{{costs}}}")))
    assert words in f"{found.message} {found.fix}"


def test_a_workload_is_kept_exactly_and_is_no_part_of_what_arm_gets() -> None:
    text = complete_entry("workload: {rpm: 20, promptTokens: 1000, generatedTokens: 200, cacheRate: 0.4}")
    (one,) = state(read(text)).deployments
    assert one.workload == Workload(
        rpm=Decimal(20),
        prompt_tokens=Decimal(1000),
        generated_tokens=Decimal(200),
        cache_rate=Decimal("0.4"),
    )
    (plain,) = state(read(complete_entry())).deployments
    assert plain.workload is None
    assert one.spec == plain.spec


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("rpm: 20", "promptTokens"),
        ("rpm: 20, promptTokens: 1, cacheRate: 40", "more than 1"),
        ("rpm: 20, promptTokens: 1, cacheRate: 40%", "plain digits"),
        ("rpm: many, promptTokens: 1", "plain digits"),
        ("rpm: 20, promptTokens: 1, tokens: 5", "tokens"),
    ],
)
def test_what_a_workload_gets_wrong_is_said(fields: str, words: str) -> None:
    found = only(read(complete_entry(f"workload: {{{fields}}}")))
    assert words in f"{found.message} {found.fix}"
