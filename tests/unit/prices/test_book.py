"""Looking up a price: the newest list that has one, in force on the day, for that region and version."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from reconciler.domain.ids import Region
from reconciler.domain.sku import SkuName
from reconciler.prices.book import NoPrice, Price, PriceBook, PriceList, Question, Row, per_unit
from reconciler.prices.load import shipped
from reconciler.prices.meters import Use

OLD, NEW = PriceList(title="old", as_of="2026-08-11"), PriceList(title="new", as_of="2026-10-09")
TODAY = date(2026, 11, 29)
GLOBAL = SkuName("GlobalStandard")


def a_row(
    price: str,
    *,
    source: PriceList = OLD,
    regions: str = "eastus2",
    version: str = "",
    since: str = "2025-01-01",
    unit: str = "1M",
    sku: SkuName = GLOBAL,
) -> Row:
    return Row(
        uses=(Use(kind="input", sku=sku, model="some-model", version=version),),
        meter="meter",
        unit=unit,
        price=Decimal(price),
        regions=frozenset(regions.split()),
        source=source,
        effective=date.fromisoformat(since) if since else None,
    )


def asked(region: str | None = "eastus2", version: str | None = "v1") -> Question:
    return Question(
        kind="input",
        sku=GLOBAL,
        day=TODAY,
        region=Region(region) if region else None,
        model="some-model",
        version=version,
    )


def rate(book: PriceBook, question: Question) -> Decimal | None:
    found = book.price(question)
    return found.rate if isinstance(found, Price) else None


def test_the_newest_list_wins_where_it_has_the_region() -> None:
    book = PriceBook([a_row("5"), a_row("4", source=NEW), a_row("5", regions="westeurope")])
    assert rate(book, asked()) == 4
    assert rate(book, asked("westeurope")) == 5


def test_a_price_of_the_future_is_not_in_force_yet() -> None:
    book = PriceBook([a_row("1.1", since="2026-06-01"), a_row("1.2", since="2027-01-01")])
    assert rate(book, asked()) == Decimal("1.1")
    assert rate(book, replace(asked(), day=date(2027, 1, 1))) == Decimal("1.2")


def test_of_two_rows_in_force_the_later_one_counts() -> None:
    book = PriceBook([a_row("1.2", since="2026-08-01"), a_row("1.1", since="2026-06-01")])
    assert rate(book, asked()) == Decimal("1.2")


def test_a_price_is_never_that_of_a_neighbour() -> None:
    found = PriceBook([a_row("5")]).price(asked("westus3"))
    assert isinstance(found, NoPrice)
    assert "westus3" in found.why


def test_without_a_region_a_price_counts_only_if_all_regions_share_it() -> None:
    same = PriceBook([a_row("5"), a_row("5", regions="westeurope")])
    other = PriceBook([a_row("5"), a_row("6", regions="westeurope")])
    assert rate(same, asked(None)) == 5
    found = other.price(asked(None))
    assert isinstance(found, NoPrice)
    assert "differs between regions" in found.why
    alone = PriceBook([a_row("5")]).price(asked(None))
    assert isinstance(alone, NoPrice)
    assert "eastus2 alone" in alone.why
    assert rate(PriceBook([a_row("1", regions="*")]), asked(None)) == 1


def test_a_price_of_all_regions_is_not_one_of_other_clouds() -> None:
    book = PriceBook([a_row("1", regions="*")])
    assert rate(book, asked("norwayeast")) == 1
    assert rate(book, asked("usgovvirginia")) is None
    assert rate(book, asked("chinaeast2")) is None


def test_a_version_with_a_meter_of_its_own_has_that_price_and_no_other() -> None:
    book = PriceBook([a_row("5", version="v1"), a_row("6", version="v2")])
    assert rate(book, asked(version="V2")) == 6
    found = book.price(asked(version="v3"))
    assert isinstance(found, NoPrice)
    assert "version v3" in found.why
    assert rate(book, asked(version=None)) is None


def test_a_price_of_the_model_is_one_of_each_version_without_its_own() -> None:
    book = PriceBook([a_row("5"), a_row("6", version="v2")])
    assert rate(book, asked(version="v1")) == 5
    assert rate(book, asked(version="v2")) == 6


def test_the_users_own_list_wins_over_a_newer_one() -> None:
    own = PriceList(title="ours", as_of="2020-01-01", own=True)
    book = PriceBook([a_row("5", source=NEW)]).with_rows([a_row("3", source=own)])
    assert rate(book, asked()) == 3


def test_another_currency_has_no_price_and_says_where_to_get_it() -> None:
    found = PriceBook([a_row("5")]).price(replace(asked(), currency="EUR"))
    assert isinstance(found, NoPrice)
    assert "--currency EUR" in found.why


@pytest.mark.parametrize(
    ("unit", "per"),
    [("1K", 1_000), ("1M", 1_000_000), ("10K", 10_000), ("1/Hour", 1), ("1 Hour", 1), ("100/Hour", 100),
     ("100 Hours", 100), ("1/Month", 1), ("1 GB", None), ("", None), ("K", None)],
)  # fmt: skip
def test_units_are_converted_row_by_row(unit: str, per: int | None) -> None:
    assert per_unit(unit) == per


def test_a_unit_that_is_not_understood_is_no_price() -> None:
    assert isinstance(PriceBook([a_row("5", unit="1 GB")]).price(asked()), NoPrice)


def test_a_version_that_is_not_known_may_not_be_the_only_one_that_a_newer_list_has() -> None:
    book = PriceBook([a_row("4", version="v1", source=NEW), a_row("5", version="v2")])
    assert isinstance(book.price(asked(version=None)), NoPrice)


def test_every_shipped_row_has_a_unit_a_place_and_a_dated_source() -> None:
    for row in shipped().rows:
        assert per_unit(row.unit), row
        assert row.regions, row
        assert row.price > 0, row
        assert date.fromisoformat(row.source.as_of) <= TODAY


def test_prices_are_no_floats() -> None:
    assert all(isinstance(row.price, Decimal) for row in shipped().rows)


def test_prices_are_read_only_by_who_asks_for_them() -> None:
    code = (
        "import sys; from reconciler.cli import run; run(['plan', '--help']);"
        "sys.exit('reconciler.prices.load' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
