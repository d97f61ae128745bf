"""What is timed, one subject per fresh interpreter: `python -m tools.bench.subjects NAME …` prints JSON.

The time of a subject is its work, without the interpreter's start and imports; those are in the figures of
whole commands.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CONCURRENCY = 128
"""Requests at once, as many as the program makes by default."""


def bare_lists(url: str, *size: str) -> dict[str, Any]:
    """The floor of a plan: a sign-in, and one list request per account through httpx at its cheapest.

    Its pool costs more the more connections it has, so they go over eight clients of four connections.
    """
    import httpx  # noqa: PLC0415 -- each subject pays for what it uses

    from tools.bench.fleets import TENANT, account  # noqa: PLC0415

    if find_spec("sniffio") is None:  # or httpcore searches for it in vain ten times in each request
        sys.modules["sniffio"] = None  # type: ignore[assignment]
    shape, at_once = _size(size), _at_once(size)
    paths = [
        f"{account(number, shape)}/deployments?api-version=2026-09-01" for number in range(shape.accounts)
    ]

    async def run() -> float:
        started = time.perf_counter()
        limits = httpx.Limits(max_connections=4, max_keepalive_connections=4)
        clients = [
            httpx.AsyncClient(base_url=url, limits=limits, verify=False, trust_env=False)  # noqa: S501 -- http
            for _ in range(at_once // 4)
        ]
        signed = (await clients[0].post(f"/{TENANT}/oauth2/v2.0/token", content=b"x")).json()
        for client in clients:
            client.headers["Authorization"] = f"Bearer {signed['access_token']}"
        todo = iter(paths)

        async def worker(client: httpx.AsyncClient) -> None:
            for path in todo:
                (await client.get(path)).raise_for_status()

        await asyncio.gather(*(worker(client) for client in clients for _ in range(4)))
        took = time.perf_counter() - started
        for client in clients:
            await client.aclose()
        return took

    return _timed(lambda: asyncio.run(run()))


def asyncio_lists(url: str, *size: str) -> dict[str, Any]:
    """The barest client: the same requests over asyncio's own streams, each body read and thrown away."""
    from urllib.parse import urlsplit  # noqa: PLC0415 -- each subject pays for what it uses

    from tools.bench.fleets import account  # noqa: PLC0415

    shape, at_once, there = _size(size), _at_once(size), urlsplit(url)
    paths = [
        f"{account(number, shape)}/deployments?api-version=2026-09-01" for number in range(shape.accounts)
    ]

    async def run() -> float:
        started = time.perf_counter()
        todo = iter(paths)

        async def worker() -> None:
            reader, writer = await asyncio.open_connection(there.hostname, there.port)
            for path in todo:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {there.netloc}\r\n\r\n".encode())
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
            writer.close()

        await asyncio.gather(*(worker() for _ in range(min(at_once, len(paths)))))
        return time.perf_counter() - started

    return _timed(lambda: asyncio.run(run()))


def plan(url: str, *size: str) -> dict[str, Any]:
    """Our plan of a fleet in sync: sign in, observe, compare, order, forecast."""
    from reconciler.cli import tune  # noqa: PLC0415

    tune()
    from reconciler.arm.client import ArmClient, ArmSettings  # noqa: PLC0415
    from reconciler.arm.tokens import EmulatorTokens  # noqa: PLC0415
    from reconciler.clock import SystemClock  # noqa: PLC0415
    from reconciler.engine.observe import observe_for_plan  # noqa: PLC0415
    from reconciler.plan.allowances import Policy  # noqa: PLC0415
    from reconciler.plan.make import make_plan  # noqa: PLC0415
    from tools.bench.fleets import TENANT, desired_state, subscription  # noqa: PLC0415

    shape, at_once = _size(size), _at_once(size)
    desired = desired_state(shape)
    tenants = {subscription(number): TENANT for number in range(shape.subscriptions)}
    settings = ArmSettings(endpoint=url, parallelism=at_once, tenants=tenants, read_only=True)

    async def run() -> float:
        async with ArmClient(settings, EmulatorTokens(url), SystemClock()) as arm:
            started = time.perf_counter()
            observed = await observe_for_plan(desired, arm, parallelism=at_once, every_region=False)
            made = make_plan(desired, observed, policy=Policy())
            took = time.perf_counter() - started
        if not made.complete or made.writes or made.blocked:
            raise SystemExit("the fleet was to be in sync, and the plan says that it is not")
        return took

    return _timed(lambda: asyncio.run(run()))


def bare_validation(folder: str) -> dict[str, Any]:
    """The floor of validate: libyaml over the same files, and one small pydantic object per deployment."""
    import yaml  # noqa: PLC0415
    from pydantic import BaseModel  # noqa: PLC0415

    class Deployment(BaseModel):
        """As little as could be called typed."""

        name: str
        model: str
        version: str
        sku: str
        capacity: int

    def run() -> float:
        started = time.perf_counter()
        made = [
            Deployment(
                name=entry["name"],
                model=entry["model"]["name"],
                version=entry["model"]["version"],
                sku=entry["sku"]["name"],
                capacity=entry["sku"]["capacity"],
            )
            for path in sorted(Path(folder).rglob("*.yaml"))
            for document in yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader)
            for entry in document["spec"].get("deployments", ())
        ]
        assert made  # noqa: S101 -- a floor that did nothing would be no floor
        return time.perf_counter() - started

    return _timed(run)


def validation(folder: str) -> dict[str, Any]:
    """Our validate: reading, schema, merging, every rule."""
    from datetime import date  # noqa: PLC0415

    from reconciler.catalogue.load import catalogue  # noqa: PLC0415
    from reconciler.cli import tune  # noqa: PLC0415
    from reconciler.manifest import rules  # noqa: PLC0415
    from reconciler.manifest.load import load  # noqa: PLC0415

    tune()

    def run() -> float:
        started = time.perf_counter()
        read = load([folder], known_rules=rules.CODES)
        found = (*read.diagnostics, *rules.check(read.understood, catalogue(), date(2026, 11, 24)))
        if any(one.severity.value == "error" for one in found):
            raise SystemExit(f"the manifests were to be sound: {found[0]}")
        return time.perf_counter() - started

    return _timed(run)


def _timed(work: Callable[[], float]) -> dict[str, Any]:
    """Wall time as `work` measured it, and the processor time of all of it."""
    before = time.process_time()
    wall = work()
    return {"wall": wall, "cpu": time.process_time() - before}


def _size(words: tuple[str, ...]) -> Any:  # noqa: ANN401 -- a Size; importing it here would cost the floors
    from tools.bench.fleets import Size  # noqa: PLC0415

    accounts, each, subscriptions = map(int, words[:3])
    return Size(accounts=accounts, each=each, subscriptions=subscriptions)


def _at_once(words: tuple[str, ...]) -> int:
    """How many requests at once; the default of the program where it is not said."""
    return int(words[3]) if len(words) > 3 else CONCURRENCY


SUBJECTS: dict[str, Callable[..., dict[str, Any]]] = {
    "bare-lists": bare_lists,
    "asyncio-lists": asyncio_lists,
    "plan": plan,
    "bare-validation": bare_validation,
    "validation": validation,
}

if __name__ == "__main__":
    print(json.dumps(SUBJECTS[sys.argv[1]](*sys.argv[2:])))
