"""The operations that clients meet first and that were gaps: keys, checks, children, policies, resources."""

from typing import Any

import pytest

from tests.emulator.arm import ACCOUNT, SUB_A, Arm, Reply, deployment, fleet, gpt_4o

PROVIDER = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices"
GROUP = f"/subscriptions/{SUB_A}/resourceGroups/rg"


def foundry() -> Arm:
    """The account of tenant a as one that holds projects."""
    properties = {"allowProjectManagement": True}
    account = {"id": ACCOUNT, "location": "swedencentral", "kind": "AIServices", "properties": properties}
    return fleet(accounts=[{**account, "identity": {"type": "SystemAssigned"}}])


def test_keys_are_two_stay_and_one_is_made_anew() -> None:
    arm = fleet()
    first = arm.arm("POST", f"{ACCOUNT}/listKeys").json
    assert set(first) == {"key1", "key2"}
    assert arm.arm("POST", f"{ACCOUNT}/listKeys").json == first
    second = arm.arm("POST", f"{ACCOUNT}/regenerateKey", {"keyName": "Key2"}).json
    assert (second["key1"], second["key2"] != first["key2"]) == (first["key1"], True)
    assert arm.arm("POST", f"{ACCOUNT}/listKeys").json == second
    assert arm.arm("POST", f"{ACCOUNT}/regenerateKey", {"keyName": "Key3"}).status == 400
    assert arm.arm("POST", f"{ACCOUNT}-none/listKeys").code == "ResourceNotFound"


def test_an_account_without_local_authentication_has_no_keys() -> None:
    arm = fleet()
    arm.arm("PATCH", ACCOUNT, {"properties": {"disableLocalAuth": True}})
    reply = arm.arm("POST", f"{ACCOUNT}/listKeys")
    assert (reply.status, reply.message) == (400, "Failed to list key. disableLocalAuth is set to be true")


def test_skus_of_an_account_and_of_a_kind_in_a_region() -> None:
    arm = fleet()
    assert arm.arm("GET", f"{ACCOUNT}/skus").json["value"] == [
        {"resourceType": "Microsoft.CognitiveServices/accounts", "sku": {"name": "S0", "tier": "Standard"}}
    ]
    asked = {"skus": ["S0", "X9"], "kind": "Face", "type": "Microsoft.CognitiveServices/accounts"}
    checked = arm.arm("POST", f"{PROVIDER}/locations/eastus/checkSkuAvailability", asked).json["value"]
    assert [item["skuAvailable"] for item in checked] == [True, False]
    assert checked[0] == {
        "kind": "Face",
        "type": "Microsoft.CognitiveServices/accounts",
        "skuName": "S0",
        "skuAvailable": True,
    }


def test_a_subdomain_is_free_until_somebody_has_it() -> None:
    arm = fleet()
    asked = {"subdomainName": "contoso", "type": "Microsoft.CognitiveServices/accounts"}
    free = arm.arm("POST", f"{PROVIDER}/checkDomainAvailability", asked)
    assert free.json == {"isSubdomainAvailable": True, "subdomainName": "contoso"}
    arm.arm("PATCH", ACCOUNT, {"properties": {"customSubDomainName": "contoso"}})
    taken = arm.arm("POST", f"{PROVIDER}/checkDomainAvailability", asked).json
    assert taken["isSubdomainAvailable"] is False
    assert "not available" in taken["reason"]
    assert arm.arm("POST", f"{PROVIDER}/checkDomainAvailability", {}).status == 400


