"""What the Activity Log proves about drift: who deleted or changed a deployment, and when.

A deletion is claimed only where the log has it. Silence proves nothing: the log ends after 90 days, and
events come minutes late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.domain.platform import Activity, ActivityEvent
from reconciler.plan.causes import ABOUT, Cause
from reconciler.plan.drift import DriftItem, DriftReport, Unverified

KEPT: Final = timedelta(days=90)
"""How long ARM keeps the Activity Log (Azure Monitor, "Activity log", 2026)."""


def asked_about(report: DriftReport) -> tuple[str, ...]:
    """The subscriptions that have something missing or changed outside, lower case, in order."""
    return tuple(sorted({item.id.account.subscription.lower() for item in report.items if _open(item)}))


def with_evidence(report: DriftReport, logs: Mapping[str, Activity | Unverified]) -> DriftReport:
    """`report` with what the logs prove, by subscription in lower case."""
    latest: dict[str, ActivityEvent] = {}
    for log in logs.values():
        if isinstance(log, Activity):
            for event in log.events:
                if event.deletes or event.writes:
                    latest.setdefault(event.resource.lower(), event)
    return replace(
        report,
        items=tuple(
            _proven(item, latest.get(str(item.id).lower())) if _open(item) else item for item in report.items
        ),
        unverified=tuple(log for _, log in sorted(logs.items()) if isinstance(log, Unverified)),
    )


def _open(item: DriftItem) -> bool:
    return item.absent or item.cause is Cause.CHANGED_OUTSIDE


def _proven(item: DriftItem, event: ActivityEvent | None) -> DriftItem:
    if event is None:
        return item
    if not item.absent:
        return (
            replace(item, who=event.caller, when=event.at) if event.writes and _newer(event, item) else item
        )
    if event.deletes:
        return _of(item, Cause.DELETED_OUTSIDE, "the Activity Log has its deletion", event)
    if item.cause is Cause.EXPIRED:
        told = f"it was written at {event.at[:19]}Z, nobody deleted it, and it is not there"
        return replace(item, explanation=told)
    if item.cause is Cause.PENDING:
        return _of(item, Cause.MISSING, f"it is not there, and was written at {event.at[:19]}", None)
    return item


def _of(item: DriftItem, cause: Cause, told: str, event: ActivityEvent | None) -> DriftItem:
    return replace(
        item,
        cause=cause,
        severity=ABOUT[cause].severity,
        explanation=told,
        who=None if event is None else event.caller,
        when=None if event is None else event.at,
    )


def _newer(event: ActivityEvent, item: DriftItem) -> bool:
    """Whether the event tells of another write than systemData does, and a later one.

    Of one write systemData is kept: it names applications where the log has their object ids.
    """
    then, now = _moment(item.when), _moment(event.at)
    if item.who is None or then is None:
        return True
    return now is not None and now > then + timedelta(minutes=1)


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None
