"""Every kind of source is recognised by what it holds, and several are laid together."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from reconciler.domain.ids import AccountId
from reconciler.errors import UsageProblem
from reconciler.export import Estate, Found, Setting, manifests_of
from reconciler.export.estate import EstateOrigin
from reconciler.export.sources.reading import Files, estate_of

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
ACCOUNT = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/acc"
)
MODEL = {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}
SKU = {"name": "GlobalStandard", "capacity": 10}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(name: str, content: Any) -> Path:  # noqa: ANN401 -- JSON
    Path(name).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return Path(name)


def read(*paths: Path, **setting: Any) -> Estate:  # noqa: ANN401 -- JSON
    return estate_of(Files(any_kind=paths), Setting(**setting))


def names(estate: Estate) -> list[str]:
    return [f"{there.name}/{one.name}" for there in estate.accounts for one in there.deployments]


def only(estate: Estate) -> Found:
    ((found,),) = [one.deployments for one in estate.accounts]
    return found


def template(name: str = "acc/chat", **sku: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    kind = "Microsoft.CognitiveServices/accounts/deployments"
    one = {"type": kind, "name": name, "sku": {**SKU, **sku}, "properties": {"model": MODEL}}
    return {"contentVersion": "1.0.0.0", "resources": [one]}


def resource(kind: str, values: Any, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "values": values, **more}


AZURERM = {
    "id": f"{ACCOUNT}/deployments/chat",
    "name": "chat",
    "cognitive_account_id": ACCOUNT,
    "model": [MODEL],
    "sku": [{**SKU, "tier": "", "size": "", "family": ""}],
    "rai_policy_name": "",
    "version_upgrade_option": "NoAutoUpgrade",
    "dynamic_throttling_enabled": False,
}


# -- what az and Terraform print -------------------------------------------------------------------


def az_item(name: str = "chat", **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return {
        "etag": '"x"',
        "id": f"{ACCOUNT}/deployments/{name}",
        "name": name,
        "resourceGroup": "rg",
        "properties": {
            "model": {**MODEL, "source": None, "callRateLimit": None},
            "provisioningState": "Succeeded",
            "raiPolicyName": None,
            "scaleSettings": None,
            "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
        },
        "sku": {**SKU, "family": None, "size": None, "tier": None},
        "systemData": {"createdAt": "x"},
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        **more,
    }


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_list_that_az_prints_is_what_exists(wrapped: bool) -> None:
    items = [az_item(), az_item("other")]
    made = read(written("list.json", {"value": items} if wrapped else items))
    assert (names(made), made.origin) == (["acc/chat", "acc/other"], EstateOrigin.LISTING)
    text = manifests_of(made, fleet="f", today=date(2026, 6, 22)).stream
    assert "sku: {name: GlobalStandard, capacity: 10}\n" in text
    assert "versionUpgradeOption" not in text


def test_one_deployment_that_az_shows_is_read_too() -> None:
    assert names(read(written("one.json", az_item()))) == ["acc/chat"]


def test_a_list_without_ids_needs_the_account() -> None:
    item = az_item()
    item["id"] = None
    path = written("list.json", [item])
    assert names(read(path)) == ["None/chat"]
    account = AccountId.parse(ACCOUNT)
    (there,) = read(path, account=account, location="eastus2").accounts
    assert (there.subscription, there.resource_group, there.name, there.region, dict(there.open)) == (
        SUBSCRIPTION, "rg", "acc", "eastus2", {},
    )  # fmt: skip


def test_terraform_show_of_a_state_is_read_with_its_child_modules() -> None:
    root = {
        "resources": [resource("azurerm_cognitive_account", {"id": ACCOUNT, "location": "eastus2"})],
        "child_modules": [{"resources": [resource("azurerm_cognitive_deployment", AZURERM)]}],
    }
    document = {"format_version": "1.0", "terraform_version": "1.9", "values": {"root_module": root}}
    (there,) = read(written("show.json", document)).accounts
    assert (there.name, there.region, [one.name for one in there.deployments]) == ("acc", "eastus2", ["chat"])


def test_terraform_show_hides_what_is_marked_as_sensitive() -> None:
    one = resource("azurerm_cognitive_deployment", {**AZURERM, "rai_policy_name": "hush"})
    one["sensitive_values"] = {"rai_policy_name": True, "model": [{}]}
    document = {"format_version": "1.0", "values": {"root_module": {"resources": [one]}}}
    found = only(estate_of(Files(states=(written("show.json", document),)), Setting()))
    assert "hush" not in repr(found)
    assert "rai_policy_name" in found.lost[0]


def change(kind: str, address: str, after: Any, unknown: Any = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    values = {"actions": ["create"], "after": after, "after_unknown": unknown or {}, **more}
    return {"address": address, "mode": "managed", "type": kind, "name": "x", "change": values}


def planned(*changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    references = {"references": ["azurerm_cognitive_account.a.id", "azurerm_cognitive_account.a"]}
    configured = {
        "address": "azurerm_cognitive_deployment.d",
        "expressions": {"cognitive_account_id": references},
    }
    return {
        "format_version": "1.2",
        "terraform_version": "1.9",
        "planned_values": {},
        "resource_changes": list(changes),
        "configuration": {"root_module": {"resources": [configured]}},
    }


def test_a_plan_says_what_would_be_there_and_what_is_known_after_apply() -> None:
    new = {key: value for key, value in AZURERM.items() if key not in {"id", "cognitive_account_id"}}
    new["sku"] = [{"name": "GlobalStandard"}]
    account = {"name": "acc", "resource_group_name": "rg", "location": "swedencentral"}
    document = planned(
        change("azurerm_cognitive_account", "azurerm_cognitive_account.a", account, {"id": True}),
        change(
            "azurerm_cognitive_deployment",
            'azurerm_cognitive_deployment.d["chat"]',
            new,
            {"id": True, "cognitive_account_id": True, "sku": [{"capacity": True}]},
        ),
        change(
            "azurerm_cognitive_deployment", "azurerm_cognitive_deployment.gone", AZURERM, actions=["delete"]
        ),
    )
    made = read(written("plan.json", document), subscription=SUBSCRIPTION)
    (there,) = made.accounts
    assert (there.subscription, there.resource_group, there.name, there.region) == (
        SUBSCRIPTION, "rg", "acc", "swedencentral",
    )  # fmt: skip
    assert only(made).open == {"sku.capacity": "known after apply"}


def state(*resources: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return {"version": 4, "terraform_version": "1.9", "lineage": "x", "resources": list(resources)}


def held(kind: str, *instances: Any, mode: str = "managed") -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return {"mode": mode, "type": kind, "name": "x", "instances": list(instances)}


def test_a_deposed_object_is_left_out_and_a_tainted_one_is_remarked_on() -> None:
    old = {**AZURERM, "id": f"{ACCOUNT}/deployments/old", "name": "old"}
    document = state(
        held(
            "azurerm_cognitive_deployment",
            {"attributes": AZURERM, "status": "tainted"},
            {"attributes": old, "deposed": "abcd1234"},
        )
    )
    made = read(written("terraform.tfstate", document))
    assert names(made) == ["acc/chat"]
    assert "tainted" in only(made).notes[0]
    assert "azurerm_cognitive_deployment.x is deposed" in made.left_out[0]


def test_an_update_by_azapi_is_laid_over_the_deployment_that_it_changes() -> None:
    kind = "Microsoft.CognitiveServices/accounts/deployments@2025-06-01"
    body = {"sku": {"capacity": 99}, "properties": {"raiPolicyName": "strict"}}
    update = {"type": kind, "resource_id": f"{ACCOUNT}/deployments/CHAT", "body": json.dumps(body)}
    document = state(
        held("azapi_update_resource", {"attributes": update}),
        held("azurerm_cognitive_deployment", {"attributes": AZURERM}),
    )
    found = only(read(written("terraform.tfstate", document)))
    assert found.resource["sku"]["capacity"] == 99  # type: ignore[index,call-overload]
    assert found.resource["properties"]["raiPolicyName"] == "strict"  # type: ignore[index,call-overload]
    assert "changes it: sku.capacity, raiPolicyName" in found.notes[0]


def test_an_update_of_something_else_and_an_action_are_told() -> None:
    kind = "Microsoft.CognitiveServices/accounts/deployments@2025-06-01"
    update = {"type": kind, "resource_id": f"{ACCOUNT}/deployments/elsewhere", "body": {}}
    document = state(
        held("azapi_update_resource", {"attributes": update}),
        held("azapi_resource_action", {"attributes": {"type": kind, "action": "pause"}}),
        held("azurerm_cognitive_deployment", {"attributes": AZURERM}),
    )
    made = read(written("terraform.tfstate", document))
    assert [text.partition(" ")[0] for text in made.left_out] == [
        "azapi_update_resource.x", "azapi_resource_action.x",
    ]  # fmt: skip


def test_a_template_that_terraform_deploys_is_looked_into() -> None:
    content = template("[concat(parameters('account'), '/chat')]")
    content["parameters"] = {"account": {"type": "string"}}
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
    attributes = {
        "id": f"{group}/providers/Microsoft.Resources/deployments/x",
        "template_content": json.dumps(content),
        "parameters_content": json.dumps({"account": {"value": "acc"}}),
    }
    document = state(held("azurerm_resource_group_template_deployment", {"attributes": attributes}))
    (there,) = read(written("terraform.tfstate", document)).accounts
    assert (there.subscription, there.resource_group, there.name) == (SUBSCRIPTION, "rg", "acc")


# -- Kubernetes and azd ----------------------------------------------------------------------------

ASO = f"""
apiVersion: cognitiveservices.azure.com/v20250601
kind: Account
metadata: {{name: acc-object}}
spec:
  azureName: acc
  location: swedencentral
  owner: {{armId: /subscriptions/{SUBSCRIPTION}/resourceGroups/rg}}
