"""Long operations, the one writer per account, and what a collision is answered."""

import asyncio
from urllib.parse import urlsplit

import pytest

from reconciler.emulator import Emulator
from tests.emulator.arm import ACCOUNT, SUB_A, Arm, Reply, Wall, deployment, fleet, gpt_4o


def follow(arm: Arm, reply: Reply) -> Reply:
    """Poll the operation that an answer points to, once."""
    parts = urlsplit(reply.headers["azure-asyncoperation"])
    assert (parts.scheme, parts.netloc) == ("http", "127.0.0.1")
    return arm.call("GET", f"{parts.path}?{parts.query}", bearer=arm.token)


def provisioned(capacity: int = 50) -> object:
    return gpt_4o(capacity, sku="ProvisionedManaged")


def test_a_provisioned_create_takes_two_polls() -> None:
    arm = fleet()
    created = arm.arm("PUT", deployment(), provisioned())
    assert (created.status, created.json["properties"]["provisioningState"]) == (201, "Creating")
    assert created.headers["retry-after"] == "1"
    assert len(created.headers["azure-asyncoperation"]) < 8192
    first = follow(arm, created)
    assert (first.status, first.json["status"]) == (200, "Running")
    assert list(first.json) == ["id", "name", "status", "startTime", "percentComplete"]
    last = follow(arm, created)
    assert list(last.json) == ["id", "name", "status", "startTime", "endTime", "percentComplete"]
    assert last.json["status"] == "Succeeded"
    assert arm.arm("GET", deployment()).json["properties"]["provisioningState"] == "Succeeded"


def test_looking_at_the_resource_counts_as_polling() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), provisioned())
    states = [arm.arm("GET", deployment()).json["properties"]["provisioningState"] for _ in range(2)]
    assert states == ["Creating", "Succeeded"]


def test_an_update_of_a_provisioned_deployment_shows_updating() -> None:
    arm = fleet()
    arm.control("lro", {"polls": 0})
    arm.arm("PUT", deployment(), provisioned())
    arm.control("lro", {"polls": 2})
    changed = arm.arm("PUT", deployment(), provisioned(100))
    assert (changed.status, changed.json["properties"]["provisioningState"]) == (200, "Updating")


def test_operations_counted_in_seconds_end_by_the_virtual_clock() -> None:
    arm = fleet()
    arm.control("lro", {"seconds": 600, "for": "all", "retryAfter": None})
    created = arm.arm("PUT", deployment(), gpt_4o())
    assert "retry-after" not in created.headers
    for _ in range(5):
        assert follow(arm, created).json["status"] == "Running"
    arm.control("clock", {"advanceSeconds": 601})
    assert follow(arm, created).json["status"] == "Succeeded"


def test_an_operation_nobody_polls_ends_by_itself_after_a_minute() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), provisioned())
    arm.control("clock", {"advanceSeconds": 61})
    item = arm.arm("GET", f"{ACCOUNT}/deployments").json["value"][0]
    assert item["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_a_second_write_to_the_account_meets_409_while_an_operation_runs(method: str) -> None:
    arm = fleet()
    arm.arm("PUT", deployment("other"), gpt_4o())
    arm.control("lro", {"seconds": 100})
    arm.arm("PUT", deployment(), provisioned())
    body = {"PUT": gpt_4o(11), "PATCH": {"tags": {}}, "DELETE": None}[method]
    reply = arm.arm(method, deployment("other"), body)
    assert (reply.status, reply.code) == (409, "RequestConflict")
    assert reply.message == (
        f"Another operation is being performed on the parent resource '{ACCOUNT}'. Please try again later."
    )


def test_concurrent_writes_of_one_account_let_one_through() -> None:
    wall = Wall()
    arm = Arm(Emulator(latency_ms=500, wall=wall, sleep=wall.sleep))
    arm.control("world", {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]})
    _ = arm.token

    async def both() -> list[Reply]:
        puts = [
            arm.send("PUT", f"{deployment(name)}?api-version=2026-07-01", gpt_4o()) for name in ("one", "two")
        ]
        return list(await asyncio.gather(*puts))

    assert sorted(reply.status for reply in asyncio.run(both())) == [201, 409]
    assert arm.arm("PUT", deployment("three"), gpt_4o()).status == 201


def test_a_mark_left_by_a_killed_process_does_not_block_the_account_for_ever() -> None:
    wall = Wall()
    arm = Arm(Emulator(wall=wall, sleep=wall.sleep))
    arm.control("world", {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]})
    with arm.emulator.store.transaction():
        mark = {"ticket": "killed", "until": wall() + 30}
        arm.emulator.store.put("mark", ACCOUNT.lower(), mark)
    assert arm.arm("PUT", deployment(), gpt_4o()).code == "RequestConflict"
    wall.seconds += 31
    assert arm.arm("PUT", deployment(), gpt_4o()).status == 201


