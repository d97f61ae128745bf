"""Drift in every form: what differs, why, who did it and when.

Rule of this module: what could not be read is an error and never a pass, and a person's address is cut to its
first letter and its domain unless it was asked for. Our own marks are told in JSON alone: for people the
explanation says what they come to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from reconciler.diagnostics import counted
from reconciler.domain.deployment import JsonValue
from reconciler.plan.actions import FieldChange
from reconciler.plan.causes import ABOUT, Cause
from reconciler.plan.drift import DriftItem, DriftReport
from reconciler.plan.legality import without_marks
from reconciler.report.blocks import ALIKE, named_together
from reconciler.report.causes import cause_lines, common_causes
from reconciler.report.layout import alike, broken, cells, clauses, listed, padded, stacked, whole_seconds
from reconciler.report.markdown import cell, table
from reconciler.report.palette import SEVERITIES
from reconciler.report.steps import NO_ALIAS, Alias, account_name, grouped, value_text
from reconciler.report.style import PLAIN, Style, inert, masked

_MOST = 200
"""Rows of the Markdown table; the rest is counted."""


def render_text(
    report: DriftReport,
    *,
    style: Style,
    verbose: bool = False,
    show_people: bool = False,
    alias_of: Alias = NO_ALIAS,
) -> str:
    """What is alike, the rest by account, what could not be read, and one line that counts the causes."""
    report = without_people(report, show_people=show_people)
    # What a reader need not tell apart but by the names and the time.
    same = alike(report.items, lambda it: (it.cause, it.severity, it.who, it.explanation, *differences(it)))
    groups = [] if verbose else [items for items in same.values() if len(items) >= ALIKE]
    together = {id(item) for items in groups for item in items}
    alone = [item for item in report.items if id(item) not in together]
    parts = ["\n".join(_together(items, style, alias_of)) for items in groups]
    by_account = grouped(alone, lambda item: item.id.account.key)
    parts += ["\n".join(_account(items, style, alias_of)) for items in by_account]
    if report.unreadable:
        parts.append("\n".join(_unreadable(report, style)))
    if report.unverified:
        text = style.show(unverified(report, alias_of))
        parts.append("\n".join(style.paragraph(text, hanging="  ")))
    colour = "red" if report.drifted or report.unreadable else "green"
    last = clauses(summary(report), width=style.width)
    parts.append("\n".join(style.paint(line, "bold", colour) for line in last))
    return "\n\n".join(parts) + "\n"


def summary(report: DriftReport) -> str:
    """One line: the causes with their numbers, and how many deployments are as declared."""
    found = Counter(item.cause for item in report.items)
    causes = ", ".join(f"{found[cause]} {cause.value}" for cause in Cause if found[cause])
    none = "unknown" if report.unreadable else "none"
    since = "" if report.since is None else f" since the plan of {inert(report.since)}"
    text = f"Drift{since}: {causes or none}; {report.in_sync} in sync"
    text += f"; {report.unmoved} as the plan saw them" if report.unmoved else ""
    text += f"; {report.ignored} ignored" if report.ignored else ""
    if report.unreadable:
        text += f"; {counted(len(report.unreadable), 'account')} could not be read"
    return f"{text}."


def unverified(report: DriftReport, alias_of: Alias = NO_ALIAS) -> str:
    """One sentence for all subscriptions whose Activity Log could not be read; empty where each could."""
    if not report.unverified:
        return ""
    names = listed([alias_of(item.subscription) or item.subscription for item in report.unverified])
    codes = ", ".join(sorted({item.code for item in report.unverified}))
    return (
        f"unverified: the Activity Log of {names} could not be read ({codes}), so it is not known who "
        "deleted or changed what. Grant Microsoft.Insights/eventtypes/values/read, or pass --no-activity-log"
    )


def to_json(report: DriftReport, *, show_people: bool = False) -> dict[str, JsonValue]:
    """The pinned form; `summary` has every cause, `before` of a change is what is there."""
    from reconciler.planfile import documents
    from reconciler.planfile.codec import change_document

    report, since = without_people(report, show_people=show_people), report.since
    found = Counter(item.cause for item in report.items)
    return documents.DriftDocument.from_value(
        report,
        format_version=documents.FORMAT_VERSION,
        items=tuple(
            documents.DriftItemDocument.from_value(
                item,
                account=item.id.account.name,
                deployment=item.id.name,
                changes=tuple(map(change_document, item.changes)),
            )
            for item in report.items
        ),
        unreadable=tuple(
            documents.UnreadableDocument.from_value(it, account=it.id.name) for it in report.unreadable
        ),
        since=None if since is None else documents.SinceDocument(plan=since, as_it_saw=report.unmoved),
        summary={cause.value: found[cause] for cause in Cause},
    ).to_json()


def render_markdown(
    report: DriftReport, *, fleet: str, cloud: str, at: datetime, show_people: bool = False
) -> str:
    """A table for an issue or a job's summary, looked at by ARM's time `at`; what is cut is counted."""
    report = without_people(report, show_people=show_people)
    lines = ["## Drift", "", summary(report), ""]
    lines += [f"Fleet {cell(fleet)}, cloud {cell(cloud)}, looked at {at:%Y-%m-%d %H:%M} UTC.", ""]
    if report.items:
        rows = []
        for item in report.items:
            what, when = "; ".join(differences(item)) or item.explanation, whole_seconds(item.when)
            names = (cell(item.id.account.name), cell(item.id.name), item.cause.value, cell(what, 250))
            rows.append((*names, cell(item.who or ""), cell(when)))
        head = ("account", "deployment", "cause", "what", "who", "when")
        more = "`reconciler drift` shows everything."
        lines += table(head, rows, most=_MOST, noun="more deployment", more=more)
        lines += ["", "**Fix**", ""]
        causes = dict.fromkeys(item.cause for item in report.items)
        lines += [f"- {cause.value}: {ABOUT[cause].fix}" for cause in causes]
    if report.unverified:
        lines += ["", cell(unverified(report), 600)]
    if report.unreadable:
        lines += ["", "**Could not be read; nothing is known of what is in it**", ""]
        lines += [
            f"- {cell(each.id.name)}: {cell(each.code)} {cell(each.message)}" for each in report.unreadable
        ]
    return "\n".join(lines) + "\n"


# -- text ----------------------------------------------------------------------------------------------


def _account(items: Sequence[DriftItem], style: Style, alias_of: Alias) -> Iterator[str]:
    account = items[0].id.account
    name = account_name(account, style, alias_of)
    first, *more = style.paragraph(f"{name}  {style.show(account.resource_group)}", hanging="    ")
    yield from (
        f"{style.paint(name, 'bold')}{first[len(name) :]}" if first.startswith(name) else first,
        *more,
    )
    rows = [
        (SEVERITIES[item.severity].sign, style.show(item.id.name), item.cause.value, _traces(item, style))
        for item in items
    ]
    for item, head in zip(items, stacked(rows, width=style.width, first=2, indent="  "), strict=True):
        yield from (style.paint(line, SEVERITIES[item.severity].text) for line in head)
        if item.explanation:
            yield from style.paragraph(style.show(item.explanation), indent="      ")
        yield from _changes(without_marks(item.changes), style)


def _together(items: Sequence[DriftItem], style: Style, alias_of: Alias) -> Iterator[str]:
    """The same of many deployments, once, from the first time to the last."""
    first = items[0]
    accounts = counted(len({item.id.account for item in items}), "account")
    times = sorted({whole_seconds(item.when) for item in items if item.when})
    traces = _traces(replace(first, when=times[0] if times else None), style)
    until = f" to {style.show(times[-1])}" if len(times) > 1 else ""
    head = f"{first.cause.value}: {counted(len(items), 'deployment')} in {accounts}"
    words = f"{SEVERITIES[first.severity].sign:<3}{'  '.join(filter(None, (head, traces)))}{until}"
    for line in broken(words, style.width, hanging="      "):
        yield style.paint(line, SEVERITIES[first.severity].text)
    if first.explanation:
        yield from style.paragraph(style.show(first.explanation), indent="      ")
    yield from _changes(without_marks(first.changes), style)
    yield from named_together([item.id for item in items], style, alias_of, "      ")


def _traces(item: DriftItem, style: Style) -> str:
    """Who touched it last and when, as far as ARM says."""
    by = f"by {style.show(item.who)}" if item.who else ""
    at = f"at {style.show(whole_seconds(item.when))}" if item.when else ""
    return " ".join(filter(None, (by, at)))


def _changes(changes: Sequence[FieldChange], style: Style) -> Iterator[str]:
    """Both sides are named here: an arrow would say that somebody is going to change it."""
    width = max((cells(style.show(item.path)) for item in changes), default=0)
    for change in changes:
        path = padded(style.show(change.path), width)
        present, declared = value_text(change.before, style), value_text(change.after, style)
        yield from broken(f"      {path}  is {present}, declared {declared}", style.width, hanging=" " * 10)


def _unreadable(report: DriftReport, style: Style) -> Iterator[str]:
    yield style.paint("Could not be read; nothing is known of what is in it", "bold", "red")
    causes = common_causes(
        (each.id.name, each.message, "see `reconciler doctor`") for each in report.unreadable
    )
    yield from cause_lines(causes, style)
    common = {name for cause in causes for name in cause.accounts}
    for item in report.unreadable:
        if item.id.name in common:
            continue
        text = style.show(f"{item.id.name}: {item.code}: {item.message}")
        yield from style.paragraph(text, indent="  ", hanging="    ")
        if item.fix:
            yield from style.paragraph(style.show(f"fix: {item.fix}"), indent="    ")


# -- JSON and Markdown ---------------------------------------------------------------------------------


def without_people(report: DriftReport, *, show_people: bool) -> DriftReport:
    """The report as it may be told: who touched what, a person only as far as was asked for."""
    if show_people:
        return report
    items = (replace(item, who=None if item.who is None else masked(item.who)) for item in report.items)
    return replace(report, items=tuple(items))


def differences(item: DriftItem) -> Iterator[str]:
    """Each field that differs, in words, without our own marks."""
    for mark in without_marks(item.changes):
        yield f"{mark.path} is {value_text(mark.before, PLAIN)}, declared {value_text(mark.after, PLAIN)}"
