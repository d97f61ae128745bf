"""What ARM's template functions make of values that are known.

A function is pure and either knows its answer or raises `Unanswerable`: the caller then keeps the call itself
as the value. Functions whose answer depends on the deployment (uniqueString, reference, utcNow) are not here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from reconciler.export.values import Value, at

LARGEST: Final = 100_000
"""Characters of a text, items of a list."""

_NUMBERS: Final = 2**63


class Unanswerable(Exception):  # noqa: N818 -- an answer too
    """No answer follows from these arguments."""


Function = Callable[..., Value]


def answer(name: str, arguments: list[Value]) -> Value:
    """The value of a function; raises Unanswerable for one that is not known or does not take these."""
    function = FUNCTIONS.get(name)
    if function is None:
        raise Unanswerable(name)
    try:
        found = function(*arguments)
    except (
        TypeError,
        ValueError,
        IndexError,
        KeyError,
        AttributeError,
        ZeroDivisionError,
        RecursionError,
    ) as wrong:
        raise Unanswerable(name) from wrong
    sized = isinstance(found, str | list | dict) and len(found) > LARGEST
    if sized or (isinstance(found, int) and abs(found) > _NUMBERS):
        raise Unanswerable(name)
    return found


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, list | dict):
        return json.dumps(value, separators=(",", ":"))
    raise TypeError


def _need(value: Value, kind: type) -> None:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError


def _format(pattern: Value, *arguments: Value) -> Value:
    _need(pattern, str)
    if re.search(r"\{\d+[:,]", str(pattern)):
        raise ValueError
    filled = re.sub(r"\{(\d{1,3})\}", lambda found: _text(arguments[int(found[1])]), str(pattern))
    return filled.replace("{{", "{").replace("}}", "}")


def _concat(*arguments: Value) -> Value:
    if arguments and all(isinstance(one, list) for one in arguments):
        return [item for one in arguments if isinstance(one, list) for item in one]
    return "".join(_text(one) for one in arguments)


def _replace(text: str, old: str, new: str) -> Value:
    if len(text) * max(1, len(new)) > LARGEST * 10:
        raise ValueError
    return text.replace(old, new)


def _substring(text: str, start: int, length: int | None = None) -> Value:
    end = len(text) if length is None else start + length
    if not 0 <= start <= end <= len(text):
        raise ValueError
    return text[start:end]


def _split(text: str, by: str | list[str]) -> Value:
    signs = [by] if isinstance(by, str) else by
    return list(re.split("|".join(re.escape(sign) for sign in signs), text))


def _length(value: Value) -> Value:
    _need(value, object)
    if isinstance(value, str | list | dict):
        return len(value)
    raise TypeError


def _empty(value: Value) -> Value:
    return value is None or (isinstance(value, str | list | dict) and not value)


def _contains(where: Value, what: Value) -> Value:
    if isinstance(where, dict):
        return at(where, what)[0]
    if isinstance(where, list):
        return what in where
    if isinstance(where, str) and isinstance(what, str):
        return what in where
    raise TypeError


def _union(*arguments: Value) -> Value:
    if all(isinstance(one, list) for one in arguments):
        found: list[Value] = []
        for one in arguments:
            found += [item for item in (one if isinstance(one, list) else []) if item not in found]
        return found
    result: dict[str, Value] = {}
    for one in arguments:
        if not isinstance(one, dict):
            raise TypeError
        result = _merged(result, one)
    return result


def _merged(below: Mapping[str, Value], above: Mapping[str, Value]) -> dict[str, Value]:
    result = dict(below)
    for name, value in above.items():
        under = result.get(name)
        both = isinstance(under, dict) and isinstance(value, dict)
        result[name] = _merged(under, value) if both else value  # type: ignore[arg-type]
    return result


def _object(*arguments: Value) -> Value:
    return {str(name): value for name, value in zip(arguments[::2], arguments[1::2], strict=True)}


def _range(start: int, count: int) -> Value:
    if not 0 <= count <= 10_000:
        raise ValueError
    return list(range(start, start + count))


def _edge(last: bool) -> Function:
    def edge(value: Value) -> Value:
        if isinstance(value, str):
            return value[-1:] if last else value[:1]
        if isinstance(value, list):
            return value[-1] if last else value[0]
        raise TypeError

    return edge


def _taken(value: str | list[Value], count: int) -> Value:
    return value[: max(0, count)]


def _skipped(value: str | list[Value], count: int) -> Value:
    return value[max(0, count) :]


def _items(value: dict[str, Value]) -> Value:
    return [{"key": key, "value": value[key]} for key in sorted(value)]


def _whole(function: Callable[[int, int], Value]) -> Function:
    def of_numbers(one: Value, other: Value) -> Value:
        _need(one, int)
        _need(other, int)
        return function(one, other)  # type: ignore[arg-type]

    return of_numbers


def _ordered(function: Callable[[str | int, str | int], bool]) -> Function:
    def of_two(one: Value, other: Value) -> Value:
        if type(one) is type(other) and isinstance(one, str | int) and isinstance(other, str | int):
            return function(one, other)
        raise TypeError

    return of_two


def _divided(one: int, other: int) -> int:
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) is (other < 0) else -quotient


def _number(value: Value) -> Value:
    if isinstance(value, str) and not re.fullmatch(r"-?\d{1,18}", value.strip()):
        raise ValueError
    return int(value)  # type: ignore[arg-type]  # anything else raises, and is unanswerable


def _boolean(value: Value) -> Value:
    words = {"true": True, "false": False, "1": True, "0": False}
    return words[str(value).lower()]


def _padded(text: Value, width: int, sign: str = " ") -> Value:
    return _text(text).rjust(min(width, LARGEST), sign)


def _equal(one: Value, other: Value) -> Value:
    return type(one) is type(other) and one == other


def _numbers(arguments: tuple[Value, ...]) -> Iterator[int]:
    for one in arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else arguments:
        _need(one, int)
        yield one  # type: ignore[misc]


FUNCTIONS: Final[Mapping[str, Function]] = {
    "format": _format,
    "concat": _concat,
    "tolower": lambda text: text.lower(),
    "toupper": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
    "replace": _replace,
    "substring": _substring,
    "split": _split,
    "join": lambda items, by: by.join(_text(one) for one in items),
    "length": _length,
    "empty": _empty,
    "contains": _contains,
    "startswith": lambda text, start: text.lower().startswith(start.lower()),
    "endswith": lambda text, end: text.lower().endswith(end.lower()),
    "indexof": lambda text, what: text.lower().find(what.lower()),
    "lastindexof": lambda text, what: text.lower().rfind(what.lower()),
    "padleft": _padded,
    "first": _edge(last=False),
    "last": _edge(last=True),
    "take": _taken,
    "skip": _skipped,
    "union": _union,
    "createarray": lambda *items: list(items),
    "createobject": _object,
    "array": lambda value: value if isinstance(value, list) else [value],
    "string": _text,
    "int": _number,
    "bool": _boolean,
    "json": lambda text: json.loads(text),  # noqa: PLW0108 -- json.loads takes keywords
    "equals": _equal,
    "less": _ordered(lambda one, other: one < other),  # type: ignore[operator]
    "lessorequals": _ordered(lambda one, other: one <= other),  # type: ignore[operator]
    "greater": _ordered(lambda one, other: one > other),  # type: ignore[operator]
    "greaterorequals": _ordered(lambda one, other: one >= other),  # type: ignore[operator]
    "add": _whole(lambda one, other: one + other),
    "sub": _whole(lambda one, other: one - other),
    "mul": _whole(lambda one, other: one * other),
    "div": _whole(_divided),
    "min": lambda *arguments: min(_numbers(arguments)),
    "max": lambda *arguments: max(_numbers(arguments)),
    "range": _range,
    "items": _items,
    "null": lambda: None,
    "true": lambda: True,
    "false": lambda: False,
}
