"""Drift as text, JSON and Markdown: what differs, why, who did it and when.

Rule of this module: a person's address is cut to its first letter and its domain unless it was asked for.
Our own marks are told in JSON alone: for people the explanation says what they come to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import JsonValue
from reconciler.plan.actions import FieldChange
from reconciler.plan.causes import Cause
from reconciler.plan.drift import DriftItem, DriftReport
from reconciler.plan.legality import without_marks
from reconciler.planfile.codec import change_document
from reconciler.planfile.documents import (
    FORMAT_VERSION,
    DriftDocument,
    DriftItemDocument,
    SinceDocument,
    UnreadableDocument,
)
from reconciler.report.changes import value_text
from reconciler.report.layout import cells, columns, counted, padded, paragraph, whole_seconds
from reconciler.report.steps import NO_ALIAS, Alias, account_name
from reconciler.report.style import Style, inert, markdown_inert, masked

_COLOUR = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan", Severity.OFF: "dim"}
_SIGN = {Severity.ERROR: "!", Severity.WARNING: "~", Severity.INFO: "=", Severity.OFF: "="}
_PLAIN = Style(colour=False, unicode=True, width=110)
_MOST = 200
"""Rows of the Markdown table; the rest is counted."""


def render_text(
    report: DriftReport, *, style: Style, show_people: bool = False, alias_of: Alias = NO_ALIAS
) -> str:
    """Grouped by account, then what could not be read, then one line that counts the causes."""
    parts = [
        "\n".join(_account(items, style, alias_of, show_people=show_people)) for items in _by_account(report)
    ]
    if report.unreadable:
        parts.append("\n".join(_unreadable(report, style)))
    parts.append(style.paint(summary(report), "bold", "red" if _bad(report) else "green"))
    return "\n\n".join(parts) + "\n"


def summary(report: DriftReport) -> str:
    """One line: the causes with their numbers, and how many deployments are as declared."""
    found = Counter(item.cause for item in report.items)
    causes = ", ".join(f"{found[cause]} {cause.value}" for cause in Cause if found[cause])
    none = "unknown" if report.unreadable else "none"
    since = "" if report.since is None else f" since the plan of {inert(report.since)}"
    told = f"Drift{since}: {causes or none}; {report.in_sync} in sync"
    told += f"; {report.unmoved} as the plan saw them" if report.unmoved else ""
    told += f"; {report.ignored} ignored" if report.ignored else ""
    if report.unreadable:
        told += f"; {counted(len(report.unreadable), 'account')} could not be read"
    return f"{told}."


def to_json(report: DriftReport, *, show_people: bool = False) -> dict[str, JsonValue]:
    """The pinned form; `summary` has every cause, `before` of a change is what is there."""
    found = Counter(item.cause for item in report.items)
    since = report.since
    return DriftDocument(
        format_version=FORMAT_VERSION,
        items=tuple(_item(item, show_people=show_people) for item in report.items),
        unreadable=tuple(
            UnreadableDocument(id=str(one.id), account=one.id.name, code=one.code, message=one.message)
            for one in report.unreadable
        ),
        in_sync=report.in_sync,
        ignored=report.ignored,
        since=None if since is None else SinceDocument(plan=since, as_it_saw=report.unmoved),
        summary={cause.value: found[cause] for cause in Cause},
    ).to_json()


def render_markdown(report: DriftReport, *, show_people: bool = False) -> str:
    """A table for an issue or a job's summary; its length is bounded, and what is cut is counted."""
    lines = ["## Drift", "", summary(report), ""]
    if report.items:
        lines += ["| account | deployment | cause | what | who | when |", "|---|---|---|---|---|---|"]
        lines += [_row(item, show_people=show_people) for item in report.items[:_MOST]]
    if len(report.items) > _MOST:
        more = counted(len(report.items) - _MOST, "more deployment")
        lines += ["", f"**Cut to fit:** {more} not shown here. `reconciler drift` shows everything."]
    if report.unreadable:
        lines += ["", "**Could not be read; nothing is known of what is in it**", ""]
        lines += [
            f"- {_cell(one.id.name)}: {_cell(one.code)} {_cell(one.message)}" for one in report.unreadable
        ]
    return "\n".join(lines) + "\n"