---
apiVersion: cognitiveservices.azure.com/v20250601
kind: Deployment
metadata: {{name: chat}}
spec:
  owner: {{name: acc-object}}
  properties:
    model: {{format: OpenAI, name: gpt-4o, version: 2024-11-20}}
    raiPolicyName: strict
  sku: {{name: GlobalStandard, capacity: 10}}
  tags: {{team: a}}
"""


def test_objects_of_the_azure_service_operator_are_arm_bodies() -> None:
    made = read(written("aso.yaml", ASO))
    (there,) = made.accounts
    assert (there.subscription, there.resource_group, there.name, there.region) == (
        SUBSCRIPTION, "rg", "acc", "swedencentral",
    )  # fmt: skip
    assert only(made).resource["properties"] == {
        "model": {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"},
        "raiPolicyName": "strict",
    }
    assert only(made).resource["tags"] == {"team": "a"}


def test_an_owner_may_be_an_arm_id_and_the_objects_a_list() -> None:
    one = {
        "apiVersion": "cognitiveservices.azure.com/v1api20241001",
        "kind": "Deployment",
        "metadata": {
            "name": "k8s-name",
            "annotations": {"serviceoperator.azure.com/reconcile-policy": "detach-on-delete"},
        },
        "spec": {
            "azureName": "chat",
            "owner": {"armId": ACCOUNT},
            "sku": SKU,
            "properties": {"model": MODEL},
        },
    }
    made = read(written("list.json", {"apiVersion": "v1", "kind": "List", "items": [one]}))
    assert names(made) == ["acc/chat"]
    assert "detach-on-delete" in only(made).lost[0]


CROSSPLANE = """
apiVersion: cognitiveservices.azure.upbound.io/v1beta1
kind: Account
metadata: {name: acc-object, annotations: {crossplane.io/external-name: acc}}
spec: {forProvider: {location: West Europe, resourceGroupName: rg, kind: OpenAI, skuName: S0}}
---
apiVersion: cognitiveservices.azure.upbound.io/v1beta1
kind: Deployment
metadata: {name: chat}
spec:
  forProvider:
    cognitiveAccountIdRef: {name: acc-object}
    model: [{format: OpenAI, name: gpt-4o, version: "2024-11-20"}]
    scale: [{type: Standard, capacity: 7}]
    versionUpgradeOption: NoAutoUpgrade
    odd: 1
