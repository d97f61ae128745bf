"""What it costs in a month, as text, Markdown and JSON: the sum, what it is made of, and what is not known.

Rule of this module: a sum that lacks a part says so, and an amount never stands without the day of its price.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from reconciler.diagnostics import counted
from reconciler.domain.costs import Costs
from reconciler.domain.document import Document
from reconciler.domain.ids import DeploymentId
from reconciler.domain.sku import SkuReach
from reconciler.prices.bill import Bill, Cost, Line, Unpriced, cents
from reconciler.prices.document import cost_document, plain
from reconciler.report.layout import columns, listed
from reconciler.report.markdown import markdown_inert
from reconciler.report.style import Style

_REACH: Final = {SkuReach.REGIONAL: "regional", SkuReach.DATA_ZONE: "data zone", SkuReach.GLOBAL: "global"}
_MOST_GROUPS = 3
_MOST_ALIKE = 5
"""Rows of unknown amount and one reason that are listed; more are counted."""


def document(cost: Cost) -> Document:
    """The document of `cost -o json`."""
    from reconciler.report.documents import BillDocument

    return BillDocument(format_version=1, cost=cost_document(cost))


def render_text(cost: Cost, *, style: Style, verbose: bool = False) -> str:
    """The bill of what is declared or there; with `verbose` how each line comes about."""
    rows = [row for row in _rows(cost) if row.after is not None or row.rates or row.doubts]
    lines = [*_top(cost, rows, style, verbose=verbose), "", *doubts(cost, style), *_sentences(cost, style)]
    return "\n".join(lines) + "\n"


def plan_lines(cost: Cost, style: Style, *, verbose: bool = False) -> list[str]:
    """The section of a plan: every deployment whose cost changes, then the sum."""
    rows = [row for row in _rows(cost) if row.changes]
    return [*_top(cost, rows, style, verbose=verbose), *doubts(cost, style), *_sentences(cost, style)]


def _top(cost: Cost, rows: Sequence[_Row], style: Style, *, verbose: bool) -> Iterator[str]:
    """The rows, and with `verbose` every line of the bill with its meter, its list and the day of it."""
    title = f"Cost a month at list prices ({plain(cost.costs.hours_per_month)} h)"
    yield style.paint(title, "bold")
    yield from _fitted(_table(cost, rows, style, verbose=verbose), style)
    if verbose:
        yield style.paint("  How it is computed", "dim")
        for line in cost.after.lines:
            words = f"{_name(line.id)}: {_computed(cost.costs, line)} [{line.meter}; {line.source}]"
            yield from style.paragraph(style.show(words), indent="    ", hanging="      ")


def _sentences(cost: Cost, style: Style) -> Iterator[str]:
    """The sum, and what to bear in mind."""
    for words in (sentence(cost), *(f"note: {note}." for note in cost.notes)):
        yield from style.paragraph(style.show(words), hanging="  ")


def sentence(cost: Cost) -> str:
    """``cost: +$73,000.00 a month (50 -> 100 regional PTU at $2.00/h, list price of 2026-10-06; …)``."""
    return f"cost: {total(cost)} ({'; '.join(_details(cost))})"


def total(cost: Cost) -> str:
    """The sum or the difference: ``+$73,000.00 a month``, and that more is due where a part is not known."""
    known = money(cost.costs, cost.after.total) if cost.delta is None else _signed(cost.costs, cost.delta)
    if any(not doubt.usage for doubt in cost.doubts):
        return f"{known} a month, and a part that is not known"
    return f"{known} a month{', usage not counted' if cost.doubts else ''}"


def money(costs: Costs, value: Decimal) -> str:
    """An amount for people: ``$73,000.00``, ``EUR 12.50``."""
    sign = "-" if cents(value) < 0 else ""
    return f"{sign}{_currency(costs)}{abs(cents(value)):,}"


def render_markdown(cost: Cost) -> str:
    """A table of what costs something or changes, and the sum."""
    rows = _billed(cost)
    lines = [f"**{markdown_inert(sentence(cost))}**", ""]
    if rows:
        lines += ["| deployment | | a month | |", "|---|---|---:|---|"]
    for row in rows:
        cells = (markdown_inert(row.name), row.what, _amount(cost, row), _remark(row))
        lines.append(f"| {' | '.join(cells)} |")
    lines += [""] if rows else []
    lines += [f"- {markdown_inert(words)}" for words in _doubt_words(cost)]
    lines += [f"- {markdown_inert(note)}" for note in cost.notes]
    return "\n".join(lines).rstrip() + "\n"


def table_rows(cost: Cost) -> Iterator[tuple[str, ...]]:
    """Name, what, amount, remark and arithmetic of everything that costs or changes something."""
    for row in _billed(cost):
        computed = "; ".join(_computed(cost.costs, line) for line in row.now)
        yield (row.name, row.what, _amount(cost, row), _remark(row), computed)


def _computed(costs: Costs, line: Line) -> str:
    rate = _rate(costs, line.rate)
    if line.quantity is None or line.monthly is None:
        return f"{line.what}, {rate} per {line.unit}"
    over = f" / {line.months} months" if line.months > 1 else ""
    steps = f" ({line.sum_of})" if line.sum_of else ""
    amount = money(costs, line.monthly)
    unit = f"{line.unit}s" if line.unit.endswith("hour") and line.quantity != 1 else line.unit
    return f"{line.what}: {Decimal(plain(line.quantity)):,f} {unit}{steps} x {rate}{over} = {amount}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One deployment or reservation: what it costs before and after; None where it has no known amount."""

    id: str
    before: Decimal | None
    after: Decimal | None
    was: tuple[Line, ...]
    now: tuple[Line, ...]
    doubts: tuple[Unpriced, ...]
    changes: bool

    @property
    def name(self) -> str:
        return _name(self.id)

    @property
    def delta(self) -> Decimal:
        return (self.after or Decimal(0)) - (self.before or Decimal(0))

    @property
    def rates(self) -> tuple[Line, ...]:
        """Lines that have a rate and no amount."""
        return tuple(line for line in self.now if line.monthly is None)

    @property
    def what(self) -> str:
        """What is billed: ``PTU``, ``hosting and tokens``."""
        lines = self.now or self.was
        return " and ".join(dict.fromkeys("tokens" if "token" in line.unit else line.what for line in lines))


