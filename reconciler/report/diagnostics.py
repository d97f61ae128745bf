"""Diagnostics as text with the offending line, as JSON, and as GitHub annotations.

A symbolic place becomes a line and a column here and nowhere earlier.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from reconciler.diagnostics import Diagnostic, Place, Severity, Span
from reconciler.report.style import Style, inert, plural

_COLOUR = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan", Severity.OFF: "dim"}
_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2, Severity.OFF: 3}
# GitHub shows at most ten annotations of a kind per step (actions/toolkit, problem matchers).
_ANNOTATIONS = 9


class Spans(Protocol):
    """The way back from symbolic places to the text."""

    def span(self, place: Place) -> Span | None:
        """Lines and columns of a place."""
        ...

    def line(self, file: str, number: int) -> str | None:
        """The text of a line."""
        ...


def in_order(diagnostics: Sequence[Diagnostic], sources: Spans) -> list[Diagnostic]:
    """By file, line and column; what has no place comes first."""

    def position(found: Diagnostic) -> tuple[str, int, int, str]:
        if found.place is None:
            return ("", 0, 0, found.code)
        span = sources.span(found.place)
        return (found.place.file, span.line if span else 0, span.column if span else 0, found.code)

    return sorted(diagnostics, key=position)


def render_text(
    diagnostics: Sequence[Diagnostic],
    sources: Spans,
    *,
    style: Style,
    limit: int = 50,
    files: int | None = None,
    deployments: int | None = None,
) -> str:
    """Each finding with its line and caret, then one line that counts them all."""
    ordered = in_order(diagnostics, sources)
    blocks = [_block(found, sources, style) for found in ordered[:limit]]
    if len(ordered) > limit:
        blocks.append(f"and {len(ordered) - limit} more, not shown")
    blocks.append(_summary(ordered, style, files, deployments))
    return "\n\n".join(blocks) + "\n"


def to_json(
    diagnostics: Sequence[Diagnostic], sources: Spans, *, files: int, deployments: int
) -> dict[str, object]:
    """The pinned form of `validate -o json`."""
    counts = _counts(diagnostics)
    return {
        "diagnostics": [_json(found, sources) for found in in_order(diagnostics, sources)],
        "summary": {
            "errors": counts[Severity.ERROR],
            "warnings": counts[Severity.WARNING],
            "files": files,
            "deployments": deployments,
        },
    }


def render_github(diagnostics: Sequence[Diagnostic], sources: Spans) -> str:
    """Workflow commands: the nine worst, and a tenth that counts the rest."""
    worst = sorted(in_order(diagnostics, sources), key=lambda found: _RANK[found.severity])
    lines = [_annotation(found, sources) for found in worst[:_ANNOTATIONS]]
    rest = worst[_ANNOTATIONS:]
    if rest:
        kind = "error" if any(found.severity is Severity.ERROR for found in rest) else "warning"
        lines.append(f"::{kind}::and {len(rest)} more; `reconciler validate` lists them all")
    return "\n".join(lines) + "\n" if lines else ""


def _block(found: Diagnostic, sources: Spans, style: Style) -> str:
    where = _where(found.place, sources)
    severity = style.paint(f"{found.severity.value}[{found.code}]", _COLOUR[found.severity], "bold")
    lines = [f"{where}{': ' if where else ''}{severity}: {inert(found.message)}"]
    if found.place is not None:
        lines += _excerpt(found.place, found.label, sources, style)
    for related in found.related:
        lines.append(f"   = {_where(related.place, sources)}: {inert(related.message)}")
    if found.source:
        lines.append(f"   = note: {inert(found.source)}")
    if found.hint:
        lines.append(f"{style.paint('hint', 'bold')}: {inert(found.hint)}")
    return "\n".join(lines)


def _where(place: Place | None, sources: Spans) -> str:
    if place is None:
        return ""
    span = sources.span(place)
    return inert(place.file) if span is None else f"{inert(place.file)}:{span.line}:{span.column}"


def _excerpt(place: Place, label: str, sources: Spans, style: Style) -> list[str]:
    span = sources.span(place)
    text = sources.line(place.file, span.line) if span else None
    if span is None or text is None:
        return []
    number = str(span.line)
    margin = " " * len(number)
    shown = inert(text.replace("\t", " "))
    end = span.end_column if span.end_line == span.line else len(text) + 1
    carets = "^" * max(1, min(end, len(text) + 1) - span.column)
    pointed = f"{carets} {inert(label)}".rstrip()
    return [
        f"{margin} |",
        f"{number} | {shown[: style.width]}",
        f"{margin} | {' ' * (span.column - 1)}{style.paint(pointed, 'red')}",
    ]


def _counts(diagnostics: Sequence[Diagnostic]) -> dict[Severity, int]:
    return {kind: sum(1 for found in diagnostics if found.severity is kind) for kind in Severity}


def _summary(
    diagnostics: Sequence[Diagnostic], style: Style, files: int | None, deployments: int | None
) -> str:
    counts = _counts(diagnostics)
    parts = [
        plural(counts[kind], noun)
        for kind, noun in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "note"))
        if counts[kind]
    ]
    seen = ""
    if files is not None and deployments is not None:
        seen = f" in {plural(files, 'file')} with {plural(deployments, 'deployment')}"
    if counts[Severity.ERROR]:
        return style.paint(f"invalid: {', '.join(parts)}{seen}", "red", "bold")
    return style.paint(f"valid: {', '.join(parts) or 'nothing to complain about'}{seen}", "green", "bold")


def _json(found: Diagnostic, sources: Spans) -> dict[str, object]:
    return {
        "code": found.code,
        "severity": found.severity.value,
        "message": found.message,
        "hint": found.hint,
        "source": found.source,
        **_position(found.place, sources),
        "related": [
            {"message": related.message, **_position(related.place, sources)} for related in found.related
        ],
    }


def _position(place: Place | None, sources: Spans) -> dict[str, object]:
    span = sources.span(place) if place is not None else None
    return {
        "file": place.file if place else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "endLine": span.end_line if span else None,
        "endColumn": span.end_column if span else None,
        "path": list(place.route) if place else [],
    }


def _annotation(found: Diagnostic, sources: Spans) -> str:
    kind = {Severity.ERROR: "error", Severity.WARNING: "warning"}.get(found.severity, "notice")
    properties = [f"title={_property(found.code)}"]
    span = sources.span(found.place) if found.place else None
    if found.place is not None:
        properties.insert(0, f"file={_property(found.place.file)}")
    if span is not None:
        properties[1:1] = [f"line={span.line}", f"col={span.column}", f"endLine={span.end_line}"]
    text = ". ".join(filter(None, (found.message, found.source, found.hint)))
    return f"::{kind} {','.join(properties)}::{_escaped(text)}"


def _escaped(text: str) -> str:
    """A workflow command's data: per cent first, or the other escapes would be escaped again."""
    return inert(text).replace("%", "%25")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
