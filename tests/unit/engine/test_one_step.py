"""One step from its look to its end, where ARM, the wire or somebody else does not do the usual."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.domain.deployment import Lifecycle
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import DeploymentId
from reconciler.domain.marks import FLEET_TAG
from reconciler.domain.operation import (
    UNWATCHED,
    Accepted,
    OperationRef,
    OperationState,
    OperationStatus,
    SendObserver,
)
from reconciler.domain.state import ObservedDeployment, SystemMetadata
from reconciler.engine.apply import apply
from reconciler.engine.outcome import ItemReport, Outcome, Silence
from reconciler.engine.pace import DEFAULT_PACE
from reconciler.engine.step import Track
from reconciler.engine.stop import Stop
from reconciler.engine.writer import Writer
from reconciler.errors import ArmError, CredentialError, Forbidden, InvalidRequest, NotFound, Throttled
from tests.simulated.arm import Ending, Exchange, SimulatedArm, World, lose_answer
from tests.simulated.arm import Fault as Scripted
from tests.simulated.fleets import changed, deployment, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import VirtualClock, run
from tests.unit.engine.runs import Ear, Lagging, busy, items, losing, lost, puts, refuse, words, world

CHAT = deployment("chat")
PTU = desired("chat", sku="ProvisionedManaged", capacity=50)
REPLACEABLE = Lifecycle(replace_allowed=True)
FORBIDDEN = Forbidden("no", operation="read", target="t", status=403, code="AuthorizationFailed")


def carried_out(
    arm: SimulatedArm, *, moved: Callable[[], object] = lambda: None, ear: Ear | None = None
) -> ItemReport:
    """The growth of one deployment, whose world `moved` between plan and apply."""

    async def scenario() -> ItemReport:
        await reconcile(fleet(desired("chat")), SimulatedArm(arm.world))
        plan = await plan_of(fleet(desired("chat", capacity=20)), arm)
        moved()
        report = await apply(plan, arm, VirtualClock(), ear or Silence(), jitter=lambda: 0.0)
        return report.items[0]

    return run(scenario())


# -- look ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [FORBIDDEN, CredentialError("no token", tenant="t")])
def test_a_step_that_cannot_look_sends_nothing_and_has_failed(error: Exception) -> None:
    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "GET" and exchange.target == str(CHAT) and phase == "before":
            raise error

    arm = SimulatedArm(world(), fault=fault)
    (item,) = run(reconcile(fleet(desired("chat")), arm)).items
    assert (item.outcome, item.attempts) == (Outcome.FAILED, 0)
    assert puts(arm) == []


def test_what_somebody_deleted_before_its_replacement_is_only_created() -> None:
    the_world = world()
    after = fleet(desired("chat", model="new", lifecycle=REPLACEABLE))

    async def scenario() -> tuple[Outcome, list[str]]:
        await reconcile(fleet(desired("chat", model="old")), SimulatedArm(the_world))
        arm = SimulatedArm(the_world)
        plan = await plan_of(after, arm)
        the_world.deployments.clear()
        report = await apply(plan, arm, VirtualClock(), Silence())
        return report.items[0].outcome, [e.verb for e in arm.exchanges if e.verb in {"PUT", "DELETE"}]

    assert run(scenario()) == (Outcome.SUCCEEDED, ["PUT"])


def test_a_field_that_somebody_added_since_the_plan_counts_as_a_change() -> None:
    """F-080: the whole body is ours, and would take it away again."""
    the_world = world()
    there = the_world.deployments
    item = carried_out(
        SimulatedArm(the_world), moved=lambda: there[CHAT]["properties"].update(serviceTier="Priority")
    )
    assert words(item) == (Outcome.STALE, "stale: serviceTier changed since the plan", "")


class Dated(SimulatedArm):
    """Tells when a deployment was written last."""

    async def get_deployment(
        self, deployment: DeploymentId, *, observer: SendObserver = UNWATCHED
    ) -> ObservedDeployment | None:
        found = await super().get_deployment(deployment, observer=observer)
        system = SystemMetadata(last_modified_by="them", last_modified_at="2026-06-22T00:00:00Z")
        return found and replace(found, system=system)


def test_what_moved_since_the_plan_is_told_with_arms_own_time() -> None:
    """F-080: whoever did it can be found in the activity log."""
    the_world = world()
    there = the_world.deployments
    item = carried_out(Dated(the_world), moved=lambda: there[CHAT]["sku"].update(capacity=15))
    assert words(item)[1] == "stale: sku.capacity changed since the plan at 2026-06-22T00:00:00Z"


# -- send ------------------------------------------------------------------------------------------------


def test_a_step_takes_as_long_as_itself_and_not_as_its_lane() -> None:
    """A look, a write and a read back, of ten seconds each."""
    arm = SimulatedArm(world(), latency=20.0)
    report = run(reconcile(fleet(desired("chat"), desired("next")), arm))
    assert [item.duration_ms for item in report.items] == [30_000, 30_000]


def test_a_write_that_was_refused_is_one_attempt() -> None:
    (item,) = items(fleet(desired("chat")), world(), refuse("PUT", FORBIDDEN))
    assert (item.outcome, item.attempts) == (Outcome.FAILED, 1)


def test_what_came_to_its_end_while_we_queued_is_not_sent_any_more() -> None:
    """F-032, F-052."""
    the_world = world()

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "DELETE" and phase == "before":
            the_world.deployments.pop(CHAT)
            raise busy()

    before = fleet(desired("chat"), desired("stays"))
    (item,) = items(fleet(desired("stays")), the_world, fault, before=before)
    assert (item.outcome, item.attempts) == (Outcome.SUCCEEDED, 0)


def test_twenty_five_writes_that_were_received_pay_for_sending_one_more_again() -> None:
    """I-17: a long run on a bad line comes to its end."""
    losses = {*(f"{number:02}" for number in range(20)), "26"}

    def fault(exchange: Exchange, phase: str) -> None:
        name = exchange.target.rpartition("/")[2]
        if exchange.verb == "PUT" and phase == "before" and name in losses:
            losses.remove(name)
            lose_answer(exchange)

    many = [desired(f"{number:02}") for number in range(27)]
    assert {item.outcome for item in items(fleet(*many), world(), fault)} == {Outcome.SUCCEEDED}


def test_an_error_of_no_known_kind_leaves_a_write_that_was_sent_unknown() -> None:
    """I-07: it may have taken effect."""
    strange = ArmError("what is this", operation="write", target="t")
    (item,) = items(fleet(desired("chat")), world(), refuse("PUT", strange))
    assert item.outcome is Outcome.UNKNOWN


def test_the_second_of_two_writes_may_wait_for_its_turn() -> None:
    """F-032, F-080: what the first one changed was not changed by somebody else."""
    before = fleet(desired("chat", capacity=20))
    after = fleet(changed(desired("chat"), capacity=5, version="2"))
    (item,) = items(after, world(), refuse("PUT", busy(), times=1, after="PUT"), before=before)
    assert (item.outcome, item.attempts) == (Outcome.SUCCEEDED, 2)


def test_a_precondition_that_fails_after_the_first_write_is_stale_and_says_what_was_done() -> None:
    """F-035, I-07, P1: never over what somebody else made of it."""
    etag = InvalidRequest("the etag differs", operation="write", target="", status=412, code="Precondition")
    before = fleet(desired("chat", model="old"))
    after = fleet(desired("chat", model="new", lifecycle=REPLACEABLE))
    (item,) = items(after, world(), refuse("PUT", etag, after="DELETE"), before=before)
    assert words(item) == (
        Outcome.STALE,
        "stale: it changed between the look and the write; ARM refused our write",
        "its DELETE was done before that; the next run goes on from there",
    )


def test_a_long_delete_whose_answer_is_lost_is_followed_and_not_sent_again() -> None:
    """F-006: it is still there, and going."""
    the_world = world()

    async def scenario() -> tuple[Outcome, int]:
        await reconcile(fleet(PTU, desired("stays")), SimulatedArm(the_world))
        arm = SimulatedArm(the_world, fault=losing("DELETE", "after"))
        report = await reconcile(fleet(desired("stays")), arm)
        return report.items[0].outcome, sum(e.verb == "DELETE" for e in arm.exchanges)

    assert run(scenario()) == (Outcome.SUCCEEDED, 1)


def test_a_write_whose_answer_was_lost_is_reported_with_the_request_that_the_loss_told() -> None:
    """F-005: what a support request needs."""
    the_world = world()
    the_world.long_seconds = 10_000_000.0

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "after":
            raise lost("req-lost")

    (item,) = items(fleet(PTU), the_world, fault)
    assert item.outcome is Outcome.UNKNOWN
    assert item.fault is not None
    assert item.fault.request_id == "req-lost"


@pytest.mark.parametrize(
    ("deadline", "sent", "note"),
    [
        (
            3600.0,
            21,
            "a look showed that it took no effect; this run has sent enough writes again",
        ),
        (1.0, 5, "a look showed that it took no effect"),
    ],
    ids=["by the budget of the run", "by the deadline of the step"],
)
def test_writes_that_never_arrive_are_not_sent_for_ever(deadline: float, sent: int, note: str) -> None:
    """I-12, I-17: however many attempts one write may have."""
    pace = replace(DEFAULT_PACE, attempts=1000, operation_deadline=deadline)
    (item,) = items(fleet(desired("chat")), world(), losing("PUT", "before"), pace=pace)
    assert (item.outcome, item.attempts, item.note) == (Outcome.FAILED, sent, note)


@pytest.mark.parametrize("fault", [losing("PUT", "never"), losing("PUT", "after")], ids=["told", "lost"])
def test_not_waiting_is_about_operations_and_a_write_that_is_done_is_read_back(fault: Scripted) -> None:
    pace = replace(DEFAULT_PACE, wait_for_operations=False)
    (item,) = items(fleet(desired("chat")), world(), fault, pace=pace)
    assert words(item) == (Outcome.SUCCEEDED, ": ", "")


# -- follow ----------------------------------------------------------------------------------------------


class Polled(SimulatedArm):
    """Answers a write with Retry-After, and polls with none; `moves` names a new address at each."""

    moves = False

    def __init__(self, there: World) -> None:
        super().__init__(there)
        self.asked: list[str] = []

    def _accepted(self, operation: str | None, deployment: DeploymentId) -> Accepted:
        return replace(super()._accepted(operation, deployment), retry_after=2.0)

    async def poll(self, operation: OperationRef, *, observer: SendObserver = UNWATCHED) -> OperationState:
        del observer
        self.asked.append(operation.url)
        address = operation.url.rstrip("+")
        state = await super().poll(replace(operation, url=address))
        return replace(state, retry_after=None, next=replace(operation, url=f"{operation.url}+"))


def test_an_operation_is_polled_when_arm_says_and_else_at_growing_distances_up_to_half_a_minute() -> None:
    """F-065."""
    the_world, ear = world(), Ear()
    the_world.long_seconds = 100.0
    run(reconcile(fleet(PTU), Polled(the_world), listener=ear))
    waits = [told.split()[0] for told in ear.heard if told.endswith("for its operation")]
    assert waits == ["2", "7.5", "11.25", "16.875", "25.3125", "30", "30"]


def test_an_operation_is_followed_to_its_latest_address() -> None:
    """F-074."""
    arm = Polled(world())
    run(reconcile(fleet(PTU), arm))
    first = arm.asked[0]
    assert arm.asked == [first + "+" * number for number in range(len(arm.asked))]
    assert len(arm.asked) > 2


@pytest.mark.parametrize(
    ("error", "polls"),
    [
        (Throttled("slow", operation="poll", target="t", status=429, code="TooManyRequests"), "many"),
        (lost(), "many"),
        (FORBIDDEN, "one"),
        (CredentialError("no token", tenant="t"), "one"),
    ],
)
def test_an_operation_that_cannot_be_read_is_asked_again_or_the_deployment_is(
    error: Exception, polls: str
) -> None:
    """F-060, F-061: neither says that the write failed."""
    ear = Ear()
    (item,) = items(fleet(PTU), world(), refuse("POLL", error, times=3), ear=ear)
    assert item.outcome is Outcome.SUCCEEDED
    waits = [told for told in ear.heard if told.endswith("for its operation")]
    assert (len(waits) > 3) == (polls == "many")
    assert polls == "many" or len(waits) == 1


def test_a_cancelled_operation_without_a_code_of_its_own_is_called_canceled() -> None:
    """F-055, F-057."""
    the_world = world()
    the_world.endings[CHAT] = Ending(status=OperationStatus.CANCELED, state="Canceled")
    (item,) = items(fleet(PTU), the_world)
    assert words(item) == (Outcome.FAILED, "canceled: scripted", "")


# -- confirm ---------------------------------------------------------------------------------------------


def test_a_read_that_lags_is_repeated_from_a_second_on_at_growing_distances() -> None:
    """F-029, F-070."""
    ear, arm = Ear(), Lagging(world())
    arm.lag = 6.0
    run(reconcile(fleet(desired("chat")), arm, listener=ear))
    waits = [told for told in ear.heard if " s for " in told]
    assert waits == [f"{seconds} s for the deployment to settle" for seconds in ("1", "1.5", "2.25", "3.375")]


@pytest.mark.parametrize("before", [fleet(), fleet(desired("chat", model="old"))], ids=["create", "replace"])
def test_a_version_that_the_service_moved_as_it_may_was_not_ignored(before: DesiredState) -> None:
    """F-088: also within seconds of our write."""
    the_world = world()

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "after":
            the_world.deployments[CHAT]["properties"]["model"]["version"] = "2"

    after = fleet(desired("chat", lifecycle=REPLACEABLE))
    (item,) = items(after, the_world, fault, before=before)
    assert words(item) == (Outcome.SUCCEEDED, ": ", "")


def test_what_is_gone_after_the_first_of_two_writes_is_unknown_and_gets_no_second_one() -> None:
    """F-029."""
    the_world = world()

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "after":
            del the_world.deployments[CHAT]

    before = fleet(desired("chat", capacity=20))
    after = fleet(changed(desired("chat"), capacity=5, version="2"))
    (item,) = items(after, the_world, fault, before=before)
    assert (item.outcome, item.attempts) == (Outcome.UNKNOWN, 1)
    assert words(item)[1].startswith("NotFoundAfterSuccess")


def test_a_delete_that_arm_took_and_did_not_do_has_failed_and_says_so() -> None:
    """F-069, F-072."""
    the_world = world()

    class Idle(SimulatedArm):
        async def delete_deployment(self, deployment: DeploymentId, *, etag: str | None = "") -> Accepted:
            del etag
            exchange = await self._exchange("DELETE", str(deployment))
            return Accepted(operation=None, deployment=None, request_id=f"req-{exchange.number}")

    async def scenario() -> ItemReport:
        await reconcile(fleet(desired("chat"), desired("stays")), SimulatedArm(the_world))
        return (await reconcile(fleet(desired("stays")), Idle(the_world))).items[0]

    assert words(run(scenario())) == (
        Outcome.FAILED,
        "AcceptedNotApplied: ARM accepted it but did not apply the delete",
        "",
    )


def test_a_write_whose_account_is_gone_is_unknown_and_no_success() -> None:
    """F-027: only a delete is done when its account is gone."""
    gone = NotFound("gone", operation="read", target="t", status=404, code="ParentResourceNotFound")
    (item,) = items(fleet(desired("chat")), world(), refuse("GET", gone, after="PUT"))
    assert (item.outcome, item.note) == (Outcome.UNKNOWN, "sent, but its account is not found")


# -- what a step is --------------------------------------------------------------------------------------


def nobodys() -> tuple[World, DesiredState]:
    """A deployment that no fleet has marked, and a manifest that declares it as it is."""
    the_world = world()
    run(reconcile(fleet(desired("chat")), SimulatedArm(the_world)))
    the_world.deployments[CHAT]["tags"] = {"team": "search"}
    return the_world, fleet(desired("chat"))


def test_what_is_nobodys_and_as_declared_gets_our_marks_and_keeps_its_tags() -> None:
    the_world, after = nobodys()
    (item,) = items(after, the_world)
    assert words(item) == (Outcome.SUCCEEDED, ": ", "")
    tags = the_world.deployments[CHAT]["tags"]
    assert (tags["team"], tags[FLEET_TAG]) == ("search", "ours")


def test_what_changed_since_the_plan_is_not_adopted() -> None:
    """F-080."""
    the_world, after = nobodys()

    async def scenario() -> ItemReport:
        arm = SimulatedArm(the_world)
        plan = await plan_of(after, arm)
        assert [step.action.kind for step in plan.steps] == ["adopt"]
        the_world.deployments[CHAT]["tags"][FLEET_TAG] = "theirs"
        return (await apply(plan, arm, VirtualClock(), Silence())).items[0]

    assert words(run(scenario()))[:2] == (Outcome.STALE, f"stale: tags.{FLEET_TAG} changed since the plan")
    assert the_world.deployments[CHAT]["tags"] == {"team": "search", FLEET_TAG: "theirs"}


def test_a_step_with_nothing_to_do_is_no_work_for_a_writer() -> None:
    """F-093: a bug of ours is said, and no step is called done that nobody knows how to do."""
    arm = SimulatedArm(world())

    async def scenario() -> None:
        await reconcile(fleet(desired("chat")), arm)
        (kept,) = (await plan_of(fleet(desired("chat")), arm)).steps
        writer = Writer(
            api=arm,
            clock=VirtualClock(),
            listener=Silence(),
            pace=DEFAULT_PACE,
            fleet="ours",
            stop=Stop(),
            jitter=lambda: 0.0,
        )
        with pytest.raises(TypeError, match=r"^Keep\(.*\) writes nothing$"):
            await writer.carry_out(kept, Track(), began=0.0, deadline=100.0)

    run(scenario())