def _rows(cost: Cost) -> Iterator[_Row]:
    was, now = _by_id(cost.before), _by_id(cost.after)
    unknown: dict[str, list[Unpriced]] = defaultdict(list)
    for item in cost.after.unpriced:
        unknown[item.id].append(item)
    for identity in dict.fromkeys((*now, *was, *unknown)):
        before, after = was.get(identity, ()), now.get(identity, ())
        yield _Row(
            id=identity,
            before=_sum(before),
            after=_sum(after),
            was=tuple(before),
            now=tuple(after),
            doubts=tuple(unknown[identity]),
            changes=identity in cost.changed or _sum(before) != _sum(after),
        )


def _billed(cost: Cost) -> list[_Row]:
    """What costs something; beside a plan, what it changes."""
    return [row for row in _rows(cost) if row.changes or cost.before is None]


def _by_id(bill: Bill | None) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for line in bill.lines if bill else ():
        found[line.id].append(line)
    return found


def _sum(lines: Sequence[Line]) -> Decimal | None:
    known = [line.monthly for line in lines if line.monthly is not None]
    return sum(known, Decimal(0)) if known else None


def _remark(row: _Row) -> str:
    if any(not doubt.usage for doubt in row.doubts):
        return "price not known"
    if row.doubts:
        return "paid by use, no workload declared" if row.rates else "paid by use, rates not known"
    return ""


def _amount(cost: Cost, row: _Row) -> str:
    """The amount of a row, or what it changes; a question mark where it is not known."""
    if row.after is None and row.doubts:
        return "?"
    if cost.before is not None:
        return _signed(cost.costs, row.delta)
    return "" if row.after is None else money(cost.costs, row.after)


