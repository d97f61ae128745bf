"""A plan in the forms that build systems read, and pages cut to what they take.

Rule of this module: a replacement is a deletion and a creation, and what is cut is said to be cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import JsonValue
from reconciler.plan.actions import Blocked
from reconciler.plan.plan import Plan
from reconciler.report import diagnostics as diagnostics_report
from reconciler.report.diagnostics import Spans
from reconciler.report.layout import counted
from reconciler.report.totals import counts

_FENCE = re.compile(r"`{3,}")


def render_github(plan: Plan, sources: Spans) -> str:
    """Annotations for what is wrong with the manifests, refused or blocked; empty where nothing is."""
    return diagnostics_report.render_github([*_hindrances(plan), *plan.findings], sources)


def gitlab_counts(plan: Plan) -> dict[str, JsonValue]:
    """The three numbers of GitLab's report `terraform`, which a merge request shows."""
    number = counts(plan)
    return {
        "create": number["create"] + number["replace"],
        "update": number["update"] + number["adopt"],
        "delete": number["delete"] + number["replace"],
    }


def fitted(page: str, limit: int, whole: str) -> str:
    """A page of Markdown in at most `limit` bytes of UTF-8; `whole` says where all of it is.

    It is cut between lines, and a code block or a fold that is open there is closed.
    """
    if _size(page) <= limit:
        return page
    lines = page.splitlines()
    room = limit - _size(_cut(len(lines), whole))
    kept: list[str] = []
    fence, folds = "", 0
    for line in lines:
        opened = _opened(line, fence, folds)
        room -= _size(line) + 1
        if room < _size(_closing(*opened)):
            break
        kept.append(line)
        fence, folds = opened
    return "\n".join(kept) + _closing(fence, folds) + _cut(len(lines) - len(kept), whole)


def _opened(line: str, fence: str, folds: int) -> tuple[str, int]:
    """The code block and the number of folds that are open behind a line."""
    if fence:
        return ("" if line == fence else fence), folds
    if mark := _FENCE.match(line):
        return mark.group(), folds
    return "", folds + line.startswith("<details>") - line.startswith("</details>")


def _closing(fence: str, folds: int) -> str:
    return (f"\n{fence}" if fence else "") + "\n\n</details>" * folds


def _cut(lines: int, whole: str) -> str:
    return f"\n\n**Cut to fit:** {counted(lines, 'line')} not shown here. {whole}\n"


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _hindrances(plan: Plan) -> Iterator[Diagnostic]:
    """Refusals and blocked deployments as findings without a place."""
    for refusal in plan.refusals:
        yield Diagnostic(
            code=refusal.code,
            severity=Severity.ERROR,
            message=refusal.message,
            fix=f"fix: {refusal.fix}",
        )
    for step in plan.steps:
        if isinstance(step.action, Blocked):
            name = f"{step.action.id.account.name}/{step.action.id.name}"
            yield Diagnostic(
                code=step.action.reason.value,
                severity=Severity.ERROR,
                message=f"{name} is blocked: {step.action.explanation}",
                fix=step.action.fix,
            )
