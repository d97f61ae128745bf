"""What surrounds an account: private links, its managed network, identities, connections, commitments."""

from typing import Any

import pytest

from tests.emulator.arm import ACCOUNT, Arm, Reply, fleet

NETWORK = f"{ACCOUNT}/managedNetworks/default"
NETWORKS = "2026-01-15-preview"
STORE = "/subscriptions/x/resourceGroups/y/providers/Microsoft.Storage/storageAccounts/z"
PRIVATE = {"serviceResourceId": STORE, "subresourceTarget": "blob"}
RULE = {"properties": {"type": "PrivateEndpoint", "destination": PRIVATE, "category": "UserDefined"}}
NAMED = {"properties": {"type": "FQDN", "destination": "*.pypi.org", "category": "UserDefined"}}


def network(mode: str = "AllowInternetOutbound", **more: object) -> dict[str, Any]:
    return {"properties": {"managedNetwork": {"isolationMode": mode, **more}}}


def ended(arm: Arm, reply: Reply) -> Reply:
    """Follow an accepted write to its end."""
    assert (reply.status, reply.content) == (202, b"")
    path = reply.headers["azure-asyncoperation"].removeprefix("http://127.0.0.1")
    assert arm.call("GET", path, bearer=arm.token).json["status"] == "InProgress"
    for _ in range(3):
        reply = arm.call("GET", path, bearer=arm.token)
    assert reply.json["status"] == "Succeeded"
    return reply


def test_a_private_endpoint_is_seen_approved_and_removed_at_its_account() -> None:
    arm, above = fleet(), f"{ACCOUNT}/privateEndpointConnections"
    assert arm.arm("GET", above).json == {"value": []}
    assert arm.arm("GET", f"{above}/pe").code == "ResourceNotFound"
    state = {"privateLinkServiceConnectionState": {"status": "Approved", "description": "Approved"}}
    refused = arm.arm("PUT", f"{above}/mine", {"properties": state})
    assert (refused.status, refused.code) == (405, "MethodNotAllowed"), "no endpoint asks for it"
    name = "pe.540a2bf8-dcc9-45d5-81cd-b40380e46394"
    made = arm.arm("PUT", f"{above}/{name}", {"properties": state})
    assert (made.status, made.json["name"]) == (200, f"acc/{name}")
    whole = {"groupIds": ["account"], **state, "provisioningState": "Succeeded"}
    assert arm.arm("GET", f"{above}/{name}").json["properties"] == whole
    shown = arm.arm("GET", ACCOUNT).json["properties"]["privateEndpointConnections"]
    assert [item["id"] for item in shown] == [f"{above}/{name}"]
    rejected = {"properties": {"privateLinkServiceConnectionState": {"status": "Rejected"}}}
    assert arm.arm("PUT", f"{above}/{name}", rejected).json["properties"] == {
        "groupIds": ["account"],
        "privateLinkServiceConnectionState": {"status": "Rejected"},
        "provisioningState": "Succeeded",
    }
    assert [arm.arm("DELETE", f"{above}/{name}").status for _ in range(2)] == [200, 204]


def test_an_account_can_be_linked_as_a_whole_and_has_no_perimeter() -> None:
    arm = fleet()
    found = arm.arm("GET", f"{ACCOUNT}/privateLinkResources").json["value"]
    assert [item["properties"]["groupId"] for item in found] == ["account"]
    perimeters = f"{ACCOUNT}/networkSecurityPerimeterConfigurations"
    assert arm.arm("GET", perimeters).json == {"value": []}
    assert arm.arm("GET", f"{perimeters}/one").status == 404
    assert arm.arm("POST", f"{perimeters}/one/reconcile").status == 404


def test_a_managed_network_takes_rules_one_by_one_and_together() -> None:
    arm = fleet()
    assert arm.arm("GET", f"{ACCOUNT}/managedNetworks", version=NETWORKS).json == {"value": []}
    for method, path in (("PATCH", ""), ("POST", "/provision"), ("PUT", "/outboundRules/one")):
        assert arm.arm(method, f"{NETWORK}{path}", network(), version=NETWORKS).status == 404
    assert arm.arm("PUT", NETWORK, {"properties": {}}, version=NETWORKS).status == 400
    ended(arm, arm.arm("PUT", NETWORK, network(), version=NETWORKS))
    ended(arm, arm.arm("PUT", f"{NETWORK}/outboundRules/one", RULE, version=NETWORKS))
    both = network(outboundRules={"two": RULE["properties"], "three": RULE["properties"]})
    ended(arm, arm.arm("POST", f"{NETWORK}/batchOutboundRules", both, version=NETWORKS))
    listed = arm.arm("GET", f"{NETWORK}/outboundRules", version=NETWORKS).json["value"]
    assert listed == [{"properties": {"status": "Active", **RULE["properties"]}}] * 3
    one = arm.arm("GET", f"{NETWORK}/outboundRules/ONE", version=NETWORKS).json
    assert one == {"properties": {"status": "Active", **RULE["properties"]}}
    ended(arm, arm.arm("DELETE", f"{NETWORK}/outboundRules/one", version=NETWORKS))
    assert arm.arm("GET", f"{NETWORK}/outboundRules/one", version=NETWORKS).status == 404
    assert arm.arm("DELETE", f"{NETWORK}/outboundRules/one", version=NETWORKS).status == 204
    ended(arm, arm.arm("DELETE", NETWORK, version=NETWORKS))
    assert arm.arm("DELETE", NETWORK, version=NETWORKS).status == 204


