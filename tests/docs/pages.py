"""The pages that people read, their links, and the commands that they are told to type."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(
    sorted(
        {ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("README.md")},
    )
)
_FENCE = re.compile(r"^(`{3,})(\w*)\n(.*?)^\1`*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z]+:", re.IGNORECASE)


def links(page: Path) -> Iterator[str]:
    """Links of a page that lead to a place in this repository."""
    prose = _CODE.sub("`code`", _FENCE.sub("", page.read_text("utf-8")))
    for target in _LINK.findall(prose):
        if not _ELSEWHERE.match(target):
            yield target


def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: Counter[str] = Counter()
    made = set()
    for heading in _HEADING.findall(_FENCE.sub("", page.read_text("utf-8"))):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        made.add(f"{slug}-{found[slug]}" if found[slug] else slug)
        found[slug] += 1
    return frozenset(made)


def problem(page: Path, target: str) -> str:
    """What is wrong with a link of a page; nothing where it leads to what it names."""
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.is_relative_to(ROOT) or not file.exists():
        return f"{target}: there is no such file"
    if anchor and (file.suffix != ".md" or anchor not in anchors(file)):
        return f"{target}: there is no such heading"
    return ""


def blocks(page: Path, *languages: str) -> Iterator[str]:
    """The text of the fences in one of these languages, in their order."""
    for _, language, text in _FENCE.findall(page.read_text("utf-8")):
        if language in languages:
            yield text


def command_lines(page: Path) -> Iterator[str]:
    """Lines of `console` and `sh` blocks that are typed, with their continuations joined."""
    for text in blocks(page, "console"):
        joined = text.replace("\\\n", " ")
        yield from (line[2:] for line in joined.splitlines() if line.startswith("$ "))
    for text in blocks(page, "sh"):
        yield from (line for line in text.replace("\\\n", " ").splitlines() if line.strip())
