"""What notes and logs in public files showed (the thirteenth and fourteenth trials), kind by kind."""

import pytest

from reconciler.emulator.wire import Json
from tests.emulator.arm import ACCOUNT, SUB_A, Arm, Reply, deployment, fleet
from tests.emulator.partners import CLAUDE, PROVIDED, claude
from tests.emulator.templates import MAIN, VERSION, template


def put(
    arm: Arm, name: str, version: str | None, sku: str = "GlobalStandard", maker: str = "OpenAI"
) -> Reply:
    model = {"format": maker, "name": name, **({"version": version} if version else {})}
    return arm.arm("PUT", deployment(), {"sku": {"name": sku, "capacity": 1}, "properties": {"model": model}})


def at(day: str, location: str, **world: object) -> Arm:
    account = {"id": ACCOUNT, "location": location, "kind": "AIServices"}
    arm = fleet(accounts=[account], **world)
    assert arm.control("clock", {"at": f"{day}T12:00:00Z"}).status == 200
    return arm


@pytest.mark.parametrize(
    ("name", "version", "day", "since"),
    [
        ("gpt-35-turbo", "0125", "2025-12-15", "11/14/2025"),
        ("gpt-4", "0613", "2025-07-01", "06/06/2025"),
        ("dall-e-3", "3.0", "2026-03-15", "03/04/2026"),
    ],
)
def test_what_ended_where_a_list_is_whole_has_ended_where_it_is_not(
    name: str, version: str, day: str, since: str
) -> None:
    found = put(at(day, "eastus"), name, version, "Standard")
    assert (found.status, found.code) == (400, "ServiceModelDeprecated")
    assert found.message == (
        f"The model 'Format:OpenAI,Name:{name},Version:{version}' has been deprecated since {since} 00:00:00."
    )


def test_what_no_list_has_or_a_world_lists_otherwise_is_not_supported() -> None:
    assert put(at("2025-12-15", "eastus"), "gpt-35-turbo", "9999", "Standard").code == (
        "DeploymentModelNotSupported"
    )
    arm = at("2025-12-15", "eastus", models={"eastus": [CLAUDE]})
    assert put(arm, "gpt-35-turbo", "0125", "Standard").code == "DeploymentModelNotSupported"
    whole = at("2025-12-15", "swedencentral")
    assert put(whole, "gpt-4o-audio", "1", "Standard").code == "DeploymentModelNotSupported"


def test_gpt_4o_mini_is_closed_since_the_summer_of_2026_and_lasts() -> None:
    assert put(at("2026-06-25", "japaneast"), "gpt-4o-mini", "2024-07-18").status == 201
    for day in ("2026-07-05", "2026-09-01", "2026-10-20"):
        arm = at(day, "japaneast")
        assert put(arm, "gpt-4o-mini", "2024-07-18").code == "ServiceModelDeprecating"
        path = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations/japaneast/models"
        listed = [item["model"] for item in arm.arm("GET", path).json["value"]]
        mini = next(model for model in listed if model["name"] == "gpt-4o-mini")
        assert mini["deprecation"]["inference"] == "2027-04-14T00:00:00Z"
        assert mini["lifecycleStatus"] == "Deprecating"


def test_a_model_without_a_version_is_printed_without_one() -> None:
    found = put(at("2026-03-10", "westus3"), "no-such-model", None, maker="Microsoft")
    assert found.message == (
        "The model 'Format:Microsoft,Name:no-such-model' of account deployment is not supported."
    )


def test_a_subscription_held_back_is_told_so_after_what_a_partner_wants_to_know() -> None:
    arm = at("2026-08-31", "eastus2", models={"eastus2": [CLAUDE]}, settings={"standing": "held"})
    assert arm.arm("PUT", deployment(), claude()).code == "InvalidModelProviderData"
    found = arm.arm("PUT", deployment(), claude(**PROVIDED))
    assert (found.status, found.code) == (400, "715-123420")
    told = "Our system has detected this request as unusual activity for your account."
    assert found.message == told
    later = at("2026-09-30", "eastus2", models={"eastus2": [CLAUDE]}, settings={"standing": "held"})
    assert later.arm("PUT", deployment(), claude(**PROVIDED)).message == (
        f"{told} If you are confident this is in error, please contact support."
    )


