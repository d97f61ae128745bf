"""The frame of every report: who asked what and when, the answer in one line, then sections.

Rule of this module: whether a report is complete stands at its top, and so does everything that was cut.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files
from typing import Final, TypeVar
from urllib.parse import quote

from reconciler.diagnostics import Diagnostic, counted
from reconciler.domain.ids import AccountId
from reconciler.report.html.markup import Child, Markup, join, tag
from reconciler.report.palette import SEVERITIES

T = TypeVar("T")

SHEET: Final = files(__package__).joinpath("report.css").read_text("utf-8")
"""The one style sheet. No element has a style of its own, so the policy needs no exception but its digest."""

POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(SHEET.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'"
)
"""What a browser may load for a report: nothing but this sheet, by its digest."""

SECTION_BYTES: Final = 700_000
"""What one section may take unless it says otherwise: a whole report stays under 8 MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why a report exists: the command with what was asked of it, the fleet, the moment, the tool.

    `portal` is the address of the cloud's portal where accounts are linked to it; empty where they are not.
    """

    command: str
    asked: str
    fleet: str
    cloud: str
    at: datetime
    tool_version: str
    portal: str = ""

    def link(self, account: AccountId, words: Child) -> Child:
        """Words that lead to an account in the portal, if links are wanted."""
        if not self.portal:
            return words
        return tag(
            "a", words, href=f"{self.portal}/#resource{quote(str(account))}/overview", rel="noreferrer"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The report in one line. `doubts` say why it is not complete; none means that it is.

    `colour` underlines what `verdict` says in words.
    """

    verdict: str
    colour: str
    summary: str
    doubts: tuple[str, ...] = ()
    numbers: Mapping[str, tuple[int, str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part with its heading. `cut` says in words what it had no room for."""

    anchor: str
    title: str
    body: Markup
    cut: str = ""


def page(occasion: Occasion, answer: Headline, sections: Iterable[Section | None]) -> str:
    """The whole file. The same values give the same bytes."""
    shown = [section for section in sections if section is not None]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"{occasion.command}: fleet {occasion.fleet}"),
        tag("style", Markup(SHEET)),
    )
    foot = f"Made by reconciler {occasion.tool_version}. One file: no script, nothing loaded from elsewhere."
    main = tag("main", *map(_section, shown))
    body = tag("body", _header(occasion, answer, shown), main, tag("footer", tag("p", foot)))
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en').source}\n"


def fitting(
    render: Callable[[T], Markup], items: Sequence[T], noun: str, limit: int = SECTION_BYTES
) -> tuple[list[Markup], str]:
    """The first items that fit into `limit` bytes, and words on how many did not: empty if all did.

    What comes first is what stays: no smaller item slips in behind a larger one, and none is made in vain.
    """
    kept: list[Markup] = []
    left = limit
    for item in items:
        block = render(item)
        left -= len(block)
        if left < 0:
            return kept, f"{counted(len(items) - len(kept), noun)} not shown"
        kept.append(block)
    return kept, ""


def badge(words: str, colour: str, sign: str = "") -> Markup:
    """A word in colour; the sign is for eyes alone."""
    seen = (tag("span", f"{sign} ", aria_hidden="true"),) if sign else ()
    return tag("span", *seen, words, class_=f"badge {colour}")


def code(words: str) -> Markup:
    """A name of somebody's choosing."""
    return tag("code", words)


def upright(percent: float, height: int, kind: str) -> Markup:
    """A line from the top of a drawing to its bottom, so far from its left."""
    where = f"{percent:.2f}%"
    return tag("line", x1=where, x2=where, y1="0", y2=str(height), class_=kind)


def over(words: Child, below: str) -> Markup:
    """Two lines in one cell, the second one quiet."""
    return join([words, tag("span", below, class_="small")])


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[Child]],
    *,
    noun: str,
    limit: int,
    numbers: frozenset[int] = frozenset(),
    long: frozenset[int] = frozenset(),
) -> tuple[Markup, str]:
    """Rows under headings in a box that scrolls by itself, and words on those cut as by `fitting`.

    The first column names its row; those in `numbers` are aligned as such, those in `long` may break.
    """
    kinds = ["num" if n in numbers else "long" if n in long else None for n in range(len(head))]
    titles = [tag("th", name, scope="col", class_=kind) for name, kind in zip(head, kinds, strict=True)]

    def line(row: Sequence[Child]) -> Markup:
        cells = (tag("td", cell, class_=kind) for cell, kind in zip(row[1:], kinds[1:], strict=True))
        return tag("tr", tag("th", row[0], scope="row"), *cells)

    kept, cut = fitting(line, list(rows), noun, limit)
    inside = (tag("caption", caption), tag("thead", tag("tr", *titles)), tag("tbody", *kept))
    return boxed(tag("table", *inside), caption), cut


