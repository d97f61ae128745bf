"""Drift as JUnit XML and as GitHub annotations: where a build system shows what is wrong.

Rule of this module: what could not be read is an error and never a pass, and what is no drift (a pending
change, an upgrade that the manifest allows) passes with a word about it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from reconciler.diagnostics import Place, Severity, Span
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.plan.causes import ABOUT, is_drift
from reconciler.plan.drift import DriftItem, DriftReport, UnreadableAccount
from reconciler.plan.legality import without_marks
from reconciler.report.annotations import MOST, annotation
from reconciler.report.changes import value_text
from reconciler.report.drift import who_did
from reconciler.report.layout import counted, whole_seconds
from reconciler.report.style import Style, inert

_PLAIN = Style(colour=False, unicode=True, width=10_000)
_WORST_FIRST = (Severity.ERROR, Severity.WARNING, Severity.INFO, Severity.OFF)


# -- JUnit ---------------------------------------------------------------------------------------------


def render_junit(report: DriftReport, *, show_people: bool = False) -> str:
    """One test case per deployment: a failure where it drifted, an error where it could not be looked at."""
    found: dict[DeploymentId, list[DriftItem]] = defaultdict(list)
    for item in report.items:
        found[item.id].append(item)
    cases = {one: _passed(one) for one in report.synced}
    cases |= {one: _case(one, items, show_people=show_people) for one, items in found.items()}
    lines = [cases[one] for one in sorted(cases)]
    unread = [case for account in report.unreadable for case in _unread(account)]
    failing = sum(any(is_drift(item.severity) for item in items) for items in found.values())
    tests = f'tests="{len(lines) + len(unread)}"'
    head = f'name="reconciler drift" {tests} failures="{failing}" errors="{len(unread)}" skipped="0"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f"<testsuites {head}>",
            f"<testsuite {head}>",
            *lines,
            *unread,
            "</testsuite>",
            "</testsuites>",
            "",
        ]
    )


def _named(account: AccountId, name: str) -> str:
    return f"name={quoteattr(inert(name))} classname={quoteattr(inert(account.name))}"


def _passed(one: DeploymentId) -> str:
    return f"<testcase {_named(one.account, one.name)}/>"


def _case(one: DeploymentId, items: Sequence[DriftItem], *, show_people: bool) -> str:
    """A test case can fail once: with two causes both are in the one failure."""
    drifting = [item for item in items if is_drift(item.severity)]
    others = [item for item in items if not is_drift(item.severity)]
    lines = [f"<testcase {_named(one.account, one.name)}>"]
    if drifting:
        kinds = quoteattr(", ".join(item.cause.value for item in drifting))
        first = quoteattr(sentence(drifting[0], show_people=show_people))
        lines.append(f"<failure type={kinds} message={first}>{_told(drifting, show_people)}</failure>")
    if others:
        lines.append(f"<system-out>{_told(others, show_people)}</system-out>")
    return "\n".join([*lines, "</testcase>"])


def _told(items: Sequence[DriftItem], show_people: bool) -> str:
    return escape(
        "\n".join(
            f"{item.cause.value}: {sentence(item, show_people=show_people)}\nfix: {ABOUT[item.cause].fix}"
            for item in items
        )
    )


def _unread(account: UnreadableAccount) -> Iterator[str]:
    """One error for each deployment that could not be looked at; for the account where none is declared."""
    message = quoteattr(inert(f"the account {account.id.name} could not be read: {account.message}"))
    error = f"<error type={quoteattr(inert(account.code))} message={message}/>"
    names = [one.name for one in account.declared] or ["(account)"]
    for name in names:
        yield f"<testcase {_named(account.id, name)}>{error}</testcase>"


# -- GitHub --------------------------------------------------------------------------------------------


def render_github(
    report: DriftReport,
    *,
    places: Mapping[DeploymentId, Place],
    span: Callable[[Place], Span | None],
    show_people: bool = False,
) -> str:
    """Workflow commands, the gravest first, ten at most; what is declared is annotated where it stands."""
    lines: list[tuple[Severity, str, str, Place | None]] = [
        (Severity.ERROR, "drift: unreadable", f"{one.id.name}: {one.code}: {one.message}", None)
        for one in report.unreadable
    ]
    lines += [
        (
            item.severity,
            f"drift: {item.cause.value}",
            f"{item.id.account.name}/{item.id.name}: {sentence(item, show_people=show_people)}",
            places.get(item.id),
        )
        for item in report.items
    ]
    lines.sort(key=lambda line: _WORST_FIRST.index(line[0]))
    fitting = lines if len(lines) <= MOST else lines[: MOST - 1]
    shown = [
        annotation(
            severity, title=title, parts=[told], place=place, span=None if place is None else span(place)
        )
        for severity, title, told, place in fitting
    ]
    if rest := lines[len(fitting) :]:
        more = f"and {counted(len(rest), 'more finding')}"
        shown.append(annotation(rest[0][0], title="drift", parts=[more], place=None, span=None))
    return "\n".join(shown) + "\n" if shown else ""


# -- both ----------------------------------------------------------------------------------------------


def sentence(item: DriftItem, *, show_people: bool) -> str:
    """One line, inert: what differs or why, who and when."""
    parts = [
        f"{one.path} is {value_text(one.before, _PLAIN)}, declared {value_text(one.after, _PLAIN)}"
        for one in without_marks(item.changes)
    ]
    told = "; ".join(filter(None, (*parts, item.explanation)))
    who = who_did(item, show_people=show_people)
    traces = " ".join(filter(None, (who and f"by {who}", item.when and f"at {whole_seconds(item.when)}")))
    return inert(f"{told} ({traces})" if traces else told)
