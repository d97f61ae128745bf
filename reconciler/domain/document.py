"""Reading a JSON document that this program wrote, as if a stranger had: every value is asked for its type.

Rule of this module: what is not as it should be is a ValueError, and the message says which key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from reconciler.domain.deployment import JsonObject


def mapping(of: Mapping[str, object], key: str) -> Mapping[str, object]:
    """The object at `key`."""
    value = of.get(key)
    if not isinstance(value, dict):
        wrong(f"`{key}` must be an object")
    return value


def json_object(of: Mapping[str, object], key: str) -> JsonObject:
    """The object at `key`, whatever JSON it holds."""
    return mapping(of, key)  # type: ignore[return-value]  # json.loads makes nothing but JSON values


def items(of: Mapping[str, object], key: str) -> Sequence[object]:
    """The list at `key`."""
    value = of.get(key)
    if not isinstance(value, list):
        wrong(f"`{key}` must be a list")
    return value


def objects(of: Mapping[str, object], key: str) -> Sequence[Mapping[str, object]]:
    """The list of objects at `key`."""
    value = items(of, key)
    found = [item for item in value if isinstance(item, dict)]
    if len(found) != len(value):
        wrong(f"`{key}` must be a list of objects")
    return found


def text(of: Mapping[str, object], key: str) -> str:
    """The text at `key`."""
    value = of.get(key)
    if not isinstance(value, str):
        wrong(f"`{key}` must be text")
    return value


def text_or_none(of: Mapping[str, object], key: str) -> str | None:
    """The text at `key`, where there is one."""
    return None if of.get(key) is None else text(of, key)


def texts(of: Mapping[str, object], key: str) -> tuple[str, ...]:
    """The list of texts at `key`."""
    value = items(of, key)
    found = tuple(item for item in value if isinstance(item, str))
    if len(found) != len(value):
        wrong(f"`{key}` must be a list of texts")
    return found


def whole(of: Mapping[str, object], key: str) -> int:
    """The integer at `key`; true and false are none."""
    value = of.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        wrong(f"`{key}` must be a whole number")
    return value


def whole_or_none(of: Mapping[str, object], key: str) -> int | None:
    """The integer at `key`, where there is one."""
    return None if of.get(key) is None else whole(of, key)


def yes_or_no(of: Mapping[str, object], key: str) -> bool:
    """The truth value at `key`."""
    value = of.get(key)
    if not isinstance(value, bool):
        wrong(f"`{key}` must be true or false")
    return value


def wrong(why: str) -> NoReturn:
    """Say that a document is not what it should be."""
    raise ValueError(why)
