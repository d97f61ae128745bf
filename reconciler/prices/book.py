"""The price of one use of a model: looked up in dated lists, the newest that has one first.

A price is that of the region and the version that were asked for, or none. Where the region or the version is
not known, a price is given only if it is the same in all of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final

from reconciler.domain.ids import Region
from reconciler.domain.sku import SkuName
from reconciler.prices.meters import ANY, Use

EVERYWHERE: Final = "*"
"""Stands for every region of the commercial cloud in a row's regions."""

_UNIT: Final = re.compile(r"(?P<number>\d+)(?P<thousands>[KM]?)(?P<rest>[ /](?:Hours?|Month)|)\Z")
_FACTORS: Final[Mapping[str, int]] = {"": 1, "K": 1_000, "M": 1_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """A list of prices. `as_of` is an ISO date, `currency` an ISO 4217 code; `own`: the user wrote it."""

    title: str
    as_of: str
    currency: str = "USD"
    own: bool = False

    def __str__(self) -> str:
        return f"{self.title}, {self.as_of}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a price list.

    `unit` is as published (``1K``, ``1/Hour``), `term` that of a reservation. `effective` None where the list
    does not say since when. `regions` are ARM names; `EVERYWHERE` is one of them for a price of all regions.
    """

    uses: tuple[Use, ...]
    meter: str
    unit: str
    price: Decimal
    regions: frozenset[str]
    source: PriceList
    effective: date | None = None
    term: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a list says: `rate` for `per` pieces (tokens, hours, PTUs) of the meter, since some day."""

    rate: Decimal
    per: int
    unit: str
    meter: str
    source: PriceList
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPrice:
    """Nobody knows, and why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to look up. `region` and `version` None: not known. `term` is for reservations."""

    kind: str
    sku: SkuName
    day: date
    region: Region | None
    model: str = ANY
    version: str | None = None
    format: str = ANY
    term: str = ""
    currency: str = "USD"


_Key = tuple[str, str, str]


@dataclass(slots=True)
class PriceBook:
    """Lists of prices, newest first. Rows are found by kind, SKU and model."""

    rows: Sequence[Row]
    _index: dict[_Key, list[tuple[Use, Row]]] = field(init=False, repr=False)
    _answers: dict[Question, Price | NoPrice] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._index = defaultdict(list)
        for row in self.rows:
            for use in row.uses:
                self._index[use.kind, use.sku.name, use.model.lower()].append((use, row))

    def with_rows(self, rows: Iterable[Row]) -> PriceBook:
        """This book with another list on top."""
        return PriceBook((*rows, *self.rows))

    @property
    def lists(self) -> tuple[PriceList, ...]:
        """Every list, newest first; the user's own before all others."""
        return tuple(sorted({row.source for row in self.rows}, key=_rank, reverse=True))

    def sold(self, question: Question) -> bool:
        """Whether any list has such a meter, in whatever region."""
        return bool(self._candidates(question))

    def price(self, question: Question) -> Price | NoPrice:
        """The price in force on the day, or why there is none; looked up once."""
        if question not in self._answers:
            self._answers[question] = self._price(question)
        return self._answers[question]

    def _price(self, question: Question) -> Price | NoPrice:
        found = self._candidates(question)
        if not found:
            return NoPrice(why=self._why_nothing(question))
        if not any(row.source.currency == question.currency for _, row in found):
            return NoPrice(
                why=f"the lists are in {found[0][1].source.currency}, not in {question.currency}: "
                f"`reconciler catalog prices --refresh --currency {question.currency}` asks for them"
            )
        if question.version is None:
            versions = sorted({use.version for use, _ in found})
            return self._shared(
                question, "versions", [replace(question, version=version) for version in versions]
            )
        if question.region is None:
            regions = sorted({region for _, row in found for region in row.regions})
            if len(regions) == 1 and regions[0] != EVERYWHERE:
                return NoPrice(
                    why=f"the price of {_subject(question)} is known in {regions[0]} alone, and the "
                    "region is not known here"
                )
            each = [replace(question, region=_Place(item)) for item in regions]
            return self._shared(question, "regions", each)
        answers = self.rivals(question)
        if answers:
            return answers[0]
        return NoPrice(
            why=f"no list has a price of {_subject(question)} in {question.region} on {question.day}"
        )

    def _shared(self, question: Question, differing: str, each: Sequence[Question]) -> Price | NoPrice:
        """The one price that all of several questions have."""
        answers = [self.price(item) for item in each]
        known = [answer for answer in answers if isinstance(answer, Price)]
        if not known:
            return answers[0]
        if len({item.rate / item.per for item in known}) > 1:
            return NoPrice(
                why=f"the price of {_subject(question)} differs between {differing}, and which one it is, "
                "is not known here"
            )
        return known[0]

    def rivals(self, question: Question) -> tuple[Price, ...]:
        """What every list says of one region and version, newest list first."""
        by_list: dict[PriceList, list[Row]] = defaultdict(list)
        for _, row in self._candidates(question):
            if row.source.currency == question.currency and _in_force(row, question):
                by_list[row.source].append(row)
        newest = (
            max(by_list[source], key=lambda row: row.effective or date.min)
            for source in sorted(by_list, key=_rank, reverse=True)
        )
        return tuple(
            Price(
                rate=row.price,
                per=per,
                unit=row.unit,
                meter=row.meter,
                source=row.source,
                since=row.effective,
            )
            for row in newest
            if (per := per_unit(row.unit)) is not None
        )

    def _candidates(self, question: Question) -> list[tuple[Use, Row]]:
        """The rows of that use: of the version if one has a meter, else of the model as such."""
        found = [
            (use, row)
            for use, row in self._index.get((question.kind, question.sku.name, question.model.lower()), ())
            if use.format.lower() in {ANY, question.format.lower()} and row.term == question.term
        ]
        if question.version is None:
            return found
        exact = [pair for pair in found if pair[0].version.lower() == question.version.lower()]
        return exact or [pair for pair in found if pair[0].version == ANY]

    def _why_nothing(self, question: Question) -> str:
        other = replace(question, version=None)
        if question.version and self.sold(other):
            return f"no list has a price of {_subject(other)} in version {question.version}"
        return f"no list has a price of {_subject(question)}"


def _rank(source: PriceList) -> tuple[bool, str]:
    return source.own, source.as_of


def _subject(question: Question) -> str:
    words = question.kind.replace("_", " ")
    of = question.model or (f"{question.format} models" if question.format else "")
    version = f" {question.version}" if question.version and question.model else ""
    return f"{of}{version}, {words}, on {question.sku}" if of else f"{words} on {question.sku}"


def _in_force(row: Row, question: Question) -> bool:
    """Whether a row has begun, and holds in the region that is asked about."""
    region = question.region.name if question.region else EVERYWHERE
    commercial = not region.startswith(("usgov", "usdod", "china"))
    begun = row.effective is None or row.effective <= question.day
    return begun and (region in row.regions or (EVERYWHERE in row.regions and commercial))


@dataclass(frozen=True, slots=True, order=True)
class _Place(Region):
    """A region as a list writes it, `EVERYWHERE` among them."""

    def __post_init__(self) -> None:
        """Take the name as it is."""


def per_unit(unit: str) -> int | None:
    """How many tokens or hours one unit of a list is: 1000 for ``1K``, 100 for ``100/Hour``."""
    match = _UNIT.match(unit)
    return int(match["number"]) * _FACTORS[match["thousands"]] if match else None
