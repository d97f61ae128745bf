"""Asking the Retail Prices API: pages, pauses, what is refused, and what is taken.

`retail_rows.json` are rows as the API answered them for eastus2 on 2026-10-06
(pczhao1210/ms-foundry-notification @b632fb6).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.domain.ids import Region
from reconciler.domain.sku import SkuName
from reconciler.errors import UsageProblem
from reconciler.prices.book import NoPrice, Price, PriceBook, Question
from reconciler.prices.load import list_text, read_list, shipped
from reconciler.prices.retail import (
    ATTEMPTS,
    HOME,
    MOST_PAGES,
    Fetched,
    PricesUnavailable,
    RetailPrices,
    endpoint_of,
)

ROWS: Sequence[Mapping[str, Any]] = json.loads(
    (Path(__file__).parent / "retail_rows.json").read_text("utf-8")
)["Items"]
EASTUS2 = Region("eastus2")
AGAIN = "https://prices.example.com/api/retail/prices?$filter=serviceName eq 'Foundry Models'"
MIRROR = "https://prices.example.com/api/retail/prices"


class StoppedClock:
    """A clock whose waits take no time and are written down."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 11, 29, tzinfo=UTC) + timedelta(seconds=sum(self.waits))

    def monotonic(self) -> float:
        return sum(self.waits)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


class PriceApi(httpx.AsyncBaseTransport):
    """The API as it is known to answer, with a page of some rows; the first answers may be others."""

    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]] = ROWS,
        *,
        page: int = 1000,
        first: Sequence[httpx.Response] = (),
        change: Callable[[dict[str, Any]], object] = lambda answer: answer,
    ) -> None:
        self._rows, self._page, self._first, self._change = rows, page, list(first), change
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self._first:
            return self._first.pop(0)
        query = request.url.params["$filter"]
        rows = [row for row in self._rows if self._fits(row, query)]
        skip = int(request.url.params.get("$skip", 0))
        more = skip + self._page < len(rows)
        following = request.url.copy_set_param("$skip", skip + self._page).copy_with(port=443)
        answer = {
            "BillingCurrency": "USD",
            "Items": rows[skip : skip + self._page],
            "NextPageLink": str(following) if more else None,
            "Count": len(rows[skip : skip + self._page]),
        }
        return httpx.Response(200, json=self._change(answer))

    @staticmethod
    def _fits(row: Mapping[str, Any], query: str) -> bool:
        """Values are compared with their case, as the API does."""
        terms = (term.split(" eq ") for term in query.split(" and "))
        return all(str(row.get(name)) == value.strip("'") for name, value in terms)


def fetched(
    api: PriceApi,
    *regions: str,
    clock: StoppedClock | None = None,
    currency: str = "USD",
    endpoint: str = MIRROR,
) -> Fetched:
    client = RetailPrices(endpoint=endpoint_of(endpoint), clock=clock or StoppedClock(), transport=api)
    return asyncio.run(client.fetch([Region(name) for name in regions or ("eastus2",)], currency))


def with_row(**changed: object) -> list[Mapping[str, Any]]:
    """The rows, and the first of them again with something else in it."""
    return [*ROWS, {**ROWS[0], **changed}]


def question(**more: object) -> Question:
    plain: dict[str, Any] = {
        "kind": "ptu_hour",
        "sku": SkuName("GlobalProvisionedManaged"),
        "day": date(2026, 11, 29),
        "region": EASTUS2,
        "format": "OpenAI",
    }
    return Question(**(plain | more))


def test_the_first_row_of_the_sample_is_the_global_ptu() -> None:
    assert (ROWS[0]["meterName"], ROWS[0]["retailPrice"]) == ("Provisioned Managed Global Unit", 1.0)


