"""Create, read, replace, patch and delete, as recorded and specified."""

import re
from typing import Any

from tests.emulator.arm import ACCOUNT, deployment, fleet, gpt_4o


def test_a_new_deployment_is_created_with_201_and_succeeds_at_once() -> None:
    reply = fleet().arm("PUT", deployment(), gpt_4o())
    assert reply.status == 201
    assert reply.json["properties"]["provisioningState"] == "Succeeded"
    assert "azure-asyncoperation" not in reply.headers
    assert "location" not in reply.headers


def test_the_same_put_again_answers_200_and_keeps_the_etag() -> None:
    arm = fleet()
    first = arm.arm("PUT", deployment(), gpt_4o())
    second = arm.arm("PUT", deployment(), gpt_4o())
    assert second.status == 200
    assert second.json["etag"] == first.json["etag"]
    changed = arm.arm("PUT", deployment(), gpt_4o(11))
    assert changed.json["etag"] != first.json["etag"]
    assert second.headers["etag"] == second.json["etag"]
    assert re.match(r'^"[0-9a-f-]{36}"$', second.json["etag"])


def test_properties_come_in_the_recorded_order() -> None:
    arm = fleet()
    body = {**gpt_4o(), "tags": {"a": "b"}}
    body["properties"]["model"]["publisher"] = "OpenAI"
    found = arm.arm("PUT", deployment(), body).json
    assert list(found) == ["id", "type", "name", "sku", "tags", "properties", "systemData", "etag"]
    assert list(found["properties"]) == [
        "model",
        "versionUpgradeOption",
        "currentCapacity",
        "capabilities",
        "raiPolicyName",
        "provisioningState",
        "rateLimits",
    ]
    assert list(found["properties"]["model"]) == ["publisher", "format", "name", "version"]


def test_defaults_are_filled_in_and_rate_limits_follow_capacity() -> None:
    found = fleet().arm("PUT", deployment(), gpt_4o(3)).json["properties"]
    assert found["versionUpgradeOption"] == "OnceNewDefaultVersionAvailable"
    assert found["raiPolicyName"] == "Microsoft.DefaultV2"
    assert found["currentCapacity"] == 3
    assert found["rateLimits"] == [
        {"key": "request", "renewalPeriod": 10, "count": 3},
        {"key": "token", "renewalPeriod": 60, "count": 3000},
    ]


def test_put_is_a_full_replacement_so_what_is_left_out_falls_back() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), {**gpt_4o(versionUpgradeOption="NoAutoUpgrade"), "tags": {"a": "b"}})
    found = arm.arm("PUT", deployment(), gpt_4o()).json
    assert found["properties"]["versionUpgradeOption"] == "OnceNewDefaultVersionAvailable"
    assert "tags" not in found


def test_an_update_keeps_who_created_and_changes_who_modified() -> None:
    arm = fleet()
    created = arm.arm("PUT", deployment(), gpt_4o()).json["systemData"]
    arm.control("clock", {"advanceSeconds": 60})
    updated = arm.arm("PUT", deployment(), gpt_4o(20)).json["systemData"]
    assert created["createdBy"] == created["lastModifiedBy"] == "tester"
    assert created["createdByType"] == "Application"
    assert updated["createdAt"] == created["createdAt"]
    assert updated["lastModifiedAt"] > created["lastModifiedAt"]


def test_a_name_in_another_case_finds_the_deployment_and_ids_keep_their_spelling() -> None:
    arm = fleet()
    arm.arm("PUT", deployment("Chat"), gpt_4o())
    found = arm.arm("GET", deployment("CHAT").replace("resourceGroups", "RESOURCEGROUPS"))
    assert found.status == 200
    assert found.json["id"] == deployment("Chat")
    assert arm.arm("PUT", deployment("chat"), gpt_4o()).status == 200


def test_an_empty_account_lists_twelve_bytes() -> None:
    reply = fleet().arm("GET", f"{ACCOUNT}/deployments")
    assert reply.content == b'{"value":[]}'
    assert "etag" not in reply.headers


def test_delete_answers_200_then_204_and_the_deployment_is_gone() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o())
    gone = arm.arm("DELETE", deployment())
    assert (gone.status, gone.content, gone.headers["content-length"]) == (200, b"", "0")
    assert arm.arm("DELETE", deployment()).status == 204
    absent = arm.arm("GET", deployment())
    assert (absent.status, absent.code) == (404, "NotFound")
    assert absent.message == f"Specified resource '{deployment()}' cannot be found."
    assert "x-ms-failure-cause" not in absent.headers
    assert "x-envoy-upstream-service-time" in absent.headers


def test_a_name_in_the_body_and_unknown_properties_are_ignored() -> None:
    arm = fleet()
    body = {**gpt_4o(surprise={"a": 1}), "name": "other"}
    found = arm.arm("PUT", deployment(), body).json
    assert found["name"] == "chat"
    assert "surprise" not in found["properties"]