"""


def test_objects_of_crossplane_are_terraforms_attributes() -> None:
    made = read(written("crossplane.yaml", CROSSPLANE))
    assert (names(made), made.accounts[0].region) == (["acc/chat"], "West Europe")
    found = only(made)
    assert found.resource["sku"] == {"name": "Standard", "capacity": 7}
    assert "spec.forProvider.odd" in found.lost[0]


def test_an_account_that_is_chosen_by_labels_is_to_fill_in() -> None:
    text = CROSSPLANE.replace("cognitiveAccountIdRef: {name: acc-object}", "cognitiveAccountIdSelector: {}")
    (there,) = read(written("crossplane.yaml", text)).accounts
    assert there.open["name"] == "chosen by labels"


def test_ai_yaml_of_azd_is_a_list_of_deployments() -> None:
    text = """
# yaml-language-server: $schema=ai.yaml.json
deployments:
  - name: gpt-4
    model: {format: OpenAI, name: gpt-4o, version: "2024-05-13"}
    sku: {name: GlobalStandard, capacity: 20}
    versionUpgradeOption: NoAutoUpgrade
"""
    found = only(read(written("ai.yaml", text)))
    assert found.name == "gpt-4"
    assert found.resource["properties"]["versionUpgradeOption"] == "NoAutoUpgrade"  # type: ignore[index,call-overload]
    assert found.resource["sku"] == {"name": "GlobalStandard", "capacity": 20}


def test_azure_yaml_has_deployments_of_services_and_composed_models() -> None:
    text = """
