"""Lists and objects in ARM's functions: what is passed on may be unknown, what is looked at may not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from reconciler.export.expressions.values import (
    MOST_NUMBERS,
    Choice,
    Open,
    Undecided,
    Unknown,
    Value,
    at,
    called,
    same,
)

LARGEST: Final = 100_000
"""Characters of a text, items of a list."""

Function = Callable[..., Value]
_REFUSED: Final = (
    TypeError, ValueError, IndexError, KeyError, AttributeError, ZeroDivisionError, RecursionError,
    StopIteration, re.error,
)  # fmt: skip


def answered(functions: Mapping[str, Function], name: str, arguments: list[Value]) -> Value:
    """The value of a function; raises Undecided for one that is not known or does not take these."""
    if name not in functions:
        raise Undecided(name)
    try:
        found = functions[name](*arguments)
    except _REFUSED as wrong:
        raise Undecided(name) from wrong
    if isinstance(found, str | list | dict) and len(found) > LARGEST:
        raise Undecided(name)
    return found


def as_text(value: Value) -> str:
    if not isinstance(value, str):
        raise Undecided
    return value


def as_number(value: Value) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Undecided
    return value


def as_bool(value: Value) -> bool:
    if not isinstance(value, bool):
        raise Undecided
    return value


def as_items(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise Undecided
    return value


def as_mapping(value: Value) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise Undecided
    return value


def known(value: Value) -> Value:
    if isinstance(value, Open):
        raise Undecided
    return value


def index_of(items: list[Value], what: Value) -> int:
    """Where the first equal item is, -1 for nowhere."""
    for number, item in enumerate(items):
        if same(item, what):
            return number
    return -1


def contains(items: Iterable[Value], what: Value) -> bool:
    """Whether an item is equal: one is enough, whatever the others are."""
    doubt = False
    for item in items:
        try:
            if same(item, what):
                return True
        except Undecided:
            doubt = True
    if doubt:
        raise Undecided
    return False


def distinct(items: Iterable[Value]) -> list[Value]:
    found: list[Value] = []
    for item in items:
        if index_of(found, item) < 0:
            found.append(item)
    return found


def interleaved(items: Iterable[Value], by: Value) -> list[Value]:
    """The items with another value between each two."""
    return [piece for item in items for piece in (by, item)][1:]


def union(*arguments: Value) -> Value:
    if all(isinstance(each, list) for each in arguments):
        return distinct(item for each in arguments for item in as_items(each))
    result: dict[str, Value] = {}
    for argument in arguments:
        result = _merged(result, as_mapping(argument))
    return result


def _may_be_object(value: Value) -> bool:
    return isinstance(value, dict | Choice) or (isinstance(value, Unknown) and not value.is_text)


def _merged(below: Mapping[str, Value], above: Mapping[str, Value]) -> dict[str, Value]:
    """Two objects, the second over the first, objects in them likewise; other values are replaced."""
    result = dict(below)
    for name, value in above.items():
        under = result.get(name)
        if isinstance(under, dict) and isinstance(value, dict):
            result[name] = _merged(under, value)
        elif name in below and (value is None or (_may_be_object(under) and _may_be_object(value))):
            result[name] = called("union", [under, value])
        else:
            result[name] = value
    return result


def shallow_merge(objects: Value) -> Value:
    result: dict[str, Value] = {}
    for item in as_items(objects):
        result |= as_mapping(item)
    return result


def intersection(*arguments: Value) -> Value:
    first, *others = arguments
    if isinstance(first, list):
        found: list[Value] = []
        for item in first:
            if index_of(found, item) < 0 and all(index_of(as_items(each), item) >= 0 for each in others):
                found.append(item)
        return found
    kept = dict(as_mapping(first))
    for other in others:
        kept = {
            name: value
            for name, value in kept.items()
            if name in as_mapping(other) and same(value, as_mapping(other)[name])
        }
    return kept


def numbers(start: Value, count: Value) -> Value:
    first, many = as_number(start), as_number(count)
    if not 0 <= many <= MOST_NUMBERS:
        raise ValueError
    return list(range(first, first + many))


def from_end(items: Value, back: Value) -> Value:
    """An item counted from the end, the last being 1."""
    if as_number(back) < 1:
        raise ValueError
    return as_items(items)[-as_number(back)]


def taken(value: Value, count: Value) -> Value:
    whole = value if isinstance(value, str) else as_items(value)
    return whole[: max(0, as_number(count))]


def skipped(value: Value, count: Value) -> Value:
    whole = value if isinstance(value, str) else as_items(value)
    return whole[max(0, as_number(count)) :]


def pairs(value: Value) -> Value:
    existing = as_mapping(value)
    return [{"key": key, "value": existing[key]} for key in sorted(existing)]


def try_get(value: Value, *keys: Value) -> Value:
    """The value at a path, null where a step is not there."""
    for key in keys:
        known(key)
        if value is None:
            return None
        if not isinstance(value, dict | list):
            raise Undecided
        value = at(value, key)[1]
    return value
