"""Api-versions: which exist, what each can see, and what an older one does to newer properties."""

import pytest

from reconciler.emulator.wire import encoded, world_facts
from tests.emulator.arm import ACCOUNT, SUB_A, SUB_B, TENANT_B, Arm, deployment, fleet, gpt_4o


def test_an_api_version_of_the_data_plane_is_refused_with_the_list() -> None:
    reply = fleet().arm("GET", f"{ACCOUNT}/deployments", version="2024-10-21")
    assert (reply.status, reply.code) == (400, "NoRegisteredProviderFound")
    assert "API version '2024-10-21' for type 'accounts/deployments'" in reply.message
    assert "The supported api-versions are '2026-09-15-preview, " in reply.message


def test_a_request_without_api_version_is_refused() -> None:
    arm = fleet()
    for bearer in (arm.token, ""):
        assert arm.call("GET", ACCOUNT, bearer=bearer).code == "MissingApiVersionParameter"


def test_patch_is_unknown_before_its_first_version() -> None:
    reply = fleet().arm("PATCH", deployment(), {"tags": {}}, version="2023-05-01")
    assert reply.code == "NoRegisteredProviderFound"


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("2023-05-01", set()),
        ("2024-10-01", {"tags", "currentCapacity"}),
        ("2024-06-01-preview", {"tags", "currentCapacity"}),
        ("2025-06-01", {"tags", "currentCapacity", "spilloverDeploymentName"}),
        ("2026-07-01", {"tags", "currentCapacity", "spilloverDeploymentName", "serviceTier"}),
    ],
)
def test_each_version_shows_the_properties_it_has(version: str, names: set[str]) -> None:
    arm = fleet(deployments=[{"id": deployment("spill"), **gpt_4o(1)}])
    body = {
        **gpt_4o(50, sku="ProvisionedManaged", spilloverDeploymentName="spill", serviceTier="Default"),
        "tags": {"a": "b"},
    }
    arm.control("lro", {"polls": 0})
    assert arm.arm("PUT", deployment(), body).status == 201
    found = arm.arm("GET", deployment(), version=version).json
    newer = {"tags", "currentCapacity", "spilloverDeploymentName", "serviceTier"}
    assert (set(found) | set(found["properties"])) & newer == names


def test_a_put_through_an_older_version_loses_what_it_does_not_know() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), {**gpt_4o(spilloverDeploymentName="spill"), "tags": {"a": "b"}})
    arm.arm(
        "PUT",
        deployment(),
        {**gpt_4o(spilloverDeploymentName="spill"), "tags": {"a": "c"}},
        version="2023-05-01",
    )
    found = arm.arm("GET", deployment()).json
    assert "tags" not in found
    assert "spilloverDeploymentName" not in found["properties"]


