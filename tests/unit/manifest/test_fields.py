"""What the schema objects to, and every field a user may write; row F-118 of the fault matrix."""

from __future__ import annotations

import pytest

from reconciler.domain.deployment import Lifecycle, ModelChange, OnRemoval, SkuChange
from reconciler.domain.ids import AccountId
from tests.unit.manifest.reading import (
    CHAT,
    EVERYTHING,
    GUID,
    OTHER_GUID,
    a_fleet,
    a_set,
    a_template,
    codes,
    complete_entry,
    errors,
    line_of,
    one_entry,
    only,
    read,
    read_all,
    state,
    the_deployment,
    underlined,
)


def test_every_writable_field_reaches_the_desired_deployment() -> None:
    found = the_deployment(read(one_entry(EVERYTHING)))
    spec = found.spec
    assert spec.model.source is not None
    assert spec.model.source.account == AccountId(
        subscription=OTHER_GUID, resource_group="rg-ft", name="aoai-ft"
    )
    assert (spec.sku.name.name, str(spec.sku.capacity)) == ("ProvisionedManaged", "25 PTU")
    assert (spec.sku.tier, spec.sku.size, spec.sku.family) == ("Standard", "s", "f")
    assert (spec.model.format, spec.model.version, spec.model.publisher) == ("OpenAI", "1", "OpenAI")
    assert (spec.text("versionUpgradeOption"), spec.text("raiPolicyName")) == (
        "NoAutoUpgrade",
        "Microsoft.DefaultV2",
    )
    assert (spec.text("spilloverDeploymentName"), spec.text("parentDeploymentName")) == ("mini", "parent")
    assert spec.tags == {"team": "support"}
    assert spec.settings == {
        "newThing": {"a": [1]},
        "versionUpgradeOption": "NoAutoUpgrade",
        "raiPolicyName": "Microsoft.DefaultV2",
        "spilloverDeploymentName": "mini",
        "parentDeploymentName": "parent",
        "modelProviderData": {"industry": "technology", "organizationName": "Contoso", "countryCode": "SE"},
        "capacitySettings": {"designatedCapacity": 5, "priority": 1},
        "routing": {
            "mode": "cost",
            "models": [{"name": "gpt-4.1", "format": "OpenAI", "version": "2025-04-14"}],
        },
        "serviceTier": "Priority",
        "deploymentState": "Paused",
        "dynamicThrottlingEnabled": True,
    }
    assert found.lifecycle == Lifecycle(
        prevent_destroy=True,
        sku_change=SkuChange.IN_PLACE,
        model_change=ModelChange.REFUSE,
        replace_allowed=True,
        ignore_changes=("sku.capacity", "tags.team", "newThing"),
        on_removal=OnRemoval.RETAIN,
    )


def test_a_source_may_be_one_arm_id() -> None:
    account = AccountId(subscription=OTHER_GUID, resource_group="rg-ft", name="aoai-ft")
    fields = f"model: {{name: m, source: {account}}}\nsku: {{name: Standard}}"
    source = the_deployment(read(one_entry(fields))).spec.model.source
    assert source is not None
    assert source.account == account


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("aoai-ft", "a bare name"),
        (f"/subscriptions/{OTHER_GUID}/resourceGroups/rg", "a resource group"),
        (
            f"/subscriptions/{OTHER_GUID}/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/a/x/y",
            "something below an account",
        ),
        (
            "/subscriptions/research/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/aoai",
            "an alias inside an id",
        ),
        (
            f"/subscriptions/{OTHER_GUID}/resourceGroups/r%2fg/providers/Microsoft.CognitiveServices/accounts/aoai",
            "a group no group can be called",
        ),
        (
            f"/subscriptions/{OTHER_GUID}/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/a?b",
            "a query in the name",
        ),
    ],
)
def test_other_texts_are_no_source(written: str, reason: str) -> None:
    loaded = read(one_entry(f"model: {{name: m, source: '{written}'}}\nsku: {{name: Standard}}"))
    assert only(loaded).code == "invalid-value", reason
    assert underlined(loaded) == f"'{written}'"


