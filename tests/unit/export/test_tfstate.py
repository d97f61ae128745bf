"""Terraform states: azurerm's deployments of both generations, and azapi's."""

import json
from typing import Any

import pytest

from reconciler.domain.deployment import JsonValue
from reconciler.errors import UsageProblem
from reconciler.export import Estate, Setting
from reconciler.export.foreign import ForeignFile
from reconciler.export.sources.terraform_state import tfstate_estate

ACCOUNT = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-ai"
    "/providers/Microsoft.CognitiveServices/accounts/aoai"
)
AZURERM: dict[str, Any] = {
    "id": f"{ACCOUNT}/deployments/chat",
    "name": "chat",
    "cognitive_account_id": ACCOUNT,
    "model": [{"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}],
    "rai_policy_name": "",
    "version_upgrade_option": "NoAutoUpgrade",
    "dynamic_throttling_enabled": False,
}
MODEL: dict[str, JsonValue] = {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}


def state(*resources: tuple[str, dict[str, Any]], mode: str = "managed", **more: Any) -> Estate:  # noqa: ANN401 -- JSON on its way in
    document = {
        "version": 4,
        "terraform_version": "1.9.8",
        "resources": [
            {"mode": mode, "type": kind, "name": "x", "instances": [{"attributes": attributes}]}
            for kind, attributes in resources
        ],
        **more,
    }
    return tfstate_estate(
        ForeignFile(name="terraform.tfstate", document=json.loads(json.dumps(document))), Setting()
    )


def resource_of(estate: Estate) -> dict[str, Any]:
    ((found,),) = [account.deployments for account in estate.accounts]
    return dict(found.resource)


@pytest.mark.parametrize(
    ("block", "sku"),
    [
        (
            {"sku": [{"name": "GlobalStandard", "capacity": 50, "tier": "", "size": "", "family": ""}]},
            "GlobalStandard",
        ),
        ({"scale": [{"type": "Standard", "capacity": 50, "tier": None}], "sku": []}, "Standard"),
    ],
)
def test_both_generations_of_azurerm_are_read(block: dict[str, Any], sku: str) -> None:
    estate = state(("azurerm_cognitive_deployment", AZURERM | block))
    resource = resource_of(estate)
    assert (resource["sku"]["name"], resource["sku"]["capacity"]) == (sku, 50)
    assert resource["properties"]["model"] == MODEL
    assert resource["properties"]["versionUpgradeOption"] == "NoAutoUpgrade"


def test_the_region_comes_from_the_account_wherever_it_stands() -> None:
    deployment = ("azurerm_cognitive_deployment", AZURERM | {"sku": [{"name": "Standard", "capacity": 1}]})
    for kind in ("azurerm_cognitive_account", "azurerm_ai_services"):
        estate = state(
            deployment,
            (kind, {"id": ACCOUNT.upper().replace("MICROSOFT", "Microsoft"), "location": "eastus2"}),
        )
        assert estate.accounts[0].region == "eastus2"


@pytest.mark.parametrize(
    "wrap", [json.dumps, lambda body: body, lambda body: {"type": "object", "value": body}]
)
def test_azapi_keeps_bodies_as_text_or_as_values(wrap: Any) -> None:  # noqa: ANN401 -- JSON on its way in
    body = {"sku": {"name": "Standard", "capacity": 7}, "properties": {"model": {"name": "gpt-4o"}}}
    output = {
        "properties": {"model": MODEL, "raiPolicyName": "strict"},
        "sku": {"name": "Standard", "capacity": 1},
    }
    attributes = {
        "type": "Microsoft.CognitiveServices/accounts/deployments@2024-10-01",
        "id": f"{ACCOUNT}/deployments/chat",
        "body": wrap(body),
        "output": wrap(output),
        "tags": {"team": "a"},
    }
    resource = resource_of(state(("azapi_resource", attributes)))
    assert resource["sku"] == {"name": "Standard", "capacity": 7}
    assert resource["properties"] == {"model": MODEL, "raiPolicyName": "strict"}
    assert resource["tags"] == {"team": "a"}


def test_a_data_source_is_no_deployment_of_this_configuration() -> None:
    with pytest.raises(UsageProblem, match="holds no model deployment"):
        state(("azurerm_cognitive_deployment", AZURERM), mode="data")


def test_a_secret_of_the_state_never_reaches_a_message_or_an_export() -> None:
    with pytest.raises(UsageProblem) as told:
        state(("azurerm_cognitive_account", {"id": ACCOUNT, "primary_access_key": "hunter2"}))
    assert "hunter2" not in str(told.value)
    assert "azurerm_cognitive_account" in str(told.value)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"version": 3, "modules": []}, "says version 3"),
        ({"a": 1}, "has no `version`"),
        ({"encrypted_data": "x", "encryption_version": "v0"}, "is encrypted"),
        ({"version": 4, "resources": "none"}, "found none at all"),
        (
            {"version": 4, "resources": [1, {"instances": [2, {"attributes": 3}], "type": 4}]},
            "no model deployment",
        ),
    ],
)
def test_what_is_no_state_of_ours_is_told_what_it_is(document: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageProblem) as told:
        tfstate_estate(ForeignFile(name="x", document=document), Setting())
    assert says in str(told.value)


def test_a_deployment_without_an_id_has_that_of_its_account() -> None:
    estate = state(("azurerm_cognitive_deployment", AZURERM | {"id": None}))
    assert [(one.name, [found.name for found in one.deployments]) for one in estate.accounts] == [
        ("aoai", ["chat"])
    ]


def test_what_terraform_marks_as_sensitive_is_not_carried_and_that_is_told() -> None:
    path = [{"type": "get_attr", "value": "rai_policy_name"}, {"type": "index", "value": 0}]
    instance = {
        "attributes": AZURERM | {"rai_policy_name": "hush", "sku": [{"name": "Standard", "capacity": 1}]},
        "sensitive_attributes": [path, [{"type": "get_attr", "value": "id"}], "nonsense", []],
    }
    resources = [{"mode": "managed", "type": "azurerm_cognitive_deployment", "instances": [instance]}]
    ((found,),) = [one.deployments for one in state(resources=resources).accounts]
    assert "hush" not in json.dumps(found.resource)
    assert found.lost == ("Terraform marks rai_policy_name as sensitive: not carried over here",)


def test_a_state_without_resources_is_told_apart_from_one_of_another_version() -> None:
    with pytest.raises(UsageProblem, match="it has no `resources`"):
        tfstate_estate(ForeignFile(name="x", document={"version": 4}), Setting())
    with pytest.raises(UsageProblem, match="it says version null"):
        tfstate_estate(ForeignFile(name="x", document={"version": None, "resources": []}), Setting())


def test_a_deployment_without_any_account_has_a_place_to_fill_in() -> None:
    estate = state(("azurerm_cognitive_deployment", AZURERM | {"id": None, "cognitive_account_id": None}))
    (account,) = estate.accounts
    assert (account.name, sorted(account.open)) == (None, ["name", "resourceGroup"])


def test_an_arm_template_in_the_place_of_a_state_is_recognised() -> None:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    with pytest.raises(UsageProblem, match="pass it as --from-arm-template"):
        tfstate_estate(ForeignFile(name="x", document={"$schema": schema, "resources": []}), Setting())
