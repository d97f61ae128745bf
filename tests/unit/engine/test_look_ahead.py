"""P1: a lane looks at its next deployment while the last one is read back; no write relies on an old look."""

import asyncio

from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import DeploymentId
from reconciler.domain.marks import FLEET_TAG
from reconciler.domain.operation import UNWATCHED, SendObserver
from reconciler.domain.state import ObservedDeployment
from reconciler.engine.apply import apply
from reconciler.engine.outcome import ApplyReport, Outcome, Silence
from reconciler.engine.stop import Cause, Interruption, Stop
from reconciler.errors import Forbidden
from tests.simulated.arm import Exchange, SimulatedArm, World, assert_looked
from tests.simulated.fleets import REGION, account, deployment, desired, fleet
from tests.simulated.reconcile import plan_of
from tests.simulated.time import VirtualClock, run

FIRST, SECOND = deployment("a"), deployment("b")
NAMES = {str(FIRST): "a", str(SECOND): "b"}
THEIRS: JsonObject = {
    "sku": {"name": "GlobalStandard", "capacity": 99},
    "properties": {"model": {"name": "gpt-x", "format": "OpenAI", "version": "1"}},
    "tags": {FLEET_TAG: "theirs"},
}


class SlowToReadBack(SimulatedArm):
    """The first deployment is read back after so many seconds, and somebody may write the second one then."""

    seconds = 0.0
    stranger = False

    async def get_deployment(
        self, deployment: DeploymentId, *, observer: SendObserver = UNWATCHED
    ) -> ObservedDeployment | None:
        found = await super().get_deployment(deployment, observer=observer)
        if deployment == FIRST and found is not None:
            await asyncio.sleep(self.seconds)
            if self.stranger:
                assert SimulatedArm(self.world, who="them").stranger_puts(SECOND, THEIRS)
        return found


def applied(arm: SimulatedArm, stop: Stop | None = None) -> ApplyReport:
    """An apply of two creates in one account; what was asked for the plan is forgotten."""

    async def scenario() -> ApplyReport:
        plan = await plan_of(fleet(desired("a"), desired("b")), SimulatedArm(arm.world))
        return await apply(plan, arm, VirtualClock(), Silence(), stop=stop, jitter=lambda: 0.0)

    return run(scenario())


def about_them(arm: SimulatedArm) -> list[Exchange]:
    return [one for one in arm.exchanges if one.target in NAMES]


def words(arm: SimulatedArm) -> list[str]:
    return [f"{one.verb} {NAMES[one.target]}" for one in about_them(arm)]


def a_world() -> World:
    return World(accounts={account(): REGION}, enforces_etags=True)


def test_the_next_deployment_is_looked_at_while_the_last_one_is_read_back() -> None:
    arm = SimulatedArm(a_world())
    assert applied(arm).succeeded
    assert words(arm) == ["GET a", "PUT a", "GET a", "GET b", "PUT b", "GET b"]
    assert about_them(arm)[2].time == about_them(arm)[3].time
    assert_looked(arm)


def test_a_look_that_has_grown_old_is_had_again() -> None:
    arm = SlowToReadBack(a_world())
    arm.seconds = 3.0
    assert applied(arm).succeeded
    assert words(arm) == ["GET a", "PUT a", "GET a", "GET b", "GET b", "PUT b", "GET b"]
    assert_looked(arm)


def test_what_a_stranger_did_since_the_look_is_not_overwritten() -> None:
    arm = SlowToReadBack(a_world())
    arm.seconds, arm.stranger = 1.0, True
    items = applied(arm).items
    assert [item.outcome for item in items] == [Outcome.SUCCEEDED, Outcome.STALE]
    assert arm.world.deployments[SECOND]["sku"]["capacity"] == 99
    assert words(arm)[2:4] == ["GET a", "GET b"]


def test_a_look_that_fails_is_had_again_in_its_own_step() -> None:
    failed: list[int] = []

    def once(exchange: Exchange, phase: str) -> None:
        if (exchange.verb, exchange.target, phase) == ("GET", str(SECOND), "before") and not failed:
            failed.append(exchange.number)
            raise Forbidden("no", operation="read", target=exchange.target, status=403, code="Denied")

    arm = SimulatedArm(a_world(), fault=once)
    assert applied(arm).succeeded
    assert words(arm) == ["GET a", "PUT a", "GET a", "GET b", "GET b", "PUT b", "GET b"]


def test_a_run_that_is_stopped_meanwhile_writes_no_more_and_leaves_no_look_behind() -> None:
    stop = Stop()

    def fault(exchange: Exchange, phase: str) -> None:
        if (exchange.verb, exchange.target, phase) == ("GET", str(SECOND), "before"):
            stop.ask(Interruption(cause=Cause.SIGTERM))

    arm = SimulatedArm(a_world(), fault=fault)
    items = applied(arm, stop).items
    assert [item.outcome for item in items] == [Outcome.SUCCEEDED, Outcome.SKIPPED]
    assert words(arm) == ["GET a", "PUT a", "GET a", "GET b"]
