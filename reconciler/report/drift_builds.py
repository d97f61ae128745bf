"""Drift for build systems and monitoring: JUnit, workflow commands, Prometheus."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from reconciler.diagnostics import Place, Severity, Span
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.plan.causes import ABOUT, Cause, is_drift
from reconciler.plan.drift import DriftItem, DriftReport
from reconciler.report.build_systems import Annotation, Case, Series, exposition, junit, workflow_commands
from reconciler.report.drift import differences, without_people
from reconciler.report.layout import whole_seconds
from reconciler.report.style import inert


def render_junit(report: DriftReport, *, show_people: bool = False) -> str:
    """One test case per deployment: a failure where it drifted, an error where it could not be looked at."""
    found: dict[DeploymentId, list[DriftItem]] = defaultdict(list)
    for item in without_people(report, show_people=show_people).items:
        found[item.id].append(item)
    cases = {each: Case(name=each.name, group=each.account.name) for each in report.synced}
    cases |= {each: _case(each, items) for each, items in found.items()}
    unread = []
    for account in report.unreadable:
        # One error for each deployment that could not be looked at; for the account where none is declared.
        message = f"the account {account.id.name} could not be read: {account.message}"
        bad = (account.code, message, ())
        names = [each.name for each in account.declared] or ["(account)"]
        unread += [Case(name=name, group=account.id.name, error=bad) for name in names]
    return junit("reconciler drift", [*(cases[each] for each in sorted(cases)), *unread])


def _case(deployment_id: DeploymentId, items: Sequence[DriftItem]) -> Case:
    """A test case can fail once: with two causes both are in the one failure; what is no drift passes."""
    drifting = [item for item in items if is_drift(item.severity)]
    others = [item for item in items if item not in drifting]
    failure = None
    if drifting:
        kinds = ", ".join(item.cause.value for item in drifting)
        failure = (kinds, _sentence(drifting[0]), _lines_of(drifting))
    return Case(
        name=deployment_id.name, group=deployment_id.account.name, failure=failure, output=_lines_of(others)
    )


def _lines_of(items: Sequence[DriftItem]) -> list[str]:
    return [
        line
        for item in items
        for line in (f"{item.cause.value}: {_sentence(item)}", f"fix: {ABOUT[item.cause].fix}")
    ]


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
            parts=[f"{each.id.name}: {each.code}: {each.message}"],
        )
        for each in report.unreadable
    ]
    for item in without_people(report, show_people=show_people).items:
        place = places.get(item.id)
        words = f"{item.id.account.name}/{item.id.name}: {_sentence(item)}"
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


def _sentence(item: DriftItem) -> str:
    """One line, inert: what differs or why, who and when."""
    text = "; ".join(filter(None, (*differences(item), item.explanation)))
    traces = " ".join(
        filter(None, (item.who and f"by {item.who}", item.when and f"at {whole_seconds(item.when)}"))
    )
    return inert(f"{text} ({traces})" if traces else text)


# -- Prometheus ----------------------------------------------------------------------------------------


def render_prometheus(report: DriftReport, *, fleet: str, at: datetime) -> str:
    """All gauges of one run at ARM's time `at`, in Prometheus' text format.

    The same series every time, zeros included, so that an alert can tell "no drift" from "nobody looked"; a
    time of success is only given where everything could be read.
    """
    us, now = {"fleet": fleet}, int(at.timestamp())
    counts = Counter(item.cause for item in report.items)
    drift: list[Series] = []
    for item in report.items:
        what = {"deployment": item.id.name, "cause": item.cause.value, "severity": item.severity.value}
        drift.append((us | _labels(item.id.account) | what, 1))
    unread = [(us | _labels(each.id) | {"code": each.code}, 1) for each in report.unreadable]
    metrics: list[tuple[str, str, Sequence[Series]]] = [
        ("reconciler_drift", "1 for each deployment that is not as declared, by cause.", drift),
        (
            "reconciler_drift_items",
            "Deployments that are not as declared, by cause; pending ones are not drift.",
            [(us | {"cause": cause.value}, counts[cause]) for cause in Cause],
        ),
        ("reconciler_drifted", "1 if the run found drift, as exit code 2 says.", [(us, int(report.drifted))]),
        ("reconciler_deployments_in_sync", "Deployments that are as declared.", [(us, report.in_sync)]),
        (
            "reconciler_accounts_unreadable",
            "Accounts that could not be read; nothing is known of them.",
            [(us, len(unread))],
        ),
        ("reconciler_account_unreadable", "1 for each account that could not be read.", unread),
        ("reconciler_last_run_timestamp_seconds", "When it was looked.", [(us, now)]),
        (
            "reconciler_last_success_timestamp_seconds",
            "When everything could be read; absent if this run could not.",
            [] if unread else [(us, now)],
        ),
    ]
    return exposition(metrics)


def _labels(account: AccountId) -> dict[str, str]:
    """What tells an account from all others; two groups may have accounts of one name."""
    return {
        "subscription": account.subscription,
        "resource_group": account.resource_group,
        "account": account.name,
    }
