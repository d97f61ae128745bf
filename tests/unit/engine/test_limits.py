"""How often and until when a write is tried: deferrals, losses and queues, up to the last second."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from reconciler.domain.ids import DeploymentId
from reconciler.domain.operation import UNWATCHED, SendObserver
from reconciler.engine.outcome import ItemReport, Outcome
from reconciler.engine.pace import DEFAULT_PACE, Pace
from reconciler.errors import ArmError, NotFound, Throttled
from tests.simulated.arm import Exchange, SimulatedArm, SimulatedTurn, World, lose_answer, no_fault
from tests.simulated.arm import Fault as Scripted
from tests.simulated.fleets import changed, deployment, desired, fleet
from tests.simulated.reconcile import reconcile
from tests.simulated.time import run
from tests.unit.engine.runs import Ear, busy, items, losing, puts, refuse, words, world

CHAT = deployment("chat")
PTU = desired("chat", sku="ProvisionedManaged", capacity=50)
SLOW = Throttled("slow", operation="write", target="t", status=429, code="TooManyRequests", retry_after=6.0)


class Instant(SimulatedArm):
    """Takes no time to answer, sleeps so long after each look, and remembers the number of each try."""

    def __init__(self, there: World, *naps: float, fault: Scripted = no_fault) -> None:
        super().__init__(there, fault=fault, latency=0.0)
        self.naps = list(naps)
        self.tries: list[int] = []

    @asynccontextmanager
    async def turn(
        self,
        deployment: DeploymentId,
        method: str,
        *,
        observer: SendObserver = UNWATCHED,
        source_tenants: tuple[str, ...] = (),
        attempt: int = 1,
    ) -> AsyncIterator[SimulatedTurn]:
        self.tries.append(attempt)
        async with super().turn(
            deployment, method, observer=observer, source_tenants=source_tenants, attempt=attempt
        ) as turn:
            if self.naps:
                await asyncio.sleep(self.naps.pop(0))
            yield turn


def ended_by(
    deadline: float, arm: SimulatedArm, *, ear: Ear | None = None, pace: Pace = DEFAULT_PACE
) -> ItemReport:
    """The report of a create that has so many seconds."""
    limited = replace(pace, operation_deadline=deadline)
    (item,) = run(reconcile(fleet(desired("chat")), arm, listener=ear, pace=limited)).items
    return item


# -- deferrals -------------------------------------------------------------------------------------------


def test_a_write_that_arm_throttles_again_and_again_fails_in_arms_words_after_its_attempts() -> None:
    arm = Instant(world(), fault=refuse("PUT", SLOW))
    item = ended_by(3600.0, arm)
    assert words(item) == (Outcome.FAILED, "TooManyRequests: slow", "")
    assert arm.tries == [1, 2, 3, 4]
    assert puts(arm) == ["chat"] * DEFAULT_PACE.attempts


def test_a_look_that_grew_old_is_no_failed_try() -> None:
    arm = Instant(world(), 5.0, 5.0, 5.0, 5.0, 5.0)
    assert ended_by(3600.0, arm).outcome is Outcome.SUCCEEDED
    assert arm.tries == [1] * 6


def test_a_write_that_finds_no_moment_to_be_sent_says_what_it_waits_for_and_what_to_do() -> None:
    item = ended_by(30.0, Instant(world(), 30.0))
    told = "not sent in time: it waits for another look"
    assert words(item) == (Outcome.FAILED, f"deferred: {told}", "")
    assert item.fault is not None
    assert item.fault.fix == (
        "Nothing was written: there was no time left. Run apply again, or give it a longer --timeout"
    )
    assert item.attempts == 0


def test_half_a_second_is_time_enough_for_another_look() -> None:
    assert ended_by(30.0, Instant(world(), 29.5)).outcome is Outcome.SUCCEEDED


# -- losses ----------------------------------------------------------------------------------------------


def test_a_write_that_was_lost_at_its_last_moment_is_not_sent_again() -> None:
    arm = Instant(world(), fault=losing("PUT", "before"))
    item = ended_by(0.0, arm)
    assert (item.outcome, item.note) == (Outcome.FAILED, "a look showed that it took no effect")
    assert puts(arm) == ["chat"]


def test_a_lost_write_beside_somebodys_endless_operation_is_not_known_to_have_failed() -> None:
    the_world = world()

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "before":
            the_world.deployments[CHAT]["properties"]["provisioningState"] = "Updating"
            lose_answer(exchange)

    before, after = fleet(desired("chat")), fleet(desired("chat", capacity=20))
    (item,) = items(after, the_world, fault, before=before)
    assert words(item) == (
        Outcome.UNKNOWN,
        "OperationTimedOut: still Updating when time was up; whether by this run's write is not known",
        "",
    )


def test_what_is_being_deleted_after_a_delete_without_an_answer_is_taken_for_that_delete() -> None:
    """F-006: it is not told as somebody else's operation."""
    ear = Ear()
    before, after = fleet(PTU, desired("stays")), fleet(desired("stays"))
    (item,) = items(after, world(), losing("DELETE", "after"), before=before, ear=ear)
    assert item.outcome is Outcome.SUCCEEDED
    waits = {told.partition(" s for ")[2] for told in ear.heard if " s for " in told}
    assert waits == {"a look at what became of a write without an answer", "the deployment to settle"}


