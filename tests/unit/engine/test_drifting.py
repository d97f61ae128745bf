"""Words of drift on the simulated ARM, with an Activity Log that says who deleted or changed something."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.platform import Activity, ActivityEvent
from reconciler.engine.observe import observe
from reconciler.engine.platform import read_activity
from reconciler.errors import Forbidden
from reconciler.plan.causes import ABOUT, Cause, is_drift
from reconciler.plan.drift import DriftReport, find_drift
from reconciler.plan.evidence import asked_about, with_evidence
from tests.simulated.arm import SimulatedArm, World
from tests.simulated.fleets import REGION, account, deployment, desired, fleet
from tests.simulated.reconcile import reconcile
from tests.simulated.time import VirtualClock, run

CHAT = desired("chat")
SOMEBODY = "night-shift"


@dataclass
class Log:
    """The Activity Log of the subscription, the newest first."""

    events: list[ActivityEvent] = field(default_factory=list)
    readable: bool = True
    asked: int = 0

    async def list_activity(self, subscription: str, since: datetime, until: datetime) -> Activity:
        del subscription, since, until
        self.asked += 1
        if not self.readable:
            raise Forbidden("no", operation="list", target="", status=403, code="AuthorizationFailed")
        return Activity(events=tuple(self.events))

    def note(self, name: str, verb: str) -> None:
        event = ActivityEvent(
            resource=str(deployment(name)).upper(),
            operation=f"Microsoft.CognitiveServices/accounts/deployments/{verb}",
            status="Succeeded",
            caller=SOMEBODY,
            at="2026-06-22T01:00:00+00:00",
        )
        self.events.insert(0, event)


def applied(*declared: DesiredDeployment) -> World:
    world = World(accounts={account(): REGION})
    assert run(reconcile(fleet(*declared), SimulatedArm(world))).succeeded
    return world


def drift(world: World, log: Log, *declared: DesiredDeployment, ask: bool = True) -> DriftReport:
    """What drift says, with what the log proves of it unless nobody is to ask."""

    async def scenario() -> DriftReport:
        arm, state, now = SimulatedArm(world), fleet(*declared), VirtualClock().now()
        report = find_drift(state, await observe(state.accounts, arm), today=now.date())
        if not ask:
            return report
        return with_evidence(report, await read_activity(asked_about(report), log, now=now))

    return run(scenario())


def somebody_resizes(world: World, log: Log, name: str, capacity: int) -> None:
    resource = world.deployments[deployment(name)]
    resource["sku"] = {**resource["sku"], "capacity": capacity}
    resource["systemData"] = {"lastModifiedBy": SOMEBODY, "lastModifiedAt": "2026-06-22T01:00:00Z"}
    log.note(name, "write")


def somebody_deletes(world: World, log: Log, name: str) -> None:
    del world.deployments[deployment(name)]
    log.note(name, "delete")


def told(report: DriftReport) -> Sequence[tuple[str, Cause]]:
    return [(item.id.name, item.cause) for item in report.items]


def test_a_deletion_is_said_with_proof_and_names_who_and_when() -> None:
    world, log = applied(CHAT), Log()
    somebody_deletes(world, log, "chat")
    (item,) = drift(world, log, CHAT).items
    assert (item.cause, item.who, item.when) == (Cause.DELETED_OUTSIDE, SOMEBODY, log.events[0].at)
    (item,) = drift(world, log, CHAT, ask=False).items
    assert (item.cause, item.who) == (Cause.MISSING, None)
    assert log.asked == 1


def test_without_the_right_to_read_the_log_it_is_missing_and_unverified_once() -> None:
    world, log = applied(CHAT, desired("other")), Log(readable=False)
    somebody_deletes(world, log, "chat")
    somebody_deletes(world, log, "other")
    report = drift(world, log, CHAT, desired("other"))
    assert told(report) == [("chat", Cause.MISSING), ("other", Cause.MISSING)]
    assert [one.code for one in report.unverified] == ["AuthorizationFailed"]


def test_a_change_outside_names_who_and_when() -> None:
    world, log = applied(CHAT), Log()
    somebody_resizes(world, log, "chat", 99)
    (item,) = drift(world, log, CHAT).items
    assert (item.cause, item.who) == (Cause.CHANGED_OUTSIDE, SOMEBODY)
    assert item.when is not None
    assert [(one.path, one.before, one.after) for one in item.changes] == [("sku.capacity", 99, 10)]


def test_where_nothing_is_missing_or_changed_nobody_asks_the_log() -> None:
    world, log = applied(CHAT), Log()
    assert drift(world, log, CHAT).items == ()
    assert told(drift(world, log, desired("chat", capacity=20))) == [("chat", Cause.PENDING)]
    assert log.asked == 0


def test_an_entry_that_was_never_applied_is_pending_where_others_show_newer_manifests() -> None:
    world, log, fresh = applied(CHAT), Log(), desired("fresh")
    assert told(drift(world, log, CHAT, fresh)) == [("fresh", Cause.MISSING)]
    newer = drift(world, log, desired("chat", capacity=20), fresh)
    assert told(newer) == [("chat", Cause.PENDING), ("fresh", Cause.PENDING)]
    assert not newer.drifted


@pytest.mark.parametrize("cause", [Cause.CHANGED_OUTSIDE, Cause.DELETED_OUTSIDE, Cause.PENDING])
def test_the_fleet_or_a_list_says_which_causes_are_errors(cause: Cause) -> None:
    world, log, gone = applied(CHAT, desired("gone")), Log(), desired("gone")
    somebody_resizes(world, log, "chat", 99)
    somebody_deletes(world, log, "gone")
    report = drift(world, log, CHAT, gone)
    found = {item.cause for item in report.items}
    assert found == {Cause.CHANGED_OUTSIDE, Cause.DELETED_OUTSIDE}
    assert all(is_drift(ABOUT[one].severity) for one in found)
    assert report.judged({}, fail_on={cause}).drifted == (cause in found)
    assert report.judged(dict.fromkeys(found - {cause}, Severity.INFO)).drifted == (cause in found)
