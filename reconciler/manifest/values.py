"""The values of a text without their places, which is all that a sound manifest is read for.

Rule of this module: what is odd in any way is left to `compose`, which says what it means and where it is.
Equal scalars and equal small mappings are one object here, for a fleet says the same thousands of times.
"""

from __future__ import annotations

from typing import Any, Final

import yaml

from reconciler.manifest.compose import FASTEST, MAX_DEPTH, MAX_NODES
from reconciler.manifest.objections import UNSEEN
from reconciler.manifest.tree import Items, Map, Node, Text

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