def _bad(report: DriftReport) -> bool:
    return report.drifted or bool(report.unreadable)


def _by_account(report: DriftReport) -> Iterator[list[DriftItem]]:
    def account(item: DriftItem) -> tuple[str, ...]:
        return item.id.account.key

    for _, group in groupby(sorted(report.items, key=account), key=account):
        yield list(group)


# -- text ----------------------------------------------------------------------------------------------


def _account(
    items: Sequence[DriftItem], style: Style, alias_of: Alias, *, show_people: bool
) -> Iterator[str]:
    account = items[0].id.account
    where = style.paint(style.show(account.resource_group), "dim")
    yield f"{style.paint(account_name(account, style, alias_of), 'bold')}  {where}"
    rows = [
        (_SIGN[item.severity], style.show(item.id.name), item.cause.value, _traces(item, style, show_people))
        for item in items
    ]
    for item, head in zip(items, columns(rows, indent="  "), strict=True):
        yield style.paint(head, _COLOUR[item.severity])
        if item.explanation:
            yield from paragraph(style.show(item.explanation), width=style.width, indent="      ")
        yield from _changes(without_marks(item.changes), style)


def _traces(item: DriftItem, style: Style, show_people: bool) -> str:
    """Who touched it last and when, as far as ARM says."""
    who = who_did(item, show_people=show_people)
    by = f"by {style.show(who)}" if who else ""
    at = f"at {style.show(whole_seconds(item.when))}" if item.when else ""
    return " ".join(filter(None, (by, at)))


def _changes(changes: Sequence[FieldChange], style: Style) -> Iterator[str]:
    """Both sides are named here: an arrow would say that somebody is going to change it."""
    width = max((cells(style.show(one.path)) for one in changes), default=0)
    for one in changes:
        path = padded(style.show(one.path), width)
        there, declared = value_text(one.before, style), value_text(one.after, style)
        yield f"      {path}  is {there}, declared {declared}"


def _unreadable(report: DriftReport, style: Style) -> Iterator[str]:
    yield style.paint("Could not be read; nothing is known of what is in it", "bold", "red")
    for one in report.unreadable:
        told = style.show(f"{one.id.name}: {one.code}: {one.message}")
        yield from paragraph(told, width=style.width, indent="  ", hanging="    ")


# -- JSON and Markdown ---------------------------------------------------------------------------------


def who_did(item: DriftItem, *, show_people: bool) -> str | None:
    """Who touched it last, a person only as far as was asked for."""
    return item.who if item.who is None or show_people else masked(item.who)


def _item(item: DriftItem, *, show_people: bool) -> DriftItemDocument:
    return DriftItemDocument(
        id=str(item.id),
        account=item.id.account.name,
        deployment=item.id.name,
        cause=item.cause.value,
        severity=item.severity.value,
        explanation=item.explanation,
        changes=tuple(map(change_document, item.changes)),
        who=who_did(item, show_people=show_people),
        when=item.when,
    )


def _row(item: DriftItem, *, show_people: bool) -> str:
    changes = "; ".join(
        f"{one.path} is {value_text(one.before, _PLAIN)}, declared {value_text(one.after, _PLAIN)}"
        for one in without_marks(item.changes)
    )
    what = changes or item.explanation
    who, when = who_did(item, show_people=show_people) or "", whole_seconds(item.when)
    texts = (_cell(item.id.account.name), _cell(item.id.name), item.cause.value, _cell(what))
    return f"| {' | '.join((*texts, _cell(who), _cell(when)))} |"


def _cell(text: str, most: int = 250) -> str:
    return markdown_inert(text if len(text) <= most else f"{text[:most]}…")