def test_the_providers_operations_and_the_commitment_tiers_of_a_region() -> None:
    arm = fleet()
    listed = arm.arm("GET", "/providers/Microsoft.CognitiveServices/operations").json["value"]
    assert "Microsoft.CognitiveServices/accounts/deployments/write" in {item["name"] for item in listed}
    assert listed[0]["name"] == "Microsoft.CognitiveServices/register/action"
    assert listed[0]["display"]["provider"] == "Microsoft.CognitiveServices"
    tiers = arm.arm("GET", f"{PROVIDER}/locations/eastus/commitmentTiers").json["value"]
    assert tiers[0] == {
        "kind": "TextAnalytics",
        "skuName": "S",
        "hostingModel": "Web",
        "planType": "TA",
        "tier": "T1",
        "quota": {"quantity": 1_000_000, "unit": "Transaction"},
        "cost": {},
    }


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("raiBlocklists/words", "2025-06-01"),
        ("projects/mine", "2025-06-01"),
        ("connections/search", "2025-06-01"),
        ("commitmentPlans/plan", "2025-06-01"),
        ("encryptionScopes/scope", "2025-06-01"),
        ("costControls/limit", "2026-09-15-preview"),
    ],
)
def test_a_child_of_an_account_is_made_changed_listed_and_removed(path: str, version: str) -> None:
    arm = foundry()
    child, group = f"{ACCOUNT}/{path}", f"{ACCOUNT}/{path.partition('/')[0]}"
    body = {"properties": {"description": "x"}, "tags": {"a": "b"}}
    assert arm.arm("GET", child, version=version).status == 404
    made = arm.arm("PUT", child, body, version=version)
    assert (made.status, made.json["id"].lower()) == (200 if "connections" in path else 201, child.lower())
    assert made.json["properties"]["description"] == "x"
    assert arm.arm("PUT", child, body, version=version).status == 200
    changed = arm.arm("PATCH", child, {"properties": {"more": 1}}, version=version).json
    assert (changed["properties"]["description"], changed["properties"]["more"]) == ("x", 1)
    assert [item["id"] for item in arm.arm("GET", group, version=version).json["value"]] == [made.json["id"]]
    assert arm.arm("DELETE", child, version=version).status in {200, 202}
    arm.control("clock", {"advanceSeconds": 100})
    assert arm.arm("DELETE", child, version=version).status == 204
    assert arm.arm("GET", group, version=version).json == {"value": []}


def test_a_grandchild_needs_its_holder_and_goes_with_it() -> None:
    arm = fleet()
    item = f"{ACCOUNT}/raiBlocklists/words/raiBlocklistItems/one"
    body = {"properties": {"pattern": "x", "isRegex": False}}
    assert arm.arm("PUT", item, body).code == "ParentResourceNotFound"
    arm.arm("PUT", f"{ACCOUNT}/raiBlocklists/words", {"properties": {}})
    assert arm.arm("PUT", item, body).status == 201
    assert len(arm.arm("GET", f"{ACCOUNT}/raiBlocklists").json["value"]) == 1
    arm.control("lro", {"polls": 0})
    arm.arm("DELETE", f"{ACCOUNT}/raiBlocklists/words")
    assert arm.arm("GET", item).status == 404


def test_a_project_stands_in_the_way_of_its_accounts_deletion() -> None:
    arm = foundry()
    project = arm.arm("PUT", f"{ACCOUNT}/projects/mine", {"properties": {}}, version="2025-06-01").json
    assert (project["name"], project["location"]) == ("acc/mine", "swedencentral")
    assert arm.arm("DELETE", ACCOUNT).code == "CannotDeleteResource"


def test_resources_are_accounts_and_projects_of_a_group_or_a_subscription() -> None:
    arm = foundry()
    arm.arm("PUT", f"{ACCOUNT}/projects/mine", {"properties": {}}, version="2025-06-01")
    for path in (f"/subscriptions/{SUB_A}/resources", f"{GROUP}/resources"):
        listed = arm.arm("GET", path, version="2021-04-01").json["value"]
        assert [item["type"].rpartition("/")[2] for item in listed] == ["accounts", "projects"]
        assert "properties" not in listed[0]
        only = f"{path}?$filter=resourceType eq 'Microsoft.CognitiveServices/accounts'".replace(" ", "%20")
        assert len(arm.arm("GET", only, version="2021-04-01").json["value"]) == 1
    odd = f"{GROUP}/resources?$filter=tagName%20eq%20'a'"
    assert arm.arm("GET", odd, version="2021-04-01").status == 400


# --- policies

ASSIGNMENT = {
    "assignmentId": "/subscriptions/x/providers/Microsoft.Authorization/policyAssignments/models",
    "displayName": "Approved models",
    "allowedPublishers": ["Microsoft"],
    "allowedAssetIds": [],
}


