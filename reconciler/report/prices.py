"""Price lists as a table and as JSON: one line a price, with the list that it is from.

Rule of this module: a rate is shown as published, never rounded and never converted to another unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from reconciler.catalogue.browse import Wanted
from reconciler.diagnostics import counted
from reconciler.domain.document import Document
from reconciler.prices.book import EVERYWHERE, PriceBook, Row
from reconciler.prices.document import plain
from reconciler.prices.meters import Use
from reconciler.report.layout import stacked
from reconciler.report.style import Style

_Key = tuple[str, ...]
_HEAD = ("model", "version", "SKU", "kind", "rate", "per", "regions", "list of")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPrice:
    """One use with its price in a set of regions."""

    use: Use
    row: Row
    regions: tuple[str, ...]


def in_force(book: PriceBook, day: date, wanted: Wanted, currency: str) -> Iterator[ListedPrice]:
    """The rows that a deployment would be billed by on that day, ordered by model, SKU and kind."""
    newest: dict[_Key, tuple[tuple[bool, str, date], Use, Row]] = {}
    for row in book.rows:
        if row.source.currency != currency or (row.effective is not None and row.effective > day):
            continue
        rank = (row.source.own, row.source.as_of, row.effective or date.min)
        here = None if wanted.region is None else {wanted.region.name, EVERYWHERE}
        named = [name for name in row.regions if here is None or name in here]
        for use in (item for item in row.uses if _meant(item, wanted)):
            what = (use.model.lower(), use.version, use.format, use.sku.name, use.kind, row.term)
            keys: list[_Key] = [(*what, name) for name in named]
            for key in keys:
                if key not in newest or newest[key][0] < rank:
                    newest[key] = (rank, use, row)
    together: dict[_Key, tuple[Use, Row, list[str]]] = {}
    for key, (_, use, row) in newest.items():
        same: _Key = (*key[:-1], str(row.price), row.unit, row.source.as_of)
        together.setdefault(same, (use, row, []))[2].append(key[-1])
    for _, (use, row, names) in sorted(together.items()):
        yield ListedPrice(use=use, row=row, regions=tuple(sorted(names)))


def _meant(use: Use, wanted: Wanted) -> bool:
    return (
        (wanted.model is None or use.model.lower() == wanted.model.lower())
        and (wanted.version is None or use.version in {wanted.version, ""})
        and (wanted.sku is None or use.sku == wanted.sku)
    )


def render_text(rows: Sequence[ListedPrice], book: PriceBook, *, style: Style) -> str:
    """A table, and which lists it is from."""
    table = [_HEAD, *(tuple(map(style.show, _cells(row))) for row in rows)]
    head, *drawn = stacked(table, width=style.width, first=3, right={4})
    lines = [*(style.paint(line, "bold") for line in head), *(part for line in drawn for part in line)]
    if not rows:
        lines = ["No list has such a price: it is not known."]
    lists = "; ".join(f"{item.as_of} {item.title}" for item in book.lists)
    words = f"{counted(len(rows), 'price')}, before discounts and taxes. Lists: {style.show(lists)}"
    return "\n".join([*lines, "", *style.paragraph(words)]) + "\n"


def _cells(listed_price: ListedPrice) -> tuple[str, ...]:
    use, row = listed_price.use, listed_price.row
    first, *others = listed_price.regions
    some = f"{first} + {len(others)}" if others else first
    return (
        use.model or (f"{use.format} models" if use.format else "every model"),
        use.version or "any",
        use.sku.name,
        use.kind.replace("_", " "),
        plain(row.price),
        row.term or row.unit,  # the list writes 1/Hour also where the rate is of a whole term
        "all" if EVERYWHERE in listed_price.regions else some,
        row.source.as_of,
    )


def document(rows: Sequence[ListedPrice], book: PriceBook) -> Document:
    """The document of `catalog prices -o json`; rates are decimal text, as published."""
    from reconciler.report.catalogue_documents import PriceDocument, PriceListDocument, PricesDocument

    return PricesDocument(
        format_version=1,
        lists=tuple(map(PriceListDocument.from_value, book.lists)),
        prices=tuple(
            PriceDocument(
                model=row.use.model or None,
                version=row.use.version or None,
                format=row.use.format or None,
                sku=row.use.sku.name,
                kind=row.use.kind,
                rate=plain(row.row.price),
                unit=row.row.unit,
                term=row.row.term or None,
                meter=row.row.meter,
                regions=tuple(row.regions),
                effective=row.row.effective,
                source=row.row.source.title,
                as_of=row.row.source.as_of,
            )
            for row in rows
        ),
    )
