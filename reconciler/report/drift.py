"""Drift as text, JSON and Markdown: what differs, why, who did it and when."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import JsonValue
from reconciler.plan.drift import Cause, DriftItem, DriftReport
from reconciler.report.style import Style, inert, markdown_inert, plural

_COLOUR = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan", Severity.OFF: "dim"}
_ADDRESS = re.compile(r"^([^@\s])[^@\s]*@([^@\s]+)$")


def person(who: str | None, *, show_people: bool) -> str | None:
    """Who changed something; people's addresses are cut to their first letter unless asked for."""
    if who is None or show_people:
        return who
    return _ADDRESS.sub(r"\1…@\2", who)


def render_text(report: DriftReport, *, style: Style, show_people: bool = False) -> str:
    """One block per deployment, then what could not be read, then the counts."""
    blocks = ["\n".join(_lines(item, style, show_people=show_people)) for item in report.items]
    blocks += [
        f"{style.paint('unreadable', 'red')} {inert(one.id.name)}: {inert(one.message)}"
        for one in report.unreadable
    ]
    blocks.append(style.paint(summary(report), "bold"))
    return "\n\n".join(blocks) + "\n"


def summary(report: DriftReport) -> str:
    """One line that counts causes."""
    counts = Counter(item.cause for item in report.items)
    parts = [f"{counts[cause]} {cause.value}" for cause in Cause if counts[cause]]
    synced = plural(report.in_sync, "deployment")
    if not parts and not report.unreadable:
        return f"No drift: {synced} as declared."
    if report.unreadable:
        parts.append(f"{plural(len(report.unreadable), 'account')} unreadable")
    return f"Drift: {', '.join(parts)}; {synced} as declared."


def to_json(report: DriftReport, *, show_people: bool = False) -> dict[str, JsonValue]:
    """The pinned form of `drift -o json`."""
    counts = Counter(item.cause.value for item in report.items)
    return {
        "items": [
            {
                "id": str(item.id),
                "account": item.id.account.name,
                "deployment": item.id.name,
                "cause": item.cause.value,
                "severity": item.severity.value,
                "changes": [
                    {"path": change.path, "before": change.before, "after": change.after}
                    for change in item.changes
                ],
                "who": person(item.who, show_people=show_people),
                "when": item.when,
                "explanation": item.explanation,
            }
            for item in report.items
        ],
        "unreadable": [
            {"id": str(one.id), "account": one.id.name, "code": one.code, "message": one.message}
            for one in report.unreadable
        ],
        "summary": {cause.value: counts.get(cause.value, 0) for cause in Cause},
        "inSync": report.in_sync,
    }


def render_markdown(report: DriftReport, *, show_people: bool = False) -> str:
    """A list for an issue or a chat message."""
    lines = [f"### {markdown_inert(summary(report))}"]
    for item in report.items:
        name = f"{markdown_inert(item.id.account.name)}/{markdown_inert(item.id.name)}"
        lines.append(f"- **{item.cause.value}** {name}{markdown_inert(_by(item, show_people=show_people))}")
        lines += [
            f"  - {markdown_inert(one.path)}: {markdown_inert(one.before)} → {markdown_inert(one.after)}"
            for one in item.changes
        ]
    lines += [
        f"- **unreadable** {markdown_inert(one.id.name)}: {markdown_inert(one.message)}"
        for one in report.unreadable
    ]
    return "\n".join(lines) + "\n"


def _lines(item: DriftItem, style: Style, *, show_people: bool) -> Iterator[str]:
    name = f"{inert(item.id.account.name)}/{inert(item.id.name)}"
    cause = style.paint(item.cause.value, _COLOUR[item.severity], "bold")
    yield f"{cause}  {name}{inert(_by(item, show_people=show_people))}"
    width = max((len(change.path) for change in item.changes), default=0)
    for change in item.changes:
        values = f"{inert(change.before)} {style.arrow} {inert(change.after)}"
        yield f"    {inert(change.path).ljust(width)}  {values}"
    if item.explanation:
        yield f"    {inert(item.explanation)}"


def _by(item: DriftItem, *, show_people: bool) -> str:
    who = person(item.who, show_people=show_people)
    if item.cause not in {Cause.CHANGED_OUTSIDE, Cause.UNDECLARED, Cause.FAILED_STATE}:
        return ""
    by = f", by {who}" if who else ""
    when = f", {item.when}" if item.when else ""
    return f"{by}{when}"
