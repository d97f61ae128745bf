"""What a null takes away, and what a write may keep to itself: told by what is read back."""

from typing import Any

import pytest

from reconciler.domain.deployment import JsonObject
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import DeploymentId
from reconciler.domain.operation import Accepted
from reconciler.engine.outcome import ItemReport, Outcome
from reconciler.errors import ArmRejected, Conflict, Forbidden, NotFound
from reconciler.plan.actions import Keep, Reason, Wait
from tests.simulated.arm import SimulatedArm, World
from tests.simulated.fleets import REGION, account, deployment, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import run
from tests.unit.engine.runs import words

CHAT = deployment("chat")
NAME = "spilloverDeploymentName"


def world() -> World:
    return World(accounts={account(): REGION})


def item(after: DesiredState, the_world: World, *, of: str = "chat") -> ItemReport:
    report = run(reconcile(after, SimulatedArm(the_world)))
    return next(one for one in report.items if one.step.action.id.name == of)


def pointing() -> World:
    """A deployment that names another as its spillover target."""
    the_world = world()
    run(reconcile(fleet(desired("chat", spillover="paygo"), desired("paygo")), SimulatedArm(the_world)))
    return the_world


FORMS = [
    ("omitted", "leaving it out", 1),
    ("null", "an explicit null", 2),
    ("empty", "an empty text", 3),
]


@pytest.mark.parametrize(("form", "told", "puts"), FORMS)
def test_a_value_is_left_out_then_nulled_then_emptied_until_it_is_gone(
    form: str, told: str, puts: int
) -> None:
    the_world = pointing()
    the_world.unsets[NAME] = form
    before = len(the_world.writes)
    found = item(fleet(desired("chat", spillover=None), desired("paygo")), the_world)
    assert (found.outcome, found.note) == (Outcome.SUCCEEDED, f"{NAME}: un-set by {told}")
    assert NAME not in the_world.deployments[CHAT]["properties"]
    # a null that ARM refuses is no write of the world's
    assert len(the_world.writes) - before == puts - (1 if form == "empty" else 0)


def test_what_nothing_unsets_is_a_failure_that_names_what_is_still_there() -> None:
    the_world = pointing()
    the_world.unsets[NAME] = "never"
    found = item(fleet(desired("chat", spillover=None), desired("paygo")), the_world)
    assert found.outcome is Outcome.FAILED
    assert found.fault is not None
    assert found.fault.code == "NotUnset"
    assert found.fault.message == f"ARM keeps {NAME} ('paygo'), whether it is left out, null or empty"
    assert found.fault.fix == (
        "No form of a write takes this value away. Declare the value that is there, or take the line out of "
        "the manifest: what it does not name is left as it is"
    )


class NoLonger(SimulatedArm):
    """Refuses every PUT but the first."""

    refusal: ArmRejected

    async def put_deployment(
        self, deployment: DeploymentId, body: JsonObject, *, etag: str | None = ""
    ) -> Accepted:
        if "PUT" in {one.verb for one in self.exchanges}:
            raise self.refusal
        return await super().put_deployment(deployment, body, etag=etag)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [(Conflict, 409, "RequestConflict"), (Forbidden, 403, "ScopeLocked"), (NotFound, 404, "Gone")],
)
def test_a_refusal_that_is_about_something_else_is_told_as_it_came(
    kind: type[ArmRejected], status: int, code: str
) -> None:
    """That ARM keeps the value in every form would be untrue: the other forms were not looked at."""
    the_world = pointing()
    the_world.unsets[NAME] = "null"
    arm = NoLonger(the_world)
    arm.refusal = kind("no", operation="write", target="t", status=status, code=code)
    after = fleet(desired("chat", spillover=None), desired("paygo"))
    (found,) = run(reconcile(after, arm)).items
    told = "its PUT was done before that; the next run goes on from there"
    assert words(found) == (Outcome.FAILED, f"{code}: no", told)


def test_several_values_are_told_together_each_by_its_name() -> None:
    both: Any = {NAME: None, "parentDeploymentName": None}
    there: Any = {NAME: "paygo", "parentDeploymentName": "paygo"}
    for form, told in (("null", "an explicit null"), ("never", "")):
        the_world = world()
        run(reconcile(fleet(desired("chat", settings=there), desired("paygo")), SimulatedArm(the_world)))
        the_world.unsets |= dict.fromkeys(both, form)
        found = item(fleet(desired("chat", settings=both), desired("paygo")), the_world)
        if told:
            assert (found.outcome, found.note) == (
                Outcome.SUCCEEDED,
                f"{NAME}, parentDeploymentName: un-set by {told}",
            )
        else:
            assert found.fault is not None
            assert (
                found.fault.message == f"ARM keeps {NAME} ('paygo'), parentDeploymentName ('paygo'), "
                "whether it is left out, null or empty"
            )