def boxed(wide: Markup, label: str) -> Markup:
    """What may be wider than the page, in a box that a keyboard can scroll."""
    return tag("div", wide, class_="box", role="region", aria_label=label, tabindex="0")


def listing(
    anchor: str,
    title: str,
    items: Sequence[T],
    render: Callable[[T], Markup],
    *,
    noun: str,
    limit: int = 500_000,
    colour: str = "",
) -> Section | None:
    """A section of one list, which is cut as by `fitting`; None where there is nothing to list."""
    if not items:
        return None
    kept, cut = fitting(render, items, noun, limit)
    body = tag("ul", *kept, class_=f"notice {colour}" if colour else None)
    return Section(anchor=anchor, title=title, body=body, cut=cut)


def findings_section(found: Sequence[Diagnostic], anchor: str, title: str) -> Section | None:
    """What rules have to say, one line each with its severity, code and file; None where they say nothing."""

    def render(diagnostic: Diagnostic) -> Markup:
        kind = badge(diagnostic.severity.value, SEVERITIES[diagnostic.severity].page)
        where = (" in ", code(diagnostic.place.file)) if diagnostic.place else ()
        return tag("li", kind, " ", code(diagnostic.code), *where, f": {diagnostic.message}")

    return listing(anchor, title, found, render, noun="note")


def _header(occasion: Occasion, answer: Headline, sections: Sequence[Section]) -> Markup:
    links = [tag("li", tag("a", section.title, href=f"#{section.anchor}")) for section in sections]
    tiles = [
        tag("div", tag("dt", name), tag("dd", f"{number:,}"), class_=f"tile {colour}")
        for name, (number, colour) in (answer.numbers or {}).items()
        if number  # what there is none of has no tile
    ]
    notes = list(answer.doubts)
    if cuts := [section.cut for section in sections if section.cut]:
        notes.append(f"Cut to fit: {'; '.join(cuts)}. The text and JSON outputs have everything.")
    doubts = tag("div", *(tag("p", item) for item in notes), class_="notice amber", role="note")
    return tag(
        "header",
        tag("p", f"reconciler {occasion.command}", class_="kicker"),
        tag("h1", f"Fleet {occasion.fleet}"),
        tag("p", badge(answer.verdict, answer.colour), " ", answer.summary, class_="sum"),
        tag("dl", *tiles, class_="tiles") if tiles else "",
        doubts if notes else "",
        tag("dl", *_facts(occasion, answer), class_="facts"),
        tag("nav", tag("ul", *links), aria_label="Sections") if len(links) > 1 else "",
    )


def _facts(occasion: Occasion, answer: Headline) -> Iterator[Markup]:
    at = occasion.at.astimezone(UTC)
    moment = tag("time", f"{at:%Y-%m-%d %H:%M:%S} UTC", datetime=f"{at:%Y-%m-%dT%H:%M:%SZ}")
    facts: tuple[tuple[str, Child], ...] = (
        ("Cloud", occasion.cloud),
        ("Made", moment),
        ("Tool", f"reconciler {occasion.tool_version}"),
        ("Complete", "no, see above" if answer.doubts else "yes"),
    )
    for name, value in facts:
        yield tag("div", tag("dt", name), tag("dd", value))
    yield tag("div", tag("dt", "Asked"), tag("dd", code(occasion.asked)), class_="wide")


def _section(section: Section) -> Markup:
    anchor = section.anchor
    title = tag("h2", section.title, id=f"{anchor}-title")
    cut = (tag("p", f"Cut to fit: {section.cut}.", class_="notice amber"),) if section.cut else ()
    return tag("section", title, section.body, *cut, id=anchor, aria_labelledby=f"{anchor}-title")
