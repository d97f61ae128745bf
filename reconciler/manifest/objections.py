"""What is wrong with a text as text: its bytes, its characters, its YAML, each finding with its stretch.

What a reviewer sees must be what is deployed. So characters that hide, reorder or erase text are refused
wherever they stand, comments included; a guess at another encoding would silently change names. There may be
no tree to look a route up in, so these findings carry their positions.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

import yaml

from reconciler.diagnostics import Diagnostic, Place, Related
from reconciler.manifest.tree import Items, Lines, Map, Text, shortened

# C0 and C1 controls but tab and line feeds; marks and overrides of reading direction; separators that are
# line breaks to some readers and not to others; characters without width (joiners, which scripts need, stay).
UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\uffff\U000e0000-\U000e007f]"
)
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SAVE = "save the file as UTF-8"
_REMOVE = "remove it: what is deployed must be what a reviewer sees"
_LIMITS: Final = "limits on manifests: 1 MiB a file, depth 32, 100 aliases, 100,000 nodes"


def named(character: str) -> str:
    """A character that cannot be shown, by code point and name."""
    known = {"\x00": "NUL", "\x1b": "ESCAPE", "\x07": "BELL", "\x7f": "DELETE", "\x85": "NEXT LINE"}
    name = known.get(character) or unicodedata.name(character, "a control character")
    return f"U+{ord(character):04X} ({name})"


def decode(file: str, content: bytes) -> tuple[str, Diagnostic | None]:
    """The text of a file without its byte order mark, and what forbids reading on, if anything does."""
    bare = content.removeprefix(_UTF8_BOM)
    if content.startswith(_UTF16) or b"\x00" in content[:2]:
        text, message = content.decode("utf-16", errors="replace"), "the file is UTF-16, manifests are UTF-8"
        return text, Diagnostic(code="encoding", message=message, place=Place(file=file), fix=_SAVE)
    try:
        text = bare.decode("utf-8")
    except UnicodeDecodeError as problem:
        return _undecodable(file, bare, problem)
    unseen = UNSEEN.search(text)
    return text, None if unseen is None else _hidden(file, text, unseen)


def _undecodable(file: str, content: bytes, problem: UnicodeDecodeError) -> tuple[str, Diagnostic]:
    text = content.decode("utf-8", errors="replace")
    start = len(content[: problem.start].decode("utf-8"))
    byte = content[problem.start]
    place = Place(file=file, span=Lines(text).first_line(start, start + 1))
    message = f"byte 0x{byte:02X} is not UTF-8 here; Latin-1 or Windows-1252 would show `{chr(byte)}`"
    if byte < 0xA0:  # Latin-1 has only controls below it
        message = f"byte 0x{byte:02X} is not UTF-8 here"
    return text, Diagnostic(code="encoding", message=message, place=place, fix=_SAVE)


def _hidden(file: str, text: str, unseen: re.Match[str]) -> Diagnostic:
    others = len(UNSEEN.findall(text)) - 1
    more = f", and {others} more such characters" if others else ""
    place = Place(file=file, span=Lines(text).first_line(unseen.start(), unseen.end()))
    message = f"the text contains {named(unseen.group())}, which cannot be seen{more}"
    return Diagnostic(code="control-character", message=message, place=place, fix=_REMOVE)


class Objections:
    """The findings about one file's text. `document` is the one being read, from 0."""

    def __init__(self, file: str, text: str) -> None:
        self.findings: list[Diagnostic] = []
        self.document = 0
        self._file = file
        self._text = text
        self._lines = Lines(text)

    def over(self, what: str, start: int, end: int, fix: str) -> None:
        """A limit is passed; `what` goes on after "the file is"."""
        self._note("yaml-limit", f"the file is {what}", start, end, source=_LIMITS, fix=fix)

    def no_anchor(self, name: str, start: int, end: int) -> None:
        """An alias of nothing."""
        fix = f"write `&{name}` where the value stands, before this line"
        self._note("yaml-syntax", f"`*{name}` names no anchor above it", start, end, fix=fix)

    def no_merge(self, key: Text, *, again: bool) -> None:
        """A `<<` that merges no mapping, or the second one of a mapping."""
        message = (
            "`<<` stands twice in one mapping" if again else "`<<` merges mappings; this is something else"
        )
        fix = "write one `<<` with a mapping, an alias of one, or a list of them"
        self._note("duplicate-key" if again else "wrong-type", message, key.start, key.end, fix=fix)

    def no_key(self, node: Map | Items) -> None:
        """A mapping or a list as a key."""
        what = "a mapping" if isinstance(node, Map) else "a list"
        message = f"{what} stands where a key should; keys are text"
        fix = "put it in quotes if it starts with `{` or `[` and is meant as text"
        self._note("wrong-type", message, node.start, node.end, fix=fix)

    def repeated(self, key: Text, first: Text) -> None:
        """A key that its mapping has already."""
        line = self._lines.position(first.start)[0]
        self._note(
            "duplicate-key",
            f"`{shortened(key)}` stands twice in one mapping, first on line {line}",
            key.start,
            key.end,
            fix="remove one of the two; YAML readers would silently keep the last",
            related=(Related(message="first here", place=self._place(first.start, first.end)),),
        )

    def tagged(self, tag: str, at: int) -> None:
        """A tag, shown as it was written; an anchor may stand before it."""
        words = self._text[at : at + 80].split(maxsplit=1)
        written = next((word for word in words[:1] if word.startswith(("!", "&"))), tag)
        message = f"YAML tag `{shortened(written)}`: manifests have no tags"
        fix = "remove the tag; put the value in quotes if it must stay text"
        self._note("yaml-tag", message, at, at + len(written), fix=fix)

    def lone_equals(self, node: Text) -> None:
        """YAML 1.1's sign for a default value, which makes other readers fail."""
        message = "a plain `=` (YAML 1.1's default value) has no meaning in manifests"
        self._note("yaml-tag", message, node.start, node.end, fix="write it in quotes")

    def unseen(self, node: Text) -> None:
        """A character that cannot be seen and came in as an escape."""
        found = UNSEEN.search(node)
        message = f"the text contains {named(found.group() if found else '')}, written as an escape"
        self._note("control-character", message, node.start, node.end, fix=_REMOVE)

    def broken(self, problem: yaml.YAMLError) -> None:
        """Why the scanner gave up, in its own words, where it did."""
        mark: Any = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
        at = mark.index if mark is not None else int(getattr(problem, "position", 0) or 0)
        words = getattr(problem, "problem", None) or getattr(problem, "reason", None) or "it cannot be read"
        began: Any = getattr(problem, "context_mark", None)
        context = getattr(problem, "context", None)
        related: tuple[Related, ...] = ()
        if context and began is not None and began.index != at:
            related = (Related(message=context, place=self._place(began.index, began.index + 1)),)
        fix = self._syntax_fix(at, words)
        self._note("yaml-syntax", f"this is not YAML: {words}", at, at + 1, fix=fix, related=related)

    def _syntax_fix(self, at: int, words: str) -> str:
        line = self._lines.line(self._lines.position(min(at, len(self._text)))[0]) or ""
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent or r"\t" in words:
            return "indent with spaces: YAML does not allow tabs there"
        return "the mistake is here or just before: an indent, a missing `:`, an open quote or bracket"

    def _note(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        *,
        source: str = "",
        fix: str = "",
        related: tuple[Related, ...] = (),
    ) -> None:
        place = self._place(start, end)
        self.findings.append(
            Diagnostic(code=code, message=message, place=place, source=source, fix=fix, related=related)
        )

    def _place(self, start: int, end: int) -> Place:
        span = self._lines.first_line(start, end)
        if span.end_column <= span.column:
            span = self._lines.first_line(start, start + 1)
        return Place(file=self._file, document=self.document, span=span)