@pytest.mark.parametrize(
    ("fields", "field", "fix"),
    [
        (
            "sku: {name: Standard, capcity: 5}",
            "capcity",
            "did you mean `capacity`? Fields here are capacity, family, name, size and tier",
        ),
        ("sku: {name: Standard, Capacity: 5}", "Capacity", "did you mean `capacity`?"),
        ("raiPolicy: x", "raiPolicy", "did you mean `raiPolicyName`? Fields here are "),
        ("raiPolicy: x", "raiPolicy", " more"),
        ("rai_policy_name: x", "rai_policy_name", "raiPolicyName"),
        ("model: {name: m, sourceAccount: x}", "sourceAccount", "write `source`"),
        ("model: {name: m, source: {subscription: s, resourceGroup: g, name: a}}", "name", "write `account`"),
        ("capacity: 5", "capacity", "below `sku`"),
        ("properties: {}", "properties", "directly in the entry"),
        ("currentCapacity: 5", "currentCapacity", "sku"),
        ("scaleSettings: {}", "scaleSettings", "2023-05-01"),
        ("zzz: 5", "zzz", "extraProperties"),
    ],
)
def test_f118_an_unknown_field_is_told_with_what_was_meant(fields: str, field: str, fix: str) -> None:
    loaded = read(one_entry(fields))
    found = next(found for found in loaded.diagnostics if found.code == "unknown-field")
    assert underlined(loaded, found) == field
    assert fix in found.fix


def test_account_fields_of_other_tools_are_translated() -> None:
    text = a_set().replace("name: aoai-contoso", "name: aoai-contoso, location: eastus")
    assert only(read(text)).fix == "write `region`"


def test_f125_no_field_can_say_where_requests_go() -> None:
    for field in ("endpoint", "authority", "proxy", "credential", "token"):
        assert errors(read(complete_entry(f"{field}: https://evil.example"))) == ["unknown-field"]


@pytest.mark.parametrize(
    ("fields", "pointed"),
    [
        ("versionUpgradeOption: NoAutoUpgrades", "NoAutoUpgrades"),
        ("serviceTier: priority", "priority"),
        ("lifecycle: {replace: never}", "never"),
        ("lifecycle: {ignoreChanges: [sku.capcity]}", "sku.capcity"),
        ("lifecycle: {ignoreChanges: [name]}", "name"),
        ("lifecycle: {ignoreChanges: [tags.]}", "tags."),
        ("spilloverDeploymentName: ''", "''"),
    ],
)
def test_a_value_outside_the_allowed_words_is_shown_with_them(fields: str, pointed: str) -> None:
    loaded = read(complete_entry(fields))
    assert only(loaded).code == "invalid-value"
    assert underlined(loaded) == pointed
    assert only(loaded).fix


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("model", "own `model`"),
        ("sku", "ARM ignores"),
        ("Tags", "own `tags`"),
        ("provisioningState", "ARM sets it"),
        ("currentCapacity", "sku.capacity"),
    ],
)
def test_extra_properties_are_not_for_what_has_a_place_or_only_arm_writes(name: str, fix: str) -> None:
    found = only(read(complete_entry(f"extraProperties: {{{name}: x}}")))
    assert found.code == "invalid-value"
    assert fix in found.fix


def test_a_property_cannot_be_stated_twice() -> None:
    loaded = read(complete_entry("serviceTier: Default\nextraProperties: {ServiceTier: Priority}"))
    assert only(loaded).code == "invalid-value"
    assert underlined(loaded) == "ServiceTier"


def test_a_value_newer_than_this_format_goes_through_extra_properties() -> None:
    loaded = read(complete_entry("extraProperties: {versionUpgradeOption: OnceTheMoonIsFull}"))
    assert the_deployment(loaded).spec.settings == {"versionUpgradeOption": "OnceTheMoonIsFull"}


@pytest.mark.parametrize(
    ("fields", "lacking"),
    [
        ("sku: {name: Standard}", ["model.name"]),
        ("model: {version: v}\nsku: {name: Standard}", ["model.name"]),
        ("model: {name: m}", ["sku.name"]),
        ("raiPolicyName: x", ["model.name", "sku.name"]),
    ],
)
def test_model_and_sku_must_be_named_once_everything_is_merged(fields: str, lacking: list[str]) -> None:
    found = read(one_entry(fields)).diagnostics
    assert {one.code for one in found} == {"missing-field"}
    assert [one.label for one in found] == [f"needs `{field}`" for field in lacking]


