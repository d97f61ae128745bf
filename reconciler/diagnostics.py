"""What we tell a user about their own text: values, never exceptions.

A diagnostic is made where the problem is known, with a symbolic place (file, document, route of keys);
the place becomes a line and a column only at the edge, through the document's node tree. This room
imports nothing of ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Route = tuple[str | int, ...]
"""Keys and indices from a document's root to a value, for example ``("spec", "deployments", 0, "sku")``."""


class Severity(StrEnum):
    """How loudly a rule speaks. Only `ERROR` makes manifests invalid; `OFF` silences the rule."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A stretch of a file. Lines and columns are 1-based; `end_column` is one past the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands, symbolically.

    `document` counts the YAML documents of the file from 0. `on_key` says that the key itself is meant
    rather than its value. `span` is set only where no node tree exists to look the route up in (broken
    YAML); otherwise it is found at the edge.
    """

    file: str
    document: int = 0
    route: Route = ()
    on_key: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A second place that explains the first, with a few words on how."""

    message: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding about the user's text.

    `message` says what was found and what is allowed, `label` stands under the caret, `source` says
    where the rule comes from and of which date it is, `fix` says what to do. `code` is kebab-case and
    stable: people put it into `Fleet.spec.rules` and into CI filters.
    """

    code: str
    severity: Severity = Severity.ERROR
    message: str
    place: Place | None = None
    label: str = ""
    source: str = ""
    fix: str = ""
    related: tuple[Related, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One text that contributed fields to a merged deployment: where it stands and which keys it states."""

    place: Place
    stated: Mapping[str, object]

    def states(self, route: Route) -> bool:
        """Whether this text itself contains a value at `route` (relative to `place`)."""
        here: object = self.stated
        for step in route:
            if isinstance(here, Mapping) and step in here:
                here = here[step]
            elif isinstance(here, Sequence) and not isinstance(here, str) and isinstance(step, int):
                if not 0 <= step < len(here):
                    return False
                here = here[step]
            else:
                return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Which text each field of a merged deployment came from.

    Layers are in the order in which they were merged, so the last one that states a route is the one
    whose value won.
    """

    layers: tuple[Layer, ...] = field(default=())

    def place(self, route: Route = (), on_key: bool = False) -> Place | None:
        """The place of the value at `route`, or of its nearest stated ancestor; None without any text."""
        for length in range(len(route), -1, -1):
            prefix = route[:length]
            for layer in reversed(self.layers):
                if layer.states(prefix):
                    whole = layer.place.route + prefix
                    at_key = on_key and length == len(route)
                    return Place(
                        file=layer.place.file, document=layer.place.document, route=whole, on_key=at_key
                    )
        return None


def has_errors(diagnostics: Sequence[Diagnostic]) -> bool:
    """Whether any of these makes the manifests invalid."""
    return any(found.severity is Severity.ERROR for found in diagnostics)


_PLURALS: Mapping[str, str] = {"is": "are", "entry": "entries"}


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``1 day``, ``2 days``, ``2 entries``."""
    return f"{number:,} {noun if number == 1 else _PLURALS.get(noun, noun + 's')}"


def listing(names: Sequence[object], shown: int = 6) -> str:
    """Names for a sentence, the first few of them: ``a, b and 3 more``."""
    texts = [str(name) for name in names]
    if len(texts) > shown:
        return f"{', '.join(texts[:shown])} and {len(texts) - shown} more"
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


def choice(names: Sequence[object], shown: int = 3) -> str:
    """The first few names to choose from: ``a, b or c``."""
    texts = [str(name) for name in names[:shown]]
    return " or ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


def did_you_mean(meant: str | None, similar: Sequence[str] = ()) -> str:
    """A fix: the name that was surely meant, else those that look like it; empty without any."""
    if meant is not None:
        return f"did you mean {meant}?"
    return (
        f"the nearest known are {listing(similar)}"
        if len(similar) > 1
        else "".join(f"the nearest known is {name}" for name in similar)
    )


def definitions(text: str) -> dict[str, str]:
    """A table of words and what they mean: each begins a line, ``word: meaning``; the rest is indented."""
    entries = (entry.partition(":") for entry in re.split(r"\n(?! )", text.strip()))
    return {word: " ".join(meaning.split()) for word, _, meaning in entries}
