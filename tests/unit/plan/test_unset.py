"""A null takes a value away; a removed line does not; and what ARM keeps to itself is no difference."""

from typing import Any

import pytest

from reconciler.domain.deployment import DesiredDeployment, JsonValue, Lifecycle
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.actions import Adopt, Blocked, Delete, Keep, Reason, Replace, Update
from reconciler.plan.body import put_body
from reconciler.plan.pair import field_changes
from tests.unit.plan.states import (
    OURS,
    applied,
    desired,
    listed,
    name_of,
    of_fleet,
    only_action,
    plan,
    seen,
    state,
    tagged,
    unmarked,
    world,
)


def changed(one: DesiredDeployment, there: ObservedDeployment) -> dict[str, tuple[Any, Any]]:
    return {
        change.path: (change.before, change.after)
        for change in field_changes(one, there, OURS)
        if not change.path.startswith("tags.reconciler-")
    }


def told(name: str, value: JsonValue) -> ObservedDeployment:
    """A deployment as ARM answers it with one more property."""
    return applied(desired(), **{name: value})  # type: ignore[arg-type]


NULLS: list[tuple[DesiredDeployment, dict[str, JsonValue]]] = [
    (desired(spillover=None), {"spilloverDeploymentName": "paygo"}),
    (desired(parent=None), {"parentDeploymentName": "base"}),
    (desired(rai=None), {"raiPolicyName": "strict"}),
    (desired(option=None), {"versionUpgradeOption": "NoAutoUpgrade"}),
    (desired(settings={"serviceTier": None}), {"serviceTier": "Priority"}),
    (desired(settings={"capacitySettings": None}), {"capacitySettings": {"priority": 1}}),
    (desired(settings={"routing": None}), {"routing": {"mode": "cost"}}),
    (desired(settings={"x": None}), {"x": 5}),
    (desired(settings={"x": None}), {"X": [1]}),
]


@pytest.mark.parametrize(("one", "answer"), NULLS)
def test_a_null_leaves_the_value_out_of_the_body_and_shows_it(
    one: DesiredDeployment, answer: dict[str, JsonValue]
) -> None:
    ((name, value),) = answer.items()
    there = told(name, value)
    (declared,) = one.spec.settings
    assert changed(one, there) == {declared: (value, None)}
    body: Any = put_body(one, there, OURS)
    assert name not in body["properties"]


@pytest.mark.parametrize("value", [None, "", {}])
@pytest.mark.parametrize("one", [one for one, _ in NULLS])
def test_absent_null_and_empty_are_what_a_null_asks_for(one: DesiredDeployment, value: JsonValue) -> None:
    (name,) = one.spec.settings
    assert changed(one, told(name, value)) == {}


@pytest.mark.parametrize(
    ("one", "name", "value"),
    [
        (desired(option=None), "versionUpgradeOption", "OnceNewDefaultVersionAvailable"),
        (desired(option=None), "versionUpgradeOption", "oncecurrentversionexpired"),
        (desired(rai=None), "raiPolicyName", "microsoft.defaultv2"),
        (desired(settings={"serviceTier": None}), "serviceTier", "Default"),
    ],
)
def test_arms_own_default_is_what_a_null_asks_for(one: DesiredDeployment, name: str, value: str) -> None:
    assert changed(one, applied(desired(), **{name: value})) == {}


def test_a_null_below_an_object_takes_that_value_and_no_other() -> None:
    one = desired(settings={"o": {"a": None, "b": 2}})
    there = applied(desired(), o={"a": 1, "b": 1, "c": 3})
    assert changed(one, there) == {"o.a": (1, None), "o.b": (1, 2)}
    body: Any = put_body(one, there, OURS)
    assert body["properties"]["o"] == {"b": 2, "c": 3}
    assert "o" not in put_body(desired(settings={"o": {"a": None}}), None, OURS)["properties"]  # type: ignore[operator]


def test_a_tag_is_taken_away_by_a_null_whatever_its_case() -> None:
    there = tagged(applied(desired()), Team="x", other="y")
    one = desired(tags={"team": None})
    assert changed(one, there) == {"tags.team": ("x", None)}
    body: Any = put_body(one, there, OURS)
    assert "Team" not in body["tags"]
    assert body["tags"]["other"] == "y"
    assert "team" not in put_body(one, None, OURS)["tags"]  # type: ignore[operator]


