"""Data plane, metrics and retail prices: what a probe, an idle check and a price list meet."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.emulator.arm import ACCOUNT, SUB_A, Arm, Reply, deployment, fleet, gpt_4o

CHAT = "/openai/v1/chat/completions"
SMALL = {"model": "chat", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}
METRICS = f"{ACCOUNT}/providers/Microsoft.Insights/metrics"
PTU = "ProvisionedManaged"


def serving(**world: object) -> Arm:
    return fleet(deployments=[{"id": deployment(), **gpt_4o(10)}], **world)


def asked(arm: Arm, path: str = CHAT, body: object = None, **headers: str) -> Reply:
    _ = arm.token
    return arm.call("POST", f"/acc.openai.azure.com{path}", SMALL if body is None else body, headers=headers)


# --- the data plane


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (CHAT, "chat.completion"),
        ("/openai/v1/responses", "response"),
        ("/openai/v1/embeddings", "list"),
        ("/openai/deployments/chat/chat/completions?api-version=2024-10-21", "chat.completion"),
        ("/openai/deployments/chat/embeddings?api-version=2024-10-21", "list"),
    ],
)
def test_a_deployment_answers_in_both_forms_of_the_api(path: str, kind: str) -> None:
    reply = asked(serving(), path)
    assert (reply.status, reply.json["object"]) == (200, kind)
    assert reply.headers["x-ratelimit-limit-tokens"] == "10000"


def test_a_claude_deployment_answers_messages_and_counts_tokens() -> None:
    arm = serving()
    assert asked(arm, "/anthropic/v1/messages").json["type"] == "message"
    assert asked(arm, "/anthropic/v1/messages/count_tokens").json["input_tokens"] > 0


def test_the_resource_is_named_by_host_or_alone() -> None:
    arm = fleet(deployments=[{"id": deployment(), **gpt_4o(10)}])
    _ = arm.token
    by_host = arm.call("POST", CHAT, SMALL, headers={"host": "acc.openai.azure.com"})
    assert by_host.status == 200
    assert arm.call("POST", CHAT, SMALL).status == 401, "two accounts, and nobody says which"


def test_a_key_or_a_token_opens_and_nothing_else() -> None:
    arm = serving()
    key = arm.arm("POST", f"{ACCOUNT}/listKeys").json["key1"]
    where = f"/acc.openai.azure.com{CHAT}"
    assert arm.call("POST", where, SMALL, headers={"api-key": key}, bearer="").status == 200
    assert arm.call("POST", where, SMALL, headers={"api-key": "guessed"}, bearer="").status == 401
    assert arm.call("POST", where, SMALL, bearer="").status == 401
    journal = arm.call("GET", "/_emulator/requests", bearer="").content
    assert key.encode() not in journal


def test_an_absent_a_paused_and_a_new_deployment_do_not_answer() -> None:
    arm = serving()
    absent = asked(arm, body={**SMALL, "model": "none"})
    assert (absent.status, absent.code) == (404, "DeploymentNotFound")
    assert "within the last 5 minutes" in absent.message
    arm.arm("POST", f"{deployment()}/pause")
    assert asked(arm).status == 423
    arm.arm("POST", f"{deployment()}/resume")
    arm.control("settings", {"newDeployments": "late"})
    assert asked(arm).status == 404
    arm.control("clock", {"advanceSeconds": 301})
    assert asked(arm).status == 200


@pytest.mark.parametrize(
    ("word", "status"), [("throttled", 429), ("failing", 503), ("absent", 404), ("gone", 410)]
)
def test_a_switch_makes_inference_fail(word: str, status: int) -> None:
    arm = serving(settings={"inference": word})
    reply = asked(arm)
    assert reply.status == status
    assert word != "throttled" or reply.headers["retry-after-ms"] == "1000"


def test_a_provisioned_deployment_spills_over_and_says_so() -> None:
    ptu = gpt_4o(50, sku=PTU, spilloverDeploymentName="chat")
    arm = serving(settings={"inference": "throttled"})
    arm.control("world", {"deployments": [{"id": deployment("ptu"), **ptu}]})
    reply = asked(arm, body={**SMALL, "model": "ptu"})
    assert reply.status == 200
    assert reply.headers["x-ms-spillover-from-deployment"] == "ptu"
    assert reply.headers["x-ms-deployment-name"] == "chat"
    assert reply.headers["x-ms-spillover-error"] == "429"


@pytest.mark.parametrize("content", [b"{", b"[]", b"1"])
def test_a_body_that_is_no_object_is_refused(content: bytes) -> None:
    arm = serving()
    _ = arm.token
    where = f"/acc.openai.azure.com{CHAT}"
    assert (
        arm.call("POST", where, content=content, headers={"content-type": "application/json"}).status == 400
    )


# --- metrics


def metric(arm: Arm, query: str = "", name: str = "ModelRequests") -> Any:  # noqa: ANN401 - JSON
    span = quote("2026-06-22T00:00:00Z/2026-06-22T00:30:00Z")
    reply = arm.arm(
        "GET", f"{METRICS}?metricnames={name}&timespan={span}&interval=PT1M{query}", version="2024-02-01"
    )
    assert reply.status == 200, reply.content
    return reply.json["value"][0]


def test_calls_are_counted_by_deployment_and_minute_once_they_are_ingested() -> None:
    arm = serving()
    for _ in range(3):
        asked(arm)
    filtered = "&$filter=" + quote("ModelDeploymentName eq 'chat'")
    early = metric(arm, filtered)["timeseries"][0]["data"]
    assert early[0] == {"timeStamp": "2026-06-22T00:00:00Z", "total": 0.0}, "zero, and it will change"
    arm.control("clock", {"advanceSeconds": 600})
    later = metric(arm, filtered)["timeseries"][0]
    assert later["data"][0]["total"] == 3.0
    assert later["metadatavalues"][0]["value"] == "chat"
    assert metric(arm, filtered, "TotalTokens")["timeseries"][0]["data"][0]["total"] > 3
    assert metric(arm, name="ModelAvailabilityRate")["timeseries"][0]["data"][0]["average"] == 100.0


@pytest.mark.parametrize(("word", "series"), [("empty", 0), ("zeros", 1), ("missing", 1)])
def test_no_traffic_shows_in_each_of_the_reported_ways(word: str, series: int) -> None:
    arm = serving(settings={"noTraffic": word})
    found = metric(arm)["timeseries"]
    assert len(found) == series
    if word == "zeros":
        assert {point["total"] for point in found[0]["data"]} == {0.0}
    if word == "missing":
        assert all("total" not in point for point in found[0]["data"])


def test_a_world_may_say_that_a_deployment_has_steady_traffic() -> None:
    steady = {
        "id": deployment(),
        "requestsPerMinute": 4,
        "inputTokens": 100,
        "utilization": 37,
        "until": "2026-06-22T00:10:00Z",
    }
    arm = serving(traffic=[steady])
    arm.control("clock", {"advanceSeconds": 1800})
    data = metric(arm)["timeseries"][0]["data"]
    assert [point.get("total") for point in data[:11]] == [4.0] * 10 + [None]
    used = metric(arm, name="AzureOpenAIProvisionedManagedUtilizationV2")["timeseries"][0]["data"]
    assert used[0]["average"] == 37.0


@pytest.mark.parametrize(
    "query",
    [
        "metricnames=Nonsense",
        "",
        "metricnames=ModelRequests&interval=PT7M",
        "metricnames=ModelRequests&timespan=yesterday",
        "metricnames=ModelRequests&$filter=Region%20eq%20'x'",
    ],
)
def test_a_metrics_query_that_is_not_understood_is_refused(query: str) -> None:
    assert serving().arm("GET", f"{METRICS}?{query}", version="2024-02-01").status == 400


def test_the_metrics_of_an_account_are_defined() -> None:
    path = f"{ACCOUNT}/providers/Microsoft.Insights/metricDefinitions"
    listed = serving().arm("GET", path, version="2024-02-01").json["value"]
    assert {"ModelRequests", "ProvisionedUtilization"} <= {item["name"]["value"] for item in listed}


# --- retail prices


def prices(text: str, more: str = "") -> list[dict[str, Any]]:
    reply = Arm().call("GET", f"/api/retail/prices?$filter={quote(text)}{more}", bearer="")
    assert reply.status == 200, reply.content
    assert set(reply.json) == {
        *("BillingCurrency", "CustomerEntityId", "CustomerEntityType", "Items", "NextPageLink", "Count")
    }
    return list(reply.json["Items"])


def test_prices_are_answered_without_a_sign_in_and_filtered() -> None:
    every = prices("serviceName eq 'Foundry Models'")
    assert len(every) > 60
    units = prices(
        "armRegionName eq 'eastus2' and contains(meterName, 'Provisioned') and priceType eq 'Consumption'"
    )
    assert units
    assert all("Provisioned" in item["meterName"] and item["type"] == "Consumption" for item in units)
    both = prices(
        "(skuName eq 'Provisioned Managed Global' or startswith(meterName, 'gpt'))"
        " and contains(meterName, 'Unit') eq true"
    )
    assert 0 < len(both) < len(every)
    assert len(prices("contains(tolower(meterName), 'provisioned')")) >= len(units)


def test_values_are_case_sensitive_in_the_newest_version_only() -> None:
    assert prices("serviceName eq 'foundry models'")
    assert prices("serviceName eq 'foundry models'", "&api-version=2023-01-01-preview") == []
    assert prices("serviceName eq 'Cognitive Services'") == []


@pytest.mark.parametrize("text", ["serviceName", "serviceName eq", "a eq 'x' and", "(a eq 'x'", "a ~ 'x'"])
def test_a_price_filter_that_is_not_understood_is_refused(text: str) -> None:
    assert Arm().call("GET", f"/api/retail/prices?$filter={quote(text)}", bearer="").status == 400


def test_prices_come_in_the_currency_that_is_asked_for_and_skip() -> None:
    reply = Arm().call("GET", "/api/retail/prices?currencyCode='EUR'&$skip=10", bearer="").json
    assert reply["BillingCurrency"] == "EUR"
    assert reply["Count"] == len(reply["Items"])
    assert Arm().call("GET", "/api/retail/prices?$skip=x", bearer="").status == 400
    assert SUB_A