@pytest.mark.parametrize(
    ("more", "outcome", "status"),
    [
        ({}, "NonCompliant", 400),
        ({"effect": "Audit"}, "NonCompliant", 201),
        ({"effect": "Disabled"}, "Compliant", 201),
        ({"allowedPublishers": ["OpenAI"]}, "Compliant", 201),
        ({"scope": f"/subscriptions/{SUB_A}/resourceGroups/other"}, "Compliant", 201),
    ],
)
def test_a_policy_is_evaluated_beforehand_and_denies_the_put(
    more: dict[str, object], outcome: str, status: int
) -> None:
    arm = fleet(policies=[{**ASSIGNMENT, **more}])
    body = gpt_4o()
    asked = {"deployments": [{"name": "chat", "properties": {"model": body["properties"]["model"]}}]}
    reply = arm.arm("POST", f"{ACCOUNT}/evaluateDeploymentPolicies", asked, version="2026-09-15-preview")
    assert reply.json["results"]["chat"]["evaluationOutcome"] == outcome
    put = arm.arm("PUT", deployment(), body)
    assert put.status == status
    if status == 400:
        assert put.code == "InvalidResourceProperties"
        assert put.message.startswith(
            "Policy evaluation returned compliance: NonCompliant for model gpt-4o/2024-11-20 with error:"
            f" This action is noncompliant with policy {ASSIGNMENT['assignmentId']} "
        )


def test_a_project_wants_an_account_that_has_an_identity() -> None:
    properties = {"allowProjectManagement": True}
    account = {"id": ACCOUNT, "location": "swedencentral", "kind": "AIServices", "properties": properties}
    reply = fleet(accounts=[account]).arm("PUT", f"{ACCOUNT}/projects/p", {"location": "swedencentral"})
    assert (reply.status, reply.code) == (400, "BadRequest")
    assert reply.message.endswith("you must enable a managed identity on your resource.")


def test_an_evaluation_wants_names_and_models_and_a_preview_version() -> None:
    arm = fleet()
    path = f"{ACCOUNT}/evaluateDeploymentPolicies"
    assert arm.arm("POST", path, {"deployments": [{"name": "x"}]}, version="2026-09-15-preview").status == 400
    assert arm.arm("POST", path, {}, version="2025-06-01").code == "NoRegisteredProviderFound"


def ended(arm: Arm, reply: Reply) -> dict[str, Any]:
    """What the operation of a write says in the end."""
    path = reply.headers["azure-asyncoperation"].removeprefix("http://127.0.0.1")
    found: dict[str, Any] = [arm.call("GET", path, bearer=arm.token).json for _ in range(3)][-1]
    return found


def test_a_second_capability_host_is_refused_and_one_that_is_being_deleted_too() -> None:
    arm = fleet()
    host = {"properties": {"capabilityHostKind": "Agents"}}
    first, second = (f"{ACCOUNT}/capabilityHosts/{name}" for name in ("one", "two"))
    made = arm.arm("PUT", first, host)
    assert (made.status, made.json["properties"]["provisioningState"]) == (201, "Creating")
    assert ended(arm, made)["status"] == "Succeeded"
    assert arm.arm("GET", first).json["properties"]["provisioningState"] == "Succeeded"
    refused = arm.arm("PUT", second, host)
    assert (refused.status, refused.code) == (409, "Conflict")
    assert refused.message.startswith("There is an existing Capability Host with name: one, ")
    again = arm.arm("PUT", first, host)
    failed = ended(arm, again)
    assert (again.status, failed["status"], failed["error"]["code"]) == (200, "Failed", "Conflict")
    assert failed["error"]["message"] == "Resource one is in conflicting state"
    assert arm.arm("DELETE", first).status == 202
    busy = arm.arm("PUT", first, host)
    assert (busy.status, busy.code) == (409, "Conflict")
    assert busy.message.startswith("Create: Capability Host one is currently in non creating")


@pytest.mark.parametrize(
    ("kind", "allowed", "status"),
    [("AIServices", True, 201), ("AIServices", False, 400), ("OpenAI", True, 400)],
)
def test_a_project_wants_an_account_that_holds_projects(kind: str, allowed: bool, status: int) -> None:
    account = {
        "id": f"{ACCOUNT}-foundry",
        "location": "eastus2",
        "kind": kind,
        "identity": {"type": "SystemAssigned"},
        "properties": {"allowProjectManagement": allowed},
    }
    arm = fleet(accounts=[account])
    reply = arm.arm("PUT", f"{ACCOUNT}-foundry/projects/p", {"location": "eastus2", "properties": {}})
    assert reply.status == status
    if status == 400:
        assert (reply.code, reply.message.split(" can ")[0]) == ("BadRequest", "Project")
