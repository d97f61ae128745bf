"""What depends on something unknown is not declared as certain until somebody decides."""

from datetime import date
from typing import Any

import pytest

from reconciler.domain.ids import AccountId
from reconciler.errors import UsageProblem
from reconciler.export import Estate, Exported, Found, Setting, manifests_of
from reconciler.export.foreign import ForeignFile
from reconciler.export.sources.template import template_estate

KIND = "Microsoft.CognitiveServices/accounts/deployments"
ACCOUNT_KIND = "Microsoft.CognitiveServices/accounts"
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
EXISTING = "empty(parameters('existingId'))"
PARAMETERS = {"existingId": {"type": "string"}, "deploy": {"type": "bool"}}


def chat(name: str = "acc/chat", capacity: int = 10, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    body = {
        "sku": {"name": "Standard", "capacity": capacity},
        "properties": {"model": {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}},
    }
    return {"type": KIND, "name": name, **body, **more}


def account(**more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return {"type": ACCOUNT_KIND, "name": "acc", "location": "swedencentral", **more}


def module(name: str, *resources: Any, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    properties = {"mode": "Incremental", "template": {"resources": list(resources)}}
    return {"type": "Microsoft.Resources/deployments", "name": name, "properties": properties, **more}


def read(*resources: Any, **setting: Any) -> Estate:  # noqa: ANN401 -- JSON
    document: dict[str, Any] = {"parameters": PARAMETERS, "resources": list(resources)}
    placed: dict[str, Any] = {"subscription": SUBSCRIPTION, "resource_group": "rg", **setting}
    return template_estate(ForeignFile(name="main.json", document=document), [], Setting(**placed))


def found(estate: Estate) -> dict[str, Found]:
    return {one.name: one for there in estate.accounts for one in there.deployments}


def exported(estate: Estate) -> Exported:
    return manifests_of(estate, fleet="f", today=date(2026, 6, 22))


def test_opposite_conditions_around_two_deployments_are_told_at_each() -> None:
    estate = read(
        module("a", chat(), condition=f"[not({EXISTING})]"),
        module("b", chat("acc/other"), condition=f"[{EXISTING}]"),
    )
    assert found(estate)["chat"].condition == f"not({EXISTING})"
    assert found(estate)["other"].condition == EXISTING
    text = exported(estate).stream
    assert f'undecided: "deployed only if not({EXISTING})"' in text
    assert exported(estate).tally.undecided == 2
    assert any("undecided" in note for note in exported(estate).notes)


def test_a_deployment_that_both_branches_make_alike_is_certain() -> None:
    estate = read(
        module("a", chat(), condition=f"[not({EXISTING})]"), module("b", chat(), condition=f"[{EXISTING}]")
    )
    assert [one.condition for there in estate.accounts for one in there.deployments] == [""]


def test_two_branches_that_differ_are_both_there_to_choose_from() -> None:
    estate = read(
        module("a", chat(), condition=f"[not({EXISTING})]"),
        module("b", chat(capacity=20), condition=f"[{EXISTING}]"),
    )
    text = exported(estate).stream
    assert text.count("- name: chat\n      undecided:") == 2


@pytest.mark.parametrize("nested", [True, False])
def test_a_condition_on_the_account_is_one_on_its_deployments(nested: bool) -> None:
    condition = "[parameters('deploy')]"
    inside = account(condition=condition, resources=[chat("chat")])
    beside = (account(condition=condition), chat())
    estate = read(*((inside,) if nested else beside))
    assert found(estate)["chat"].condition == "parameters('deploy')"


def test_a_child_of_an_account_that_is_not_made_is_told() -> None:
    estate = read(account(condition="[equals(1, 2)]", resources=[chat("chat")]))
    assert "its account exists, which this template does not make" in found(estate)["chat"].condition


def test_an_account_that_either_branch_makes_asks_for_nothing() -> None:
    estate = read(account(condition=f"[{EXISTING}]"), account(condition=f"[not({EXISTING})]"), chat())
    assert found(estate)["chat"].condition == ""


def test_a_deployment_into_the_account_that_exists_already_has_its_own_condition_only() -> None:
    estate = read(account(condition=f"[{EXISTING}]"), module("a", chat(), condition=f"[not({EXISTING})]"))
    assert found(estate)["chat"].condition == f"not({EXISTING})"


def test_conditions_around_a_module_and_in_it_are_both_told() -> None:
    inner = chat(condition="[parameters('deploy')]")
    estate = read(module("a", inner, condition=f"[{EXISTING}]"))
    assert found(estate)["chat"].condition == f"{EXISTING} and parameters('deploy')"


@pytest.mark.parametrize("name", ["deploy", "parameters('deploy')", "Parameters( 'deploy' )"])
def test_an_assumption_decides_by_name_or_by_the_words_of_the_condition(name: str) -> None:
    setting: dict[str, Any] = {"assumed": {name: "true"}}
    assert found(read(chat(condition="[parameters('deploy')]"), **setting))["chat"].condition == ""
    setting = {"assumed": {name: "false"}}
    with pytest.raises(UsageProblem, match="a condition is false"):
        read(chat(condition="[parameters('deploy')]"), **setting)


def test_an_assumption_may_be_about_what_only_azure_knows() -> None:
    words = "reference('x').kind"
    one = chat(condition="[equals(reference('x').kind, 'OpenAI')]")
    assert found(read(one, assumed={words: "OpenAI"}))["chat"].condition == ""


def test_a_choice_of_values_is_told_and_what_both_have_in_common_is_known() -> None:
    sku = (
        "[if(parameters('deploy'), createObject('name', 'Standard', 'capacity', 1), "
        "createObject('name', 'Standard', 'capacity', 2))]"
    )
    one = found(read(chat(sku=sku)))["chat"]
    assert one.resource["sku"] == {"name": "Standard"}
    assert one.open == {"sku.capacity": "if(parameters('deploy'), 1, 2)"}


def test_names_of_different_unknown_things_stay_different() -> None:
    objects = [f"[concat('acc/', string(createObject('k', utcNow('{n}'))))]" for n in ("x", "y")]
    assert len(found(read(*(chat(name) for name in objects)))) == 2


def test_a_set_variable_names_the_account() -> None:
    document: dict[str, Any] = {
        "variables": {"token": "[uniqueString(resourceGroup().id)]"},
        "resources": [chat("[concat('oai-', variables('token'), '/chat')]")],
    }
    setting = Setting(
        values={"token": "abc123"},
        account=AccountId(subscription=SUBSCRIPTION, resource_group="rg", name="x"),
    )
    (there,) = template_estate(ForeignFile(name="m", document=document), [], setting).accounts
    assert there.name == "oai-abc123"


def test_what_somebody_wrote_is_kept_although_arm_would_fill_it_in() -> None:
    one = chat()
    one["properties"] |= {
        "raiPolicyName": "Microsoft.DefaultV2",
        "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
        "modelProviderData": {"industry": "none", "organizationName": "x", "countryCode": "US"},
        "somethingNew": {"a": 1},
    }
    text = exported(read(one)).stream
    assert "raiPolicyName: Microsoft.DefaultV2" in text
    assert "versionUpgradeOption: OnceNewDefaultVersionAvailable" in text
    assert "modelProviderData: {industry: none" in text
    assert "extraProperties: {somethingNew: {a: 1}}" in text


def test_legacy_scale_settings_are_the_sku() -> None:
    one = chat(sku=None)
    one["properties"]["scaleSettings"] = {"scaleType": "Standard", "capacity": 30, "other": 1}
    made = exported(read(one))
    assert "sku: {name: Standard, capacity: 30}" in made.stream
    assert any("scaleSettings.other 1" in note for note in made.notes)


def test_scale_settings_beside_a_sku_are_compared_with_it() -> None:
    one = chat()
    one["properties"]["scaleSettings"] = {"scaleType": "Standard", "capacity": 99}
    made = exported(read(one))
    assert "capacity: 10" in made.stream
    assert any("scaleSettings say another capacity" in note for note in made.notes)


def test_the_region_of_the_resource_group_has_a_name_until_it_is_said() -> None:
    where = account(location="[resourceGroup().location]")
    (there,) = read(where, chat()).accounts
    assert there.open["region"] == "resourceGroup().location"
    (there,) = read(where, chat(), location="eastus2").accounts
    assert there.region == "eastus2"


def test_the_tally_counts_each_deployment_once_by_what_is_least_sure() -> None:
    made = exported(
        read(
            account(),
            chat("acc/sure"),
            chat("acc/maybe", condition="[parameters('deploy')]"),
            chat("acc/open", sku={"name": "Standard", "capacity": "[parameters('nowhere')]"}),
            chat("acc/lost", kind="odd"),
            chat("many", copy={"name": "many", "count": "[parameters('nowhere')]"}),
        )
    )
    assert str(made.tally) == ("2 certain, 0 assumed, 1 to be decided, 1 with a value to fill in, 2 left out")
    assert not made.tally.whole


def looped(items: str, **more: Any) -> Estate:  # noqa: ANN401 -- JSON
    copy = {"name": "each", "count": "[length(variables('items'))]"}
    one = chat("[format('acc/{0}', variables('items')[copyIndex()])]", copy=copy)
    document: dict[str, Any] = {
        "parameters": PARAMETERS,
        "variables": {"all": ["a", "b", "c"], "items": items},
        "resources": [one],
        **more,
    }
    return template_estate(ForeignFile(name="main.json", document=document), [], Setting())


LOOPS = [
    "[concat(createArray('a'), if(parameters('deploy'), createArray('b'), createArray()), createArray('c'))]",
    "[union(createArray('a', 'c'), if(parameters('deploy'), createArray('b'), createArray()))]",
    "[filter(variables('all'), lambda('x', or(contains('ac', lambdaVariables('x')), parameters('deploy'))))]",
]


@pytest.mark.parametrize("items", LOOPS)
def test_a_loop_over_what_is_partly_certain_is_partly_certain(items: str) -> None:
    conditions = {name: one.condition for name, one in found(looped(items)).items()}
    assert conditions == {"a": "", "b": "parameters('deploy')", "c": ""}


def test_a_filter_of_too_many_doubts_is_left_out() -> None:
    items = "[filter(range(0, 20), lambda('x', equals(reference(string(lambdaVariables('x'))), 1)))]"
    assert "the loop each runs" in looped(items).left_out[0]
