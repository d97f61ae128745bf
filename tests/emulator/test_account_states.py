"""What an account was refused or showed since the trials: trusted services, projects, policies, its end."""

from typing import Any

import pytest

from tests.emulator.arm import ACCOUNT, SUB_A, Arm, Reply, deployment, fleet, gpt_4o
from tests.emulator.templates import GROUP, MAIN, VERSION

ABOVE = ACCOUNT.removesuffix("acc")
PROVIDER = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices"
GONE = f"{PROVIDER}/locations/swedencentral/resourceGroups/rg/deletedAccounts/acc"
UNKNOWN = (
    "The template parameters 'size, kind' in the parameters file are not valid; they are not present in the"
    " original template and can therefore not be provided at deployment time. The only supported parameters"
    " for this template are 'place'."
)
NOT_ALLOWED = (
    "The provided value for the template parameter 'place' is not valid. The value 'westus' is not part of"
    " the allowed value(s): 'eastus,eastus2'."
)
WHOLE = f"/subscriptions/{SUB_A}/providers/Microsoft.Resources/deployments/whole"


def asked(kind: str = "AIServices", **properties: object) -> dict[str, object]:
    sku = {"name": "S" if kind == "TextAnalytics" else "S0"}
    return {"kind": kind, "sku": sku, "location": "eastus", "properties": properties}


def request(body: dict[str, Any], **parameters: object) -> dict[str, Any]:
    given = {name: {"value": value} for name, value in parameters.items()}
    return {"properties": {"mode": "Incremental", "template": body, "parameters": given}}


def empty() -> Arm:
    arm = fleet()
    arm.arm("PUT", GROUP, {"location": "swedencentral"}, version="2021-04-01")
    return arm


def ended(arm: Arm, started: Reply) -> Any:  # noqa: ANN401 - JSON
    path = started.headers["azure-asyncoperation"].removeprefix("http://127.0.0.1")
    return [arm.call("GET", path, bearer=arm.token).json for _ in range(3)][-1]


def on(day: str) -> Arm:
    arm = fleet()
    arm.control("clock", {"at": f"{day}T12:00:00Z"})
    return arm


@pytest.mark.parametrize(
    ("kind", "day", "is_able"),
    [
        ("Face", "2024-12-19", False),
        ("OpenAI", "2024-12-19", True),
        ("AIServices", "2025-05-19", False),
        ("AIServices", "2026-06-01", True),
        ("TextAnalytics", "2025-10-20", True),
    ],
)
def test_trusted_services_are_let_in_by_kinds_that_know_some(kind: str, day: str, is_able: bool) -> None:
    arm = on(day)
    found = arm.arm("PUT", f"{ABOVE}other", asked(kind, networkAcls={"bypass": "AzureServices"}))
    assert found.status == (201 if is_able else 400)
    if not is_able:
        assert found.code == "NetworkAclsBypassNotSupported"
        assert found.message == f"The Kind '{kind}' does not support Trusted Services."
        assert arm.arm("PUT", f"{ABOVE}other", asked(kind, networkAcls={"bypass": "None"})).status == 201


def test_a_policy_on_a_property_refuses_an_account_without_it() -> None:
    assignment = f"/subscriptions/{SUB_A}/providers/Microsoft.Authorization/policyAssignments/keys"
    policy = {"assignmentId": assignment, "scope": f"/subscriptions/{SUB_A}"}
    arm = fleet(policies=[{**policy, "requiredProperties": {"properties.disableLocalAuth": True}}])
    found = arm.arm("PUT", f"{ABOVE}other", asked())
    assert (found.status, found.code) == (403, "RequestDisallowedByPolicy")
    assert arm.arm("PUT", f"{ABOVE}other", asked(disableLocalAuth=True)).status == 201
    assert arm.arm("PUT", deployment(), gpt_4o()).status == 201, "deployments are none of its business"
    wrong = arm.control("world", {"policies": [{**policy, "requiredProperties": []}]})
    assert wrong.status == 400


