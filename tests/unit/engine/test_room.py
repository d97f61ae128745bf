"""Room in a region, asked for and waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.domain.deployment import ModelRef
from reconciler.domain.ids import Region
from reconciler.domain.operation import OperationStatus
from reconciler.domain.platform import ModelCapacity
from reconciler.domain.sku import SkuName
from reconciler.engine.apply import apply
from reconciler.engine.outcome import ApplyReport, Event, Outcome, Silence, Waiting
from reconciler.engine.pace import DEFAULT_PACE
from reconciler.engine.platform import ask_capacities
from reconciler.engine.stop import Cause, Interruption, Stop
from reconciler.errors import ArmRejected, InvalidRequest
from reconciler.plan.capacity import CapacityQuestion
from tests.simulated.arm import Ending, Exchange, SimulatedArm, World
from tests.simulated.fleets import REGION, account, deployment, desired, fleet
from tests.simulated.reconcile import plan_of
from tests.simulated.time import VirtualClock, run


class Capacities:
    """The one verb that is asked here; every question is written down."""

    def __init__(self, *, refused: bool = False) -> None:
        self.asked: list[tuple[str, ModelRef]] = []
        self._refused = refused

    async def list_capacities(self, subscription: str, model: ModelRef) -> tuple[ModelCapacity, ...]:
        await asyncio.sleep(0)
        self.asked.append((subscription, model))
        if self._refused:
            raise ArmRejected("no", operation="list", target="", status=403, code="AuthorizationFailed")
        return (ModelCapacity(region=Region("eastus2"), sku=SkuName("ProvisionedManaged"), available=5),)


def question(version: str = "1", subscription: str = "s") -> CapacityQuestion:
    return CapacityQuestion(subscription, "OpenAI", "gpt-4o", version)


def test_each_model_version_is_asked_about_once_per_subscription() -> None:
    api = Capacities()
    many = [question("1")] * 50 + [question("2"), question("1", "t")]
    answers = run(ask_capacities(many, api))  # type: ignore[arg-type]
    assert len(api.asked) == len(answers) == 3


def test_an_answer_that_arm_refuses_is_a_reason_and_no_failure() -> None:
    answers = run(ask_capacities([question()], Capacities(refused=True)))  # type: ignore[arg-type]
    assert "could not be read" in str(answers[question()])


class Ears(Silence):
    """Hears what is waited for."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def notify(self, event: Event) -> None:
        if isinstance(event, Waiting) and event.what == "capacity in the region":
            self.waits.append(event.seconds)


def full(times: int, code: str = "InsufficientCapacity") -> Callable[[Exchange, str], None]:
    """A region that turns so many PUTs away."""
    left = [times]

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "before" and left[0]:
            left[0] -= 1
            raise InvalidRequest("no room", operation="write", target=exchange.target, status=400, code=code)

    return fault


def applied(
    fault: Callable[[Exchange, str], None],
    wait: float,
    ears: Ears | None = None,
    stop: Stop | None = None,
    *,
    latency: float = 0.2,
    ending: Ending | None = None,
) -> tuple[ApplyReport, SimulatedArm]:
    world = World(accounts={account("alpha"): REGION})
    world.endings |= {} if ending is None else {deployment("ptu"): ending}
    arm = SimulatedArm(world, fault=fault, latency=latency)
    state = fleet(desired("ptu", sku="ProvisionedManaged", capacity=50))

    async def scenario() -> ApplyReport:
        plan = await plan_of(state, arm)
        pace = replace(DEFAULT_PACE, capacity_wait=wait)
        return await apply(plan, arm, VirtualClock(), ears or Ears(), pace=pace, stop=stop)

    return run(scenario()), arm


def outcome(report: ApplyReport) -> Outcome:
    return report.items[0].outcome


def test_a_region_that_gets_room_in_time_is_written_to() -> None:
    ears = Ears()
    report, arm = applied(full(3), 300, ears)
    assert outcome(report) is Outcome.SUCCEEDED
    assert ears.waits == [30.0, 30.0, 30.0]
    looks = [one.verb for one in arm.exchanges if one.target.endswith("/ptu")]
    assert looks[:6] == ["GET", "PUT"] * 3


@pytest.mark.parametrize("code", ["InsufficientCapacity", "AllocationFailed", "SkuNotAvailable"])
def test_each_code_that_names_capacity_is_waited_for(code: str) -> None:
    ears = Ears()
    assert outcome(applied(full(1, code), 300, ears)[0]) is Outcome.SUCCEEDED
    assert ears.waits == [30.0]


def test_what_is_left_of_the_wait_is_waited_to_its_last_half_second() -> None:
    ears = Ears()
    assert outcome(applied(full(2), 30.5, ears, latency=0.0)[0]) is Outcome.SUCCEEDED
    assert ears.waits == [30.0, 0.5]


def test_a_step_that_waited_for_room_took_as_long_as_that() -> None:
    report, _ = applied(full(2), 300, latency=0.0)
    assert report.items[0].duration_ms == 2 * 30_000 + 30_000


@pytest.mark.parametrize("state", ["Failed", "Canceled"])
def test_a_write_that_arm_took_and_a_full_region_failed_is_not_tried_again_and_says_what_it_lacked(
    state: str,
) -> None:
    """It has left something there; that somebody else created that would be untrue."""
    ears = Ears()
    ending = Ending(OperationStatus.FAILED, state, "InsufficientCapacity")
    report, arm = applied(full(0), 300, ears, ending=ending)
    fault = report.items[0].fault
    assert fault is not None
    assert (outcome(report), fault.code, ears.waits) == (Outcome.FAILED, "InsufficientCapacity", [])
    assert fault.fix.startswith("The region has no room for this SKU now")
    assert ("--replace-failed" in fault.fix) == (state == "Failed")
    assert sum(one.verb == "PUT" for one in arm.exchanges) == 1


def test_without_a_wait_the_first_refusal_ends_the_step() -> None:
    ears = Ears()
    report, _ = applied(full(1), 0, ears)
    assert outcome(report) is Outcome.FAILED
    assert ears.waits == []
    assert report.items[0].fault is not None
    assert "reconciler capacity" in report.items[0].fault.fix


def test_the_wait_ends_when_its_seconds_are_over() -> None:
    ears = Ears()
    report, _ = applied(full(100), 70, ears)
    assert outcome(report) is Outcome.FAILED
    assert sum(ears.waits) == pytest.approx(70, abs=2)


def test_other_refusals_are_not_waited_for() -> None:
    ears = Ears()
    assert outcome(applied(full(1, "InsufficientQuota"), 300, ears)[0]) is Outcome.FAILED
    assert ears.waits == []


def test_a_run_that_is_stopped_does_not_go_on_waiting() -> None:
    stop = Stop()

    class StopsAtTheFirstWait(Ears):
        def notify(self, event: Event) -> None:
            super().notify(event)
            if self.waits:
                stop.ask(Interruption(cause=Cause.SIGTERM))

    ears = StopsAtTheFirstWait()
    report, arm = applied(full(100), 3000, ears, stop)
    assert outcome(report) is Outcome.FAILED
    assert len([one for one in arm.exchanges if one.verb == "PUT"]) == 1
