"""Markdown for pull requests, issues and summaries: code spans, tables, and pages cut to what a system takes.

Rule of this module: nothing of a stranger stands outside a code span or a code block, and what is cut is
counted.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Sequence

from reconciler.diagnostics import counted
from reconciler.report.style import inert

_RESERVE = 600
"""Bytes kept free for the words on what was cut."""

_FENCE = re.compile(r"`{3,}")


def markdown_inert(text: str) -> str:
    """`text` as a code span, in which nothing is a link, a mention, an image or HTML.

    A pipe would end a table's cell even here, and no name in ARM has one: it is shown as its escape.
    """
    shown = inert(text).replace("|", r"\x7c")
    if not shown.strip():
        return "` `" if shown else ""
    fence = "`" * (_longest_run(shown, "`") + 1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def markdown_fence(text: str, language: str = "") -> str:
    """Lines, already inert, as a code block whose fence is longer than any run of backticks in it."""
    fence = "`" * max(3, _longest_run(text, "`") + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _longest_run(text: str, character: str) -> int:
    return max((len(run) for run in re.findall(f"{character}+", text)), default=0)


def cell(text: str, most: int = 300) -> str:
    """A stranger's text as a code span, cut after `most` characters."""
    return markdown_inert(text if len(text) <= most else f"{text[:most]}…")


def fold(title: str, body: str, *, standing_open: bool = False) -> str:
    """A body that a reader opens, or finds open, below a title."""
    start = "<details open>" if standing_open else "<details>"
    return f"{start}<summary><code>{html.escape(inert(title))}</code></summary>\n\n{body}\n\n</details>\n"


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Collection[int] = (),
    most: int | None = None,
    noun: str = "",
    more: str = "",
) -> list[str]:
    """Rows of finished cells below a head, the first `most`: the rest is counted, `more` says where it is."""
    every = list(rows)
    lines = [f"| {' | '.join(head)} |"]
    lines.append(f"|{'|'.join('---:' if n in right else '---' for n in range(len(head)))}|")
    lines += [f"| {' | '.join(row)} |" for row in every[:most]]
    if most is not None and len(every) > most:
        lines += ["", f"**Cut to fit:** {counted(len(every) - most, noun)} not shown here. {more}"]
    return lines


class MarkdownPage:
    """Blocks of text up to a limit in bytes; what does not fit is counted by what it is."""

    def __init__(self, limit: int) -> None:
        self._room = max(0, limit - _RESERVE)
        self._blocks: list[str] = []
        self._cut: dict[str, int] = {}

    def add(self, block: str) -> None:
        """Put a block that is short by its making."""
        self._blocks.append(block)
        self._room -= _size(block) + 1

    def offer(self, block: str, noun: str) -> None:
        """Put a block if it fits, else count one `noun` as cut."""
        if _size(block) + 1 <= self._room:
            self.add(block)
        else:
            self._cut[noun] = self._cut.get(noun, 0) + 1

    def offer_list(self, title: str, items: Iterable[str], noun: str) -> None:
        """A titled list whose items are offered one by one."""
        first = True
        for item in items:
            self.offer(f"**{title}**\n\n- {item}" if first else f"- {item}", noun)
            first = False
        if not first:
            self.add("")

    def text(self, whole: str) -> str:
        """Everything that fitted, and what did not; `whole` says where all of it is."""
        if self._cut:
            what = ", ".join(counted(number, noun) for noun, number in self._cut.items())
            self._blocks.append(f"\n**Cut to fit:** {what} not shown here. {whole}")
        return "\n".join(self._blocks).rstrip("\n") + "\n"


def fitted(page: str, limit: int, whole: str) -> str:
    """A page of Markdown in at most `limit` bytes of UTF-8; `whole` says where all of it is.

    It is cut between lines, and a code block or a fold that is open there is closed.
    """
    if _size(page) <= limit:
        return page
    lines = page.splitlines()
    room = limit - _size(_cut(len(lines), whole))
    kept: list[str] = []
    fence, folds = "", 0
    for line in lines:
        opened = _opened(line, fence, folds)
        room -= _size(line) + 1
        if room < _size(_closing(*opened)):
            break
        kept.append(line)
        fence, folds = opened
    return "\n".join(kept) + _closing(fence, folds) + _cut(len(lines) - len(kept), whole)


def _opened(line: str, fence: str, folds: int) -> tuple[str, int]:
    """The code block and the number of folds that are open behind a line."""
    if fence:
        return ("" if line == fence else fence), folds
    if mark := _FENCE.match(line):
        return mark.group(), folds
    return "", folds + line.startswith("<details") - line.startswith("</details>")


def _closing(fence: str, folds: int) -> str:
    return (f"\n{fence}" if fence else "") + "\n\n</details>" * folds


def _cut(lines: int, whole: str) -> str:
    return f"\n\n**Cut to fit:** {counted(lines, 'line')} not shown here. {whole}\n"


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
