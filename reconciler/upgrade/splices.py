"""Edits of a text by position, and the unified diff that they are.

The diff is made of the edits themselves, not by comparing two texts: entries of a fleet look alike, and a
comparison would show a new entry as beginning in the middle of another.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, takewhile
from typing import Final

_CONTEXT: Final = 3
"""Lines around a change, as `diff -u` shows them."""


@dataclass(frozen=True, slots=True, order=True)
class Splice:
    """Replace the characters from `start` to `end` of a file's text by `text`."""

    start: int
    end: int
    text: str


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """The text with every splice made; ValueError where two of them overlap."""
    parts: list[str] = []
    at = 0
    for splice in sorted(set(splices)):
        if splice.start < at:
            raise ValueError(f"two edits overlap at character {splice.start}")
        parts += (text[at : splice.start], splice.text)
        at = splice.end
    return "".join((*parts, text[at:]))


@dataclass(frozen=True, slots=True)
class Edited:
    """A file's text before and after its splices; ValueError where two of these overlap."""

    before: str
    splices: tuple[Splice, ...]
    after: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "after", spliced(self.before, self.splices))

    def diff(self, path: str) -> Iterator[str]:
        """The lines of a unified diff, as `git apply` and `patch -p1` take it."""
        lines = _lines(self.before)
        changes = [change for change in _changes(self, lines) if change.until > change.at or change.lines]
        if changes:
            yield f"--- a/{path}\n+++ b/{path}\n"
        grown = 0
        for hunk in _hunks(changes):
            first = max(hunk[0].at - _CONTEXT, 0)
            last = min(hunk[-1].until + _CONTEXT, len(lines))
            more = sum(len(each.lines) - (each.until - each.at) for each in hunk)
            old, new = last - first, last - first + more
            yield f"@@ -{_range(first, old)} +{_range(first + grown, new)} @@\n"
            grown += more
            for item in hunk:
                yield from _marked(" ", lines[first : item.at])
                yield from _marked("-", lines[item.at : item.until])
                yield from _marked("+", item.lines)
                first = item.until
            yield from _marked(" ", lines[first:last])


@dataclass(frozen=True, slots=True)
class _Change:
    """The lines from `at` to before `until`, counted from 0, become `lines`."""

    at: int
    until: int
    lines: Sequence[str]


def _lines(text: str) -> list[str]:
    """Lines as `patch` counts them: they end with a line feed and nowhere else."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _changes(edited: Edited, lines: Sequence[str]) -> Iterator[_Change]:
    """What the splices change, those of neighbouring lines together."""
    ends = [*accumulate(map(len, lines))]
    if edited.before and not edited.before.endswith("\n"):
        ends[-1] += 1  # what is put behind the last character belongs to the last line
    group: list[Splice] = []
    for splice in sorted(set(edited.splices)):
        if group and bisect_right(ends, splice.start) > bisect_right(ends, group[-1].end):
            yield _change(group, lines, ends)
            group = []
        group.append(splice)
    if group:
        yield _change(group, lines, ends)


def _change(group: Sequence[Splice], lines: Sequence[str], ends: Sequence[int]) -> _Change:
    """The lines of these splices, without those that stay as they are."""
    at, until = bisect_right(ends, group[0].start), bisect_right(ends, group[-1].end) + 1
    start, old = ends[at - 1] if at else 0, lines[at:until]
    moved = (Splice(item.start - start, item.end - start, item.text) for item in group)
    new = _lines(spliced("".join(old), moved))
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    old, new, at = old[same:], new[same:], at + same
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return _Change(at=at, until=at + len(old), lines=new)


def _hunks(changes: Iterable[_Change]) -> Iterator[list[_Change]]:
    hunk: list[_Change] = []
    for change in changes:
        if hunk and change.at - hunk[-1].until > 2 * _CONTEXT:
            yield hunk
            hunk = []
        hunk.append(change)
    if hunk:
        yield hunk


def _range(first: int, count: int) -> str:
    """Lines of a hunk's head: the first is 1, or the line before where there are none."""
    return f"{first + 1 if count else first},{count}"


def _marked(mark: str, lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"
