"""What is billed: PTUs, hosting, tokens, reservations; and what is not known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from reconciler.domain.costs import Costs, Reservation, ReservationTerm, ReservationType
from reconciler.domain.ids import Region
from reconciler.domain.sku import KNOWN_SKUS
from reconciler.prices.bill import Bill, Deployed, cents
from tests.unit.prices.bills import bill_of, deployed, load

OTHER = "22222222-2222-2222-2222-222222222222"
HOURS = 730


def regional(
    ptus: int,
    region: str = "eastus2",
    *,
    subscription: str | None = None,
    kind: ReservationType = ReservationType.REGIONAL,
    term: ReservationTerm = ReservationTerm.MONTH,
) -> Reservation:
    return Reservation(type=kind, ptus=ptus, region=Region(region), subscription=subscription, term=term)


def reserved(*reservations: Reservation) -> Costs:
    return Costs(reservations=reservations)


def hourly(found: Bill) -> int:
    """PTUs that are billed by the hour."""
    lines = [line for line in found.lines if line.what == "PTU"]
    return int(sum((line.quantity or Decimal(0)) for line in lines) / HOURS)


def test_a_reservation_pays_for_ptus_of_several_deployments_and_models() -> None:
    some = (
        deployed("ProvisionedManaged", 50, name="a"),
        deployed("ProvisionedManaged", 50, name="b", model="gpt-4.1"),
    )
    found = bill_of(*some, costs=reserved(regional(80)))
    assert hourly(found) == 20
    assert found.covers[0].unused == 0


@pytest.mark.parametrize(
    ("sku", "reservation", "covered"),
    [
        ("ProvisionedManaged", regional(50), 50),
        ("ProvisionedManaged", regional(50, "westeurope"), 0),
        ("ProvisionedManaged", regional(50, kind=ReservationType.DATA_ZONE), 0),
        ("DataZoneProvisionedManaged", regional(50, kind=ReservationType.DATA_ZONE), 50),
        ("DataZoneProvisionedManaged", regional(50, "westus", kind=ReservationType.DATA_ZONE), 0),
        ("GlobalProvisionedManaged", regional(50, "westus", kind=ReservationType.GLOBAL), 50),
        ("GlobalProvisionedManaged", regional(50), 0),
        ("GlobalStandard", regional(50, kind=ReservationType.GLOBAL), 0),
    ],
)
def test_a_reservation_matches_by_type_and_region_but_a_global_one_everywhere(
    sku: str, reservation: Reservation, covered: int
) -> None:
    assert bill_of(deployed(sku, 50), costs=reserved(reservation)).covers[0].used == covered


def test_a_reservation_of_one_subscription_pays_for_no_other() -> None:
    ours, theirs = deployed("ProvisionedManaged", 50), deployed("ProvisionedManaged", 50, subscription=OTHER)
    costs = reserved(regional(50, subscription=OTHER.upper()))
    assert hourly(bill_of(ours, costs=costs)) == 50
    assert hourly(bill_of(theirs, costs=costs)) == 0


def test_a_narrow_scope_is_used_before_the_shared_one() -> None:
    costs = reserved(regional(50), regional(50, subscription=OTHER))
    some = deployed("ProvisionedManaged", 50), deployed("ProvisionedManaged", 50, subscription=OTHER)
    assert hourly(bill_of(*some, costs=costs)) == 0


def test_a_reservation_is_paid_when_nothing_is_deployed() -> None:
    found = bill_of(costs=reserved(regional(100)))
    assert cents(found.total) == Decimal("28600.00")
    assert found.covers[0].unused == 100


def test_a_reservation_without_a_known_price_is_unknown_and_covers_all_the_same() -> None:
    found = bill_of(
        deployed("ProvisionedManaged", 50, region="westeurope"),
        costs=reserved(regional(50, "westeurope")),
    )
    assert hourly(found) == 0
    (unknown,) = found.unpriced
    assert unknown.id == "reservation of 50 Regional PTU in westeurope"


def test_a_year_is_paid_in_twelve_parts() -> None:
    (line,) = bill_of(costs=reserved(regional(1, term=ReservationTerm.YEAR))).lines
    assert [line.rate, line.months, line.monthly] == [2916, 12, 243]


@pytest.mark.parametrize(
    ("sku", "kinds"),
    [
        ("ProvisionedManaged", {"PTU"}),
        ("DataZoneProvisionedManaged", {"PTU"}),
        ("Standard", {"hosting", "input", "cached input", "output"}),
        ("GlobalStandard", {"hosting", "input", "cached input", "output"}),
        ("DataZoneStandard", {"hosting", "input", "cached input", "output"}),
        ("DeveloperTier", {"input", "cached input", "output"}),
    ],
)
def test_a_fine_tuned_model_is_billed_by_its_sku(sku: str, kinds: set[str]) -> None:
    one = deployed(sku, 50, model="gpt-4.1-mini", version="2025-04-14", fine_tuned=True)
    assert {line.what for line in bill_of(one).lines} == kinds


def test_hosting_costs_more_in_southeast_asia() -> None:
    one = deployed("Standard", model="gpt-4o", version="2024-08-06", region="southeastasia", fine_tuned=True)
    (hosting,) = (line for line in bill_of(one).lines if line.what == "hosting")
    assert hosting.rate == Decimal("2.04")


def test_the_price_of_a_ptu_goes_by_the_maker_of_the_model() -> None:
    data_zone = "DataZoneProvisionedManaged"
    ours = bill_of(deployed(data_zone, 100, region="eastasia"))
    theirs = bill_of(deployed(data_zone, 100, region="eastasia", format="DeepSeek", model="DeepSeek-V3"))
    assert [found.lines[0].rate for found in (ours, theirs)] == [Decimal("1.2"), Decimal("1.1")]


def test_government_regions_have_prices_of_their_own() -> None:
    found = bill_of(deployed("ProvisionedManaged", 100, region="usgovvirginia"))
    assert found.lines[0].rate == Decimal("2.5")


def test_a_price_that_rose_is_the_new_one_and_the_old_one_before() -> None:
    one = deployed("ProvisionedManaged", 50, region="westeurope")
    assert bill_of(one).lines[0].rate == Decimal("2.72")
    assert bill_of(one, day=date(2026, 8, 31)).lines[0].rate == Decimal("2.4")


def test_priority_processing_has_its_own_rates() -> None:
    one = deployed("DataZoneStandard", model="gpt-5.4", version="2026-03-05", priority=True)
    rates = {line.what: line.rate for line in bill_of(one).lines}
    assert rates["input"] == Decimal("5.5")


def test_all_of_a_prompt_is_full_price_where_no_cached_meter_exists() -> None:
    one = deployed("GlobalBatch", model="gpt-4o", version="2024-11-20", workload=load(20, 1000, 200, "0.4"))
    assert [line.what for line in bill_of(one).lines] == ["input", "output"]


UNKNOWN: list[tuple[Deployed, str]] = [
    (deployed("Basic"), "no SKU Basic"),
    (deployed("ProvisionedManaged", None), "capacity"),
    (deployed("ProvisionedManaged", format="AI21 Labs"), "AI21 Labs models"),
    (deployed("ProvisionedManaged", region=None), "differs between regions"),
    (deployed("ProvisionedManaged", region="chinaeast2"), "chinaeast2"),
    (deployed("GlobalStandard", format="Anthropic", model="claude-opus-4-6"), "Marketplace"),
    (deployed("GlobalStandard", model="gpt-image-2", workload=load(1, 1)), "audio, image"),
    (deployed("GlobalStandard", model="DeepSeek-R1-0528", workload=load(1, 1)), "DeepSeek-R1-0528"),
    (deployed("GlobalStandard", model=None, fine_tuned=True), "not named"),
    (deployed("ProvisionedManaged", state="Failed"), "state Failed is not documented"),
    (deployed("DeveloperTier", model="gpt-4o", version="2024-08-06", fine_tuned=True), "gpt-4o"),
]


@pytest.mark.parametrize(("one", "why"), UNKNOWN)
def test_what_is_not_known_says_why_and_is_never_nothing(one: Deployed, why: str) -> None:
    found = bill_of(one)
    assert found.unpriced
    assert why in found.unpriced[0].why
    assert not found.complete


@pytest.mark.parametrize("sku", KNOWN_SKUS)
def test_every_sku_has_a_line_or_a_reason(sku: str) -> None:
    found = bill_of(deployed(sku, 50, model="gpt-4.1-nano", version="2025-04-14"))
    assert found.lines or found.unpriced


def test_the_rates_of_a_model_are_told_together_or_not_at_all() -> None:
    found = bill_of(deployed("GlobalStandard", model="gpt-4o", version=None))
    assert found.lines == ()
    assert "differs between versions" in found.unpriced[0].why


def test_a_line_says_how_it_comes_about() -> None:
    (line,) = bill_of(deployed("ProvisionedManaged", 150), costs=reserved(regional(100))).lines[:1]
    assert line.sum_of == "50 PTU x 730 h (100 of 150 PTU are reserved)"


def test_cents_are_rounded_once_at_the_end() -> None:
    third = deployed("ProvisionedManaged", 100)
    costs = Costs(hours_per_month=Decimal(1) / 3)
    found = bill_of(third, third, costs=costs)
    assert cents(found.total) == Decimal("133.33")
