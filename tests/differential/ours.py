"""This project's side of a row: the client, and for writes the engine that follows them to their end."""

import asyncio
from dataclasses import dataclass

from reconciler.arm import wire_deployment
from reconciler.arm.client import ArmClient, ArmSettings
from reconciler.arm.tokens import Token
from reconciler.clock import SystemClock
from reconciler.domain.ids import DeploymentId
from reconciler.engine.outcome import Outcome as Ended
from reconciler.engine.outcome import Silence
from reconciler.engine.pace import DEFAULT_PACE
from reconciler.engine.step import Track
from reconciler.engine.stop import Stop
from reconciler.engine.writer import Writer
from reconciler.errors import ReconcilerError
from reconciler.plan.actions import Create, Delete, Reason
from reconciler.plan.body import put_body
from reconciler.plan.plan import Step
from tests.differential.bad_arm import ID, World, bad_arm
from tests.differential.rows import Row
from tests.simulated.fleets import REGION, desired

CHAT = DeploymentId.parse(ID)
LIMIT = 6.0
"""Seconds of real time that a row may take."""
_WORDS = {Ended.SUCCEEDED: "done", Ended.UNKNOWN: "left open"}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a row ended for one client; `waited` is in seconds that no one really waited."""

    ended: str
    says: str
    asked: dict[str, int]
    waited: int
    leaked: bool


class Hasty(SystemClock):
    """Waits cost nothing and pass all the same."""

    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds
        await asyncio.sleep(0)


class Tokens:
    """A token, and another one each time that it was refused."""

    def __init__(self) -> None:
        self.number = 1

    async def token(self, tenant: str | None, *, fresh: bool = False, claims: str | None = None) -> Token:
        del tenant, claims
        self.number += fresh
        return Token(f"CANARY-{self.number}")


def ours(row: Row) -> Outcome:
    """Put this project's code through a row."""
    clock = Hasty()
    with bad_arm(row.bad, there=row.there) as world:
        try:
            ended, says = asyncio.run(asyncio.wait_for(_call(row, world, clock), LIMIT))
        except ReconcilerError as problem:
            ended, says = "raises", type(problem).__name__
        except TimeoutError:
            ended, says = "still going", f"after {LIMIT:.0f} s"
    return Outcome(
        ended=ended, says=says, asked=world.counts, waited=round(clock.passed), leaked=world.leaked
    )


async def _call(row: Row, world: World, clock: Hasty) -> tuple[str, str]:
    async with ArmClient(ArmSettings(endpoint=world.home), Tokens(), clock, jitter=lambda: 0.0) as client:
        if row.call == "list":
            return "done", f"{len(await client.list_deployments(CHAT.account))} deployment(s)"
        if row.call == "read":
            found = await client.get_deployment(CHAT)
            return "done", "absent" if found is None else found.provisioning_state
        writer = Writer(
            api=client,
            clock=clock,
            listener=Silence(),
            pace=DEFAULT_PACE,
            fleet="ours",
            stop=Stop(),
            jitter=lambda: 0.0,
        )
        item = await writer.carry_out(
            _step(row, world), Track(), began=0.0, deadline=DEFAULT_PACE.apply_deadline
        )
        return _WORDS.get(item.outcome, item.outcome.value), item.fault.code if item.fault else ""


def _step(row: Row, world: World) -> Step:
    if row.call == "delete":
        seen = wire_deployment.deployment(world.resource(), CHAT)
        return Step(action=Delete(id=CHAT, region=REGION, reason=Reason.NOT_DECLARED, observed=seen))
    chat = desired("chat")
    body = put_body(chat, None, "ours")
    return Step(action=Create(id=CHAT, region=REGION, reason=Reason.NOT_THERE, desired=chat, writes=(body,)))
