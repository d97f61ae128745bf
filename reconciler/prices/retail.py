"""Asking the Azure Retail Prices API for the prices of some regions.

The API is public: no sign-in, and nothing of Azure's is sent to it. What is known of it is from the page
"Azure Retail Prices overview" and from measurements of 2026-10-07: filter values are case-sensitive, and a
wrong one answers 200 with no row; `NextPageLink` holds the whole next query; 429 comes with Retry-After; rows
of the past stay beside those of today, and rows may begin in the future.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import httpx

from reconciler.clock import Clock
from reconciler.domain.ids import Region
from reconciler.errors import ReconcilerError, UsageProblem
from reconciler.prices.book import PriceList, Row
from reconciler.prices.meters import RESERVATIONS, uses_of

HOME: Final = "https://prices.azure.com/api/retail/prices"
API_VERSION: Final = "2023-01-01-preview"
SERVICE: Final = "Foundry Models"
"""The name since some day before 2026-07-27; `Cognitive Services` before, which answers nothing now."""

MOST_PAGES: Final = 50
"""Of one query. A region had 2 pages in October 2026."""

LARGEST_PAGE: Final = 16 * 1024 * 1024
ATTEMPTS: Final = 5
LONGEST_PAUSE: Final = 60.0
"""Seconds that one Retry-After is waited for."""

DEAREST: Final = Decimal(1_000_000_000)
"""Rates from here on are no prices."""

_PLACES: Final = 15
_FIRST_PAUSE: Final = 2.0
_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class PricesUnavailable(ReconcilerError):  # noqa: N818
    """The API gave no usable answer; the message says what it did instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The rows that are understood, what they are from, and the meters that are not understood."""

    source: PriceList
    rows: tuple[Row, ...]
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def endpoint_of(text: str) -> httpx.URL:
    """The address of the API, or of a mirror; UsageProblem where it cannot be one."""
    try:
        url = httpx.URL(text or HOME)
    except (httpx.InvalidURL, ValueError) as wrong:
        raise UsageProblem(f"RECONCILER_PRICES_ENDPOINT is not an address: {wrong}") from wrong
    safe = url.scheme == "https" or (url.scheme == "http" and url.host in _LOOPBACK)
    if not safe or not url.host or url.userinfo or url.query or url.fragment:
        raise UsageProblem(
            f"RECONCILER_PRICES_ENDPOINT names {url.host or 'no host'}: it must be an https address (http "
            "only on this machine) without a user, a password or a query"
        )
    return url if url.path.strip("/") else url.copy_with(path="/api/retail/prices")


@dataclass(slots=True, kw_only=True)
class RetailPrices:
    """A client for one refresh. `transport` knows proxy and certificates; no variable is read here."""

    endpoint: httpx.URL
    clock: Clock
    transport: httpx.AsyncBaseTransport
    _client: httpx.AsyncClient = field(init=False, repr=False)

    async def fetch(self, regions: Iterable[Region], currency: str = "USD") -> Fetched:
        """The prices of the regions; PricesUnavailable where one of them has none."""
        day = self.clock.now().date()
        source = PriceList(title="Azure Retail Prices API, asked", as_of=day.isoformat(), currency=currency)
        sorter = _Sorter(source)
        async with httpx.AsyncClient(
            transport=self.transport,
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            headers={"Accept": "application/json"},
        ) as self._client:
            for region in sorted(set(regions)):
                await self._region(region, currency, sorter)
        return sorter.result()

    async def _region(self, region: Region, currency: str, sorter: _Sorter) -> None:
        name = region.name.replace("'", "''")  # quotes are doubled (OData)
        where = f"armRegionName eq '{name}'"
        items = await self._all(f"serviceName eq '{SERVICE}' and {where}", currency)
        if not items:
            raise PricesUnavailable(
                f"the price list has no row for {region}. The API answers nothing where a name is wrong: "
                f"there is no such region, or the service is no longer called {SERVICE}. Nothing was written"
            )
        reserved = await self._all(f"productName eq '{RESERVATIONS}' and {where}", currency)
        sorter.add(items)
        sorter.add(reserved)
        if not reserved:
            sorter.notes.append(f"no PTU reservations are listed for {region}")

    async def _all(self, query: str, currency: str) -> list[Mapping[str, Any]]:
        """Every row of a query, to its last page."""
        parameters = {"api-version": API_VERSION, "$filter": query}
        if currency != "USD":
            parameters["currencyCode"] = f"'{currency}'"
        url: httpx.URL | None = self.endpoint.copy_merge_params(parameters)
        items: list[Mapping[str, Any]] = []
        for _ in range(MOST_PAGES):
            if url is None:
                return items
            page = await self._page(url)
            if page.get("BillingCurrency", currency) != currency:
                raise PricesUnavailable(
                    f"asked for prices in {currency}, the API answered in {page['BillingCurrency']!r}. "
                    "Nothing was written"
                )
            rows = page.get("Items")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise PricesUnavailable("an answer of the price list has no Items. Nothing was written")
            items += rows
            url = self._next(page.get("NextPageLink"))
        raise PricesUnavailable(
            f"the price list has more than {MOST_PAGES} pages for one region. Nothing was written"
        )

    def _next(self, link: object) -> httpx.URL | None:
        """The next page; a link that leads to another host is not followed."""
        if not link:
            return None
        try:
            url = httpx.URL(str(link))
        except (httpx.InvalidURL, ValueError) as wrong:
            raise PricesUnavailable(f"the link to the next page is not an address: {wrong}") from wrong
        ours = self.endpoint
        if (url.scheme, url.host, url.port, url.path) != (ours.scheme, ours.host, ours.port, ours.path):
            raise PricesUnavailable(
                f"the price list's next page is at {url.host}, not at {ours.host}, and was not fetched. "
                "Nothing was written"
            )
        return url

    async def _page(self, url: httpx.URL) -> Mapping[str, Any]:
        """One page, asked again where the API says wait or fails."""
        why = ""
        for attempt in range(ATTEMPTS):
            pause = _FIRST_PAUSE * 2**attempt
            try:
                answer, body = await self._get(url)
            except httpx.HTTPError as wrong:
                why = f"{type(wrong).__name__}: {wrong}".rstrip(": ")
            else:
                if answer.status_code == httpx.codes.OK:
                    return _decoded(body)
                why = f"HTTP {answer.status_code}"
                wait = answer.headers.get("retry-after", "")
                pause = float(wait) if wait.isdecimal() else pause
                if answer.status_code != httpx.codes.TOO_MANY_REQUESTS and answer.status_code < 500:
                    break
                if pause > LONGEST_PAUSE:
                    why += f", asking for {pause:.0f} s"
                    break
            if attempt + 1 < ATTEMPTS:
                await self.clock.sleep(pause)
        raise PricesUnavailable(
            f"the price list at {self.endpoint.host} gave no usable answer ({why}). Nothing was written; the "
            "shipped prices still hold"
        )

    async def _get(self, url: httpx.URL) -> tuple[httpx.Response, bytes]:
        async with self._client.stream("GET", url) as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_PAGE:
                    raise PricesUnavailable(
                        f"a page of prices is larger than {LARGEST_PAGE >> 20} MiB. Nothing was written"
                    )
            return answer, bytes(body)


@dataclass(slots=True)
class _Sorter:
    """Rows of the API, those of one price in many regions put together."""

    source: PriceList
    notes: list[str] = field(default_factory=list)
    _regions: dict[Row, set[str]] = field(default_factory=lambda: defaultdict(set))
    _tiered: set[tuple[str, str]] = field(default_factory=set)
    _left_out: dict[str, None] = field(default_factory=dict)

    def add(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Take the rows that are understood."""
        for item in items:
            product, meter = str(item.get("productName", "")), str(item.get("meterName", ""))
            try:
                known = _row(item, self.source)
            except (KeyError, ValueError, TypeError, InvalidOperation) as wrong:
                raise PricesUnavailable(
                    f"a row of the price list cannot be read ({product}: {meter}; {type(wrong).__name__} "
                    f"{wrong}). Nothing was written"
                ) from wrong
            if known is None:
                self._left_out[f"{product}: {meter}"] = None
                continue
            row, region, tiered = known
            if tiered:
                self._tiered.add((product, meter))
            if region:
                self._regions[row].add(region)

    def result(self) -> Fetched:
        """What was taken. A meter with tiers has no one price, and is left out whole."""
        tiered = {f"{product}: {meter}" for product, meter in self._tiered}
        rows = tuple(
            replace(row, regions=frozenset(regions))
            for row, regions in self._regions.items()
            if row.meter not in tiered
        )
        if not rows:
            raise PricesUnavailable("no meter of the price list is understood. Nothing was written")
        tiers = tuple(f"{product}: {meter} (prices by tier)" for product, meter in sorted(self._tiered))
        return Fetched(
            source=self.source, rows=rows, left_out=(*self._left_out, *tiers), notes=tuple(self.notes)
        )


