"""P1, F-137: whatever comes between a look and its write, nothing of others is overwritten or deleted."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from reconciler.domain.deployment import JsonObject, Lifecycle
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import DeploymentId
from reconciler.domain.marks import FLEET_TAG
from reconciler.domain.operation import UNWATCHED, SendObserver
from reconciler.engine.apply import apply
from reconciler.engine.outcome import ItemReport, Outcome, Silence
from reconciler.errors import Conflict, Throttled
from tests.simulated.arm import Exchange, SimulatedArm, SimulatedTurn, World, assert_looked, lose_answer
from tests.simulated.fleets import REGION, account, deployment, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import VirtualClock, run

CHAT = deployment("chat")
NOTHING = fleet(desired("stays"))
SMALL = fleet(desired("chat"), desired("stays"))
LARGE = fleet(desired("chat", capacity=20), desired("stays"))
OTHER_MODEL = fleet(desired("chat", model="new", lifecycle=Lifecycle(replace_allowed=True)), desired("stays"))


def theirs(world: World) -> None:
    """Another fleet takes the deployment over."""
    body: JsonObject = {
        "sku": {"name": "GlobalStandard", "capacity": 99},
        "properties": {"model": {"name": "gpt-x", "format": "OpenAI", "version": "1"}},
        "tags": {FLEET_TAG: "theirs"},
    }
    assert SimulatedArm(world, who="them").stranger_puts(CHAT, body)


def tightened(world: World) -> None:
    """A security team changes a field that no manifest declares."""
    there = world.deployments[CHAT]
    there["properties"]["raiPolicyName"] = "Strict"
    there["etag"] = '"strict"'


def lost(exchange: Exchange, phase: str) -> None:
    del phase
    lose_answer(exchange)


def throttled(exchange: Exchange, phase: str) -> None:
    del phase
    raise Throttled(
        "too many", operation="write", target=exchange.target, status=429, code="TooMany", retry_after=6.0
    )


def busy(exchange: Exchange, phase: str) -> None:
    del phase
    raise Conflict("busy", operation="write", target=exchange.target, status=409, code="RequestConflict")


def silent(exchange: Exchange, phase: str) -> None:
    del exchange, phase


@dataclass(frozen=True)
class Case:
    """What is done, by which write, and what comes in between."""

    before: DesiredState
    after: DesiredState
    verb: str
    between: Callable[[Exchange, str], None]


CASES = {
    f"{what}, {how}": Case(before, after, verb, between)
    for what, before, after, verb in (
        ("create", NOTHING, SMALL, "PUT"),
        ("update", SMALL, LARGE, "PUT"),
        ("prune", SMALL, NOTHING, "DELETE"),
        ("delete of a replace", SMALL, OTHER_MODEL, "DELETE"),
        ("put of a replace", SMALL, OTHER_MODEL, "PUT"),
    )
    for how, between in (("lost", lost), ("429", throttled), ("409", busy))
}


def carried_out(
    case: Case, stranger: Callable[[World], None] | None, *, enforces: bool = False
) -> tuple[ItemReport, World, SimulatedArm]:
    """The item about CHAT; its first write of that verb meets what comes between, and a stranger acts."""
    world = World(accounts={account(): REGION}, enforces_etags=enforces)
    met: list[int] = []

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == case.verb and exchange.target == str(CHAT) and phase == "before" and not met:
            met.append(exchange.number)
            if stranger is not None:
                stranger(world)
            case.between(exchange, phase)

    async def scenario() -> tuple[ItemReport, SimulatedArm]:
        await reconcile(case.before, SimulatedArm(world))
        arm = SimulatedArm(world, fault=fault)
        plan = await plan_of(case.after, arm)
        report = await apply(plan, arm, VirtualClock(), Silence(), jitter=lambda: 0.0)
        return next(item for item in report.items if item.step.action.id == CHAT), arm

    item, arm = run(scenario())
    return item, world, arm


@pytest.mark.parametrize("name", CASES)
def test_what_another_fleet_took_over_meanwhile_is_stale_and_stays(name: str) -> None:
    item, world, _ = carried_out(CASES[name], theirs)
    assert item.outcome is Outcome.STALE, item
    assert world.deployments[CHAT]["tags"] == {FLEET_TAG: "theirs"}
    assert world.deployments[CHAT]["sku"]["capacity"] == 99


@pytest.mark.parametrize("name", [name for name in CASES if "create" not in name and "put of" not in name])
def test_a_field_that_nobody_declares_is_not_reset_by_a_write_that_waited(name: str) -> None:
    item, world, _ = carried_out(CASES[name], tightened)
    assert item.outcome is Outcome.STALE, item
    assert item.fault is not None
    assert "raiPolicyName changed" in item.fault.message
    assert world.deployments[CHAT]["properties"]["raiPolicyName"] == "Strict"


@pytest.mark.parametrize("name", CASES)
def test_without_a_stranger_every_one_of_these_writes_succeeds(name: str) -> None:
    item, world, arm = carried_out(CASES[name], None)
    assert item.outcome is Outcome.SUCCEEDED, item
    assert (CHAT in world.deployments) is (CASES[name].after is not NOTHING)
    assert_looked(arm)


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith("409")])
def test_an_arm_that_checks_the_condition_refuses_what_changed_after_the_look(name: str) -> None:
    """F-138: 412, before and after the first write of a step."""
    case = CASES[name]
    item, world, _ = carried_out(Case(case.before, case.after, case.verb, silent), theirs, enforces=True)
    assert item.outcome is Outcome.STALE
    assert item.fault is not None
    assert item.fault.message == "it changed between the look and the write; ARM refused our write"
    assert world.deployments[CHAT]["tags"] == {FLEET_TAG: "theirs"}


def test_a_write_that_was_lost_and_arrived_is_not_sent_again_over_what_came_after_it() -> None:
    """F-139: it arrived, then somebody changed one of its fields: neither as it was nor as it was sent."""
    world = World(accounts={account(): REGION})
    met: list[int] = []

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "after" and not met:
            met.append(exchange.number)
            world.deployments[CHAT]["sku"]["capacity"] = 15
            lose_answer(exchange)

    async def scenario() -> ItemReport:
        await reconcile(SMALL, SimulatedArm(world))
        return (await reconcile(LARGE, SimulatedArm(world, fault=fault))).items[0]

    item = run(scenario())
    assert item.outcome is Outcome.STALE
    assert item.fault is not None
    assert item.fault.message == "sku.capacity changed while a write of this run had no answer"
    assert world.deployments[CHAT]["sku"]["capacity"] == 15


class Drowsy(SimulatedArm):
    """A process that is stopped for half a minute between a look and its write, twice."""

    naps = 2

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
        async with super().turn(
            deployment, method, observer=observer, source_tenants=source_tenants, attempt=attempt
        ) as turn:
            if self.naps:
                self.naps -= 1
                await VirtualClock().sleep(30.0)
            yield turn


@pytest.mark.parametrize("stranger", [None, theirs, tightened])
def test_a_process_that_was_stopped_between_look_and_write_looks_again(
    stranger: Callable[[World], None] | None,
) -> None:
    world = World(accounts={account(): REGION})

    async def scenario() -> tuple[ItemReport, SimulatedArm]:
        await reconcile(SMALL, SimulatedArm(world))
        arm = Drowsy(world)
        if stranger is not None:
            asyncio.get_running_loop().call_later(20.0, stranger, world)
        return (await reconcile(LARGE, arm)).items[0], arm

    item, arm = run(scenario())
    assert item.outcome is (Outcome.SUCCEEDED if stranger is None else Outcome.STALE)
    assert_looked(arm)


def test_a_create_whose_answer_is_lost_is_no_strangers_though_arm_keeps_a_field_to_itself() -> None:
    """F-139, the other way round: what ARM never answers proves nobody's work (histories, seed 20261129)."""
    one = desired("chat", settings={"modelProviderData": {"industry": "education"}})
    world = World(accounts={account(): REGION}, keeps_to_itself=frozenset({"modelProviderData"}))
    met: list[int] = []

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "after" and not met:
            met.append(exchange.number)
            lose_answer(exchange)

    async def scenario() -> ItemReport:
        return (await reconcile(fleet(one), SimulatedArm(world, fault=fault))).items[0]

    item = run(scenario())
    assert item.outcome is Outcome.SUCCEEDED, item
    assert met
