"""What moves by the clock: upgrades across model names, migrations, lists, free capacity."""

from typing import Any

import pytest

from reconciler.emulator.regional import scope_of
from tests.emulator.arm import ACCOUNT, FOREIGN, SUB_A, SUB_B, TENANT_B, Arm, deployment, fleet, gpt_4o

PROVIDER = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices"
OTHERS = f"/subscriptions/{SUB_B}/providers/Microsoft.CognitiveServices"
OLD = deployment("old", FOREIGN)
PTU = "ProvisionedManaged"


def at(arm: Arm, moment: str) -> None:
    """Set the clock and sign in again: tokens last an hour of it."""
    arm.sign_in_again()
    assert arm.control("clock", {"at": moment}).json["now"].startswith(moment[:10])


def model_of(arm: Arm, path: str = OLD) -> tuple[str, str]:
    model = arm.arm("GET", path).json["properties"]["model"]
    return model["name"], model["version"]


def aging(option: str | None, **body: Any) -> Arm:  # noqa: ANN401 - parts of a PUT's body
    """An account of tenant b in eastus2, whose later list announces what replaces gpt-4o 2024-05-13."""
    options = {} if option is None else {"versionUpgradeOption": option}
    given = {**gpt_4o(10, version="2024-05-13", **options), **body}
    arm = fleet(deployments=[{"id": OLD, **given}])
    return Arm(arm.emulator, tenant=TENANT_B)


# --- automatic upgrades


@pytest.mark.parametrize(
    ("option", "before", "after"),
    [
        ("OnceNewDefaultVersionAvailable", "2026-11-23T23:00:00Z", "2026-11-24T00:00:00Z"),
        ("OnceCurrentVersionExpired", "2026-11-15T23:00:00Z", "2026-11-16T00:00:00Z"),
        (None, "2026-11-23T23:00:00Z", "2026-11-24T00:00:00Z"),
    ],
)
def test_a_deployment_becomes_its_announced_replacement_on_the_day_of_its_option(
    option: str | None, before: str, after: str
) -> None:
    arm = aging(option)
    at(arm, before)
    old = arm.arm("GET", OLD).json
    assert model_of(arm) == ("gpt-4o", "2024-05-13")
    at(arm, after)
    new = arm.arm("GET", OLD).json
    assert model_of(arm) == ("gpt-5.6-sol", "2026-07-09")
    assert (new["name"], new["sku"]) == (old["name"], old["sku"])
    assert new["etag"] != old["etag"]
    assert new["properties"]["provisioningState"] == "Succeeded"
    assert new["properties"]["capabilities"] != old["properties"]["capabilities"]


def test_the_replaced_deployment_draws_on_the_quota_of_what_it_became() -> None:
    arm = aging("OnceCurrentVersionExpired")
    at(arm, "2026-11-20T00:00:00Z")
    listed = arm.arm("GET", f"{OTHERS}/locations/eastus2/usages").json["value"]
    used = {item["name"]["value"]: item["currentValue"] for item in listed if item["currentValue"]}
    pool = next(name for name, value in used.items() if value == 10)
    assert "gpt-5.6-sol" in pool


@pytest.mark.parametrize("sku", [PTU, "GlobalBatch"])
def test_a_provisioned_and_a_batch_deployment_are_never_upgraded(sku: str) -> None:
    arm = aging("OnceNewDefaultVersionAvailable", sku={"name": sku, "capacity": 50})
    at(arm, "2026-12-31T00:00:00Z")
    assert model_of(arm) == ("gpt-4o", "2024-05-13")


def test_a_batch_deployment_has_no_chat_completion() -> None:
    arm = aging("OnceNewDefaultVersionAvailable", sku={"name": "GlobalBatch", "capacity": 50})
    assert arm.arm("GET", OLD).json["properties"]["capabilities"]["chatCompletion"] == "false"
    arm = aging("OnceNewDefaultVersionAvailable")
    assert arm.arm("GET", OLD).json["properties"]["capabilities"]["chatCompletion"] == "true"


def test_without_auto_upgrade_a_deployment_is_disabled_at_the_end() -> None:
    arm = aging("NoAutoUpgrade")
    at(arm, "2026-12-08T00:00:00Z")
    assert arm.arm("GET", OLD).json["properties"]["provisioningState"] == "Succeeded"
    at(arm, "2026-12-09T00:00:00Z")
    assert model_of(arm) == ("gpt-4o", "2024-05-13")
    assert arm.arm("GET", OLD).json["properties"]["provisioningState"] == "Disabled"


def test_a_switch_keeps_the_service_from_upgrading() -> None:
    arm = aging("OnceCurrentVersionExpired")
    arm.control("settings", {"autoUpgrade": "off"})
    at(arm, "2027-06-01T00:00:00Z")
    assert model_of(arm) == ("gpt-4o", "2024-05-13")