def test_all_pages_are_read() -> None:
    whole, in_pages = PriceApi(), PriceApi(page=7)
    assert fetched(in_pages).rows == fetched(whole).rows
    assert len(in_pages.asked) == -(-len(ROWS) // 7) + 1


def test_what_was_asked_is_written_read_and_wins_over_the_shipped_lists(tmp_path: Path) -> None:
    found = fetched(PriceApi(with_row(retailPrice=1.25, effectiveStartDate="2026-11-01T00:00:00Z")))
    file = tmp_path / "prices.json"
    file.write_text(list_text(found.source, found.rows), "utf-8")
    book = shipped().with_rows(read_list(file))
    price = book.price(question())
    assert isinstance(price, Price)
    assert (price.rate, price.source.as_of) == (Decimal("1.25"), "2026-11-29")


def test_no_credential_is_sent() -> None:
    api = PriceApi()
    fetched(api)
    assert all("authorization" not in request.headers for request in api.asked)
    assert all("cookie" not in request.headers for request in api.asked)


def test_filters_are_in_the_case_that_the_api_compares_by() -> None:
    api = PriceApi()
    fetched(api, "East US 2")
    assert (
        api.asked[0].url.params["$filter"] == "serviceName eq 'Foundry Models' and armRegionName eq 'eastus2'"
    )
    assert api.asked[0].url.params["api-version"] == "2023-01-01-preview"


def test_an_empty_answer_is_an_error_and_not_a_list_without_prices() -> None:
    with pytest.raises(PricesUnavailable, match="no row for westus9"):
        fetched(PriceApi(), "eastus2", "westus9")


def test_prices_of_the_future_are_kept_for_their_day() -> None:
    found = fetched(PriceApi(with_row(retailPrice=9, effectiveStartDate="2027-01-01T00:00:00Z")))
    book = PriceBook(found.rows)
    today, then = book.price(question()), book.price(question(day=date(2027, 1, 1)))
    assert [one.rate for one in (today, then) if isinstance(one, Price)] == [1, 9]


def test_a_meter_with_tiers_has_no_one_price_and_is_left_out() -> None:
    found = fetched(PriceApi(with_row(tierMinimumUnits=1000.0, retailPrice=0.5)))
    assert isinstance(PriceBook(found.rows).price(question()), NoPrice)
    assert any("prices by tier" in one for one in found.left_out)


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "DevTestConsumption", "retailPrice": 0.1},
        {"isPrimaryMeterRegion": False, "retailPrice": 0.1},
        {"meterName": "DS30 1M Tokens", "retailPrice": 0.1},
        {"reservationTerm": "1 Year", "retailPrice": 0.1},
    ],
)
def test_rows_that_are_nobodys_price_change_nothing(changed: Mapping[str, Any]) -> None:
    price = PriceBook(fetched(PriceApi(with_row(**changed))).rows).price(question())
    assert isinstance(price, Price)
    assert price.rate == 1


def test_meters_that_are_not_understood_are_named() -> None:
    found = fetched(PriceApi(with_row(meterName="DS30 1M Tokens")))
    assert "Azure OpenAI: DS30 1M Tokens" in found.left_out


def test_prices_are_read_exactly() -> None:
    assert all(isinstance(row.price, Decimal) for row in fetched(PriceApi()).rows)
    assert fetched(PriceApi(with_row(retailPrice=0.1, meterName="5.4 opt Dz 1M Tokens",
                                     productName="Azure OpenAI GPT5", unitOfMeasure="1M"))).rows  # fmt: skip


def test_a_pause_that_is_asked_for_is_kept_and_the_page_asked_again() -> None:
    clock = StoppedClock()
    busy = [httpx.Response(429, headers={"retry-after": "7"}), httpx.Response(503)]
    api = PriceApi(first=busy)
    assert fetched(api, clock=clock).rows
    assert clock.waits == [7.0, 4.0]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_api_that_stays_busy_is_given_up(status: int) -> None:
    api = PriceApi(first=[httpx.Response(status) for _ in range(ATTEMPTS)])
    with pytest.raises(PricesUnavailable, match=f"HTTP {status}"):
        fetched(api)
    assert len(api.asked) == ATTEMPTS


