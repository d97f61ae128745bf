"""I-08 and F-092: killed at any exchange, before it, after it took effect or after its answer, the next
run converges with nothing done by hand."""

import asyncio

import pytest

from reconciler.domain.deployment import Lifecycle
from reconciler.domain.state import DesiredState
from reconciler.engine.outcome import ApplyReport
from reconciler.plan.actions import Keep
from tests.simulated.arm import Crash, Exchange, SimulatedArm, World
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
    world = World(
        accounts={account(name): REGION for name in NAMES}, limits={"OpenAI.ProvisionedManaged": 100}
    )
    run(reconcile(BEFORE, SimulatedArm(world)))
    _rest(world)
    return world


def _rest(world: World) -> None:
    """Time passes between two runs; each run's loop starts at zero."""
    world.epoch += 100_000.0
    world.settle(world.epoch)
    world.epoch += 1.0


def exchanges_of_a_whole_run() -> int:
    arm = SimulatedArm(prepared())
    assert run(reconcile(AFTER, arm)).succeeded
    return len(arm.exchanges)


def killed(world: World, at: int, phase: str) -> bool:
    """Run until the process dies at exchange `at`; whether it got that far."""

    def fault(exchange: Exchange, now: str) -> None:
        if exchange.number == at and now == phase:
            raise Crash

    try:
        run(reconcile(AFTER, SimulatedArm(world, fault=fault)))
    except Crash:
        return True
    return False


async def _again(desired_state: DesiredState, arm: SimulatedArm) -> tuple[ApplyReport, bool]:
    report = await reconcile(desired_state, arm)
    after = await plan_of(desired_state, arm)
    return report, all(isinstance(step.action, Keep) for step in after.steps)


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("rest", [True, False], ids=["operations ended meanwhile", "operations still going"])
def test_every_crash_point_converges_to_the_end_of_an_undisturbed_run(phase: str, *, rest: bool) -> None:
    undisturbed = prepared()
    run(reconcile(AFTER, SimulatedArm(undisturbed)))
    points = 0
    for at in range(1, exchanges_of_a_whole_run() + 1):
        world = prepared()
        if not killed(world, at, phase):
            continue
        points += 1
        if rest:
            _rest(world)
        else:
            world.epoch += 10.0
        arm = SimulatedArm(world)
        report, nothing_left = run(_again(AFTER, arm))
        assert report.succeeded or not report.items, f"after a crash at exchange {at} ({phase})"
        _rest(world)
        assert nothing_left, f"a plan was left after a crash at exchange {at} ({phase})"
        assert world.bodies() == undisturbed.bodies(), f"crash at exchange {at} ({phase})"
        assert max(world.peaks.values()) <= 100
    assert points > 5


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
