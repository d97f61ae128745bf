"""Read APIs of a region, throttling, paging, content filters, soft deletion, preflight."""

from tests.emulator.arm import ACCOUNT, SUB_A, Arm, deployment, fleet, gpt_4o

PROVIDER = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices"
GPT_4O = "modelFormat=OpenAI&modelName=gpt-4o&modelVersion=2024-11-20"


def test_every_model_is_listed_once_per_account_kind() -> None:
    items = fleet().arm("GET", f"{PROVIDER}/locations/East US 2/models".replace(" ", "%20")).json["value"]
    kinds = [item["kind"] for item in items if item["name"] == "OpenAI.gpt-4o.2024-11-20"]
    assert sorted(kinds) == ["AIServices", "OpenAI"]
    assert items[0]["location"] == "EastUS2"


def test_every_offer_draws_on_a_pool_that_usages_lists() -> None:
    arm = fleet()
    for location in ("eastus2", "swedencentral", "japaneast"):
        pools = {
            i["name"]["value"].lower()
            for i in arm.arm("GET", f"{PROVIDER}/locations/{location}/usages").json["value"]
        }
        models = arm.arm("GET", f"{PROVIDER}/locations/{location}/models").json["value"]
        wanted = {sku["usageName"].lower() for item in models for sku in item["model"]["skus"]}
        assert wanted - pools == set(), location


def test_a_region_lists_only_its_own_offers() -> None:
    arm = fleet()

    def skus(location: str) -> set[str]:
        items = arm.arm("GET", f"{PROVIDER}/locations/{location}/models").json["value"]
        wanted = [item for item in items if item["name"] == "OpenAI.gpt-4o.2024-11-20"]
        return {sku["name"] for item in wanted for sku in item["model"]["skus"]}

    assert "DataZoneStandard" in skus("swedencentral")
    assert "DataZoneStandard" not in skus("brazilsouth")
    assert "GlobalStandard" in skus("brazilsouth")


def test_free_capacity_is_what_the_pool_has_left_and_never_negative() -> None:
    arm = fleet(settings={"modelCapacities": "quota"})
    arm.control("lro", {"polls": 0})
    arm.arm("PUT", deployment(), gpt_4o(400, sku="ProvisionedManaged"))
    items = arm.arm("GET", f"{PROVIDER}/locations/swedencentral/modelCapacities?{GPT_4O}").json["value"]
    free = {item["name"]: item["properties"]["availableCapacity"] for item in items}
    assert free["ProvisionedManaged"] == 600
    assert min(free.values()) >= 0
    everywhere = arm.arm("GET", f"{PROVIDER}/modelCapacities?{GPT_4O}").json["value"]
    assert len({item["location"] for item in everywhere}) > 20


def test_capacities_without_a_model_are_refused() -> None:
    assert fleet().arm("GET", f"{PROVIDER}/modelCapacities").code == "InvalidRequestContent"


def test_a_ptu_estimate_is_rounded_up_to_a_size_that_can_be_deployed() -> None:
    body = {
        "model": {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"},
        "skuName": "ProvisionedManaged",
        "workloads": [
            {
                "requestPerMinute": 100,
                "requestParameters": {"avgPromptTokens": 1000, "avgGeneratedTokens": 200},
            }
        ],
    }
    reply = fleet().arm("POST", f"{PROVIDER}/calculateModelCapacity", body)
    assert reply.json["estimatedCapacity"] == {"value": 72, "deployableValue": 100}


def test_a_model_without_published_weights_has_no_estimate() -> None:
    body = {
        "model": {"format": "OpenAI", "name": "gpt-4", "version": "0613"},
        "skuName": "ProvisionedManaged",
    }
    reply = fleet().arm("POST", f"{PROVIDER}/calculateModelCapacity", {**body, "workloads": []})
    assert (reply.status, "gpt-4" in reply.message) == (501, True)


def test_models_and_usages_of_an_account() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o(3))
    models = arm.arm("GET", f"{ACCOUNT}/models").json["value"]
    assert {"OpenAI"} == {model["format"] for model in models}
    usages = arm.arm("GET", f"{ACCOUNT}/usages").json["value"]
    assert [(u["name"]["value"], u["currentValue"]) for u in usages] == [("OpenAI.GlobalStandard.gpt-4o", 3)]


