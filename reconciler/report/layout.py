"""Columns, paragraphs and counted words: how text is laid out, whatever it is about.

Rule of this module: it places text and never changes it; what it is given is already inert.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Collection, Mapping, Sequence

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_FRACTION = re.compile(r"(?<=T\d\d:\d\d:\d\d)\.\d+")


def cells(text: str) -> int:
    """How many columns of a terminal `text` takes; colours take none, wide characters two."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    plain = _ESCAPE.sub("", text)
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in plain
    )


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


def fitted(
    rows: Sequence[Sequence[str]],
    *,
    width: int,
    least: Mapping[int, int],
    right: Collection[int] = (),
    indent: str = "",
    ellipsis: str = "…",
) -> list[str]:
    """As `columns`, but no wider than `width` as far as that can be had by shortening.

    `least` names the columns that may be shortened, with what must stay of each; the widest gives way first.
    """
    if not rows:
        return []
    widths = [max(cells(row[column]) for row in rows) for column in range(len(rows[0]))]
    room = width - cells(indent) - 2 * (len(widths) - 1)
    while sum(widths) > room:
        able = [column for column in least if widths[column] > least[column]]
        if not able:
            break
        widths[max(able, key=lambda column: widths[column])] -= 1
    cut = [
        [shortened(text, widths[column], ellipsis=ellipsis) for column, text in enumerate(row)]
        for row in rows
    ]
    return columns(cut, right=right, indent=indent)


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
    """`text` in lines of at most `width` columns; a longer word, such as an id, stays whole."""
    return textwrap.wrap(
        text,
        width=max(width, len(indent) + 20),
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


_IRREGULAR: Mapping[str, str] = {"is": "are", "entry": "entries"}


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``1 file``, ``2 files``."""
    return f"{number} {noun if number == 1 else _IRREGULAR.get(noun, noun + 's')}"


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