def test_a_removed_line_still_means_not_managed() -> None:
    there = applied(desired(), spilloverDeploymentName="paygo")
    assert changed(desired(), there) == {}


# -- values compare as JSON --------------------------------------------------------------------------------

VALUES: list[JsonValue] = [1, True, "1", 1.5, "true", [1], [True], ["1"], {"a": 1}, {"a": True}, 0, False, ""]


@pytest.mark.parametrize("declared", VALUES)
@pytest.mark.parametrize("found", VALUES)
@pytest.mark.parametrize("nested", [False, True])
def test_numbers_booleans_and_texts_are_never_equal(
    declared: JsonValue, found: JsonValue, nested: bool
) -> None:
    same = type(declared) is type(found) and repr(declared) == repr(found)
    one = desired(settings={"x": {"y": declared} if nested else declared})
    there = applied(desired(), x={"y": found} if nested else found)
    assert (changed(one, there) == {}) is same


def test_one_and_one_point_zero_are_one_number_wherever_they_stand() -> None:
    one = desired(settings={"x": {"y": [1, {"z": 2}]}})
    assert changed(one, applied(desired(), x={"y": [1.0, {"z": 2.0}]})) == {}


# -- what ARM does not answer --------------------------------------------------------------------------------

DATA = {"industry": "technology", "organizationName": "Contoso", "countryCode": "SE"}


def test_provider_data_is_sent_by_every_write_and_never_missed() -> None:
    one = desired(settings={"modelProviderData": DATA})
    silent = applied(one, modelProviderData=None)
    assert changed(one, silent) == {}
    body: Any = put_body(desired(capacity=60, settings={"modelProviderData": DATA}), silent, OURS)
    assert body["properties"]["modelProviderData"] == DATA
    assert changed(one, applied(one, modelProviderData={**DATA, "countryCode": "DE"})) == {
        "modelProviderData.countryCode": ("DE", "SE")
    }


def test_the_plan_says_that_sending_provider_data_accepts_an_offer() -> None:
    one = desired(settings={"modelProviderData": DATA})
    action = only_action(plan(state(one), world(listed())))
    assert "accepts the provider's Marketplace offer in your name" in action.explanation
    bigger = desired(capacity=60, settings={"modelProviderData": DATA})
    action = only_action(plan(state(bigger), world(listed(applied(one, modelProviderData=None)))))
    assert isinstance(action, Update)
    assert "accepts the provider's Marketplace offer in your name" in action.explanation


def test_an_extra_property_that_arm_took_and_does_not_answer_is_no_drift() -> None:
    one = desired(settings={"newThing": {"a": 1}, "other": 2})
    assert changed(one, applied(one, newThing=None)) == {}
    assert changed(one, applied(one, newThing={}, other=None)) == {}
    assert changed(one, applied(one, newThing={"a": 2})) == {"newThing.a": (2, 1)}


def test_an_extra_property_that_was_never_applied_is_a_change() -> None:
    assert changed(desired(settings={"newThing": 1}), applied(desired())) == {"newThing": (None, 1)}


# -- what others name ---------------------------------------------------------------------------------------

PTU = desired("ptu", sku="ProvisionedManaged", spillover="paygo")
PAYGO = desired("paygo")
FIELDS = [("spilloverDeploymentName", "spillover"), ("parentDeploymentName", "parent")]


@pytest.mark.parametrize(("field", "keyword"), FIELDS)
def test_what_a_declared_one_goes_on_naming_is_not_deleted(field: str, keyword: str) -> None:
    before: Any = desired("ptu", **{keyword: "paygo"})  # type: ignore[arg-type]
    made = plan(state(desired("ptu")), world(listed(applied(before), applied(PAYGO))))
    action = next(step.action for step in made.steps if step.action.id == name_of("paygo"))
    assert isinstance(action, Blocked)
    assert (action.reason, action.fix) == (
        Reason.STILL_REFERENCED,
        f"write `{field}: null` in the entry of ptu",
    )
    assert f"named by ptu ({field})" in action.explanation


