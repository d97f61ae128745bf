"""Runs of apply against a simulated ARM: what happens to requests, and what is seen and said of it."""

from __future__ import annotations

import asyncio

from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import DeploymentId
from reconciler.domain.operation import UNWATCHED, SendObserver
from reconciler.domain.state import ObservedDeployment
from reconciler.engine.outcome import (
    ApplyReport,
    Event,
    Fault,
    Finished,
    ItemReport,
    Outcome,
    Sending,
    Sent,
    Silence,
    Started,
    Waiting,
)
from reconciler.engine.pace import DEFAULT_PACE, Pace
from reconciler.engine.stop import Cause, Interruption, Stop
from reconciler.errors import (
    ArmUnreachable,
    Conflict,
)
from tests.simulated.arm import Exchange, SimulatedArm, World, lose_answer
from tests.simulated.arm import Fault as Scripted
from tests.simulated.fleets import REGION, account
from tests.simulated.reconcile import reconcile
from tests.simulated.time import run


def outcomes(report: ApplyReport) -> dict[str, Outcome]:
    return {item.step.action.id.name: item.outcome for item in report.items}


def puts(arm: SimulatedArm) -> list[str]:
    return [e.target.rpartition("/")[2] for e in arm.exchanges if e.verb == "PUT"]


def losing(verb: str, phase: str, *, times: int = 10**6) -> Scripted:
    left = [times]

    def fault(exchange: Exchange, at: str) -> None:
        if exchange.verb == verb and at == phase and left[0] > 0:
            left[0] -= 1
            lose_answer(exchange)

    return fault


class Lagging(SimulatedArm):
    """A GET does not see a new deployment until `lag` seconds after the write."""

    lag = 0.0

    async def get_deployment(
        self, deployment: DeploymentId, *, observer: SendObserver = UNWATCHED
    ) -> ObservedDeployment | None:
        found = await super().get_deployment(deployment, observer=observer)
        written = [time for time, verb, target in self.world.writes if verb == "PUT" and target == deployment]
        return None if written and self.now < written[-1] + self.lag else found


def world(*accounts: str) -> World:
    return World(accounts={account(name): REGION for name in accounts or ("alpha",)})


class Ear:
    """Writes down what it hears, and when."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def notify(self, event: Event) -> None:
        match event:
            case Started():
                self.heard.append(f"{event.step.action.id.name} started")
            case Sending():
                self.heard.append(f"sending {event.verb}")
            case Sent():
                self.heard.append(f"sent {event.verb} as {event.request_id}")
            case Waiting():
                self.heard.append(f"{event.seconds:g} s for {event.what}")
            case Finished():
                self.heard.append(f"{event.item.step.action.id.name} {event.item.outcome}")


def refuse(verb: str, error: Exception, *, times: int = 10**6, after: str = "") -> Scripted:
    """Raise at so many exchanges of a verb, once one of `after` was seen."""
    left, seen = [times], [not after]

    def fault(exchange: Exchange, phase: str) -> None:
        if phase == "before" and seen[0] and exchange.verb == verb and left[0] > 0:
            left[0] -= 1
            raise error
        seen[0] = seen[0] or exchange.verb == after

    return fault


def busy(retry_after: float | None = None) -> Conflict:
    return Conflict(
        "busy", operation="write", target="", status=409, code="RequestConflict", retry_after=retry_after
    )


def lost(request_id: str | None = None) -> ArmUnreachable:
    return ArmUnreachable("reset", operation="write", target="t", request_id=request_id)


def items(
    state: DesiredState,
    the_world: World,
    fault: Scripted | None = None,
    *,
    ear: Ear | None = None,
    pace: Pace = DEFAULT_PACE,
    before: DesiredState | None = None,
    stop_at: tuple[float, ...] = (),
) -> list[ItemReport]:
    """The reports of one run, after another one has made what is there before."""

    async def scenario() -> list[ItemReport]:
        if before is not None:
            await reconcile(before, SimulatedArm(the_world))
        stop, loop = Stop(), asyncio.get_running_loop()
        for seconds in stop_at:
            loop.call_later(seconds, stop.ask, Interruption(cause=Cause.SIGTERM))
        arm = SimulatedArm(the_world) if fault is None else SimulatedArm(the_world, fault=fault)
        done = await reconcile(state, arm, listener=ear or Silence(), pace=pace, stop=stop)
        return list(done.items)

    return run(scenario())


def words(item: ItemReport) -> tuple[Outcome, str, str]:
    fault = item.fault or Fault(code="", message="")
    return item.outcome, f"{fault.code}: {fault.message}", item.note
