"""I-08 and F-092: killed at any exchange, before it, after it took effect or after its answer, the next
run converges with nothing done by hand."""

import asyncio
import contextlib
import pickle
from functools import cache

import pytest

from reconciler.domain.deployment import JsonObject, Lifecycle
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import DeploymentId
from reconciler.domain.marks import FLEET_TAG
from reconciler.engine.apply import Stop
from reconciler.engine.outcome import ApplyReport, Outcome
from reconciler.engine.stop import Cause, Interruption
from reconciler.plan.actions import Keep
from tests.simulated.arm import (
    Crash,
    Exchange,
    SimulatedArm,
    World,
    assert_looked,
    in_the_window,
    lose_answer,
)
from tests.simulated.fleets import REGION, account, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import run

NAMES = ("alpha", "beta")
ALLOWED = Lifecycle(replace_allowed=True)

BEFORE = fleet(
    desired("grown", capacity=10),
    desired("both", capacity=20, version="1"),
    desired("swapped", model="old"),
    desired("gone"),
    desired("giver", in_account="beta", sku="ProvisionedManaged", capacity=100),
    accounts=NAMES,
)
AFTER = fleet(
    desired("grown", capacity=30),
    desired("both", capacity=5, version="2"),
    desired("swapped", model="new", lifecycle=ALLOWED),
    desired("fresh", sku="ProvisionedManaged", capacity=50, spillover="grown"),
    desired("giver", in_account="beta", sku="ProvisionedManaged", capacity=50),
    desired("second", in_account="beta"),
    accounts=NAMES,
)


def prepared() -> World:
    """A world in which `BEFORE` was applied, each time one of its own."""
    world: World = pickle.loads(_prepared())  # noqa: S301 -- our own
    return world


@cache
def _prepared() -> bytes:
    world = World(
        accounts={account(name): REGION for name in NAMES}, limits={"OpenAI.ProvisionedManaged": 100}
    )
    run(reconcile(BEFORE, SimulatedArm(world)))
    _rest(world)
    return pickle.dumps(world)


def _rest(world: World) -> None:
    """Time passes between two runs; each run's loop starts at zero."""
    world.epoch += 100_000.0
    world.settle(world.epoch)
    world.epoch += 1.0


def exchanges_of_a_whole_run() -> int:
    arm = SimulatedArm(prepared())
    assert run(reconcile(AFTER, arm)).succeeded
    return len(arm.exchanges)


def disturbed(world: World, at: int, phase: str, kind: str) -> bool:
    """Run with one disturbance at exchange `at`; whether the run got that far.

    "after answer" is told apart from "after effect" for writes alone: the client has the answer, and
    the disturbance comes before its next exchange.
    """
    met: list[int] = []
    stop: list[Stop] = []
    answered = phase == "after answer"

    def fault(exchange: Exchange, now: str) -> None:
        wanted = at + 1 if answered else at
        if exchange.number != wanted or now != ("after" if phase == "after effect" else "before"):
            return
        met.append(exchange.number)
        match kind:
            case "kill":
                raise Crash
            case "interrupt":
                stop[0].ask(Interruption(cause=Cause.SIGINT))
                stop[0].ask(Interruption(cause=Cause.SIGINT))
            case _:
                lose_answer(exchange)

    async def one_run() -> None:
        stop.append(Stop())
        await reconcile(AFTER, SimulatedArm(world, fault=fault), stop=stop[0])

    with contextlib.suppress(Crash):
        run(one_run())
    return bool(met)


async def _again(desired_state: DesiredState, arm: SimulatedArm) -> tuple[ApplyReport, bool]:
    report = await reconcile(desired_state, arm)
    after = await plan_of(desired_state, arm)
    return report, all(isinstance(step.action, Keep) for step in after.steps)


PHASES = ("before send", "after effect", "after answer")
KINDS = ("kill", "interrupt", "lost answer")