def test_a_body_read_back_can_be_put_again() -> None:
    arm = fleet()
    read = arm.arm("PUT", deployment(), {**gpt_4o(), "tags": {"a": "b"}}).json
    again = arm.arm("PUT", deployment(), read)
    assert again.status == 200
    volatile = {"etag", "systemData"}
    assert {n: v for n, v in again.json.items() if n not in volatile} == {
        n: v for n, v in read.items() if n not in volatile
    }


def test_a_create_without_sku_gets_standard_one_and_an_update_without_it_is_refused() -> None:
    arm = fleet()
    body = {"properties": gpt_4o()["properties"]}
    assert arm.arm("PUT", deployment(), body).json["sku"] == {"name": "Standard", "capacity": 1}
    refused = arm.arm("PUT", deployment(), body)
    assert (refused.status, refused.message) == (400, "The sku of model deployment is not provided.")


def test_a_version_left_out_becomes_the_default_version() -> None:
    body = gpt_4o()
    del body["properties"]["model"]["version"]
    assert fleet().arm("PUT", deployment(), body).json["properties"]["model"]["version"] == "2024-11-20"


def test_patch_changes_tags_and_capacity_and_refuses_anything_else() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o(versionUpgradeOption="NoAutoUpgrade"))
    patched = arm.arm("PATCH", deployment(), {"tags": {"a": "b"}, "sku": {"capacity": 11}}).json
    assert patched["tags"] == {"a": "b"}
    assert patched["sku"] == {"name": "GlobalStandard", "capacity": 11}
    assert patched["properties"]["versionUpgradeOption"] == "NoAutoUpgrade"
    refused = arm.arm("PATCH", deployment(), {"properties": {}})
    assert (refused.status, refused.code) == (400, "InvalidRequestContent")
    assert arm.arm("PATCH", deployment("none"), {"tags": {}}).status == 404


def test_pausing_is_idempotent_and_shows_in_the_state() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o())
    paused = arm.arm("POST", f"{deployment()}/pause")
    again = arm.arm("POST", f"{deployment()}/pause")
    assert paused.json["properties"]["deploymentState"] == "Paused"
    assert again.json["etag"] == paused.json["etag"]
    assert arm.arm("POST", f"{deployment()}/resume").json["properties"]["deploymentState"] == "Running"


def test_the_skus_of_a_deployment_come_with_their_ranges() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o())
    items = arm.arm("GET", f"{deployment()}/skus").json["value"]
    provisioned = next(item for item in items if item["sku"]["name"] == "ProvisionedManaged")
    assert provisioned["capacity"] == {"minimum": 50, "maximum": 30000, "step": 50}


def test_every_answer_has_the_recorded_headers() -> None:
    arm = fleet()
    reply = arm.arm("GET", f"{ACCOUNT}/deployments", headers={"x-ms-correlation-request-id": "run-1"})
    assert reply.headers["x-ms-correlation-request-id"] == "run-1"
    assert reply.headers["cache-control"] == "no-cache"
    assert int(reply.headers["content-length"]) == len(reply.content)
    expected = {
        "expires",
        "pragma",
        "strict-transport-security",
        "x-cache",
        "x-content-type-options",
        "x-msedge-ref",
        "x-ms-operation-identifier",
        "x-ms-request-id",
        "x-ms-routing-request-id",
        "x-ms-ratelimit-remaining-subscription-reads",
        "x-ms-ratelimit-remaining-subscription-global-reads",
    }
    assert expected <= set(reply.headers)


def test_capabilities_are_those_of_the_list_on_the_day_of_the_answer_and_nothing_else_moves() -> None:
    arm = fleet(models={"swedencentral": [_listed("1")]}, deployments=[{"id": deployment(), **_MODEL}])
    before = arm.arm("GET", deployment()).json
    assert arm.control("world", {"models": {"swedencentral": [_listed("2048")]}}).status == 200
    after = arm.arm("GET", deployment()).json
    assert (before["properties"]["capabilities"], after["properties"]["capabilities"]) == (
        {"embeddingsMaxInputs": "1"},
        {"embeddingsMaxInputs": "2048"},
    )
    assert (after["etag"], after["systemData"]) == (before["etag"], before["systemData"])


_MODEL: dict[str, Any] = {"properties": {"model": {"format": "OpenAI", "name": "vectors", "version": "1"}}}


def _listed(inputs: str) -> dict[str, Any]:
    """A model whose deployments take so many inputs."""
    offer = {"name": "Standard", "usageName": "OpenAI.Standard.vectors", "capacity": {"maximum": 10}}
    model = _MODEL["properties"]["model"] | {"capabilities": {"embeddingsMaxInputs": inputs}, "skus": [offer]}
    return {"kinds": ["OpenAI", "AIServices"], "model": model}
