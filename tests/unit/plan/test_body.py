"""What a PUT says: the declared over the observed, and our marks."""

from typing import Any

import pytest

from reconciler.domain.deployment import (
    UNSET,
    DesiredDeployment,
    JsonObject,
    JsonValue,
    Lifecycle,
    OnRemoval,
    SourceAccount,
)
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.body import put_body, replacement_body, spec_mark, writable
from reconciler.plan.diff import body_changes
from reconciler.plan.pair import field_changes
from tests.unit.plan.states import OURS, TUNED, account, answer, applied, desired, name_of, seen, tagged

SOURCE = SourceAccount(account=account("trainer"), tenant=None)


def properties(body: JsonObject) -> dict[str, Any]:
    found = body["properties"]
    assert isinstance(found, dict)
    return found


def test_a_create_sends_what_is_declared_and_three_marks() -> None:
    one = desired(tags={"team": "support"})
    assert put_body(one, None, OURS) == {
        "sku": {"name": "GlobalStandard", "capacity": 50},
        "properties": {"model": {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}},
        "tags": {
            "team": "support",
            "reconciler-fleet": OURS,
            "reconciler-spec": spec_mark(one),
            "reconciler-model": "gpt-4o@2024-11-20",
        },
    }


@pytest.mark.parametrize(
    ("lifecycle", "mark"),
    [
        (Lifecycle(), None),
        (Lifecycle(on_removal=OnRemoval.RETAIN), "retain"),
        (Lifecycle(prevent_destroy=True), "refuse"),
        (Lifecycle(prevent_destroy=True, on_removal=OnRemoval.RETAIN), "refuse"),
    ],
)
def test_what_must_hold_after_the_entry_is_gone_is_written_down_as_a_tag(
    lifecycle: Lifecycle, mark: str | None
) -> None:
    body: Any = put_body(desired(lifecycle=lifecycle), None, OURS)
    assert body["tags"].get("reconciler-on-removal") == mark


def test_a_protection_that_the_manifest_takes_back_is_taken_off_the_deployment() -> None:
    there = applied(desired(lifecycle=Lifecycle(prevent_destroy=True)))
    (change,) = field_changes(desired(), there, OURS)
    assert (change.path, change.before, change.after) == ("tags.reconciler-on-removal", "refuse", None)
    body: Any = put_body(desired(), there, OURS)
    assert "reconciler-on-removal" not in body["tags"]


READ_ONLY: list[tuple[str, JsonValue]] = [
    ("provisioningState", "Succeeded"),
    ("capabilities", {"a": "true"}),
    ("rateLimits", []),
    ("ratelimits", []),
    ("callRateLimit", {}),
    ("currentCapacity", 1),
    ("scaleSettings", {"activeCapacity": 1}),
]


@pytest.mark.parametrize(("name", "value"), READ_ONLY)
def test_what_arm_only_answers_is_never_sent_back(name: str, value: JsonValue) -> None:
    there: Any = applied(desired()).resource
    there["properties"][name] = value
    assert name not in properties(put_body(desired(), seen(name_of("chat"), there), OURS))


def test_only_what_a_put_may_repeat_remains_of_an_answer() -> None:
    one = name_of("chat")
    resource = answer(one, put_body(desired(), None, OURS))
    resource["properties"]["model"]["callRateLimit"] = {"count": 1}
    assert set(writable(seen(one, resource))) == {"sku", "tags", "properties"}
    assert set(properties(writable(seen(one, resource)))["model"]) == {"format", "name", "version"}


def test_an_unknown_property_survives_a_write_that_is_about_something_else() -> None:
    there = applied(desired(), speculativeDecoding={"model": "x", "depth": 3}, brandNew=[1, {"a": None}])
    body = put_body(desired(capacity=60), there, OURS)
    assert properties(body)["speculativeDecoding"] == {"model": "x", "depth": 3}
    assert properties(body)["brandNew"] == [1, {"a": None}]


def test_undeclared_settings_are_carried_over_and_declared_ones_win() -> None:
    there = applied(desired(), raiPolicyName="strict", routing={"mode": "cost", "models": [{"name": "a"}]})
    body = put_body(desired(settings={"routing": {"mode": "quality"}}), there, OURS)
    assert properties(body)["raiPolicyName"] == "strict"
    assert properties(body)["routing"] == {"mode": "quality", "models": [{"name": "a"}]}


