"""Looking at JSON as ARM means it: names in any case, numbers as text, and what the format can hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.manifest.entry import EntryFields
from reconciler.manifest.findings import checked
from reconciler.manifest.objections import UNSEEN
from reconciler.manifest.tree import Items, Map, Node, Text


def part(resource: JsonObject, name: str) -> JsonObject:
    """An inner object, by its name in any case; empty where there is none."""
    value = at(resource, name)
    return value if isinstance(value, Mapping) else {}


def at(resource: JsonObject, name: str) -> JsonValue:
    """A property by its name in any case; ARM's own spelling has drifted."""
    wanted = name.lower()
    return next((value for key, value in resource.items() if key.lower() == wanted), None)


def unseen(value: JsonValue) -> bool:
    """Whether a value contains what no manifest may contain."""
    return any(UNSEEN.search(text) for text in _texts(value))


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from value
        yield from (text for inner in value.values() for text in _texts(inner))
    elif isinstance(value, list | tuple):
        yield from (text for inner in value for text in _texts(inner))


def fits(tree: Mapping[str, JsonValue]) -> bool:
    """Whether the format takes these fields of an entry."""
    return not unseen(tree) and not checked(EntryFields, _tree_of(tree), lambda _route, _key: None)[1]


def _tree_of(value: Mapping[str, JsonValue]) -> Map:
    """A mapping as it would be read from a file."""
    return Map.at({Text.at(key): _node_of(inner) for key, inner in value.items()})


def _node_of(value: JsonValue) -> Node:
    if isinstance(value, Mapping):
        return _tree_of(value)
    if isinstance(value, str):
        return Text.at(value)
    if isinstance(value, list | tuple):
        return Items([_node_of(inner) for inner in value])
    return Text.at(json.dumps(value), plain=True)


def word(value: JsonValue) -> str:
    """Text, or a whole number as text; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value)
    return text if text.strip() else ""


def text_or_none(value: object) -> str | None:
    """A text that is not empty, and nothing else."""
    return value if isinstance(value, str) and value else None


def whole(value: JsonValue) -> int | None:
    """A capacity: ARM may answer with a double, templates with a text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < len("99999999999"):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def depth(value: JsonValue) -> int:
    """Levels of nesting; readers have bounded it already."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return 1 + max(map(depth, inner), default=0)


def shown(value: JsonValue) -> str:
    """A value as JSON, of bearable length."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def odd(value: JsonValue) -> bool:
    """Whether something stands where an object does."""
    return value is not None and not isinstance(value, Mapping)