def test_a_preview_ends_on_its_date_whatever_the_option() -> None:
    config = {
        "targetModelName": "next",
        "targetModelVersion": "2",
        "autoUpgradeStartDate": "2026-07-05T00:00:00Z",
        "upgradeOnExpiryLeadTimeDays": 7,
    }
    skus = [
        {
            "name": "GlobalStandard",
            "usageName": "OpenAI.GlobalStandard.first",
            "deprecationDate": "2026-07-15T00:00:00Z",
        }
    ]
    first = {"format": "OpenAI", "name": "first", "version": "1", "skus": skus, "replacementConfig": config}
    world = {"kind": "OpenAI", "model": {**first, "lifecycleStatus": "Preview"}}
    model = {"format": "OpenAI", "name": "first", "version": "1"}
    body = {
        "sku": {"name": "GlobalStandard", "capacity": 1},
        "properties": {"model": model, "versionUpgradeOption": "NoAutoUpgrade"},
    }
    arm = fleet(models={"swedencentral": [world]}, deployments=[{"id": deployment(), **body}])
    at(arm, "2026-07-07T00:00:00Z")
    assert model_of(arm, deployment()) == ("first", "1")
    at(arm, "2026-07-08T00:00:00Z")
    assert model_of(arm, deployment()) == ("next", "2")


# --- migrations


def migrating(**switches: str) -> Arm:
    return fleet(deployments=[{"id": deployment(), **gpt_4o(50, sku=PTU)}], settings=switches)


MINI: dict[str, Any] = {
    "sku": {"name": PTU, "capacity": 50},
    "properties": {"model": {"format": "OpenAI", "name": "gpt-4o-mini", "version": "2024-07-18"}},
}


def test_a_provisioned_deployment_migrates_in_place_to_another_model_in_25_minutes() -> None:
    arm = migrating()
    answer = arm.arm("PUT", deployment(), MINI)
    assert answer.status == 200
    properties = answer.json["properties"]
    assert (properties["model"]["name"], properties["provisioningState"]) == ("gpt-4o-mini", "Updating")
    assert properties["currentCapacity"] == 50
    assert properties["versionUpgradeOption"] == "OnceCurrentVersionExpired"
    operation = answer.headers["azure-asyncoperation"].removeprefix("http://127.0.0.1")
    for _ in range(5):
        assert arm.call("GET", operation, bearer=arm.token).json["status"] == "Running"
    arm.control("clock", {"advanceSeconds": 24 * 60})
    assert arm.arm("GET", deployment()).json["properties"]["provisioningState"] == "Updating"
    assert arm.arm("PUT", deployment("other"), gpt_4o()).code == "RequestConflict"
    arm.control("clock", {"advanceSeconds": 61})
    assert arm.arm("GET", deployment()).json["properties"]["provisioningState"] == "Succeeded"
    assert arm.call("GET", operation, bearer=arm.token).json["status"] == "Succeeded"


def test_a_migration_ends_at_once_where_operations_do() -> None:
    arm = migrating()
    arm.control("lro", {"polls": 0})
    assert arm.arm("PUT", deployment(), MINI).json["properties"]["provisioningState"] == "Succeeded"


def test_a_migration_is_refused_by_a_switch_and_with_another_capacity_or_sku() -> None:
    arm = migrating()
    other_size = {**MINI, "sku": {"name": PTU, "capacity": 75}}
    assert "capacity and model at the same time" in arm.arm("PUT", deployment(), other_size).message
    other_sku = {**MINI, "sku": {"name": "GlobalProvisionedManaged", "capacity": 50}}
    assert arm.arm("PUT", deployment(), other_sku).code == "CannotChangeDeploymentModel"
    arm.control("settings", {"modelChange": "refused"})
    assert arm.arm("PUT", deployment(), MINI).code == "CannotChangeDeploymentModel"


def test_a_standard_deployment_does_not_change_its_models_name() -> None:
    arm = fleet(deployments=[{"id": deployment(), **gpt_4o(5)}])
    body = {**MINI, "sku": {"name": "GlobalStandard", "capacity": 5}}
    assert arm.arm("PUT", deployment(), body).code == "CannotChangeDeploymentModel"


# --- what a PUT leaves out


def spilling(**properties: Any) -> Any:  # noqa: ANN401 - parts of a PUT's body
    return gpt_4o(50, sku=PTU, **properties)


