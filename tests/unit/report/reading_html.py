"""A report read back as a browser would: its elements, and its text without them."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

VOID = frozenset({"meta"})


@dataclass(frozen=True, slots=True)
class Element:
    """A start tag with its attributes, and all text inside of it, white space as one space."""

    name: str
    attributes: dict[str, str | None]
    inside: list[str]

    @property
    def text(self) -> str:
        return " ".join("".join(self.inside).split())

    def get(self, name: str) -> str:
        return self.attributes.get(name) or ""


class Reading(HTMLParser):
    """All elements in their order. An end tag that ends nothing, or something else, is a failure."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.comments: list[str] = []
        self.text = ""
        self._open: list[Element] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        element = Element(tag, dict(attrs), [])
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().name == tag

    def handle_data(self, data: str) -> None:
        if any(one.name == "style" for one in self._open):
            return
        self.text += data
        for one in self._open:
            one.inside.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def all(self, name: str, kind: str | None = None) -> list[Element]:
        """Elements of a name and, if given, of a class."""
        return [
            one
            for one in self.elements
            if one.name == name and (kind is None or kind in one.get("class").split())
        ]

    def section(self, anchor: str) -> Element:
        (found,) = [one for one in self.all("section") if one.get("id") == anchor]
        return found

    @property
    def sections(self) -> list[str]:
        return [one.get("id") for one in self.all("section")]

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """The names of all elements and of their attributes."""
        return [(one.name, tuple(one.attributes)) for one in self.elements]
