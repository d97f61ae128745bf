"""What the service removed is made again only where somebody says so; what was never there just is made."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.domain.deployment import DesiredDeployment, Lifecycle
from reconciler.domain.fleet import Scope
from reconciler.domain.platform import Activity, ActivityEvent
from reconciler.domain.state import ObservedState
from reconciler.plan.actions import Action, Blocked, Create, Reason
from reconciler.plan.evidence import expiries, may_have_expired
from tests.unit.plan.states import (
    EVERYTHING,
    SUBSCRIPTION,
    TUNED,
    applied,
    desired,
    listed,
    name_of,
    only_action,
    plan,
    state,
    world,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DEVELOPER = desired(model=TUNED, version="1", sku="DeveloperTier")
FINE_TUNED = desired(model=TUNED, version="1", sku="GlobalStandard")
AGAIN = Lifecycle(recreate_expired=True)


def event(verb: str, at: str, *, status: str = "Succeeded", name: str = "chat") -> ActivityEvent:
    return ActivityEvent(
        resource=str(name_of(name)).upper(),
        operation=f"Microsoft.CognitiveServices/accounts/deployments/{verb}",
        status=status,
        caller="somebody",
        at=at,
    )


def looked(one: DesiredDeployment, log: Activity | str) -> ObservedState:
    there = world(listed())
    gone = may_have_expired(state(one), there)
    return replace(there, expiries=expiries(gone, {SUBSCRIPTION.lower(): log}, NOW))


def step(one: DesiredDeployment, *events: ActivityEvent) -> Action:
    return only_action(plan(state(one), looked(one, Activity(events=events))))


@pytest.mark.parametrize(
    ("one", "written", "told"),
    [
        (DEVELOPER, "2026-11-23T12:00:00Z", "24 hours after their creation"),
        (DEVELOPER, "2026-09-01T00:00:00.1234567Z", "24 hours after their creation"),
        (FINE_TUNED, "2026-11-09T12:00:00Z", "after 15 days without a request"),
    ],
)
def test_what_was_there_and_has_had_its_time_is_blocked_with_the_reason_and_the_fix(
    one: DesiredDeployment, written: str, told: str
) -> None:
    found = step(one, event("write", written))
    assert isinstance(found, Blocked)
    assert found.reason is Reason.EXPIRED
    assert found.explanation == (
        f"it was written at {written[:19]}Z, nobody deleted it, and it is not there: the service "
        f"removes such deployments {told}"
    )
    assert found.fix == (
        "write lifecycle: {recreateExpired: true} to have it made again each time, pass --recreate-expired "
        "to do it once, or remove the entry"
    )


LATE, EARLY = "2026-11-20T12:00:00Z", "2026-11-01T12:00:00Z"
CASES: list[tuple[str, DesiredDeployment, Sequence[ActivityEvent]]] = [
    ("the log has nothing: it was never there", DEVELOPER, ()),
    ("its time is not over: somebody else removed it", DEVELOPER, [event("write", "2026-11-23T12:00:01Z")]),
    ("nor is that of an idle one", FINE_TUNED, [event("write", "2026-11-09T12:00:01Z")]),
    ("somebody deleted it", DEVELOPER, [event("delete", LATE), event("write", EARLY)]),
    ("the write failed: it was never there", DEVELOPER, [event("write", EARLY, status="Failed")]),
    ("it had only begun", DEVELOPER, [event("write", EARLY, status="Accepted")]),
    ("another one was written", DEVELOPER, [event("write", EARLY, name="other")]),
    ("a time that is none", DEVELOPER, [event("write", "yesterday")]),
    ("a model that does not expire", desired(), [event("write", EARLY)]),
]


@pytest.mark.parametrize(("why", "one", "events"), CASES, ids=[case[0] for case in CASES])
def test_what_is_not_known_to_have_expired_is_made(
    why: str, one: DesiredDeployment, events: Sequence[ActivityEvent]
) -> None:
    found = step(one, *events)
    assert isinstance(found, Create), why
    assert found.explanation == ""


def test_one_that_was_made_again_after_a_delete_and_expired_is_blocked() -> None:
    found = step(DEVELOPER, event("write", LATE), event("delete", EARLY))
    assert found.reason is Reason.EXPIRED


def test_the_manifest_says_that_it_is_made_again_and_the_log_is_not_asked() -> None:
    one = replace(DEVELOPER, lifecycle=AGAIN)
    assert may_have_expired(state(one), world(listed())) == []
    assert isinstance(step(one, event("write", EARLY)), Create)


def test_the_flag_says_it_for_one_run() -> None:
    there = looked(DEVELOPER, Activity(events=(event("write", EARLY),)))
    policy = replace(EVERYTHING, recreate_expired=True)
    assert isinstance(only_action(plan(state(DEVELOPER), there, policy)), Create)


def test_a_log_that_cannot_be_read_stops_nothing_and_is_told() -> None:
    found = only_action(plan(state(DEVELOPER), looked(DEVELOPER, "AuthorizationFailed")))
    assert isinstance(found, Create)
    assert found.explanation == (
        "unverified: whether it was there before and has expired (AuthorizationFailed)"
    )


def test_nobody_is_asked_about_what_is_there_out_of_scope_or_does_not_expire() -> None:
    there = world(listed(applied(DEVELOPER)))
    assert may_have_expired(state(DEVELOPER), there) == []
    assert may_have_expired(state(desired()), world(listed())) == []
    assert may_have_expired(state(DEVELOPER), ObservedState()) == []
    elsewhere = replace(state(DEVELOPER), scope=Scope(targets=("*/*/other",)))
    assert may_have_expired(elsewhere, world(listed())) == []
