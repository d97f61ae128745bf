"""What a state begins with, what can be added to it, and what the service then does with time."""

import pytest

from reconciler.emulator import Emulator, application
from tests.emulator.arm import ACCOUNT, FOREIGN, SUB_A, TENANT_A, TENANT_B, Arm, deployment, fleet, gpt_4o

PROVIDER = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices"


def test_the_default_world_has_three_subscriptions_and_no_account() -> None:
    arm = Arm(application())
    assert len(arm.arm("GET", "/subscriptions", version="2022-01-01").json["value"]) == 2
    assert (
        len(
            Arm(arm.emulator, tenant=TENANT_B)
            .arm("GET", "/subscriptions", version="2022-01-01")
            .json["value"]
        )
        == 1
    )
    assert arm.arm("GET", f"{PROVIDER}/accounts").json == {"value": []}


def test_a_minimal_account_is_filled_in_with_its_group() -> None:
    arm = fleet()
    found = Arm(arm.emulator, tenant=TENANT_B).arm("GET", FOREIGN).json
    assert list(found) == [
        "id",
        "name",
        "type",
        "etag",
        "location",
        "sku",
        "kind",
        "properties",
        "systemData",
    ]
    assert (found["kind"], found["sku"], found["location"]) == ("AIServices", {"name": "S0"}, "eastus2")
    assert found["properties"]["provisioningState"] == "Succeeded"
    assert found["properties"]["endpoint"].startswith("https://")
    group = arm.arm("GET", f"/subscriptions/{SUB_A}/resourceGroups/RG", version="2021-04-01")
    assert (group.status, group.json["name"], group.json["location"]) == (200, "rg", "swedencentral")


def test_a_world_given_at_the_start_replaces_the_default_one() -> None:
    world = {
        "subscriptions": [{"subscriptionId": "sub", "tenantId": TENANT_A}],
        "accounts": [{"id": ACCOUNT.replace(SUB_A, "sub"), "location": "eastus"}],
    }
    arm = Arm(Emulator(world=world))
    assert [
        s["subscriptionId"] for s in arm.arm("GET", "/subscriptions", version="2022-01-01").json["value"]
    ] == ["sub"]
    assert arm.arm("GET", ACCOUNT.replace(SUB_A, "sub")).status == 200


def test_adding_is_merging() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o(10))
    arm.control("world", {"deployments": [{"id": deployment(), "sku": {"capacity": 25}}]})
    found = arm.arm("GET", deployment()).json
    assert found["sku"] == {"name": "GlobalStandard", "capacity": 25}
    assert found["properties"]["currentCapacity"] == 25
    assert found["properties"]["model"]["name"] == "gpt-4o"


def test_a_deployment_is_added_as_given_even_where_a_put_would_be_refused() -> None:
    odd = {
        "id": deployment("odd"),
        "sku": {"name": "ProvisionedManaged", "capacity": 7},
        "properties": {
            "model": {"format": "OpenAI", "name": "unheard-of", "version": "1"},
            "provisioningState": "Moving",
        },
    }
    found = fleet(deployments=[odd]).arm("GET", deployment("odd")).json
    assert found["properties"]["provisioningState"] == "Moving"
    assert found["sku"]["capacity"] == 7


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (
            {"deployments": [{"sku": {"name": "Nope", "capacity": 1}}]},
            "ARM has no SKU 'Nope'; allowed are Standard,",
        ),
        (
            {"deployments": [{"sku": {"name": "Standard", "capcity": 1}}]},
            "'capcity' in sku of /subscriptions/",
        ),
        ({"deployments": [{"propertis": {}}]}, "'propertis' in /subscriptions/"),
        (
            {"deployments": [{"properties": {"model": {"nmae": "gpt-4o"}}}]},
            "'nmae' in model of /subscriptions/",
        ),
        ({"accounts": [{"id": ACCOUNT, "location": "eastus", "tag": {}}]}, "'tag' in /subscriptions/"),
        (
            {"accounts": [{"id": ACCOUNT, "location": "eastus", "sku": {"nam": "S0"}}]},
            "'nam' in sku of /subscr",
        ),
        (
            {"subscriptions": [{"tenant": TENANT_A}]},
            "'tenant' in subscriptions; allowed are subscriptionId, tenantId",
        ),
        ({"resourceGroups": [{"locaton": "eastus"}]}, "'locaton' in resourceGroups; allowed are id,"),
        ({"roles": [{"client": "me"}]}, "'client' in roles; allowed are clientId, scope, actions"),
        ({"acounts": []}, "'acounts' in the world; allowed are subscriptions,"),
    ],
)
def test_a_key_or_a_sku_that_arm_does_not_have_is_refused_and_nothing_of_that_world_is_kept(
    world: dict[str, list[dict[str, object]]], said: str
) -> None:
    arm = fleet()
    for item in world.get("deployments", []):
        item["id"] = deployment("odd")
    beside = {"subscriptionId": "beside", "tenantId": TENANT_A}
    reply = arm.control("world", {**world, "subscriptions": [beside, *world.get("subscriptions", [])]})
    assert (reply.status, reply.code) == (400, "EmulatorControl")
    assert said in reply.message
    names = [
        s["subscriptionId"] for s in arm.arm("GET", "/subscriptions", version="2022-01-01").json["value"]
    ]
    assert "beside" not in names