name: app
services:
  agent:
    host: azure.ai.agent
    config:
      deployments:
        - name: ${MODEL=gpt-4o-mini}
          model: {format: OpenAI, name: gpt-4o-mini, version: "2024-07-18"}
          sku: {name: GlobalStandard, capacity: "${CAP}"}
resources:
  chat:
    type: ai.openai.model
    model: {name: gpt-4o, version: "2024-08-06"}
  project:
    type: ai.project
    models:
      - {name: Phi-4, version: "7", format: Microsoft, sku: {name: GlobalStandard, usageName: x, capacity: 1}}
  there:
    type: ai.openai.model
    existing: true
"""
    made = read(written("azure.yaml", text), environment={"CAP": "5"})
    found = {one.name: one for one in made.accounts[0].deployments}
    assert list(found) == ["gpt-4o-mini", "chat", "Phi-4"]
    assert found["gpt-4o-mini"].resource["sku"]["capacity"] == "5"  # type: ignore[index,call-overload]
    assert "azd chooses it" in found["chat"].open["sku"]
    assert found["Phi-4"].resource["sku"] == {"name": "GlobalStandard", "capacity": 1}
    assert "there (ai.openai.model) exists already" in made.left_out[0]


def test_a_variable_without_a_value_leaves_its_place_open() -> None:
    text = 'deployments: [{name: chat, model: {name: "${M}"}, sku: {name: Standard, capacity: 1}}]'
    assert only(read(written("ai.yaml", text))).open == {"model.name": "${M}"}


# -- several, and what is said beside them ---------------------------------------------------------


def test_two_sources_of_one_account_are_one_set() -> None:
    a = written("a.json", template("acc/chat"))
    b = written("b.json", template("ACC/other"))
    assert names(read(a, b)) == ["acc/chat", "acc/other"]


def test_what_exists_goes_before_what_is_wanted_and_the_difference_is_told() -> None:
    wanted = written("main.json", template(capacity=99))
    there = written("terraform.tfstate", state(held("azurerm_cognitive_deployment", {"attributes": AZURERM})))
    made = read(wanted, there)
    assert only(made).resource["sku"]["capacity"] == 10  # type: ignore[index,call-overload]
    assert made.left_out == (
        (
            "acc/chat is in terraform.tfstate and in main.json, which differ in sku.capacity; "
            "what terraform.tfstate says is exported"
        ),
    )
    assert made.origin is EstateOrigin.SEVERAL


def test_an_assumption_marks_what_would_be_otherwise_without_it() -> None:
    document = template()
    document["parameters"] = {"deploy": {"type": "bool"}}
    sure = {**document["resources"][0], "name": "acc/sure"}
    document["resources"][0]["condition"] = "[parameters('deploy')]"
    document["resources"].append(sure)
    made = read(written("main.json", document), assumed={"deploy": "true"})
    assert {one.name: one.assumed for one in made.accounts[0].deployments} == {"chat": True, "sure": False}
    assert "assumed: deploy=true" in made.notes


def test_an_account_that_nobody_leaves_open_cannot_be_given() -> None:
    path = written("terraform.tfstate", state(held("azurerm_cognitive_deployment", {"attributes": AZURERM})))
    with pytest.raises(UsageProblem, match="they leave none open: they name acc"):
        read(path, account=AccountId.parse(f"{ACCOUNT}-2"))


def test_the_id_of_the_account_that_the_source_names_says_where_it_is() -> None:
    document = template()
    document["resources"].append(
        {
            "type": "Microsoft.CognitiveServices/accounts",
            "name": "acc",
            "location": "eastus2",
            "properties": {},
        }
    )
    path = written("main.json", document)
    (account,) = read(path, account=AccountId.parse(ACCOUNT)).accounts
    assert (account.name, account.resource_group, account.open) == ("acc", "rg", {})
    other = AccountId.parse(f"{ACCOUNT}-2")
    with pytest.raises(UsageProblem, match="they name acc"):
        read(path, account=other)


def test_one_account_cannot_stand_for_two() -> None:
    names_ = ["[concat(uniqueString('a'), '/chat')]", "[concat(uniqueString('b'), '/chat')]"]
    paths = [written(f"{n}.json", template(name)) for n, name in enumerate(names_)]
    with pytest.raises(UsageProblem, match="leave 2 open"):
        read(*paths, account=AccountId.parse(ACCOUNT))


def test_an_account_whose_name_is_known_is_completed_by_the_id() -> None:
    (there,) = read(written("main.json", template()), account=AccountId.parse(ACCOUNT)).accounts
    assert (there.subscription, there.resource_group, there.name) == (SUBSCRIPTION, "rg", "acc")


STRANGE: list[tuple[str, Any, str]] = [
    ("a.json", {"parameters": {}, "$schema": "x/deploymentParameters.json#"}, "pass it as --parameters"),
    ("a.json", {"a": 1}, "nothing that deployments are exported from"),
    ("a.json", [1, 2], "lists no deployment"),
    ("a.yaml", "just: text", "nothing that deployments are exported from"),
    ("a.yaml", "a: [", "is not YAML"),
    ("a.yaml", "apiVersion: v1\nkind: Pod", "holds no model deployment"),
    ("azure.yaml", "services: {web: {host: containerapp}}", "declares no model deployment"),
    ("main.tf", "", "name its folder"),
    ("main.bicepparam", "", "pass it as --parameters"),
]


@pytest.mark.parametrize(("name", "content", "says"), STRANGE)
def test_a_file_of_another_kind_is_told_what_it_is(name: str, content: Any, says: str) -> None:  # noqa: ANN401 -- JSON
    with pytest.raises(UsageProblem, match=says):
        read(written(name, content))