def test_a_tag_of_somebody_else_is_kept_and_one_of_ours_replaced_whatever_its_case() -> None:
    there = tagged(applied(desired()), Team="old", policy="x")
    body: Any = put_body(desired(tags={"team": "new"}), there, OURS)
    assert {k: v for k, v in body["tags"].items() if not k.startswith("reconciler-")} == {
        "team": "new",
        "policy": "x",
    }


@pytest.mark.parametrize(
    ("source_tenant", "own_tenant", "field"),
    [
        (None, None, "source"),
        ("a", "a", "source"),
        ("A", "a", "source"),
        ("a", None, "source"),
        ("a", "b", "sourceAccount"),
    ],
)
def test_the_source_goes_into_the_field_that_fits_the_tenants(
    source_tenant: str | None, own_tenant: str | None, field: str
) -> None:
    source = SourceAccount(account=account("trainer"), tenant=source_tenant)
    one = desired(model=TUNED, version="1", source=source, tenant=own_tenant)
    model = properties(put_body(one, None, OURS))["model"]
    assert {name for name in model if name.startswith("source")} == {field}
    assert model[field] == str(account("trainer"))


def with_source(one: DesiredDeployment, **told: str) -> ObservedDeployment:
    """`one` as applied, with its source in the fields that ARM tells it in."""
    resource: Any = applied(one).resource
    del resource["properties"]["model"]["source"]
    resource["properties"]["model"].update(told)
    return seen(one.id, resource)


def test_declaring_one_source_field_takes_the_other_out_of_the_body() -> None:
    one = desired(model=TUNED, version="1", source=SOURCE)
    there = with_source(one, sourceAccount=str(account("other")))
    model = properties(put_body(one, there, OURS))["model"]
    assert "sourceAccount" not in model
    assert model["source"] == str(account("trainer"))


def test_a_source_that_arm_tells_in_its_own_words_goes_back_in_them() -> None:
    """An adoption writes our mark and nothing else: ARM may mind a spelling that we do not."""
    one = desired(model=TUNED, version="1", source=SOURCE)
    told = str(account("trainer")).replace("resourceGroups", "resourcegroups")
    model = properties(put_body(one, with_source(one, sourceAccount=told), OURS))["model"]
    assert (model["sourceAccount"], "source" in model) == (told, False)


def spelled(one: DesiredDeployment, told: dict[str, JsonValue]) -> ObservedDeployment:
    return applied(one, **told)  # type: ignore[arg-type]


SPELLINGS: list[tuple[str, DesiredDeployment, dict[str, JsonValue]]] = [
    ("a content filter", desired(rai="Strict"), {"raiPolicyName": "strict"}),
    ("a spillover target", desired(spillover="Mini"), {"spilloverDeploymentName": "mini"}),
    ("a parent", desired(parent="Base"), {"parentDeploymentName": "base"}),
    ("an option", desired(option="NoAutoUpgrade"), {"versionUpgradeOption": "noautoupgrade"}),
]


@pytest.mark.parametrize(("what", "one", "told"), SPELLINGS, ids=[what for what, *_ in SPELLINGS])
def test_what_differs_in_letter_case_alone_is_sent_back_as_arm_spells_it(
    what: str, one: DesiredDeployment, told: dict[str, JsonValue]
) -> None:
    body = put_body(one, spelled(one, told), OURS)
    assert {name: properties(body)[name] for name in told} == told, what


def test_tags_may_be_called_like_the_source_fields() -> None:
    there = tagged(applied(desired()), source="a")
    body: Any = put_body(desired(tags={"sourceAccount": "b"}), there, OURS)
    assert (body["tags"]["source"], body["tags"]["sourceAccount"]) == ("a", "b")
    changes = field_changes(desired(tags={"source": "b"}), applied(desired()), OURS)
    assert "tags.source" in {change.path for change in changes}