@pytest.mark.parametrize(("field", "keyword"), FIELDS)
def test_in_one_plan_the_unsetting_goes_first(field: str, keyword: str) -> None:
    before: Any = desired("ptu", **{keyword: "paygo"})  # type: ignore[arg-type]
    after: Any = desired("ptu", **{keyword: None})  # type: ignore[arg-type]
    made = plan(state(after), world(listed(applied(before), applied(PAYGO))))
    assert [(type(step.action), step.action.id.name) for step in made.writes] == [
        (Update, "ptu"),
        (Delete, "paygo"),
    ], field
    assert made.writes[1].depends_on == (name_of("ptu"),)


@pytest.mark.parametrize("owner", [None, "others"])
def test_what_somebody_elses_names_is_not_deleted_either(owner: str | None) -> None:
    theirs = unmarked(applied(PTU)) if owner is None else of_fleet(applied(PTU), owner)
    made = plan(state(), world(listed(theirs, applied(PAYGO))))
    action = next(step.action for step in made.steps if step.action.id == name_of("paygo"))
    assert isinstance(action, Blocked)
    assert "nobody declares ptu here" in action.fix


def test_two_that_go_together_do_not_hold_each_other() -> None:
    made = plan(state(), world(listed(applied(PTU), applied(PAYGO))))
    assert [step.action.id.name for step in made.writes] == ["ptu", "paygo"]


def test_what_cannot_go_holds_what_it_names() -> None:
    chain = [applied(desired("a", parent="b")), applied(desired("b", parent="c")), applied(desired("c"))]
    made = plan(state(desired("a")), world(listed(*chain)))
    assert {step.action.id.name: step.action.reason for step in made.blocked} == {
        "b": Reason.STILL_REFERENCED,
        "c": Reason.STILL_REFERENCED,
    }


def test_a_replacement_waits_for_the_unsetting_too() -> None:
    other = desired("paygo", model="gpt-4.1", lifecycle=Lifecycle(replace_allowed=True))
    world_ = world(listed(applied(PTU), applied(PAYGO)))
    made = plan(state(PTU, other), world_)
    action = next(step.action for step in made.steps if step.action.id == name_of("paygo"))
    assert (type(action), action.reason) == (Blocked, Reason.STILL_REFERENCED)
    without = desired("ptu", sku="ProvisionedManaged", spillover=None)
    made = plan(state(without, other), world_)
    assert [type(step.action) for step in made.writes] == [Update, Replace]


def test_one_that_names_itself_can_go() -> None:
    made = plan(state(), world(listed(applied(desired("a", spillover="A")))))
    assert isinstance(only_action(made), Delete)


def test_adopting_sends_back_every_spelling() -> None:
    there = unmarked(applied(desired(), raiPolicyName="STRICT", spilloverDeploymentName="Paygo"))
    one = desired(rai="strict", spillover="paygo")
    action = only_action(plan(state(one), world(listed(there))))
    assert isinstance(action, Adopt)
    body: Any = action.body
    assert (body["properties"]["raiPolicyName"], body["properties"]["spilloverDeploymentName"]) == (
        "STRICT",
        "Paygo",
    )
    after = seen(there.id, {**there.resource, **action.body})
    assert isinstance(only_action(plan(state(one), world(listed(after)))), Keep)


def test_what_is_replaced_may_be_named_once_it_is_back() -> None:
    other = desired("paygo", model="gpt-4.1", lifecycle=Lifecycle(replace_allowed=True))
    there = [applied(desired("ptu", sku="ProvisionedManaged")), applied(PAYGO)]
    made = plan(state(PTU, other), world(listed(*there)))
    assert [(type(step.action), step.action.id.name) for step in made.writes] == [
        (Replace, "paygo"),
        (Update, "ptu"),
    ]


def test_what_goes_is_not_to_be_named_anew() -> None:
    there = [applied(desired("ptu", sku="ProvisionedManaged")), applied(PAYGO)]
    made = plan(state(PTU), world(listed(*there)))
    action = next(step.action for step in made.steps if step.action.id == name_of("paygo"))
    assert (type(action), action.reason) == (Blocked, Reason.STILL_REFERENCED)
