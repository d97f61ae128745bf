"""ARM as far as a plan reads it, behind a real socket: answers made beforehand, each after a fixed latency.

`python -m tools.bench.stand_in LATENCY_MS ACCOUNTS EACH SUBSCRIPTIONS` prints its address and serves until it
is killed; `GET /_asked` counts the requests by kind, `GET /_beyond` what exceeds ARM's budget. It
does so little per request that the client is what is measured: the emulator, which keeps state, takes many
times as long for each.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reconciler.plan.body import put_body
from tools.bench.fleets import (
    MODEL,
    SKU,
    VERSION,
    Size,
    account,
    declared,
    region,
    subscription,
)

_PROVIDER = "/providers/Microsoft.CognitiveServices"
_TOKEN = b'{"token_type":"Bearer","access_token":"none","expires_in":3600}'
_LISTS = frozenset({"deployments", "accounts", "usages", "models"})
_BUCKET, _REFILL = 250.0, 25.0
"""Reads at once, and a second, of a subscription and principal ("Request limits and throttling")."""
_MODELS = 436
"""Entries in the models list of a real region (eastus2, April 2026)."""


class World:
    """What is answered to which path."""

    def __init__(self, size: Size) -> None:
        self.asked: Counter[str] = Counter()
        self.beyond = 0
        self._budgets: dict[str, tuple[float, float]] = {}
        first = next(declared(0, size)).id.account
        there = [_deployment(one) for one in declared(0, size)]
        self._deployments = _list(there).replace(str(first).encode(), b"@ACCOUNT@")
        self._answers: dict[str, bytes] = {}
        models, usages = _list(_models()), _list(_usages(size.accounts * size.each))
        for place in range(size.subscriptions):
            below = f"/subscriptions/{subscription(place)}{_PROVIDER}"
            mine = range(place, size.accounts, size.subscriptions)
            each = [_account(number, size) for number in mine]
            self._answers[f"{below}/accounts"] = _list(each)
            self._answers |= {one["id"]: json.dumps(one).encode() for one in each}
            self._answers[f"{below}/locations/{region(place)}/usages"] = usages
            self._answers[f"{below}/locations/{region(place)}/models"] = models

    def answer(self, path: str) -> bytes | None:
        """The body for a path; None where there is nothing."""
        if path in {"/_asked", "/_beyond"}:
            return json.dumps(self.asked if path == "/_asked" else self.beyond).encode()
        kind = path.rsplit("/", 1)[-1]
        if kind == "token":
            return _TOKEN
        self.asked[kind if kind in _LISTS else "account"] += 1
        self._draw(path.split("/", 3)[2])
        if kind == "deployments":
            return self._deployments.replace(b"@ACCOUNT@", path.removesuffix("/deployments").encode())
        return self._answers.get(path)

    def _draw(self, subscription: str) -> None:
        """Take one read out of a subscription's bucket; where it is empty, ARM answers 429."""
        now = time.monotonic()
        level, at = self._budgets.get(subscription, (_BUCKET, now))
        level = min(_BUCKET, level + (now - at) * _REFILL)
        self.beyond += level < 1
        self._budgets[subscription] = (max(0.0, level - 1), now)


def _list(items: list[dict[str, Any]]) -> bytes:
    return json.dumps({"value": items}, separators=(",", ":")).encode()


def _account(number: int, size: Size) -> dict[str, Any]:
    place = account(number, size)
    name = place.name
    endpoint = f"https://{name}.openai.azure.com/"
    apis = ("OpenAI Language Model Instance API", "OpenAI Dall-E API", "OpenAI Whisper API")
    return {
        "id": str(place),
        "name": name,
        "type": "Microsoft.CognitiveServices/accounts",
        "location": region(number % size.subscriptions),
        "kind": "OpenAI",
        "sku": {"name": "S0"},
        "etag": '"d50017f8-0000-4d00-0000-66f2a1b50000"',
        "properties": {
            "provisioningState": "Succeeded",
            "endpoint": endpoint,
            "endpoints": dict.fromkeys(apis, endpoint),
            "internalId": "0f6bb0a6d1e04b9c9b1f5a7e0a0f4c55",
            "dateCreated": "2025-11-13T10:00:00.0000000Z",
            "customSubDomainName": name,
            "networkAcls": {"defaultAction": "Allow", "virtualNetworkRules": [], "ipRules": []},
            "publicNetworkAccess": "Enabled",
        },
    }


