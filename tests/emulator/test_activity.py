"""The Activity Log: who wrote and deleted what, and when; filters; how far back."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.emulator.arm import ACCOUNT, SUB_A, Arm, deployment, fleet, gpt_4o

LOG = f"/subscriptions/{SUB_A}/providers/Microsoft.Insights/eventtypes/management/values"
SINCE = "eventTimestamp ge '2026-06-01T00:00:00Z'"


def events(arm: Arm, more: str = "") -> list[dict[str, Any]]:
    answer = arm.arm("GET", f"{LOG}?$filter={quote(SINCE + more)}", version="2015-04-01")
    assert answer.status == 200, answer.content
    return list(answer.json["value"])


def test_a_deletion_says_who_did_it_and_when() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o())
    other = Arm(arm.emulator, client="somebody-else")
    arm.control("clock", {"at": "2026-06-25T10:00:00Z"})
    arm.sign_in_again()
    other.arm("DELETE", deployment())
    newest = events(arm, f" and resourceUri eq '{deployment()}'")[0]
    assert newest["operationName"]["value"] == "Microsoft.CognitiveServices/accounts/deployments/delete"
    assert newest["status"]["value"] == "Succeeded"
    assert newest["eventTimestamp"].startswith("2026-06-25T10:00")
    assert newest["claims"]["appid"] == "somebody-else"
    assert (
        newest["caller"] == newest["claims"]["http://schemas.microsoft.com/identity/claims/objectidentifier"]
    )
    assert newest["resourceId"] == deployment()
    assert newest["httpRequest"]["method"] == "DELETE"


def test_each_write_is_logged_as_started_and_as_it_ended_newest_first() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o())
    arm.arm("PUT", deployment(), gpt_4o(10**7))
    arm.arm("PUT", deployment("ptu"), gpt_4o(50, sku="ProvisionedManaged"))
    arm.control("clock", {"advanceSeconds": 100})
    words = [(item["status"]["value"], item["resourceId"].rpartition("/")[2]) for item in events(arm)]
    assert words == [
        ("Succeeded", "ptu"),
        ("Accepted", "ptu"),
        ("Started", "ptu"),
        ("Failed", "chat"),
        ("Started", "chat"),
        ("Succeeded", "chat"),
        ("Started", "chat"),
    ]


def test_reads_and_what_the_front_door_turned_away_leave_nothing() -> None:
    arm = fleet()
    arm.arm("GET", ACCOUNT)
    arm.arm("PUT", deployment(), gpt_4o(), version="1999-01-01")
    assert events(arm) == []


def test_events_are_filtered_by_group_resource_provider_and_time() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o())
    for clause in (
        "resourceGroupName eq 'RG'",
        "resourceProvider eq 'Microsoft.CognitiveServices'",
        f"resourceId eq '{deployment().upper()}'",
        "eventTimestamp le '2026-07-01T00:00:00Z'",
    ):
        assert len(events(arm, f" and {clause}")) == 2
    for clause in ("resourceGroupName eq 'other'", "eventTimestamp le '2026-06-02T00:00:00Z'"):
        assert events(arm, f" and {clause}") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "resourceGroupName eq 'rg'",
        "eventTimestamp ge 'yesterday'",
        f"{SINCE} or caller eq 'x'",
        "eventTimestamp ge '2026-01-01T00:00:00Z'",
    ],
)
def test_a_filter_without_a_beginning_too_old_or_not_understood_is_refused(text: str) -> None:
    reply = fleet().arm("GET", f"{LOG}?$filter={quote(text)}", version="2015-04-01")
    assert (reply.status, reply.code) == (400, "BadRequest")


def test_a_long_log_comes_in_pages() -> None:
    arm = fleet(settings={"throttling": "off"})
    for number in range(120):
        arm.arm("PUT", deployment(), gpt_4o(1 + number % 2))
    path, seen, pages = f"{LOG}?$filter={quote(SINCE)}&api-version=2015-04-01", 0, 0
    while path:
        answer = arm.call("GET", path.removeprefix("http://127.0.0.1"), bearer=arm.token).json
        seen, pages = seen + len(answer["value"]), pages + 1
        path = answer.get("nextLink", "")
    assert (seen, pages) == (240, 2)


def test_the_log_needs_its_own_right_and_is_the_subscriptions_own() -> None:
    arm = fleet(roles=[{"clientId": "deployer", "scope": f"/subscriptions/{SUB_A}", "actions": ["*/write"]}])
    reply = Arm(arm.emulator, client="deployer").arm(
        "GET", f"{LOG}?$filter={quote(SINCE)}", version="2015-04-01"
    )
    assert (reply.status, reply.code) == (403, "AuthorizationFailed")
