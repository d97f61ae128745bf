"""Recorded exchanges, in order, against a seeded emulator: statuses, headers, keys, types, error codes.

Every difference between the recording and the answer is listed with a reason; an unlisted one fails, and so
does a listed one that no longer occurs.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.emulator.arm import SUB_A, TENANT_A, Arm, Reply

RECORDINGS = Path(__file__).parent.parent / "recordings"
ZERO = "00000000-0000-0000-0000-000000000000"
FRONT = {"x-envoy-upstream-service-time", "x-ms-failure-cause"}
COMPARED = {
    "azure-asyncoperation",
    "location",
    "etag",
    "content-type",
    "cache-control",
    "pragma",
    "expires",
    "strict-transport-security",
    "x-content-type-options",
    *FRONT,
}
OLD_FRONT = {"date", "server", "transfer-encoding", "vary", "content-length"}

ACCOUNT_GAPS = {
    "properties.apiProperties": "empty on accounts of 2025, absent on those of 2022 and 2023",
    "properties.armFeatures": "flags of the recording subscription",
    "properties.backupUpperLimit": "not shown by later versions",
    "properties.callRateLimit.rules[]": "limits of other services are not modelled",
    "properties.endpoints": "the addresses of an account differ by kind and year; three are modelled",
}


@dataclass(frozen=True, kw_only=True)
class Replay:
    """One recording and what has to be in the world before it begins."""

    file: str
    world: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    rewrite: dict[str, str] = field(default_factory=dict)
    """Words of the recording that are replaced before it is played."""


def load(file: str, rewrite: dict[str, str] | None = None) -> list[dict[str, Any]]:
    text = (RECORDINGS / file).read_text()
    for old, new in (rewrite or {}).items():
        text = text.replace(old, new)
    found: dict[str, Any] = json.loads(text)
    interactions: list[dict[str, Any]] = found["interactions"]
    return interactions


def group(name: str) -> dict[str, str]:
    return {"id": f"/subscriptions/{ZERO}/resourceGroups/{name}", "location": "westus3"}


def model(name: str, version: str, **more: object) -> dict[str, Any]:
    """A model as it was listed at the time of an old recording."""
    sku = {
        "name": "Standard",
        "usageName": f"OpenAI.Standard.{name}",
        "capacity": {"maximum": 1000},
        "rateLimits": [
            {"key": "request", "renewalPeriod": 10, "count": 1},
            {"key": "token", "renewalPeriod": 60, "count": 1000},
        ],
    }
    return {
        "kind": "OpenAI",
        "model": {"format": "OpenAI", "name": name, "version": version, "skus": [sku], **more},
    }


def world(groups: list[str], **more: object) -> dict[str, Any]:
    return {
        "subscriptions": [
            {"subscriptionId": ZERO, "tenantId": TENANT_A},
            {"subscriptionId": SUB_A, "tenantId": TENANT_A},
        ],
        "resourceGroups": [group(name) for name in groups],
        **more,
    }


ASO = f"/subscriptions/{ZERO}/resourceGroups/asotest-rg-hdctow/providers/Microsoft.CognitiveServices"
ASO_ACCOUNT = {
    "id": f"{ASO}/accounts/asotestcogsvcacczytcvb",
    "location": "westus3",
    "kind": "AIServices",
    "identity": {"type": "SystemAssigned"},
    "properties": {"customSubDomainName": "asotestcogsvcaccbxfden", "allowProjectManagement": True},
}
CLI = ["clitest.rg000001"]
REPLAYS = [
    Replay(
        file="deployment_crud_2025-06-01.json", world=world(["asotest-rg-hdctow"], accounts=[ASO_ACCOUNT])
    ),
    Replay(
        file="deployment_crud_2023-05-01.json",
        world=world(
            CLI,
            models={"japaneast": [model("gpt-35-turbo", "0613", capabilities={"chatCompletion": "true"})]},
        ),
        settings={"rateLimitsSpelling": "ratelimits"},
    ),
    Replay(
        file="deployment_crud_2022-03-01.json",
        world=world(CLI, models={"westus2": [model("ada", "1")]}),
    ),
    Replay(
        file="account_put_patch_delete_2023-05-01.json",
        world=world(CLI),
        rewrite={"FormRecognizer": "OpenAI"},  # the long operations of an account do not depend on its kind
    ),
]


def local(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def polls_after(interactions: list[dict[str, Any]], start: int) -> int:
    """How often the recorded client polled the operation that this exchange began."""
    count = 0
    for interaction in interactions[start + 1 :]:
        if "/operationResults/" not in interaction["request"]["url"]:
            break
        count += 1
    return count


def replayed(replay: Replay) -> Iterator[tuple[dict[str, Any], Reply]]:
    """Send each recorded request; polls go to the operation that our own last answer named."""
    arm = Arm()
    assert arm.control("world", replay.world).status == 200
    assert arm.control("settings", {"throttling": "off", **replay.settings}).status == 200
    operation = ""
    interactions = load(replay.file, replay.rewrite)
    for place, interaction in enumerate(interactions):
        request = interaction["request"]
        path = local(request["url"])
        if "/operationResults/" in path:
            path = operation
        elif request["method"] in {"PUT", "PATCH"}:
            arm.control("lro", {"polls": polls_after(interactions, place) or 2})
        _ = arm.token
        reply = arm.call(request["method"], path, request.get("body"))
        if "azure-asyncoperation" in reply.headers:
            operation = local(reply.headers["azure-asyncoperation"])
        yield interaction, reply


@pytest.mark.parametrize("replay", REPLAYS, ids=lambda replay: replay.file)
def test_a_recorded_session_is_answered_with_the_same_statuses(replay: Replay) -> None:
    pairs = [
        (
            interaction["index"],
            interaction["request"]["method"],
            interaction["response"]["status"],
            reply.status,
        )
        for interaction, reply in replayed(replay)
    ]
    assert [(i, m, ours) for i, m, _, ours in pairs] == [(i, m, theirs) for i, m, theirs, _ in pairs]


@pytest.mark.parametrize("replay", REPLAYS, ids=lambda replay: replay.file)
def test_the_same_headers_come_with_each_answer(replay: Replay) -> None:
    for interaction, reply in replayed(replay):
        theirs = {name.lower() for name in interaction["response"]["headers"]} & COMPARED
        assert set(reply.headers) & COMPARED == theirs, interaction["index"]


def shape(value: object, path: str = "") -> dict[str, str]:
    """Paths of a JSON value with their types; items of a list share one path."""
    found = {path: type(value).__name__}
    if isinstance(value, dict):
        for name, item in value.items():
            found |= shape(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for item in value:
            found |= shape(item, f"{path}[]")
    return found


def order(value: dict[str, Any]) -> list[str]:
    return list(value)


def different(ours: dict[str, Any], theirs: dict[str, Any]) -> set[str]:
    """Paths that only one of two bodies has, or both with other types."""
    return {path for path, _ in set(shape(ours).items()) ^ set(shape(theirs).items())}


def gap_of(path: str) -> str | None:
    """The listed difference that covers a path of an account."""
    return next((gap for gap in ACCOUNT_GAPS if path == gap or path.startswith((f"{gap}.", f"{gap}["))), None)


def test_every_listed_difference_still_occurs() -> None:
    seen = {
        gap_of(path)
        for replay in REPLAYS
        for interaction, reply in replayed(replay)
        if is_account(interaction["response"].get("body") or {})
        for path in different(reply.json, interaction["response"]["body"])
    }
    assert seen == set(ACCOUNT_GAPS)


def is_account(body: dict[str, Any]) -> bool:
    return body.get("type") == "Microsoft.CognitiveServices/accounts"


@pytest.mark.parametrize("replay", REPLAYS, ids=lambda replay: replay.file)
def test_bodies_have_the_recorded_keys_types_and_order(replay: Replay) -> None:
    for interaction, reply in replayed(replay):
        theirs = interaction["response"].get("body")
        if not isinstance(theirs, dict):
            assert reply.content == b"", interaction["index"]
            continue
        ours = reply.json
        where = f"exchange {interaction['index']}"
        if is_account(theirs):
            assert order(ours) == order(theirs), where
            assert {path for path in different(ours, theirs) if gap_of(path) is None} == set(), where
            continue
        assert shape(ours) == shape(theirs), where
        for mine, recorded in zip(nested(ours), nested(theirs), strict=True):
            assert order(mine) == order(recorded), where


def nested(value: object) -> Iterator[dict[str, Any]]:
    """Every object in a body, outermost first."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from nested(item)
    elif isinstance(value, list):
        for item in value:
            yield from nested(item)