def test_an_account_names_its_projects_the_default_one_first() -> None:
    arm = fleet()
    ended(
        arm,
        arm.arm(
            "PUT",
            f"{ABOVE}foundry",
            {**asked(allowProjectManagement=True), "identity": {"type": "SystemAssigned"}},
        ),
    )
    for name in ("two", "one"):
        body = {"location": "eastus", "properties": {}}
        assert arm.arm("PUT", f"{ABOVE}foundry/projects/{name}", body).status == 201
    for found in (
        arm.arm("GET", f"{ABOVE}foundry").json,
        next(one for one in arm.arm("GET", ABOVE.rstrip("/")).json["value"] if one["name"] == "foundry"),
    ):
        assert found["properties"]["defaultProject"] == "two"
        assert found["properties"]["associatedProjects"] == ["two", "one"]
    older = arm.arm("GET", f"{ABOVE}foundry", version="2024-10-01").json["properties"]
    assert not {"defaultProject", "associatedProjects"} & set(older)


def test_an_account_is_not_purged_while_it_is_being_deleted_or_purged() -> None:
    arm = fleet()
    arm.control("lro", {"deletes": "long"})
    assert arm.arm("DELETE", ACCOUNT).status == 202
    early = arm.arm("DELETE", GONE)
    assert (early.status, early.code) == (409, "RequestConflict")
    arm.control("clock", {"advanceSeconds": 120})
    assert [arm.arm("DELETE", GONE).status for _ in range(2)] == [202, 409]


def test_an_account_that_fails_says_in_its_operation_what_failed() -> None:
    arm = fleet()
    arm.control("faults", {"match": {"method": "PUT"}, "then": {"lro": "Failed"}})
    error = ended(arm, arm.arm("PUT", f"{ABOVE}other", asked()))["error"]
    assert error == {
        "code": "OperationError",
        "message": "Failed to Create the resource. Provisioning state: Failed",
    }


def test_a_deployment_has_a_throttling_key_of_its_own_where_the_switch_says_so() -> None:
    arm = fleet(settings={"throttlingKeys": "shown"})
    keys = {
        arm.arm("PUT", deployment(name), gpt_4o()).json["properties"]["capabilities"][
            "_H_azureml-throttling-key"
        ]
        for name in ("one", "two")
    }
    assert len(keys) == 2
    assert all(key.startswith("oai-") and len(key) == 36 for key in keys)


def test_a_template_is_not_written_while_one_of_its_name_runs_on() -> None:
    arm = empty()
    nothing = request({"contentVersion": "1.0.0.0", "resources": []})
    arm.control("faults", {"match": {"path": "/deployments/main$"}, "then": {"lro": "never"}})
    assert arm.arm("PUT", MAIN, nothing, version=VERSION).status == 201
    again = arm.arm("PUT", MAIN, nothing, version=VERSION)
    assert (again.status, again.code) == (409, "DeploymentActive")
    assert again.message.startswith("Unable to edit or replace deployment 'main': previous deployment from '")


def test_a_template_of_a_subscription_stays_in_its_location() -> None:
    arm = fleet()
    nothing = request({"contentVersion": "1.0.0.0", "resources": []})
    found = [
        arm.arm("PUT", WHOLE, {**nothing, "location": place}, version=VERSION)
        for place in ("eastus", "East US", "westus")
    ]
    assert [one.status for one in found] == [201, 200, 409]
    assert found[2].code == "InvalidDeploymentLocation"
    assert found[2].message == (
        "Invalid deployment location 'westus'. The deployment 'WHOLE' already exists in location 'East US'."
    )


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "The value for the template parameter 'place' at line '1' and column '1' is not provided."),
        ({"place": "eastus", "size": 1, "kind": 2}, UNKNOWN),
        ({"Place": "westus"}, NOT_ALLOWED),
    ],
)
def test_values_of_parameters_are_checked_before_anything_is_made(
    given: dict[str, object], text: str
) -> None:
    declared = {"place": {"type": "string", "allowedValues": ["eastus", "eastus2"]}}
    body = request({"contentVersion": "1.0.0.0", "parameters": declared, "resources": []}, **given)
    for verb, path in (("PUT", MAIN), ("POST", f"{MAIN}/validate")):
        found = empty().arm(verb, path, body, version=VERSION)
        assert (found.status, found.code) == (400, "InvalidTemplate")
        assert found.message.startswith(f"Deployment template validation failed: '{text}")
