"""Drift in every form: what differs, why, who did it and when.

Rule of this module: what could not be read is an error and never a pass, and a person's address is cut to its
first letter and its domain unless it was asked for. Our own marks are told in JSON alone: for people the
explanation says what they come to.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from reconciler.diagnostics import Place, Severity, Span, counted
from reconciler.domain.deployment import JsonValue
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.plan.actions import FieldChange
from reconciler.plan.causes import ABOUT, Cause, is_drift
from reconciler.plan.drift import DriftItem, DriftReport, UnreadableAccount
from reconciler.plan.legality import without_marks
from reconciler.planfile.codec import change_document
from reconciler.planfile.documents import (
    FORMAT_VERSION,
    DriftDocument,
    DriftItemDocument,
    SinceDocument,
    UnreadableDocument,
    UnverifiedDocument,
)
from reconciler.report.build_systems import Annotation, Case, Series, exposition, junit, workflow_commands
from reconciler.report.causes import cause_lines, common_causes
from reconciler.report.layout import broken, cells, clauses, listed, padded, paragraph, stacked, whole_seconds
from reconciler.report.markdown import cell, table
from reconciler.report.palette import SEVERITIES
from reconciler.report.steps import NO_ALIAS, Alias, account_name, value_text
from reconciler.report.style import UNBROKEN, Style, inert, masked

_PLAIN = Style(colour=False, unicode=True, width=UNBROKEN)
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
    if report.unverified:
        told = style.show(unverified(report, alias_of))
        parts.append("\n".join(paragraph(told, width=style.width, hanging="  ")))
    last = clauses(summary(report), width=style.width)
    parts.append("\n".join(style.paint(line, "bold", "red" if _bad(report) else "green") for line in last))
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


def unverified(report: DriftReport, alias_of: Alias = NO_ALIAS) -> str:
    """One sentence for all subscriptions whose Activity Log could not be read; empty where each could."""
    if not report.unverified:
        return ""
    names = listed([alias_of(one.subscription) or one.subscription for one in report.unverified])
    codes = ", ".join(sorted({one.code for one in report.unverified}))
    return (
        f"unverified: the Activity Log of {names} could not be read ({codes}), so who deleted or changed "
        "what is not known. That takes Microsoft.Insights/eventtypes/values/read; or pass --no-activity-log"
    )


def to_json(report: DriftReport, *, show_people: bool = False) -> dict[str, JsonValue]:
    """The pinned form; `summary` has every cause, `before` of a change is what is there."""
    found = Counter(item.cause for item in report.items)
    since = report.since
    return DriftDocument(
        format_version=FORMAT_VERSION,
        items=tuple(_item(item, show_people=show_people) for item in report.items),
        unreadable=tuple(
            UnreadableDocument(
                id=str(one.id), account=one.id.name, code=one.code, message=one.message, fix=one.fix
            )
            for one in report.unreadable
        ),
        in_sync=report.in_sync,
        ignored=report.ignored,
        since=None if since is None else SinceDocument(plan=since, as_it_saw=report.unmoved),
        unverified=tuple(
            UnverifiedDocument(subscription=one.subscription, code=one.code, message=one.message)
            for one in report.unverified
        ),
        summary={cause.value: found[cause] for cause in Cause},
    ).to_json()


def render_markdown(
    report: DriftReport, *, fleet: str, cloud: str, at: datetime, show_people: bool = False
) -> str:
    """A table for an issue or a job's summary, looked at by ARM's time `at`; what is cut is counted."""
    lines = ["## Drift", "", summary(report), ""]
    lines += [f"Fleet {cell(fleet)}, cloud {cell(cloud)}, looked at {at:%Y-%m-%d %H:%M} UTC.", ""]
    if report.items:
        rows = [_row(item, show_people=show_people) for item in report.items]
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
        lines += [f"- {cell(one.id.name)}: {cell(one.code)} {cell(one.message)}" for one in report.unreadable]
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
    name = account_name(account, style, alias_of)
    first, *more = paragraph(
        f"{name}  {style.show(account.resource_group)}", width=style.width, hanging="    "
    )
    yield from (
        f"{style.paint(name, 'bold')}{first[len(name) :]}" if first.startswith(name) else first,
        *more,
    )
    rows = [
        (
            SEVERITIES[item.severity].sign,
            style.show(item.id.name),
            item.cause.value,
            _traces(item, style, show_people),
        )
        for item in items
    ]
    for item, head in zip(items, stacked(rows, width=style.width, first=2, indent="  "), strict=True):
        yield from (style.paint(line, SEVERITIES[item.severity].text) for line in head)
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
        yield from broken(f"      {path}  is {there}, declared {declared}", style.width, hanging=" " * 10)


def _unreadable(report: DriftReport, style: Style) -> Iterator[str]:
    yield style.paint("Could not be read; nothing is known of what is in it", "bold", "red")
    causes = common_causes((one.id.name, one.message, "see `reconciler doctor`") for one in report.unreadable)
    yield from cause_lines(causes, style)
    common = {name for cause in causes for name in cause.accounts}
    for one in report.unreadable:
        if one.id.name in common:
            continue
        told = style.show(f"{one.id.name}: {one.code}: {one.message}")
        yield from paragraph(told, width=style.width, indent="  ", hanging="    ")
        if one.fix:
            yield from paragraph(style.show(f"fix: {one.fix}"), width=style.width, indent="    ")


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


def _row(item: DriftItem, *, show_people: bool) -> tuple[str, ...]:
    what = "; ".join(_differences(item)) or item.explanation
    who, when = who_did(item, show_people=show_people) or "", whole_seconds(item.when)
    texts = (cell(item.id.account.name), cell(item.id.name), item.cause.value, cell(what, 250))
    return (*texts, cell(who), cell(when))


def _differences(item: DriftItem) -> Iterator[str]:
    for one in without_marks(item.changes):
        yield f"{one.path} is {value_text(one.before, _PLAIN)}, declared {value_text(one.after, _PLAIN)}"


# -- build systems -------------------------------------------------------------------------------------


def render_junit(report: DriftReport, *, show_people: bool = False) -> str:
    """One test case per deployment: a failure where it drifted, an error where it could not be looked at."""
    found: dict[DeploymentId, list[DriftItem]] = defaultdict(list)
    for item in report.items:
        found[item.id].append(item)
    cases = {one: Case(name=one.name, group=one.account.name) for one in report.synced}
    cases |= {one: _case(one, items, show_people=show_people) for one, items in found.items()}
    unread = [case for account in report.unreadable for case in _unread_cases(account)]
    return junit("reconciler drift", [*(cases[one] for one in sorted(cases)), *unread])


def _case(one: DeploymentId, items: Sequence[DriftItem], *, show_people: bool) -> Case:
    """A test case can fail once: with two causes both are in the one failure; what is no drift passes."""
    drifting = [item for item in items if is_drift(item.severity)]
    others = [item for item in items if item not in drifting]
    failure = None
    if drifting:
        kinds = ", ".join(item.cause.value for item in drifting)
        failure = (kinds, sentence(drifting[0], show_people=show_people), _told(drifting, show_people))
    return Case(name=one.name, group=one.account.name, failure=failure, output=_told(others, show_people))


def _told(items: Sequence[DriftItem], show_people: bool) -> list[str]:
    return [
        line
        for item in items
        for line in (
            f"{item.cause.value}: {sentence(item, show_people=show_people)}",
            f"fix: {ABOUT[item.cause].fix}",
        )
    ]


def _unread_cases(account: UnreadableAccount) -> Iterator[Case]:
    """One error for each deployment that could not be looked at; for the account where none is declared."""
    message = f"the account {account.id.name} could not be read: {account.message}"
    for name in [one.name for one in account.declared] or ["(account)"]:
        yield Case(name=name, group=account.id.name, error=(account.code, message, ()))


def render_github(
    report: DriftReport,
    *,
    places: Mapping[DeploymentId, Place],
    span: Callable[[Place], Span | None],
    show_people: bool = False,
) -> str:
    """Workflow commands, the gravest first, ten at most; what is declared is annotated where it stands."""
    found = [
        Annotation(
            severity=Severity.ERROR,
            title="drift: unreadable",
            parts=[f"{one.id.name}: {one.code}: {one.message}"],
        )
        for one in report.unreadable
    ]
    for item in report.items:
        place = places.get(item.id)
        words = f"{item.id.account.name}/{item.id.name}: {sentence(item, show_people=show_people)}"
        found.append(
            Annotation(
                severity=item.severity,
                title=f"drift: {item.cause.value}",
                parts=[words],
                place=place,
                span=None if place is None else span(place),
            )
        )
    return workflow_commands(found)


def sentence(item: DriftItem, *, show_people: bool) -> str:
    """One line, inert: what differs or why, who and when."""
    told = "; ".join(filter(None, (*_differences(item), item.explanation)))
    who = who_did(item, show_people=show_people)
    traces = " ".join(filter(None, (who and f"by {who}", item.when and f"at {whole_seconds(item.when)}")))
    return inert(f"{told} ({traces})" if traces else told)


# -- Prometheus ----------------------------------------------------------------------------------------


def render_prometheus(report: DriftReport, *, fleet: str, at: datetime) -> str:
    """All gauges of one run at ARM's time `at`, in Prometheus' text format.

    The same series every time, zeros included, so that an alert can tell "no drift" from "nobody looked"; a
    time of success is only given where everything could be read.
    """
    us = {"fleet": fleet}
    counts = Counter(item.cause for item in report.items)
    metrics: list[tuple[str, str, Sequence[Series]]] = [
        (
            "reconciler_drift",
            "1 for each deployment that is not as declared, by cause.",
            [
                (
                    {
                        **us,
                        **_labels(item.id.account),
                        "deployment": item.id.name,
                        "cause": item.cause.value,
                        "severity": item.severity.value,
                    },
                    1,
                )
                for item in report.items
            ],
        ),
        (
            "reconciler_drift_items",
            "Deployments that are not as declared, by cause; pending ones are not drift.",
            [({**us, "cause": cause.value}, counts[cause]) for cause in Cause],
        ),
        ("reconciler_drifted", "1 if the run found drift, as exit code 2 says.", [(us, int(report.drifted))]),
        ("reconciler_deployments_in_sync", "Deployments that are as declared.", [(us, report.in_sync)]),
        (
            "reconciler_accounts_unreadable",
            "Accounts that could not be read; nothing is known of them.",
            [(us, len(report.unreadable))],
        ),
        (
            "reconciler_account_unreadable",
            "1 for each account that could not be read.",
            [({**us, **_labels(one.id), "code": one.code}, 1) for one in report.unreadable],
        ),
        ("reconciler_last_run_timestamp_seconds", "When it was looked.", [(us, int(at.timestamp()))]),
        (
            "reconciler_last_success_timestamp_seconds",
            "When everything could be read; absent if this run could not.",
            [] if report.unreadable else [(us, int(at.timestamp()))],
        ),
    ]
    return exposition(metrics)


def _labels(account: AccountId) -> Mapping[str, str]:
    """What tells an account from all others; two groups may have accounts of one name."""
    return {
        "subscription": account.subscription,
        "resource_group": account.resource_group,
        "account": account.name,
    }
