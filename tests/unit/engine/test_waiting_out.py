"""A run that comes while the write of an earlier one, or of somebody else, is still going on."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.domain.deployment import Lifecycle
from reconciler.domain.fleet import DesiredState
from reconciler.engine.outcome import ItemReport, Outcome
from reconciler.engine.pace import DEFAULT_PACE, Pace
from reconciler.plan.actions import Keep
from tests.simulated.arm import SimulatedArm, World
from tests.simulated.fleets import deployment, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import run
from tests.unit.engine.runs import Ear, puts, words, world

CHAT = deployment("chat")
PTU = desired("chat", sku="ProvisionedManaged", capacity=50)
DECLARED = fleet(desired("chat", settings={"raiPolicyName": "Strict"}))


def waited(
    moved: Callable[[World], object],
    *,
    at: float = 30.0,
    declared: DesiredState = DECLARED,
    ear: Ear | None = None,
    pace: Pace = DEFAULT_PACE,
) -> ItemReport:
    """The report of a run over an operation of somebody's that ends at a time, or never, in some way."""
    the_world = world()

    async def scenario() -> ItemReport:
        await reconcile(declared, SimulatedArm(the_world))
        sent = len(the_world.writes)
        the_world.deployments[CHAT]["properties"]["provisioningState"] = "Updating"
        asyncio.get_running_loop().call_later(at, moved, the_world)
        (item,) = (await reconcile(declared, SimulatedArm(the_world), listener=ear, pace=pace)).items
        assert (item.attempts, len(the_world.writes)) == (0, sent), "a run that waits writes nothing"
        return item

    return run(scenario())


def ends(state: str, **sku: object) -> Callable[[World], object]:
    def end(there: World) -> None:
        there.deployments[CHAT]["properties"]["provisioningState"] = state
        there.deployments[CHAT]["sku"].update(sku)
        if sku:
            there.deployments[CHAT]["properties"]["raiPolicyName"] = "Lax"

    return end


@pytest.mark.parametrize(
    ("moved", "end"),
    [
        (ends("Succeeded"), (Outcome.SUCCEEDED, ": ", "its operation has ended; nothing was written")),
        (ends("Failed"), (Outcome.STALE, "stale: it ended in state Failed: plan again", "")),
        (
            lambda there: there.deployments.clear(),
            (Outcome.STALE, "stale: it is gone: plan again", ""),
        ),
        (
            ends("Succeeded", capacity=7),
            (
                Outcome.STALE,
                (
                    "stale: it ended in state Succeeded and without sku.capacity, raiPolicyName "
                    "as declared: plan again"
                ),
                "",
            ),
        ),
    ],
    ids=["as declared", "failed", "gone", "otherwise"],
)
def test_an_operation_is_waited_for_and_what_it_left_is_told(
    moved: Callable[[World], object], end: tuple[Outcome, str, str]
) -> None:
    assert words(waited(moved)) == end


def test_each_look_at_somebodys_operation_is_announced_with_the_state_that_it_is_in() -> None:
    ear = Ear()
    waited(ends("Succeeded"), ear=ear)
    waits = [f"{seconds} s for its operation (Updating)" for seconds in ("5", "7.5", "11.25", "16.875")]
    assert ear.heard == ["chat started", *waits, "chat succeeded"]


def test_an_operation_of_somebodys_that_outlasts_the_run_is_left_to_the_next_one() -> None:
    assert words(waited(ends("Succeeded"), at=10_000.0)) == (
        Outcome.UNKNOWN,
        "OperationTimedOut: still Updating when time was up; the next run goes on from there",
        "",
    )


def test_whoever_does_not_wait_for_operations_does_not_wait_for_those_of_earlier_runs_either() -> None:
    ear = Ear()
    pace = replace(DEFAULT_PACE, wait_for_operations=False)
    item = waited(ends("Succeeded"), ear=ear, pace=pace)
    assert words(item) == (Outcome.UNKNOWN, ": ", "its operation goes on; its end was not waited for")
    assert ear.heard == ["chat started", "chat unknown"]


def test_what_a_run_left_without_waiting_the_next_one_sees_to_its_end_and_a_third_has_nothing_to_do() -> None:
    the_world = world()
    arm = SimulatedArm(the_world)

    async def scenario() -> tuple[list[Outcome], bool]:
        first = await reconcile(fleet(PTU), arm, pace=replace(DEFAULT_PACE, wait_for_operations=False))
        second = await reconcile(fleet(PTU), arm)
        third = await plan_of(fleet(PTU), arm)
        ended = [item.outcome for report in (first, second) for item in report.items]
        return ended, all(isinstance(step.action, Keep) for step in third.steps)

    assert run(scenario()) == ([Outcome.UNKNOWN, Outcome.SUCCEEDED], True)
    assert puts(arm) == ["chat"]


# -- not waiting, and steps of two writes ----------------------------------------------------------------

SMALL = fleet(desired("chat", sku="ProvisionedManaged", capacity=50))
TWO_WRITES = {
    "a new model in its place": (
        SMALL,
        fleet(desired("chat", model="new", lifecycle=Lifecycle(replace_allowed=True))),
        ["DELETE", "PUT"],
    ),
    "a new size, then a new version": (
        fleet(desired("chat", sku="ProvisionedManaged", capacity=100)),
        fleet(desired("chat", sku="ProvisionedManaged", capacity=50, version="2")),
        ["PUT", "PUT"],
    ),
}


@pytest.mark.parametrize("name", TWO_WRITES)
def test_without_waiting_a_step_of_two_writes_sends_both_of_them(name: str) -> None:
    """An exit code 0 after a delete alone would leave nothing where a replacement was asked for."""
    before, after, verbs = TWO_WRITES[name]
    the_world = world()

    async def scenario() -> ItemReport:
        await reconcile(before, SimulatedArm(the_world))
        the_world.writes.clear()
        pace = replace(DEFAULT_PACE, wait_for_operations=False)
        (item,) = (await reconcile(after, SimulatedArm(the_world), pace=pace)).items
        return item

    item = run(scenario())
    assert [verb for _, verb, _ in the_world.writes] == verbs
    assert (item.attempts, item.fault) == (2, None)
    assert the_world.overlaps == []
