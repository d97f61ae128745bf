"""Who moved a version, on the simulated ARM: plan, drift and apply give one answer, and it lasts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from reconciler.domain.deployment import DesiredDeployment, Lifecycle, SourceAccount
from reconciler.domain.marks import MODEL_TAG
from reconciler.engine.observe import observe
from reconciler.engine.outcome import Outcome
from reconciler.plan.actions import Action, Keep, Reason, Update
from reconciler.plan.allowances import Policy
from reconciler.plan.causes import Cause
from reconciler.plan.drift import find_drift
from tests.simulated.arm import SimulatedArm, World
from tests.simulated.fleets import REGION, account, deployment, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import run

TODAY = date(2026, 6, 22)
TODAYS = Policy(today=TODAY)
PTU = "ProvisionedManaged"
CHAT = deployment("chat")
OPTION = "versionUpgradeOption"


def applied(one: DesiredDeployment, **world: Any) -> World:  # noqa: ANN401 -- fields of a world
    """A world in which `one` was applied."""
    made = World(accounts={account(): REGION}, migration_seconds=1500, **world)
    report = run(reconcile(fleet(one), SimulatedArm(made)))
    assert report.succeeded
    return made


def moved(world: World, *, tags: Mapping[str, str] | None = None, **model: str) -> None:
    """Somebody, or the service, moves the model or takes tags away; what is not named stays."""
    resource = world.deployments[CHAT]
    resource["properties"]["model"] |= model
    resource["tags"] = dict(resource["tags"] if tags is None else tags)


def answered(one: DesiredDeployment, world: World, policy: Policy = TODAYS) -> tuple[Action, Cause | None]:
    """The plan's action, and the cause that drift gives."""
    state = fleet(one)
    plan = run(plan_of(state, SimulatedArm(world), replace(policy, max_deletes=9)))
    observed = run(observe(state.accounts, SimulatedArm(world)))
    causes = [item.cause for item in find_drift(state, observed, today=TODAY).items]
    (step,) = plan.steps
    return step.action, causes[0] if causes else None


def converges(one: DesiredDeployment, world: World) -> tuple[str, str]:
    """What runs after an apply, which leaves nothing to do and no drift but an upgrade."""
    report = run(reconcile(fleet(one), SimulatedArm(world)))
    assert [item.outcome for item in report.items] in ([], [Outcome.SUCCEEDED])
    action, cause = answered(one, world)
    assert isinstance(action, Keep)
    assert cause in {None, Cause.AUTO_UPGRADED}
    model = world.deployments[CHAT]["properties"]["model"]
    return model["name"], model["version"]


def with_option(option: str | None, **more: Any) -> DesiredDeployment:  # noqa: ANN401 -- the builder's own
    return desired("chat", settings={OPTION: option} if option else {}, **more)


@pytest.mark.parametrize("sku", ["GlobalStandard", PTU])
@pytest.mark.parametrize("option", [None, "NoAutoUpgrade", "OnceCurrentVersionExpired"])
@pytest.mark.parametrize(("before", "after"), [("1", "2"), ("2", "1")])
def test_what_the_manifest_states_anew_is_written_whichever_way_it_goes(
    sku: str, option: str | None, before: str, after: str
) -> None:
    world = applied(with_option(option, sku=sku, version=before))
    one = with_option(option, sku=sku, version=after)
    action, cause = answered(one, world)
    assert (type(action), cause) == (Update, Cause.PENDING)
    assert converges(one, world) == ("gpt-x", after)


def test_what_the_service_upgraded_stays_and_a_change_beside_it_is_written_over_it() -> None:
    one = desired("chat", version="1")
    world = applied(one)
    assert world.upgrade(CHAT)
    action, cause = answered(one, world)
    assert (type(action), action.reason, cause) == (Keep, Reason.AUTO_UPGRADED, Cause.AUTO_UPGRADED)
    assert converges(desired("chat", version="1", capacity=20), world) == ("gpt-x", "2")


