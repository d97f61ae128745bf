"""What the Activity Log proves: a deletion is claimed only with who and when."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from reconciler.domain.platform import Activity, ActivityEvent
from reconciler.plan.causes import Cause
from reconciler.plan.drift import DriftItem, DriftReport, Unverified, find_drift
from reconciler.plan.evidence import KEPT, asked_about, with_evidence
from tests.unit.plan.states import SUBSCRIPTION, applied, desired, listed, name_of, seen, state, world

TODAY = date(2026, 11, 24)
ONE = desired()
BY, AT = "mallory@example.com", "2026-11-20T10:00:00Z"
PROVIDER = "Microsoft.CognitiveServices/accounts/deployments"


def event(verb: str, *, at: str = AT, status: str = "Succeeded", name: str = "chat") -> ActivityEvent:
    return ActivityEvent(
        resource=str(name_of(name)).upper(),
        operation=f"{PROVIDER}/{verb}",
        status=status,
        caller=BY,
        at=at,
    )


def missing() -> DriftReport:
    return find_drift(state(ONE), world(listed()), today=TODAY)


def pending() -> DriftReport:
    declared = (ONE, desired("other", capacity=60))
    there = world(listed(applied(desired("other"))))
    return find_drift(state(*declared), there, today=TODAY)


def expired() -> DriftReport:
    return find_drift(state(desired(sku="DeveloperTier")), world(listed()), today=TODAY)


def changed() -> DriftReport:
    there = applied(ONE)
    grown = seen(there.id, {**there.resource, "sku": {"name": "GlobalStandard", "capacity": 99}})
    return find_drift(state(ONE), world(listed(grown)), today=TODAY)


def proven(report: DriftReport, *events: ActivityEvent) -> DriftItem:
    found = with_evidence(report, {SUBSCRIPTION.lower(): Activity(events=events)})
    return next(item for item in found.items if item.id == name_of("chat"))


CASES: list[tuple[str, DriftReport, tuple[ActivityEvent, ...], Cause]] = [
    ("silence proves nothing", missing(), (), Cause.MISSING),
    ("a deletion is proof", missing(), (event("delete"),), Cause.DELETED_OUTSIDE),
    ("an attempt is none", missing(), (event("delete", status="Failed"),), Cause.MISSING),
    ("one that has only begun is none", missing(), (event("delete", status="Started"),), Cause.MISSING),
    ("a deletion of another one is none", missing(), (event("delete", name="other"),), Cause.MISSING),
    (
        "what was written after a deletion was not deleted by it",
        missing(),
        (event("write", at="2026-11-21T00:00:00Z"), event("delete")),
        Cause.MISSING,
    ),
    ("an expired one that somebody deleted", expired(), (event("delete"),), Cause.DELETED_OUTSIDE),
    ("an expired one that was only written", expired(), (event("write"),), Cause.EXPIRED),
    ("never applied, says the log too", pending(), (), Cause.PENDING),
    ("pending, but it had been applied", pending(), (event("write"),), Cause.MISSING),
    ("pending, but somebody deleted it", pending(), (event("delete"),), Cause.DELETED_OUTSIDE),
]


@pytest.mark.parametrize(("reason", "report", "events", "cause"), CASES, ids=[reason for reason, *_ in CASES])
def test_a_deletion_is_said_only_with_proof(
    reason: str, report: DriftReport, events: tuple[ActivityEvent, ...], cause: Cause
) -> None:
    item = proven(report, *events)
    assert item.cause is cause, reason
    assert (item.who, item.when) == ((BY, AT) if cause is Cause.DELETED_OUTSIDE else (None, None))


def test_who_changed_something_comes_from_the_log_where_it_is_as_late_as_the_resource_says() -> None:
    usual = changed().items[0]
    assert (usual.who, usual.when) == ("someone@example.com", "2026-11-01T00:00:00Z")
    later = proven(changed(), event("write"))
    assert (later.cause, later.who, later.when) == (Cause.CHANGED_OUTSIDE, BY, AT)
    earlier = proven(changed(), event("write", at="2026-10-01T00:00:00Z"))
    assert earlier == usual


KNOWN, AT_TEN = "someone@example.com", "2026-11-01T10:00:00Z"
WRITERS: list[tuple[str, str | None, str | None, str, bool]] = [
    ("a minute is the same write, told twice", KNOWN, AT_TEN, "2026-11-01T10:01:00Z", False),
    ("a minute and a second is another one", KNOWN, AT_TEN, "2026-11-01T10:01:01Z", True),
    ("seconds before too", KNOWN, AT_TEN, "2026-11-01T09:59:30Z", False),
    ("where ARM does not say who, the log does", None, AT_TEN, "2026-10-01T00:00:00Z", True),
    ("and where it does not say when", KNOWN, None, "2026-10-01T00:00:00Z", True),
    ("or says it in words", KNOWN, "yesterday", "2026-10-01T00:00:00Z", True),
    ("a time in words in the log proves nothing", KNOWN, AT_TEN, "tomorrow", False),
]


@pytest.mark.parametrize(("reason", "who", "when", "at", "newer"), WRITERS, ids=[one for one, *_ in WRITERS])
def test_the_log_names_the_writer_where_it_tells_of_a_later_write_than_the_deployment_itself(
    reason: str, who: str | None, when: str | None, at: str, newer: bool
) -> None:
    report = changed()
    report = replace(report, items=(replace(report.items[0], who=who, when=when),))
    item = proven(report, event("write", at=at))
    assert (item.who, item.when) == ((BY, at) if newer else (who, when)), reason


def test_what_the_log_proves_is_said_in_words() -> None:
    assert proven(missing(), event("delete")).explanation == "the Activity Log has its deletion"
    written = proven(pending(), event("write", at="2026-11-20T10:00:00.1234567Z"))
    assert written.explanation == "it is not there, and was written at 2026-11-20T10:00:00"


def test_the_log_is_asked_for_as_long_as_arm_keeps_it() -> None:
    """Azure Monitor, Activity log: 90 days."""
    assert timedelta(days=90) == KEPT


def test_only_subscriptions_with_something_missing_or_changed_are_asked() -> None:
    assert asked_about(missing()) == (SUBSCRIPTION.lower(),)
    assert asked_about(changed()) == (SUBSCRIPTION.lower(),)
    calm = find_drift(state(ONE), world(listed(applied(ONE))), today=TODAY)
    assert asked_about(calm) == ()
    undeclared = find_drift(state(ONE), world(listed(applied(ONE), applied(desired("x")))), today=TODAY)
    assert asked_about(undeclared) == ()


def test_a_log_that_cannot_be_read_is_told_once_and_changes_no_cause() -> None:
    silent = Unverified(subscription=SUBSCRIPTION, code="AuthorizationFailed", message="no")
    report = with_evidence(missing(), {SUBSCRIPTION.lower(): silent})
    assert report.unverified == (silent,)
    assert [item.cause for item in report.items] == [Cause.MISSING]


def test_an_expired_one_that_the_log_has_is_no_longer_said_to_be_perhaps_never_applied() -> None:
    assert "or was never applied" in proven(expired()).explanation
    written = proven(expired(), event("write"))
    assert (
        written.explanation
        == "it was written at 2026-11-20T10:00:00Z, nobody deleted it, and it is not there"
    )
    assert (written.who, written.when) == (None, None)
