"""Diagnostics as JUnit XML, which every build system shows.

Rule of this module: only errors are failures; a file without errors is a test that passed, and its
warnings stand in its output.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.report.diagnostics import Spans, in_order
from reconciler.report.style import inert

_NOWHERE = "(no file)"


def to_junit(diagnostics: Sequence[Diagnostic], sources: Spans, *, files: Sequence[str]) -> str:
    """One test case per file that was read, and one failure per error."""
    by_file: dict[str, list[Diagnostic]] = {file: [] for file in files}
    for found in in_order(diagnostics, sources):
        file = _NOWHERE if found.place is None else found.place.file
        by_file.setdefault(file, []).append(found)
    cases = [_case(file, found, sources) for file, found in by_file.items()]
    failing = sum(any(_fails(one) for one in found) for found in by_file.values())
    head = f'tests="{len(cases)}" failures="{failing}" errors="0" skipped="0"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="reconciler validate" {head}>',
            f'<testsuite name="reconciler validate" {head}>',
            *cases,
            "</testsuite>",
            "</testsuites>",
            "",
        ]
    )


def _fails(found: Diagnostic) -> bool:
    return found.severity is Severity.ERROR


def _case(file: str, found: Sequence[Diagnostic], sources: Spans) -> str:
    named = f"name={quoteattr(inert(file))} classname={quoteattr('manifests')} file={quoteattr(inert(file))}"
    errors = [one for one in found if _fails(one)]
    others = [one for one in found if not _fails(one)]
    if not found:
        return f"<testcase {named}/>"
    lines = [f"<testcase {named}>"]
    if errors:
        # A test case can fail once: more than one failure element is counted or dropped at will.
        types = ", ".join(dict.fromkeys(one.code for one in errors))
        first = f"{inert(errors[0].message)}" + (f" (and {len(errors) - 1} more)" if errors[1:] else "")
        lines.append(f"<failure type={quoteattr(types)} message={quoteattr(first)}>{_told(errors, sources)}")
        lines[-1] += "</failure>"
    if others:
        lines.append(f"<system-out>{_told(others, sources)}</system-out>")
    return "\n".join([*lines, "</testcase>"])


def _told(found: Sequence[Diagnostic], sources: Spans) -> str:
    return escape("\n".join(_line(one, sources) for one in found))


def _line(found: Diagnostic, sources: Spans) -> str:
    span = None if found.place is None else sources.span(found.place)
    where = "" if found.place is None else inert(found.place.file)
    where += "" if span is None else f":{span.line}:{span.column}"
    text = f"{where}: " if where else ""
    text += f"{found.severity.value}[{found.code}]: {inert(found.message)}"
    text += f"\n  note: {inert(found.source)}" if found.source else ""
    return text + (f"\n  fix: {inert(found.fix)}" if found.fix else "")
