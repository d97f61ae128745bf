"""Provisioned deployments that change their model in place, on the simulated ARM: what is sent, how long."""

from datetime import date
from typing import Any

import pytest

from reconciler.domain.deployment import DesiredDeployment, Lifecycle, ModelChange
from reconciler.domain.operation import OperationStatus
from reconciler.engine.observe import observe
from reconciler.engine.outcome import ItemReport, Outcome
from reconciler.errors import InvalidRequest
from reconciler.plan.actions import Keep, Reason
from reconciler.plan.causes import Cause
from reconciler.plan.drift import find_drift
from reconciler.plan.migration import lasting
from tests.simulated.arm import Crash, Ending, Exchange, Fault, SimulatedArm, World, no_fault
from tests.simulated.fleets import REGION, account, deployment, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import run

CHAT = deployment("chat")
PROVISIONED = ["ProvisionedManaged", "GlobalProvisionedManaged", "DataZoneProvisionedManaged"]
PTU, MINUTES_25 = PROVISIONED[0], 1500.0


def chat(model: str = "gpt-x", capacity: int = 50, sku: str = PTU, **more: Any) -> DesiredDeployment:  # noqa: ANN401
    return desired("chat", model=model, capacity=capacity, sku=sku, **more)


def applied(one: DesiredDeployment, **world: Any) -> World:  # noqa: ANN401 -- fields of a world
    made = World(accounts={account(): REGION}, **{"migration_seconds": MINUTES_25, **world})
    assert run(reconcile(fleet(one), SimulatedArm(made))).succeeded
    made.epoch += 3600
    made.writes.clear()
    return made


def after(one: DesiredDeployment, world: World, fault: Fault = no_fault) -> ItemReport:
    (found,) = run(reconcile(fleet(one), SimulatedArm(world, fault=fault))).items
    return found


@pytest.mark.parametrize("sku", PROVISIONED)
def test_another_model_is_one_write_that_is_waited_for_as_long_as_it_takes(sku: str) -> None:
    world = applied(chat(sku=sku))
    found = after(chat("gpt-y", sku=sku), world)
    assert (found.outcome, found.step.action.reason) == (Outcome.SUCCEEDED, Reason.MODEL_MIGRATION)
    assert len(world.writes) == 1
    assert MINUTES_25 <= found.duration_ms / 1000 <= 1800
    assert world.deployments[CHAT]["properties"]["provisioningState"] == "Succeeded"
    (step,) = run(plan_of(fleet(chat("gpt-y", sku=sku)), SimulatedArm(world))).steps
    assert isinstance(step.action, Keep)


def test_the_model_reads_as_wanted_at_once_and_only_the_state_is_success() -> None:
    world = applied(chat())
    world.endings[CHAT] = Ending(OperationStatus.FAILED, "Failed", "OutOfOrder")
    found = after(chat("gpt-y"), world)
    assert found.outcome is Outcome.FAILED
    assert world.deployments[CHAT]["properties"]["model"]["name"] == "gpt-y"


def test_what_is_under_way_after_an_hour_is_unknown_and_never_failed() -> None:
    world = applied(chat(), migration_seconds=2 * 3600)
    found = after(chat("gpt-y"), world)
    assert found.outcome is Outcome.UNKNOWN
    assert found.duration_ms / 1000 > 3590


@pytest.mark.parametrize(
    ("before", "size", "sizes"), [(50, 100, [50, 100]), (100, 50, [50, 50])], ids=["larger", "smaller"]
)
def test_a_new_size_beside_it_is_a_second_write_after_the_first_has_succeeded(
    before: int, size: int, sizes: list[int]
) -> None:
    world = applied(chat(capacity=before))
    found = after(chat("gpt-y", capacity=size), world)
    assert (found.outcome, found.attempts) == (Outcome.SUCCEEDED, len(sizes))
    assert world.overlaps == []
    (first, _, _), (second, _, _) = world.writes
    assert second - first >= (MINUTES_25 if size > before else world.long_seconds)
    there = world.deployments[CHAT]
    assert (there["properties"]["model"]["name"], there["sku"]["capacity"]) == ("gpt-y", size)


