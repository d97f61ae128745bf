"""The contract of ARM as thirteen laws, one test each, named after the law."""

import asyncio
import json
from urllib.parse import urlsplit

from reconciler.emulator import Emulator
from tests.emulator.arm import ACCOUNT, SUB_A, Arm, Reply, Wall, deployment, exchange, fleet, gpt_4o

PROVIDER = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices"


def provisioned(capacity: int = 50) -> object:
    return gpt_4o(capacity, sku="ProvisionedManaged")


def polled(arm: Arm, reply: Reply) -> Reply:
    where = urlsplit(reply.headers["azure-asyncoperation"])
    return arm.call("GET", f"{where.path}?{where.query}", bearer=arm.token)


def test_law_put_is_201_for_a_new_resource_and_200_for_an_existing_one() -> None:
    arm = fleet()
    policy = f"{ACCOUNT}/raiPolicies/strict"
    group = f"/subscriptions/{SUB_A}/resourceGroups/other"
    for path, body in (
        (deployment(), gpt_4o()),
        (policy, {"properties": {}}),
        (group, {"location": "eastus"}),
    ):
        assert [arm.arm("PUT", path, body).status for _ in range(2)] == [201, 200], path


def test_law_delete_of_an_absent_resource_is_204() -> None:
    arm = fleet()
    for path in (deployment("none"), f"{ACCOUNT}-none", f"{ACCOUNT}/raiPolicies/none"):
        reply = arm.arm("DELETE", path)
        assert (reply.status, reply.content) == (204, b""), path


def test_law_below_an_absent_parent_the_gateway_answers_404() -> None:
    arm = fleet()
    for method, path in (
        ("GET", deployment(account=f"{ACCOUNT}-none")),
        ("PUT", deployment(account=f"{ACCOUNT}-none")),
        ("DELETE", deployment(account=f"{ACCOUNT}-none")),
        ("GET", f"{ACCOUNT}-none/deployments"),
    ):
        reply = arm.arm(method, path, gpt_4o() if method == "PUT" else None)
        code = "ResourceNotFound" if method == "DELETE" else "ParentResourceNotFound"
        assert (reply.status, reply.code) == (404, code), (method, path)
        assert reply.headers["x-ms-failure-cause"] == "gateway"


def test_law_names_are_compared_without_case_and_echoed_as_created() -> None:
    arm = fleet()
    arm.arm("PUT", deployment("Chat"), gpt_4o(1))
    loud = (
        deployment("CHAT").replace("accounts/acc", "ACCOUNTS/ACC").replace("resourceGroups", "RESOURCEGROUPS")
    )
    assert arm.arm("PUT", loud, gpt_4o(2)).status == 200
    found = arm.arm("GET", deployment("chat")).json
    assert (found["id"], found["name"], found["sku"]["capacity"]) == (deployment("Chat"), "Chat", 2)
    assert len(arm.arm("GET", f"{ACCOUNT}/deployments").json["value"]) == 1


def test_law_a_long_put_shows_a_state_that_is_not_terminal() -> None:
    arm = fleet()
    states = [arm.arm("PUT", deployment(), provisioned()).json["properties"]["provisioningState"]]
    arm.control("clock", {"advanceSeconds": 100})
    states.append(arm.arm("PUT", deployment(), provisioned(100)).json["properties"]["provisioningState"])
    assert set(states).isdisjoint({"Succeeded", "Failed", "Canceled", "Disabled"})


def test_law_the_operation_resource_always_answers_200() -> None:
    arm = fleet()
    created = arm.arm("PUT", deployment(), provisioned())
    polls = [polled(arm, created) for _ in range(4)]
    assert [poll.status for poll in polls] == [200, 200, 200, 200]
    assert [poll.json["status"] for poll in polls] == ["Running", "Succeeded", "Succeeded", "Succeeded"]
    arm.control("faults", {"match": {"method": "PUT"}, "then": {"lro": "Failed"}})
    failed = arm.arm("PUT", deployment("other"), gpt_4o())
    assert [polled(arm, failed).status for _ in range(3)] == [200, 200, 200]


def test_law_the_operation_url_is_absolute_https_and_on_the_called_host() -> None:
    arm = fleet()
    headers = {
        "host": "arm.example:8443",
        "authorization": f"Bearer {arm.token}",
        "content-type": "application/json",
    }
    scope = {
        "type": "http",
        "method": "PUT",
        "scheme": "https",
        "path": deployment(),
        "query_string": b"api-version=2025-06-01",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("127.0.0.1", 8443),
    }
    reply = asyncio.run(exchange(arm.emulator, scope, json.dumps(provisioned()).encode()))
    where = urlsplit(reply.headers["azure-asyncoperation"])
    assert (where.scheme, where.netloc) == ("https", "arm.example:8443")
    assert where.path.startswith(f"{PROVIDER}/locations/swedencentral/operationResults/")


