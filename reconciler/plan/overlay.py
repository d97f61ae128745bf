"""Arithmetic on JSON objects: lay one over another, take a path out, read one canonically.

Everything here returns a new object; what is passed in is never changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from reconciler.domain.deployment import JsonObject, JsonValue

SOURCES = ("source", "sourceAccount")
"""ARM's two fields for the source of a model; declaring one takes the place of the other."""


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def canonical(value: JsonValue) -> str:
    """The one text of a JSON value: sorted keys, no blanks, ASCII."""
    return _ENCODER.encode(value)


def has(body: JsonObject, path: tuple[str, ...]) -> bool:
    """Whether there is a value at `path`."""
    here: JsonValue = body
    for name in path:
        if not isinstance(here, Mapping) or name not in here:
            return False
        here = here[name]
    return True


def holds(there: JsonValue, stated: JsonValue) -> bool:
    """Whether `there` has every value of `stated`, in exactly this spelling; no proves no difference."""
    if isinstance(stated, dict):
        return isinstance(there, dict) and all(
            name in there and holds(there[name], value) for name, value in stated.items()
        )
    return type(there) is type(stated) and there == stated


def without(body: JsonObject, path: tuple[str, ...]) -> JsonObject:
    """`body` less the value at `path`."""
    head, *rest = path
    if head not in body:
        return body
    if not rest:
        return {name: value for name, value in body.items() if name != head}
    inner = body[head]
    if not isinstance(inner, Mapping):
        return body
    return {**body, head: without(inner, tuple(rest))}


def laid_over(below: JsonObject, above: JsonObject, path: tuple[str, ...] = ()) -> JsonObject:
    """Mappings merge; lists and scalars are replaced. Names are ARM's, so their case does not count."""
    spelled = {name.lower(): name for name in above}
    merged: dict[str, JsonValue] = {}
    for name, value in below.items():
        key = spelled.get(name.lower())
        if key is None:
            if not _other_source(name, above, path):
                merged[name] = value
            continue
        over = above[key]
        if isinstance(value, Mapping) and isinstance(over, Mapping):
            merged[key] = laid_over(value, over, (*path, key))
        else:
            merged[key] = over
    return merged | {name: value for name, value in above.items() if name not in merged}


def _other_source(name: str, above: JsonObject, path: tuple[str, ...]) -> bool:
    """Whether `name` is the one of ARM's two source fields that the other one, being declared, replaces."""
    return path == ("properties", "model") and name in SOURCES and any(other in above for other in SOURCES)
