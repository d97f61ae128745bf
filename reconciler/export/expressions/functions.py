"""What ARM's template functions make of their arguments, of which some may be unknown in part.

A function is pure and either knows its answer or raises `Undecided`; it raises only when it has to look at
something unknown, so what it merely passes on may be. Functions whose answer depends on the deployment
(uniqueString, reference, utcNow) are not here. Meanings: "ARM template functions", learn.microsoft.com.
"""

from __future__ import annotations

import base64
import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

from reconciler.export.expressions.structures import (
    LARGEST,
    Function,
    answered,
    as_bool,
    as_items,
    as_mapping,
    as_number,
    as_text,
    distinct,
    index_of,
    interleaved,
    known,
    replaced,
    shallow_merge,
)
from reconciler.export.expressions.values import (
    MOST_NUMBERS,
    Choice,
    Hole,
    Undecided,
    Unknown,
    Value,
    any_same,
    at,
    called,
    has_open,
    joined,
    same,
)

_NUMBERS: Final = 2**63


def answer(name: str, arguments: list[Value]) -> Value:
    """The value of a function; raises Undecided for one that is not known or does not take these."""
    found = answered(FUNCTIONS, name, arguments)
    if isinstance(found, int) and abs(found) > _NUMBERS:
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
                Hole(part if part.startswith(f"{name}(") else f"{name}({part})")
                if isinstance(part, Hole)
                else function(part)
                for part in value.parts
            )
            return Unknown(tuple(parts))
        return function(as_text(value))

    return of


def _string(value: Value) -> Value:
    if isinstance(value, Unknown) and value.is_text:
        return value
    return _text(value)


_PLACE = re.compile(r"\{\{|\}\}|\{(\d{1,3})(?::([DN])(\d{1,2}))?\}")


def _format(pattern: Value, *arguments: Value) -> Value:
    """Composite formatting with `D` (digits) and `N` without decimals; other formats are not answered."""
    written, pieces, end = as_text(pattern), list[Value](), 0
    for place in _PLACE.finditer(written):
        pieces.append(_plain(written[end : place.start()]))
        end = place.end()
        if place[1] is None:
            pieces.append(place[0][0])
        else:
            value = arguments[int(place[1])]
            pieces.append(_numbered(value, place[2], int(place[3])) if place[2] else _in_text(value))
    return joined([*pieces, _plain(written[end:])])


def _plain(text: str) -> str:
    if "{" in text or "}" in text:
        raise ValueError
    return text


def _in_text(value: Value) -> Value:
    return value if isinstance(value, Unknown) else _text(value)


def _numbered(value: Value, form: str, digits: int) -> Value:
    number = as_number(value)
    sign = "-" if number < 0 else ""
    return f"{sign}{abs(number):0{digits}d}" if form == "D" else f"{number:,.{digits}f}"


def _concat(*arguments: Value) -> Value:
    if arguments and all(isinstance(argument, list) for argument in arguments):
        return [item for argument in arguments for item in as_items(argument)]
    if len(arguments) > 1 and all(
        isinstance(argument, Unknown) and not argument.is_text for argument in arguments
    ):
        raise Undecided  # they could be lists
    return joined(map(_in_text, arguments))


def _replace(text: Value, old: Value, new: Value) -> Value:
    if not as_text(old):
        raise ValueError
    return replaced(as_text(text), as_text(old), as_text(new))


def _substring(text: Value, start: Value, length: Value = None) -> Value:
    whole, first = as_text(text), as_number(start)
    end = len(whole) if length is None else first + as_number(length)
    if not 0 <= first <= end <= len(whole):
        raise ValueError
    return whole[first:end]


def _split(text: Value, by: Value) -> Value:
    signs = [by] if isinstance(by, str) else [as_text(each) for each in as_items(by)]
    return list(re.split("|".join(re.escape(sign) for sign in signs), as_text(text)))


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
        return at(where, as_text(what))[0]
    if isinstance(where, str):
        return _text(what) in where
    return any_same((item, what) for item in as_items(where))


def _found_at(last: bool) -> Function:
    def of(where: Value, what: Value) -> Value:
        if isinstance(where, list):
            if not last:
                return index_of(where, what)
            back = index_of(where[::-1], what)
            return back if back < 0 else len(where) - 1 - back
        text, sought = as_text(where).lower(), as_text(what).lower()
        return text.rfind(sought) if last else text.find(sought)

    return of


def _ordered(function: Callable[[Any, Any], bool]) -> Function:
    def of_two(value: Value, other: Value) -> Value:
        if type(value) is type(other) and isinstance(value, str | int) and isinstance(other, str | int):
            return function(value, other)
        raise TypeError

    return of_two


def _whole(function: Callable[[int, int], int]) -> Function:
    return lambda each, other: function(as_number(each), as_number(other))


def _divided(each: int, other: int) -> int:
    quotient = abs(each) // abs(other)
    return quotient if (each < 0) is (other < 0) else -quotient


