"""The engine against a simulated ARM in virtual time: what each fault must lead to."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reconciler.domain.deployment import JsonObject, Lifecycle
from reconciler.engine.apply import Stop, apply
from reconciler.engine.outcome import ApplyReport, Outcome, Silence, Waiting
from reconciler.engine.pace import DEFAULT_PACE
from reconciler.engine.stop import Cause, Interruption
from reconciler.errors import ArmRejected, Forbidden, InvalidRequest, NotFound
from reconciler.plan.actions import Keep
from tests.simulated.arm import Exchange, SimulatedArm, World, lose_answer
from tests.simulated.fleets import REGION, account, changed, deployment, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import VirtualClock, run
from tests.unit.engine.runs import losing, outcomes, puts


def world(*accounts: str, limits: dict[str, int] | None = None) -> World:
    return World(accounts={account(name): REGION for name in accounts or ("alpha",)}, limits=limits or {})


def test_an_empty_account_gets_what_is_declared_and_the_next_plan_is_empty() -> None:
    state = fleet(desired("chat"), desired("ptu", sku="ProvisionedManaged", capacity=50))
    arm = SimulatedArm(world())

    async def scenario() -> tuple[ApplyReport, bool]:
        report = await reconcile(state, arm)
        again = await plan_of(state, arm)
        return report, all(isinstance(step.action, Keep) for step in again.steps)

    report, nothing_left = run(scenario())
    assert outcomes(report) == {"chat": Outcome.SUCCEEDED, "ptu": Outcome.SUCCEEDED}
    assert nothing_left


def test_a_second_apply_sends_no_write() -> None:
    state = fleet(desired("chat"))
    arm = SimulatedArm(world())

    async def scenario() -> int:
        await reconcile(state, arm)
        sent = len(puts(arm))
        await reconcile(state, arm)
        return len(puts(arm)) - sent

    assert run(scenario()) == 0


def test_writes_of_one_account_never_overlap_although_operations_take_long() -> None:
    state = fleet(*(desired(f"p{n}", sku="ProvisionedManaged", capacity=50) for n in range(4)))
    arm = SimulatedArm(world())
    report = run(reconcile(state, arm))
    assert report.succeeded
    assert arm.world.overlaps == []


def test_accounts_are_written_in_parallel() -> None:
    names = tuple(f"acc{n}" for n in range(8))
    state = fleet(
        *(desired("p", in_account=n, sku="ProvisionedManaged", capacity=50) for n in names), accounts=names
    )
    arm = SimulatedArm(world(*names))

    async def scenario() -> float:
        await reconcile(state, arm)
        return asyncio.get_running_loop().time()

    one_after_the_other = 8 * arm.world.long_seconds
    assert run(scenario()) < one_after_the_other / 4


def test_a_put_whose_answer_is_lost_after_it_took_effect_is_one_write_reported_done() -> None:
    """F-005: reset after the server acted on a PUT."""
    arm = SimulatedArm(world(), fault=losing("PUT", "after"))
    report = run(reconcile(fleet(desired("chat")), arm))
    assert outcomes(report) == {"chat": Outcome.SUCCEEDED}
    assert puts(arm) == ["chat"]


def test_a_put_that_never_arrived_is_sent_again_after_a_look() -> None:
    """F-004: reset before the request was read."""
    arm = SimulatedArm(world(), fault=losing("PUT", "before", times=1))
    report = run(reconcile(fleet(desired("chat")), arm))
    assert outcomes(report) == {"chat": Outcome.SUCCEEDED}
    assert puts(arm) == ["chat", "chat"]
    between = [e.verb for e in arm.exchanges]
    first = between.index("PUT")
    assert "GET" in between[first + 1 : between.index("PUT", first + 1)]


def test_a_delete_whose_answer_is_lost_is_done_when_it_is_gone() -> None:
    """F-006."""
    the_world = world()

    async def scenario() -> ApplyReport:
        await reconcile(fleet(desired("chat"), desired("old")), SimulatedArm(the_world))
        arm = SimulatedArm(the_world, fault=losing("DELETE", "after"))
        return await reconcile(fleet(desired("chat")), arm)

    assert outcomes(run(scenario())) == {"old": Outcome.SUCCEEDED}


def test_writes_that_never_arrive_end_after_four_attempts_and_say_so() -> None:
    """F-043: item failed after its attempts."""
    arm = SimulatedArm(world(), fault=losing("PUT", "before"))
    report = run(reconcile(fleet(desired("chat")), arm))
    assert outcomes(report) == {"chat": Outcome.FAILED}
    assert len(puts(arm)) == DEFAULT_PACE.attempts


def test_a_write_that_can_neither_be_confirmed_nor_looked_at_is_unknown() -> None:
    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "after":
            blind.append(exchange.number)
            lose_answer(exchange)
        if blind and exchange.verb == "GET":
            lose_answer(exchange)

    blind: list[int] = []
    report = run(reconcile(fleet(desired("chat")), SimulatedArm(world(), fault=fault)))
    assert outcomes(report) == {"chat": Outcome.UNKNOWN}


def test_a_busy_account_is_waited_for_and_no_attempt_is_counted() -> None:
    """F-032: RequestConflict is a queue, not an overload."""
    the_world = world()

    async def scenario() -> ApplyReport:
        other = SimulatedArm(the_world, who="somebody else")
        body: JsonObject = {
            "sku": {"name": "ProvisionedManaged", "capacity": 50},
            "properties": {"model": {"name": "gpt-x", "format": "OpenAI", "version": "1"}},
        }
        arm = SimulatedArm(the_world)
        plan = asyncio.ensure_future(reconcile(fleet(desired("chat")), arm))
        await other.put_deployment(deployment("theirs"), body)
        return await plan

    report = run(scenario())
    assert outcomes(report) == {"chat": Outcome.SUCCEEDED}
    assert report.items[0].attempts == 1


def test_an_account_that_stays_busy_ends_at_the_deadline_as_conflict_with_nothing_sent() -> None:
    """F-032: RequestConflict for ever."""
    the_world = world()
    the_world.long_seconds = 10_000_000.0

    async def scenario() -> ApplyReport:
        body: JsonObject = {
            "sku": {"name": "ProvisionedManaged", "capacity": 50},
            "properties": {"model": {"name": "gpt-x", "format": "OpenAI", "version": "1"}},
        }
        await SimulatedArm(the_world).put_deployment(deployment("theirs"), body)
        return await reconcile(fleet(desired("chat")), SimulatedArm(the_world))

    report = run(scenario())
    assert outcomes(report) == {"chat": Outcome.CONFLICT}
    assert deployment("chat") not in the_world.deployments


def test_an_operation_that_never_ends_is_unknown_at_the_deadline_with_its_request_id() -> None:
    """F-054."""
    the_world = world()
    the_world.long_seconds = 10_000_000.0
    state = fleet(desired("ptu", sku="ProvisionedManaged", capacity=50))

    async def scenario() -> tuple[ApplyReport, float]:
        report = await reconcile(state, SimulatedArm(the_world))
        return report, asyncio.get_running_loop().time()

    report, took = run(scenario())
    assert outcomes(report) == {"ptu": Outcome.UNKNOWN}
    fault = report.items[0].fault
    assert fault is not None
    assert fault.request_id
    assert took <= DEFAULT_PACE.operation_deadline + 5


class Jumping(VirtualClock):
    """Its date is set a day forward or back at every look; a stopwatch goes on."""

    looks = 0

    def now(self) -> datetime:
        type(self).looks += 1
        return super().now() + timedelta(days=(-1) ** self.looks)


def test_a_date_that_jumps_changes_nothing_in_how_long_is_waited() -> None:
    """F-097: deadlines are by the stopwatch."""

    def took(clock: VirtualClock) -> tuple[dict[str, Outcome], float]:
        the_world = world()
        the_world.long_seconds = 10_000_000.0
        arm = SimulatedArm(the_world)

        async def scenario() -> tuple[dict[str, Outcome], float]:
            plan = await plan_of(fleet(desired("ptu", sku="ProvisionedManaged", capacity=50)), arm)
            report = await apply(plan, arm, clock, Silence(), jitter=lambda: 0.0)
            return outcomes(report), clock.monotonic()

        return run(scenario())

    assert took(Jumping()) == took(VirtualClock())


@pytest.mark.parametrize("kind", [InvalidRequest, Forbidden])
def test_a_refused_write_fails_at_once_and_independent_ones_go_on(kind: type[ArmRejected]) -> None:
    """F-019, F-023: no retry, the others are done."""

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and exchange.target.endswith("/bad") and phase == "before":
            raise kind("no", operation="write", target=exchange.target, status=400, code="Nope")

    arm = SimulatedArm(world(), fault=fault)
    report = run(reconcile(fleet(desired("bad"), desired("good")), arm))
    assert outcomes(report) == {"bad": Outcome.FAILED, "good": Outcome.SUCCEEDED}
    assert puts(arm).count("bad") == 1


def test_a_failing_target_stops_what_names_it_and_nothing_else() -> None:
    """F-087."""

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and exchange.target.endswith("/target") and phase == "before":
            raise InvalidRequest("no", operation="write", target=exchange.target, status=400, code="Nope")

    state = fleet(desired("a-ptu", spillover="target"), desired("target"), desired("other"))
    report = run(reconcile(state, SimulatedArm(world(), fault=fault)))
    assert outcomes(report) == {
        "target": Outcome.FAILED,
        "a-ptu": Outcome.SKIPPED,
        "other": Outcome.SUCCEEDED,
    }


def test_a_deployment_that_moved_since_the_plan_is_not_written() -> None:
    """F-080: stale, naming the field."""
    the_world = world()

    async def scenario() -> ApplyReport:
        arm = SimulatedArm(the_world)
        await reconcile(fleet(desired("chat")), arm)
        plan = await plan_of(fleet(changed(desired("chat"), capacity=20)), arm)
        the_world.deployments[deployment("chat")]["sku"]["capacity"] = 15
        return await apply(plan, arm, VirtualClock(), Silence())

    report = run(scenario())
    assert outcomes(report) == {"chat": Outcome.STALE}
    fault = report.items[0].fault
    assert fault is not None
    assert "sku.capacity" in fault.message
    assert the_world.deployments[deployment("chat")]["sku"]["capacity"] == 15


def test_capacity_and_version_change_as_two_writes_with_the_reduction_first() -> None:
    the_world = world()

    async def scenario() -> list[tuple[int, str]]:
        await reconcile(fleet(desired("chat", capacity=20)), SimulatedArm(the_world))
        seen: list[tuple[int, str]] = []

        def fault(exchange: Exchange, phase: str) -> None:
            if exchange.verb == "PUT" and phase == "after":
                resource = the_world.deployments[deployment("chat")]
                seen.append((resource["sku"]["capacity"], resource["properties"]["model"]["version"]))

        state = fleet(changed(desired("chat"), capacity=5, version="2"))
        report = await reconcile(state, SimulatedArm(the_world, fault=fault))
        assert report.succeeded
        return seen

    assert run(scenario()) == [(5, "1"), (5, "2")]


def test_a_write_that_arm_accepts_and_ignores_is_a_failure_that_names_the_field() -> None:
    """F-069."""
    the_world = world()

    async def scenario() -> ApplyReport:
        await reconcile(fleet(desired("chat", capacity=10)), SimulatedArm(the_world))

        def fault(exchange: Exchange, phase: str) -> None:
            if exchange.verb == "PUT" and phase == "after":
                the_world.deployments[deployment("chat")]["sku"]["capacity"] = 10

        return await reconcile(fleet(desired("chat", capacity=20)), SimulatedArm(the_world, fault=fault))

    report = run(scenario())
    assert outcomes(report) == {"chat": Outcome.FAILED}
    fault = report.items[0].fault
    assert fault is not None
    assert "sku.capacity" in fault.message


def test_a_replace_deletes_first_and_then_creates() -> None:
    the_world = world()

    async def scenario() -> list[str]:
        await reconcile(fleet(desired("chat", model="old")), SimulatedArm(the_world))
        the_world.writes.clear()
        state = fleet(desired("chat", model="new", lifecycle=Lifecycle(replace_allowed=True)))
        report = await reconcile(state, SimulatedArm(the_world))
        assert report.succeeded
        return [verb for _, verb, _ in the_world.writes]

    assert run(scenario()) == ["DELETE", "PUT"]


def test_stopping_lets_nothing_new_begin_and_reports_what_is_under_way() -> None:
    """F-089: done, running, not started."""
    state = fleet(*(desired(f"p{n}", sku="ProvisionedManaged", capacity=50) for n in range(3)))
    arm = SimulatedArm(world())

    async def scenario() -> tuple[ApplyReport, float]:
        stop = Stop()
        loop = asyncio.get_running_loop()
        asked_at = arm.world.long_seconds * 1.5
        loop.call_later(asked_at, stop.ask, Interruption(cause=Cause.SIGINT))
        report = await reconcile(state, arm, stop=stop)
        return report, loop.time() - asked_at

    report, took = run(scenario())
    assert outcomes(report) == {"p0": Outcome.SUCCEEDED, "p1": Outcome.UNKNOWN, "p2": Outcome.SKIPPED}
    assert took <= 5
    assert report.interrupted == Interruption(cause=Cause.SIGINT)


def test_stopping_twice_ends_at_once() -> None:
    """F-090."""
    state = fleet(desired("p", sku="ProvisionedManaged", capacity=50))

    async def scenario() -> float:
        stop = Stop()
        loop = asyncio.get_running_loop()
        loop.call_later(10, stop.ask, Interruption(cause=Cause.SIGINT))
        loop.call_later(11, stop.ask, Interruption(cause=Cause.SIGINT))
        await reconcile(state, SimulatedArm(world()), stop=stop)
        return loop.time()

    assert run(scenario()) <= 12


def test_a_bug_in_one_lane_does_not_silence_the_others() -> None:
    """F-093."""

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and exchange.target.endswith("alpha/deployments/chat"):
            raise ZeroDivisionError(phase)

    names = ("alpha", "beta")
    state = fleet(*(desired("chat", in_account=name) for name in names), accounts=names)
    report = run(reconcile(state, SimulatedArm(world(*names), fault=fault)))
    assert [item.outcome for item in report.items] == [Outcome.UNKNOWN, Outcome.SUCCEEDED]


def test_quota_moves_from_one_account_to_another_without_ever_needing_more() -> None:
    """I-10: the release goes first, in whatever lane it is."""
    names = ("alpha", "beta")
    the_world = world(*names, limits={"OpenAI.GlobalStandard.gpt-x": 100})

    async def scenario() -> ApplyReport:
        before = fleet(
            desired("a", in_account="alpha", capacity=90),
            desired("b", in_account="beta", capacity=10),
            accounts=names,
        )
        await reconcile(before, SimulatedArm(the_world))
        after = fleet(
            desired("a", in_account="alpha", capacity=10),
            desired("b", in_account="beta", capacity=90),
            accounts=names,
        )
        return await reconcile(after, SimulatedArm(the_world))

    assert run(scenario()).succeeded
    assert the_world.peaks["OpenAI.GlobalStandard.gpt-x"] <= 100


def test_waits_are_announced() -> None:
    heard: list[str] = []

    class Ear:
        def notify(self, event: object) -> None:
            if isinstance(event, Waiting):
                heard.append(event.what)

    state = fleet(desired("p", sku="ProvisionedManaged", capacity=50))
    run(reconcile(state, SimulatedArm(world()), listener=Ear()))
    assert "its operation" in heard


def test_not_waiting_leaves_long_operations_unknown_and_says_so() -> None:
    state = fleet(desired("p", sku="ProvisionedManaged", capacity=50))
    pace = replace(DEFAULT_PACE, wait_for_operations=False)
    report = run(reconcile(state, SimulatedArm(world()), pace=pace))
    assert outcomes(report) == {"p": Outcome.UNKNOWN}
    assert "not waited for" in report.items[0].note


def test_a_precondition_that_failed_is_stale_and_not_sent_again() -> None:
    """F-035: 412."""

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "before":
            raise InvalidRequest(
                "the etag differs", operation="write", target=exchange.target, status=412, code="Precondition"
            )

    arm = SimulatedArm(world(), fault=fault)
    report = run(reconcile(fleet(desired("chat")), arm))
    assert outcomes(report) == {"chat": Outcome.STALE}
    assert puts(arm) == ["chat"]


@pytest.mark.parametrize(
    ("code", "outcome", "reason"),
    [
        (
            "ParentResourceNotFound",
            Outcome.SUCCEEDED,
            "this very account is gone, and the deployment with it",
        ),
        ("ResourceNotFound", Outcome.SUCCEEDED, "the same, in another API version's words"),
        ("SubscriptionNotFound", Outcome.UNKNOWN, "a missing subscription may be a wrong tenant"),
    ],
)
def test_a_delete_is_done_when_its_very_account_is_gone(code: str, outcome: Outcome, reason: str) -> None:
    """F-027."""
    the_world = world()

    async def scenario() -> ApplyReport:
        await reconcile(fleet(desired("chat"), desired("old")), SimulatedArm(the_world))
        sent: list[int] = []

        def fault(exchange: Exchange, phase: str) -> None:
            if exchange.verb == "DELETE" and phase == "after":
                sent.append(exchange.number)
            if sent and exchange.verb == "GET" and phase == "before":
                raise NotFound("gone", operation="read", target=exchange.target, status=404, code=code)

        return await reconcile(fleet(desired("chat")), SimulatedArm(the_world, fault=fault))

    assert outcomes(run(scenario())) == {"old": outcome}, reason
