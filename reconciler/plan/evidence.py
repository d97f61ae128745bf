"""What the Activity Log proves: who deleted or changed a deployment and when, and which ones have expired.

A deletion is claimed only where the log has it. Silence proves nothing: the log ends after 90 days, and
events come minutes late. Idle fine-tuned deployments go by themselves after 15 days, those on DeveloperTier
24 hours after they were made (Microsoft, deploying fine-tuned models and deployment types). That a removal by
the service is in the log is not documented. So one counts as expired only where the log has a write of it, no
later delete, and its time is over since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.catalogue.load import catalogue
from reconciler.diagnostics import counted
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import DeploymentId
from reconciler.domain.platform import Activity, ActivityEvent
from reconciler.domain.state import Expiry, Listed, ObservedState
from reconciler.plan.actions import Action, Create, Reason, blocked_instead
from reconciler.plan.causes import ABOUT, Cause
from reconciler.plan.dependants import with_needed
from reconciler.plan.drift import DriftItem, DriftReport, Unverified
from reconciler.plan.terms import Terms

KEPT: Final = timedelta(days=90)
"""How long ARM keeps the Activity Log (Azure Monitor, "Activity log", 2026)."""

_DEVELOPER = "DeveloperTier"


def asked_about(report: DriftReport) -> tuple[str, ...]:
    """The subscriptions that have something missing or changed outside, lower case, in order."""
    return tuple(sorted({item.id.account.subscription.lower() for item in report.items if _open(item)}))


def with_evidence(report: DriftReport, logs: Mapping[str, Activity | Unverified]) -> DriftReport:
    """`report` with what the logs prove, by subscription in lower case."""
    latest = _latest(logs.values())
    return replace(
        report,
        items=tuple(
            _proven(item, latest.get(str(item.id).lower())) if _open(item) else item for item in report.items
        ),
        unverified=tuple(log for _, log in sorted(logs.items()) if isinstance(log, Unverified)),
    )


def _latest(logs: Iterable[Activity | Unverified | str]) -> dict[str, ActivityEvent]:
    """The newest write or delete of each resource, by its id in lower case."""
    latest: dict[str, ActivityEvent] = {}
    for log in logs:
        for event in log.events if isinstance(log, Activity) else ():
            if event.deletes or event.writes:
                latest.setdefault(event.resource.lower(), event)
    return latest


def _open(item: DriftItem) -> bool:
    return item.absent or item.cause is Cause.CHANGED_OUTSIDE


def _proven(item: DriftItem, event: ActivityEvent | None) -> DriftItem:
    if event is None:
        return item
    if not item.absent:
        newer = event.writes and _newer(event, item)
        return replace(item, who=event.caller, when=event.at) if newer else item
    if event.deletes:
        deleted = _of(item, Cause.DELETED_OUTSIDE, "the Activity Log has its deletion")
        return replace(deleted, who=event.caller, when=event.at)
    if item.cause is Cause.EXPIRED:
        text = f"it was written at {event.at[:19]}Z, nobody deleted it, and it is not there"
        return replace(item, explanation=text)
    if item.cause is Cause.PENDING:
        return _of(item, Cause.MISSING, f"it is not there, and was written at {event.at[:19]}")
    return item


def _of(item: DriftItem, cause: Cause, text: str) -> DriftItem:
    return replace(item, cause=cause, severity=ABOUT[cause].severity, explanation=text)


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


def lifetime_of(deployment: DesiredDeployment) -> tuple[timedelta, str]:
    """How long such a deployment lives without requests, and that in words; for one that `expires`."""
    if deployment.spec.sku.name.name == _DEVELOPER:
        hours = catalogue().limit("developer-tier-lifetime-hours").value
        return timedelta(hours=hours), f"{counted(hours, 'hour')} after their creation"
    days = catalogue().limit("ft-inactivity-deletion-days").value
    return timedelta(days=days), f"after {counted(days, 'day')} without a request"


def expires(deployment: DesiredDeployment) -> bool:
    """Whether the service removes such a deployment by itself."""
    return deployment.spec.model.fine_tuned or deployment.spec.sku.name.name == _DEVELOPER


def may_have_expired(desired: DesiredState, observed: ObservedState) -> Sequence[DesiredDeployment]:
    """What is declared, not there, and not to be made again without a question."""
    whole = with_needed(desired, observed)
    return [
        deployment
        for deployment in whole.deployments
        if expires(deployment)
        and not deployment.lifecycle.recreate_expired
        and whole.covers(deployment.id)
        and isinstance(reading := observed.readings.get(deployment.id.account), Listed)
        and reading.find(deployment.id) is None
    ]


def expiries(
    gone: Iterable[DesiredDeployment], logs: Mapping[str, Activity | str], now: datetime
) -> Mapping[DeploymentId, Expiry]:
    """What the logs prove of them; of a log that could not be read there is the reason instead.

    `logs` are by subscription in lower case, `now` is ARM's time.
    """
    latest = _latest(logs.values())
    found: dict[DeploymentId, Expiry] = {}
    for item in gone:
        log_here, last = logs.get(item.id.account.subscription.lower()), latest.get(str(item.id).lower())
        if isinstance(log_here, str):
            found[item.id] = Expiry(problem=log_here)
        elif last is not None and last.writes and _over(item, last, now):
            found[item.id] = Expiry(written=last.at)
    return found


def unless_expired(create: Create, terms: Terms) -> Action:
    """The create of what is not there; of what has expired only where somebody said so."""
    item, expiry = create.desired, terms.expiries.get(create.id)
    if expiry is None or item.lifecycle.recreate_expired or terms.recreate_expired:
        return create
    if not expiry.written:
        text = f"unverified: whether it was there before and has expired ({expiry.problem})"
        return replace(create, explanation=text)
    return blocked_instead(
        create,
        Reason.EXPIRED,
        f"it was written at {expiry.written[:19]}Z, nobody deleted it, and it is not there: the service "
        f"removes such deployments {lifetime_of(item)[1]}",
        "write lifecycle: {recreateExpired: true} to have it made again each time, pass --recreate-expired "
        "to do it once, or remove the entry",
    )


def _over(deployment: DesiredDeployment, last: ActivityEvent, now: datetime) -> bool:
    try:
        return datetime.fromisoformat(last.at) + lifetime_of(deployment)[0] <= now
    except (ValueError, TypeError):  # no time at all, or one without its zone
        return False
