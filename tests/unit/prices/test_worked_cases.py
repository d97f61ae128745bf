"""Every worked case of the documentation and of the price lists, to the cent.

`worked_cases.jsonl` has the cases with their sums, checked by hand against Microsoft's pages on billing of
provisioned throughput (2026-05-22), fine-tuning (2026-03-19) and reservations (2026-01-15). Every rate comes
from the shipped lists, never from the case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reconciler.domain.costs import Costs, Reservation, ReservationTerm, ReservationType, Workload
from reconciler.domain.ids import Region
from reconciler.prices.bill import Bill, cents
from tests.unit.prices.bills import bill_of, deployed, load

CASES: Mapping[str, Any] = {
    case["id"]: case
    for case in map(
        json.loads, (Path(__file__).parent / "worked_cases.jsonl").read_text("utf-8").splitlines()
    )
}


def _reserved(kind: str, ptus: int, region: str | None = "eastus2", term: str = "month") -> Costs:
    return Costs(
        reservations=(
            Reservation(
                type=ReservationType(kind),
                ptus=ptus,
                region=Region(region) if region else None,
                term=ReservationTerm(term),
            ),
        )
    )


def _tokens(millions: object, *, generated: object = 0, hours: int = 730) -> Workload:
    """A workload that comes to so many millions of tokens a month."""
    per_month = Decimal(60 * hours)
    return load(
        Decimal(1) / per_month, Decimal(str(millions)) * 1_000_000, Decimal(str(generated)) * 1_000_000
    )


def _together(*bills: Bill) -> Bill:
    """Stretches of one hour: each is its own bill, and cents are rounded over all of them."""
    return Bill(lines=tuple(line for one in bills for line in one.lines))


_4O: Mapping[str, Any] = {"model": "gpt-4o", "version": "2024-11-20"}
_41: Mapping[str, Any] = {"model": "gpt-4.1", "version": "2025-04-14"}
_MINI: Mapping[str, Any] = {"model": "gpt-4.1-mini", "version": "2025-04-14"}
_BUSY: Mapping[str, Any] = {"workload": load(20, 1000, 200, "0.4")}

BILLS: Mapping[str, Callable[[], Bill]] = {
    "ptu-regional-50": lambda: bill_of(deployed("ProvisionedManaged", 50)),
    "ptu-regional-100": lambda: bill_of(deployed("ProvisionedManaged", 100)),
    "ptu-dz-us-15": lambda: bill_of(deployed("DataZoneProvisionedManaged", 15)),
    "ptu-dz-eu-15": lambda: bill_of(deployed("DataZoneProvisionedManaged", 15, region="swedencentral")),
    "ptu-ft-regional-25": lambda: bill_of(
        deployed("ProvisionedManaged", 25, model="gpt-4o-mini", version="2024-07-18", fine_tuned=True)
    ),
    "ft-global-hosting-idle": lambda: bill_of(
        deployed("GlobalStandard", fine_tuned=True, workload=load(0, 0), **_41)
    ),
    "ft-developer": lambda: bill_of(
        deployed(
            "DeveloperTier",
            model="gpt-4.1-nano",
            version="2025-04-14",
            fine_tuned=True,
            workload=_tokens(10),
        )
    ),
    "ft-llama-dz": lambda: bill_of(
        deployed("DataZoneStandard", model="Llama-3.3-70B-Instruct", version="3", fine_tuned=True)
    ),
    "reservation-100-of-150-year": lambda: bill_of(
        deployed("ProvisionedManaged", 150), costs=_reserved("Regional", 100, term="year")
    ),
    "reservation-global-over": lambda: bill_of(
        deployed("GlobalProvisionedManaged", 100), costs=_reserved("Global", 300)
    ),
    "tokens-gpt4o-global": lambda: bill_of(deployed("GlobalStandard", **_4O, **_BUSY)),
    "tokens-gpt4o-dz": lambda: bill_of(deployed("DataZoneStandard", **_4O, **_BUSY)),
    "tokens-gpt5mini-global": lambda: bill_of(
        deployed("GlobalStandard", model="gpt-5-mini", version="2025-08-07", workload=load(100, 500, 100))
    ),
    "embeddings-3-small": lambda: bill_of(
        deployed("GlobalStandard", model="text-embedding-3-small", version="1", workload=_tokens(1000))
    ),
    "spillover": lambda: bill_of(
        deployed("GlobalProvisionedManaged", 15, name="ptu", **_MINI),
        deployed("GlobalStandard", name="spill", workload=_tokens(30, generated=6), **_MINI),
    ),
    "partial-hour": lambda: bill_of(
        deployed("ProvisionedManaged", 100), costs=Costs(hours_per_month=Decimal(15) / 60)
    ),
    "ptu-global-15": lambda: bill_of(deployed("GlobalProvisionedManaged", 15, region="norwayeast")),
    "ptu-regional-weu-50": lambda: bill_of(deployed("ProvisionedManaged", 50, region="westeurope")),
    "ft-global-doc-example": lambda: bill_of(
        deployed(
            "GlobalStandard",
            model="o4-mini",
            version="2025-04-16",
            fine_tuned=True,
            workload=_tokens(20, generated=40, hours=720),
        ),
        costs=Costs(hours_per_month=Decimal(720)),
    ),
    "reservation-100-of-150-month": lambda: bill_of(
        deployed("ProvisionedManaged", 150), costs=_reserved("Regional", 100)
    ),
    "reservation-wrong-region": lambda: bill_of(
        deployed("ProvisionedManaged", 50, region="swedencentral"), costs=_reserved("Regional", 50)
    ),
    "tokens-gpt4o-batch": lambda: bill_of(deployed("GlobalBatch", **_4O, **_BUSY)),
    "priority-gpt54-dz": lambda: bill_of(
        deployed(
            "DataZoneStandard",
            model="gpt-5.4",
            version="2026-03-05",
            priority=True,
            workload=_tokens(100),
        )
    ),
    "resize-mid-hour": lambda: _together(
        bill_of(deployed("ProvisionedManaged", 50), costs=Costs(hours_per_month=Decimal(20) / 60)),
        bill_of(deployed("ProvisionedManaged", 100), costs=Costs(hours_per_month=Decimal(40) / 60)),
    ),
    "standard-capacity": lambda: bill_of(deployed("GlobalStandard", 100)),
}


@pytest.mark.parametrize("name", BILLS)
def test_a_worked_case_comes_out_to_the_cent(name: str) -> None:
    expected = CASES[name]["expected"]
    wanted = next(value for key, value in expected.items() if key.endswith("_usd"))
    assert cents(BILLS[name]().total) == cents(Decimal(str(wanted)))


@pytest.mark.parametrize("name", BILLS)
def test_the_sum_of_a_worked_case_is_that_of_its_arithmetic(name: str) -> None:
    amounts = [Decimal(line.rpartition("=")[2].strip()) for line in CASES[name]["arithmetic"]]
    assert abs(sum(amounts) - cents(BILLS[name]().total)) <= Decimal("0.01")


def test_what_is_used_without_a_workload_is_unknown_and_not_nothing() -> None:
    (unknown,) = BILLS["standard-capacity"]().unpriced
    assert unknown.usage


def test_a_case_that_spends_nothing_unknown_has_no_unknown_part() -> None:
    assert BILLS["ptu-regional-50"]().complete
    assert BILLS["tokens-gpt4o-global"]().complete


def test_every_worked_case_is_one_of_these() -> None:
    assert set(BILLS) == set(CASES)