def enumerate_points(phase: str, kind: str, *, rest: bool) -> int:
    """Disturb every exchange of a run in turn; the number of points, all of which converge."""
    undisturbed = prepared()
    run(reconcile(AFTER, SimulatedArm(undisturbed)))
    points = 0
    for at in range(1, exchanges_of_a_whole_run() + 1):
        world = prepared()
        if not disturbed(world, at, phase, kind):
            continue
        points += 1
        where = f"{kind} at exchange {at} ({phase})"
        if rest:
            _rest(world)
        else:
            world.epoch += 10.0
        arm = SimulatedArm(world)
        report, nothing_left = run(_again(AFTER, arm))
        assert report.succeeded or not report.items, where
        _rest(world)
        assert nothing_left, f"a plan was left after {where}"
        assert world.bodies() == undisturbed.bodies(), where
        assert max(world.peaks.values()) <= 100, where
    return points


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("rest", [True, False], ids=["operations ended meanwhile", "operations still going"])
def test_every_crash_point_converges_to_the_end_of_an_undisturbed_run(
    phase: str, kind: str, *, rest: bool
) -> None:
    """I-08, F-092, F-089, F-005, F-006: nothing is done by hand in between."""
    assert enumerate_points(phase, kind, rest=rest) > 5


EVERY = sorted({one.id for state in (BEFORE, AFTER) for one in state.deployments}, key=str)


@pytest.mark.parametrize("enforces", [True, False], ids=["conditions checked", "conditions ignored"])
@pytest.mark.parametrize("target", EVERY, ids=lambda one: one.name)
def test_a_stranger_between_any_two_requests_is_neither_overwritten_nor_deleted(
    target: DeploymentId, *, enforces: bool
) -> None:
    """F-137, P1: at each exchange of a run another fleet takes one over; its neighbours are done."""
    body: JsonObject = {
        "sku": {"name": "GlobalStandard", "capacity": 77},
        "tags": {FLEET_TAG: "theirs"},
    }
    struck = 0
    for at in range(1, exchanges_of_a_whole_run() + 1):
        world = prepared()
        world.enforces_etags = enforces
        taken: list[Exchange] = []

        def fault(
            exchange: Exchange, phase: str, at: int = at, world: World = world, taken: list[Exchange] = taken
        ) -> None:
            if exchange.number != at or phase != "before":
                return
            there = world.deployments.get(target)
            model = there["properties"]["model"] if there else {"name": "new", "format": "OpenAI"}
            theirs = {**body, "properties": {"model": dict(model)}}
            if SimulatedArm(world, who="them").stranger_puts(target, theirs):
                taken.append(exchange)

        arm = SimulatedArm(world, fault=fault)
        report = run(reconcile(AFTER, arm))
        assert_looked(arm)
        if not taken:
            continue
        struck += 1
        where = f"{target.name} taken over at exchange {at}"
        if enforces or not in_the_window(arm, target, taken[0]):
            assert world.deployments[target]["tags"][FLEET_TAG] == "theirs", where
            assert world.deployments[target]["sku"]["capacity"] == 77, where
        for item in report.items:
            others = {target, *(d for d in item.step.depends_on)}
            if item.step.action.id not in others and target not in item.step.depends_on:
                assert item.outcome in {Outcome.SUCCEEDED, Outcome.SKIPPED}, where
    assert struck > 5


def test_two_appliers_of_the_same_manifests_end_in_the_state_of_one() -> None:
    """I-20, F-082."""
    alone = prepared()
    run(reconcile(AFTER, SimulatedArm(alone)))
    world = prepared()

    async def both() -> None:
        await asyncio.gather(
            reconcile(AFTER, SimulatedArm(world, latency=0.2)),
            reconcile(AFTER, SimulatedArm(world, latency=0.31)),
        )
        await reconcile(AFTER, SimulatedArm(world))

    run(both())
    assert world.bodies() == alone.bodies()


def main() -> None:
    """Print how many points there are of each kind: `python -m tests.faults.test_crash_anywhere`."""
    total = 0
    for kind in KINDS:
        for phase in PHASES:
            for rest in (True, False):
                points = enumerate_points(phase, kind, rest=rest)
                total += points
                print(f"{kind:12} {phase:13} {'rested' if rest else 'at once':8} {points}")  # noqa: T201
    print(f"{total} points, all converge")  # noqa: T201


if __name__ == "__main__":
    main()
