"""Diagnostics as SARIF 2.1.0, for code scanning.

Rule of this module: every finding has a fingerprint that survives when lines move, so that a scanner
knows an old finding again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from urllib.parse import quote

from reconciler.diagnostics import Diagnostic, Place, Severity
from reconciler.manifest import rules
from reconciler.report.diagnostics import Spans, in_order
from reconciler.report.style import inert

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note", Severity.OFF: "none"}
_FINGERPRINT = "reconcilerFinding/v1"


def _log(run: dict[str, object]) -> dict[str, object]:
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def to_sarif(diagnostics: Sequence[Diagnostic], sources: Spans, *, tool_version: str) -> dict[str, object]:
    """One run with every finding; nothing is cut, scanners have limits of their own."""
    found = in_order(diagnostics, sources)
    codes = list(dict.fromkeys(item.code for item in found))
    seen: Counter[str] = Counter()
    driver = {"name": "reconciler", "semanticVersion": tool_version, "rules": [_rule(code) for code in codes]}
    return _log(
        {
            "tool": {"driver": driver},
            "columnKind": "unicodeCodePoints",
            "results": [_result(item, sources, codes.index(item.code), seen) for item in found],
        }
    )


def error_sarif(code: str, message: str, *, exit_code: int) -> dict[str, object]:
    """A run that came to no result: no finding, and why."""
    notification = {"level": "error", "message": {"text": inert(message)}, "descriptor": {"id": code}}
    invocation = {
        "executionSuccessful": False,
        "exitCode": exit_code,
        "toolExecutionNotifications": [notification],
    }
    return _log({"tool": {"driver": {"name": "reconciler"}}, "invocations": [invocation], "results": []})


def _rule(code: str) -> dict[str, object]:
    explanation = rules.explain(code)
    if explanation is None:
        return {"id": code}
    first = explanation.text.split(". ", 1)[0].rstrip(".") + "."
    return {
        "id": code,
        "shortDescription": {"text": first},
        "fullDescription": {"text": explanation.text},
        "help": {"text": explanation.text},
        "defaultConfiguration": {"level": _LEVEL[explanation.severity]},
    }


def _result(found: Diagnostic, sources: Spans, index: int, seen: Counter[str]) -> dict[str, object]:
    notes = [inert(found.message)]
    notes += [f"note: {inert(found.source)}"] if found.source else []
    notes += [f"fix: {inert(found.fix)}"] if found.fix else []
    result: dict[str, object] = {
        "ruleId": found.code,
        "ruleIndex": index,
        "level": _LEVEL[found.severity],
        "message": {"text": "\n".join(notes)},
    }
    if found.place is not None:
        result["locations"] = [{"physicalLocation": _physical(found.place, sources)}]
    if found.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": _physical(related.place, sources),
                "message": {"text": inert(related.message)},
            }
            for number, related in enumerate(found.related)
        ]
    result["partialFingerprints"] = {_FINGERPRINT: _fingerprint(found, sources, seen)}
    return result


def _physical(place: Place, sources: Spans) -> dict[str, object]:
    """Relative to where the command ran, as scanners want it; an absolute path stays absolute."""
    path, span = PurePath(place.file), sources.span(place)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    where: dict[str, object] = {"artifactLocation": {"uri": uri}}
    if span is not None:
        start = {"startLine": span.line, "startColumn": span.column}
        where["region"] = start | {"endLine": span.end_line, "endColumn": span.end_column}
    return where


def _fingerprint(found: Diagnostic, sources: Spans, seen: Counter[str]) -> str:
    """A hash of what the finding is about, without line numbers; the second such one is numbered."""
    place = found.place
    parts = [found.code]
    if place is not None:
        span = sources.span(place)
        text = None if span is None else sources.line(place.file, span.line)
        keys = [step for step in place.route if isinstance(step, str)]
        parts += [PurePath(place.file).as_posix(), ".".join(keys), (text or "").strip()]
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"
