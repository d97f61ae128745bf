"""Recorded exchanges, in order, against a seeded emulator: statuses, headers, keys, types, error codes.

Every difference between the recording and the answer is listed with a reason; an unlisted one fails, and so
does a listed one that no longer occurs.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.arm import SUB_A, Arm
from tests.emulator.recordings import REPLAYS, Replay, load, replayed

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
    "properties.capabilities[].value": "recorded accounts were cut after two capabilities without one",
    "properties.armFeatures": "flags of the recording subscription",
    "properties.callRateLimit.rules[].dynamicThrottlingEnabled": "the limits of June 2026 were cut to two",
    "properties.endpoints": "the addresses of an account of June 2026 were cut to six",
}


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
        skus = mine["model"]["skus"]  # one is recorded with its costs for one kind and without for the other
        skus = [*skus, *({n: v for n, v in sku.items() if n != "costs"} for sku in skus)]
        assert [sku for sku in item["model"]["skus"] if sku not in skus] == [], item["name"]
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
