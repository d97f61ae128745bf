"""An examination as text and JSON.

Rule of this module: what is not well is always shown whole, with what to do; what is well is counted where
there is much of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reconciler.diagnostics import counted
from reconciler.domain.document import Document
from reconciler.domain.rights import Check, Status
from reconciler.report.palette import STATUSES
from reconciler.report.style import Style

_HANGING = " " * 12
_WHERE = {"sign-in": "tenant", "quota": "region", "offers": "region"}
"""What the subject of a check is, where it is no account."""


def render_text(checks: Sequence[Check], *, style: Style, verbose: bool) -> str:
    """One line for each check; those of one name that are all well share a line unless `verbose`."""
    lines: list[str] = []
    well = Counter(check.name for check in checks if check.status is Status.OK)
    said: set[str] = set()
    folded = ""
    for check in checks:
        status, message, fix = check.status, f"{check.name}: {check.subject}: {check.message}", check.fix
        if status is Status.OK and not verbose and well[check.name] > 1:
            folded = " -v lists each."
            if check.name in said:
                continue
            said.add(check.name)
            where = counted(well[check.name], _WHERE.get(check.name, "account"))
            message, fix = f"{check.name}: {check.message} ({where})", ""
        first, *rest = style.paragraph(f"{status.value:<10}  {style.show(message)}", hanging=_HANGING)
        head = style.paint(first[: len(status.value)], STATUSES[status].text)
        lines += [head + first[len(status.value) :], *rest]
        if fix:
            lines += style.paragraph(f"fix: {style.show(fix)}", indent=_HANGING)
    failed = any(check.status is Status.FAILED for check in checks)
    last = style.paint(f"{summary(checks)}{folded}", "bold", "red" if failed else "green")
    return "\n".join([*lines, "", last]) + "\n"


def summary(checks: Sequence[Check]) -> str:
    """One line: how many of each."""
    found = Counter(check.status for check in checks)
    message = ", ".join(f"{found[status]} {status.value}" for status in Status if found[status])
    return f"{counted(len(checks), 'check')}: {message}."


def document(checks: Sequence[Check], *, tool_version: str) -> Document:
    """Every check, and how many of each."""
    from reconciler.planfile.documents import ToolDocument
    from reconciler.report.documents import CheckDocument, DoctorDocument

    found = Counter(check.status for check in checks)
    return DoctorDocument(
        format_version=1,
        tool=ToolDocument(name="reconciler", version=tool_version),
        checks=tuple(map(CheckDocument.from_value, checks)),
        summary={status: found[status] for status in Status},
    )
