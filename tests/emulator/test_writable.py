"""Places that cannot be written: locked, of a disabled subscription, in a group that is being deleted."""

from typing import Any

import pytest

from tests.emulator.arm import ACCOUNT, SUB_A, Arm, deployment, fleet, gpt_4o
from tests.emulator.templates import GROUP, MAIN, VERSION

S0: Any = {"location": "swedencentral", "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}}


def asked(*, deployment: str) -> Any:  # noqa: ANN401 - a template with one deployment
    resource = {"type": "Microsoft.CognitiveServices/accounts/deployments", "name": f"acc/{deployment}"}
    return {
        "properties": {
            "mode": "Incremental",
            "template": {
                "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                "contentVersion": "1.0.0.0",
                "resources": [{**resource, "apiVersion": "2025-06-01", **gpt_4o()}],
            },
        }
    }


def locked(scope: str, level: str) -> Arm:
    there = {"id": deployment(), "sku": {"name": "GlobalStandard", "capacity": 1}}
    there["properties"] = gpt_4o()["properties"]
    return fleet(deployments=[there], locks=[{"scope": scope, "level": level}])


@pytest.mark.parametrize("scope", [deployment(), ACCOUNT, GROUP, f"/subscriptions/{SUB_A}"])
def test_a_lock_against_deletion_holds_below_its_scope_and_stops_nothing_else(scope: str) -> None:
    arm = locked(scope, "CanNotDelete")
    found = arm.arm("DELETE", deployment())
    assert (found.status, found.code) == (409, "ScopeLocked")
    assert found.message == (
        f"The scope '{deployment()}' cannot perform delete operation because following scope(s) are locked:"
        f" '{scope}'. Please remove the lock and try again."
    )
    assert found.headers["x-ms-failure-cause"] == "gateway"
    assert arm.arm("PUT", deployment(), gpt_4o(capacity=2)).status == 200
    assert arm.arm("POST", f"{ACCOUNT}/listKeys").status == 200


def test_a_group_with_a_locked_account_cannot_be_deleted_and_its_neighbour_can() -> None:
    arm = locked(ACCOUNT, "CanNotDelete")
    assert arm.arm("DELETE", GROUP, version=VERSION).code == "ScopeLocked"
    other = f"{ACCOUNT}2"
    arm.control("world", {"accounts": [{"id": other, "location": "swedencentral", "kind": "OpenAI"}]})
    assert arm.arm("DELETE", other).status == 200


@pytest.mark.parametrize(("method", "path"), [("PUT", ""), ("PATCH", ""), ("POST", "/listKeys")])
def test_a_read_only_lock_stops_every_write_and_no_read(method: str, path: str) -> None:
    arm = locked(ACCOUNT, "ReadOnly")
    found = arm.arm(method, f"{ACCOUNT}{path}", {} if method == "PATCH" else S0)
    assert (found.status, found.code) == (409, "ScopeLocked")
    assert "cannot perform write operation" in found.message
    assert arm.arm("GET", deployment()).status == 200


def test_a_template_is_stopped_by_the_lock_of_what_it_writes() -> None:
    arm = locked(ACCOUNT, "ReadOnly")
    found = arm.arm("PUT", MAIN, asked(deployment="chat"), version=VERSION)
    assert (found.code, found.json["error"]["details"][0]["code"]) == (
        *("InvalidTemplateDeployment", "ScopeLocked"),
    )


def test_a_disabled_subscription_is_read_only() -> None:
    tenant = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
    arm = fleet(subscriptions=[{"subscriptionId": SUB_A, "tenantId": tenant, "state": "Disabled"}])
    found = arm.arm("PUT", deployment(), gpt_4o())
    assert (found.status, found.code) == (409, "ReadOnlyDisabledSubscription")
    assert found.message == (
        f"The subscription '{SUB_A}' is disabled and therefore marked as read only. You cannot perform any"
        " write actions on this subscription until it is re-enabled."
    )
    assert arm.arm("GET", ACCOUNT).status == 200
    assert arm.arm("GET", f"/subscriptions/{SUB_A}", version="2022-12-01").json["state"] == "Disabled"


def test_nothing_is_written_in_a_group_that_is_being_deleted() -> None:
    arm = fleet()
    assert arm.arm("DELETE", GROUP, version=VERSION).status == 202
    found = arm.arm("PUT", f"{ACCOUNT}2", S0)
    assert (found.status, found.code) == (409, "ResourceGroupBeingDeleted")
    name = GROUP.rpartition("/")[2]
    assert found.message == (
        f"The resource group '{name}' is in deprovisioning state and cannot perform this operation."
    )


@pytest.mark.parametrize(
    "world",
    [
        {"locks": [{"scope": ACCOUNT, "level": "Frozen"}]},
        {"locks": [{"level": "ReadOnly"}]},
        {"subscriptions": [{"subscriptionId": SUB_A, "tenantId": "t", "state": "Lost"}]},
    ],
)
def test_a_lock_or_a_state_that_arm_has_not_is_refused(world: dict[str, Any]) -> None:
    assert Arm().control("world", world).status == 400


def test_a_template_writes_only_what_its_caller_may_write() -> None:
    actions = ["Microsoft.Resources/*", "Microsoft.CognitiveServices/*/read"]
    role = {"clientId": "deployer", "scope": f"/subscriptions/{SUB_A}", "actions": actions}
    arm = Arm(fleet(roles=[role]).emulator, client="deployer")
    found = arm.arm("PUT", MAIN, asked(deployment="chat"), version=VERSION)
    assert (found.status, found.code) == (403, "InvalidTemplateDeployment")
    assert found.message.startswith(
        "The template deployment failed with error: 'Authorization failed for template resource 'acc/chat'"
        " of type 'Microsoft.CognitiveServices/accounts/deployments'. The client 'deployer' with object id '"
    )
    assert found.message.endswith(
        "does not have permission to perform action 'Microsoft.CognitiveServices/accounts/deployments/write'"
        f" at scope '{deployment()}'.'."
    )