def test_law_one_write_per_account_at_a_time() -> None:
    arm = fleet()
    arm.arm("PUT", deployment("old"), gpt_4o(1))
    arm.control("lro", {"seconds": 600})
    arm.arm("PUT", deployment(), provisioned())
    for method, path, body in (
        ("PUT", deployment("new"), gpt_4o(1)),
        ("PATCH", deployment("old"), {"tags": {}}),
        ("DELETE", deployment("old"), None),
        ("PUT", f"{ACCOUNT}/raiPolicies/strict", {}),
        ("DELETE", ACCOUNT, None),
    ):
        reply = arm.arm(method, path, body)
        assert (reply.status, reply.code) == (409, "RequestConflict"), (method, path)
    neighbour = f"{ACCOUNT}-next"
    arm.control("world", {"accounts": [{"id": neighbour, "location": "swedencentral"}]})
    assert arm.arm("PUT", deployment(account=neighbour), gpt_4o(1)).status == 201


def test_law_quota_is_one_pool_per_name_region_and_subscription() -> None:
    arm = fleet()
    near, far = f"{ACCOUNT}-near", f"{ACCOUNT}-far"
    arm.control(
        "world",
        {"accounts": [{"id": near, "location": "swedencentral"}, {"id": far, "location": "eastus2"}]},
    )
    assert arm.arm("PUT", deployment(), gpt_4o(100, sku="Standard")).status == 201
    short = arm.arm("PUT", deployment(account=near), gpt_4o(100, sku="Standard"))
    assert (short.status, short.code) == (400, "InsufficientQuota")
    assert arm.arm("PUT", deployment(account=far), gpt_4o(100, sku="Standard")).status == 201
    assert arm.arm("PUT", deployment("wide"), gpt_4o(100, sku="GlobalStandard")).status == 201
    arm.arm("DELETE", deployment())
    assert arm.arm("PUT", deployment(account=near), gpt_4o(100, sku="Standard")).status == 201


def test_law_buckets_tell_what_is_left_and_refuse_when_they_are_empty() -> None:
    arm = fleet()
    left = "x-ms-ratelimit-remaining-subscription"
    reads = [arm.arm("GET", ACCOUNT) for _ in range(251)]
    assert [reads[0].headers[f"{left}-reads"], reads[249].headers[f"{left}-reads"]] == ["249", "0"]
    assert reads[0].headers[f"{left}-global-reads"] == "3749"
    assert (reads[250].status, reads[250].code) == (429, "SubscriptionRequestsThrottled")
    assert arm.arm("PUT", deployment(), gpt_4o()).headers[f"{left}-writes"] == "199"
    assert arm.arm("DELETE", deployment()).headers[f"{left}-deletes"] == "199"
    arm.control("clock", {"advanceSeconds": int(reads[250].headers["retry-after"])})
    assert arm.arm("GET", ACCOUNT).status == 200


def test_law_the_etag_is_new_with_every_write_and_equal_in_header_and_body() -> None:
    arm = fleet()
    replies = [arm.arm("PUT", deployment(), gpt_4o(n)) for n in (1, 2)]
    replies += [arm.arm("GET", deployment()) for _ in range(2)]
    tags = [reply.json["etag"] for reply in replies]
    assert tags == [reply.headers["etag"] for reply in replies]
    assert tags[0] != tags[1] == tags[2] == tags[3]
    assert "etag" not in arm.arm("GET", f"{ACCOUNT}/deployments").headers


def test_law_pages_together_hold_everything_once_and_link_to_the_called_host() -> None:
    arm = fleet(settings={"pageSize": 2})
    for name in ("aa", "bb", "cc", "dd", "ee"):
        arm.arm("PUT", deployment(name), gpt_4o(1))
    found: list[str] = []
    path: str | None = f"{ACCOUNT}/deployments?api-version=2025-06-01"
    while path is not None:
        page = arm.call("GET", path, bearer=arm.token).json
        found += [item["name"] for item in page["value"]]
        link = page.get("nextLink")
        assert link is None or link.startswith("http://127.0.0.1/subscriptions/")
        path = None if link is None else link.removeprefix("http://127.0.0.1")
    assert found == ["aa", "bb", "cc", "dd", "ee"]


def test_law_after_sixty_seconds_the_gateway_answers_504_and_the_provider_goes_on() -> None:
    wall = Wall()
    arm = Arm(Emulator(wall=wall, sleep=wall.sleep))
    arm.control("world", {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]})
    arm.control("faults", {"match": {"method": "PUT"}, "then": {"delayMs": 61_000}})
    _ = arm.token
    before = wall()
    late = arm.arm("PUT", deployment(), gpt_4o())
    assert (late.status, late.code, wall() - before) == (504, "GatewayTimeout", 60.0)
    assert late.headers["x-ms-failure-cause"] == "service"
    assert arm.arm("GET", deployment()).status == 200