@pytest.mark.parametrize("outcome", ["Failed", "Canceled"])
def test_an_operation_can_be_made_to_fail(outcome: str) -> None:
    arm = fleet()
    arm.control("faults", {"match": {"method": "PUT", "path": "/deployments/"}, "then": {"lro": outcome}})
    created = arm.arm("PUT", deployment(), gpt_4o())
    assert created.json["properties"]["provisioningState"] == "Creating"
    follow(arm, created)
    ended = follow(arm, created).json
    assert ended["status"] == outcome
    assert ended["error"]["code"] == "InternalServerError"
    assert arm.arm("GET", deployment()).json["properties"]["provisioningState"] == outcome


def test_an_operation_can_be_made_to_run_for_ever() -> None:
    arm = fleet()
    arm.control("faults", {"match": {"method": "PUT", "path": "/deployments/"}, "then": {"lro": "never"}})
    created = arm.arm("PUT", deployment(), gpt_4o())
    arm.control("clock", {"advanceSeconds": 3000})
    assert {follow(arm, created).json["status"] for _ in range(5)} == {"Running"}


def test_an_operation_can_show_a_word_nobody_knows() -> None:
    arm = fleet()
    arm.control(
        "faults", {"match": {"method": "PUT", "path": "/deployments/"}, "then": {"lro": "Hibernating"}}
    )
    created = arm.arm("PUT", deployment(), gpt_4o())
    follow(arm, created)
    assert follow(arm, created).json["status"] == "Hibernating"
    assert arm.arm("GET", deployment()).json["properties"]["provisioningState"] == "Hibernating"


def test_an_account_is_created_by_a_long_operation_and_deployments_wait_for_it() -> None:
    arm = fleet()
    other = ACCOUNT.removesuffix("acc") + "fresh"
    created = arm.arm("PUT", other, {"location": "Sweden Central", "kind": "OpenAI", "sku": {"name": "S0"}})
    assert (created.status, created.json["properties"]["provisioningState"]) == (201, "Creating")
    assert created.json["location"] == "Sweden Central"
    assert arm.arm("PUT", deployment(account=other), gpt_4o()).code == "RequestConflict"
    assert follow(arm, created).json["status"] == "Succeeded"
    assert arm.arm("PUT", deployment(account=other), gpt_4o()).status == 201


def test_patching_an_account_answers_202_with_both_operation_headers() -> None:
    arm = fleet()
    asked = {"tags": {"a": "b"}, "properties": {"disableLocalAuth": True}}
    patched = arm.arm("PATCH", ACCOUNT, asked)
    assert (patched.status, patched.json["properties"]["provisioningState"]) == (202, "Accepted")
    where = urlsplit(patched.headers["location"])
    polls = [arm.call("GET", f"{where.path}?{where.query}", bearer=arm.token) for _ in range(2)]
    assert [poll.status for poll in polls] == [202, 200]
    assert polls[1].json["tags"] == arm.arm("GET", ACCOUNT).json["tags"] == {"a": "b"}


@pytest.mark.parametrize("asked", [{}, {"properties": {}}, {"sku": {"name": "S0"}}])
def test_patching_only_the_tags_of_an_account_is_done_at_once(asked: dict[str, object]) -> None:
    patched = fleet().arm("PATCH", ACCOUNT, {"tags": {"a": "b"}, **asked})
    assert (patched.status, patched.json["properties"]["provisioningState"]) == (200, "Succeeded")
    assert "azure-asyncoperation" not in patched.headers
    assert patched.json["tags"] == {"a": "b"}


@pytest.mark.parametrize(("version", "state"), [("2017-04-18", "Succeeded"), ("2021-04-30", "Creating")])
def test_an_account_written_with_the_oldest_version_is_there_at_once(version: str, state: str) -> None:
    other = ACCOUNT.removesuffix("acc") + "fresh"
    asked = {"location": "westus", "kind": "Face", "sku": {"name": "S0"}}
    created = fleet().arm("PUT", other, asked, version=version)
    assert (created.status, created.json["properties"]["provisioningState"]) == (201, state)


@pytest.mark.parametrize(("version", "shown"), [("2024-10-01", None), ("2025-06-01", False)])
def test_an_account_says_since_2025_that_it_holds_no_projects(version: str, shown: bool | None) -> None:
    other = ACCOUNT.removesuffix("acc") + "fresh"
    arm = fleet()
    arm.arm("PUT", other, {"location": "westus", "kind": "Face", "sku": {"name": "S0"}}, version="2025-06-01")
    assert arm.arm("GET", other, version=version).json["properties"].get("allowProjectManagement") is shown


def test_an_unknown_operation_is_not_found() -> None:
    path = f"{ACCOUNT.split('/resourceGroups')[0]}/providers/Microsoft.CognitiveServices/locations/eastus"
    arm = fleet()
    assert arm.arm("GET", f"{path}/operationResults/none", version="2017-04-18").status == 404


