"""The values of a manifest as they were written: plain Python that remembers where it stands.

A mapping is a dict with `Text` keys, a sequence a list, a scalar a str; so a tree can be merged, typed and
compared like any other value. Positions are character offsets into the file's text: lines and columns
are worked out only for what is shown. No scalar is ever a number, a date or a boolean here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from functools import cached_property
from typing import Final, Union

from reconciler.diagnostics import Route, Span

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BREAK = re.compile(r"\r\n|\r|\n")


class Text(str):
    """A scalar, or a key. `plain` says that it was written without quotes, so that it may mean a number."""

    __slots__ = ("end", "plain", "start")

    start: int
    end: int
    plain: bool

    @property
    def null(self) -> bool:
        """Whether YAML reads this as null: nothing, a tilde or the word, without quotes."""
        return self.plain and self in _NULLS

    def like(self, text: str) -> Text:
        """Another text that stands where this one does."""
        return Text.at(text, self.start, self.end)

    @classmethod
    def at(cls, text: str, start: int = 0, end: int = 0, *, plain: bool = False) -> Text:
        """A text that stands between two offsets; between noughts, nowhere yet."""
        made = cls(text)
        made.start, made.end, made.plain = start, end, plain
        return made


class Map(dict[str, "Node"]):
    """A mapping. Its keys are `Text`s, with their own positions; so are those that came through `<<`."""

    __slots__ = ("_written", "end", "start")

    start: int
    end: int
    _written: dict[str, Text]

    @classmethod
    def at(cls, pairs: Mapping[str, Node], start: int = 0, end: int = 0) -> Map:
        """A mapping that stands between two offsets; between noughts, nowhere yet."""
        made = cls(pairs)
        made.start, made.end = start, end
        return made

    def written(self, key: str) -> Text | None:
        """A key as it stands in the text, which tells where; None if there is none.

        Asked for findings only, so the way from equal text to the key itself is made when first needed.
        """
        try:
            found = self._written
        except AttributeError:
            found = self._written = {known: known for known in self if isinstance(known, Text)}
        return found.get(key)


class Items(list["Node"]):
    """A sequence."""

    __slots__ = ("end", "start")

    start: int
    end: int


Node = Union[Text, Map, Items]  # noqa: UP007 -- names quoted above need a runtime union


def node_at(node: object, route: Route) -> Node | None:
    """The value at a route; None where there is none."""
    for step in route:
        if isinstance(node, Map) and isinstance(step, str):
            node = node.get(step)
        elif isinstance(node, Items) and isinstance(step, int) and 0 <= step < len(node):
            node = node[step]
        else:
            return None
    return node if isinstance(node, Text | Map | Items) else None


class Lines:
    """Where the lines of a text begin, found once and only when somebody asks."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _beginnings(self) -> list[int]:
        return [0, *(match.end() for match in _BREAK.finditer(self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character offset, both from 1."""
        starts = self._beginnings
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> str | None:
        """The text of a line (from 1) without its line break; None beyond the last."""
        starts = self._beginnings
        if not 1 <= number <= len(starts):
            return None
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def span(self, start: int, end: int) -> Span:
        """The stretch between two offsets; what ends at the beginning of a line ends on the line before."""
        end = start + len(self.text[start:end].rstrip())
        line, column = self.position(start)
        end_line, end_column = self.position(end)
        return Span(line=line, column=column, end_line=end_line, end_column=end_column)

    def first_line(self, start: int, end: int) -> Span:
        """The part of a stretch that stands on its first line, for what is too long to underline whole."""
        line, column = self.position(start)
        starts = self._beginnings
        line_end = starts[line] if line < len(starts) else len(self.text)
        shown = self.text[start : min(end, line_end)].rstrip()
        return Span(line=line, column=column, end_line=line, end_column=column + len(shown))


def described(node: object) -> str:
    """What a value is, in the words of a message."""
    if isinstance(node, dict):
        return "a mapping"
    if isinstance(node, list):
        return "a list"
    if isinstance(node, Text) and node.null:
        return "null" if node else "nothing"
    return f"`{shortened(str(node))}`"


def shortened(text: str, most: int = 60) -> str:
    """A text on one line and of bearable length."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