def test_a_very_long_pause_is_not_waited_for() -> None:
    clock = StoppedClock()
    with pytest.raises(PricesUnavailable, match="asking for 3600 s"):
        fetched(PriceApi(first=[httpx.Response(429, headers={"retry-after": "3600"})]), clock=clock)
    assert clock.waits == []


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404])
def test_a_refusal_or_a_redirect_is_not_followed_and_not_repeated(status: int) -> None:
    api = PriceApi(first=[httpx.Response(status, headers={"location": "https://evil.example/"})])
    with pytest.raises(PricesUnavailable, match=f"HTTP {status}"):
        fetched(api)
    assert len(api.asked) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda _: [], "not an object"),
        (lambda answer: answer | {"Items": None}, "no Items"),
        (lambda answer: answer | {"Items": ["x"]}, "no Items"),
        (lambda answer: answer | {"BillingCurrency": "EUR"}, "answered in 'EUR'"),
        (lambda answer: answer | {"NextPageLink": "https://evil.example/api/retail/prices"}, "evil.example"),
        (
            lambda answer: answer | {"NextPageLink": "http://prices.example.com/api/retail/prices"},
            "next page",
        ),
        (lambda answer: answer | {"NextPageLink": AGAIN}, f"more than {MOST_PAGES} pages"),
        (lambda answer: answer | {"Items": [{**ROWS[0], "retailPrice": "dear"}]}, "cannot be read"),
        (lambda answer: answer | {"Items": [{**ROWS[0], "retailPrice": -1}]}, "cannot be read"),
        (lambda answer: answer | {"Items": [{"meterName": "x"}]}, "cannot be read"),
        (lambda answer: answer | {"Items": [{**ROWS[0], "effectiveStartDate": "soon"}]}, "cannot be read"),
    ],
)
def test_an_answer_that_is_not_what_it_should_be_is_refused_whole(
    change: Callable[[dict[str, Any]], object], why: str
) -> None:
    with pytest.raises(PricesUnavailable, match=why):
        fetched(PriceApi(change=change))


@pytest.mark.parametrize("body", [b"", b"<html>sign in</html>", b"[" * 100_000, b"\xff"])
def test_a_page_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(PricesUnavailable, match="JSON"):
        fetched(PriceApi(first=[httpx.Response(200, content=body)]))


def test_another_currency_is_asked_for_by_its_code() -> None:
    api = PriceApi(change=lambda answer: answer | {"BillingCurrency": "EUR"})
    found = fetched(api, currency="EUR")
    assert found.source.currency == "EUR"
    assert api.asked[0].url.params["currencyCode"] == "'EUR'"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", HOME),
        ("https://mirror.example", "https://mirror.example/api/retail/prices"),
        ("https://mirror.example/prices", "https://mirror.example/prices"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/retail/prices"),
    ],
)
def test_an_address_may_be_a_host_alone(text: str, url: str) -> None:
    assert str(endpoint_of(text)) == url


@pytest.mark.parametrize(
    "text",
    ["http://mirror.example", "ftp://mirror.example", "mirror.example", "https://a:b@mirror.example",
     "https://mirror.example/?x=1", "https://", "http://[", "https://mirror.example/#x"],
)  # fmt: skip
def test_an_address_that_is_not_safe_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageProblem, match="RECONCILER_PRICES_ENDPOINT"):
        endpoint_of(text)


@pytest.mark.parametrize("number", ["1e999999999999999999999999", "1e-99999999999999999999"])
def test_a_number_beyond_all_exponents_is_no_usable_answer(number: str) -> None:
    page = httpx.Response(200, content=f'{{"Items": [{{"retailPrice": {number}}}]}}')
    with pytest.raises(PricesUnavailable):
        fetched(PriceApi(first=[page]))
