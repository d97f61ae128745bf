"""The text of one file becomes trees, one per YAML document.

libyaml does the scanning; what it yields are events, and the limits are counted on events, before
anything is built: a small text cannot become a large value, and reading stops at the first level too
deep. No tag has a meaning here, so nothing can be constructed but text, lists and mappings.

A sound manifest is read for its values without their places. What is odd in any way is left to the careful
reader, which says what it means and where it is. Equal scalars and equal small mappings are one object there,
for a fleet says the same thousands of times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import yaml

from reconciler.diagnostics import Diagnostic
from reconciler.manifest.objections import UNSEEN, Objections
from reconciler.manifest.tree import Items, Map, Node, Text

MAX_DEPTH: Final = 32
# libyaml has a limit of its own, far above ours; it reads ahead of its events, so it may get there first.
_SCANNER_GAVE_UP: Final = "exceeded maximum nesting depth"
MAX_ALIASES: Final = 100
MAX_NODES: Final = 100_000

LIBYAML: Final = bool(yaml.__with_libyaml__)
FASTEST: Final[type[Any]] = yaml.CSafeLoader if LIBYAML else yaml.SafeLoader
_DEEP = "a manifest has ten levels at most: is a bracket left open?"
_ALIASED = "write the value out, or put it into a DeploymentTemplate"
_MANY = "split the file, or use fewer aliases"


class _Stop(Exception):  # noqa: N818 -- ends the reading of one file; its finding is already noted
    """Nothing more can be read from this file."""


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet. `merged` are the values of its `<<`.

    `firsts` finds the first spelling of a repeated key; it is kept only once there is one.
    """

    node: Map | Items
    anchor: str | None
    began: int
    height: int = 1
    key: Text | None = None
    merged: list[Map] = field(default_factory=list)
    firsts: dict[str, Text] | None = None


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an alias stands for, and what it costs: nodes after expansion, and levels."""

    node: Node
    size: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """The non-empty documents of a file, each with its number, and everything wrong with the text.

    `whole` says that the file was read to its end.
    """

    roots: tuple[tuple[int, Node], ...]
    findings: tuple[Diagnostic, ...]
    whole: bool


def compose(file: str, text: str, *, loader: type[Any] = FASTEST) -> Composed:
    """Read every document of `text`. What is wrong becomes findings; nothing is raised for bad text."""
    composer = _Composer(file, text)
    scanner = loader(text)
    whole = False
    try:
        composer.read(scanner.get_event)
        whole = True
    except _Stop:
        pass
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        if mark is not None and getattr(problem, "problem", None) == _SCANNER_GAVE_UP:
            at = mark.index
            composer.objections.over(f"more than {MAX_DEPTH} levels deep", at, at + 1, _DEEP)
        else:
            composer.objections.broken(problem)
    finally:
        scanner.dispose()
    return Composed(roots=tuple(composer.roots), findings=tuple(composer.objections.findings), whole=whole)


class _Composer:
    """One file's events in, trees and findings out."""

    def __init__(self, file: str, text: str) -> None:
        self.text = text
        self.roots: list[tuple[int, Node]] = []
        self.objections = Objections(file, text)
        self.document = -1
        self.nodes = 0
        self.aliases = 0
        self.open: list[_Open] = []
        self.anchors: dict[str, _Anchored | None] = {}

    def read(self, get_event: Callable[[], Any]) -> None:
        handlers: dict[type[Any], Callable[[Any], None]] = {
            yaml.ScalarEvent: self.scalar,
            yaml.MappingStartEvent: self.mapping,
            yaml.SequenceStartEvent: self.sequence,
            yaml.MappingEndEvent: self.close,
            yaml.SequenceEndEvent: self.close,
            yaml.AliasEvent: self.alias,
            yaml.DocumentStartEvent: self.begin_document,
        }
        while True:
            event = get_event()
            kind = type(event)
            if kind is yaml.StreamEndEvent:
                return
            handle = handlers.get(kind)
            if handle is not None:
                handle(event)

    def begin_document(self, _event: yaml.DocumentStartEvent) -> None:
        self.document += 1
        self.objections.document = self.document
        self.anchors = {}

    def scalar(self, event: Any) -> None:  # noqa: ANN401 -- libyaml's events carry no types
        node = Text(event.value)
        node.start = event.start_mark.index
        node.end = event.end_mark.index
        node.plain = plain = not event.style
        if plain and node == "=":
            self.objections.lone_equals(node)
        elif event.style == '"' and UNSEEN.search(node):
            self.objections.unseen(node)
        if event.tag is not None:
            self.objections.tagged(event.tag, event.start_mark.index)
        self._add(1)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(node, 1, 0)
        self._put(node, 0)

    def mapping(self, event: Any) -> None:  # noqa: ANN401
        self._open(Map(), event)

    def sequence(self, event: Any) -> None:  # noqa: ANN401
        self._open(Items(), event)

    def _open(self, node: Map | Items, event: Any) -> None:  # noqa: ANN401
        node.start = event.start_mark.index
        node.end = node.start
        if event.tag is not None:
            self.objections.tagged(event.tag, event.start_mark.index)
        if len(self.open) >= MAX_DEPTH:
            self._over(f"more than {MAX_DEPTH} levels deep", node.start, node.start + 1, _DEEP)
        self.open.append(_Open(node, event.anchor, self.nodes))
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self._add(1)

    def close(self, event: Any) -> None:  # noqa: ANN401
        closed = self.open.pop()
        node = closed.node
        node.end = event.end_mark.index
        for source in closed.merged:
            for key, value in source.items():
                if isinstance(node, Map) and key not in node:
                    node[key] = value
        if closed.anchor is not None:
            self.anchors[closed.anchor] = _Anchored(node, self.nodes - closed.began, closed.height)
        self._put(node, closed.height)

    def alias(self, event: Any) -> None:  # noqa: ANN401
        start, end = event.start_mark.index, event.end_mark.index
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            self._over(f"over the limit of {MAX_ALIASES} aliases", start, end, _ALIASED)
        if event.anchor not in self.anchors:
            self.objections.no_anchor(event.anchor, start, end)
            self._put(Text.at("", start, end, plain=True), 0)
            return
        anchored = self.anchors[event.anchor]
        if anchored is None:
            self._over(
                f"endless: `*{event.anchor}` stands inside the value that it names", start, end, _ALIASED
            )
        if len(self.open) + anchored.height > MAX_DEPTH:
            self._over(
                f"more than {MAX_DEPTH} levels deep once `*{event.anchor}` is filled in", start, end, _DEEP
            )
        self._add(anchored.size)
        self._put(anchored.node, anchored.height)

    def _add(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            at = self.open[-1].node.start if self.open else 0
            self._over(f"more than {MAX_NODES:,} nodes once its aliases are filled in", at, at + 1, _MANY)

    def _put(self, node: Node, height: int) -> None:
        """Hand a finished value to what it stands in: a document, a list, or a mapping as key or value."""
        if not self.open:
            if not (isinstance(node, Text) and node.null):
                self.roots.append((self.document, node))
            return
        parent = self.open[-1]
        if height >= parent.height:
            parent.height = height + 1
        into = parent.node
        if isinstance(into, Items):
            into.append(node)
        elif parent.key is None:
            parent.key = node if isinstance(node, Text) else self._not_a_key(node)
        else:
            key, parent.key = parent.key, None
            self._pair(parent, into, key, node)

    def _pair(self, parent: _Open, into: Map, key: Text, value: Node) -> None:
        if key in into:
            if parent.firsts is None:
                parent.firsts = {k: k for k in into if isinstance(k, Text)}
            self.objections.repeated(key, parent.firsts[key])
        elif key == "<<" and key.plain:
            self._merge(parent, key, value)
        else:
            into[key] = value
            if parent.firsts is not None:
                parent.firsts[key] = key

    def _merge(self, parent: _Open, key: Text, value: Node) -> None:
        """Note what `<<` brings in; explicit keys win, so it is laid under them when the mapping ends."""
        sources = value if isinstance(value, Items) else [value]
        if parent.merged or not all(isinstance(source, Map) for source in sources):
            self.objections.no_merge(key, again=bool(parent.merged))
            return
        parent.merged.extend(source for source in sources if isinstance(source, Map))

    def _not_a_key(self, node: Map | Items) -> Text:
        """The text of what cannot be a key, so that reading can go on."""
        self.objections.no_key(node)
        return Text.at(self.text[node.start : node.end], node.start, node.end)

    def _over(self, what: str, start: int, end: int, fix: str) -> NoReturn:
        self.objections.over(what, start, end, fix)
        raise _Stop


# -- values without their places ---------------------------------------------------------------------

_ODD_WORDS: Final = frozenset({"=", "<<"})


class _Plain(dict[str, Text | None]):
    """Scalars without quotes, by their text; None for one that needs a closer look."""

    def __missing__(self, value: str) -> Text | None:
        return self.setdefault(value, None if value in _ODD_WORDS else Text.at(value, plain=True))


class _Quoted(dict[str, Text | None]):
    """Scalars of every other style. What cannot be seen gets this far only as an escape."""

    def __missing__(self, value: str) -> Text | None:
        return self.setdefault(value, None if UNSEEN.search(value) else Text.at(value))


class SharedValues:
    """The scalars and mappings of all texts that are read together."""

    def __init__(self) -> None:
        self.plain, self.quoted = _Plain(), _Quoted()
        self.maps: dict[tuple[int, ...], Map] = {}

    def one_of(self, node: Map) -> Map:
        """The first mapping that has the same scalars under the same keys."""
        # scalars are one object each, and those of a kept mapping live as long as it
        return self.maps.setdefault(tuple(map(id, (*node, *node.values()))), node)


def values_of(text: str, shared: SharedValues) -> tuple[tuple[int, Node], ...] | None:
    """The non-empty documents of a text, each with its number; None where anything about it is odd."""
    scanner = FASTEST(text)
    try:
        return _read(scanner.get_event, shared)
    except yaml.YAMLError:
        return None
    finally:
        scanner.dispose()


# One loop, for it is there to save a call for each of a million events.
def _read(get_event: Any, shared: SharedValues) -> tuple[tuple[int, Node], ...] | None:  # noqa: ANN401
    scalar, document, alias = yaml.ScalarEvent, yaml.DocumentStartEvent, yaml.AliasEvent
    mapping, sequence, end = yaml.MappingStartEvent, yaml.SequenceStartEvent, yaml.StreamEndEvent
    ends = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
    plain, quoted = shared.plain, shared.quoted
    roots: list[tuple[int, Node]] = []
    number, nodes = -1, 0
    above: list[tuple[Map | Items | None, Text | None, bool]] = []
    into: Any = None
    key: Text | None = None
    leaf = False  # whether `into` is a mapping that holds nothing but scalars so far
    while True:
        event = get_event()
        kind = type(event)
        node: Any
        if kind is scalar:
            node = (quoted if event.style else plain)[event.value]
            if node is None or into is None or event.tag is not None or event.anchor is not None:
                return None
            nodes += 1
        elif kind is mapping or kind is sequence:
            nodes += 1
            if event.tag is not None or event.anchor is not None or len(above) >= MAX_DEPTH:
                return None
            above.append((into, key, leaf))
            into, key, leaf = (Map(), None, True) if kind is mapping else (Items(), None, False)
            into.start = into.end = 0
            continue
        elif kind in ends:
            node = shared.one_of(into) if leaf else into
            into, key, leaf = above.pop()
            if into is None:
                roots.append((number, node))
                continue
            leaf = False
        elif kind is document:
            number += 1
            continue
        elif kind is end:
            return tuple(roots) if nodes <= MAX_NODES else None
        elif kind is alias:
            return None
        else:
            continue
        if type(into) is Items:
            into.append(node)
        elif key is None and type(node) is Text:
            key = node
        elif key is None or key in into:
            return None
        else:
            into[key], key = node, None
