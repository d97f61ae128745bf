"""What a reader of other teams' recordings found wrong, kind by kind: each is right now."""

import pytest

from tests.emulator.arm import ACCOUNT, FOREIGN, SUB_A, Arm, deployment, fleet, gpt_4o
from tests.emulator.partners import CLAUDE, PROVIDED, claude
from tests.emulator.templates import MAIN, VERSION

PROVIDER = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices"
GROUP = f"/subscriptions/{SUB_A}/resourceGroups/rg"
GONE = f"{PROVIDER}/locations/swedencentral/resourceGroups/rg/deletedAccounts/acc"
S0 = {"location": "swedencentral", "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}}
PTU = "ProvisionedManaged"


def settled(arm: Arm) -> None:
    arm.control("clock", {"advanceSeconds": 100})


# --- soft deletion


def test_a_deleted_account_is_listed_whole_with_the_dates_of_its_end() -> None:
    arm = fleet()
    before = arm.arm("GET", ACCOUNT).json
    arm.arm("DELETE", ACCOUNT)
    for found in (arm.arm("GET", f"{PROVIDER}/deletedAccounts").json["value"][0], arm.arm("GET", GONE).json):
        assert found["id"] == GONE
        assert found["type"] == "Microsoft.CognitiveServices/deletedAccounts"
        assert {name: found[name] for name in ("kind", "sku", "location", "etag")} == {
            name: before[name] for name in ("kind", "sku", "location", "etag")
        }
        assert set(found["properties"]) == {*before["properties"], "deletionDate", "scheduledPurgeDate"}
    arm.control("settings", {"deletedType": "accounts"})
    assert arm.arm("GET", GONE).json["type"] == "Microsoft.CognitiveServices/accounts"


def test_a_restore_needs_nothing_but_the_location_and_keeps_what_the_account_was() -> None:
    arm = fleet()
    arm.arm("PATCH", ACCOUNT, {"tags": {"team": "a"}})
    settled(arm)
    arm.arm("DELETE", ACCOUNT)
    restored = arm.arm("PUT", ACCOUNT, {"location": "swedencentral", "properties": {"restore": True}})
    assert restored.status == 201
    assert "azure-asyncoperation" not in restored.headers
    body = restored.json
    assert (body["kind"], body["sku"], body["tags"]) == ("OpenAI", {"name": "S0"}, {"team": "a"})
    assert body["properties"]["provisioningState"] == "Succeeded"
    assert "restore" not in body["properties"]
    assert arm.arm("GET", f"{PROVIDER}/deletedAccounts").json["value"] == []


def test_a_purge_is_an_operation_and_frees_the_name() -> None:
    arm = fleet()
    arm.arm("DELETE", ACCOUNT)
    purged = arm.arm("DELETE", GONE)
    assert (purged.status, purged.content) == (202, b"")
    operation = purged.headers["azure-asyncoperation"].removeprefix("http://127.0.0.1")
    arm.call("GET", operation, bearer=arm.token)
    assert arm.call("GET", operation, bearer=arm.token).json["status"] == "Succeeded"
    done = arm.call("GET", purged.headers["location"].removeprefix("http://127.0.0.1"), bearer=arm.token)
    assert (done.status, done.content) == (200, b"")
    assert arm.arm("PUT", ACCOUNT, S0).status == 201


def test_a_restore_of_what_nobody_deleted_is_refused() -> None:
    reply = fleet().arm("PUT", f"{ACCOUNT}-new", {**S0, "properties": {"restore": True}})
    assert reply.status == 404


def test_quota_of_deployments_that_were_deleted_with_their_account_stays_taken_until_the_purge() -> None:
    arm = fleet(settings={"nestedDelete": "accepted"})

    def used() -> int:
        listed = arm.arm("GET", f"{PROVIDER}/locations/swedencentral/usages").json["value"]
        return next(
            int(item["currentValue"])
            for item in listed
            if item["name"]["value"] == "OpenAI.GlobalStandard.gpt-4o"
        )

    arm.arm("PUT", deployment(), gpt_4o(7))
    assert arm.arm("DELETE", ACCOUNT).status == 200
    assert used() == 7
    arm.control("lro", {"polls": 0})
    assert arm.arm("DELETE", GONE).status == 200
    assert used() == 0


def test_deployments_come_back_with_their_restored_account() -> None:
    arm = fleet(settings={"nestedDelete": "accepted"})
    arm.arm("PUT", deployment(), gpt_4o(7))
    arm.arm("DELETE", ACCOUNT)
    assert arm.arm("GET", deployment()).status == 404
    arm.arm("PUT", ACCOUNT, {"location": "swedencentral", "properties": {"restore": True}})
    assert arm.arm("GET", deployment()).json["sku"]["capacity"] == 7


# --- content filters


def test_the_systems_policies_have_the_recorded_filters() -> None:
    listed = fleet().arm("GET", f"{ACCOUNT}/raiPolicies").json["value"]
    filters = {item["name"].partition(".")[2]: item["properties"]["contentFilters"] for item in listed}
    assert {name: len(found) for name, found in filters.items()} == {
        "Default": 8,
        "DefaultV2": 11,
        "Audio": 11,
        "Nil": 8,
        "Streaming": 8,
        "Reasoning": 8,
    }
    assert [one["name"] for one in filters["DefaultV2"][8:]] == [
        "Jailbreak",
        "Protected Material Text",
        "Protected Material Code",
    ]
    assert {one["blocking"] for one in filters["Nil"]} == {False}
    assert {item["properties"]["type"] for item in listed} == {"SystemManaged"}


def test_a_policy_reads_back_without_what_was_not_sent_and_is_listed_with_its_type() -> None:
    arm = fleet()
    policy = f"{ACCOUNT}/raiPolicies/strict"
    sent = {"basePolicyName": "Microsoft.Default", "customBlocklists": [], "contentFilters": []}
    for body in (arm.arm("PUT", policy, {"properties": sent}).json, arm.arm("GET", policy).json):
        assert body["properties"] == {"basePolicyName": "Microsoft.Default"}
    listed = arm.arm("GET", f"{ACCOUNT}/raiPolicies").json["value"][0]
    assert listed["properties"] == {"type": "UserManaged", "basePolicyName": "Microsoft.Default"}


def test_an_unknown_filter_and_an_unknown_base_policy_are_refused() -> None:
    arm = fleet()
    policy = f"{ACCOUNT}/raiPolicies/strict"
    filters = [{"name": "Rudeness", "blocking": True, "enabled": True, "source": "Prompt"}]
    assert arm.arm("PUT", policy, {"properties": {"contentFilters": filters}}).code == (
        "Resource has invalid content filter"
    )
    assert arm.arm("PUT", policy, {"properties": {"basePolicyName": "Mine"}}).status == 400


def test_the_filters_of_a_region_are_ten_and_each_can_be_asked_for() -> None:
    arm = fleet()
    listed = arm.arm("GET", f"{PROVIDER}/locations/eastus/raiContentFilters").json["value"]
    assert len(listed) == 10
    for item in listed:
        assert arm.arm("GET", item["id"]).json == item
    assert arm.arm("GET", f"{PROVIDER}/locations/eastus/raiContentFilters/Rudeness").status == 404


# --- groups


@pytest.mark.parametrize("polls", [0, 3])
def test_a_group_is_deleted_with_everything_in_it_by_an_operation(polls: int) -> None:
    arm = fleet()
    arm.control("lro", {"polls": polls})
    arm.arm("PUT", deployment(), gpt_4o())
    deleted = arm.arm("DELETE", GROUP, version="2021-04-01")
    assert (deleted.status, deleted.content) == (202, b"")
    assert "retry-after" in deleted.headers
    statuses = []
    for _ in range(polls + 1):
        where = deleted.headers["location"].removeprefix("http://127.0.0.1")
        answer = arm.arm("GET", where, version="2021-04-01")
        statuses.append(answer.status)
        if answer.status == 200:
            break
    assert statuses == [202] * max(0, polls - 1) + [200]
    assert arm.arm("HEAD", GROUP, version="2021-04-01").status == 404
    assert arm.arm("GET", ACCOUNT).code == "ResourceGroupNotFound"
    assert [item["name"] for item in arm.arm("GET", f"{PROVIDER}/deletedAccounts").json["value"]] == ["acc"]


# --- accounts


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**S0, "location": "eastus"}, 409, "InvalidResourceLocation"),
        ({**S0, "location": "atlantis"}, 409, "InvalidResourceLocation"),
        ({**S0, "sku": {"name": "N0"}}, 400, "InvalidSkuId"),
        ({**S0, "kind": "NonExistAPI"}, 400, "InvalidApiSetId"),
    ],
)
def test_what_an_account_cannot_be_changed_to_is_refused_in_arms_words(
    body: dict[str, object], status: int, code: str
) -> None:
    arm = fleet()
    reply = arm.arm("PUT", ACCOUNT, body)
    assert (reply.status, reply.code) == (status, code)
    assert arm.arm("GET", ACCOUNT).json["location"] == "swedencentral"


