"""Values of ARM expressions, some of which nobody can know before a deployment runs.

What is not known is a value too: it keeps the words that stand for it, goes through every function, and is
never turned into a guess.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Union

LARGEST: Final = 5_000
"""Values inside one value."""

_LONGEST: Final = 300
_MOST_PARTS: Final = 40


class Hole(str):
    """The part of a text that is not known: the expression that stands for it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not known, or a text that is known in part."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        if len(self.parts) == 1 and isinstance(self.parts[0], Hole):
            return self.parts[0]
        return "".join(f"${{{one}}}" if isinstance(one, Hole) else one for one in self.parts)


Value = Union[None, bool, int, float, str, Unknown, list["Value"], dict[str, "Value"]]  # noqa: UP007 -- names in quotes


def unknown(words: str) -> Unknown:
    """A value of which only the expression is known; a long one keeps its identity by a digest."""
    if len(words) > _LONGEST:
        words = f"{words[:_LONGEST]}…{hashlib.sha256(words.encode()).hexdigest()[:8]}"
    return Unknown((Hole(words),))


def called(name: str, arguments: Iterable[Value]) -> Unknown:
    """What a function would be of these arguments."""
    return unknown(f"{name}({', '.join(shown(one) for one in arguments)})")


def shown(value: Value) -> str:
    """A value within the words of an expression."""
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, dict):
        return "{…}" if value else "{}"
    if isinstance(value, list):
        return "[…]" if value else "[]"
    return (
        {None: "null", True: "true", False: "false"}.get(value) or str(value)
        if isinstance(value, bool | None)
        else str(value)
    )


def has_unknown(value: Value) -> bool:
    """Whether anything in a value is not known."""
    if isinstance(value, dict):
        return any(has_unknown(one) for one in value.values())
    if isinstance(value, list):
        return any(has_unknown(one) for one in value)
    return isinstance(value, Unknown)


def size(value: Value) -> int:
    """Values in a value, counted as far as `LARGEST`: what is shared within it counts each time."""
    count, level = 0, [value]
    while level and count <= LARGEST:
        one = level.pop()
        count += 1
        if isinstance(one, dict):
            level.extend(one.values())
        elif isinstance(one, list):
            level.extend(one)
        elif isinstance(one, Unknown):
            count += len(one.parts)
    return count


def bounded(value: Value, words: str) -> Value:
    """The value, or only its words where it is larger than anything of a deployment is."""
    return unknown(words) if size(value) > LARGEST else value


def joined(texts: Iterable[Value]) -> Value:
    """Texts one after the other; numbers and truth values as ARM writes them."""
    parts: list[str] = []
    for one in texts:
        if isinstance(one, Unknown):
            parts += one.parts
        elif isinstance(one, bool):
            parts.append("True" if one else "False")
        elif isinstance(one, str | int):
            parts.append(str(one))
        else:
            return called("concat", texts)
    if len(parts) > _MOST_PARTS:
        return called("concat", parts)
    if any(isinstance(part, Hole) for part in parts):
        return Unknown(tuple(part for part in parts if part))
    return "".join(parts)


def at(value: object, key: Value) -> tuple[bool, Value]:
    """A property or an item, and whether it is there; names have no case in ARM."""
    if isinstance(value, Mapping) and isinstance(key, str):
        for name, inner in value.items():
            if name.lower() == key.lower():
                return True, inner
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return True, value[key]
    return False, None
