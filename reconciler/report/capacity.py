"""Where a model has room, and whether a plan's writes have: text, Markdown and JSON.

Rule of this module: what ARM told of capacity stands with the time it was asked, and is no promise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.diagnostics import counted
from reconciler.domain.document import Document
from reconciler.plan.capacity import CapacityRow, Fit
from reconciler.plan.plan import CapacityCheck, Room
from reconciler.report.layout import listed, stacked
from reconciler.report.markdown import markdown_inert
from reconciler.report.markdown import table as markdown_table
from reconciler.report.steps import NO_ALIAS, Alias
from reconciler.report.style import Style

NO_PROMISE: Final = "Available is no promise: capacity moves through the day, and it is not held for anybody."
_SIGN: Final = {Room.AVAILABLE: "=", Room.SHORT: "!", Room.UNVERIFIED: "?"}
_COLOUR: Final = {Room.AVAILABLE: "green", Room.SHORT: "red", Room.UNVERIFIED: "yellow"}
_ROW_SIGN: Final = {Fit.FITS: "=", Fit.UNVERIFIED: "?"}
_ROW_COLOUR: Final = {Fit.FITS: "green", Fit.UNVERIFIED: "yellow"}
_HEAD: Final = ("", "region", "SKU", "size", "min", "step", "quota left", "available", "verdict")


def check_lines(checks: Sequence[CapacityCheck], style: Style, alias_of: Alias) -> list[str]:
    """The section of a plan: what each write needs of its region, and where else there is room."""
    asked = checks[0].asked_at
    lines = [style.paint(f"Capacity, as ARM said at {asked}", "bold")]
    for check in checks:
        account = check.id.account
        alias = alias_of(account.subscription)
        name = "/".join(filter(None, (alias, account.name, check.id.name)))
        place = f" in {check.region}" if check.region else ""
        has = check.why if check.available is None else f"{check.available} available"
        words = (
            f"{_SIGN[check.room]} {check.room}: {name} needs {check.needed} PTU on {check.sku}{place}; {has}"
        )
        text = style.paragraph(style.show(words), indent="  ", hanging="    ")
        lines += [style.paint(line, _COLOUR[check.room]) for line in text]
        if check.room is Room.SHORT:
            regions = [f"{item.region} {item.available}" for item in check.elsewhere]
            others = f"room elsewhere: {listed(regions)}" if regions else "no region has room on this SKU"
            lines += style.paragraph(style.show(others), indent="    ", hanging="      ")
    lines += style.paragraph(NO_PROMISE, indent="  ")
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityTable:
    """Where one model version has room, and when that was asked."""

    model: str
    version: str
    asked_at: str
    rows: tuple[CapacityRow, ...]
    notes: tuple[str, ...] = ()


def document(table: CapacityTable) -> Document:
    """The document of `capacity -o json`."""
    from reconciler.report.documents import CapacityDocument, RoomDocument

    rows = tuple(RoomDocument.from_value(row, verdict=row.fit) for row in table.rows)
    return CapacityDocument.from_value(table, format_version=1, rows=rows)


def render_text(
    table: CapacityTable, *, style: Style, alias_of: Alias = NO_ALIAS, verbose: bool = False
) -> str:
    """Regions and SKUs, what works now first; what is not offered only with `verbose`."""
    shown = [row for row in table.rows if verbose or row.fit is not Fit.NOT_OFFERED]
    cells = [_HEAD, *cells_of(table, shown, style, alias_of)]
    head, *drawn = stacked(cells, width=style.width, first=3, right={3, 4, 5, 6, 7})
    lines = [style.paint(f"{style.show(table.model)} {style.show(table.version)}", "bold")]
    lines += [style.paint(line, "dim") for line in head] if shown else []
    for parts, row in zip(drawn, shown, strict=True):
        lines += [style.paint(line, _ROW_COLOUR.get(row.fit, "dim")) for line in parts]
    lines.append("")
    for words in last_words(table, hidden=len(table.rows) - len(shown)):
        lines += style.paragraph(style.show(words))
    return "\n".join(lines) + "\n"


def render_markdown(table: CapacityTable, *, alias_of: Alias = NO_ALIAS) -> str:
    """The same as a Markdown table."""
    lines = [f"## Capacity for {markdown_inert(f'{table.model} {table.version}')}", ""]
    cells = cells_of(table, table.rows, Style(), alias_of)
    rows = ((markdown_inert(region), markdown_inert(sku), *rest) for _, region, sku, *rest in cells)
    lines += markdown_table(_HEAD[1:], rows, right=range(2, 7))
    summary, promise, *notes = last_words(table)
    lines += ["", summary, promise, *(f"- {markdown_inert(note)}" for note in notes)]
    return "\n".join(lines) + "\n"


def cells_of(
    table: CapacityTable, rows: Sequence[CapacityRow], style: Style, alias_of: Alias
) -> Iterator[tuple[str, ...]]:
    """The cells of some of its rows, a sign first."""
    several = len({row.subscription for row in table.rows}) > 1
    for row in rows:
        region = row.region.name
        if several:
            region = f"{alias_of(row.subscription) or row.subscription}/{region}"
        numbers = (row.size, row.minimum, row.step, row.quota_left, row.available)
        yield (
            _ROW_SIGN.get(row.fit, "!"),
            style.show(region),
            style.show(row.sku.name),
            *("?" if number is None else f"{number:,}" for number in numbers),
            row.fit.value,
        )


def last_words(table: CapacityTable, *, hidden: int = 0) -> Iterator[str]:
    """How many places fit, when that was asked, and that it is no promise."""
    count = Counter(row.fit for row in table.rows)
    text = ", ".join(f"{fit.value} {count[fit]}" for fit in Fit if count[fit])
    rest = f"; {counted(hidden, 'place')} without the offer not shown (-v)" if hidden else ""
    found = f"{counted(len(table.rows), 'place')}: {text}" if text else "no region to look at"
    yield f"{found}, as ARM said at {table.asked_at}{rest}."
    yield NO_PROMISE
    yield from table.notes