def test_a_new_account_in_a_location_that_the_type_lacks_is_refused() -> None:
    reply = fleet().arm("PUT", f"{ACCOUNT}-new", {**S0, "location": "BLA"})
    assert (reply.status, reply.code) == (400, "LocationNotAvailableForResourceType")
    assert "The provided location 'BLA' is not available" in reply.message
    assert reply.headers["x-ms-failure-cause"] == "gateway"


def test_a_subdomain_is_taken_once_in_the_whole_cloud_and_while_its_account_is_kept() -> None:
    arm = fleet()
    other = Arm(arm.emulator, tenant="bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb")
    named = {**S0, "properties": {"customSubDomainName": "contoso"}}
    assert arm.arm("PUT", ACCOUNT, named).status == 200
    settled(arm)
    assert arm.arm("PUT", ACCOUNT, named).status == 200, "its own name is free to it"
    settled(arm)
    body = {"location": "eastus2", "kind": "AIServices", "sku": {"name": "S0"}}
    taken = {**body, "properties": {"customSubDomainName": "Contoso"}}
    assert other.arm("PUT", f"{FOREIGN}-new", taken).code == "CustomDomainInUse"
    assert other.arm("PATCH", FOREIGN, {"properties": taken["properties"]}).code == "CustomDomainInUse"
    arm.arm("DELETE", ACCOUNT)
    assert other.arm("PUT", f"{FOREIGN}-new", taken).code == "CustomDomainInUse"
    arm.control("lro", {"polls": 0})
    arm.arm("DELETE", GONE)
    assert other.arm("PUT", f"{FOREIGN}-new", taken).status == 201