def test_a_network_that_lets_traffic_out_takes_private_endpoints_only() -> None:
    arm = fleet()
    ended(arm, arm.arm("PUT", NETWORK, network(), version=NETWORKS))
    refused = arm.arm("PUT", f"{NETWORK}/outboundRules/one", NAMED, version=NETWORKS)
    assert refused.status == 400
    assert refused.message.startswith('Only "PrivateEndpoint" outbound rules are supported when')
    ended(arm, arm.arm("PATCH", NETWORK, network("AllowOnlyApprovedOutbound"), version=NETWORKS))
    ended(arm, arm.arm("PUT", f"{NETWORK}/outboundRules/one", NAMED, version=NETWORKS))
    assert arm.arm("PATCH", NETWORK, network(), version=NETWORKS).status == 400


def test_a_network_goes_with_its_account() -> None:
    arm = fleet()
    ended(arm, arm.arm("PUT", NETWORK, network(), version=NETWORKS))
    assert arm.arm("DELETE", ACCOUNT).status == 200
    restored = {"location": "swedencentral", "properties": {"restore": True}}
    assert arm.arm("PUT", ACCOUNT, restored).status == 201
    assert arm.arm("GET", f"{ACCOUNT}/managedNetworks", version=NETWORKS).json == {"value": []}


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("SystemAssigned", {"principalId", "tenantId", "type"}),
        ("UserAssigned", {"tenantId", "type", "userAssignedIdentities"}),
        ("SystemAssigned, UserAssigned", {"principalId", "tenantId", "type", "userAssignedIdentities"}),
        ("None", {"type"}),
    ],
)
def test_an_identity_shows_the_ids_of_what_was_asked(kind: str, shown: set[str]) -> None:
    arm = fleet()
    user = "/subscriptions/x/resourceGroups/y/providers/Microsoft.ManagedIdentity/userAssignedIdentities/z"
    body = {"identity": {"type": kind, "userAssignedIdentities": {user: {}}}}
    assert arm.arm("PATCH", ACCOUNT, body).status == 202
    found = arm.arm("GET", ACCOUNT).json["identity"]
    assert (set(found), found["type"]) == (shown, kind)
    if "userAssignedIdentities" in shown:
        assert set(found["userAssignedIdentities"][user]) == {"principalId", "clientId"}


@pytest.mark.parametrize(
    ("kind", "at_once"), [("SpeechServices", True), ("ComputerVision", True), ("Face", False)]
)
def test_some_kinds_are_written_at_once(kind: str, at_once: bool) -> None:
    arm, path = fleet(), f"{ACCOUNT}-other"
    made = arm.arm("PUT", path, {"kind": kind, "sku": {"name": "S0"}, "location": "centraluseuap"})
    assert made.json["properties"]["provisioningState"] == ("Succeeded" if at_once else "Creating")
    for _ in range(3):
        arm.arm("GET", path)
    changed = arm.arm("PATCH", path, {"properties": {"publicNetworkAccess": "Disabled"}})
    assert (changed.status, "location" in changed.headers) == ((200, False) if at_once else (202, True))


def test_a_commitments_first_month_is_paid_for_the_days_that_are_left() -> None:
    arm, plan = fleet(), f"{ACCOUNT}/commitmentPlans/plan"
    arm.control("clock", {"at": "2026-12-17T10:00:00Z"})
    periods = {"current": {"tier": "T1"}, "next": {"tier": "T3"}}
    asked = {"properties": {"hostingModel": "Web", "planType": "TA", "autoRenew": True, **periods}}
    shown = arm.arm("PUT", plan, asked).json["properties"]
    assert shown["current"] == {
        "tier": "T1",
        "startDate": "2026-12-17T00:00:00Z",
        "endDate": "2027-01-01T00:00:00Z",
        "quota": {"quantity": 483_870, "unit": "Transaction"},
    }
    assert (shown["next"]["endDate"], shown["next"]["quota"]["quantity"]) == (
        "2027-02-01T00:00:00Z",
        10_000_000,
    )
    unknown = {"properties": {"planType": "CTS", "current": {"tier": "T1"}}}
    assert "quota" not in arm.arm("PUT", plan, unknown).json["properties"]["current"]
