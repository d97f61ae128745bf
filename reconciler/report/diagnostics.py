"""Diagnostics as text with the offending lines, as JSON and as annotations of a pull request.

Rule of this module: order is by file and line, whatever found what; every count is over everything,
also where only the first are shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from reconciler.diagnostics import Diagnostic, Place, Severity, Span, counted
from reconciler.domain.deployment import JsonValue
from reconciler.report import build_systems
from reconciler.report.layout import alike, cells, listed, paragraph
from reconciler.report.markdown import markdown_fence, markdown_inert
from reconciler.report.palette import SEVERITIES
from reconciler.report.style import WIDEST, Style, inert

LIMIT = 50
"""Diagnostics that are listed; the rest is counted."""

_PAGE = Style(width=110)

_NOWHERE = "(no file)"
_MOST_PLACES = 20
"""Further places of one finding that are named; the others are counted."""


class Spans(Protocol):
    """Knows the texts: where a symbolic place is, and what a line (from 1) says."""

    def span(self, place: Place) -> Span | None:
        """Line and columns of a place; None where it has none."""
        ...

    def line(self, file: str, line_no: int, /) -> str | None:
        """A line without its line break; None in a text that was not read."""
        ...


def render_text(
    diagnostics: Sequence[Diagnostic],
    sources: Spans,
    *,
    style: Style,
    limit: int = LIMIT,
    files: int | None = None,
    deployments: int | None = None,
) -> str:
    """The first `limit` in full, what is said of several lines once, and one line that counts everything."""
    ordered = in_order(diagnostics, sources)
    groups = _alike(ordered)
    blocks = ["\n".join(_block(first, sources, style, rest)) for first, *rest in groups[:limit]]
    if len(groups) > limit:
        blocks.append(f"and {sum(map(len, groups[limit:]))} more, not shown")
    blocks.append(_summary(ordered, style, files, deployments))
    return "\n\n".join(blocks) + "\n"


def to_json(
    diagnostics: Sequence[Diagnostic], sources: Spans, *, files: int, deployments: int, limit: int = LIMIT
) -> dict[str, JsonValue]:
    """The pinned JSON form. Places without a position have null lines and columns."""
    from reconciler.planfile.codec import finding_document
    from reconciler.planfile.documents import FORMAT_VERSION, DiagnosticsDocument, TotalsDocument

    ordered = in_order(diagnostics, sources)
    return DiagnosticsDocument(
        format_version=FORMAT_VERSION,
        diagnostics=tuple(finding_document(found, sources.span) for found in ordered[:limit]),
        summary=TotalsDocument(
            errors=_count(ordered, Severity.ERROR),
            warnings=_count(ordered, Severity.WARNING),
            infos=_count(ordered, Severity.INFO),
            files=files,
            deployments=deployments,
        ),
    ).to_json()


def render_github(diagnostics: Sequence[Diagnostic], sources: Spans) -> str:
    """Workflow commands that annotate the changed lines: the worst first, ten at most."""
    found = []
    for item in in_order(diagnostics, sources):
        parts = [
            item.message,
            item.label,
            item.source and f"note: {item.source}",
            item.fix and f"fix: {item.fix}",
        ]
        span = None if item.place is None else sources.span(item.place)
        found.append(
            build_systems.Annotation(
                severity=item.severity, title=item.code, parts=parts, place=item.place, span=span
            )
        )
    return build_systems.workflow_commands(found)


def render_markdown(diagnostics: Sequence[Diagnostic], sources: Spans) -> str:
    """What is wrong with the manifests, for a pull request: the worst first, each with its line."""
    ordered = in_order(diagnostics, sources)
    worst = sorted(ordered, key=lambda found: build_systems.WORST_FIRST.index(found.severity))
    verdict = "Invalid" if _count(ordered, Severity.ERROR) else "Valid"
    stated = ", ".join(_counts(ordered)) or "nothing found"
    blocks = ["## Manifests", f"**{verdict}:** {stated}"]
    for found in worst[:LIMIT]:
        where = "" if found.place is None else f" in {markdown_inert(_position(found.place, sources, _PAGE))}"
        text = markdown_fence("\n".join(_block(found, sources, _PAGE)))
        blocks.append(f"{found.severity.value} {markdown_inert(found.code)}{where}\n\n{text}")
    if len(worst) > LIMIT:
        blocks.append(f"**Cut to fit:** {len(worst) - LIMIT} more not shown here.")
    return "\n\n".join(blocks) + "\n"


def in_order(diagnostics: Sequence[Diagnostic], sources: Spans) -> list[Diagnostic]:
    """By file, line and column; what stands nowhere comes last, and OFF not at all."""

    def rank(found: Diagnostic) -> tuple[bool, str, int, int, str, str]:
        place = found.place
        span = None if place is None else sources.span(place)
        line, column = (0, 0) if span is None else (span.line, span.column)
        file = "" if place is None else place.file
        return (place is None, file, line, column, found.code, found.message)

    return sorted((found for found in diagnostics if found.severity is not Severity.OFF), key=rank)


# -- text ----------------------------------------------------------------------------------------------


def _alike(ordered: Sequence[Diagnostic]) -> list[list[Diagnostic]]:
    """Findings that say the same of different places together, where the first of them stands."""

    def key(diagnostic: Diagnostic) -> tuple[object, ...]:
        alone = id(diagnostic) if diagnostic.place is None or diagnostic.related else 0
        return (
            diagnostic.severity,
            diagnostic.code,
            diagnostic.message,
            diagnostic.label,
            diagnostic.source,
            diagnostic.fix,
            alone,
        )

    return list(alike(ordered, key).values())


def _block(
    found: Diagnostic, sources: Spans, style: Style, others: Sequence[Diagnostic] = ()
) -> Iterator[str]:
    where = "" if found.place is None else f"{_position(found.place, sources, style)}: "
    colour = SEVERITIES[found.severity].text
    head = f"{found.severity.value}[{style.show(found.code)}]"
    first, *rest = style.paragraph(f"{where}{head}: {style.show(found.message)}", hanging="    ")
    if first.startswith(where + head):
        first = f"{style.paint(where, 'bold')}{style.paint(head, 'bold', colour)}{first[len(where + head) :]}"
    yield from (first, *rest)
    if found.place is not None:
        yield from _excerpt(found.place, sources, style, found.label, colour)
    if others:
        places = [_position(other.place, sources, style) for other in others if other.place is not None]
        words = f"= also: {listed(places, most=_MOST_PLACES)}"
        yield from style.paragraph(words, indent="  ", hanging="    ")
    if found.source:
        yield from style.paragraph(f"= note: {style.show(found.source)}", indent="  ", hanging="    ")
    for related in found.related:
        words = f"= {style.show(related.message)}: {_position(related.place, sources, style)}"
        yield from style.paragraph(words, indent="  ", hanging="    ")
        yield from _excerpt(related.place, sources, style, "", "cyan")
    if found.fix:
        first, *rest = style.paragraph(f"fix: {style.show(found.fix)}", hanging="    ")
        yield from (f"{style.paint('fix:', 'bold')}{first.removeprefix('fix:')}", *rest)


def _position(place: Place, sources: Spans, style: Style) -> str:
    span = sources.span(place)
    return style.show(place.file if span is None else f"{place.file}:{span.line}:{span.column}")


def _excerpt(place: Place, sources: Spans, style: Style, label: str, colour: str) -> Iterator[str]:
    """The line with carets under the part that is meant, and `label` behind them or, without room, below."""
    span = sources.span(place)
    text = None if span is None else sources.line(place.file, span.line)
    if span is None or text is None:
        return
    gutter = str(span.line)
    edge = style.paint(f"{' ' * len(gutter)} |", "dim")
    end = span.end_column if span.end_line == span.line else len(text) + 1
    shown, before, marked = _window(
        text, span.column - 1, end - 1, style, room=min(style.width, WIDEST) - len(gutter) - 3
    )
    yield edge
    yield f"{style.paint(f'{gutter} |', 'dim')} {shown}".rstrip()
    carets = style.paint("^" * max(1, marked), "bold", colour)
    notes, beside = style.show(label), min(style.width, WIDEST) - len(gutter) - 3
    if not notes or before + max(1, marked) + 1 + cells(notes) <= beside:
        yield f"{edge} {' ' * before}{carets} {notes}".rstrip()
        return
    yield f"{edge} {' ' * before}{carets}"
    indent = " " * max(0, min(before, beside - cells(notes)))
    yield from (f"{edge} {line}" for line in paragraph(notes, width=beside, indent=indent))


def _window(text: str, start: int, end: int, style: Style, *, room: int) -> tuple[str, int, int]:
    """What is shown of a line, the columns before the marked part, and the columns of that part.

    A line that does not fit is cut around the marked part before anything else is done with it: it may
    be megabytes long.
    """
    dots = "…" if style.unicode else "..."
    first, last = 0, len(text)
    if len(text) > room:
        room = max(1, room - 2 * len(dots))
        first = max(0, min(start - room // 3, len(text) - room))
        last = first + room
    head, tail = dots if first else "", dots if last < len(text) else ""
    # Shown in one piece: two halves of an order to a build system would be harmless alone.
    shown = style.show(text[first:last])
    before = cells(style.show(text[first:start]))
    behind = cells(style.show(text[min(max(end, start), last) : last]))
    return head + shown + tail, cells(head) + before, cells(shown) - before - behind


def _summary(
    diagnostics: Sequence[Diagnostic], style: Style, files: int | None, deployments: int | None
) -> str:
    found = ", ".join(_counts(diagnostics))
    over = [] if files is None else [counted(files, "file")]
    over += [] if deployments is None else [counted(deployments, "deployment")]
    errors = _count(diagnostics, Severity.ERROR)
    verdict = "Invalid" if errors else "Valid"
    nothing = "no manifest" if files == 0 else "nothing found"
    text = f"{verdict}: {found or nothing}{' in ' if over else ''}{', '.join(over)}"
    return style.paint(text, "bold", "red" if errors else "green")


def _counts(diagnostics: Sequence[Diagnostic]) -> list[str]:
    nouns = ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "note"))
    counts = [(_count(diagnostics, severity), noun) for severity, noun in nouns]
    return [counted(number, noun) for number, noun in counts if number]


def _count(diagnostics: Sequence[Diagnostic], severity: Severity) -> int:
    return sum(1 for found in diagnostics if found.severity is severity)


# -- JUnit ---------------------------------------------------------------------------------------------


def render_junit(diagnostics: Sequence[Diagnostic], sources: Spans, *, files: Sequence[str]) -> str:
    """One test case per file that was read: its errors are the failure, its warnings the output."""
    by_file: dict[str, list[Diagnostic]] = {file: [] for file in files}
    for found in in_order(diagnostics, sources):
        file = _NOWHERE if found.place is None else found.place.file
        by_file.setdefault(file, []).append(found)
    return build_systems.junit(
        "reconciler validate", [_case(file, found, sources) for file, found in by_file.items()]
    )


def _case(file: str, found: Sequence[Diagnostic], sources: Spans) -> build_systems.Case:
    errors = [item for item in found if item.severity is Severity.ERROR]
    others = [line for item in found if item not in errors for line in _lines(item, sources)]
    failure = None
    if errors:
        more = f" (and {len(errors) - 1} more)" if errors[1:] else ""
        codes = ", ".join(dict.fromkeys(error.code for error in errors))
        notes = [line for error in errors for line in _lines(error, sources)]
        failure = (codes, f"{errors[0].message}{more}", notes)
    return build_systems.Case(name=file, group="manifests", file=file, failure=failure, output=others)


def _lines(found: Diagnostic, sources: Spans) -> Iterator[str]:
    span = None if found.place is None else sources.span(found.place)
    where = "" if found.place is None else found.place.file
    where += "" if span is None else f":{span.line}:{span.column}"
    yield f"{f'{where}: ' if where else ''}{found.severity.value}[{found.code}]: {inert(found.message)}"
    yield from (
        f"  {name}: {inert(text)}" for name, text in (("note", found.source), ("fix", found.fix)) if text
    )


def render_prometheus(diagnostics: Sequence[Diagnostic], codes: Iterable[str], *, fleet: str) -> str:
    """One gauge per policy rule and severity, in Prometheus' text format; the same series every time."""
    counts = Counter((found.code, found.severity) for found in diagnostics)
    loud = (Severity.ERROR, Severity.WARNING, Severity.INFO)
    series = [
        ({"fleet": fleet, "code": code, "severity": severity.value}, counts[code, severity])
        for code in sorted(set(codes))
        for severity in loud
    ]
    return build_systems.exposition(
        [("reconciler_policy_findings", "What the policies find in what is there.", series)]
    )
