"""Somebody else writes too: between our looks, in our account, from our quota, with our own manifests."""

import asyncio
from collections.abc import Callable

import pytest

from reconciler.domain.deployment import JsonObject
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import AccountId
from reconciler.domain.state import ObservedDeployment
from reconciler.engine.apply import apply
from reconciler.engine.outcome import ApplyReport, Outcome, Silence
from reconciler.errors import Forbidden
from reconciler.plan.actions import Blocked, Create, Keep, Reason
from reconciler.plan.plan import Plan
from tests.simulated.arm import Exchange, SimulatedArm, World
from tests.simulated.fleets import REGION, account, changed, deployment, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import VirtualClock, run

CHAT = deployment("chat")
POOL = "OpenAI.GlobalStandard.gpt-x"


def world(*accounts: str, limits: dict[str, int] | None = None) -> World:
    return World(accounts={account(name): REGION for name in accounts or ("alpha",)}, limits=limits or {})


def outcomes(report: ApplyReport) -> dict[str, Outcome]:
    return {item.step.action.id.name: item.outcome for item in report.items}


def writes(arm: SimulatedArm) -> list[str]:
    return [f"{e.verb} {e.target.rpartition('/')[2]}" for e in arm.exchanges if e.verb in {"PUT", "DELETE"}]


class Behind(SimulatedArm):
    """A list shows what was there at `seen`, a GET what is there."""

    seen: tuple[ObservedDeployment, ...] = ()

    async def list_deployments(self, account: AccountId) -> tuple[ObservedDeployment, ...]:
        await super().list_deployments(account)
        return self.seen


@pytest.mark.parametrize(
    ("before", "after", "end"),
    [
        (fleet(), fleet(desired("chat")), Outcome.SUCCEEDED),
        (fleet(), fleet(desired("chat", capacity=99)), Outcome.STALE),
    ],
    ids=["as declared", "otherwise"],
)
def test_a_list_that_lags_leads_to_no_second_create(
    before: DesiredState, after: DesiredState, end: Outcome
) -> None:
    """F-053: absence is confirmed by a GET."""
    the_world = world()

    async def scenario() -> tuple[ApplyReport, list[str]]:
        await reconcile(before, SimulatedArm(the_world))
        await reconcile(fleet(desired("chat")), SimulatedArm(the_world))
        arm = Behind(the_world)
        return await reconcile(after, arm), writes(arm)

    report, sent = run(scenario())
    assert outcomes(report) == {"chat": end}
    assert sent == []


def test_a_list_that_still_shows_what_is_gone_leads_to_no_delete() -> None:
    """F-053, F-052: gone between two looks."""
    the_world = world()

    async def scenario() -> tuple[ApplyReport, list[str]]:
        await reconcile(fleet(desired("chat"), desired("old")), SimulatedArm(the_world))
        seen = await SimulatedArm(the_world).list_deployments(account())
        del the_world.deployments[deployment("old")]
        arm = Behind(the_world)
        arm.seen = seen
        return await reconcile(fleet(desired("chat")), arm), writes(arm)

    report, sent = run(scenario())
    assert outcomes(report) == {"old": Outcome.SUCCEEDED}
    assert sent == []


def test_an_account_that_may_not_be_listed_is_blocked_and_the_others_go_on() -> None:
    """F-025, F-023: 403 on LIST although GET is allowed; I-03, I-11."""

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "LIST" and exchange.target == str(account("alpha")) and phase == "before":
            raise Forbidden("no", operation="list", target="", status=403, code="AuthorizationFailed")

    names = ("alpha", "beta")
    state = fleet(*(desired("chat", in_account=name) for name in names), accounts=names)
    arm = SimulatedArm(world(*names), fault=fault)

    async def scenario() -> tuple[Plan, ApplyReport]:
        return await plan_of(state, arm), await reconcile(state, arm)

    plan, report = run(scenario())
    actions = {step.action.id.account.name: step.action for step in plan.steps}
    assert isinstance(actions["alpha"], Blocked)
    assert isinstance(actions["beta"], Create)
    assert list(arm.world.deployments) == [deployment("chat", in_account="beta")]
    assert not report.succeeded


def test_a_change_between_our_look_and_our_write_is_the_documented_window() -> None:
    """F-081: there is no If-Match; the whole body is ours, and the read at the end shows it."""
    the_world = world()

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "before":
            the_world.deployments[CHAT]["sku"]["capacity"] = 15

    async def scenario() -> ApplyReport:
        await reconcile(fleet(desired("chat")), SimulatedArm(the_world))
        return await reconcile(fleet(desired("chat", capacity=20)), SimulatedArm(the_world, fault=fault))

    assert outcomes(run(scenario())) == {"chat": Outcome.SUCCEEDED}
    assert the_world.deployments[CHAT]["sku"]["capacity"] == 20


def test_a_change_right_after_our_write_is_seen_by_the_read_at_the_end() -> None:
    """F-081: never "done" with somebody else's value."""
    the_world = world()

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "after":
            the_world.deployments[CHAT]["sku"]["capacity"] = 15

    async def scenario() -> ApplyReport:
        await reconcile(fleet(desired("chat")), SimulatedArm(the_world))
        return await reconcile(fleet(desired("chat", capacity=20)), SimulatedArm(the_world, fault=fault))

    report = run(scenario())
    assert outcomes(report) == {"chat": Outcome.FAILED}
    fault_found = report.items[0].fault
    assert fault_found is not None
    assert "sku.capacity" in fault_found.message


