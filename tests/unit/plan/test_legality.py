"""Which changes ARM takes in place, which as two writes and which not: each with how that is known."""

from typing import Any

import pytest

from reconciler.domain.deployment import (
    UNSET,
    DesiredDeployment,
    Lifecycle,
    ModelChange,
    SkuChange,
    SourceAccount,
    Unset,
)
from reconciler.domain.fleet import Guards
from reconciler.plan.actions import Blocked, Reason, Replace, Update
from reconciler.plan.diff import body_changes
from tests.unit.plan.states import (
    TUNED,
    account,
    applied,
    desired,
    listed,
    only_action,
    plan,
    seen,
    state,
    world,
)

ALLOWED = Lifecycle(replace_allowed=True)
IN_PLACE = Lifecycle(sku_change=SkuChange.IN_PLACE)


def source(name: str) -> SourceAccount:
    return SourceAccount(account=account(name), tenant=None)


def pinned(
    *,
    version: str = "1",
    capacity: int = 50,
    sku: str = "GlobalStandard",
    rai: str | Unset = UNSET,
    lifecycle: Lifecycle | None = None,
) -> DesiredDeployment:
    """One whose version the service may not change by itself."""
    return desired(
        option="NoAutoUpgrade", version=version, capacity=capacity, sku=sku, rai=rai, lifecycle=lifecycle
    )


# what · before · after · the way · the reason shown · how it is known
CASES: list[tuple[str, DesiredDeployment, DesiredDeployment, type, Reason, str]] = [
    (
        "capacity",
        desired(capacity=1),
        desired(capacity=2),
        Update,
        Reason.CAPACITY_CHANGED,
        "recorded: deployment_crud_2023-05-01, 1 to 2 answered 200 with the new value",
    ),
    (
        "version up",
        pinned(version="1"),
        pinned(version="2"),
        Update,
        Reason.VERSION_CHANGED,
        "azurerm's live test TestAccCognitiveDeployment_update, PR 24700",
    ),
    (
        "version down",
        pinned(version="2"),
        pinned(version="1"),
        Update,
        Reason.VERSION_CHANGED,
        "the same test goes from ada-002 2 to 1",
    ),
    (
        "versionUpgradeOption",
        desired(),
        desired(option="NoAutoUpgrade"),
        Update,
        Reason.SETTINGS_CHANGED,
        "the same test, PR 24922",
    ),
    (
        "raiPolicyName with capacity",
        desired(rai="Microsoft.DefaultV2"),
        desired(rai="Microsoft.Default", capacity=60),
        Update,
        Reason.CAPACITY_CHANGED,
        "the same test changes both at once",
    ),
    (
        "tags",
        desired(),
        desired(tags={"a": "b"}),
        Update,
        Reason.TAGS_CHANGED,
        "schema of PUT and PATCH since 2024-10-01",
    ),
    (
        "spillover",
        desired(),
        desired(spillover="mini"),
        Update,
        Reason.SETTINGS_CHANGED,
        "schema since 2025-06-01",
    ),
    (
        "dynamicThrottlingEnabled",
        desired(),
        desired(settings={"dynamicThrottlingEnabled": True}),
        Update,
        Reason.SETTINGS_CHANGED,
        "azurerm sends it although the schema calls it read-only",
    ),
    (
        "model name",
        desired(model="gpt-4o"),
        desired(model="gpt-4.1"),
        Blocked,
        Reason.REPLACE_FORBIDDEN,
        "CannotChangeDeploymentModel: azure-search-openai-demo#1121, #1330, #1429",
    ),
    (
        "model name, allowed",
        desired(model="gpt-4o"),
        desired(model="gpt-4.1", lifecycle=ALLOWED),
        Replace,
        Reason.MODEL_CHANGED,
        "the same; delete and create is the fix",
    ),
    (
        "source",
        desired(model=TUNED, version="1", source=source("one")),
        desired(model=TUNED, version="1", source=source("two")),
        Blocked,
        Reason.REPLACE_FORBIDDEN,
        "inferred: part of the model's identity",
    ),
    (
        "source, allowed",
        desired(model=TUNED, version="1", source=source("one")),
        desired(model=TUNED, version="1", source=source("two"), lifecycle=ALLOWED),
        Replace,
        Reason.SOURCE_CHANGED,
        "inferred: part of the model's identity",
    ),
    (
        "sku name",
        desired(sku="Standard"),
        desired(sku="GlobalStandard"),
        Blocked,
        Reason.REPLACE_FORBIDDEN,
        "not known; azurerm replaces",
    ),
    (
        "sku name, allowed",
        desired(sku="Standard"),
        desired(sku="GlobalStandard", lifecycle=ALLOWED),
        Replace,
        Reason.SKU_CHANGED,
        "not known; azurerm replaces",
    ),
    (
        "sku name, tried in place",
        desired(sku="Standard"),
        desired(sku="GlobalStandard", lifecycle=IN_PLACE),
        Update,
        Reason.SKU_CHANGED,
        "PATCH's schema takes sku, and .../skus lists what to choose from",
    ),
]


