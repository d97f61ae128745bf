"""Columns, paragraphs and lists of names: how text is laid out, whatever it is about.

Rule of this module: it places text and never changes it; what it is given is already inert.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")
K = TypeVar("K")

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_PIECE = re.compile(f"{_ESCAPE.pattern}|.", re.DOTALL)
_FRACTION = re.compile(r"(?<=T\d\d:\d\d:\d\d)\.\d+")


def cells(text: str) -> int:
    """How many columns of a terminal `text` takes; colours take none, wide characters two."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    return sum(map(_columns_of, _ESCAPE.sub("", text)))


@lru_cache(maxsize=4096)
def _columns_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, width: int, *, right: bool = False) -> str:
    """`text` filled up with spaces to `width` columns."""
    space = " " * max(0, width - cells(text))
    return space + text if right else text + space


def columns(
    rows: Sequence[Sequence[str]], *, right: Collection[int] = (), gap: int = 2, indent: str = ""
) -> list[str]:
    """Rows as lines with aligned columns; the columns numbered in `right` are aligned there."""
    if not rows:
        return []
    widths = [max(cells(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        indent
        + (" " * gap)
        .join(
            padded(text, width, right=column in right)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        .rstrip()
        for row in rows
    ]


def stacked(
    rows: Sequence[Sequence[str]], *, width: int, first: int, right: Collection[int] = (), indent: str = ""
) -> list[list[str]]:
    """The lines of each row: one with aligned columns where all rows fit into `width` columns.

    Else two: the `first` columns, which name the row, and below them the others. No name is ever shortened,
    for two that begin alike would then look alike.
    """
    whole = columns(rows, right=right, indent=indent)
    if all(cells(line) <= width for line in whole):
        return [[line] for line in whole]
    names = columns([row[:first] for row in rows], indent=indent)
    rest = columns(
        [row[first:] for row in rows], right={n - first for n in right}, indent=f"{indent}{' ' * 6}"
    )
    return [
        [part for line in pair if line.strip() for part in broken(line, width, hanging=f"{indent}{' ' * 8}")]
        for pair in zip(names, rest, strict=True)
    ]


def broken(line: str, width: int, *, hanging: str) -> list[str]:
    """A line as it is where it fits into `width` columns, else wrapped."""
    if cells(line) <= width:
        return [line]
    text = line.lstrip(" ")
    return paragraph(text, width=width, indent=line[: len(line) - len(text)], hanging=hanging)


def shortened(text: str, width: int, *, ellipsis: str = "…") -> str:
    """`text` in at most `width` columns, its middle left out: names differ at both ends."""
    if cells(text) <= width:
        return text
    room = max(2, width - cells(ellipsis))
    head, tail = text, text
    while cells(head) > room - room // 2:
        head = head[:-1]
    while cells(tail) > room // 2:
        tail = tail[1:]
    return f"{head}{ellipsis}{tail}"


def paragraph(text: str, *, width: int, indent: str = "", hanging: str | None = None) -> list[str]:
    """`text` in lines of at most `width` columns; a word longer than a line is broken, if it must be."""
    hanging = indent if hanging is None else hanging
    width = max(width, len(indent) + 20, len(hanging) + 20)
    text = text.strip()
    if text and text.isascii() and len(indent) + len(text) <= width:
        return [indent + text]
    lines, line, space, empty = list[str](), indent, "", True
    for piece in re.findall(r"\s+|\S+", text):
        if piece.isspace():
            space = piece
            continue
        word = piece
        while cells(line) + (0 if empty else len(space)) + cells(word) > width:
            if empty:
                fits = _prefix(word, width - cells(line))
                lines.append(line + word[:fits])
                # An order to a build system must not come to stand at the start of a line.
                word = f"\\{word[fits:]}" if word.startswith("::", fits) else word[fits:]
            else:
                lines.append(line)
            line, empty = hanging, True
        line, empty = f"{line}{'' if empty else space}{word}", False
    return [*lines, line] if not empty else lines


def clauses(text: str, *, width: int) -> list[str]:
    """A line that counts things, broken behind its commas and the like and nowhere else."""
    glued = re.sub(r"(?<![,;:]) ", "\ue000", text)
    return [line.replace("\ue000", " ") for line in paragraph(glued, width=width, hanging="  ")]


def _prefix(word: str, width: int) -> int:
    """How many characters of a word fit into `width` columns; up to a slash, where one stands well."""
    fits = taken = 0
    for piece in _PIECE.findall(word):
        taken += cells(piece)
        if taken > width and fits:
            break
        fits += len(piece)
    slash = word.rfind("/", 0, fits) + 1
    return slash if slash > fits // 2 else fits


def alike(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Items by what is alike in them, in the order in which the first of each comes."""
    found: dict[K, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found


def listed(names: Sequence[str], most: int = 10) -> str:
    """The first names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def whole_seconds(moment: str | None) -> str:
    """ARM's time without the fraction that it has to seven digits; text that is no time stays as it is."""
    return _FRACTION.sub("", moment or "")


def seconds(milliseconds: int) -> str:
    """A duration as a person says it: ``0.4 s``, ``12 s``, ``3 min 5 s``."""
    if milliseconds < 9_950:
        return f"{milliseconds / 1000:.1f} s"
    whole = round(milliseconds / 1000)
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes else f"{whole} s"
