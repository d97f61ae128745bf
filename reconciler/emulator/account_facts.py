"""What accounts showed of themselves, by kind, sku and day: the index `world/accounts.json`.

Rule of this module: a row is what one recorded account showed on one day, or, where its source says so, what
a kind is of an account of all services. A part that was not recorded on a day is that of the nearest row in
time. Nothing here decides anything.
"""

from datetime import date, timedelta
from functools import cache
from typing import Any

from reconciler.emulator.wire import Json, world_facts

_IN_USE = timedelta(days=730)
_NEW = timedelta(days=90)
_PARTS = ("rules", "quota", "capabilities", "endpoints", "apiProperties", "path")


def as_of(asked_on: str, version: str) -> str:
    """The day whose facts an account shows: the day it is asked on, through versions of that time.

    A version that was two years old by then is spoken by clients that were tested when it was new, and it
    shows them what accounts showed then.
    """
    today, known = date.fromisoformat(asked_on[:10]), date.fromisoformat(version[:10])
    return asked_on[:10] if today - known <= _IN_USE else (known + _NEW).isoformat()


@cache
def part(kind: str, sku: str, day: str, name: str) -> Any:  # noqa: ANN401 - JSON
    """One of `_PARTS`, None if it has none.

    Rows of the sku are more to the point than rows of the kind, and those than rows of any kind.
    """
    rows = [row for row in world_facts("accounts")["rows"] if name in row]
    own = [row for row in rows if row["kind"] == kind]
    found = (
        [row for row in own if sku in row.get("skus", ())]
        or [row for row in own if "skus" not in row]
        or [row for row in rows if row["kind"] == "*"]
    )
    return min(found, key=lambda row: abs(date.fromisoformat(row["on"]) - date.fromisoformat(day)))[name]


def is_alike(kind: str, sku: str, day: str, later: str) -> bool:
    """Whether two days show the same."""
    return day == later or all(part(kind, sku, day, name) is part(kind, sku, later, name) for name in _PARTS)


def limits(kind: str, sku: str, day: str) -> Json:
    """`callRateLimit`, and `quotaLimit` (calls per thirty days), where an account has them."""
    found = {"callRateLimit": part(kind, sku, day, "rules"), "quotaLimit": part(kind, sku, day, "quota")}
    return {name: {"rules": [_rule(key) for key in keys]} for name, keys in found.items() if keys}


def _rule(reference: str) -> Json:
    """A rule as ARM shows it; references name one with its year or count where it had several."""
    facts = world_facts("accounts")["rules"][reference]
    matched = (pattern.split(" ") for pattern in facts["of"])
    return {
        "key": reference.partition("@")[0],
        "renewalPeriod": facts["every"],
        "count": facts["count"],
        **({"dynamicThrottlingEnabled": True} if "dynamic" in facts else {}),
        "matchPatterns": [{"path": path, "method": method} for method, path in matched],
    }


def capabilities(kind: str, sku: str, day: str) -> list[Json]:
    """Capabilities of the account, not of its models."""
    return [
        {"name": name, **({} if value is None else {"value": value.format(kind=kind)})}
        for name, value in part(kind, sku, day, "capabilities").items()
    ]
