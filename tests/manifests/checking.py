"""Reading manifests and putting every rule to them, as `validate` does, on a day that a test names."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from reconciler.catalogue.load import catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.manifest import rules
from reconciler.manifest.load import LoadedManifests, load
from reconciler.report.diagnostics import render_text
from reconciler.report.style import Style

TODAY = date(2026, 11, 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was read, and everything that was found in it."""

    loaded: LoadedManifests
    findings: tuple[Diagnostic, ...]

    @property
    def codes(self) -> set[str]:
        return {finding.code for finding in self.findings}

    def text(self, *, width: int = 100) -> str:
        """What `validate` prints."""
        return render_text(
            self.findings,
            self.loaded.sources,
            style=Style(width=width),
            files=self.loaded.files,
            deployments=self.loaded.deployments,
        )


def check_paths(
    *paths: str,
    today: date = TODAY,
    severities: Mapping[str, Severity] | None = None,
    stdin: bytes | None = None,
) -> Checked:
    stream = None if stdin is None else io.BytesIO(stdin)
    loaded = load(paths, known_rules=rules.CODES, severities=severities, stdin=stream)
    found = rules.check(loaded.understood, catalogue(), today)
    return Checked(loaded=loaded, findings=(*loaded.diagnostics, *found))


def check_text(text: str | bytes, *, today: date = TODAY) -> Checked:
    """The same for a text on standard input."""
    return check_paths("-", today=today, stdin=text.encode() if isinstance(text, str) else text)


def by_severity(findings: Sequence[Diagnostic], severity: Severity) -> list[str]:
    """The codes found at one severity, sorted, each once."""
    return sorted({finding.code for finding in findings if finding.severity is severity})
