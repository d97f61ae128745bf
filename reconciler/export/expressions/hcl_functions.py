"""What Terraform's functions make of their arguments, of which some may be unknown in part.

As in `functions`: a function answers, or raises Undecided where it would have to look at something unknown.
Meanings: "Functions", developer.hashicorp.com/terraform/language/functions.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from reconciler.export.expressions.structures import (
    Function,
    answered,
    as_items,
    as_mapping,
    distinct,
    interleaved,
    known,
    replaced,
    shallow_merge,
)
from reconciler.export.expressions.values import (
    MOST_NUMBERS,
    Undecided,
    Unknown,
    Value,
    any_same,
    has_open,
    joined,
    same,
)


def answer_hcl(name: str, arguments: list[Value]) -> Value:
    """The value of a function; raises Undecided for one that is not known or does not take these."""
    return answered(HCL_FUNCTIONS, name, arguments)


def text_of(value: Value) -> Value:
    """A value inside a text."""
    if isinstance(value, Unknown | str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    raise Undecided


def _str(value: Value) -> str:
    made = text_of(value)
    if not isinstance(made, str):
        raise Undecided
    return made


def _int(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Undecided
    return int(value)


def _format(pattern: Value, *arguments: Value) -> Value:
    pieces: list[Value] = []
    rest = list(arguments)
    end = 0
    written = _str(pattern)
    for place in re.finditer(r"%(%|0?\d*[sdvq])", written):
        pieces.append(written[end : place.start()])
        end = place.end()
        if place[1] == "%":
            pieces.append("%")
            continue
        value, form = rest.pop(0), place[1]
        if form in {"s", "v"}:
            pieces.append(text_of(value))
        elif form[-1] == "d":
            pieces.append(f"%{form}" % _int(value))
        else:
            raise Undecided
    if rest or "%" in re.sub(r"%(%|0?\d*[sdvq])", "", written):
        raise Undecided
    return joined([*pieces, written[end:]])


def _coalesce(*values: Value) -> Value:
    for value in values:
        if isinstance(value, Unknown) and value.is_text:
            return value
        if known(value) not in (None, ""):
            return value
    raise Undecided


def _lookup(items: Value, key: Value, *default: Value) -> Value:
    present, wanted = as_mapping(items), _str(key)
    return present[wanted] if wanted in present else default[0]


def _flatten(items: Value) -> Value:
    made: list[Value] = []
    for each in as_items(items):
        if isinstance(each, list):
            made += as_items(_flatten(each))
        else:
            made.append(known(each) if isinstance(each, Unknown) and not each.is_text else each)
    return made


def _set(items: Value) -> Value:
    made = distinct(as_items(items))
    return sorted(made, key=str) if all(isinstance(each, str) for each in made) else made


def _substr(text: Value, offset: Value, length: Value) -> Value:
    whole, start, many = _str(text), _int(offset), _int(length)
    return whole[start:] if many < 0 else whole[start : start + many]


def _replace(text: Value, old: Value, new: Value) -> Value:
    sought, instead = _str(old), _str(new)
    if len(sought) > 1 and sought[0] == sought[-1] == "/":
        raise Undecided  # a regular expression of another dialect
    return replaced(_str(text), sought, instead)


def _json_text(value: Value) -> Value:
    if has_open(value):
        raise Undecided
    return json.dumps(value, separators=(",", ":"))


def _cased(change: Callable[[str], str]) -> Function:
    return lambda text: change(_str(text))


def _hashed(name: str) -> Function:
    """Names of accounts are made of hashes; no secret hangs on one."""
    return lambda text: hashlib.new(name, _str(text).encode(), usedforsecurity=False).hexdigest()


def _single(items: Value) -> Value:
    if len(as_items(items)) > 1:
        raise Undecided
    return next(iter(as_items(items)), None)


HCL_FUNCTIONS: Final[Mapping[str, Function]] = {
    "format": _format,
    "lower": _cased(str.lower),
    "upper": _cased(str.upper),
    "title": _cased(str.title),
    "trimspace": _cased(str.strip),
    "trim": lambda text, signs: _str(text).strip(_str(signs)),
    "trimprefix": lambda text, start: _str(text).removeprefix(_str(start)),
    "trimsuffix": lambda text, end: _str(text).removesuffix(_str(end)),
    "startswith": lambda text, start: _str(text).startswith(_str(start)),
    "endswith": lambda text, end: _str(text).endswith(_str(end)),
    "replace": _replace,
    "substr": _substr,
    "split": lambda by, text: list(_str(text).split(_str(by))),
    "join": lambda by, items: joined(interleaved(map(text_of, as_items(items)), by)),
    "length": lambda value: len(value if isinstance(value, str | dict) else as_items(value)),
    "lookup": _lookup,
    "merge": lambda *objects: shallow_merge([each for each in objects if each is not None]),
    "concat": lambda *lists: [item for each in lists for item in as_items(each)],
    "coalesce": _coalesce,
    "coalescelist": lambda *lists: next(each for each in lists if as_items(each)),
    "compact": lambda items: [each for each in as_items(items) if known(each) not in (None, "")],
    "contains": lambda items, what: any_same((item, what) for item in as_items(items)),
    "distinct": lambda items: distinct(as_items(items)),
    "element": lambda items, at: as_items(items)[_int(at) % len(as_items(items))],
    "flatten": _flatten,
    "keys": lambda value: [*sorted(as_mapping(value))],
    "values": lambda value: [as_mapping(value)[key] for key in sorted(as_mapping(value))],
    "one": _single,
    "range": lambda *ends: [*range(*(_int(each) for each in ends))[:MOST_NUMBERS]],
    "reverse": lambda items: as_items(items)[::-1],
    "sort": lambda items: [*sorted(_str(each) for each in as_items(items))],
    "slice": lambda items, start, end: as_items(items)[_int(start) : _int(end)],
    "setunion": lambda *sets: _set([item for each in sets for item in as_items(each)]),
    "tolist": as_items,
    "toset": _set,
    "tomap": as_mapping,
    "tostring": lambda value: value if value is None else text_of(value),
    "tonumber": lambda value: value if value is None else _int(value),
    "tobool": lambda value: {"true": True, "false": False}[_str(value)],
    "zipmap": lambda keys, values: dict(
        zip((_str(each) for each in as_items(keys)), as_items(values), strict=True)
    ),
    "min": lambda *numbers: min(_int(each) for each in numbers),
    "max": lambda *numbers: max(_int(each) for each in numbers),
    "abs": lambda number: abs(_int(number)),
    "jsonencode": _json_text,
    "jsondecode": lambda text: json.loads(_str(text)),
    **{name: _hashed(name) for name in ("md5", "sha1", "sha256", "sha512")},
    "base64encode": lambda text: base64.b64encode(_str(text).encode()).decode(),
    "nonsensitive": known,
}


def as_number(value: Value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Undecided
    return value


def operated(sign: str, given: list[Value]) -> Value:
    each, other = given
    if sign in {"==", "!="}:
        return same(each, other) is (sign == "==")
    if sign in {"&&", "||"}:
        raise Undecided
    left, right = as_number(each), as_number(other)
    if sign in {"/", "%"} and right == 0:
        raise Undecided
    operators: Mapping[str, Callable[[], Value]] = {
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "/": lambda: left / right,
        "%": lambda: left % right,
        "<": lambda: left < right,
        ">": lambda: left > right,
        "<=": lambda: left <= right,
        ">=": lambda: left >= right,
    }
    made = operators[sign]()
    return int(made) if isinstance(made, float) and made.is_integer() else made