@pytest.mark.parametrize(
    ("switches", "second", "left"),
    [
        ({}, {}, False),
        ({"omitted": "kept"}, {}, True),
        ({"omitted": "kept"}, {"spilloverDeploymentName": None}, False),
        ({"omitted": "kept", "nulls": "ignored"}, {"spilloverDeploymentName": None}, True),
        ({"omitted": "kept", "nulls": "ignored"}, {"spilloverDeploymentName": ""}, False),
    ],
)
def test_what_becomes_of_an_omitted_property_hangs_on_switches(
    switches: dict[str, str], second: dict[str, object], left: bool
) -> None:
    arm = fleet(deployments=[{"id": deployment("chat"), **gpt_4o(1)}], settings=switches)
    arm.control("lro", {"polls": 0})
    arm.arm("PUT", deployment("ptu"), spilling(spilloverDeploymentName="chat"))
    assert arm.arm("PUT", deployment("ptu"), spilling(**second)).status == 200
    properties = arm.arm("GET", deployment("ptu")).json["properties"]
    assert ("spilloverDeploymentName" in properties) == left


def test_a_null_can_be_refused() -> None:
    arm = fleet(settings={"nulls": "refused"})
    assert arm.arm("PUT", deployment(), gpt_4o(raiPolicyName=None)).status == 400
    assert arm.arm("PUT", deployment(), gpt_4o(serviceTier=None)).status == 201


# --- lists of 2026-09-01


def models(arm: Arm, version: str, provider: str = OTHERS) -> list[dict[str, Any]]:
    path, found = f"{provider}/locations/eastus2/models?api-version={version}", []
    while path:
        answer = arm.call("GET", path.removeprefix("http://127.0.0.1"), bearer=arm.token).json
        found += answer["value"]
        path = answer.get("nextLink", "")
        assert version < "2026-09-01" or len(answer["value"]) <= 50
        assert version >= "2026-09-01" or not path
    return found


def test_the_models_list_pages_at_fifty_since_2026_09_01_and_not_before() -> None:
    arm = aging(None)
    _ = arm.token
    newest, before = models(arm, "2026-09-01"), models(arm, "2026-07-01")
    assert len(newest) == len(before) > 100


def test_skus_have_a_scope_and_a_lifecycle_of_their_own_since_2026_09_01() -> None:
    arm = aging(None)
    at(arm, "2026-10-05T00:00:00Z")
    _ = arm.token

    def listed(version: str) -> dict[str, Any]:
        found = [item["model"] for item in models(arm, version) if item["name"] == "OpenAI.gpt-4o.2024-05-13"]
        return dict(found[0])

    newest = listed("2026-09-01")
    assert {(sku["name"], sku["lifecycleStatus"]) for sku in newest["skus"]} >= {
        ("Standard", "Deprecated"),
        ("GlobalStandard", "Deprecating"),
    }
    assert newest["replacementConfig"]["targetModelName"] == "gpt-5.6-sol"
    assert newest["isMarketplaceRequired"] is False
    older = listed("2025-06-01")
    assert not {"replacementConfig", "isMarketplaceRequired"} & set(older)
    assert not any({"scope", "lifecycleStatus"} & set(sku) for sku in older["skus"])
    assert "replacementConfig" in listed("2025-09-01")


def test_an_offer_is_judged_by_its_skus_own_lifecycle() -> None:
    arm = aging(None)
    at(arm, "2026-10-05T00:00:00Z")
    body = gpt_4o(1, sku="Standard", version="2024-05-13")
    assert arm.arm("PUT", deployment("new", FOREIGN), body).code == "ServiceModelDeprecated"


def test_before_the_first_list_only_an_end_keeps_a_model_from_being_deployed() -> None:
    arm = aging(None)
    body = gpt_4o(1, sku="GlobalStandard", version="2024-08-06")
    assert arm.arm("PUT", deployment("now", FOREIGN), body).code == "ServiceModelDeprecating"
    at(arm, "2025-06-19T00:00:00Z")
    arm.sign_in_again()
    assert arm.arm("PUT", deployment("then", FOREIGN), body).status == 201


def test_the_later_list_begins_on_its_day_and_ends_when_the_clock_goes_back() -> None:
    arm = aging(None)
    _ = arm.token

    def has_sol() -> bool:
        return any(item["name"] == "OpenAI.gpt-5.6-sol.2026-07-09" for item in models(arm, "2026-09-01"))

    assert not has_sol()
    at(arm, "2026-10-05T00:00:00Z")
    assert has_sol()
    at(arm, "2026-10-04T00:00:00Z")
    assert not has_sol()