def test_where_no_order_is_legal_nothing_is_sent_and_the_sizes_of_both_are_named() -> None:
    world = applied(chat("gpt-x", 60), steps={"gpt-x": 30, "gpt-y": 50}, models=frozenset({"gpt-x", "gpt-y"}))
    report = run(reconcile(fleet(chat("gpt-y", 100)), SimulatedArm(world)))
    (held,) = report.blocked
    assert held.action.reason is Reason.NOT_OFFERED
    assert "both take sizes from 150 in steps of 150" in held.action.explanation
    assert world.writes == []


CHOICES = [
    (ModelChange.IN_PLACE, False, Reason.MODEL_MIGRATION),
    (ModelChange.REPLACE, True, Reason.MODEL_CHANGED),
    (ModelChange.REPLACE, False, Reason.REPLACE_FORBIDDEN),
    (ModelChange.REFUSE, True, Reason.MODEL_CHANGE_REFUSED),
]


@pytest.mark.parametrize(("choice", "allowed", "reason"), CHOICES)
def test_the_manifest_decides_how(choice: ModelChange, allowed: bool, reason: Reason) -> None:
    world = applied(chat())
    one = chat("gpt-y", lifecycle=Lifecycle(model_change=choice, replace_allowed=allowed))
    report = run(reconcile(fleet(one), SimulatedArm(world)))
    assert [step.action.reason for step in report.plan.steps] == [reason]
    assert [verb for _, verb, _ in world.writes] == {
        Reason.MODEL_MIGRATION: ["PUT"],
        Reason.MODEL_CHANGED: ["DELETE", "PUT"],
    }.get(reason, [])


def test_a_refusal_ends_failed_with_the_way_beside() -> None:
    def refusing(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "before":
            code = "CannotChangeDeploymentModel"
            raise InvalidRequest("cannot be changed", operation="write", target="", status=400, code=code)

    found = after(chat("gpt-y"), applied(chat()), refusing)
    assert found.outcome is Outcome.FAILED
    assert found.fault is not None
    assert "a new name, move the callers to it (cut over)" in found.fault.fix


def test_a_plan_knows_how_long_its_migrations_take() -> None:
    world = applied(chat())
    assert lasting(run(plan_of(fleet(chat("gpt-y")), SimulatedArm(world)))) == 1800
    assert lasting(run(plan_of(fleet(chat(capacity=100)), SimulatedArm(world)))) == 0


@pytest.mark.parametrize("sku", [PTU, "GlobalStandard"])
@pytest.mark.parametrize(("before", "size"), [(50, 100), (100, 50)], ids=["larger", "smaller"])
def test_a_run_that_is_killed_between_the_two_writes_leaves_what_is_to_be_done_and_blames_nobody(
    sku: str, before: int, size: int
) -> None:
    def one(version: str, capacity: int) -> DesiredDeployment:
        return desired("chat", version=version, capacity=capacity, sku=sku)

    world, after_one = applied(one("1", before)), fleet(one("2", size))
    written = False

    def killed(exchange: Exchange, phase: str) -> None:
        nonlocal written
        if exchange.verb == "PUT" and phase == "before" and written:
            raise Crash
        written = written or exchange.verb == "PUT"

    with pytest.raises(Crash):
        run(reconcile(after_one, SimulatedArm(world, fault=killed)))
    assert len(world.writes) == 1
    world.epoch += 3600
    observed = run(observe(after_one.accounts, SimulatedArm(world)))
    (item,) = find_drift(after_one, observed, today=date(2026, 6, 22)).items
    assert item.cause is Cause.PENDING
    assert run(reconcile(after_one, SimulatedArm(world))).succeeded
    there = world.deployments[CHAT]
    assert (there["properties"]["model"]["version"], there["sku"]["capacity"]) == ("2", size)
