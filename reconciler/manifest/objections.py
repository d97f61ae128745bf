"""What is wrong with a text as text: findings about YAML itself, each with the stretch it is about.

There may be no tree to look a route up in, so these findings carry their positions.
"""

from __future__ import annotations

from typing import Any, Final

import yaml

from reconciler.diagnostics import Diagnostic, Place, Related
from reconciler.manifest.characters import UNSEEN, named
from reconciler.manifest.tree import Items, Lines, Map, Text, shortened

_LIMITS: Final = "limits on manifests: 1 MiB a file, depth 32, 100 aliases, 100,000 nodes"


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
        fix = "remove it: what is deployed must be what a reviewer sees"
        self._note("control-character", message, node.start, node.end, fix=fix)

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
