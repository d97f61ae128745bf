"""What unmodified clients were found to send or expect, beyond what a specification says."""

import json
from urllib.parse import quote

from tests.emulator.arm import ACCOUNT, SUB_A, fleet
from tests.emulator.templates import MAIN, VERSION, template

GROUP = f"/subscriptions/{SUB_A}/resourceGroups/rg"


def test_az_sends_a_template_behind_a_bare_name_and_with_comments() -> None:
    arm = fleet()
    arm.arm("PUT", GROUP, {"location": "swedencentral"}, version="2021-04-01")
    text = json.dumps(template()).replace('"resources"', '/* a comment */ "resources"', 1)
    content = ('{"properties": {"mode": "Incremental", template:' + text + ", // no more\n}}").replace(
        ", //", " //"
    )
    reply = arm.call(
        "POST",
        f"{MAIN}/validate?api-version={VERSION}",
        content=content.encode(),
        headers={"content-type": "application/json"},
        bearer=arm.token,
    )
    assert reply.status == 200, reply.content
    assert "https://schema" in template()["$schema"], "what stands in a text is no comment"


def test_az_asks_for_operations_of_a_template_by_an_older_address() -> None:
    arm = fleet()
    arm.arm("PUT", MAIN, {"properties": {"template": {"resources": []}}}, version=VERSION)
    older = f"{GROUP}/deployments/main/operations"
    assert arm.arm("GET", older, version=VERSION).json == {"value": []}


def test_az_filters_events_by_a_time_without_quotes() -> None:
    arm = fleet()
    arm.arm("PATCH", ACCOUNT, {"tags": {"a": "b"}})
    text = quote("eventTimestamp ge 2026-06-21T00:00:00.000001 and resourceGroupName eq 'rg'")
    path = f"/subscriptions/{SUB_A}/providers/Microsoft.Insights/eventtypes/management/values?$filter={text}"
    assert len(arm.arm("GET", path, version="2015-04-01").json["value"]) == 2


def test_az_encodes_a_timespan_twice() -> None:
    span = quote(quote("2026-06-22T00:00:00+00:00/2026-06-22T00:05:00+00:00", safe=""))
    path = f"{ACCOUNT}/providers/Microsoft.Insights/metrics?metricnames=ModelRequests&timespan={span}"
    assert fleet().arm("GET", path, version="2024-02-01").json["timespan"].startswith("2026-06-22T00:00:00Z/")


def test_az_lists_resources_of_a_group_by_a_filter() -> None:
    text = quote("resourceGroup eq 'RG'")
    path = f"/subscriptions/{SUB_A}/resources?$filter={text}"
    assert len(fleet().arm("GET", path, version="2021-04-01").json["value"]) == 1


def test_a_deletion_that_nobody_polls_ends_by_itself_in_seconds() -> None:
    arm = fleet()
    policy = f"{ACCOUNT}/raiPolicies/strict"
    arm.arm("PUT", policy, {"properties": {}})
    arm.arm("DELETE", policy)
    arm.control("clock", {"advanceSeconds": 6})
    assert arm.arm("PATCH", ACCOUNT, {"tags": {"a": "b"}}).status == 200
