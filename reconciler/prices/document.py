"""A month's cost as JSON: amounts with two places, rates as published, all as decimal text."""

from __future__ import annotations

from decimal import Decimal

from reconciler.domain.document import Document, what
from reconciler.prices.bill import Cost, Line, cents


class CostLineDocument(Document):
    """One line of a bill; null where how much is used is not declared."""

    id: str = what("ARM's id of the deployment, or the name of a reservation.")
    meter: str
    unit: str
    quantity: str | None
    rate: str = what("As published, for one unit.")
    monthly: str | None
    source: str = what("The list that has the rate.")
    as_of: str = what("The day of the list.")


class UnknownCostDocument(Document):
    """A part of the bill that is not known."""

    id: str
    why: str


class CostDocument(Document):
    """What it costs in a month, before and after; null where there is nothing to compare with."""

    currency: str
    hours_per_month: str
    before: str | None
    after: str
    delta: str | None
    complete: bool = what("Whether every part of the sums is known.")
    lines: tuple[CostLineDocument, ...] = what("What `after` is the sum of.")
    unknown: tuple[UnknownCostDocument, ...]
    notes: tuple[str, ...]


def cost_document(cost: Cost) -> CostDocument:
    """The value of `cost` in every document that has one."""
    unpriced = (*(cost.before.unpriced if cost.before else ()), *cost.after.unpriced)
    return CostDocument(
        currency=cost.costs.currency,
        hours_per_month=plain(cost.costs.hours_per_month),
        before=None if cost.before is None else str(cents(cost.before.total)),
        after=str(cents(cost.after.total)),
        delta=None if cost.delta is None else str(cents(cost.delta)),
        complete=cost.complete,
        lines=tuple(map(_line, cost.after.lines)),
        unknown=tuple(map(UnknownCostDocument.from_value, dict.fromkeys(unpriced))),
        notes=cost.notes,
    )


def _line(line: Line) -> CostLineDocument:
    return CostLineDocument.from_value(
        line,
        quantity=None if line.quantity is None else plain(line.quantity),
        rate=plain(line.rate),
        monthly=None if line.monthly is None else str(cents(line.monthly)),
        source=line.source.title,
        as_of=line.source.as_of,
    )


def plain(number: Decimal) -> str:
    """A number in digits alone, without noughts at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
