"""What ARM's template functions make of their arguments, of which some may be unknown in part.

A function is pure and either knows its answer or raises `Undecided`; it raises only when it has to look at
something unknown, so what it merely passes on may be. Functions whose answer depends on the deployment
(uniqueString, reference, utcNow) are not here. Meanings: "ARM template functions", learn.microsoft.com.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import quote, unquote

from reconciler.export.expressions.values import (
    Choice,
    Hole,
    Open,
    Undecided,
    Unknown,
    Value,
    at,
    called,
    has_open,
    joined,
    same,
)

LARGEST: Final = 100_000
"""Characters of a text, items of a list."""

_NUMBERS: Final = 2**63

Function = Callable[..., Value]


def answer(name: str, arguments: list[Value]) -> Value:
    """The value of a function; raises Undecided for one that is not known or does not take these."""
    function = FUNCTIONS.get(name)
    if function is None:
        raise Undecided(name)
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
        raise Undecided(name) from wrong
    sized = isinstance(found, str | list | dict) and len(found) > LARGEST
    if sized or (isinstance(found, int) and abs(found) > _NUMBERS):
        raise Undecided(name)
    return found


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, list | dict) and not has_open(value):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    raise TypeError


def _cased(name: str, function: Callable[[str], str]) -> Function:
    """A change of case, which is told of what is not known too."""

    def of(value: Value) -> Value:
        if isinstance(value, Unknown):
            parts = (
                Hole(one if one.startswith(f"{name}(") else f"{name}({one})")
                if isinstance(one, Hole)
                else function(one)
                for one in value.parts
            )
            return Unknown(tuple(parts))
        return function(_str(value))

    return of


def _str(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _int(value: Value) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _list(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _dict(value: Value) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _known(value: Value) -> Value:
    if isinstance(value, Open):
        raise Undecided
    return value


def _string(value: Value) -> Value:
    if isinstance(value, Unknown) and value.is_text:
        return value
    return _text(value)


_PLACE = re.compile(r"\{\{|\}\}|\{(\d{1,3})(?::([DN])(\d{1,2}))?\}")


def _format(pattern: Value, *arguments: Value) -> Value:
    """Composite formatting with `D` (digits) and `N` without decimals; other formats are not answered."""
    written, pieces, end = _str(pattern), list[Value](), 0
    for place in _PLACE.finditer(written):
        pieces.append(_plain(written[end : place.start()]))
        end = place.end()
        if place[1] is None:
            pieces.append(place[0][0])
        else:
            value = arguments[int(place[1])]
            pieces.append(_numbered(value, place[2], int(place[3])) if place[2] else _shown_in_text(value))
    return joined([*pieces, _plain(written[end:])])


def _plain(text: str) -> str:
    if "{" in text or "}" in text:
        raise ValueError
    return text


def _shown_in_text(value: Value) -> Value:
    return value if isinstance(value, Unknown) else _text(value)


def _numbered(value: Value, form: str, digits: int) -> Value:
    number = _int(value)
    sign = "-" if number < 0 else ""
    return f"{sign}{abs(number):0{digits}d}" if form == "D" else f"{number:,.{digits}f}"


def _concat(*arguments: Value) -> Value:
    if arguments and all(isinstance(one, list) for one in arguments):
        return [item for one in arguments for item in _list(one)]
    if len(arguments) > 1 and all(isinstance(one, Unknown) and not one.is_text for one in arguments):
        raise Undecided  # they could be lists
    return joined(one if isinstance(one, Unknown) else _text(one) for one in arguments)


def _replace(text: Value, old: Value, new: Value) -> Value:
    whole, gone, instead = _str(text), _str(old), _str(new)
    if len(whole) * max(1, len(instead)) > LARGEST * 10 or not gone:
        raise ValueError
    return whole.replace(gone, instead)


def _substring(text: Value, start: Value, length: Value = None) -> Value:
    whole, first = _str(text), _int(start)
    end = len(whole) if length is None else first + _int(length)
    if not 0 <= first <= end <= len(whole):
        raise ValueError
    return whole[first:end]


def _split(text: Value, by: Value) -> Value:
    signs = [by] if isinstance(by, str) else [_str(one) for one in _list(by)]
    return list(re.split("|".join(re.escape(sign) for sign in signs), _str(text)))


def _join(items: Value, by: Value) -> Value:
    pieces: list[Value] = []
    for number, one in enumerate(_list(items)):
        pieces += [by, one] if number else [one]
    return joined(one if isinstance(one, Unknown) else _text(one) for one in pieces)


def _length(value: Value) -> Value:
    if isinstance(value, str | list | dict):
        return len(value)
    raise TypeError


def _empty(value: Value) -> Value:
    if isinstance(value, Unknown) and value.is_text:
        return False
    if value is None or isinstance(value, str | list | dict):
        return not value
    raise TypeError


def _contains(where: Value, what: Value) -> Value:
    if isinstance(where, dict):
        return at(where, _str(what))[0]
    if isinstance(where, list):
        return _index(where, what) >= 0
    if isinstance(where, str):
        return _text(what) in where
    raise TypeError


def _index(items: list[Value], what: Value) -> int:
    """Where the first equal item is, -1 for nowhere."""
    for number, one in enumerate(items):
        if same(one, what):
            return number
    return -1


def _contains_somewhere(where: Value, what: Value) -> Value:
    """As `contains`: one item that is equal is enough, whatever the others are."""
    if isinstance(where, list):
        for one in where:
            try:
                if same(one, what):
                    return True
            except Undecided:
                continue
    return _contains(where, what)


def _found_at(last: bool) -> Function:
    def of(where: Value, what: Value) -> Value:
        if isinstance(where, list):
            if not last:
                return _index(where, what)
            back = _index(where[::-1], what)
            return back if back < 0 else len(where) - 1 - back
        text, sought = _str(where).lower(), _str(what).lower()
        return text.rfind(sought) if last else text.find(sought)

    return of


def _union(*arguments: Value) -> Value:
    if all(isinstance(one, list) for one in arguments):
        found: list[Value] = []
        for item in (item for one in arguments for item in _list(one)):
            if _index(found, item) < 0:
                found.append(item)
        return found
    result: dict[str, Value] = {}
    for one in arguments:
        result = _merged(result, _dict(one))
    return result


def _both_could_be_objects(one: Value, other: Value) -> bool:
    """Whether the one may have to be merged with the other, as far as anybody knows."""
    could = [
        isinstance(value, dict | Choice) or (isinstance(value, Unknown) and not value.is_text)
        for value in (one, other)
    ]
    return all(could)


def _merged(below: Mapping[str, Value], above: Mapping[str, Value]) -> dict[str, Value]:
    """Two objects, the second over the first, objects in them likewise; other values are replaced."""
    result = dict(below)
    for name, value in above.items():
        under = result.get(name)
        if isinstance(under, dict) and isinstance(value, dict):
            result[name] = _merged(under, value)
        elif name in below and (value is None or _both_could_be_objects(under, value)):
            result[name] = called("union", [under, value])
        else:
            result[name] = value
    return result


def _shallow(objects: Value) -> Value:
    result: dict[str, Value] = {}
    for one in _list(objects):
        result |= _dict(one)
    return result


def _intersection(*arguments: Value) -> Value:
    first, *others = arguments
    if isinstance(first, list):
        found: list[Value] = []
        for item in first:
            if _index(found, item) < 0 and all(_index(_list(one), item) >= 0 for one in others):
                found.append(item)
        return found
    kept = dict(_dict(first))
    for other in others:
        kept = {
            name: value
            for name, value in kept.items()
            if name in _dict(other) and same(value, _dict(other)[name])
        }
    return kept


def _object(*arguments: Value) -> Value:
    return {_str(name): value for name, value in zip(arguments[::2], arguments[1::2], strict=True)}


def _range(start: Value, count: Value) -> Value:
    first, many = _int(start), _int(count)
    if not 0 <= many <= 10_000:
        raise ValueError
    return list(range(first, first + many))


def _first(value: Value) -> Value:
    return value[:1] if isinstance(value, str) else _list(value)[0]


def _last(value: Value) -> Value:
    return value[-1:] if isinstance(value, str) else _list(value)[-1]


def _from_end(items: Value, back: Value) -> Value:
    """An item counted from the end, the last being 1."""
    if _int(back) < 1:
        raise ValueError
    return _list(items)[-_int(back)]


def _taken(value: Value, count: Value) -> Value:
    whole = value if isinstance(value, str) else _list(value)
    return whole[: max(0, _int(count))]


def _skipped(value: Value, count: Value) -> Value:
    whole = value if isinstance(value, str) else _list(value)
    return whole[max(0, _int(count)) :]


def _items(value: Value) -> Value:
    there = _dict(value)
    return [{"key": key, "value": there[key]} for key in sorted(there)]


def _flatten(value: Value) -> Value:
    return [item for one in _list(value) for item in _list(one)]


def try_get(value: Value, *keys: Value) -> Value:
    """The value at a path, null where a step is not there."""
    for key in keys:
        _known(key)
        if value is None:
            return None
        if not isinstance(value, dict | list):
            raise Undecided
        value = at(value, key)[1]
    return value


def _ordered(function: Callable[[str | int, str | int], bool]) -> Function:
    def of_two(one: Value, other: Value) -> Value:
        if type(one) is type(other) and isinstance(one, str | int) and isinstance(other, str | int):
            return function(one, other)
        raise TypeError

    return of_two


def _whole(function: Callable[[int, int], int]) -> Function:
    return lambda one, other: function(_int(one), _int(other))


def _divided(one: int, other: int) -> int:
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) is (other < 0) else -quotient


def _number(value: Value) -> Value:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value.strip()):
        return int(value)
    return _int(value)


def _boolean(value: Value) -> Value:
    words = {"true": True, "false": False, "1": True, "0": False}
    return words[_text(value).lower()]


def _padded(text: Value, width: Value, sign: Value = " ") -> Value:
    return _text(text).rjust(min(_int(width), LARGEST), _str(sign))


def _numbers(arguments: tuple[Value, ...]) -> Iterator[int]:
    given = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else arguments
    return (_int(one) for one in given)


def _not(value: Value) -> Value:
    if isinstance(value, bool):
        return not value
    raise TypeError


def _null_if_same(one: Value, other: Value) -> Value:
    return None if same(one, other) else one


def _base64_text(value: Value) -> str:
    return base64.b64decode(_str(value), validate=True).decode()


def _starts(text: Value, start: Value) -> Value:
    if isinstance(text, Unknown) and not isinstance(text.parts[0], Hole):
        known = text.parts[0].lower()
        if len(known) >= len(_str(start)):
            return known.startswith(_str(start).lower())
    return _str(text).lower().startswith(_str(start).lower())


FUNCTIONS: Final[Mapping[str, Function]] = {
    "format": _format,
    "concat": _concat,
    "tolower": _cased("tolower", str.lower),
    "toupper": _cased("toupper", str.upper),
    "trim": lambda text: _str(text).strip(),
    "replace": _replace,
    "substring": _substring,
    "split": _split,
    "join": _join,
    "length": _length,
    "empty": _empty,
    "contains": _contains_somewhere,
    "startswith": _starts,
    "endswith": lambda text, end: _str(text).lower().endswith(_str(end).lower()),
    "indexof": _found_at(last=False),
    "lastindexof": _found_at(last=True),
    "padleft": _padded,
    "first": _first,
    "last": _last,
    "take": _taken,
    "skip": _skipped,
    "union": _union,
    "shallowmerge": _shallow,
    "intersection": _intersection,
    "flatten": _flatten,
    "createarray": lambda *items: list(items),
    "createobject": _object,
    "array": lambda value: value if isinstance(value, list) else [_known(value)],
    "string": _string,
    "int": _number,
    "bool": _boolean,
    "json": lambda text: json.loads(_str(text)),
    "base64": lambda text: base64.b64encode(_str(text).encode()).decode(),
    "base64tostring": _base64_text,
    "base64tojson": lambda text: json.loads(_base64_text(text)),
    "uricomponent": lambda text: quote(_str(text), safe="-_.!~*'()"),
    "uricomponenttostring": lambda text: unquote(_str(text)),
    "equals": same,
    "nullif": _null_if_same,
    "less": _ordered(lambda one, other: one < other),  # type: ignore[operator]
    "lessorequals": _ordered(lambda one, other: one <= other),  # type: ignore[operator]
    "greater": _ordered(lambda one, other: one > other),  # type: ignore[operator]
    "greaterorequals": _ordered(lambda one, other: one >= other),  # type: ignore[operator]
    "add": _whole(lambda one, other: one + other),
    "sub": _whole(lambda one, other: one - other),
    "mul": _whole(lambda one, other: one * other),
    "div": _whole(_divided),
    "mod": _whole(lambda one, other: one - other * _divided(one, other)),
    "min": lambda *arguments: min(_numbers(arguments)),
    "max": lambda *arguments: max(_numbers(arguments)),
    "range": _range,
    "items": _items,
    "objectkeys": lambda value: list(_dict(value)),
    "tryget": try_get,
    "indexfromend": _from_end,
    "tryindexfromend": lambda items, back: _from_end(
        [None, *_list(items)], min(_int(back), len(_list(items)) + 1)
    ),
    "not": _not,
    "null": lambda: None,
    "true": lambda: True,
    "false": lambda: False,
}