@pytest.mark.parametrize("latency", [0.2, 0.31, 0.5, 0.9, 2.0])
def test_two_appliers_of_different_manifests_do_not_fight(latency: float) -> None:
    """F-083: each writes once at most; who comes second finds the deployment moved."""
    the_world = world()
    ours, theirs = SimulatedArm(the_world), SimulatedArm(the_world, latency=latency)

    async def scenario() -> tuple[ApplyReport, ApplyReport]:
        await reconcile(fleet(desired("chat")), SimulatedArm(the_world))
        return await asyncio.gather(
            reconcile(fleet(desired("chat", capacity=20)), ours),
            reconcile(fleet(desired("chat", capacity=30)), theirs),
        )

    first, second = run(scenario())
    assert len(writes(ours)) <= 1
    assert len(writes(theirs)) <= 1
    ends = {*outcomes(first).values(), *outcomes(second).values()}
    assert Outcome.SUCCEEDED in ends
    assert ends <= {Outcome.SUCCEEDED, Outcome.STALE, Outcome.FAILED}


def test_quota_that_somebody_took_fails_the_increase_and_leaves_the_decrease_done() -> None:
    """F-084, F-018: reported, not undone."""
    names = ("alpha", "beta")
    the_world = world(*names, limits={POOL: 100})
    giver, taker = desired("giver", capacity=60), desired("taker", in_account="beta", capacity=40)

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and exchange.target.endswith("/taker") and phase == "before":
            the_world.limits[POOL] = 60

    async def scenario() -> ApplyReport:
        await reconcile(fleet(giver, taker, accounts=names), SimulatedArm(the_world))
        after = fleet(changed(giver, capacity=10), changed(taker, capacity=90), accounts=names)
        return await reconcile(after, SimulatedArm(the_world, fault=fault))

    report = run(scenario())
    assert outcomes(report) == {"giver": Outcome.SUCCEEDED, "taker": Outcome.FAILED}
    assert the_world.deployments[deployment("giver")]["sku"]["capacity"] == 10
    fault_found = next(item.fault for item in report.items if item.fault is not None)
    assert fault_found.code == "InsufficientQuota"
    assert fault_found.fix


def test_an_increase_is_not_tried_when_the_decrease_that_it_needs_failed() -> None:
    """F-085, I-10."""
    names = ("alpha", "beta")
    the_world = world(*names, limits={POOL: 100})
    giver, taker = desired("giver", capacity=60), desired("taker", in_account="beta", capacity=40)

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and exchange.target.endswith("/giver") and phase == "before":
            raise Forbidden("no", operation="write", target="", status=403, code="ScopeLocked")

    async def scenario() -> tuple[ApplyReport, list[str]]:
        await reconcile(fleet(giver, taker, accounts=names), SimulatedArm(the_world))
        after = fleet(changed(giver, capacity=10), changed(taker, capacity=90), accounts=names)
        arm = SimulatedArm(the_world, fault=fault)
        return await reconcile(after, arm), writes(arm)

    report, sent = run(scenario())
    assert outcomes(report) == {"giver": Outcome.FAILED, "taker": Outcome.SKIPPED}
    assert sent == ["PUT giver"]


def test_a_version_that_the_platform_moved_as_it_may_is_left_alone() -> None:
    """F-088: where the manifest names no version, or lets the service upgrade, nothing is written back."""
    the_world = world()
    free = desired("chat", version="1")

    async def scenario() -> Plan:
        await reconcile(fleet(free), SimulatedArm(the_world))
        the_world.deployments[CHAT]["properties"]["model"]["version"] = "2"
        return await plan_of(fleet(free), SimulatedArm(the_world))

    (step,) = run(scenario()).steps
    assert isinstance(step.action, Keep)
    assert step.action.reason is Reason.AUTO_UPGRADED


MOVES: dict[str, Callable[[World], None]] = {
    "changed": lambda there: there.deployments[CHAT]["sku"].update(capacity=15),
    "deleted": lambda there: there.deployments.clear(),
}


@pytest.mark.parametrize("moved", MOVES)
def test_what_moved_since_the_plan_is_stale_and_the_others_go_on(moved: str) -> None:
    """F-080."""
    names = ("alpha", "beta")
    the_world = world(*names)

    async def scenario() -> ApplyReport:
        arm = SimulatedArm(the_world)
        await reconcile(fleet(desired("chat"), accounts=names), arm)
        after = fleet(desired("chat", capacity=20), desired("new", in_account="beta"), accounts=names)
        plan = await plan_of(after, arm)
        MOVES[moved](the_world)
        return await apply(plan, arm, VirtualClock(), Silence(), jitter=lambda: 0.0)

    assert outcomes(run(scenario())) == {"chat": Outcome.STALE, "new": Outcome.SUCCEEDED}


def test_what_somebody_created_since_the_plan_is_not_overwritten() -> None:
    """F-080, I-03: created meanwhile, and not ours."""
    the_world = world()

    async def scenario() -> ApplyReport:
        arm = SimulatedArm(the_world)
        plan = await plan_of(fleet(desired("chat", capacity=20)), arm)
        body: JsonObject = {
            "sku": {"name": "GlobalStandard", "capacity": 7},
            "properties": {"model": {"name": "gpt-x"}},
        }
        await SimulatedArm(the_world, who="somebody").put_deployment(CHAT, body)
        return await apply(plan, arm, VirtualClock(), Silence(), jitter=lambda: 0.0)

    assert outcomes(run(scenario())) == {"chat": Outcome.STALE}
    assert the_world.deployments[CHAT]["sku"]["capacity"] == 7
