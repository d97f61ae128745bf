"""`/resources`: what exists in a subscription or a group, whatever its type.

Rule of this module: accounts and projects, the only resources here that have a location of their own.
"""

import re

from reconciler.emulator import accounts, manager_errors
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json

_CLAUSE = re.compile(
    r"^(?P<field>resourceType|resourceGroup|name|location) eq '(?P<value>[^']*)'$", re.IGNORECASE
)


def of_subscription(turn: Turn) -> Answer:
    return _listing(turn, f"/subscriptions/{turn.subscription.lower()}/")


def of_group(turn: Turn) -> Answer:
    accounts.require_group(turn)
    return _listing(turn, f"{accounts.group_key(turn)}/")


def _listing(turn: Turn, prefix: str) -> Answer:
    wanted = _filter(turn)
    found = [item["body"] for item in turn.store.scan("account", prefix)]
    found += [
        item["body"] for item in turn.store.scan("child", prefix) if item["type"] == "accounts/projects"
    ]
    items = [_short(body) for body in found]
    kept = [item for item in items if all(_value(item, f) == value for f, value in wanted.items())]
    return turn.page(kept, keep=("$filter",), from_provider=False)


def _value(item: Json, field: str) -> str:
    return str(item["id"].split("/")[4] if field == "resourcegroup" else item[field]).lower()


def _filter(turn: Turn) -> dict[str, str]:
    found = {}
    text = turn.request.query.get("$filter", "").strip()
    for part in re.split(r"\s+and\s+", text, flags=re.IGNORECASE) if text else ():
        clause = _CLAUSE.match(part.strip())
        if clause is None:
            raise manager_errors.bad_filter(f"'{part[:100]}' is not supported")
        field = {"resourcetype": "type"}.get(clause["field"].lower(), clause["field"].lower())
        found[field] = clause["value"].lower()
    return found


def _short(body: Json) -> Json:
    parts = ("id", "name", "type", "kind", "location", "sku", "tags", "identity")
    return {part: body[part] for part in parts if part in body}