def test_a_delete_can_be_made_long_and_then_answers_202_with_location() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o())
    arm.control("lro", {"deletes": "long"})
    gone = arm.arm("DELETE", deployment())
    assert (gone.status, gone.content) == (202, b"")
    assert (
        arm.arm("GET", f"{ACCOUNT}/deployments").json["value"][0]["properties"]["provisioningState"]
        == "Deleting"
    )
    where = urlsplit(gone.headers["location"])
    polls = [arm.call("GET", f"{where.path}?{where.query}", bearer=arm.token).status for _ in range(2)]
    assert polls == [202, 200]
    assert arm.arm("GET", deployment()).status == 404


def test_a_fine_tuned_deployment_is_deleted_by_an_operation_since_december_2025() -> None:
    """Recorded on 2025-12-15; in January 2025 it was 200 at once."""
    tuned = gpt_4o()
    tuned["properties"]["model"] |= {"name": "gpt-4o-2024-08-06.ft-0123456789abcdef", "version": "1"}
    arm = fleet(deployments=[{"id": deployment(), **tuned}, {"id": deployment("before"), **tuned}])
    gone = arm.arm("DELETE", deployment())
    assert (gone.status, gone.content) == (202, b"")
    assert "location" in gone.headers
    assert arm.arm("GET", deployment()).json["properties"]["provisioningState"] == "Deleting"
    assert follow(arm, gone).json["status"] == "Succeeded"
    assert arm.arm("GET", deployment()).status == 404
    arm.control("clock", {"at": "2025-01-27T00:00:00Z"})
    assert arm.arm("DELETE", deployment("before")).status == 200


def test_operations_without_headers_are_followed_on_the_resource() -> None:
    arm = fleet()
    arm.control("lro", {"headers": "absent", "for": "all"})
    created = arm.arm("PUT", deployment(), gpt_4o())
    assert created.json["properties"]["provisioningState"] == "Creating"
    assert "azure-asyncoperation" not in created.headers
    assert [arm.arm("GET", deployment()).json["properties"]["provisioningState"] for _ in range(2)] == [
        "Creating",
        "Succeeded",
    ]


def test_a_deployment_found_in_a_state_that_is_not_terminal_refuses_a_put() -> None:
    arm = fleet(deployments=[{"id": deployment(), **gpt_4o(provisioningState="Moving")}])
    reply = arm.arm("PUT", deployment(), gpt_4o())
    assert (reply.status, reply.code) == (409, "RequestConflict")
    assert f"Cannot modify resource with id '{deployment()}'" in reply.message


def test_an_account_that_is_still_settling_refuses_writes_below_it() -> None:
    arm = fleet()
    settling = {"id": ACCOUNT, "location": "swedencentral", "properties": {"provisioningState": "Accepted"}}
    arm.control("world", {"accounts": [settling]})
    assert arm.arm("PUT", deployment(), gpt_4o()).code == "RequestConflict"
    arm.control("world", {"accounts": [{**settling, "properties": {"provisioningState": "Succeeded"}}]})
    assert arm.arm("PUT", deployment(), gpt_4o()).status == 201


@pytest.mark.parametrize(
    ("kind", "counter", "status"),
    [
        ("OpenAI", "OpenAI.S0.AccountCount", 400),
        ("AIServices", "OpenAI.S0.AccountCount", 201),
        ("AIServices", "AIServices.S0.AccountCount", 400),
        ("Face", "AccountCount", 400),
    ],
)
def test_one_account_more_than_its_counter_allows_is_refused(kind: str, counter: str, status: int) -> None:
    arm = fleet()
    full = [{"name": {"value": counter, "localizedValue": counter}, "currentValue": 1, "limit": 1}]
    arm.control("world", {"usages": {f"{SUB_A}/swedencentral": full}})
    body = {"kind": kind, "sku": {"name": "S0"}, "location": "swedencentral"}
    reply = arm.arm("PUT", f"{ACCOUNT}-more", body)
    assert reply.status == status
    if status == 400:
        assert reply.code == "InsufficientQuota"
        assert reply.message == "Insufficient quota. Cannot create/update/move resource 'acc-more'."
    assert arm.arm("PATCH", ACCOUNT, {"tags": {"a": "b"}}).status == 200


@pytest.mark.parametrize(("year", "ends"), [(2023, "from kind 'OpenAI'"), (2026, "blocked QuotaId/Feature.")])
def test_a_subscription_without_access_gets_no_account_by_a_switch(year: int, ends: str) -> None:
    arm = fleet(settings={"accountAccess": "refused"})
    arm.control("clock", {"at": f"{year}-07-01T00:00:00Z"})
    body = {"kind": "OpenAI", "sku": {"name": "S0"}, "location": "eastus"}
    refused = arm.arm("PUT", f"{ACCOUNT}-more", body)
    assert (refused.status, refused.code) == (400, "SpecialFeatureOrQuotaIdRequired")
    assert refused.message.endswith(ends)