def _row(item: Mapping[str, Any], source: PriceList) -> tuple[Row, str, bool] | None:
    """A row of no region yet, its region, and whether it is one of several tiers; None: nobody's price."""
    product, meter, unit = (str(item[name]) for name in ("productName", "meterName", "unitOfMeasure"))
    kind, term = str(item["type"]), str(item.get("reservationTerm") or "")
    uses = uses_of(product, meter, unit, kind)
    if not uses or (kind == "Reservation") != bool(term) or item.get("isPrimaryMeterRegion") is False:
        return None
    price = Decimal(item["retailPrice"])
    if not price.is_finite() or not 0 <= price < DEAREST or price.as_tuple().exponent < -_PLACES:  # type: ignore[operator] # finite
        raise ValueError("the price is not a number")
    start = item.get("effectiveStartDate")
    began = date.fromisoformat(str(start)[:10]) if start else None
    tiered = Decimal(item.get("tierMinimumUnits") or 0) > 0
    row = Row(
        uses=uses,
        meter=f"{product}: {meter}",
        unit=unit,
        price=price,
        regions=frozenset(),
        source=source,
        effective=began,
        term=term,
    )
    return row, str(item["armRegionName"]), tiered


def _decoded(body: bytes) -> Mapping[str, Any]:
    try:
        page = json.loads(body, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError, ArithmeticError) as wrong:  # such as 1e999999999999999999999
        raise PricesUnavailable(
            "an answer of the price list is not JSON; a proxy's page looks like this. Nothing was written"
        ) from wrong
    if not isinstance(page, dict):
        raise PricesUnavailable("an answer of the price list is not an object. Nothing was written")
    return page
