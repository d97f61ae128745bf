"""Values as the YAML that a person would have written, and comments that stay comments.

Text is quoted wherever a YAML reader could take it for something else; what cannot be seen never reaches
the page, for a manifest that contains it would be refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Final, Self

from reconciler.domain.deployment import JsonValue
from reconciler.manifest.objections import UNSEEN
from reconciler.manifest.tree import shortened

WIDTH: Final = 110
_LONGEST_COMMENT: Final = 600

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


class Quoted(str):
    """Text that is always quoted, because it looks like a number or a date: a version."""

    __slots__ = ()


class Remarked(str):
    """Text with a remark behind it, at the end of its line."""

    __slots__ = ("remark",)

    remark: str

    def __new__(cls, text: str, remark: str) -> Self:
        made = super().__new__(cls, text)
        made.remark = remark
        return made


def scalar(value: JsonValue) -> str:
    """One scalar on one line."""
    if not isinstance(value, str):
        return json.dumps(value)
    plain = _PLAIN.fullmatch(value) is not None and value.lower() not in _WORDS
    if (plain or _GUID.fullmatch(value)) and not isinstance(value, Quoted):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def flow(value: JsonValue) -> str:
    """Any value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    return scalar(value)


def block(tree: Mapping[str, JsonValue], indent: int) -> Iterator[str]:
    """The lines of a mapping; what is short enough stands on one line."""
    margin = " " * indent
    for key, value in tree.items():
        line = f"{margin}{scalar(key)}: {flow(value)}"
        if isinstance(value, Remarked):
            line += f"  {remark(value.remark)}"
        if isinstance(value, Mapping) and value and len(line) > WIDTH:
            yield f"{margin}{scalar(key)}:"
            yield from block(value, indent + 2)
        else:
            yield line


def item(tree: Mapping[str, JsonValue], indent: int) -> list[str]:
    """A mapping as an item of a list."""
    lines = list(block(tree, indent + 2))
    lines[0] = " " * indent + "- " + lines[0].lstrip()
    return lines


def remark(text: str) -> str:
    """One line of comment, whatever the text contains."""
    return f"# {shortened(UNSEEN.sub('?', text), _LONGEST_COMMENT)}"


def comment(text: str, indent: int = 0) -> Iterator[str]:
    """The lines of a comment, whatever the text contains."""
    shown = remark(text).removeprefix("# ")
    for line in wrap(shown, WIDTH - indent, break_long_words=False, break_on_hyphens=False):
        yield f"{' ' * indent}# {line}"


def commented_out(lines: Iterable[str], indent: int) -> Iterator[str]:
    """Lines that are to be uncommented by a person, at the same depth."""
    for line in lines:
        shown = UNSEEN.sub("?", line[indent:])
        yield f"{' ' * indent}# {shown}"