def test_what_it_pointed_to_is_deleted_afterwards_and_only_then() -> None:
    the_world = pointing()
    report = run(reconcile(fleet(desired("chat", spillover=None)), SimulatedArm(the_world)))
    assert [one.outcome for one in report.items] == [Outcome.SUCCEEDED, Outcome.SUCCEEDED]
    assert [verb for _, verb, _ in the_world.writes[-2:]] == ["PUT", "DELETE"]
    the_world = pointing()
    the_world.unsets[NAME] = "never"
    report = run(reconcile(fleet(desired("chat", spillover=None)), SimulatedArm(the_world)))
    outcomes = {one.step.action.id.name: one.outcome for one in report.items}
    assert outcomes == {"chat": Outcome.FAILED, "paygo": Outcome.SKIPPED}


def test_nothing_is_unset_twice() -> None:
    the_world = pointing()
    after = fleet(desired("chat", spillover=None), desired("paygo"))
    run(reconcile(after, SimulatedArm(the_world)))
    again = run(plan_of(after, SimulatedArm(the_world)))
    assert all(isinstance(step.action, Keep) for step in again.steps)


def test_a_property_that_arm_takes_and_does_not_answer_is_a_note_and_no_drift() -> None:
    the_world = world()
    the_world.keeps_to_itself = frozenset({"newThing", "modelProviderData"})
    settings: Any = {"newThing": {"a": 1}, "modelProviderData": {"industry": "other"}}
    after = fleet(desired("chat", settings=settings))
    found = item(after, the_world)
    assert found.outcome is Outcome.SUCCEEDED
    assert found.note == "ARM took newThing, modelProviderData and does not answer it"
    again = run(plan_of(after, SimulatedArm(the_world)))
    assert all(isinstance(step.action, Keep) for step in again.steps)


@pytest.mark.parametrize("field", [NAME, "parentDeploymentName"])
@pytest.mark.parametrize("mark", ["", "others"], ids=["nobody's", "another fleet's"])
def test_what_somebody_elses_deployment_names_is_not_deleted(field: str, mark: str) -> None:
    the_world = world()
    run(reconcile(fleet(desired("chat"), desired("paygo")), SimulatedArm(the_world)))
    theirs = the_world.deployments[CHAT]
    the_world.deployments[deployment("theirs")] = {
        **theirs,
        "tags": {"reconciler-fleet": mark} if mark else {},
        "properties": {**theirs["properties"], field: "PAYGO"},
    }
    report = run(reconcile(fleet(desired("chat")), SimulatedArm(the_world)))
    (held,) = report.blocked
    assert (held.action.id.name, held.action.reason) == ("paygo", Reason.STILL_REFERENCED)
    assert held.action.explanation == f"it would be deleted while it is named by theirs ({field})"
    assert deployment("paygo") in the_world.deployments


def test_a_removed_line_leaves_the_value_and_what_it_names() -> None:
    the_world = pointing()
    report = run(reconcile(fleet(desired("chat")), SimulatedArm(the_world)))
    assert [one.action.reason for one in report.blocked] == [Reason.STILL_REFERENCED]
    assert the_world.deployments[CHAT]["properties"][NAME] == "paygo"


def test_another_letter_case_is_sent_back_as_it_was_and_other_types_are_other_values() -> None:
    the_world = world()
    asked: Any = {"raiPolicyName": "MICROSOFT.default", "ours": 1}
    run(reconcile(fleet(desired("chat", settings=asked)), SimulatedArm(the_world)))
    again: Any = {"raiPolicyName": "Microsoft.Default", "ours": True}
    assert item(fleet(desired("chat", settings=again, capacity=20)), the_world).outcome is Outcome.SUCCEEDED
    properties = the_world.deployments[CHAT]["properties"]
    assert properties["raiPolicyName"] == "MICROSOFT.default"
    assert properties["ours"] is True


# -- waiting -------------------------------------------------------------------------------------------------


def busy(ends_as: str = "Succeeded") -> World:
    """A deployment as declared, in which somebody's operation of 30 s is under way."""
    the_world = world()
    run(reconcile(fleet(desired("chat")), SimulatedArm(the_world)))
    the_world.deployments[CHAT]["properties"]["provisioningState"] = "Updating"
    the_world.ends_at[CHAT] = (30.0, ends_as)
    return the_world


def test_an_operation_that_is_waited_for_is_no_write_of_the_plan() -> None:
    the_world = busy()
    plan = run(plan_of(fleet(desired("chat")), SimulatedArm(the_world)))
    (step,) = plan.steps
    assert isinstance(step.action, Wait)
    assert (step.action.reason, plan.writes, plan.applyable) == (Reason.IN_PROGRESS, (), True)


def test_the_first_of_two_writes_does_not_miss_what_arm_keeps_to_itself_either() -> None:
    the_world = world()
    the_world.keeps_to_itself = frozenset({"newThing"})
    before = fleet(desired("chat", sku="ProvisionedManaged", capacity=50))
    run(reconcile(before, SimulatedArm(the_world)))
    bigger = desired(
        "chat", sku="ProvisionedManaged", capacity=100, model="gpt-y", settings={"newThing": {"a": 1}}
    )
    found = item(fleet(bigger), the_world)
    assert (found.outcome, found.attempts) == (Outcome.SUCCEEDED, 2)