def test_pages_come_only_by_a_switch_and_together_hold_everything() -> None:
    arm = fleet()
    for name in ("a1", "a2", "a3", "a4", "a5"):
        arm.arm("PUT", deployment(name), gpt_4o(1))
    assert "nextLink" not in arm.arm("GET", f"{ACCOUNT}/deployments").json
    arm.control("settings", {"pageSize": 2})
    names: list[str] = []
    path = f"{ACCOUNT}/deployments?api-version=2026-07-01"
    while path:
        page = arm.call("GET", path, bearer=arm.token).json
        names += [item["name"] for item in page["value"]]
        path = page.get("nextLink", "").removeprefix("http://127.0.0.1")
    assert names == ["a1", "a2", "a3", "a4", "a5"]


def test_the_two_hundred_and_fifty_first_read_at_once_is_throttled_and_time_helps() -> None:
    arm = fleet()
    replies = [arm.arm("GET", "/tenants", version="2022-01-01") for _ in range(251)]
    assert replies[0].headers["x-ms-ratelimit-remaining-tenant-reads"] == "249"
    last = replies[-1]
    assert (last.status, last.code) == (429, "SubscriptionRequestsThrottled")
    assert int(last.headers["retry-after"]) >= 1
    assert "GET/TENANTS/" in last.message
    assert arm.arm("GET", ACCOUNT).headers["x-ms-ratelimit-remaining-subscription-reads"] == "249"
    arm.control("clock", {"advanceSeconds": 2})
    assert arm.arm("GET", "/tenants", version="2022-01-01").status == 200


def test_throttling_is_per_principal_and_can_be_switched_off() -> None:
    arm = fleet(settings={"throttling": "off"})
    found = [arm.arm("GET", "/tenants", version="2022-01-01") for _ in range(300)]
    assert {reply.status for reply in found} == {200}
    assert {reply.headers["x-ms-ratelimit-remaining-tenant-reads"] for reply in found} == {"250"}
    arm.control("settings", {"throttling": "on"})
    assert arm.arm("GET", "/tenants", version="2022-01-01").status == 429
    assert Arm(arm.emulator, client="other").arm("GET", "/tenants", version="2022-01-01").status == 200


def test_a_content_filter_can_be_made_used_and_removed() -> None:
    arm = fleet()
    policy = f"{ACCOUNT}/raiPolicies/strict"
    assert arm.arm("PUT", policy, {"properties": {"basePolicyName": "Microsoft.DefaultV2"}}).status == 201
    assert arm.arm("PUT", policy, {"properties": {"basePolicyName": "Microsoft.Default"}}).status == 200
    names = [item["name"] for item in arm.arm("GET", f"{ACCOUNT}/raiPolicies").json["value"]]
    system = ["Default", "DefaultV2", "Audio", "Nil", "Streaming", "Reasoning"]
    assert names == ["strict", *(f"Microsoft.{name}" for name in system)]
    created = arm.arm("PUT", deployment(), gpt_4o(raiPolicyName="strict"))
    assert (created.status, created.json["properties"]["raiPolicyName"]) == (201, "strict")
    deleted = arm.arm("DELETE", policy)
    assert deleted.status == 202
    assert {"location", "azure-asyncoperation"} <= set(deleted.headers)
    arm.control("clock", {"advanceSeconds": 100})
    assert arm.arm("DELETE", policy).status == 204
    assert arm.arm("GET", policy).status == 404
    assert arm.arm("DELETE", f"{ACCOUNT}/raiPolicies/Microsoft.Default").status == 400


def test_an_account_with_deployments_cannot_be_deleted() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o())
    reply = arm.arm("DELETE", ACCOUNT)
    assert (reply.status, reply.code) == (409, "CannotDeleteResource")
    assert deployment() in reply.message