@pytest.mark.parametrize(
    ("what", "before", "after", "way", "shown", "evidence"), CASES, ids=[what for what, *_ in CASES]
)
def test_the_way_of_each_change(
    what: str, before: DesiredDeployment, after: DesiredDeployment, way: type, shown: Reason, evidence: str
) -> None:
    action = only_action(plan(state(after), world(listed(applied(before)))))
    assert (type(action), action.reason) == (way, shown), f"{what}: {evidence}"


def update(before: DesiredDeployment, after: DesiredDeployment) -> Update:
    action = only_action(plan(state(after), world(listed(applied(before)))))
    assert isinstance(action, Update)
    return action


SPLIT: list[tuple[str, int, int, list[tuple[int, str]]]] = [
    ("a reduction comes first", 50, 20, [(20, "1"), (20, "2")]),
    ("an increase comes last", 20, 50, [(20, "2"), (50, "2")]),
    ("no change of capacity needs one write", 20, 20, [(20, "2")]),
]


@pytest.mark.parametrize(("reason", "before", "after", "bodies"), SPLIT, ids=[reason for reason, *_ in SPLIT])
def test_capacity_and_version_go_in_two_writes(
    reason: str, before: int, after: int, bodies: list[tuple[int, str]]
) -> None:
    """azure-search-openai-demo#1154: "Cannot change capacity and model at the same time"."""
    writes: Any = update(pinned(capacity=before, version="1"), pinned(capacity=after, version="2")).writes
    assert [(w["sku"]["capacity"], w["properties"]["model"]["version"]) for w in writes] == bodies, reason


def test_each_of_two_writes_changes_something_and_the_second_reaches_the_declared() -> None:
    before, after = pinned(capacity=50, version="1"), pinned(capacity=20, version="2", rai="strict")
    action = update(before, after)
    there = applied(before)
    for body in action.writes:
        assert body_changes(there, body)
        resource: Any = {**there.resource, **body}
        there = seen(there.id, resource)
    assert body_changes(there, action.writes[-1]) == ()


def test_a_new_sku_in_place_does_not_compare_capacities_of_two_units() -> None:
    before = pinned(sku="Standard", capacity=100, version="1")
    after = pinned(sku="ProvisionedManaged", capacity=50, version="2", lifecycle=IN_PLACE)
    first, second = update(before, after).writes
    assert first["sku"] == {"name": "Standard", "capacity": 100}
    assert second["sku"] == {"name": "ProvisionedManaged", "capacity": 50}


def test_the_fix_of_a_forbidden_replacement_is_manifest_text() -> None:
    after = desired("chat", model="gpt-4.1", version="2025-04-14", capacity=30)
    action = only_action(plan(state(after), world(listed(applied(desired("chat"))))))
    assert isinstance(action, Blocked)
    entry = (
        '- {name: chat-2, model: {format: OpenAI, name: gpt-4.1, version: "2025-04-14"}, '
        "sku: {name: GlobalStandard, capacity: 30}}"
    )
    assert entry in action.fix
    assert "lifecycle: {replace: allowed}" in action.fix
    assert "skuChange" not in action.fix
    assert "model.name" in action.explanation


def test_the_name_of_the_new_one_stays_within_what_arm_allows() -> None:
    long = "x" * 64
    action = only_action(plan(state(desired(long, model="b")), world(listed(applied(desired(long))))))
    assert isinstance(action, Blocked)
    assert f"name: {'x' * 62}-2," in action.fix


def test_a_replacement_says_what_it_costs() -> None:
    before = desired(sku="ProvisionedManaged", capacity=100)
    lifecycle = Lifecycle(replace_allowed=True, model_change=ModelChange.REPLACE)
    after = desired(model="gpt-4.1", sku="ProvisionedManaged", capacity=100, lifecycle=lifecycle)
    action = only_action(plan(state(after), world(listed(applied(before)))))
    assert isinstance(action, Replace)
    assert "requests to it fail" in action.explanation
    assert "PTUs" in action.explanation


PROTECTED: list[tuple[str, Lifecycle, tuple[str, ...]]] = [
    ("its own manifest", Lifecycle(replace_allowed=True, prevent_destroy=True), ()),
    ("the Fleet, by alias", ALLOWED, ("prod/acc/ch*",)),
    ("the Fleet, by account and name", ALLOWED, ("ACC/chat",)),
]


@pytest.mark.parametrize(("who", "lifecycle", "globs"), PROTECTED, ids=[who for who, *_ in PROTECTED])
def test_protection_outweighs_the_permission_to_replace(
    who: str, lifecycle: Lifecycle, globs: tuple[str, ...]
) -> None:
    declared = state(desired(model="gpt-4.1", lifecycle=lifecycle), guards=Guards(protect=globs))
    action = only_action(plan(declared, world(listed(applied(desired())))))
    assert isinstance(action, Blocked)
    assert action.reason is Reason.PROTECTED, who
    assert "change of its own" in action.fix