@pytest.mark.parametrize("kind", ["TextAnalytics", "FormRecognizer", "SpeechServices", "Face"])
def test_other_kinds_of_the_provider_are_accounts_without_deployments(kind: str) -> None:
    arm = fleet()
    arm.control("lro", {"polls": 0})
    account = f"{ACCOUNT}-{kind}"
    created = arm.arm("PUT", account, {**S0, "kind": kind})
    assert (created.status, created.json["kind"]) == (201, kind)
    assert arm.arm("PUT", deployment(account=account), gpt_4o()).code == "DeploymentModelNotSupported"
    assert arm.arm("GET", f"{account}/deployments").json == {"value": []}


def test_an_aiservices_account_shows_api_properties() -> None:
    other = Arm(fleet().emulator, tenant="bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb")
    assert other.arm("GET", FOREIGN).json["properties"]["apiProperties"] == {
        "qnaAzureSearchEndpointKey": None
    }


def test_the_existence_of_an_account_can_be_asked_for_by_head() -> None:
    arm = fleet()
    assert [arm.arm("HEAD", path).status for path in (ACCOUNT, f"{ACCOUNT}-none")] == [204, 404]


# --- lists


def test_locations_subscriptions_and_the_provider_have_what_clients_dereference() -> None:
    arm = fleet()
    places = arm.arm("GET", f"/subscriptions/{SUB_A}/locations", version="2022-12-01").json["value"]
    assert all(place["metadata"]["regionType"] == "Physical" for place in places)
    assert all(place["regionalDisplayName"].endswith(place["displayName"]) for place in places)
    policies = arm.arm("GET", f"/subscriptions/{SUB_A}", version="2022-12-01").json["subscriptionPolicies"]
    assert policies["locationPlacementId"] == "Public_2014-09-01"
    provider = arm.arm("GET", PROVIDER, version="2021-04-01").json
    assert len(provider["authorizations"]) == 3
    assert all("capabilities" in kind for kind in provider["resourceTypes"])
    spoken = {kind["resourceType"]: kind["apiVersions"] for kind in provider["resourceTypes"]}
    assert min(spoken["accounts"]) < "2022"
    assert min(spoken["accounts/projects/connections"]) == "2025-04-01-preview"
    assert min(spoken["accounts/managedNetworks"]) == "2025-10-01-preview"