def _table(cost: Cost, rows: Sequence[_Row], style: Style, *, verbose: bool) -> list[tuple[str, ...]]:
    """A row each; those of unknown amount and one reason are one row where they are many."""
    whole = [(style.show(row.name), style.show(row.what), _amount(cost, row), _remark(row)) for row in rows]
    alike = Counter(rest for _, *rest_of in whole if (rest := tuple(rest_of))[1] == "?")
    many = {rest for rest, number in alike.items() if number > _MOST_ALIKE and not verbose}
    notes = [row for row in whole if row[1:] not in many]
    return notes + [(counted(alike[rest], "deployment"), *rest) for rest in alike if rest in many]


def _fitted(table: Sequence[tuple[str, ...]], style: Style) -> list[str]:
    """A line per row, the amounts aligned; names are never shortened, a long one has a line of its own."""
    lines: list[str] = []
    for drawn, row in zip(columns(table, right={2}, indent="  "), table, strict=True):
        if len(drawn) <= style.width:
            lines.append(drawn)
        else:
            rest = "  ".join(filter(None, row[1:]))
            lines += [f"  {row[0]}", *style.paragraph(rest, indent="      ")]
    return lines


def doubts(cost: Cost, style: Style) -> list[str]:
    """What is not known and why, each reason once."""
    lines: list[str] = []
    for words in _doubt_words(cost):
        lines += style.paragraph(style.show(words), indent="  ", hanging="    ")
    return lines


def _doubt_words(cost: Cost) -> Iterator[str]:
    by_reason: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for doubt in cost.doubts:
        by_reason[doubt.why, doubt.usage].append(_name(doubt.id))
    for (why, usage), names in by_reason.items():
        text = listed(list(dict.fromkeys(names)), most=3)
        yield f"usage not counted: {text}: {why}" if usage else f"not known: {text}: {why}"


def _details(cost: Cost) -> Iterator[str]:
    ptus = list(_ptu_groups(cost))
    yield from ptus[:_MOST_GROUPS]
    if len(ptus) > _MOST_GROUPS:
        yield f"{len(ptus) - _MOST_GROUPS} more kinds of PTU"
    lines = [line for row in _billed(cost) for line in (*row.was, *row.now)]
    days = sorted({line.source.as_of for line in lines if line.monthly is not None})
    if not days:
        yield "no price is used"
    elif len(days) == 1:
        yield f"list price of {days[0]}"
    else:
        yield f"list prices of {days[0]} to {days[-1]}"
    if ptus:
        yield f"reservations cover {sum(cover.used for cover in cost.after.covers)}"


def _ptu_groups(cost: Cost) -> Iterator[str]:
    """PTUs of one kind and rate: ``50 -> 100 regional PTU at $2.00/h``."""
    groups: dict[tuple[str, Decimal], list[int]] = {}
    for side, bill in enumerate((cost.before, cost.after)):
        for line in bill.lines if bill else ():
            if line.ptus is not None and line.reach and (cost.before is None or line.id in cost.changed):
                key = (_REACH.get(line.reach, ""), line.rate)
                groups.setdefault(key, [0, 0])[side] += line.ptus
    for (reach, rate), (before, after) in groups.items():
        number = str(after) if cost.before is None else f"{before} -> {after}"
        yield f"{number} {reach} PTU at {_rate(cost.costs, rate)}/h"


def _signed(costs: Costs, value: Decimal) -> str:
    text = money(costs, value)
    return text if text.startswith("-") else f"+{text}"


def _rate(costs: Costs, rate: Decimal) -> str:
    """A rate as published, with two places at least."""
    text = plain(rate)
    whole, _, places = text.partition(".")
    return f"{_currency(costs)}{whole}.{places:0<2}"


def _currency(costs: Costs) -> str:
    return "$" if costs.currency == "USD" else f"{costs.currency} "


def _name(identity: str) -> str:
    """``account/deployment`` of an ARM id; a reservation's own name."""
    if not identity.startswith("/"):
        return identity
    found = DeploymentId.parse(identity)
    return f"{found.account.name}/{found.name}"