@pytest.mark.parametrize(
    ("remove", "pointed", "line"),
    [
        ("apiVersion: reconciler.aoai/v1\n", "kind: DeploymentSet", 1),
        ("metadata: {name: contoso, labels: {}}\n", "apiVersion: reconciler.aoai/v1", 1),
        ("resourceGroup: rg-ai, ", "account", 5),
    ],
)
def test_a_missing_field_is_shown_at_what_lacks_it(remove: str, pointed: str, line: int) -> None:
    loaded = read(a_set().replace(remove, ""))
    assert only(loaded).code == "missing-field"
    assert (underlined(loaded), line_of(loaded)) == (pointed, line)


def test_an_entry_without_a_name_is_shown() -> None:
    loaded = read(a_set(deployments="{model: {name: m}, sku: {name: s}}"))
    assert only(loaded).code == "missing-field"
    assert "`name` is missing" in only(loaded).message


@pytest.mark.parametrize(
    ("root", "code"),
    [
        ("just text", "wrong-type"),
        ("[a, b]", "wrong-type"),
        ("apiVersion: reconciler.aoai/v1\nspec: {}", "missing-field"),
        ("apiVersion: v1\nkind: ConfigMap", "unknown-kind"),
        ("kind: [Fleet]", "unknown-kind"),
        ("kind:", "unknown-kind"),
        (a_set().replace("aoai/v1", "aoai/v2"), "invalid-value"),
    ],
)
def test_a_document_that_is_no_manifest_is_one_finding(root: str, code: str) -> None:
    assert codes(read(root)) == [code]


def test_a_misspelt_kind_gets_the_near_one() -> None:
    assert "DeploymentSet?" in only(read(a_set().replace("DeploymentSet", "deploymentset"))).fix


def test_one_mistake_hides_no_other() -> None:
    text = a_set(
        spec="adopt: yes\nprune: sometimes\nnope: 1",
        deployments="{name: a, model: 5, sku: {name: s, capacity: x}}\n{name: b, models: {}}",
    )
    found = read(text).diagnostics
    assert sorted(one.code for one in found) == [
        "invalid-value",
        "unknown-field",
        "unknown-field",
        "wrong-type",
        "wrong-type",
        "wrong-type",
    ]


def test_a_mistake_in_a_header_does_not_hide_those_in_a_template() -> None:
    text = a_template("", "{name: a, nope: 1}").replace("name: }", "nom: x}")
    assert sorted(codes(read(text))) == ["missing-field", "unknown-field", "unknown-field"]


def test_a_wrong_entry_is_known_but_not_part_of_what_is_understood() -> None:
    loaded = read(
        a_set(
            deployments="""
            {name: good, model: {name: m}, sku: {name: s}}
            {name: bad, model: {name: m}, sku: {name: s, capacity: x}}
            """
        )
    )
    assert loaded.desired is None
    assert [found.id.name for found in loaded.understood.deployments] == ["good"]
    assert [left.name for left in loaded.understood.scope.left_out] == ["bad"]
    assert loaded.deployments == 2


@pytest.mark.parametrize("group", ["rg/../other", "rg?x", "rg.", "r" * 91, "rg ai"])
def test_a_resource_group_that_arm_cannot_have_is_refused(group: str) -> None:
    assert only(read(a_set().replace("rg-ai", f"'{group}'"))).code == "invalid-value"


def test_an_empty_set_is_valid() -> None:
    loaded = read(a_set())
    assert [account.id.subscription for account in state(loaded).accounts] == [GUID]


@pytest.mark.parametrize("rules", ["", "rules: {unknown-field: warning}"])
@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            a_set(deployments=CHAT.replace("name: chat", "nmae: chat")),
            "`nmae` is not a field of a deployment",
        ),
        (
            a_set(deployments=CHAT).replace("metadata: {name", "metadata: {nmae"),
            "`nmae` is not a field of `metadata`",
        ),
    ],
)
def test_a_required_field_that_stands_there_misspelt_is_one_error_whatever_the_fleet_says(
    written: str, told: str, rules: str
) -> None:
    loaded = read_all(a_fleet(rules or "cloud: emulator"), written)
    assert only(loaded).code == "missing-field"
    assert only(loaded).message.endswith(f"name` is missing: {told}")
    assert only(loaded).fix == "write `name`"
    assert underlined(loaded) == "nmae"
    assert loaded.desired is None
