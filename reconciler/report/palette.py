"""The one palette: each word that is coloured or marked, with its sign, its colour in text and in HTML.

Rule of this module: the sign or the word alone is enough; a colour only underlines it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reconciler.diagnostics import Severity
from reconciler.domain.rights import Status
from reconciler.engine.outcome import Outcome
from reconciler.plan.plan import Verdict


@dataclass(frozen=True, slots=True)
class Paint:
    """How a word looks: `sign` before it, `text` on a terminal, `page` in HTML."""

    sign: str
    text: str
    page: str


ACTIONS: Final = {
    "create": Paint("+", "green", "green"),
    "update": Paint("~", "yellow", "amber"),
    "replace": Paint("-/+", "red", "red"),
    "delete": Paint("-", "red", "red"),
    "adopt": Paint(">", "cyan", "blue"),
    "wait": Paint("*", "cyan", "blue"),
    "none": Paint("=", "dim", "quiet"),
    "blocked": Paint("!", "red", "violet"),
}
OUTCOMES: Final = {
    Outcome.SUCCEEDED: Paint("", "green", "green"),
    Outcome.FAILED: Paint("", "red", "red"),
    Outcome.SKIPPED: Paint("", "yellow", "amber"),
    Outcome.UNKNOWN: Paint("", "red", "red"),
    Outcome.CONFLICT: Paint("", "red", "red"),
    Outcome.STALE: Paint("", "yellow", "amber"),
}
SEVERITIES: Final = {
    Severity.ERROR: Paint("!", "red", "red"),
    Severity.WARNING: Paint("~", "yellow", "amber"),
    Severity.INFO: Paint("=", "cyan", "blue"),
    Severity.OFF: Paint("=", "dim", "quiet"),
}
VERDICTS: Final = {
    Verdict.FITS: Paint("=", "green", "green"),
    Verdict.EXCEEDS: Paint("!", "red", "red"),
    Verdict.UNVERIFIED: Paint("?", "yellow", "amber"),
}
STATUSES: Final = {
    Status.OK: Paint("=", "green", "green"),
    Status.WARNING: Paint("~", "yellow", "amber"),
    Status.FAILED: Paint("!", "red", "red"),
    Status.UNVERIFIED: Paint("?", "cyan", "blue"),
}