def test_account_skus_say_where_they_are() -> None:
    items = fleet().arm("GET", f"{PROVIDER}/skus").json["value"]
    assert all(item["locationInfo"][0]["location"] == item["locations"][0] for item in items)
    assert {"Face", "OpenAI", "TextAnalytics"} <= {item["kind"] for item in items}


def test_provisioned_pools_have_the_recorded_limit_of_zero_by_a_switch() -> None:
    arm = fleet(settings={"ptuLimits": "recorded"})
    listed = arm.arm("GET", f"{PROVIDER}/locations/eastus2/usages").json["value"]
    limits = {item["limit"] for item in listed if "Provisioned" in item["name"]["value"]}
    assert 0 in limits
    assert arm.arm("PUT", deployment(), gpt_4o(50, sku=PTU)).code == "InsufficientQuota"


# --- deployments


def test_a_sku_that_the_model_has_elsewhere_only_is_refused_with_the_region() -> None:
    world = {**CLAUDE, "kind": "OpenAI"}
    arm = fleet(
        models={
            "eastus": [world],
            "swedencentral": [{**world, "model": {**CLAUDE["model"], "skus": []}}],  # type: ignore[dict-item]
        }
    )
    body = {
        "sku": {"name": "GlobalStandard", "capacity": 1},
        "properties": {
            "model": {"format": "Anthropic", "name": "claude-test", "version": "1"},
            "modelProviderData": PROVIDED,
        },
    }
    refused = arm.arm("PUT", deployment(), body)
    assert "is not supported in this region 'swedencentral'" in refused.message


def test_an_upgrade_option_outside_of_the_enum_is_refused() -> None:
    reply = fleet().arm("PUT", deployment(), gpt_4o(versionUpgradeOption="Sometimes"))
    assert (reply.status, reply.code) == (400, "InvalidResourceProperties")


def test_a_withdrawn_model_can_still_be_resized_by_a_switch_only() -> None:
    arm = fleet(deployments=[{"id": deployment(), **gpt_4o(5, version="2020-01-01")}])
    assert arm.arm("PUT", deployment(), gpt_4o(6, version="2020-01-01")).code == "DeploymentModelNotSupported"
    arm.control("settings", {"withdrawnModel": "accepted"})
    assert arm.arm("PUT", deployment(), gpt_4o(6, version="2020-01-01")).status == 200
    assert arm.arm("PUT", deployment("new"), gpt_4o(6, version="2020-01-01")).status == 400


@pytest.mark.parametrize(
    ("name", "sku", "target"),
    [("ptu", PTU, "ptu"), ("std", "GlobalStandard", "chat"), ("ptu", PTU, "mini"), ("ptu", PTU, "other-ptu")],
)
def test_an_illegal_spillover_is_refused_unless_a_switch_says_that_nobody_checks(
    name: str, sku: str, target: str
) -> None:
    mini = {
        "sku": {"name": "GlobalStandard", "capacity": 1},
        "properties": {"model": {"format": "OpenAI", "name": "gpt-4o-mini", "version": "2024-07-18"}},
    }
    arm = fleet(
        deployments=[
            {"id": deployment("chat"), **gpt_4o(1)},
            {"id": deployment("mini"), **mini},
            {"id": deployment("other-ptu"), **gpt_4o(50, sku=PTU)},
        ]
    )
    body = gpt_4o(50 if sku == PTU else 5, sku=sku, spilloverDeploymentName=target)
    assert arm.arm("PUT", deployment(name), body).code == "InvalidResourceProperties"
    arm.control("settings", {"spilloverTarget": "unchecked"})
    assert arm.arm("PUT", deployment(name), body).status == 201


