"""How text may look where it goes, and how strings of strangers are made safe to show.

Rule of this module: a string that came from a manifest or from ARM passes through `Style.show`, `inert`,
`markdown_inert` or `json_text` before it is part of any output.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TextIO

from reconciler.report.layout import paragraph

NARROWEST, WIDEST = 40, 200
"""Columns between which a terminal's own width counts; lines longer than the widest read badly."""

UNBROKEN = 10_000
"""Columns where no terminal is: nothing is broken into lines, so that a search finds whole sentences."""

_SGR: Final[Mapping[str, str]] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}
# Letters, marks and symbols by category, yet drawn as nothing: fillers, joiners, variation selectors.
_BLANK: Final = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")
_BLANK_BEYOND: Final = re.compile("[\U000e0100-\U000e01ef]")
# What build systems take for an order: "::" after white space at a line's start (GitHub), "##[" or
# "##vso[" anywhere in a line (GitHub's older form, Azure Pipelines), "##teamcity[".
_AT_START: Final = re.compile(r"(?<!\S)::")
_ANYWHERE: Final = re.compile(r"##(?=\w*\[)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What the place of output can show. `width` is in columns; `unicode` False means ASCII only."""

    colour: bool = False
    unicode: bool = True
    width: int = 80

    @classmethod
    def of(
        cls, stream: TextIO | None, *, colour: bool | None = None, environ: Mapping[str, str] | None = None
    ) -> Style:
        """The style for a stream; None is a file that is written as UTF-8.

        Colour needs a terminal that wants it: neither `colour=False`, nor NO_COLOR, CLICOLOR=0 or
        TERM=dumb. The terminal, or COLUMNS there, decides the width; text for a pipe is not broken.
        """
        if stream is None:
            return cls(width=UNBROKEN)
        settings = os.environ if environ is None else environ
        terminal = _is_terminal(stream)
        wanted = colour is not False and not (
            settings.get("NO_COLOR")
            or settings.get("CLICOLOR") == "0"
            or settings.get("TERM", "").lower() == "dumb"
        )
        encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("_", "-")
        width = shutil.get_terminal_size((80, 24)).columns
        return cls(
            colour=terminal and wanted,
            unicode=encoding.startswith(("utf-8", "utf8", "utf-16", "utf16", "gb18030")),
            width=min(max(width, NARROWEST), WIDEST) if terminal else UNBROKEN,
        )

    @property
    def ellipsis(self) -> str:
        """What stands for something left out."""
        return "…" if self.unicode else "..."

    def paint(self, text: str, *attributes: str) -> str:
        """`text` in colours, where there are any; meaning never hangs on them."""
        if not self.colour or not attributes or not text:
            return text
        codes = ";".join(_SGR[attribute] for attribute in attributes)
        return f"\x1b[{codes}m{text}\x1b[0m"

    def paragraph(self, text: str, *, indent: str = "", hanging: str | None = None) -> list[str]:
        """`text`, which is inert, in lines that fit; see `layout.paragraph`."""
        return paragraph(text, width=self.width, indent=indent, hanging=hanging)

    def show(self, text: object) -> str:
        """A stranger's text, inert, in characters that the stream has."""
        shown = inert(str(text))
        if self.unicode or shown.isascii():
            return shown
        return shown.replace("…", "...").encode("ascii", "backslashreplace").decode("ascii")


PLAIN: Final = Style(colour=False, unicode=True, width=UNBROKEN)
"""How words are asked for that are no lines of a terminal: whole, without colour."""


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def inert(text: str) -> str:
    """One line of visible characters that neither a terminal nor a build system takes for an order.

    Controls, terminal sequences, marks of reading direction and characters without width become their
    Python escapes, line breaks too.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(_visible(character) for character in text)
    text = _AT_START.sub(r"\\::", text) if "::" in text else text
    return _ANYWHERE.sub(r"#\\#", text) if "##" in text else text


@lru_cache(maxsize=4096)
def _visible(character: str) -> str:
    if character.isprintable() and not _BLANK.match(character) and not _BLANK_BEYOND.match(character):
        return character
    return character.encode("unicode_escape").decode("ascii")


def json_text(document: object) -> str:
    """A JSON document with every value exact, in visible ASCII, two spaces deep.

    What a terminal or a build system could take for an order is written as JSON's own escape, which any
    parser reads back as what it was.
    """
    return json.dumps(document, indent=2).replace("\x7f", r"\u007f").replace("##", r"#\u0023")


def masked(who: str, style: Style | None = None) -> str:
    """A person's address with only its first letter and its domain; ids of applications stay."""
    name, at, domain = who.rpartition("@")
    if not at:
        return who
    return f"{name[:1]}{'…' if style is None or style.unicode else '...'}@{domain}"
