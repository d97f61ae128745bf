"""JSON as ARM may send it, and nothing beyond.

Rule of this module: an answer is read whole or not at all. Two equal keys, NaN, a number that is no number
of ours, a lone surrogate or a depth that no resource has make it unreadable: what two readers could
understand differently must not decide a write.
"""

from __future__ import annotations

import json
import math
from typing import Any

DEEPEST = 64
"""Levels of nesting; ARM's deepest known resource has nine."""

MOST_VALUES = 500_000
"""Values in one answer, nearly: three bytes can take seventy in memory. ARM's longest lists have a tenth."""

_DIGITS = 20


class Unreadable(Exception):  # noqa: N818 -- a state of an answer; the session decides what it means
    """The bytes are not JSON that we accept; the text says why."""


def parse(body: bytes) -> object:
    """The JSON value in `body` (UTF-8, a byte order mark is forgiven); raises Unreadable."""
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:  # before any of them is built
        raise Unreadable(f"it has more than {MOST_VALUES} values")
    try:
        value: object = json.loads(
            body.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except UnicodeDecodeError as problem:
        raise Unreadable("it is not UTF-8") from problem
    except json.JSONDecodeError as problem:
        raise Unreadable(f"it is not JSON ({problem.msg} at character {problem.pos})") from problem
    except RecursionError as problem:
        raise Unreadable(f"it is nested deeper than {DEEPEST} levels") from problem
    _inspect(value)
    return value


def parse_object(body: bytes) -> dict[str, object]:
    """The JSON object in `body`; raises Unreadable for anything else."""
    value = parse(body)
    if not isinstance(value, dict):
        raise Unreadable("it is JSON, but not an object")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("an object has the same key twice")
    return found


def _constant(word: str) -> float:
    raise Unreadable(f"{word} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise Unreadable(f"it has an integer of {len(digits)} digits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise Unreadable("it has a number that is too large")
    return value


def _inspect(value: object) -> None:
    """Check depth and text without recursion: the value may be as deep as the parser could go."""
    level: list[object] = [value]
    for _ in range(DEEPEST):
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, str) and not item.isascii() and not _encodes(item):
                raise Unreadable("it has half of a surrogate pair")
        if not below:
            return
        level = below
    raise Unreadable(f"it is nested deeper than {DEEPEST} levels")


def _encodes(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
