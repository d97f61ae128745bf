"""Recorded clients, and what the emulator answers when they ask again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.emulator.arm import SUB_A, TENANT_A, Arm, Reply

RECORDINGS = Path(__file__).parent.parent / "recordings"


ZERO = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, kw_only=True)
class Replay:
    """One recording and what has to be in the world before it begins."""

    file: str
    world: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)


def load(file: str) -> list[dict[str, Any]]:
    found: dict[str, Any] = json.loads((RECORDINGS / file).read_text())
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
    interactions = load(replay.file)
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
