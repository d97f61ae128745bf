"""JSON as ARM may send it, and nothing beyond.

Rule of this module: an answer is read whole or not at all. Two equal keys, NaN, a number that is no number
of ours, a lone surrogate or a depth that no resource has make it unreadable: what two readers could
understand differently must not decide a write.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

DEEPEST = 64
"""Levels of nesting; ARM's deepest known resource has nine."""

MOST_VALUES = 500_000
"""Values in one answer, nearly: three bytes can take seventy in memory. ARM's longest lists have a tenth."""

_DIGITS = 20
_LONG_NUMBER = b"0" * (_DIGITS + 1)
_ZEROS = bytes.maketrans(b"123456789", b"000000000")
# Each key of the text ends like this; so may a text that is no key.
_KEY_END = re.compile(rb'"[ \t\r\n]*:')


class NotUnderstood(Exception):  # noqa: N818 -- a state of an answer; the session decides what it means
    """The bytes are not JSON that we accept; the text says why."""


def parse(body: bytes) -> object:
    """The JSON value in `body` (UTF-8, a byte order mark is forgiven); raises Unreadable."""
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:  # before any of them is built
        raise NotUnderstood(f"it has more than {MOST_VALUES} values")
    try:
        text = body.decode("utf-8-sig")
        long = _LONG_NUMBER in body.translate(_ZEROS)
        value: object = (_CAREFUL if long else _QUICK).decode(text)
        if _keys(value) != _key_ends(body) and not long:
            value = _CAREFUL.decode(text)
    except UnicodeDecodeError as problem:
        raise NotUnderstood("it is not UTF-8") from problem
    except json.JSONDecodeError as problem:
        raise NotUnderstood(f"it is not JSON ({problem.msg} at character {problem.pos})") from problem
    except RecursionError as problem:
        raise NotUnderstood(f"it is nested deeper than {DEEPEST} levels") from problem
    if b"\\u" in body:
        _inspect_texts(value)
    return value


def parse_object(body: bytes) -> dict[str, object]:
    """The JSON object in `body`; raises Unreadable for anything else."""
    value = parse(body)
    if not isinstance(value, dict):
        raise NotUnderstood("it is JSON, but not an object")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotUnderstood("an object has the same key twice")
    return found


def _constant(word: str) -> float:
    raise NotUnderstood(f"{word} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise NotUnderstood(f"it has an integer of {len(digits)} digits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise NotUnderstood("it has a number that is too large")
    return value


# A hook is a call for each object or number, and a region's models list has thousands: it is used only
# where the number of keys leaves it open whether one stands twice in an object.
_QUICK = json.JSONDecoder(parse_constant=_constant, parse_float=_number)
_CAREFUL = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_number
)


def _key_ends(body: bytes) -> int:
    """How often a key may end in a text; compact JSON, as ARM sends it, is counted fifty times as fast."""
    # to look for one byte takes a tenth of the time for two, and most answers hold no blank at all
    if any(blank in body and b'"' + blank in body for blank in (b" ", b"\t", b"\r", b"\n")):
        return len(_KEY_END.findall(body))
    # a text may hold JSON itself, as the models of model-router do: a quote behind one backslash ends no key
    within = 0 if b'\\\\"' in body else body.count(b'\\":')
    return body.count(b'":') - within


def _keys(value: object) -> int:
    """The number of keys in a value, which must not be too deep; without recursion, for it may be."""
    found = 0
    level = [value]
    for _ in range(DEEPEST):
        below: list[object] = []
        for item in level:
            if type(item) is dict:
                found += len(item)
                below += [inner for inner in item.values() if type(inner) is dict or type(inner) is list]
            elif type(item) is list:
                below += item
        if not below:
            return found
        level = below
    raise NotUnderstood(f"it is nested deeper than {DEEPEST} levels")


def _inspect_texts(value: object) -> None:
    """Refuse halves of surrogate pairs, which only an escape can bring in."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            todo += [*item, *item.values()]
        elif isinstance(item, list):
            todo += item
        elif (
            isinstance(item, str)
            and not item.isascii()
            and any("\ud800" <= each <= "\udfff" for each in item)
        ):
            raise NotUnderstood("it has half of a surrogate pair")
