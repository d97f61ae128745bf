"""What other systems read: GitHub's annotations, JUnit XML, Prometheus' text, whatever they are about.

Rule of this module: an annotation is one line and a test case fails once, whatever is written in them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from reconciler.diagnostics import Place, Severity, Span, counted
from reconciler.report.style import inert

MOST: Final = 10
"""GitHub shows ten annotations of a kind per step; the tenth says how many more there are."""

WORST_FIRST: Final = (Severity.ERROR, Severity.WARNING, Severity.INFO, Severity.OFF)

_NOUN: Final = {Severity.INFO: "note"}
_COMMAND: Final = {Severity.ERROR: "error", Severity.WARNING: "warning"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A finding at a line, or of nothing in particular; `parts` become the lines of its message."""

    severity: Severity
    title: str
    parts: Sequence[str]
    place: Place | None = None
    span: Span | None = None

    def __str__(self) -> str:
        properties: list[tuple[str, object]] = []
        if self.place is not None:
            properties.append(("file", self.place.file))
        if self.place is not None and self.span is not None:
            span = self.span
            properties += [("line", span.line), ("endLine", span.end_line), ("col", span.column)]
            properties += [("endColumn", span.end_column)]
        properties.append(("title", self.title))
        named = ",".join(
            f"{name}={_escaped(str(value)).replace(':', '%3A').replace(',', '%2C')}"
            for name, value in properties
        )
        message = "%0A".join(_escaped(part) for part in self.parts if part)
        return f"::{_COMMAND.get(self.severity, 'notice')} {named}::{message}"


def workflow_commands(found: Sequence[Annotation]) -> str:
    """Workflow commands: the worst first, ten at most; the tenth counts what is not shown."""
    worst = sorted(found, key=lambda item: WORST_FIRST.index(item.severity))
    fitting = worst if len(worst) <= MOST else worst[: MOST - 1]
    lines = [str(item) for item in fitting]
    if left := worst[len(fitting) :]:
        kinds = Counter(item.severity for item in left)
        text = ", ".join(
            counted(kinds[item], _NOUN.get(item, item.value)) for item in WORST_FIRST if kinds[item]
        )
        words = f"and {len(left)} more ({text})"
        lines.append(str(Annotation(severity=left[0].severity, title="reconciler", parts=[words])))
    return "\n".join(lines) + "\n" if lines else ""


def _escaped(text: str) -> str:
    """A command's message: `inert` leaves no line break, and a percent sign would start an escape."""
    return inert(text).replace("%", "%25")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test case. `failure` and `error` are (type, message, lines); `output` is no failure."""

    name: str
    group: str
    file: str = ""
    failure: tuple[str, str, Sequence[str]] | None = None
    error: tuple[str, str, Sequence[str]] | None = None
    output: Sequence[str] = ()


def junit(name: str, cases: Sequence[Case]) -> str:
    """One suite in JUnit's XML. A case has one failure at most: a second is dropped at will."""
    numbers = {
        "name": name,
        "tests": str(len(cases)),
        "failures": str(sum(case.failure is not None for case in cases)),
        "errors": str(sum(case.error is not None for case in cases)),
        "skipped": "0",
    }
    root = ET.Element("testsuites", numbers)
    suite = ET.SubElement(root, "testsuite", numbers)
    for case in cases:
        named = {"name": inert(case.name), "classname": inert(case.group)}
        named |= {"file": inert(case.file)} if case.file else {}
        element = ET.SubElement(suite, "testcase", named)
        for kind, bad in (("failure", case.failure), ("error", case.error)):
            if bad is not None:
                code, message, lines = bad
                ET.SubElement(element, kind, {"type": inert(code), "message": inert(message)}).text = (
                    _lines(lines) or None
                )
        if case.output:
            ET.SubElement(element, "system-out").text = _lines(case.output)
    ET.indent(root, "")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(inert(line) for line in lines)


Series = tuple[Mapping[str, str], int]
"""One time series of a metric: its labels and its value."""

_ESCAPED: Final[Mapping[str, str]] = {"\\": r"\\", '"': r"\"", "\n": r"\n"}


def exposition(metrics: Iterable[tuple[str, str, Sequence[Series]]]) -> str:
    """Gauges in Prometheus' text format: name, what it says, series."""
    lines: list[str] = []
    for name, words, series in metrics:
        lines += [f"# HELP {name} {words}", f"# TYPE {name} gauge"]
        lines += [
            f"{name}{{{','.join(f'{key}={_quoted(text)}' for key, text in labels.items())}}} {value}"
            for labels, value in series
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    r"""A label's value: `inert` leaves no line break and no control, the format's own three are escaped."""
    return '"' + re.sub(r'[\\"\n]', lambda found: _ESCAPED[found[0]], inert(text)) + '"'