# -- queues ----------------------------------------------------------------------------------------------


def test_the_last_turn_in_a_busy_account_may_come_with_the_last_second() -> None:
    arm = Instant(world(), fault=refuse("PUT", busy(), times=1))
    assert ended_by(DEFAULT_PACE.conflict_first, arm).outcome is Outcome.SUCCEEDED
    arm = Instant(world(), fault=refuse("PUT", busy(), times=1))
    item = ended_by(DEFAULT_PACE.conflict_first - 0.5, arm)
    assert words(item) == (Outcome.CONFLICT, "RequestConflict: busy", "")


# -- what moves between two writes of a step -------------------------------------------------------------


def test_what_somebody_changes_between_two_writes_is_said_to_have_moved_since_the_first() -> None:
    the_world = world()

    def fault(exchange: Exchange, phase: str) -> None:
        if (
            exchange.verb == "PUT"
            and phase == "before"
            and the_world.deployments[CHAT]["sku"]["capacity"] == 5
        ):
            the_world.deployments[CHAT]["properties"]["raiPolicyName"] = "Strict"
            raise busy()

    before = fleet(desired("chat", capacity=20))
    after = fleet(changed(desired("chat"), capacity=5, version="2"))
    (item,) = items(after, the_world, fault, before=before)
    assert words(item) == (
        Outcome.STALE,
        "stale: raiPolicyName changed since this run's last write",
        "its PUT was done before that; the next run goes on from there",
    )
    assert the_world.deployments[CHAT]["properties"]["raiPolicyName"] == "Strict"


# -- refusals --------------------------------------------------------------------------------------------


def missing(code: str) -> NotFound:
    return NotFound("it is not there", operation="write", target=str(CHAT), status=404, code=code)


def test_a_put_whose_account_is_gone_is_refused_at_once_and_nothing_is_looked_for() -> None:
    ear = Ear()
    (item,) = items(
        fleet(desired("chat")), world(), refuse("PUT", missing("ParentResourceNotFound")), ear=ear
    )
    assert words(item) == (Outcome.FAILED, "ParentResourceNotFound: it is not there", "")
    assert ear.heard == ["chat started", "sending PUT", "chat failed"]


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("ParentResourceNotFound", (Outcome.SUCCEEDED, ": ", "")),
        ("SubscriptionNotFound", (Outcome.FAILED, "NotFound: it is not there", "")),
    ],
)
def test_a_delete_that_is_answered_404_is_done_where_its_very_account_is_gone(
    code: str, end: tuple[Outcome, str, str]
) -> None:
    """F-141, F-027: a missing subscription may be a wrong tenant's view."""
    sent: list[int] = []

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "DELETE" and phase == "before":
            sent.append(exchange.number)
            raise missing("NotFound")
        if sent and exchange.verb == "GET" and phase == "before":
            raise missing(code)

    before, after = fleet(desired("chat"), desired("stays")), fleet(desired("stays"))
    (item,) = items(after, world(), fault, before=before)
    assert words(item) == end


def test_an_error_of_no_known_kind_is_shown_as_it_came() -> None:
    strange = ArmError("what is this", operation="write", target="t")
    (item,) = items(fleet(desired("chat")), world(), refuse("PUT", strange))
    assert words(item) == (Outcome.UNKNOWN, "ArmError: write t: what is this", "")
