"""What counts as a difference, and what only looks like one."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.domain.deployment import UNSET, DesiredDeployment, JsonObject, JsonValue, SourceAccount
from reconciler.domain.marks import MODEL_TAG
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.diff import body_changes
from reconciler.plan.pair import Pair, field_changes, unanswered
from tests.unit.plan.states import OURS, TUNED, account, applied, desired, seen, tagged

SOURCE = SourceAccount(account=account("trainer"), tenant=None)


def changed(one: DesiredDeployment, there: ObservedDeployment) -> dict[str, tuple[Any, Any]]:
    """The changes of a write, marks aside."""
    return {
        change.path: (change.before, change.after)
        for change in field_changes(one, there, OURS)
        if not change.path.startswith("tags.reconciler-")
    }


def spelled(one: DesiredDeployment, **parts: JsonValue) -> ObservedDeployment:
    """`one` as applied, with parts of the answer overwritten: `sku`, `tags`, `model` or a property."""
    resource: Any = applied(one).resource
    for name, value in parts.items():
        match name:
            case "sku" | "tags" if isinstance(value, dict):
                resource[name] = {**resource.get(name, {}), **value}
            case "model":
                resource["properties"]["model"].update(value)
            case _:
                resource["properties"][name] = value
    return seen(one.id, resource)


TUNED_ONE = desired(model=TUNED, version="1", source=SOURCE)
UPPER = str(SOURCE.account).upper()
FOREIGN_ONE = desired(
    model=TUNED, version="1", source=SourceAccount(account=account("trainer"), tenant="theirs"), tenant="ours"
)
"""Its source goes into `sourceAccount`."""
ELSEWHERE = SourceAccount(account=account("other"), tenant="theirs")

PHANTOMS: list[tuple[str, DesiredDeployment, dict[str, JsonValue]]] = [
    ("the service filled in what nobody declared", desired(), {"raiPolicyName": "Microsoft.DefaultV2"}),
    ("a sku is an ARM name", desired(), {"sku": {"name": "globalstandard"}}),
    ("a format is compared only to recognise", desired(), {"model": {"format": "openai"}}),
    ("a model name is an ARM name", desired(), {"model": {"name": "GPT-4o"}}),
    ("a policy is an ARM name", desired(rai="Strict"), {"raiPolicyName": "strict"}),
    ("a deployment is an ARM name", desired(spillover="Mini"), {"spilloverDeploymentName": "mini"}),
    ("so is the one that it depends on", desired(parent="Base"), {"parentDeploymentName": "base"}),
    ("a tier is one of a few", desired(settings={"serviceTier": "Priority"}), {"serviceTier": "priority"}),
    ("so is a state", desired(settings={"deploymentState": "Paused"}), {"deploymentState": "paused"}),
    (
        "a word inside an object has no case",
        desired(settings={"routing": {"mode": "balanced"}}),
        {"routing": {"mode": "Balanced"}},
    ),
    (
        "nor has a name inside a list",
        desired(settings={"routing": {"models": [{"name": "gpt-4.1", "version": "2025-04-14"}]}}),
        {"routing": {"models": [{"name": "GPT-4.1", "version": "2025-04-14"}]}},
    ),
    (
        "an enumeration has no case",
        desired(option="NoAutoUpgrade"),
        {"versionUpgradeOption": "noautoupgrade"},
    ),
    ("1 and 1.0 are one number", desired(settings={"x": 1}), {"x": 1.0}),
    ("capacity may be answered as a double", desired(capacity=50), {"sku": {"capacity": 50.0}}),
    ("ARM leaves nulls out", desired(settings={"x": None}), {}),
    ("an empty object declares nothing", desired(settings={"routing": {}}), {}),
    ("a version that is not declared", desired(version=UNSET), {"model": {"version": "2025-01-01"}}),
    ("a capacity that is not declared", desired(capacity=UNSET), {"sku": {"capacity": 77}}),
    ("tag names have no case", desired(tags={"Team": "x"}), {"tags": {"TEAM": "x"}}),
    ("a tag that nobody declares", desired(tags={"a": "b"}), {"tags": {"policy": "yes"}}),
    (
        "an absent tier is the default one",
        desired(settings={"serviceTier": "Default"}),
        {"serviceTier": None},
    ),
    (
        "an absent state is running",
        desired(settings={"deploymentState": "Running"}),
        {"deploymentState": None},
    ),
    (
        "an absent upgrade option is documented to mean this one",
        desired(option="OnceCurrentVersionExpired"),
        {"versionUpgradeOption": None},
    ),
    ("ids have no case", TUNED_ONE, {"model": {"source": UPPER}}),
    ("the other source field says the same", TUNED_ONE, {"model": {"source": None, "sourceAccount": UPPER}}),
    ("the other source field is empty", TUNED_ONE, {"model": {"sourceAccount": []}}),
    (
        "a source field is empty, and the other says the same",
        TUNED_ONE,
        {"model": {"source": [], "sourceAccount": UPPER}},
    ),
    ("neither source field may come back", TUNED_ONE, {"model": {"source": None}}),
    ("ids of another tenant have no case either", FOREIGN_ONE, {"model": {"sourceAccount": UPPER}}),
    (
        "another tenant's source may come back in the other field",
        FOREIGN_ONE,
        {"model": {"sourceAccount": None, "source": UPPER}},
    ),
    ("or in none", FOREIGN_ONE, {"model": {"sourceAccount": None}}),
    (
        "a property of an object that nobody declares",
        desired(settings={"o": {"a": 1}}),
        {"o": {"a": 1, "b": 2}},
    ),
]


@pytest.mark.parametrize(("reason", "one", "parts"), PHANTOMS, ids=[reason for reason, *_ in PHANTOMS])
def test_no_phantom_change(reason: str, one: DesiredDeployment, parts: dict[str, JsonValue]) -> None:
    assert changed(one, spelled(one, **parts)) == {}, reason


REAL: list[tuple[str, DesiredDeployment, DesiredDeployment, dict[str, tuple[Any, Any]]]] = [
    (
        "a version inside a list has a case, and so has what nobody knows",
        desired(settings={"routing": {"models": [{"version": "Turbo"}]}, "thing": {"a": "x"}}),
        desired(settings={"routing": {"models": [{"version": "turbo"}]}, "thing": {"a": "X"}}),
        {
            "routing.models": ([{"version": "Turbo"}], [{"version": "turbo"}]),
            "thing.a": ("x", "X"),
        },
    ),
    ("capacity", desired(capacity=10), desired(capacity=50), {"sku.capacity": (10, 50)}),
    (
        "a SKU in ARM's spelling",
        desired(sku="Standard"),
        desired(sku="GlobalStandard"),
        {"sku.name": ("Standard", "GlobalStandard")},
    ),
    (
        "a version without an order",
        desired(version="turbo-2024-04-09"),
        desired(version="0613"),
        {"model.version": ("turbo-2024-04-09", "0613")},
    ),
    (
        "an option against the service's default",
        desired(),
        desired(option="NoAutoUpgrade"),
        {"versionUpgradeOption": ("OnceNewDefaultVersionAvailable", "NoAutoUpgrade")},
    ),
    (
        "a tag's value has a case",
        desired(tags={"a": "x"}),
        desired(tags={"a": "X"}),
        {"tags.a": ("x", "X")},
    ),
    ("a new tag", desired(), desired(tags={"a.b": "x"}), {"tags.a.b": (None, "x")}),
    (
        "a list changes as a whole",
        desired(settings={"routing": {"models": [{"name": "a"}, {"name": "b"}]}}),
        desired(settings={"routing": {"models": [{"name": "b"}]}}),
        {"routing.models": ([{"name": "a"}, {"name": "b"}], [{"name": "b"}])},
    ),
    (
        "a new object by its leaves",
        desired(),
        desired(settings={"capacitySettings": {"priority": 1, "designatedCapacity": 2}}),
        {"capacitySettings.priority": (None, 1), "capacitySettings.designatedCapacity": (None, 2)},
    ),
    (
        "true is not 1 to a reader, but ARM's booleans are booleans",
        desired(settings={"dynamicThrottlingEnabled": False}),
        desired(settings={"dynamicThrottlingEnabled": True}),
        {"dynamicThrottlingEnabled": (False, True)},
    ),
    (
        "a pause",
        desired(),
        desired(settings={"deploymentState": "Paused"}),
        {"deploymentState": (None, "Paused")},
    ),
    (
        "another source account",
        desired(model=TUNED, version="1", source=SourceAccount(account=account("other"), tenant=None)),
        TUNED_ONE,
        {"model.source": (str(account("other")), str(account("trainer")))},
    ),
    (
        "another source account in another tenant, by the field's one name in a manifest",
        replace(FOREIGN_ONE, spec=desired(model=TUNED, version="1", source=ELSEWHERE).spec),
        FOREIGN_ONE,
        {"model.source": (str(account("other")), str(account("trainer")))},
    ),
    (
        "a tag of that field's name",
        desired(),
        desired(tags={"sourceAccount": "x"}),
        {"tags.sourceAccount": (None, "x")},
    ),
    (
        "a value that becomes an object",
        desired(settings={"x": 1}),
        desired(settings={"x": {"y": 2}}),
        {"x": (1, {"y": 2})},
    ),
    (
        "an object that becomes a value",
        desired(settings={"x": {"y": 2}}),
        desired(settings={"x": 1}),
        {"x": ({"y": 2}, 1)},
    ),
    (
        "a default is one of a deployment's own property, not of one that is called like it",
        desired(settings={"o": {"a": 1}}),
        desired(settings={"o": {"a": 1, "serviceTier": "Default"}}),
        {"o.serviceTier": (None, "Default")},
    ),
    (
        "a value that is taken away on purpose",
        desired(settings={"x": 1}),
        desired(settings={"x": None}),
        {"x": (1, None)},
    ),
]


@pytest.mark.parametrize(("what", "before", "after", "expected"), REAL, ids=[what for what, *_ in REAL])
def test_real_changes_are_named_by_their_manifest_path(
    what: str,
    before: DesiredDeployment,
    after: DesiredDeployment,
    expected: dict[str, tuple[Any, Any]],
) -> None:
    assert changed(after, applied(before)) == expected, what


def test_changes_are_in_the_order_of_a_manifest() -> None:
    after = desired(
        capacity=60,
        version="x",
        option="NoAutoUpgrade",
        rai="strict",
        spillover="mini",
        tags={"a": "b"},
        settings={"aaa": 1, "zzz": 2},
    )
    paths = [change.path for change in field_changes(after, applied(desired()), OURS)]
    assert paths == [
        "model.version",
        "sku.capacity",
        "versionUpgradeOption",
        "raiPolicyName",
        "spilloverDeploymentName",
        "aaa",
        "zzz",
        "tags.a",
        "tags.reconciler-model",
        "tags.reconciler-spec",
    ]


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (TUNED_ONE, {"source": None, "sourceAccount": "x"}),
        (FOREIGN_ONE, {"source": "x", "sourceAccount": None}),
    ],
    ids=["our tenant", "another tenant"],
)
def test_a_source_counts_in_whichever_field_arm_tells_it(
    one: DesiredDeployment, told: dict[str, JsonValue]
) -> None:
    assert set(changed(one, spelled(one, model=told))) == {"model.source"}


def test_a_source_that_arm_does_not_tell_shows_its_change_as_one_of_the_source() -> None:
    before = desired(model=TUNED, version="1", source=SourceAccount(account=account("other"), tenant=None))
    silent = spelled(before, model={"source": None})
    assert changed(TUNED_ONE, silent) == {"model.source": (None, str(account("trainer")))}
    assert changed(before, silent) == {}


def test_a_mark_is_found_whatever_the_case_of_its_name() -> None:
    there = applied(desired())
    shouting: Any = {**there.resource, "tags": {k.upper(): v for k, v in there.tags.items()}}
    assert field_changes(desired(), seen(there.id, shouting), OURS) == ()
    assert field_changes(desired(), tagged(there, other="x"), OURS) == ()


# -- a body against an answer, as an engine compares them ------------------------------------------------


def between(found: JsonObject, sent: JsonObject, *, forgetful: bool = False) -> list[tuple[str, Any, Any]]:
    """What sending `sent` changes, both over the same model and SKU."""
    base: dict[str, Any] = {"sku": {"name": "Standard"}, "properties": {"model": {"name": "gpt-4o"}}}

    def laid(parts: JsonObject) -> JsonObject:
        inner = {name: value for name, value in parts.items() if name not in {"tags", "sku"}}
        outer = {name: value for name, value in parts.items() if name in {"tags", "sku"}}
        return {**base, "properties": {**base["properties"], **inner}, **outer}

    there, body = seen(desired().id, laid(found)), laid(sent)
    changes = body_changes(there, body, forgetful=True) if forgetful else body_changes(there, body)
    return [(change.path, change.before, change.after) for change in changes]


BETWEEN: list[tuple[str, JsonObject, JsonObject, list[tuple[str, Any, Any]]]] = [
    ("a sku without case", {"sku": {"name": "GLOBALSTANDARD"}}, {"sku": {"name": "GlobalStandard"}}, []),
    ("a null that is sent says nothing", {"raiPolicyName": "strict", "x": 1}, {"raiPolicyName": None}, []),
    ("what ARM does not answer is missed", {}, {"x": 1}, [("x", None, 1)]),
    ("a value where an empty object was", {"x": {}}, {"x": 5}, [("x", {}, 5)]),
    ("an object for a value", {"o": {"a": 1}}, {"o": {"a": {"b": 2}}}, [("o.a", 1, {"b": 2})]),
    ("an object for nothing, by its leaves", {}, {"o": {"a": {"b": 2, "c": None}}}, [("o.a.b", None, 2)]),
    (
        "a new part and a changed one",
        {"o": {"b": 1, "c": 1}},
        {"o": {"a": 1, "b": 2, "c": 1}},
        [("o.a", None, 1), ("o.b", 1, 2)],
    ),
    (
        "what is sent as nothing is no part",
        {"o": {"a": 1, "b": 1}},
        {"o": {"a": None, "b": 2}},
        [("o.b", 1, 2)],
    ),
    ("an answered null is nothing", {"o": {"a": None}}, {"o": {"a": 1}}, [("o.a", None, 1)]),
]
"""What it is about, what ARM answers, what is sent, the changes."""


@pytest.mark.parametrize(("what", "found", "sent", "expected"), BETWEEN, ids=[what for what, *_ in BETWEEN])
def test_a_body_changes_what_it_states_otherwise(
    what: str, found: JsonObject, sent: JsonObject, expected: list[tuple[str, Any, Any]]
) -> None:
    assert between(found, sent) == expected, what


FORGOTTEN: list[tuple[str, JsonObject, JsonObject, list[tuple[str, Any, Any]]]] = [
    ("a property that ARM keeps to itself", {}, {"x": 1}, []),
    ("a part that it keeps to itself", {"o": {"b": 1}}, {"o": {"a": 1, "b": 1}}, []),
    ("and the parts beside it count", {"o": {"b": 1}}, {"o": {"a": 1, "b": 2}}, [("o.b", 1, 2)]),
    ("a part that it answers as null", {"o": {"a": None, "b": 1}}, {"o": {"a": 1, "b": 2}}, [("o.b", 1, 2)]),
    ("a tag is always answered", {"tags": {"a": "1"}}, {"tags": {"b": "2"}}, [("tags.b", None, "2")]),
    ("so is a field that ARM promises", {}, {"raiPolicyName": "strict"}, [("raiPolicyName", None, "strict")]),
]
"""The same of a body that ARM has taken before."""


@pytest.mark.parametrize(
    ("what", "found", "sent", "expected"), FORGOTTEN, ids=[what for what, *_ in FORGOTTEN]
)
def test_what_arm_has_taken_and_does_not_answer_is_not_missed(
    what: str, found: JsonObject, sent: JsonObject, expected: list[tuple[str, Any, Any]]
) -> None:
    assert between(found, sent, forgetful=True) == expected, what


# -- a pair ----------------------------------------------------------------------------------------------


def test_a_mark_that_the_earlier_release_did_not_write_is_missed_only_where_somebody_asks() -> None:
    there = applied(desired())
    tags = {name: value for name, value in there.tags.items() if name != MODEL_TAG}
    marked = seen(there.id, {**there.resource, "tags": tags})
    assert field_changes(desired(), marked, OURS) == ()
    assert Pair(desired=desired(), observed=marked, mark=OURS).changes == ()
    (missed,) = field_changes(desired(), marked, OURS, renew=True)
    assert (missed.path, missed.before) == (f"tags.{MODEL_TAG}", None)


def test_what_a_write_carries_over_is_what_no_manifest_states() -> None:
    there = spelled(desired(rai="strict"), spilloverDeploymentName="mini", tags={"team": "x"})
    pair = Pair(desired=desired(rai="strict"), observed=there, mark=OURS)
    assert pair.carried == ("versionUpgradeOption", "spilloverDeploymentName", "tags.team")


def test_what_arm_takes_and_does_not_answer_is_known_by_name() -> None:
    settings: dict[str, JsonValue] = {
        "modelProviderData": {"industry": "retail"},
        "newThing": 1,
        "told": 1,
        "empty": {},
        "raiPolicyName": "strict",
        "routing": {"mode": "cost"},
    }
    one = desired(settings=settings)
    there = spelled(one, modelProviderData=None, newThing=None, empty=None, raiPolicyName=None, routing=None)
    assert unanswered(one, there) == ("modelProviderData", "newThing", "routing")
