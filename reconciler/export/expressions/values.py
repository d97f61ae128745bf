"""Values of ARM expressions, some of which nobody can know before a deployment runs.

A value is known, unknown, or a choice between two values by a condition that is unknown. What is unknown
keeps the words that stand for it, goes through every function, and is never turned into a guess.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Union

from reconciler.domain.deployment import JsonValue

LARGEST: Final = 5_000
"""Values inside one value; each 64 characters of a text count as one more, so the longest has 320,000."""

_CHARACTERS: Final = 64

MOST_NUMBERS: Final = 10_000
"""Numbers in one `range`."""

_LONGEST: Final = 300
_LONGEST_INNER: Final = 60
_MOST_PARTS: Final = 40


class Undecided(Exception):  # noqa: N818 -- an answer too
    """No answer follows: it depends on something unknown, or the arguments are of the wrong kind."""


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
        return "".join(f"${{{part}}}" if isinstance(part, Hole) else part for part in self.parts)

    @property
    def is_text(self) -> bool:
        """Whether it is a text that is not empty for certain: a part of it is known."""
        return any(not isinstance(part, Hole) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of two values; `condition` is the expression, not known, that decides."""

    condition: str
    yes: Value
    no: Value

    def __str__(self) -> str:
        return f"if({self.condition}, {shown(self.yes)}, {shown(self.no)})"

    def each(self, make: Callable[[Value], Value]) -> Value:
        """What is made of each of the two, by the same condition."""
        return choice(self.condition, make(self.yes), make(self.no))


Value = Union[  # noqa: UP007 -- names in quotes
    None, bool, int, float, str, Unknown, Choice, list["Value"], dict[str, "Value"]
]
Open = Unknown | Choice
"""A value that is not known as a whole."""


def as_value(known: JsonValue) -> Value:
    """JSON as a value, all of which is known."""
    return known  # type: ignore[return-value]  # parsed JSON has lists and dicts where JsonValue has more


def unknown(words: str) -> Unknown:
    """A value of which only the expression is known; a long one keeps its identity by a digest."""
    return Unknown((Hole(_limited(words, _LONGEST)),))


def _limited(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[:most]}…{digest(words)}"


def digest(words: str) -> str:
    """Eight characters that differ where two long texts do."""
    return hashlib.sha256(words.encode()).hexdigest()[:8]


def called(name: str, arguments: Iterable[Value]) -> Unknown:
    """What a function would be of these arguments."""
    return unknown(f"{name}({', '.join(shown(argument) for argument in arguments)})")


def shown(value: Value) -> str:
    """A value within the words of an expression; different values are shown differently."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, dict):
        inner = ", ".join(f"{name}: {shown(item)}" for name, item in value.items())
        return "{" + _limited(inner, _LONGEST_INNER) + "}"
    if isinstance(value, list):
        return "[" + _limited(", ".join(map(shown, value)), _LONGEST_INNER) + "]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return str(value)


def has_open(value: Value) -> bool:
    """Whether anything in a value is not known."""
    if isinstance(value, dict):
        return any(has_open(item) for item in value.values())
    if isinstance(value, list):
        return any(has_open(item) for item in value)
    return isinstance(value, Open)


def size(value: Value) -> int:
    """Values in a value, counted as far as `LARGEST`: what is shared within it counts each time."""
    count, level = 0, [value]
    while level and count <= LARGEST:
        item = level.pop()
        count += 1
        if isinstance(item, dict):
            level.extend(item.values())
        elif isinstance(item, list):
            level.extend(item)
        elif isinstance(item, Choice):
            level += [item.yes, item.no]
        elif isinstance(item, Unknown):
            count += len(item.parts) + sum(map(len, item.parts)) // _CHARACTERS
        elif isinstance(item, str):
            count += len(item) // _CHARACTERS
    return count


def bounded(value: Value, words: str) -> Value:
    """The value, or only its words where it is larger than anything of a deployment is."""
    return unknown(words) if size(value) > LARGEST else value


# -- choices -------------------------------------------------------------------------------------


def choice(condition: str, yes: Value, no: Value) -> Value:
    """One of two values; known at once where both are the same."""
    yes, no = restricted(yes, condition, holds=True), restricted(no, condition, holds=False)
    return yes if alike(yes, no) else Choice(condition, yes, no)


def restricted(value: Value, condition: str, *, holds: bool) -> Value:
    """What a value is where a condition holds, or where it does not."""
    if isinstance(value, Choice):
        if value.condition == condition:
            return restricted(value.yes if holds else value.no, condition, holds=holds)
        return value.each(lambda item: restricted(item, condition, holds=holds))
    if isinstance(value, dict):
        return {name: restricted(item, condition, holds=holds) for name, item in value.items()}
    if isinstance(value, list):
        return [restricted(item, condition, holds=holds) for item in value]
    return value


def conditions(values: Iterable[Value]) -> Iterator[str]:
    """The conditions on which values depend, wherever in them."""
    for value in values:
        if isinstance(value, Choice):
            yield value.condition
        elif isinstance(value, dict):
            yield from conditions(value.values())
        elif isinstance(value, list):
            yield from conditions(value)


def truth(value: Value) -> bool | str:
    """A condition: true, false, or the words on which it depends."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Choice):
        if value.yes is True and value.no is False:
            return value.condition
        if value.yes is False and value.no is True:
            return f"not({value.condition})"
    return shown(value)


