"""How far the index of accounts' facts carries to a day of which nothing is known: each row left out once."""

from datetime import date
from typing import Any

from reconciler.emulator.wire import world_facts

PARTS = {"rules": "limits", "capabilities": "capabilities", "endpoints": "addresses"}


def sentence() -> str:
    """Of each part: how many rows that were not assumed the nearest other one equals, and what they share."""
    found = [f"{PARTS[name]} {_share(name)}" for name in PARTS]
    return f"{', '.join(found[:-1])} and {found[-1]}"


def _share(name: str) -> str:
    index = world_facts("accounts")
    rows = [
        row
        for row in index["rows"]
        if row.get(name) and not index["sources"][row["source"]].startswith("assumed")
    ]
    equal, shared = 0, []
    for row in rows:
        others = [other for other in rows if other is not row and _is_same(other, row)]
        if others:
            nearest = min(others, key=lambda other: abs(_day(other) - _day(row)))
            mine, theirs = _items(row[name]), _items(nearest[name])
            equal += mine == theirs
            shared.append(len(mine & theirs) / len(mine | theirs))
    return f"{equal} of {len(shared)} ({sum(shared) / len(shared):.0%} of the items shared)"


def _is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (one["kind"], one.get("skus")) == (other["kind"], other.get("skus"))


def _day(row: dict[str, Any]) -> date:
    return date.fromisoformat(row["on"])


def _items(part: Any) -> set[str]:  # noqa: ANN401 - JSON
    return set(part) if isinstance(part, list) else {f"{name}: {value}" for name, value in part.items()}