def test_the_sku_of_a_posted_model_is_one_that_arm_has() -> None:
    sku = {"name": "Lunar", "usageName": "OpenAI.Lunar.nova"}
    nova = {
        "kind": "AIServices",
        "model": {"format": "OpenAI", "name": "nova", "version": "1", "skus": [sku]},
    }
    model = {"format": "OpenAI", "name": "nova", "version": "1"}
    one = {"id": deployment("one"), "sku": {"name": "lunar"}, "properties": {"model": model}}
    assert fleet().control("world", {"models": {"swedencentral": [nova]}, "deployments": [one]}).status == 200


def test_a_model_or_a_property_that_arm_may_have_some_day_is_taken_and_told() -> None:
    properties = {"model": {"format": "OpenAI", "name": "gpt-9", "version": "1"}, "colour": "red"}
    arm = fleet()
    said = arm.control("world", {"deployments": [{"id": deployment("new"), "properties": properties}]}).json
    assert [text.partition(": ")[2][:30] for text in said["warnings"]] == [
        "property 'colour' is unknown a",
        "swedencentral lists no model o",
    ]
    assert arm.arm("GET", deployment("new")).json["properties"]["colour"] == "red"
    told = arm.control("world", {"deployments": [{"id": deployment("old"), **gpt_4o()}]}).json
    assert told == {"ok": True, "warnings": []}


def test_what_is_merged_over_a_deployment_was_not_written_by_whoever_wrote_it_last() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o(10))
    before = arm.arm("GET", deployment()).json["systemData"]
    arm.control("clock", {"advanceSeconds": 60})
    arm.control("world", {"deployments": [{"id": deployment(), "sku": {"capacity": 25}}]})
    after = arm.arm("GET", deployment()).json["systemData"]
    assert (before["createdBy"], before["lastModifiedBy"]) == ("tester", "tester")
    assert (after["createdBy"], after["createdAt"]) == ("tester", before["createdAt"])
    assert after["lastModifiedBy"] == "emulator"
    assert after["lastModifiedAt"] > before["lastModifiedAt"]
    arm.control(
        "world", {"deployments": [{"id": deployment(), "systemData": {"lastModifiedBy": "somebody"}}]}
    )
    assert arm.arm("GET", deployment()).json["systemData"]["lastModifiedBy"] == "somebody"


def test_reset_brings_the_first_world_back() -> None:
    arm = fleet()
    arm.control("settings", {"skuChange": "refused"})
    assert arm.control("reset", {}).status == 200
    fresh = Arm(arm.emulator)
    assert fresh.arm("GET", f"{PROVIDER}/accounts").json == {"value": []}
    assert fresh.control("settings", {}).json == {"settings": {}}


def test_a_model_posted_for_a_region_can_be_deployed_there_only() -> None:
    sku = {"name": "Standard", "usageName": "OpenAI.Standard.nova", "capacity": {"maximum": 10}}
    nova = {"kind": "OpenAI", "model": {"format": "OpenAI", "name": "nova", "version": "1", "skus": [sku]}}
    arm = fleet(models={"Sweden Central": [nova]})
    model = {"format": "OpenAI", "name": "nova", "version": "1"}
    body = {"sku": {"name": "Standard", "capacity": 2}, "properties": {"model": model}}
    assert arm.arm("PUT", deployment(), body).status == 201
    names = [i["name"] for i in arm.arm("GET", f"{PROVIDER}/locations/eastus2/models").json["value"]]
    assert "OpenAI.nova.1" not in names