def _deployment(one: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON comes of it
    body: Any = put_body(one, None, "bench")
    limits = [
        {"key": "request", "renewalPeriod": 60, "count": 100},
        {"key": "token", "renewalPeriod": 60, "count": 10000},
    ]
    properties = {
        **body["properties"],
        "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
        "raiPolicyName": "Microsoft.DefaultV2",
        "capabilities": {"chatCompletion": "true", "area": "EUR", "responses": "true"},
        "provisioningState": "Succeeded",
        "rateLimits": limits,
    }
    touched = {f"{what}By": "0e1f7d3c-0000-4000-8000-5d3c0e1f7d3c" for what in ("created", "lastModified")}
    return {
        **body,
        "id": str(one.id),
        "name": one.id.name,
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "etag": '"8f1c0b7e-6d1a-4f6e-9d5e-2f4b0b7e6d1a"',
        "systemData": {
            **touched,
            "createdByType": "Application",
            "createdAt": "2026-06-01T10:00:00.0000000Z",
            "lastModifiedByType": "Application",
            "lastModifiedAt": "2026-06-01T10:00:00.0000000Z",
        },
        "properties": properties,
    }


def _usages(used: int) -> list[dict[str, Any]]:
    return [
        {
            "name": {"value": f"OpenAI.{SKU}.{name}", "localizedValue": f"Tokens per minute - {name}"},
            "currentValue": float(used if name == MODEL else 0),
            "limit": 1e9,
            "unit": "Count",
        }
        for name in (MODEL, *(f"model-{number}" for number in range(300)))
    ]


def _models() -> list[dict[str, Any]]:
    return [_model(MODEL, VERSION), *(_model(f"model-{number}", "1") for number in range(1, _MODELS))]


def _model(name: str, version: str) -> dict[str, Any]:
    skus = [
        {
            "name": sku,
            "usageName": f"OpenAI.{sku}.{name}",
            "deprecationDate": "2027-10-01T00:00:00Z",
            "capacity": {"maximum": 10**6, "default": 10},
            "rateLimits": [{"key": "token", "renewalPeriod": 60, "count": 1000}],
        }
        for sku in ("Standard", "GlobalStandard", "DataZoneStandard", "GlobalBatch")
    ]
    return {
        "kind": "OpenAI",
        "skuName": "S0",
        "model": {
            "format": "OpenAI",
            "name": name,
            "version": version,
            "skus": skus,
            "isDefaultVersion": True,
            "maxCapacity": 3,
            "capabilities": {"chatCompletion": "true", "jsonSchemaResponse": "true", "fineTune": "false"},
            "deprecation": {"inference": "2027-10-01T00:00:00Z"},
            "lifecycleStatus": "GenerallyAvailable",
            "systemData": {"createdAt": "2024-11-20T00:00:00Z", "lastModifiedAt": "2025-01-01T00:00:00Z"},
        },
    }


class _Connection(asyncio.Protocol):
    """One keep-alive connection of HTTP/1.1."""

    def __init__(self, world: World, latency: float) -> None:
        self._world = world
        self._latency = latency
        self._read = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- as the loop makes them
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end].decode("latin-1")
            if len(self._read) < end + 4 + (length := _length(head)):
                return
            self._read = self._read[end + 4 + length :]
            path = head.split(" ", 2)[1].split("?", 1)[0]
            asyncio.get_running_loop().call_later(self._latency, self._send, self._world.answer(path))

    def _send(self, body: bytes | None) -> None:
        status = "200 OK" if body is not None else "404 Not Found"
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: application/json; charset=utf-8\r\n"
            f"Content-Length: {len(body or b'')}\r\nDate: Mon, 22 Jun 2026 00:00:00 GMT\r\n"
            "Cache-Control: no-cache\r\nPragma: no-cache\r\nExpires: -1\r\n"
            "x-ms-request-id: 3f1c0b7e-6d1a-4f6e-9d5e-2f4b0b7e6d1a\r\n"
            "x-ms-correlation-request-id: 5b1c0b7e-6d1a-4f6e-9d5e-2f4b0b7e6d1a\r\n"
            "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
            "X-Content-Type-Options: nosniff\r\n\r\n"
        )
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(head.encode() + (body or b""))


def _length(head: str) -> int:
    found = head.lower().partition("content-length:")[2]
    return int(found.split("\r\n", 1)[0]) if found else 0


async def _serve(world: World, latency: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(world, latency), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


@contextmanager
def serving(size: Size, *, latency_ms: float) -> Iterator[str]:
    """The address of a stand-in in a process of its own, while the block lasts."""
    words = [sys.executable, "-m", "tools.bench.stand_in", str(latency_ms), *size.words]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None  # noqa: S101 -- it is a pipe
            yield server.stdout.readline().strip()
        finally:
            server.kill()


def asked(url: str) -> Counter[str]:
    """How many requests of each kind the stand-in has got so far."""
    return Counter(_told(f"{url}/_asked"))


def beyond(url: str) -> int:
    """How many of them a real ARM would have answered 429."""
    return int(_told(f"{url}/_beyond"))


def _told(url: str) -> Any:  # noqa: ANN401 -- JSON
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 -- loopback
        return json.load(answer)


def main(latency_ms: str, *size: str) -> None:
    accounts, each, subscriptions = map(int, size)
    world = World(Size(accounts=accounts, each=each, subscriptions=subscriptions))
    asyncio.run(_serve(world, float(latency_ms) / 1000))


if __name__ == "__main__":
    main(*sys.argv[1:])