# -- comparing -----------------------------------------------------------------------------------


def alike(value: Value, other: Value) -> bool:
    """Whether two values are written the same, what is unknown in them included; 1 is not true."""
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(
            alike(inner, other[name]) for name, inner in value.items()
        )
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(alike, value, other))
    if isinstance(value, Choice) and isinstance(other, Choice):
        return (
            value.condition == other.condition and alike(value.yes, other.yes) and alike(value.no, other.no)
        )
    return type(value) is type(other) and value == other


def same(value: Value, other: Value) -> bool:
    """Whether two values are equal; Undecided where that depends on what is unknown."""
    if isinstance(value, Open) or isinstance(other, Open):
        raise Undecided
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and not any_same(
            ((value[name], other[name]) for name in value), wanted=False
        )
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and not any_same(zip(value, other, strict=True), wanted=False)
    return type(value) is type(other) and value == other


def any_same(pairs: Iterable[tuple[Value, Value]], *, wanted: bool = True) -> bool:
    """Whether any pair is equal, or not where that is `wanted`: one decides, whatever is undecided."""
    doubt = False
    for item, other in pairs:
        try:
            if same(item, other) is wanted:
                return True
        except Undecided:
            doubt = True
    if doubt:
        raise Undecided
    return False


# -- texts and places ----------------------------------------------------------------------------


def joined(texts: Iterable[Value]) -> Value:
    """Texts one after the other; numbers and truth values as ARM writes them."""
    given = list(texts)
    parts: list[str] = []
    for item in given:
        if isinstance(item, Unknown):
            parts += item.parts
        elif isinstance(item, bool):
            parts.append("True" if item else "False")
        elif isinstance(item, str | int):
            parts.append(str(item))
        else:
            raise Undecided
    if len(parts) > _MOST_PARTS or sum(map(len, parts)) > LARGEST * _CHARACTERS:
        raise Undecided
    return _whole(parts)


def _whole(parts: Iterable[str]) -> Value:
    """Parts as one text, without empty ones, neighbours that are known made one."""
    made: list[str] = []
    for part in parts:
        if not part:
            continue
        if made and not isinstance(part, Hole) and not isinstance(made[-1], Hole):
            made[-1] += part
        else:
            made.append(part)
    return Unknown(tuple(made)) if any(isinstance(part, Hole) for part in made) else "".join(made)


def segments(name: Value) -> list[Value]:
    """What stands between the slashes of a name; a segment may be known in part."""
    if isinstance(name, Choice):
        yes, no = segments(name.yes), segments(name.no)
        if len(yes) == len(no):
            return [choice(name.condition, item, other) for item, other in zip(yes, no, strict=True)]
        return [name]
    if not isinstance(name, Unknown):
        return list(name.split("/")) if isinstance(name, str) else [name]
    parts: list[list[str]] = [[]]
    for part in name.parts:
        if isinstance(part, Hole):
            parts[-1].append(part)
            continue
        first, *rest = part.split("/")
        parts[-1].append(first)
        parts += [[item] for item in rest]
    return [_whole(item) for item in parts]


def at(value: object, key: Value) -> tuple[bool, Value]:
    """A property or an item, and whether it is there; names have no case in ARM."""
    if isinstance(value, Mapping) and isinstance(key, str):
        if key in value:
            return True, value[key]
        for name, inner in value.items():
            if name.lower() == key.lower():
                return True, inner
    number = key if isinstance(key, int) and not isinstance(key, bool) else -1
    if isinstance(value, list) and 0 <= number < len(value):
        return True, value[number]
    return False, None


def settled(value: Value, path: str, open_paths: dict[str, str]) -> JsonValue:
    """A value without what is not known, whose paths and words are noted."""
    if isinstance(value, Choice) and isinstance(value.yes, dict) and isinstance(value.no, dict):
        value = {
            name: choice(value.condition, at(value.yes, name)[1], at(value.no, name)[1])
            for name in {**value.yes, **value.no}
        }
    if isinstance(value, Open):
        open_paths[path.rstrip(".")] = str(value)
        return None
    if isinstance(value, dict):
        found = {key: settled(inner, f"{path}{key}.", open_paths) for key, inner in value.items()}
        return {key: inner for key, inner in found.items() if inner is not None}
    if isinstance(value, list):
        unknown_before = len(open_paths)
        items = [settled(item, path, open_paths) for item in value]
        return None if len(open_paths) > unknown_before else items
    return value