def _number(value: Value) -> Value:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value.strip()):
        return int(value)
    return as_number(value)


def _padded(text: Value, width: Value, sign: Value = " ") -> Value:
    return _text(text).rjust(min(as_number(width), LARGEST), as_text(sign))


def _numbers(arguments: tuple[Value, ...]) -> Iterator[int]:
    given = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else arguments
    return (as_number(each) for each in given)


def _base64_text(value: Value) -> str:
    return base64.b64decode(as_text(value), validate=True).decode()


def _starts(text: Value, start: Value) -> Value:
    if isinstance(text, Unknown) and not isinstance(text.parts[0], Hole):
        known = text.parts[0].lower()
        if len(known) >= len(as_text(start)):
            return known.startswith(as_text(start).lower())
    return as_text(text).lower().startswith(as_text(start).lower())


def _union(*arguments: Value) -> Value:
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


def _intersection(*arguments: Value) -> Value:
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


def _from_end(items: Value, back: Value) -> Value:
    """An item counted from the end, the last being 1."""
    if as_number(back) < 1:
        raise ValueError
    return as_items(items)[-as_number(back)]


def _try_get(value: Value, *keys: Value) -> Value:
    """The value at a path, null where a step is not there."""
    for key in keys:
        known(key)
        if value is None:
            return None
        if not isinstance(value, dict | list):
            raise Undecided
        value = at(value, key)[1]
    return value


def _range(start: Value, count: Value) -> Value:
    first, many = as_number(start), as_number(count)
    if not 0 <= many <= MOST_NUMBERS:
        raise ValueError
    return list(range(first, first + many))


def _part(value: Value, start: int | None, end: int | None) -> Value:
    whole = value if isinstance(value, str) else as_items(value)
    return whole[start:end]


FUNCTIONS: Final[Mapping[str, Function]] = {
    "format": _format,
    "concat": _concat,
    "tolower": _cased("tolower", str.lower),
    "toupper": _cased("toupper", str.upper),
    "trim": lambda text: as_text(text).strip(),
    "replace": _replace,
    "substring": _substring,
    "split": _split,
    "join": lambda items, by: joined(map(_in_text, interleaved(as_items(items), by))),
    "length": _length,
    "empty": _empty,
    "contains": _contains,
    "startswith": _starts,
    "endswith": lambda text, end: as_text(text).lower().endswith(as_text(end).lower()),
    "indexof": _found_at(last=False),
    "lastindexof": _found_at(last=True),
    "padleft": _padded,
    "first": lambda value: value[:1] if isinstance(value, str) else as_items(value)[0],
    "last": lambda value: value[-1:] if isinstance(value, str) else as_items(value)[-1],
    "take": lambda value, count: _part(value, None, max(0, as_number(count))),
    "skip": lambda value, count: _part(value, max(0, as_number(count)), None),
    "union": _union,
    "shallowmerge": shallow_merge,
    "intersection": _intersection,
    "flatten": lambda value: [item for each in as_items(value) for item in as_items(each)],
    "createarray": lambda *items: list(items),
    "createobject": lambda *parts: dict(zip(map(as_text, parts[::2]), parts[1::2], strict=True)),
    "array": lambda value: value if isinstance(value, list) else [known(value)],
    "string": _string,
    "int": _number,
    "bool": lambda value: {"true": True, "false": False, "1": True, "0": False}[_text(value).lower()],
    "json": lambda text: json.loads(as_text(text)),
    "base64": lambda text: base64.b64encode(as_text(text).encode()).decode(),
    "base64tostring": _base64_text,
    "base64tojson": lambda text: json.loads(_base64_text(text)),
    "uricomponent": lambda text: quote(as_text(text), safe="-_.!~*'()"),
    "uricomponenttostring": lambda text: unquote(as_text(text)),
    "equals": same,
    "nullif": lambda each, other: None if same(each, other) else each,
    "less": _ordered(operator.lt),
    "lessorequals": _ordered(operator.le),
    "greater": _ordered(operator.gt),
    "greaterorequals": _ordered(operator.ge),
    "add": _whole(operator.add),
    "sub": _whole(operator.sub),
    "mul": _whole(operator.mul),
    "div": _whole(_divided),
    "mod": _whole(lambda each, other: each - other * _divided(each, other)),
    "min": lambda *arguments: min(_numbers(arguments)),
    "max": lambda *arguments: max(_numbers(arguments)),
    "range": _range,
    "items": lambda value: [{"key": k, "value": item} for k, item in sorted(as_mapping(value).items())],
    "objectkeys": lambda value: list(as_mapping(value)),
    "tryget": _try_get,
    "indexfromend": _from_end,
    "tryindexfromend": lambda items, back: _from_end(
        [None, *as_items(items)], min(as_number(back), len(as_items(items)) + 1)
    ),
    "not": lambda value: not as_bool(value),
    "null": lambda: None,
    "true": lambda: True,
    "false": lambda: False,
}