def test_a_deployment_that_can_be_paused_says_that_it_runs_since_the_summer_of_2026() -> None:
    for day, state in (("2026-06-23", None), ("2026-06-25", "Running")):
        made = put(at(day, "eastus2"), "gpt-4.1-mini", "2025-04-14")
        assert made.json["properties"].get("deploymentState") == state


def test_lists_of_models_come_by_account_kind() -> None:
    path = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations/eastus2/models"
    kinds = [item["kind"] for item in fleet().arm("GET", path).json["value"]]
    assert kinds == sorted(kinds, key=lambda kind: {"OpenAI": 0, "AIServices": 1}.get(kind, 2))


@pytest.mark.parametrize(
    ("version", "open_on", "closed_on"),
    [
        ("2024-05-13", "2026-03-01", "2026-04-13"),
        ("2024-08-06", "2026-03-03", "2026-05-10"),
        ("2024-11-20", "2026-06-25", "2026-07-10"),
    ],
)
def test_versions_of_gpt_4o_are_closed_one_after_the_other(
    version: str, open_on: str, closed_on: str
) -> None:
    assert put(at(open_on, "eastus"), "gpt-4o", version).status == 201
    assert put(at(closed_on, "eastus"), "gpt-4o", version).code == "ServiceModelDeprecating"