def test_a_missing_spillover_target_and_the_deletion_of_a_named_one_hang_on_switches() -> None:
    arm = fleet(deployments=[{"id": deployment("chat"), **gpt_4o(1)}])
    arm.control("lro", {"polls": 0})
    nowhere = gpt_4o(50, sku=PTU, spilloverDeploymentName="nowhere")
    assert arm.arm("PUT", deployment("ptu"), nowhere).status == 400
    arm.control("settings", {"spilloverMissing": "accepted", "spilloverTargetDelete": "refused"})
    assert arm.arm("PUT", deployment("ptu"), nowhere).status == 201
    arm.arm("PUT", deployment("ptu"), gpt_4o(50, sku=PTU, spilloverDeploymentName="chat"))
    assert arm.arm("DELETE", deployment("chat")).status == 400
    arm.control("settings", {"spilloverTargetDelete": "accepted"})
    assert arm.arm("DELETE", deployment("chat")).status == 200


# --- partners


def partner() -> Arm:
    return fleet(models={"swedencentral": [{**CLAUDE, "kind": "OpenAI"}]})


@pytest.mark.parametrize("missing", ["industry", "organizationName", "countryCode"])
def test_a_partners_model_wants_three_fields(missing: str) -> None:
    data = {name: value for name, value in PROVIDED.items() if name != missing}
    reply = partner().arm("PUT", deployment(), claude(**data))
    assert (reply.status, reply.code) == (400, "InvalidModelProviderData")


def test_a_capacity_below_one_is_told_before_the_fields_that_a_partner_wants() -> None:
    asked = {**claude(), "sku": {"name": "GlobalStandard", "capacity": -2000}}
    assert partner().arm("PUT", deployment(), asked).code == "InvalidCapacity"


def test_a_partners_deployment_beyond_its_quota_is_refused_as_any_other_directly_and_in_a_template() -> None:
    counter = {"name": {"value": "AIServices.GlobalStandard.claude-test"}, "currentValue": 0, "limit": 0}
    arm = fleet(
        models={"swedencentral": [{**CLAUDE, "kind": "OpenAI"}]},
        usages={f"{SUB_A}/swedencentral": [counter]},
    )
    assert arm.arm("PUT", deployment(), claude(**PROVIDED)).code == "InsufficientQuota"
    resource = {
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "apiVersion": "2026-05-01",
        "name": "acc/chat",
        **claude(**PROVIDED),
    }
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    whole = {"$schema": schema, "contentVersion": "1.0.0.0", "resources": [resource]}
    asked = {"properties": {"mode": "Incremental", "template": whole}}
    found = arm.arm("PUT", MAIN, asked, version=VERSION)
    assert found.json["error"]["details"][0]["code"] == "InsufficientQuota"


def test_a_partners_deployment_is_an_operation_and_has_no_content_filter() -> None:
    arm = partner()
    created = arm.arm("PUT", deployment(), claude(**PROVIDED))
    assert created.json["properties"]["provisioningState"] == "Creating"
    settled(arm)
    properties = arm.arm("GET", deployment()).json["properties"]
    assert (properties["provisioningState"], properties["modelProviderData"]) == ("Succeeded", PROVIDED)
    assert "raiPolicyName" not in properties
    arm.control("settings", {"modelProviderData": "hidden"})
    assert "modelProviderData" not in arm.arm("GET", deployment()).json["properties"]


@pytest.mark.parametrize(
    ("data", "switches", "code"),
    [
        ({**PROVIDED, "industry": "Technology"}, {}, "AnthropicOrganizationCreationException"),
        ({**PROVIDED, "countryCode": "Germany"}, {}, "AnthropicOrganizationCreationException"),
        (PROVIDED, {"marketplace": "refused"}, "MarketplaceSubscriptionCannotBeCompleted"),
    ],
)
def test_a_partners_operation_fails_inside_a_200_and_leaves_the_deployment_failed(
    data: dict[str, str], switches: dict[str, str], code: str
) -> None:
    arm = partner()
    arm.control("settings", switches)
    created = arm.arm("PUT", deployment(), claude(**data))
    assert created.status == 201
    operation = created.headers["azure-asyncoperation"].removeprefix("http://127.0.0.1")
    arm.call("GET", operation, bearer=arm.token)
    ended = arm.call("GET", operation, bearer=arm.token)
    assert (ended.status, ended.json["status"], ended.json["error"]["code"]) == (200, "Failed", code)
    assert arm.arm("GET", deployment()).json["properties"]["provisioningState"] == "Failed"
    assert arm.arm("PUT", deployment(), claude(**PROVIDED)).status == 400
    assert arm.arm("DELETE", deployment()).status == 200
