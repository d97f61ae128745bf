"""How a write is followed to its end when ARM's words and the deployment's state do not agree."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from reconciler.domain.deployment import DesiredDeployment, Lifecycle
from reconciler.domain.operation import (
    UNWATCHED,
    OperationRef,
    OperationState,
    OperationStatus,
    SendObserver,
)
from reconciler.engine.apply import Stop
from reconciler.engine.fixes import fix_for
from reconciler.engine.outcome import ApplyReport, ItemReport, Outcome
from reconciler.engine.pace import DEFAULT_PACE, Pace
from reconciler.engine.stop import Cause, Interruption
from reconciler.errors import Conflict, NotFound
from tests.simulated.arm import Ending, Exchange, SimulatedArm, World, lose_answer
from tests.simulated.fleets import REGION, account, changed, deployment, desired, fleet
from tests.simulated.reconcile import reconcile
from tests.simulated.time import run
from tests.unit.engine.runs import Ear, Lagging, puts, refuse, words

CHAT = deployment("chat")
ALLOWED = Lifecycle(replace_allowed=True)
PTU = desired("chat", sku="ProvisionedManaged", capacity=50)


def world(*accounts: str) -> World:
    return World(accounts={account(name): REGION for name in accounts or ("alpha",)})


def only(report: ApplyReport) -> ItemReport:
    (item,) = report.items
    return item


def told(item: ItemReport) -> str:
    assert item.fault is not None
    return f"{item.fault.code}: {item.fault.message}"


@pytest.mark.parametrize(
    ("lag", "outcome"), [(40.0, Outcome.SUCCEEDED), (10_000.0, Outcome.UNKNOWN)], ids=["a while", "for ever"]
)
@pytest.mark.parametrize("one", [desired("chat"), PTU], ids=["at once", "by an operation"])
def test_a_deployment_that_is_not_there_after_success_is_looked_for_a_minute(
    one: DesiredDeployment,
    lag: float,
    outcome: Outcome,
) -> None:
    """F-029, F-070: GET 404 right after success."""
    arm = Lagging(world())
    arm.lag = lag

    async def scenario() -> tuple[ItemReport, float]:
        report = await reconcile(fleet(one), arm)
        return only(report), asyncio.get_running_loop().time()

    item, took = run(scenario())
    assert item.outcome is outcome
    assert puts(arm) == ["chat"]
    assert took < 200
    if outcome is Outcome.UNKNOWN:
        assert told(item).startswith("NotFoundAfterSuccess")


@pytest.mark.parametrize(
    ("after", "outcome"), [(20.0, Outcome.SUCCEEDED), (1_000.0, Outcome.FAILED)], ids=["soon", "too late"]
)
@pytest.mark.parametrize("code", ["GatewayTimeout", "ServerTimeout", "OperationTimedOut"])
def test_a_failure_by_the_clock_leaves_the_last_word_to_the_deployment(
    code: str, after: float, outcome: Outcome
) -> None:
    """F-056: `Failed` with `GatewayTimeout`, then the deployment becomes `Succeeded` all the same."""
    the_world = world()
    the_world.endings[CHAT] = Ending(OperationStatus.FAILED, "Failed", code)

    def recover() -> None:
        the_world.deployments[CHAT]["properties"]["provisioningState"] = "Succeeded"

    async def scenario() -> ItemReport:
        asyncio.get_running_loop().call_later(the_world.long_seconds + after, recover)
        return only(await reconcile(fleet(PTU), SimulatedArm(the_world)))

    item = run(scenario())
    assert item.outcome is outcome
    if outcome is Outcome.FAILED:
        assert told(item).startswith(code)


def test_any_other_failed_operation_fails_at_once_with_its_own_code() -> None:
    """F-055: the final GET was done, and confirmed it."""
    the_world = world()
    the_world.endings[CHAT] = Ending(OperationStatus.FAILED, "Failed", "InsufficientQuota")

    async def scenario() -> tuple[ItemReport, float]:
        report = await reconcile(fleet(PTU), arm)
        return only(report), asyncio.get_running_loop().time()

    arm = SimulatedArm(the_world)
    item, took = run(scenario())
    assert item.outcome is Outcome.FAILED
    assert told(item).startswith("InsufficientQuota")
    assert took < the_world.long_seconds + 20
    assert arm.exchanges[-1].verb == "GET"


@pytest.mark.parametrize("state", ["Failed", "Canceled", "Disabled"])
@pytest.mark.parametrize("one", [desired("chat"), PTU], ids=["answered at once", "by an operation"])
def test_a_deployment_that_settles_otherwise_is_not_called_done(
    one: DesiredDeployment,
    state: str,
) -> None:
    """F-068: the operation says `Succeeded`, the deployment does not. F-071: Disabled. F-075."""
    the_world = world()
    the_world.endings[CHAT] = Ending(state=state)
    item = only(run(reconcile(fleet(one), SimulatedArm(the_world))))
    assert item.outcome is Outcome.FAILED
    assert state in told(item)


def test_a_state_that_nobody_declared_is_waited_for_until_the_deadline_and_named() -> None:
    """F-071: no endless wait."""
    the_world = world()
    the_world.endings[CHAT] = Ending(state="Hibernating")

    async def scenario() -> tuple[ItemReport, float]:
        report = await reconcile(fleet(desired("chat")), SimulatedArm(the_world))
        return only(report), asyncio.get_running_loop().time()

    item, took = run(scenario())
    assert item.outcome is Outcome.UNKNOWN
    assert "Hibernating" in told(item)
    assert took <= DEFAULT_PACE.operation_deadline + 5


@pytest.mark.parametrize(
    ("after", "outcome"), [(100.0, Outcome.SUCCEEDED), (10_000.0, Outcome.UNKNOWN)], ids=["later", "never"]
)
def test_a_delete_is_done_when_it_is_gone_and_not_before(after: float, outcome: Outcome) -> None:
    """F-072: DELETE done, yet the deployment is still `Deleting`."""
    the_world = world()

    async def scenario() -> tuple[ItemReport, float]:
        await reconcile(fleet(PTU, desired("stays")), SimulatedArm(the_world))
        the_world.endings[CHAT] = Ending(state="Deleting")
        loop = asyncio.get_running_loop()
        started = loop.time()
        loop.call_later(the_world.long_seconds + after, the_world.deployments.pop, CHAT, None)
        report = await reconcile(fleet(desired("stays")), SimulatedArm(the_world))
        return only(report), loop.time() - started

    item, took = run(scenario())
    assert item.outcome is outcome
    assert took <= DEFAULT_PACE.operation_deadline + 5
    if outcome is Outcome.SUCCEEDED:
        assert took >= after


# -- steps of two writes ---------------------------------------------------------------------------------


def replaced_until(the_world: World, fault: Any, stop: Stop | None = None) -> ItemReport:  # noqa: ANN401
    async def scenario() -> ItemReport:
        await reconcile(fleet(desired("chat", model="old")), SimulatedArm(the_world))
        after = fleet(desired("chat", model="new", lifecycle=ALLOWED))
        return only(await reconcile(after, SimulatedArm(the_world, fault=fault), stop=stop))

    return run(scenario())


def test_an_interruption_between_delete_and_put_does_not_say_that_nothing_was_started() -> None:
    """F-089, I-07: a replacement that was stopped half-way."""
    stop: list[int] = []

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "before" and CHAT not in the_world.deployments:
            if not stop:
                stop.append(exchange.number)
            raise Conflict("busy", operation="write", target="", status=409, code="RequestConflict")

    the_world = world()

    async def scenario() -> ItemReport:
        await reconcile(fleet(desired("chat", model="old")), SimulatedArm(the_world))
        asked = Stop()
        asyncio.get_running_loop().call_later(20, asked.ask, Interruption(cause=Cause.SIGTERM))
        after = fleet(desired("chat", model="new", lifecycle=ALLOWED))
        return only(await reconcile(after, SimulatedArm(the_world, fault=fault), stop=asked))

    item = run(scenario())
    assert stop
    assert item.outcome is Outcome.FAILED
    assert "its DELETE was done" in told(item)
    assert "SIGTERM" in told(item)


def test_a_replacement_whose_create_finds_no_turn_is_failed_and_says_what_was_done() -> None:
    """I-07: `conflict` would mean that nothing was sent."""

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "before" and CHAT not in the_world.deployments and armed:
            raise Conflict("busy", operation="write", target="", status=409, code="RequestConflict")
        if exchange.verb == "DELETE":
            armed.append(True)

    armed: list[bool] = []
    the_world = world()
    item = replaced_until(the_world, fault)
    assert item.outcome is Outcome.FAILED
    assert told(item).startswith("RequestConflict")
    assert "its DELETE was done before that" in item.note


# -- an outage of writes alone -----------------------------------------------------------------------------


def test_an_outage_of_writes_alone_costs_at_most_twenty_requests_beyond_the_first_ones() -> None:
    """I-17, F-042: however many deployments there are, and although every look is answered."""

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "before":
            lose_answer(exchange)

    names = tuple(f"acc{number}" for number in range(20))
    many = [desired(f"d{number}", in_account=name) for name in names for number in range(5)]
    arm = SimulatedArm(world(*names), fault=fault)
    report = run(reconcile(fleet(*many, accounts=names), arm))
    assert {item.outcome for item in report.items} == {Outcome.FAILED}
    assert len(puts(arm)) <= len(many) + 20


def test_everything_ends_by_the_deadline_of_the_apply_although_nothing_ever_ends() -> None:
    """F-054, I-12: what had not begun is called so."""
    the_world = world()
    the_world.long_seconds = 10_000_000.0
    pace = replace(DEFAULT_PACE, apply_deadline=600.0)
    many = [desired(f"p{number}", sku="ProvisionedManaged", capacity=50) for number in range(3)]

    async def scenario() -> tuple[ApplyReport, float]:
        report = await reconcile(fleet(*many), SimulatedArm(the_world), pace=pace)
        return report, asyncio.get_running_loop().time()

    report, took = run(scenario())
    assert [item.outcome for item in report.items] == [Outcome.UNKNOWN, Outcome.SKIPPED, Outcome.SKIPPED]
    assert "p0 may still be running" in report.items[1].note
    assert took <= 605


def test_a_write_ignored_in_a_second_deployment_does_not_hide_the_first() -> None:
    """F-069, I-11: each deployment is judged by its own read."""
    the_world = world("alpha", "beta")

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "after" and "alpha" in exchange.target:
            the_world.deployments[CHAT]["sku"]["capacity"] = 10

    both = [desired("chat", in_account=name) for name in ("alpha", "beta")]

    async def scenario() -> ApplyReport:
        await reconcile(fleet(*both, accounts=("alpha", "beta")), SimulatedArm(the_world))
        grown = [changed(one, capacity=20) for one in both]
        return await reconcile(
            fleet(*grown, accounts=("alpha", "beta")), SimulatedArm(the_world, fault=fault)
        )

    assert [item.outcome for item in run(scenario()).items] == [Outcome.FAILED, Outcome.SUCCEEDED]


# -- to the last second ----------------------------------------------------------------------------------


def heard(one: DesiredDeployment, arm: SimulatedArm, pace: Pace) -> tuple[ItemReport, list[str]]:
    """The report of a create, and how long it waited for what."""
    ear = Ear()
    item = only(run(reconcile(fleet(one), arm, pace=pace, listener=ear)))
    return item, [told for told in ear.heard if " s for " in told]


def test_an_operation_is_asked_about_until_a_second_before_the_time_is_up() -> None:
    """F-143: what is left for one read more."""
    the_world = world()
    the_world.long_seconds = 10_000.0
    pace = replace(DEFAULT_PACE, operation_deadline=12.0)
    item, waits = heard(PTU, SimulatedArm(the_world, latency=0.0), pace)
    assert item.outcome is Outcome.UNKNOWN
    assert waits == [f"{seconds} s for its operation" for seconds in (5, 5, 1)]


def test_what_is_not_there_is_looked_for_as_long_as_a_read_may_lag_and_no_longer() -> None:
    """F-029."""
    arm = Lagging(world(), latency=0.0)
    arm.lag = 10_000.0
    item, waits = heard(desired("chat"), arm, replace(DEFAULT_PACE, settle=1.0))
    assert told(item) == "NotFoundAfterSuccess: ARM accepted it, yet 1 s later it was not there"
    assert waits == ["1 s for the deployment to settle"]


def test_an_account_that_is_not_found_is_looked_for_as_long_as_a_read_may_lag_and_no_longer() -> None:
    """F-142."""
    gone = NotFound("gone", operation="read", target="t", status=404, code="ParentResourceNotFound")
    arm = SimulatedArm(world(), latency=0.0, fault=refuse("GET", gone, after="PUT"))
    item, waits = heard(desired("chat"), arm, replace(DEFAULT_PACE, settle=1.0))
    assert words(item) == (
        Outcome.UNKNOWN,
        "ParentResourceNotFound: gone",
        "sent, but its account is not found",
    )
    assert waits == ["1 s for the deployment to settle"]


# -- what a failed operation leaves ----------------------------------------------------------------------


def test_a_failed_operation_that_leaves_no_failed_deployment_says_nothing_of_replacing_one() -> None:
    """F-055: its cause is told all the same, and what to do about that."""
    the_world = world()
    the_world.endings[CHAT] = Ending(OperationStatus.FAILED, "Canceled", "InsufficientQuota")
    item = only(run(reconcile(fleet(PTU), SimulatedArm(the_world))))
    assert words(item) == (Outcome.FAILED, "InsufficientQuota: scripted", "")
    assert item.fault is not None
    assert item.fault.fix == fix_for("InsufficientQuota", "scripted")


def test_a_failed_operation_that_leaves_nothing_there_is_told_in_its_own_words() -> None:
    """F-055."""
    the_world = world()

    class TakenBack(SimulatedArm):
        async def poll(
            self, operation: OperationRef, *, observer: SendObserver = UNWATCHED
        ) -> OperationState:
            state = await super().poll(operation, observer=observer)
            if state.status is OperationStatus.FAILED:
                del self.world.deployments[CHAT]
            return state

    the_world.endings[CHAT] = Ending(OperationStatus.FAILED, "Failed", "InsufficientQuota")
    item = only(run(reconcile(fleet(PTU), TakenBack(the_world))))
    assert words(item) == (Outcome.FAILED, "InsufficientQuota: scripted", "")
    assert item.fault is not None
    assert item.fault.fix == fix_for("InsufficientQuota", "scripted")
