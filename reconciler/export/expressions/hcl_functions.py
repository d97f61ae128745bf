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

from reconciler.export.expressions.functions import LARGEST
from reconciler.export.expressions.values import (
    MOST_NUMBERS,
    Open,
    Undecided,
    Unknown,
    Value,
    has_open,
    joined,
    same,
)

Function = Callable[..., Value]


def answer_hcl(name: str, arguments: list[Value]) -> Value:
    """The value of a function; raises Undecided for one that is not known or does not take these."""
    function = HCL_FUNCTIONS.get(name)
    if function is None:
        raise Undecided(name)
    try:
        found = function(*arguments)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, RecursionError, re.error) as wrong:
        raise Undecided(name) from wrong
    if isinstance(found, str | list | dict) and len(found) > LARGEST:
        raise Undecided(name)
    return found


def text_of(value: Value) -> Value:
    """A value inside a text."""
    if isinstance(value, Unknown | str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    raise Undecided


def _known(value: Value) -> Value:
    if isinstance(value, Open):
        raise Undecided
    return value


def _str(value: Value) -> str:
    made = text_of(value)
    if not isinstance(made, str):
        raise Undecided
    return made


def _list(value: Value) -> list[Value]:
    if isinstance(value, list):
        return value
    raise Undecided


def _dict(value: Value) -> dict[str, Value]:
    if isinstance(value, dict):
        return value
    raise Undecided


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


def _merge(*objects: Value) -> Value:
    made: dict[str, Value] = {}
    for one in objects:
        if one is not None:
            made |= _dict(one)
    return made


def _coalesce(*values: Value) -> Value:
    for one in values:
        if isinstance(one, Unknown) and one.is_text:
            return one
        if _known(one) not in (None, ""):
            return one
    raise Undecided


def _distinct(items: Value) -> Value:
    made: list[Value] = []
    for one in _list(items):
        if not any(same(one, known) for known in made):
            made.append(one)
    return made


def _contains(items: Value, what: Value) -> Value:
    doubt = False
    for one in _list(items):
        try:
            if same(one, what):
                return True
        except Undecided:
            doubt = True
    if doubt:
        raise Undecided
    return False


def _lookup(items: Value, key: Value, *default: Value) -> Value:
    there, wanted = _dict(items), _str(key)
    return there[wanted] if wanted in there else default[0]


def _flatten(items: Value) -> Value:
    made: list[Value] = []
    for one in _list(items):
        if isinstance(one, list):
            made += _list(_flatten(one))
        else:
            made.append(_known(one) if isinstance(one, Unknown) and not one.is_text else one)
    return made


def _set(items: Value) -> Value:
    made = _list(_distinct(items))
    return sorted(made, key=str) if all(isinstance(one, str) for one in made) else made


def _substr(text: Value, offset: Value, length: Value) -> Value:
    whole, start, many = _str(text), _int(offset), _int(length)
    return whole[start:] if many < 0 else whole[start : start + many]


def _replace(text: Value, old: Value, new: Value) -> Value:
    sought, instead = _str(old), _str(new)
    if len(sought) > 1 and sought[0] == sought[-1] == "/":
        raise Undecided  # a regular expression of another dialect
    whole = _str(text)
    if len(whole) * max(1, len(instead)) > LARGEST * 10:
        raise Undecided
    return whole.replace(sought, instead)


def _json_text(value: Value) -> Value:
    if has_open(value):
        raise Undecided
    return json.dumps(value, separators=(",", ":"))


def _cased(change: Callable[[str], str]) -> Function:
    return lambda text: change(_str(text))


def _hashed(name: str) -> Function:
    """Names of accounts are made of hashes; no secret hangs on one."""
    return lambda text: hashlib.new(name, _str(text).encode(), usedforsecurity=False).hexdigest()


def _join(by: Value, items: Value) -> Value:
    pieces: list[Value] = []
    for number, one in enumerate(_list(items)):
        pieces += [by, text_of(one)] if number else [text_of(one)]
    return joined(pieces)


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
    "join": _join,
    "length": lambda value: len(value) if isinstance(value, str) else len(_list_or_dict(value)),
    "lookup": _lookup,
    "merge": _merge,
    "concat": lambda *lists: [item for one in lists for item in _list(one)],
    "coalesce": _coalesce,
    "coalescelist": lambda *lists: next(one for one in lists if _list(one)),
    "compact": lambda items: [one for one in _list(items) if _known(one) not in (None, "")],
    "contains": _contains,
    "distinct": _distinct,
    "element": lambda items, at: _list(items)[_int(at) % len(_list(items))],
    "flatten": _flatten,
    "keys": lambda value: [*sorted(_dict(value))],
    "values": lambda value: [_dict(value)[key] for key in sorted(_dict(value))],
    "one": lambda items: _list(items)[0] if len(_list(items)) == 1 else _none_of(_list(items)),
    "range": lambda *ends: [*range(*(_int(one) for one in ends))][:MOST_NUMBERS],
    "reverse": lambda items: _list(items)[::-1],
    "sort": lambda items: [*sorted(_str(one) for one in _list(items))],
    "slice": lambda items, start, end: _list(items)[_int(start) : _int(end)],
    "setunion": lambda *sets: _set([item for one in sets for item in _list(one)]),
    "tolist": lambda value: _list(value),  # noqa: PLW0108 -- a list is one already
    "toset": _set,
    "tomap": lambda value: _dict(value),  # noqa: PLW0108 -- a map is one already
    "tostring": lambda value: value if value is None else text_of(value),
    "tonumber": lambda value: value if value is None else _int(value),
    "tobool": lambda value: {"true": True, "false": False}[_str(value)],
    "zipmap": lambda keys, values: dict(zip((_str(one) for one in _list(keys)), _list(values), strict=True)),
    "min": lambda *numbers: min(_int(one) for one in numbers),
    "max": lambda *numbers: max(_int(one) for one in numbers),
    "abs": lambda number: abs(_int(number)),
    "jsonencode": _json_text,
    "jsondecode": lambda text: json.loads(_str(text)),
    **{name: _hashed(name) for name in ("md5", "sha1", "sha256", "sha512")},
    "base64encode": lambda text: base64.b64encode(_str(text).encode()).decode(),
    "nonsensitive": _known,
}


def _list_or_dict(value: Value) -> list[Value] | dict[str, Value]:
    return _dict(value) if isinstance(value, dict) else _list(value)


def _none_of(items: list[Value]) -> Value:
    if items:
        raise ValueError
    return None


def as_number(value: Value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Undecided
    return value


def negated(_name: str, given: list[Value]) -> Value:
    if isinstance(given[0], bool):
        return not given[0]
    raise Undecided


def operated(sign: str, given: list[Value]) -> Value:
    one, other = given
    if sign in {"==", "!="}:
        return same(one, other) is (sign == "==")
    if sign in {"&&", "||"}:
        raise Undecided
    left, right = as_number(one), as_number(other)
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
