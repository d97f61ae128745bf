"""What a run tells on its way and at its end, word by word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from reconciler.domain.deployment import Lifecycle, SourceAccount
from reconciler.domain.ids import DeploymentId
from reconciler.domain.operation import UNWATCHED, Accepted, SendObserver
from reconciler.engine.apply import apply
from reconciler.engine.outcome import (
    ItemReport,
    Outcome,
    Silence,
)
from reconciler.engine.pace import DEFAULT_PACE
from reconciler.engine.stop import Cause, Interruption, Stop
from reconciler.errors import CredentialError, Forbidden, InvalidRequest
from tests.simulated.arm import Ending, Exchange, SimulatedArm, SimulatedTurn, World, lose_answer
from tests.simulated.fleets import account, changed, deployment, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import VirtualClock, run
from tests.unit.engine.runs import Ear, busy, items, lost, refuse, words, world

CHAT = deployment("chat")
PTU = desired("chat", sku="ProvisionedManaged", capacity=50)
REPLACEABLE = Lifecycle(replace_allowed=True)


# -- what is told on the way ---------------------------------------------------------------------------------


def test_a_write_is_told_from_its_start_to_its_end() -> None:
    ear = Ear()
    (item,) = items(fleet(PTU), world(), ear=ear)
    assert ear.heard[:3] == ["chat started", "sending PUT", "sent PUT as req-6"]
    assert ear.heard[3:6] == ["5 s for its operation"] * 3
    assert ear.heard[-1] == "chat succeeded"
    assert item.attempts == 1
    assert 30_000 <= item.duration_ms <= 36_000


def test_a_busy_account_is_waited_for_longer_each_time() -> None:
    """F-032."""
    ear = Ear()
    (item,) = items(fleet(desired("chat")), world(), refuse("PUT", busy(), times=5), ear=ear)
    waits = [told for told in ear.heard if "busy" in told]
    assert waits == [f"{s} s for the account, busy with another write" for s in (10, 20, 40, 60, 60)]
    assert (item.outcome, item.attempts) == (Outcome.SUCCEEDED, 1)


def test_what_arm_asks_to_wait_is_waited_where_it_is_longer_and_jitter_adds_a_tenth() -> None:
    the_world, ear = world(), Ear()

    async def scenario() -> None:
        arm = SimulatedArm(the_world, fault=refuse("PUT", busy(25.0), times=2))
        plan = await plan_of(fleet(desired("chat")), arm)
        await apply(plan, arm, VirtualClock(), ear, jitter=lambda: 0.5)

    run(scenario())
    assert [told.split()[0] for told in ear.heard if "busy" in told] == ["26.25", "26.25"]


def test_lost_writes_are_looked_after_at_growing_distances() -> None:
    """§3.3: F-004."""
    the_world, ear = world(), Ear()

    async def scenario() -> ItemReport:
        arm = SimulatedArm(the_world, fault=refuse("PUT", lost("req-lost")))
        plan = await plan_of(fleet(desired("chat")), arm)
        pace = replace(DEFAULT_PACE, attempts=8)
        return (await apply(plan, arm, VirtualClock(), ear, jitter=lambda: 0.5, pace=pace)).items[0]

    item = run(scenario())
    waits = [told for told in ear.heard if "a look at" in told]
    seconds = ("0.5", "1", "2", "4", "8", "15", "15", "15")
    assert waits == [f"{s} s for a look at what became of a write without an answer" for s in seconds]
    assert words(item) == (
        Outcome.FAILED,
        "ArmUnreachable: write t: reset (request req-lost)",
        "a look showed that it took no effect",
    )
    assert item.attempts == 8


def test_another_operation_is_waited_for_and_named() -> None:
    """F-078."""
    ear, the_world = Ear(), world()

    async def scenario() -> ItemReport:
        await reconcile(fleet(desired("chat")), SimulatedArm(the_world))
        plan = await plan_of(fleet(desired("chat", capacity=20)), SimulatedArm(the_world))
        properties = the_world.deployments[CHAT]["properties"]
        properties["provisioningState"] = "Updating"
        loop = asyncio.get_running_loop()
        loop.call_later(30, properties.update, {"provisioningState": "Succeeded"})
        return (await apply(plan, SimulatedArm(the_world), VirtualClock(), ear)).items[0]

    assert run(scenario()).outcome is Outcome.SUCCEEDED
    waits = [told for told in ear.heard if "another operation" in told]
    assert waits == [f"{s} s for another operation (Updating)" for s in ("5", "7.5", "11.25", "16.875")]


# -- what is told at the end ---------------------------------------------------------------------------------


def test_somebody_elses_endless_operation_is_a_conflict_of_its_own_code() -> None:
    the_world = world()

    async def scenario() -> ItemReport:
        await reconcile(fleet(desired("chat")), SimulatedArm(the_world))
        plan = await plan_of(fleet(desired("chat", capacity=20)), SimulatedArm(the_world))
        the_world.deployments[CHAT]["properties"]["provisioningState"] = "Updating"
        return (await apply(plan, SimulatedArm(the_world), VirtualClock(), Silence())).items[0]

    assert words(run(scenario())) == (
        Outcome.CONFLICT,
        "in-progress: still Updating by somebody else's operation when time was up",
        "",
    )


def test_a_run_that_is_stopped_says_of_each_step_where_it_stands() -> None:
    """F-089, I-07."""
    names = ("alpha", "beta")
    the_world = world(*names)
    the_world.long_seconds = 3600.0
    state = fleet(PTU, desired("next"), desired("more", in_account="beta"), accounts=names)
    found = {item.step.action.id.name: item for item in items(state, the_world, stop_at=(10.0,))}
    going, waiting, done = found["chat"], found["next"], found["more"]
    assert words(going) == (
        Outcome.UNKNOWN,
        "interrupted: PUT was sent and may still be running: the run was stopped (SIGTERM)",
        "",
    )
    assert going.fault is not None
    assert going.fault.request_id
    assert words(waiting) == (Outcome.SKIPPED, ": ", "not started: SIGTERM")
    assert done.outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(("stop_at", "ends"), [((10.0,), 14.0), ((10.0, 11.0), 11.0)], ids=["once", "twice"])
def test_one_signal_leaves_time_to_end_and_a_second_one_does_not(
    stop_at: tuple[float, ...], ends: float
) -> None:
    """F-089, F-090."""
    the_world = world()
    the_world.long_seconds = 3600.0

    async def scenario() -> float:
        stop, loop = Stop(), asyncio.get_running_loop()
        for seconds in stop_at:
            loop.call_later(seconds, stop.ask, Interruption(cause=Cause.SIGINT))
        await reconcile(fleet(PTU), SimulatedArm(the_world), stop=stop)
        assert len(asyncio.all_tasks()) == 1, "no wait is left behind"
        return loop.time()

    assert run(scenario()) == pytest.approx(ends)


def test_a_dependency_that_failed_is_named_with_its_account() -> None:
    """F-087."""
    error = InvalidRequest("no", operation="write", target="", status=400, code="Nope")

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and exchange.target.endswith("/target") and phase == "before":
            raise error

    state = fleet(desired("front", spillover="target"), desired("target"))
    found = {item.step.action.id.name: words(item) for item in items(state, world(), fault)}
    assert found == {
        "front": (Outcome.SKIPPED, "dependency: it needs target in alpha, which did not succeed", ""),
        "target": (Outcome.FAILED, "Nope: no", ""),
    }


def test_what_was_left_out_or_interrupted_is_told_with_what_to_do() -> None:
    """F-145: also where nothing came from ARM."""
    nope = InvalidRequest("no", operation="write", target="", status=400, code="Nope")
    state = fleet(desired("front", spillover="target"), desired("target"))
    the_world = world()
    the_world.long_seconds = 3600.0
    fixes = {
        item.fault.code: item.fault.fix
        for item in (
            *items(state, world(), refuse("PUT", nope)),
            *items(fleet(PTU), the_world, stop_at=(10.0,)),
        )
        if item.fault is not None
    }
    assert fixes == {
        "Nope": "",
        "dependency": "Fix what it needs first; then run apply again",
        "interrupted": "Run apply again: it looks before it writes, and goes on from what is there",
    }


def test_what_a_lane_leaves_undone_is_told_with_the_reason() -> None:
    """F-054, F-032."""
    the_world = world()
    the_world.long_seconds = 10_000_000.0
    behind = items(fleet(PTU, desired("next")), the_world)[1]
    assert words(behind) == (
        Outcome.SKIPPED,
        ": ",
        "not started: chat may still be running in this account",
    )
    behind = items(fleet(desired("chat"), desired("next")), world(), refuse("PUT", busy()))[1]
    assert words(behind) == (Outcome.SKIPPED, ": ", "not started: the account stayed busy with other writes")


def test_what_had_no_time_is_told_so() -> None:
    """I-12."""
    the_world = world("alpha", "beta")
    state = fleet(PTU, desired("more", in_account="beta"), accounts=("alpha", "beta"))
    pace = replace(DEFAULT_PACE, apply_deadline=0.0)
    assert {words(item) for item in items(state, the_world, pace=pace)} == {
        (Outcome.SKIPPED, ": ", "not started: the time limit")
    }


def test_a_bug_of_ours_is_called_one() -> None:
    """F-093."""
    (item,) = items(fleet(desired("chat")), world(), refuse("PUT", ZeroDivisionError("by zero")))
    assert words(item) == (
        Outcome.UNKNOWN,
        "internal-error: a bug in this program, please report it: ZeroDivisionError: by zero",
        "",
    )


def moved_by(action: str) -> tuple[Outcome, str, str]:
    the_world = world()
    absent = action == "created"

    async def scenario() -> ItemReport:
        arm = SimulatedArm(the_world)
        if not absent:
            await reconcile(fleet(desired("chat")), arm)
        plan = await plan_of(fleet(desired("chat", capacity=20)), arm)
        if action == "deleted":
            the_world.deployments.clear()
        elif action == "changed":
            there = the_world.deployments[CHAT]
            there["sku"]["capacity"] = 15
            there["properties"]["raiPolicyName"] = "other"
        else:
            await reconcile(fleet(desired("chat", capacity=7)), SimulatedArm(the_world))
        return (await apply(plan, arm, VirtualClock(), Silence())).items[0]

    return words(run(scenario()))


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("created", "somebody created it since the plan"),
        ("deleted", "somebody deleted it since the plan"),
        ("changed", "sku.capacity, raiPolicyName changed since the plan"),
    ],
)
def test_what_moved_since_the_plan_is_told_field_by_field(action: str, told: str) -> None:
    """F-080."""
    assert moved_by(action) == (Outcome.STALE, f"stale: {told}", "")


def test_a_look_that_fails_leaves_the_write_unknown_with_both_reasons() -> None:
    blind = Forbidden("no", operation="read", target="t", status=403, code="AuthorizationFailed")

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "after":
            seen.append(exchange.number)
            lose_answer(exchange)
        if seen and exchange.verb == "GET":
            raise blind

    seen: list[int] = []
    (item,) = items(fleet(desired("chat")), world(), fault)
    assert item.outcome is Outcome.UNKNOWN
    assert item.note == f"could not look: {blind}"


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (
            Forbidden("no", operation="read", target="t", status=403, code="AuthorizationFailed"),
            "sent, but it could not be read back",
        ),
        (CredentialError("no token", tenant="t"), "sent, but it could not be read back"),
    ],
)
def test_a_write_that_cannot_be_read_back_is_unknown(error: Exception, note: str) -> None:
    (item,) = items(fleet(desired("chat")), world(), refuse("GET", error, after="PUT"))
    assert (item.outcome, item.note) == (Outcome.UNKNOWN, note)


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        (Ending(state="Disabled"), "provisioningState Disabled: ARM settled it in state Disabled"),
        (
            Ending(state="Frobnicating"),
            (
                "OperationTimedOut: still running in ARM (provisioningState Frobnicating) when time "
                "was up; the next run goes on from there"
            ),
        ),
    ],
)
def test_a_state_that_is_not_success_is_named(ending: Ending, told: str) -> None:
    """F-071."""
    the_world = world()
    the_world.endings[CHAT] = ending
    (item,) = items(fleet(PTU), the_world)
    assert words(item)[1] == told


def test_an_operation_that_outlasts_the_run_is_told_so() -> None:
    """F-054."""
    the_world = world()
    the_world.long_seconds = 10_000_000.0
    (item,) = items(fleet(PTU), the_world)
    assert words(item) == (
        Outcome.UNKNOWN,
        "OperationTimedOut: still running in ARM when time was up; the next run goes on from there",
        "",
    )


def test_fields_that_arm_did_not_take_over_are_named() -> None:
    """F-069."""

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "after":
            the_world.deployments[CHAT]["sku"]["capacity"] = 3
            the_world.deployments[CHAT]["sku"]["name"] = "Standard"

    the_world = world()
    (item,) = items(fleet(desired("chat")), the_world, fault)
    assert words(item) == (
        Outcome.FAILED,
        "AcceptedNotApplied: ARM accepted it but did not apply sku.name, sku.capacity",
        "",
    )


def test_what_is_gone_again_after_success_is_told_with_how_long_it_was_looked_for() -> None:
    """F-029."""

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "after":
            del the_world.deployments[CHAT]

    the_world = world()
    (item,) = items(fleet(desired("chat")), the_world, fault)
    assert words(item) == (
        Outcome.UNKNOWN,
        "NotFoundAfterSuccess: ARM accepted it, yet 60 s later it was not there",
        "",
    )


def test_a_step_of_two_writes_that_ends_between_them_says_what_was_done() -> None:
    """I-07."""
    error = InvalidRequest("no", operation="write", target="", status=400, code="Nope")
    before = fleet(desired("chat", model="old"))
    after = fleet(desired("chat", model="new", lifecycle=REPLACEABLE))
    (item,) = items(after, world(), refuse("PUT", error, after="DELETE"), before=before)
    assert words(item) == (
        Outcome.FAILED,
        "Nope: no",
        "its DELETE was done before that; the next run goes on from there",
    )


def test_a_warning_stands_before_the_rest_of_a_note() -> None:
    class Wary(SimulatedArm):
        def _accepted(self, operation: str | None, deployment: DeploymentId) -> Accepted:
            return replace(super()._accepted(operation, deployment), warning="beware")

    async def scenario() -> ItemReport:
        pace = replace(DEFAULT_PACE, wait_for_operations=False)
        return (await reconcile(fleet(PTU), Wary(world()), pace=pace)).items[0]

    assert run(scenario()).note == "beware; accepted; its end was not waited for"


def test_what_is_as_declared_already_is_told_so() -> None:
    the_world = world()

    async def scenario() -> ItemReport:
        plan = await plan_of(fleet(desired("chat")), SimulatedArm(the_world))
        await reconcile(fleet(desired("chat")), SimulatedArm(the_world))
        return (await apply(plan, SimulatedArm(the_world), VirtualClock(), Silence())).items[0]

    item = run(scenario())
    assert words(item) == (Outcome.SUCCEEDED, ": ", "already as declared")
    assert item.attempts == 0


class Tenants(SimulatedArm):
    """Remembers whose tokens a write asked for."""

    def __init__(self, there: World) -> None:
        super().__init__(there)
        self.asked: list[tuple[str, ...]] = []

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
        self.asked.append(source_tenants)
        async with super().turn(deployment, method, observer=observer, attempt=attempt) as turn:
            yield turn


@pytest.mark.parametrize(("tenant", "asked"), [(None, ()), ("other", ("other",))])
def test_the_token_of_a_source_tenant_is_asked_for_where_there_is_one(
    tenant: str | None, asked: tuple[str, ...]
) -> None:
    chat = desired("chat")
    source = SourceAccount(account=account("tuned"), tenant=tenant)
    model = replace(chat.spec.model, source=source)
    one = replace(chat, tenant="ours", spec=replace(chat.spec, model=model))
    arm = Tenants(world())
    run(reconcile(fleet(one), arm))
    assert arm.asked == [asked]


def test_a_change_while_we_queue_is_not_overwritten() -> None:
    """F-080: also between two tries of the same write."""
    the_world = world()

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "before":
            the_world.deployments[CHAT]["sku"]["capacity"] = 15
            raise busy()

    before = fleet(desired("chat"))
    (item,) = items(fleet(changed(desired("chat"), capacity=20)), the_world, fault, before=before)
    assert words(item) == (Outcome.STALE, "stale: sku.capacity changed since the plan", "")
    assert the_world.deployments[CHAT]["sku"]["capacity"] == 15


def test_a_run_that_is_stopped_between_two_writes_says_what_was_done() -> None:
    """I-07, F-089."""
    before = fleet(desired("chat", model="old"))
    after = fleet(desired("chat", model="new", lifecycle=REPLACEABLE))
    (item,) = items(after, world(), refuse("PUT", busy(), after="DELETE"), before=before, stop_at=(20.0,))
    assert words(item) == (
        Outcome.FAILED,
        "interrupted: its DELETE was done, and its next write not sent, when the run was stopped (SIGTERM)",
        "",
    )


def test_a_lane_that_waits_for_its_turn_begins_nothing_after_a_signal() -> None:
    """F-089: although the one before it came to its end in time."""
    the_world = world()
    the_world.long_seconds = 12.0

    async def scenario() -> list[ItemReport]:
        stop = Stop()
        asyncio.get_running_loop().call_later(14.0, stop.ask, Interruption(cause=Cause.SIGINT))
        state = fleet(PTU, desired("next"))
        return list((await reconcile(state, SimulatedArm(the_world), stop=stop)).items)

    first, second = sorted(run(scenario()), key=lambda item: item.outcome)[::-1]
    assert first.outcome is Outcome.SUCCEEDED
    assert words(second) == (Outcome.SKIPPED, ": ", "not started: SIGINT")


def test_a_bug_leaves_its_traceback_in_the_log_of_the_engine(caplog: pytest.LogCaptureFixture) -> None:
    """F-093: what a report of it needs."""
    caplog.set_level("DEBUG", logger="reconciler.engine")
    items(fleet(desired("chat")), world(), refuse("PUT", ZeroDivisionError("by zero")))
    (record,) = caplog.records
    assert (record.name, record.getMessage()) == ("reconciler.engine", "a step ended in a bug")
    assert record.exc_info is not None