def test_ignored_fields_are_left_as_their_owner_set_them() -> None:
    ignoring = Lifecycle(ignore_changes=("sku.capacity", "tags.team", "extraProperties.routing"))
    there = tagged(applied(desired(capacity=80), routing={"mode": "cost"}), team="theirs")
    one = desired(
        capacity=50, tags={"team": "ours"}, settings={"routing": {"mode": "quality"}}, lifecycle=ignoring
    )
    body: Any = put_body(one, there, OURS)
    assert body["sku"]["capacity"] == 80
    assert body["tags"]["team"] == "theirs"
    assert properties(body)["routing"] == {"mode": "cost"}


def test_ignoring_all_tags_still_leaves_our_marks() -> None:
    one = desired(tags={"team": "ours"}, lifecycle=Lifecycle(ignore_changes=("tags",)))
    body: Any = put_body(one, tagged(applied(desired()), team="theirs"), OURS)
    assert body["tags"]["team"] == "theirs"
    assert body["tags"]["reconciler-spec"] == spec_mark(one)


def test_a_replacement_keeps_what_nobody_declares_but_not_the_old_sku_or_model() -> None:
    there = applied(desired(model="old", sku="Standard", capacity=7), raiPolicyName="strict")
    body = replacement_body(desired(version="1"), there, OURS)
    assert properties(body)["raiPolicyName"] == "strict"
    assert properties(body)["model"] == {"format": "OpenAI", "name": "gpt-4o", "version": "1"}
    assert body["sku"] == {"name": "GlobalStandard", "capacity": 50}


def test_a_capacity_of_another_unit_is_not_carried_over() -> None:
    there = applied(desired(sku="ProvisionedManaged", capacity=100))
    assert replacement_body(desired(capacity=UNSET), there, OURS)["sku"] == {"name": "GlobalStandard"}


def test_a_replacement_keeps_an_ignored_capacity_only_where_its_unit_stays() -> None:
    ignoring = Lifecycle(ignore_changes=("sku.capacity",))
    other_model = applied(desired(model="old", capacity=80))
    assert replacement_body(desired(lifecycle=ignoring), other_model, OURS)["sku"] == {
        "name": "GlobalStandard",
        "capacity": 80,
    }
    other_sku = applied(desired(sku="ProvisionedManaged", capacity=100))
    assert replacement_body(desired(lifecycle=ignoring), other_sku, OURS)["sku"] == {
        "name": "GlobalStandard",
        "capacity": 50,
    }


def test_the_spec_mark_is_twelve_hex_digits_and_blind_to_order_case_of_ids_and_tenants() -> None:
    one = desired(tags={"a": "1", "b": "2"}, model=TUNED, version="1", source=SOURCE)
    upper = SourceAccount(account=account("TRAINER"), tenant="t")
    same = desired(tags={"b": "2", "a": "1"}, model=TUNED, version="1", source=upper, tenant="u")
    assert spec_mark(one) == spec_mark(same)
    assert len(spec_mark(one)) == 12
    assert int(spec_mark(one), 16) >= 0


@pytest.mark.parametrize(
    "other",
    [
        desired(capacity=51),
        desired(version="2024-08-06"),
        desired(sku="Standard"),
        desired(tags={"a": "b"}),
        desired(rai="strict"),
        desired(settings={"routing": {"mode": "cost"}}),
        desired(source=SOURCE),
    ],
)
def test_the_spec_mark_changes_with_every_declared_field(other: DesiredDeployment) -> None:
    assert spec_mark(other) != spec_mark(desired())


def test_the_spec_mark_ignores_what_the_manifest_ignores() -> None:
    ignoring = Lifecycle(ignore_changes=("sku.capacity", "model.source"))
    assert spec_mark(desired(lifecycle=ignoring)) == spec_mark(
        desired(capacity=99, source=SOURCE, lifecycle=ignoring)
    )


def test_bodies_are_new_values_and_what_was_observed_stays_untouched() -> None:
    there = applied(desired())
    before = repr(there)
    put_body(desired(capacity=60, tags={"x": "y"}), there, OURS)
    body_changes(there, put_body(desired(capacity=60), there, OURS))
    assert repr(there) == before


def test_another_model_does_not_get_the_version_of_the_one_that_is_there() -> None:
    there = applied(desired(sku="ProvisionedManaged", version="2024-11-20"))
    body = put_body(desired(sku="ProvisionedManaged", model="gpt-4.1", version=UNSET), there, OURS)
    assert properties(body)["model"] == {"format": "OpenAI", "name": "gpt-4.1"}