def test_pools_have_a_scope_since_2026_07_01_and_an_id_in_the_newest_preview() -> None:
    arm = fleet()

    def pool(version: str, name: str) -> dict[str, Any]:
        listed = arm.arm("GET", f"{PROVIDER}/locations/eastus2/usages", version=version).json["value"]
        return next(dict(item) for item in listed if item["name"]["value"] == name)

    assert "scopeType" not in pool("2025-06-01", "OpenAI.GlobalStandard.gpt-4o")
    assert pool("2026-07-01", "OpenAI.GlobalStandard.gpt-4o")["scopeType"] == "Regional"
    regional = pool("2026-09-15-preview", "OpenAI.Standard.gpt-4o")
    assert (regional["scopeType"], regional["scopeId"]) == ("Regional", "eastus2")
    assert regional["id"].endswith("/usages/OpenAI.Standard.gpt-4o")


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("AIServices.GlobalStandard.claude-opus-5-5.Azure", ("Global", "Global")),
        ("AIServices.DataZoneStandard.claude-opus-5-5.Azure", ("DataZone", "US")),
        ("AIServices.GlobalStandard.grok-4", ("Regional", "eastus2")),
        ("OpenAI.DataZoneStandard.gpt-4o", ("Regional", "eastus2")),
    ],
)
def test_only_pools_of_claude_span_regions(name: str, scope: tuple[str, str]) -> None:
    found = scope_of(name, "East US 2")
    assert (found["scopeType"], found["scopeId"]) == scope


# --- capacity


def free(arm: Arm, sku: str = PTU) -> int:
    query = "modelFormat=OpenAI&modelName=gpt-4o&modelVersion=2024-11-20"
    listed = arm.arm("GET", f"{PROVIDER}/locations/eastus2/modelCapacities?{query}").json["value"]
    return next(int(item["properties"]["availableCapacity"]) for item in listed if item["name"] == sku)


def test_free_capacity_of_provisioned_skus_moves_with_the_clock_and_is_the_same_every_time() -> None:
    hours = [f"2026-07-01T{hour:02d}:00:00Z" for hour in range(24)]

    def day() -> list[int]:
        arm, found = fleet(settings={"throttling": "off"}), []
        for hour in hours:
            at(arm, hour)
            found.append(free(arm))
        return found

    first = day()
    assert first == day()
    assert len(set(first)) > 5
    assert all(0 <= value <= 1000 and value % 25 == 0 for value in first)
    arm = fleet(settings={"modelCapacities": "quota"})
    assert free(arm) == 1000


def test_a_region_short_of_capacity_refuses_by_a_switch() -> None:
    arm = fleet(settings={"capacityShortage": "refused"})
    moments = [f"2026-07-01T{hour:02d}:00:00Z" for hour in range(24)]
    for moment in moments:
        at(arm, moment)
        query = "modelFormat=OpenAI&modelName=gpt-4o&modelVersion=2024-11-20"
        path = f"{PROVIDER}/locations/swedencentral/modelCapacities?{query}"
        listed = arm.arm("GET", path).json["value"]
        left = next(i["properties"]["availableCapacity"] for i in listed if i["name"] == PTU)
        if left < 950:
            break
    wanted = left - left % 50 + 50
    assert arm.arm("PUT", deployment(), gpt_4o(wanted, sku=PTU)).code == "InsufficientCapacity"
    arm.control("settings", {"capacityShortage": "accepted"})
    assert arm.arm("PUT", deployment(), gpt_4o(wanted, sku=PTU)).status == 201
    assert ACCOUNT in deployment()


# --- quota tiers

TIER = f"{PROVIDER}/quotaTiers/default"


def limit(arm: Arm) -> int:
    listed = arm.arm("GET", f"{PROVIDER}/locations/eastus2/usages").json["value"]
    return next(int(i["limit"]) for i in listed if i["name"]["value"] == "OpenAI.GlobalStandard.gpt-4o")


def test_a_quota_tier_rises_by_the_clock_and_the_limits_with_it_unless_the_subscription_says_no() -> None:
    arm = fleet(settings={"quotaTiers": "rising"})
    assert arm.arm("GET", TIER).json["properties"]["currentTierName"] == "Tier 1"
    first = limit(arm)
    at(arm, "2026-07-22T00:00:00Z")
    assert (limit(arm), arm.arm("GET", TIER).json["properties"]["currentTierName"]) == (2 * first, "Tier 2")
    stop = {"properties": {"tierUpgradePolicy": "NoAutoUpgrade"}}
    for method in ("PUT", "PATCH"):
        assert arm.arm(method, TIER, stop).json["properties"]["tierUpgradePolicy"] == "NoAutoUpgrade"
    at(arm, "2027-07-22T00:00:00Z")
    assert limit(arm) == 2 * first
    assert arm.arm("GET", f"{PROVIDER}/quotaTiers").json["value"] == [arm.arm("GET", TIER).json]


def test_a_quota_tier_stands_still_by_default_and_knows_two_policies() -> None:
    arm = fleet()
    first = limit(arm)
    at(arm, "2027-07-22T00:00:00Z")
    assert limit(arm) == first
    wrong = {"properties": {"tierUpgradePolicy": "Sometimes"}}
    assert arm.arm("PATCH", TIER, wrong).code == "InvalidRequestContent"
    assert arm.arm("GET", f"{PROVIDER}/quotaTiers/other").status == 404