@pytest.mark.parametrize("allowed", [False, True])
def test_the_announced_replacement_stays_even_where_replacing_is_allowed(allowed: bool) -> None:
    one = desired("chat", lifecycle=Lifecycle(replace_allowed=allowed))
    world = applied(one, successors={"gpt-x": "gpt-y"}, models=frozenset({"gpt-x"}))
    assert world.upgrade(CHAT)
    action, cause = answered(one, world)
    assert (type(action), action.reason, cause) == (Keep, Reason.AUTO_UPGRADED, Cause.AUTO_UPGRADED)
    assert converges(one, world) == ("gpt-y", "1")


@pytest.mark.parametrize(
    ("one", "version"),
    [
        (desired("chat", version="2"), "1"),
        (with_option("NoAutoUpgrade", version="1"), "2"),
        (desired("chat", sku=PTU, version="1"), "2"),
    ],
    ids=["older", "the option forbids it", "provisioned"],
)
def test_what_somebody_moved_is_put_back(one: DesiredDeployment, version: str) -> None:
    world = applied(one)
    moved(world, version=version)
    action, cause = answered(one, world)
    assert (type(action), cause) == (Update, Cause.CHANGED_OUTSIDE)
    assert converges(one, world) == ("gpt-x", one.spec.model.version)


@pytest.mark.parametrize(("ends", "ended"), [("2026-06-22", True), ("2026-06-23", False)])
def test_a_preview_that_has_ended_is_moved_by_the_service_whatever_the_option(ends: str, ended: bool) -> None:
    one = with_option("NoAutoUpgrade", model="gpt-x-preview")
    world = applied(
        one,
        successors={"gpt-x-preview": "gpt-y"},
        models=frozenset({"gpt-x-preview"}),
        previews={"gpt-x-preview": ends},
    )
    moved(world, name="gpt-y")
    action, cause = answered(one, world)
    right = (Reason.AUTO_UPGRADED, Cause.AUTO_UPGRADED)
    wrong = (Reason.REPLACE_FORBIDDEN, Cause.CHANGED_OUTSIDE)
    assert (action.reason, cause) == (right if ended else wrong)


# -- marks ---------------------------------------------------------------------------------------------------


def by_the_earlier_release(one: DesiredDeployment) -> World:
    world = applied(one)
    tags = world.deployments[CHAT]["tags"]
    moved(world, tags={name: value for name, value in tags.items() if name != MODEL_TAG})
    return world


def test_nothing_is_written_only_to_renew_a_mark_and_all_is_where_somebody_asks_for_it() -> None:
    one = desired("chat")
    world = by_the_earlier_release(one)
    writes = len(world.writes)
    assert isinstance(answered(one, world)[0], Keep)
    run(reconcile(fleet(one), SimulatedArm(world)))
    assert len(world.writes) == writes
    renewing = replace(TODAYS, renew_marks=True)
    assert answered(one, world, renewing)[0].reason is Reason.MARK_OUTDATED
    report = run(reconcile(fleet(one), SimulatedArm(world), policy=renewing))
    assert [(item.outcome, item.attempts) for item in report.items] == [(Outcome.SUCCEEDED, 1)]
    assert world.deployments[CHAT]["tags"][MODEL_TAG] == "gpt-x@1"


def test_the_earlier_releases_spec_mark_decides_where_it_is_equal_and_else_nobody_can_tell() -> None:
    one = desired("chat", version="1")
    world = by_the_earlier_release(one)
    moved(world, version="2")
    assert answered(one, world)[0].reason is Reason.AUTO_UPGRADED
    action, cause = answered(desired("chat", version="1", capacity=20), world)
    assert (type(action), cause) == (Update, Cause.PENDING)
    assert "do not tell" in action.explanation
    assert converges(desired("chat", version="1", capacity=20), world) == ("gpt-x", "1")


def test_a_changed_source_is_one_of_the_source_and_never_of_a_mark_alone() -> None:
    tuned = "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef"

    def made_in(name: str) -> DesiredDeployment:
        one = desired("chat", model=tuned)
        source = SourceAccount(account=account(name), tenant=None)
        return replace(one, spec=replace(one.spec, model=replace(one.spec.model, source=source)))

    world = applied(made_in("trainer"))
    action, cause = answered(made_in("another"), world)
    assert (action.reason, cause) == (Reason.REPLACE_FORBIDDEN, Cause.PENDING)
    assert "model.source" in {change.path for change in action.changes}