@pytest.mark.parametrize(
    ("model", "status"),
    [({"skus": None}, 200), ({"capabilities": None}, 200), ({"skus": [{"costs": None}]}, 400)],
)
def test_a_posted_model_with_nulls_is_taken_without_them_or_refused(
    model: dict[str, object], status: int
) -> None:
    """A null that was left out to be checked was kept, and no list of that region could be read again."""
    nova = {"format": "OpenAI", "name": "nova", "version": "1", **model}
    for sku in model.get("skus") or ():  # type: ignore[attr-defined]
        sku |= {"name": "Standard", "usageName": "OpenAI.Standard.nova", "capacity": {"maximum": 10}}
    arm = fleet()
    assert arm.control("world", {"models": {"eastus2": [{"kind": "OpenAI", "model": nova}]}}).status == status
    for version in ("2023-05-01", "2026-09-01"):
        assert arm.arm("GET", f"{PROVIDER}/locations/eastus2/models", version=version).status == 200


def test_the_clock_starts_with_the_facts_and_moves_only_forward_by_itself() -> None:
    arm = Arm()
    assert arm.call("GET", "/_emulator/clock", bearer="").json["now"].startswith("2026-06-22T00:00:00")
    moved = arm.control("clock", {"set": "2026-07-01T12:00:00Z"}).json["now"]
    assert moved.startswith("2026-07-01T12:00:00")


def test_offers_end_when_the_clock_passes_their_date() -> None:
    arm = fleet()
    arm.control("clock", {"set": "2026-10-02T00:00:00Z"})
    reply = Arm(arm.emulator).arm("PUT", deployment(), gpt_4o())
    assert reply.code == "ServiceModelDeprecated"
    assert reply.message.endswith("since 10/01/2026 00:00:00.")


def test_the_service_upgrades_a_version_only_when_switched_on_and_allowed() -> None:
    old = gpt_4o(1, version="2024-08-06")
    pinned = gpt_4o(1, version="2024-08-06", versionUpgradeOption="NoAutoUpgrade")
    arm = fleet(deployments=[{"id": deployment("old"), **old}, {"id": deployment("pinned"), **pinned}])

    def versions() -> list[str]:
        items = arm.arm("GET", f"{ACCOUNT}/deployments").json["value"]
        return [item["properties"]["model"]["version"] for item in items]

    assert versions() == ["2024-08-06", "2024-08-06"]
    arm.control("settings", {"autoUpgrade": "on"})
    assert versions() == ["2024-11-20", "2024-08-06"]


def test_the_status_tells_what_the_state_holds() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o())
    status = arm.call("GET", "/_emulator/status", bearer="").json
    assert (status["holds"]["account"], status["holds"]["deployment"], status["lro"]["polls"]) == (2, 1, 2)


def test_the_authority_that_az_is_told_of_gives_a_token_of_the_first_tenant() -> None:
    arm = fleet()
    found = arm.call("GET", "/adfs/.well-known/openid-configuration", bearer="").json
    assert found["token_endpoint"] == "http://127.0.0.1/adfs/oauth2/v2.0/token"
    form = b"grant_type=client_credentials&client_id=az&client_secret=x"
    token = arm.call("POST", "/adfs/oauth2/v2.0/token", content=form, bearer="").json["access_token"]
    path = f"/subscriptions/{SUB_A}/locations?api-version=2022-12-01"
    regions = [item["name"] for item in arm.call("GET", path, bearer=token).json["value"]]
    assert {"eastus2", "swedencentral"} <= set(regions)


def test_an_account_posted_again_keeps_what_is_not_said_anew() -> None:
    arm = fleet(accounts=[{"id": ACCOUNT, "location": "eastus", "kind": "OpenAI", "tags": {"a": "b"}}])
    arm.control("world", {"accounts": [{"id": ACCOUNT.upper(), "location": "westus"}]})
    found = arm.arm("GET", ACCOUNT).json
    assert (found["id"], found["location"], found["kind"], found["tags"]) == (
        ACCOUNT,
        "westus",
        "OpenAI",
        {"a": "b"},
    )