def test_a_deleted_account_keeps_its_name_for_two_days_unless_restored_or_purged() -> None:
    arm = fleet()
    body = {"location": "swedencentral", "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}}
    assert arm.arm("DELETE", ACCOUNT).status == 200
    assert arm.arm("DELETE", ACCOUNT).status == 204
    assert arm.arm("GET", ACCOUNT).code == "ResourceNotFound"
    assert arm.arm("PUT", ACCOUNT, body).code == "FlagMustBeSetForRestore"
    listed = arm.arm("GET", f"{PROVIDER}/deletedAccounts").json["value"]
    assert [item["name"] for item in listed] == ["acc"]
    assert arm.arm("PUT", ACCOUNT, {**body, "properties": {"restore": True}}).status == 201
    arm.arm("GET", ACCOUNT)
    arm.arm("GET", ACCOUNT)
    arm.arm("DELETE", ACCOUNT)
    gone = f"{PROVIDER}/locations/swedencentral/resourceGroups/rg/deletedAccounts/acc"
    assert arm.arm("GET", gone).status == 200
    assert arm.arm("DELETE", gone).status == 202
    arm.control("clock", {"advanceSeconds": 100})
    assert arm.arm("DELETE", gone).status == 204
    assert arm.arm("PUT", ACCOUNT, body).status == 201


def test_preflight_says_what_a_put_would_say_and_changes_nothing() -> None:
    arm = fleet()
    good = {"name": "acc/chat", "apiVersion": "2026-07-01", **gpt_4o()}
    bad = {"name": "acc/chat", "apiVersion": "2026-07-01", **gpt_4o(sku="ProvisionedStandard")}
    asked = {
        "provider": "Microsoft.CognitiveServices",
        "type": "accounts/deployments",
        "scope": f"/subscriptions/{SUB_A}/resourceGroups/rg",
    }
    path = "/providers/Microsoft.Resources/validateResources"
    assert arm.arm("POST", path, {**asked, "resources": [good]}, version="2020-10-01").status == 200
    refused = arm.arm("POST", path, {**asked, "resources": [good, bad]}, version="2020-10-01")
    assert (refused.status, refused.code) == (400, "ResourceValidationFailed")
    assert [item["code"] for item in refused.json["error"]["details"][0]["details"]] == [
        "InvalidResourceProperties"
    ]
    assert arm.arm("GET", deployment()).status == 404


def test_resource_groups_can_be_put_listed_and_removed() -> None:
    arm = fleet()
    path = f"/subscriptions/{SUB_A}/resourceGroups/fresh"
    assert arm.arm("PUT", path, {}, version="2021-04-01").code == "LocationRequired"
    assert arm.arm("PUT", path, {"location": "eastus"}, version="2021-04-01").status == 201
    assert arm.arm("PUT", path, {"location": "eastus", "tags": {"a": "b"}}, version="2021-04-01").json[
        "tags"
    ] == {"a": "b"}
    names = [
        i["name"]
        for i in arm.arm("GET", f"/subscriptions/{SUB_A}/resourceGroups", version="2021-04-01").json["value"]
    ]
    assert names == ["rg", "fresh"]
    assert arm.arm("DELETE", path, version="2021-04-01").status == 202
    arm.control("clock", {"advanceSeconds": 100})
    assert arm.arm("HEAD", path, version="2021-04-01").status == 404


def test_etags_are_ignored_unless_the_switch_enforces_them() -> None:
    arm = fleet()
    etag = arm.arm("PUT", deployment(), gpt_4o()).json["etag"]
    assert arm.arm("PUT", deployment(), gpt_4o(), headers={"if-match": '"stale"'}).status == 200
    arm.control("settings", {"etags": "enforced"})
    arm.arm("PUT", deployment(), gpt_4o(11))
    stale = arm.arm("PUT", deployment(), gpt_4o(), headers={"if-match": etag})
    assert (stale.status, stale.code) == (412, "PreconditionFailed")
    fresh = arm.arm("GET", deployment()).json["etag"]
    assert arm.arm("PUT", deployment(), gpt_4o(), headers={"if-match": fresh}).status == 200
    assert arm.arm("PUT", deployment(), gpt_4o(12), headers={"if-none-match": "*"}).status == 412
    assert arm.arm("PUT", deployment("other"), gpt_4o(), headers={"if-none-match": "*"}).status == 201


def test_the_clouds_description_is_one_object_with_an_adfs_login() -> None:
    reply = Arm().call("GET", "/metadata/endpoints?api-version=2019-05-01", bearer="")
    assert reply.json["authentication"]["loginEndpoint"] == "http://127.0.0.1/adfs"
