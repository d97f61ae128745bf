"""What the functions of both languages do: what is passed on may be unknown, what is looked at may not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from reconciler.export.expressions.values import Open, Undecided, Value, same

_T = TypeVar("_T")

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


def _only(kind: type[_T]) -> Callable[[Value], _T]:
    """Of a value of this kind the value; a truth value is no number."""

    def checked(value: Value) -> _T:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Undecided
        return value

    return checked


as_text, as_number, as_bool = _only(str), _only(int), _only(bool)
as_items: Callable[[Value], list[Value]] = _only(list)
as_mapping: Callable[[Value], dict[str, Value]] = _only(dict)


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


def distinct(items: Iterable[Value]) -> list[Value]:
    found: list[Value] = []
    for item in items:
        if index_of(found, item) < 0:
            found.append(item)
    return found


def interleaved(items: Iterable[Value], by: Value) -> list[Value]:
    """The items with another value between each two."""
    return [piece for item in items for piece in (by, item)][1:]


def shallow_merge(objects: Value) -> Value:
    result: dict[str, Value] = {}
    for item in as_items(objects):
        result |= as_mapping(item)
    return result


def replaced(text: str, old: str, new: str) -> str:
    if len(text) * max(1, len(new)) > LARGEST * 10:
        raise Undecided
    return text.replace(old, new)
