"""What passes is not taken for an end: a 404 that is no failure, a read that lags, a long pause."""

import asyncio
from dataclasses import replace

import pytest

from reconciler.domain.ids import DeploymentId
from reconciler.domain.operation import (
    UNWATCHED,
    Accepted,
    OperationRef,
    OperationState,
    OperationStatus,
    SendObserver,
)
from reconciler.engine.apply import apply
from reconciler.engine.outcome import ApplyReport, ItemReport, Outcome, Silence
from reconciler.engine.pace import DEFAULT_PACE
from reconciler.errors import Conflict, NotFound
from tests.simulated.arm import Ending, Exchange, SimulatedArm, World
from tests.simulated.fleets import REGION, account, deployment, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import VirtualClock, run
from tests.unit.engine.runs import words

CHAT = deployment("chat")
PTU = desired("chat", sku="ProvisionedManaged", capacity=50)


def world() -> World:
    return World(accounts={account(): REGION})


def missing(code: str) -> NotFound:
    return NotFound("it is not there", operation="write", target=str(CHAT), status=404, code=code)


@pytest.mark.parametrize("code", ["NotFound", "DeploymentNotFound", "ResourceNotFound"])
def test_a_delete_that_is_answered_404_is_done(code: str) -> None:
    """F-141: somebody else deleted it between our look and our write."""
    the_world = world()

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "DELETE" and phase == "before":
            del the_world.deployments[CHAT]
            raise missing(code)

    async def scenario() -> ItemReport:
        await reconcile(fleet(desired("chat"), desired("stays")), SimulatedArm(the_world))
        arm = SimulatedArm(the_world, fault=fault)
        plan = await plan_of(fleet(desired("stays")), arm)
        return (await apply(plan, arm, VirtualClock(), Silence())).items[0]

    assert run(scenario()).outcome is Outcome.SUCCEEDED


def test_a_delete_that_is_answered_404_while_it_is_still_there_has_failed() -> None:
    """F-141, F-027: the word may be a wrong tenant's."""
    the_world = world()

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "DELETE" and phase == "before":
            raise missing("SubscriptionNotFound")

    async def scenario() -> ItemReport:
        await reconcile(fleet(desired("chat"), desired("stays")), SimulatedArm(the_world))
        return (await reconcile(fleet(desired("stays")), SimulatedArm(the_world, fault=fault))).items[0]

    item = run(scenario())
    assert words(item) == (Outcome.FAILED, "SubscriptionNotFound: it is not there", "")


@pytest.mark.parametrize(("lag", "outcome"), [(40.0, Outcome.SUCCEEDED), (300.0, Outcome.UNKNOWN)])
def test_an_account_that_is_not_found_right_after_a_put_is_looked_for_a_minute(
    lag: float, outcome: Outcome
) -> None:
    """F-142: a gateway may not know yet what another one has just taken."""
    the_world = world()

    def fault(exchange: Exchange, phase: str) -> None:
        written = [time for time, _, _ in the_world.writes]
        if exchange.verb == "GET" and phase == "before" and written and exchange.time < written[-1] + lag:
            raise missing("ParentResourceNotFound")

    (item,) = run(reconcile(fleet(desired("chat")), SimulatedArm(the_world, fault=fault))).items
    assert item.outcome is outcome


class Unhurried(SimulatedArm):
    """Asks for ten minutes between two polls, of an operation that takes a minute and a half."""

    async def poll(self, operation: OperationRef, *, observer: SendObserver = UNWATCHED) -> OperationState:
        return replace(await super().poll(operation, observer=observer), retry_after=600.0)

    def _accepted(self, operation: str | None, deployment: DeploymentId) -> Accepted:
        return replace(super()._accepted(operation, deployment), retry_after=600.0)


def test_a_pause_longer_than_the_time_left_does_not_end_the_wait_at_once() -> None:
    """F-143: the smaller of what is asked, a minute, and the time left."""
    the_world = world()
    the_world.long_seconds = 95.0
    pace = replace(DEFAULT_PACE, apply_deadline=100.0)

    async def scenario() -> tuple[ApplyReport, float]:
        report = await reconcile(fleet(PTU), Unhurried(the_world), pace=pace)
        return report, asyncio.get_running_loop().time()

    report, seconds = run(scenario())
    assert report.items[0].outcome is Outcome.SUCCEEDED
    assert 95.0 <= seconds <= 105.0


def test_a_busy_account_that_asks_for_half_an_hour_is_asked_again_after_a_minute() -> None:
    """F-143: no Retry-After is obeyed beyond a minute."""
    the_world = world()
    met: list[float] = []

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "before":
            met.append(exchange.time)
            if len(met) == 1:
                raise Conflict(
                    "busy",
                    operation="write",
                    target="",
                    status=409,
                    code="RequestConflict",
                    retry_after=1800.0,
                )

    (item,) = run(reconcile(fleet(desired("chat")), SimulatedArm(the_world, fault=fault))).items
    assert item.outcome is Outcome.SUCCEEDED
    assert met[1] - met[0] <= 61.0


def test_a_failed_operation_says_how_a_deployment_in_state_failed_is_replaced() -> None:
    the_world = world()
    the_world.endings[CHAT] = Ending(OperationStatus.FAILED, "Failed", "InternalServerError")
    (item,) = run(reconcile(fleet(PTU), SimulatedArm(the_world))).items
    assert item.outcome is Outcome.FAILED
    assert item.fault is not None
    assert "--replace-failed" in item.fault.fix
    assert "may have happened" not in item.fault.fix
