"""One annotation of GitHub's: a workflow command on one line, whatever is written in it."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics import Place, Severity, Span
from reconciler.report.style import inert

MOST = 10
"""GitHub shows ten annotations of a kind per step; the tenth says how many more there are."""

_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning"}


def command_of(severity: Severity) -> str:
    """GitHub's word for a severity."""
    return _COMMAND.get(severity, "notice")


def annotation(
    severity: Severity, *, title: str, parts: Sequence[str], place: Place | None, span: Span | None
) -> str:
    """An annotation of a line, or of nothing in particular; `parts` become the lines of its message."""
    properties: list[tuple[str, object]] = []
    if place is not None:
        properties.append(("file", place.file))
    if place is not None and span is not None:
        properties += [("line", span.line), ("endLine", span.end_line), ("col", span.column)]
        properties += [("endColumn", span.end_column)]
    properties.append(("title", title))
    named = ",".join(f"{name}={_property(str(value))}" for name, value in properties)
    message = "%0A".join(_escaped(part) for part in parts if part)
    return f"::{command_of(severity)} {named}::{message}"


def _escaped(text: str) -> str:
    """A command's message: `inert` leaves no line break, and a percent sign would start an escape."""
    return inert(text).replace("%", "%25")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
