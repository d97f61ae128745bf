"""A month's cost as JSON: amounts with two places, rates as published, all as decimal text."""

from __future__ import annotations

from decimal import Decimal

from reconciler.domain.deployment import JsonValue
from reconciler.prices.bill import Cost, Line, cents


def cost_json(cost: Cost) -> dict[str, JsonValue]:
    """The value of `cost` in every document that has one."""
    return {
        "currency": cost.costs.currency,
        "hoursPerMonth": plain(cost.costs.hours_per_month),
        "before": None if cost.before is None else str(cents(cost.before.total)),
        "after": str(cents(cost.after.total)),
        "delta": None if cost.delta is None else str(cents(cost.delta)),
        "complete": cost.complete,
        "lines": [_line_json(line) for line in cost.after.lines],
        "unknown": [
            {"id": one.id, "why": one.why}
            for one in dict.fromkeys((*(cost.before.unpriced if cost.before else ()), *cost.after.unpriced))
        ],
        "notes": list(cost.notes),
    }


def _line_json(line: Line) -> dict[str, JsonValue]:
    return {
        "id": line.id,
        "meter": line.meter,
        "unit": line.unit,
        "quantity": None if line.quantity is None else plain(line.quantity),
        "rate": plain(line.rate),
        "monthly": None if line.monthly is None else str(cents(line.monthly)),
        "source": line.source.title,
        "asOf": line.source.as_of,
    }


def plain(number: Decimal) -> str:
    """A number in digits alone, without noughts at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