def test_the_first_versions_speak_scale_settings_and_answer_creating() -> None:
    arm = fleet()
    body = {
        "properties": {
            "model": {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"},
            "scaleSettings": {"scaleType": "Manual", "capacity": 1},
        }
    }
    reply = arm.arm("PUT", deployment(), body, version="2022-03-01")
    assert reply.status == 201
    assert "sku" not in reply.json
    assert reply.json["properties"]["scaleSettings"] == {"scaleType": "Manual", "capacity": 1}
    assert reply.json["properties"]["provisioningState"] == "Creating"
    assert "azure-asyncoperation" not in reply.headers
    assert arm.arm("DELETE", deployment(), version="2022-03-01").status == 200


def test_the_spelling_of_2023_is_a_switch() -> None:
    arm = fleet(settings={"rateLimitsSpelling": "ratelimits"})
    assert "ratelimits" in arm.arm("PUT", deployment(), gpt_4o()).json["properties"]


def test_meters_have_no_ids_since_2026_09_01_and_there_are_none_before_2024_10_01() -> None:
    arm = fleet()

    def costs(version: str) -> list[dict[str, str]]:
        reply = arm.arm(
            "GET",
            f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations/eastus2/models",
            version=version,
        )
        skus = [sku for item in reply.json["value"] for sku in item["model"].get("skus", [])]
        return [cost for sku in skus for cost in sku.get("costs", [])]

    assert any(cost.get("meterId") for cost in costs("2025-06-01"))
    newest = costs("2026-09-01")
    assert newest
    assert {cost["meterId"] for cost in newest} == {""}
    assert costs("2023-05-01") == []


def test_an_account_says_through_older_versions_what_it_said_then() -> None:
    arm = fleet()
    made = {"kind": "OpenAI", "sku": {"name": "S0"}, "location": "eastus", "properties": {}}
    arm.arm("PUT", f"{ACCOUNT}-old", made)

    def seen(version: str) -> dict[str, object]:
        reply = arm.arm("GET", f"{ACCOUNT}-old", version=version).json["properties"]
        rule = reply["callRateLimit"]["rules"][0]
        names = ("backupUpperLimit", "apiProperties", "allowProjectManagement")
        return {**{n: reply[n] for n in names if n in reply}, "dynamic": rule.get("dynamicThrottlingEnabled")}

    assert seen("2022-03-01") == {"backupUpperLimit": 20, "dynamic": False}
    assert seen("2022-10-01") == {"dynamic": False}
    assert seen("2023-05-01") == {"dynamic": None}
    assert seen("2024-10-01") == {"apiProperties": {}, "dynamic": None}


@pytest.mark.parametrize(("sku", "limited"), [("S", True), ("S1", False)])
def test_an_old_sku_of_text_analytics_shows_no_limits(sku: str, limited: bool) -> None:
    body = {"kind": "TextAnalytics", "sku": {"name": sku}, "location": "eastus"}
    properties = fleet().arm("PUT", f"{ACCOUNT}-texts", body).json["properties"]
    assert ("callRateLimit" in properties, "quotaLimit" in properties) == (limited, limited)


def test_an_openai_account_of_january_2023_has_one_address_and_smaller_sizes() -> None:
    arm = fleet()
    made = {"kind": "OpenAI", "sku": {"name": "S0"}, "location": "eastus"}
    found = {}
    for day in ("2023-01-10", "2023-07-25"):
        arm.control("clock", {"at": f"{day}T00:00:00Z"})
        arm.sign_in_again()
        arm.arm("PUT", f"{ACCOUNT}-{day}", made)
        found[day] = arm.arm("GET", f"{ACCOUNT}-{day}", version="2022-12-01").json["properties"]
    first, later = found.values()
    assert list(first["endpoints"]) == ["OpenAI Language Model Instance API"]
    assert "OpenAI Dall-E API" in later["endpoints"]
    assert [rule["key"] for rule in first["callRateLimit"]["rules"]] == ["openai", "default"]
    assert later["callRateLimit"]["rules"][0]["key"] == "openai.dalle.post"
    sizes = {item["name"]: item.get("value") for item in first["capabilities"]}
    assert (sizes["MaxFineTuneCount"], sizes["VirtualNetworks"]) == ("100", None)


def test_a_text_analytics_account_is_called_by_twelve_names_under_one_address() -> None:
    body = {"kind": "TextAnalytics", "sku": {"name": "S"}, "location": "eastus"}
    properties = fleet().arm("PUT", f"{ACCOUNT}-texts", body).json["properties"]
    assert len(properties["endpoints"]) == 12
    assert len(set(properties["endpoints"].values())) == 1
    assert [item["name"] for item in properties["capabilities"]][-2:] == ["Container", "Cloud"]


@pytest.mark.parametrize(
    ("day", "spelled", "policy"),
    [
        ("2023-07-24", "ratelimits", None),
        ("2025-06-19", "rateLimits", None),
        ("2026-02-10", "rateLimits", None),
        ("2026-03-03", "rateLimits", "Microsoft.DefaultV2"),
    ],
)
def test_a_deployment_reads_as_it_did_on_that_day(day: str, spelled: str, policy: str | None) -> None:
    arm = fleet()
    arm.control("clock", {"at": f"{day}T00:00:00Z"})
    properties = arm.arm("PUT", deployment(), gpt_4o()).json["properties"]
    assert [name for name in properties if name.lower() == "ratelimits"] == [spelled]
    assert properties.get("raiPolicyName") == policy


@pytest.mark.parametrize(
    ("day", "spelled"),
    [("2023-06-15", "ratelimits"), ("2023-11-07", "rateLimits"), ("2025-06-15", "rateLimits")],
)
@pytest.mark.parametrize("where", ["region", "account"])
def test_a_list_of_models_spells_its_limits_as_the_time_did(where: str, day: str, spelled: str) -> None:
    arm = fleet()
    arm.control("clock", {"at": f"{day}T00:00:00Z"})
    region = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations/swedencentral"
    above = region if where == "region" else ACCOUNT
    listed = arm.arm("GET", f"{above}/models", version="2023-05-01").json["value"]
    models = [item["model"] if where == "region" else item for item in listed]
    names = {
        name for model in models for sku in model["skus"] for name in sku if name.lower() == "ratelimits"
    }
    assert names == {spelled}


@pytest.mark.parametrize(("day", "is_addressed"), [("2023-11-07", False), ("2025-10-28", True)])
def test_an_item_of_a_model_list_has_an_address_since_2024(day: str, is_addressed: bool) -> None:
    arm = fleet()
    arm.control("clock", {"at": f"{day}T00:00:00Z"})
    region = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations/westeurope"
    item = arm.arm("GET", f"{region}/models", version="2023-05-01").json["value"][0]
    assert ({"id", "type", "name", "location"} <= set(item)) == is_addressed
    if is_addressed:
        assert (item["location"], "/locations/WestEurope/models/" in item["id"]) == ("WestEurope", True)


def test_an_openai_account_of_july_2025_has_other_limits_than_one_of_october() -> None:
    arm = fleet()
    made = {"kind": "OpenAI", "sku": {"name": "S0"}, "location": "eastus"}
    limits, addresses, able = [], [], []
    for day in ("2025-07-10", "2025-11-01"):
        arm.control("clock", {"at": f"{day}T00:00:00Z"})
        arm.sign_in_again()
        properties = arm.arm("PUT", f"{ACCOUNT}-{day}", made, version="2025-06-01").json["properties"]
        limits.append({rule["key"]: rule["count"] for rule in properties["callRateLimit"]["rules"]})
        addresses.append(set(properties["endpoints"]))
        able.append({item["name"] for item in properties["capabilities"]})
    assert [found["openai.assistants.default"] for found in limits] == [100_000, 6000]
    assert set(limits[1]) - set(limits[0]) == {"openai.vectorstores.post"}
    assert addresses[1] - addresses[0] == {"Azure OpenAI Legacy API - Latest moniker"}
    assert able[1] - able[0] == {"EnableRLSForThrottling"}
    assert "TrustedServices" in able[0]


def test_an_ai_services_account_has_the_addresses_of_all_its_services_below_its_domain() -> None:
    body = {"kind": "AIServices", "sku": {"name": "S0"}, "location": "westus3"}
    named = {**body, "properties": {"customSubDomainName": "own"}}
    found = fleet().arm("PUT", f"{ACCOUNT}-ai", named).json["properties"]["endpoints"]
    assert len(found) == 63
    assert found["Token Service API"] == "https://own.openai.azure.com/"
    assert found["Cohere AI API"] == found["AI Foundry API"] == "https://own.services.ai.azure.com/"
    assert found["Video Translation"] == found["LUIS"] == "https://own.cognitiveservices.azure.com/"
    assert found["Speech Services Text to Speech (Neural)"] == "https://westus3.tts.speech.microsoft.com"


@pytest.mark.parametrize("version", ["2023-05-01", "2025-06-01", "2026-09-01"])
@pytest.mark.parametrize("day", ["2023-07-01", "2026-06-22"])
def test_items_of_a_models_list_are_sent_as_they_are(version: str, day: str) -> None:
    """Their text is put together from parts that regions and subscriptions share."""
    ours = fleet()
    ours.control("clock", {"at": f"{day}T00:00:00Z"})
    theirs = Arm(ours.emulator, tenant=TENANT_B)
    for arm, subscription, region in (
        (ours, SUB_A, "eastus2"),
        (theirs, SUB_B, "eastus2"),
        (ours, SUB_A, "swedencentral"),
    ):
        below = f"/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/{region}"
        page, items = f"{below}/models?api-version={version}", []
        while page:
            reply = arm.call("GET", page, bearer=arm.token)
            assert reply.content.decode() == encoded(reply.json)
            items += reply.json["value"]
            page = reply.json.get("nextLink", "").removeprefix("http://127.0.0.1")
        assert len(items) > 100
        if day > "2024":
            assert {item["location"].lower() for item in items} == {region}
            assert all(item["id"].startswith(f"/subscriptions/{subscription}/") for item in items)


@pytest.mark.parametrize(
    ("day", "default", "has_area"), [("2026-02-10", "2024-08-06", False), ("2026-03-03", "2024-11-20", True)]
)
def test_models_before_the_spring_of_2026(day: str, default: str, has_area: bool) -> None:
    arm = fleet()
    arm.control("clock", {"at": f"{day}T00:00:00Z"})
    region = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations/swedencentral"
    listed = [item["model"] for item in arm.arm("GET", f"{region}/models").json["value"]]
    named = {model["version"] for model in listed if model["name"] == "gpt-4o" and model["isDefaultVersion"]}
    assert named == {default}
    areas = {"area" in model["capabilities"] for model in listed if "embeddings" in model["capabilities"]}
    assert areas == {has_area}
    asked = {**gpt_4o(), "properties": {"model": {"format": "OpenAI", "name": "gpt-4o"}}}
    assert arm.arm("PUT", deployment(), asked).json["properties"]["model"]["version"] == default
    pools = {item["name"]["value"] for item in arm.arm("GET", f"{region}/usages").json["value"]}
    assert pools == {pool["name"] for pool in world_facts("usages")["pools"]}, "none of October 2026"


def test_an_ai_services_account_of_the_winter_of_2025_has_no_rate_limiter_of_its_own() -> None:
    arm = fleet()
    able = []
    for day in ("2025-12-23", "2026-03-03"):
        arm.control("clock", {"at": f"{day}T00:00:00Z"})
        arm.sign_in_again()
        made = {"kind": "AIServices", "sku": {"name": "S0"}, "location": "eastus"}
        properties = arm.arm("PUT", f"{ACCOUNT}-{day}", made, version="2025-06-01").json["properties"]
        able.append({item["name"] for item in properties["capabilities"]})
    assert able[1] - able[0] == {"useEndpointRateLimiter", "Scenario"}
    assert able[0] < able[1]