VOLATILE = {"etag", "systemData", "startTime", "endTime", "id", "name"}


@pytest.mark.parametrize("replay", REPLAYS, ids=lambda replay: replay.file)
def test_deployments_operations_and_errors_have_the_recorded_values(replay: Replay) -> None:
    compared = 0
    for interaction, reply in replayed(replay):
        theirs = interaction["response"].get("body")
        if not isinstance(theirs, dict) or is_account(theirs):
            continue
        assert stripped(reply.json) == stripped(theirs), interaction["index"]
        compared += 1
    assert compared > 3


def stripped(value: object) -> object:
    if isinstance(value, dict):
        return {name: stripped(item) for name, item in value.items() if name not in VOLATILE}
    if isinstance(value, list):
        return [stripped(item) for item in value]
    return value


def test_the_usages_of_a_region_have_the_recorded_pools_and_labels() -> None:
    recorded = load("location_usages_eastus2_2025-06-01.json")[0]["response"]["body"]["value"]
    arm = Arm()
    path = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations/eastus2/usages"
    ours = {item["name"]["value"]: item for item in arm.arm("GET", path, version="2025-06-01").json["value"]}
    for item in recorded:
        mine = ours[item["name"]["value"]]
        assert order(mine) == order(item)
        assert mine["name"] == item["name"]
        if "rovisioned" not in item["name"]["value"]:
            assert mine["limit"] == item["limit"], item["name"]


def test_the_models_of_a_region_have_the_recorded_offers() -> None:
    recorded = load("location_models_eastus2_2025-06-01.json")[0]["response"]["body"]["value"]
    arm = Arm()
    path = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations/eastus2/models"
    ours = {(i["kind"], i["name"]): i for i in arm.arm("GET", path, version="2025-06-01").json["value"]}
    for item in recorded:
        mine = ours[item["kind"], item["name"]]
        assert order(mine) == order(item)
        theirs = [{n: v for n, v in sku.items() if n != "costs"} for sku in item["model"]["skus"]]
        assert [sku for sku in theirs if sku not in mine["model"]["skus"]] == [], item["name"]
        assert mine["model"]["lifecycleStatus"] == item["model"]["lifecycleStatus"]


def test_gateway_errors_of_other_providers_have_the_recorded_texts() -> None:
    texts = {i["response"]["body"].get("error", {}).get("code"): i for i in load("generic_arm_errors.json")}
    parent = texts["ParentResourceNotFound"]["response"]["body"]["error"]["message"]
    account = f"/subscriptions/{SUB_A}/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts"
    arm = Arm()
    arm.control("world", {"accounts": [{"id": f"{account}/acc", "location": "eastus"}]})
    ours = arm.arm("GET", f"{account}/none/deployments").message
    assert ours == parent.replace("profiles/customdomains", "accounts/deployments").replace(
        parent.split("'")[5], f"{account}/none"
    )
