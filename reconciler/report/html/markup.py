"""HTML as a value: whatever is not `Markup` already is text, and text is inert and escaped.

Rule of this module: it alone turns strings into markup, by a short list of elements and attributes. What a
stranger wrote can therefore be text and nothing else, and a link leads nowhere but within its own page and to
a resource in Azure's portal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

from reconciler.report.style import inert

_PAGE = ("html", "head", "meta", "title", "style", "body", "header", "nav", "main", "footer", "section")
_FLOW = (
    "a",
    "article",
    "code",
    "details",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "p",
    "span",
    "strong",
    "summary",
    "time",
)
_LISTS = ("dl", "dt", "dd", "ul", "ol", "li", "table", "caption", "thead", "tbody", "tr", "th", "td")
_DRAWN = ("svg", "circle", "line", "rect", "text")
ELEMENTS: Final = frozenset((*_PAGE, *_FLOW, *_LISTS, *_DRAWN))
_SAID = (
    "charset",
    "content",
    "http-equiv",
    "lang",
    "name",
    "id",
    "class",
    "href",
    "rel",
    "scope",
    "datetime",
)
_HEARD = ("aria-hidden", "aria-label", "aria-labelledby", "role", "tabindex")
_PLACED = ("cx", "cy", "r", "rx", "x", "x1", "x2", "y", "y1", "y2", "width", "height", "text-anchor")
ATTRIBUTES: Final = frozenset((*_SAID, *_HEARD, *_PLACED))
_VOID = frozenset({"meta"})
_LINK = re.compile(r"#[a-z0-9-]+|https://portal\.azure\.(com|us|cn)/#resource/[A-Za-z0-9_.~%/-]+")

LONGEST: Final = 2_000
"""Characters of one text; ARM allows settings of any size, and a reader looks at none of such."""


@dataclass(frozen=True, slots=True)
class Markup:
    """Markup that is finished; only this package makes it."""

    source: str

    def __len__(self) -> int:
        return len(self.source.encode())


Child = Markup | str
Value = str | int | bool | None


def tag(name: str, /, *children: Child, **attributes: Value) -> Markup:
    """An element. `aria_label` is ``aria-label``, `class_` is ``class``; None and False are left out."""
    if name not in ELEMENTS:
        raise ValueError(f"<{name}> is not one of the elements of a report")
    start = name + "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{start}>")
    return Markup(f"<{start}>{join(children).source}</{name}>")


def join(children: Iterable[Child], separator: str = "") -> Markup:
    """Several pieces one after another."""
    parts = (child.source if isinstance(child, Markup) else text(child).source for child in children)
    return Markup(escape(separator).join(parts))


def text(words: str) -> Markup:
    """Text of whatever origin, cut where it is longer than anybody reads, inert and escaped."""
    if len(words) > LONGEST:
        words = f"{words[:LONGEST]}… ({len(words) - LONGEST:,} more characters)"
    return Markup(escape(inert(words)))


def _attribute(key: str, value: Value) -> str:
    name = key.rstrip("_").replace("_", "-")
    if name not in ATTRIBUTES:
        raise ValueError(f"{name} is not one of the attributes of a report")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    if name == "href" and not _LINK.fullmatch(str(value)):
        raise ValueError(f"a report links within itself and to resources in the portal, not to {value!r}")
    return f' {name}="{text(str(value)).source}"'