def test_a_subscription_held_back_may_keep_and_shrink_what_it_has_and_not_enlarge_it() -> None:
    arm = at("2026-09-30", "eastus2")
    sized = {"properties": {"model": {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"}}}

    def asked(capacity: int) -> Reply:
        return arm.arm(
            "PUT", deployment(), {**sized, "sku": {"name": "GlobalStandard", "capacity": capacity}}
        )

    arm.control("lro", {"polls": 0})
    assert asked(2).status == 201
    assert arm.control("world", {"settings": {"standing": "held"}}).status == 200
    assert (asked(3).status, asked(3).code) == (400, "715-123420")
    assert asked(2).status == asked(1).status == 200


def test_a_trial_subscription_buys_nothing_of_a_partner() -> None:
    arm = at("2026-06-13", "eastus2", models={"eastus2": [CLAUDE]}, settings={"marketplace": "free"})
    found = arm.arm("PUT", deployment(), claude(**PROVIDED))
    assert (found.status, found.code) == (400, "UserError")
    assert found.message.endswith(
        "[The plan 'claude-test' can't be purchased using a free subscription. Please select a different"
        " subscription and try again.]."
    )


def test_a_list_is_refused_at_the_scope_of_what_it_lists() -> None:
    roles = [{"clientId": "tester", "scope": f"/subscriptions/{SUB_A}", "actions": ["Microsoft.Resources/*"]}]
    arm = at("2026-09-30", "eastus2", roles=roles)
    group = ACCOUNT.partition("/providers/")[0]
    for path, scope in (
        (f"{ACCOUNT}/deployments", ACCOUNT),
        (f"{ACCOUNT}/listKeys", ACCOUNT),
        (f"{group}/providers/Microsoft.CognitiveServices/accounts", group),
        (deployment(), deployment()),
    ):
        found = arm.arm("POST" if path.endswith("Keys") else "GET", path)
        assert f" over scope '{scope}' or the scope is invalid." in found.message, path


def templated(*resources: Json) -> Json:
    return {"properties": {"mode": "Incremental", "template": {**template(), **BARE, "resources": resources}}}


BARE: Json = {"parameters": {}, "outputs": {}}
ALL = "Microsoft.CognitiveServices/accounts"
FRESH: Json = {
    "type": ALL,
    "apiVersion": "2025-06-01",
    "name": "fresh",
    "location": "eastus2",
    "kind": "AIServices",
    "sku": {"name": "S0"},
    "properties": {},
}
CHAT: Json = {
    "type": f"{ALL}/deployments",
    "apiVersion": "2025-06-01",
    "name": "fresh/chat",
    "dependsOn": ["fresh"],
    "sku": {"name": "GlobalStandard", "capacity": 1},
    "properties": {"model": {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"}},
}


def test_all_that_a_template_may_not_write_is_told_at_once() -> None:
    roles = [{"clientId": "tester", "scope": f"/subscriptions/{SUB_A}", "actions": ["Microsoft.Resources/*"]}]
    found = at("2026-06-01", "eastus2", roles=roles).arm("PUT", MAIN, templated(FRESH, CHAT), version=VERSION)
    assert (found.status, found.code) == (403, "InvalidTemplateDeployment")
    first, second = found.message.split("'.:")
    assert first.startswith(
        "Deployment failed with multiple errors: 'Authorization failed for template resource 'fresh' of type"
        f" '{ALL}'. The client 'tester' with object id '"
    )
    assert second.startswith(f"Authorization failed for template resource 'fresh/chat' of type '{ALL}/deploy")
    assert second.endswith("/accounts/fresh/deployments/chat'.'")


def test_a_template_names_a_resource_once() -> None:
    found = at("2026-06-01", "eastus2").arm("PUT", MAIN, templated(FRESH, CHAT, CHAT), version=VERSION)
    assert (found.status, found.code) == (400, "InvalidTemplate")
    assert f"'The resource '{ALL}/fresh/deployments/chat' at line '1' and column '" in found.message
    assert "' is defined multiple times in a template." in found.message


def test_a_template_meets_a_subscription_held_back_when_it_is_the_deployment_s_turn() -> None:
    arm = at("2026-03-02", "eastus2", settings={"standing": "held"})
    started = arm.arm("PUT", MAIN, templated(FRESH, CHAT), version=VERSION)
    assert started.status == 201
    error = arm.arm("GET", MAIN, version=VERSION).json["properties"]["error"]
    assert (error["code"], error["details"][0]["code"]) == ("DeploymentFailed", "715-123420")
    assert arm.arm("GET", f"{ACCOUNT.rpartition('/')[0]}/fresh").status == 200


def test_a_capability_host_names_connections_that_are_there() -> None:
    arm = at("2026-03-01", "eastus2")
    project, version = f"{ACCOUNT}/projects/one", "2025-06-01"
    wanted = {f"{name}Connections": [name] for name in ("storage", "threadStorage", "vectorStore")}
    own = {"properties": {"category": "AzureBlob", "authType": "AAD", "target": "https://x"}}
    account = {"kind": "AIServices", "location": "eastus2", "identity": {"type": "SystemAssigned"}}
    account |= {"sku": {"name": "S0"}, "properties": {"allowProjectManagement": True}}
    arm.control("lro", {"polls": 0})
    assert arm.arm("PUT", ACCOUNT, account, version=version).status == 200
    assert arm.arm("PUT", project, {"location": "eastus2"}, version=version).status == 201
    assert arm.arm("PUT", f"{ACCOUNT}/connections/storage", own, version=version).status == 200
    assert arm.arm("PUT", f"{project}/connections/vectorStore", own, version=version).status == 200
    host = f"{project}/capabilityHosts/agents"
    found = arm.arm("PUT", host, {"properties": wanted}, version=version)
    assert (found.status, found.code) == (400, "UserError")
    assert found.message == "Connection 'threadStorage' not found"
    assert arm.arm("PUT", f"{project}/connections/threadStorage", own, version=version).status == 200
    assert arm.arm("PUT", host, {"properties": wanted}, version=version).status == 201


@pytest.mark.parametrize(("kind", "sku", "status"), [("OpenAI", "S0", 400), ("TextTranslation", "S1", 201)])
def test_few_kinds_live_in_no_region(kind: str, sku: str, status: int) -> None:
    body = {"kind": kind, "sku": {"name": sku}, "location": "global", "properties": {}}
    found = at("2025-01-15", "eastus2").arm("PUT", f"{ACCOUNT}-other", body)
    assert found.status == status
    if status == 400:
        assert found.code == "UnsupportedLocationForSku"
        assert found.message == "The location 'GLOBAL' is not supported for SKU 'S0'."


def test_an_account_is_not_written_over_with_the_null_that_it_shows() -> None:
    arm, key = at("2025-08-01", "eastus2"), "qnaAzureSearchEndpointKey"
    body = {"kind": "AIServices", "sku": {"name": "S0"}, "location": "eastus2"}
    arm.control("lro", {"polls": 0})
    for value, status in (("", 201), (None, 400), ("", 200)):
        found = arm.arm("PUT", f"{ACCOUNT}-other", {**body, "properties": {"apiProperties": {key: value}}})
        assert found.status == status
        if status == 400:
            assert found.code == "ApiPropertiesInvalid"
            assert found.message.endswith(f"Expected String but got Null. Path 'apiProperties.{key}'.")


def test_a_closed_version_may_be_open_by_another_sku() -> None:
    for sku, status in (("GlobalStandard", 400), ("DataZoneStandard", 201)):
        assert put(at("2026-08-15", "swedencentral"), "gpt-4o-mini", "2024-07-18", sku).status == status


def test_an_account_stays_in_the_network_that_it_was_made_with() -> None:
    arm = at("2026-08-15", "eastus2")
    arm.control("lro", {"polls": 0})
    where = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets"

    def write(subnet: str) -> Reply:
        injection = {"scenario": "agent", "subnetArmId": f"{where}/{subnet}"}
        asked = {"allowProjectManagement": True, "networkInjections": [injection]}
        asked |= {"publicNetworkAccess": "Disabled", "customSubDomainName": "other"}
        body = {"kind": "AIServices", "sku": {"name": "S0"}, "location": "eastus2", "properties": asked}
        return arm.arm("PUT", f"{ACCOUNT}-other", {**body, "identity": {"type": "SystemAssigned"}})

    assert [write("agents").status, write("AGENTS").status] == [201, 200]
    found = write("others")
    assert (found.status, found.code) == (400, "NetworkInjectionUpdateNotAllowed")


def test_a_tier_that_is_not_to_rise_tells_nothing_of_the_next() -> None:
    arm, path = fleet(), f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/quotaTiers/default"
    version = "2025-10-01-preview"
    assert "tierUpgradeEligibilityInfo" in arm.arm("GET", path, version=version).json["properties"]
    body = {"properties": {"tierUpgradePolicy": "NoAutoUpgrade"}}
    found = arm.arm("PATCH", path, body, version=version).json["properties"]
    assert set(found) == {"assignmentDate", "currentTierName", "tierUpgradePolicy"}
    assert found["currentTierName"] == "Tier 1"


def test_a_subscription_may_be_in_the_free_tier() -> None:
    path = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/quotaTiers/default"
    arm = fleet(settings={"quotaTiers": "free"})
    found = arm.arm("GET", path, version="2025-10-01-preview").json["properties"]
    assert found["currentTierName"] == "Free Tier"
    assert found["tierUpgradeEligibilityInfo"]["nextTierName"] == "Tier 1"


@pytest.mark.parametrize("sku", ["GlobalStandard", "DataZoneStandard"])
@pytest.mark.parametrize("pools", ["regional", "shared"])
def test_a_pool_may_be_one_for_all_regions_or_for_those_of_a_zone(pools: str, sku: str) -> None:
    arm = at("2026-07-25", "eastus2", settings={"globalPools": pools})
    assert put(arm, "gpt-4.1", "2025-04-14", sku).status == 201
    above = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations"
    is_shared, is_global = pools == "shared", sku == "GlobalStandard"
    wide = {"scopeType": "Global" if is_global else "DataZone"} if is_shared else {"scopeType": "Regional"}
    for place, used in (("eastus2", 1), ("eastus", is_shared), ("swedencentral", is_shared and is_global)):
        listed = arm.arm("GET", f"{above}/{place}/usages", version="2026-07-01").json["value"]
        found = [item for item in listed if item["name"]["value"].startswith(f"OpenAI.{sku}.")]
        assert sum(item["currentValue"] for item in found) == used
        assert all(item.items() >= wide.items() for item in found)


def test_the_pool_of_claude_is_one_for_all_regions() -> None:
    name = {"value": "AIServices.GlobalStandard.claude-test", "localizedValue": "Claude"}
    pool = {"name": name, "currentValue": 0, "limit": 10}
    places = ("eastus2", "swedencentral")
    usages = {f"{SUB_A}/{place}": [pool] for place in places}
    arm = at("2026-09-30", "eastus2", models={"eastus2": [CLAUDE]}, usages=usages)
    assert arm.arm("PUT", deployment(), claude(**PROVIDED)).status == 201
    above = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations"
    for place in places:
        listed = arm.arm("GET", f"{above}/{place}/usages").json["value"]
        assert [item["currentValue"] for item in listed if item["name"] == name] == [1]
