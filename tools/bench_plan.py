"""Times a plan of a large fleet against the floor: the bare list requests, at the same concurrency.

`python -m tools.bench_plan` puts 1,000 accounts of 5 deployments each behind an in-process ARM that answers
in 100 ms (what the provider takes: recorded are 118 ms and more), and runs in a fresh interpreter each: the
floor (one list request per account through the same client) and our plan (observing, comparing, ordering,
forecasting), once for a fleet in sync and once for a fleet in which every deployment changes. It prints the
times, their ratio and the requests of each kind, and exits 1 where a plan takes more than twice the floor or
asks more than it must.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx

from reconciler.arm.auth import EmulatorTokens
from reconciler.arm.client import ArmClient, ArmSettings
from reconciler.clock import SystemClock
from reconciler.domain.deployment import DeploymentSpec, DesiredDeployment, ModelRef, Sku
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.sku import SkuName, capacity_of
from reconciler.domain.state import DesiredAccount, DesiredState, Fleet
from reconciler.engine.observe import observe_for_plan
from reconciler.plan.body import put_body
from reconciler.plan.guard import Policy
from reconciler.plan.make import make_plan

MOST_RATIO = 2.0
LATENCY = 0.100
PARALLELISM = 32
REGIONS = ("eastus2", "swedencentral", "westus3", "uksouth", "japaneast")
# One subscription for each region: ARM allows 250 reads at once in each, so that nobody has to wait.
SUBSCRIPTIONS = tuple(f"{digit}" * 8 + "-1111-1111-1111-111111111111" for digit in range(1, 6))
ENDPOINT = "http://127.0.0.1"
FORMS = ("floor", "in sync", "all changed")


def account(number: int) -> AccountId:
    return AccountId(
        subscription=SUBSCRIPTIONS[number % len(SUBSCRIPTIONS)],
        resource_group="rg",
        name=f"account-{number:04}",
    )


def region(number: int) -> Region:
    return Region(REGIONS[number % len(REGIONS)])


def declared(number: int, *, each: int, capacity: int) -> Iterator[DesiredDeployment]:
    sku = SkuName("GlobalStandard")
    for name in range(each):
        yield DesiredDeployment(
            id=DeploymentId(account=account(number), name=f"chat-{name}"),
            spec=DeploymentSpec(
                model=ModelRef(name="gpt-4o", version="2024-11-20"),
                sku=Sku(name=sku, capacity=capacity_of(sku, capacity)),
            ),
            region=region(number),
        )


class StandIn:
    """ARM of the fleet: every answer made beforehand, each given after a fixed latency."""

    def __init__(self, accounts: int, each: int) -> None:
        self.asked: Counter[str] = Counter()
        self.answers: dict[str, bytes] = {}
        for number in range(accounts):
            there = (_deployment(one) for one in declared(number, each=each, capacity=10))
            self.answers[f"{account(number)}/deployments"] = _list(there)
        for place, (subscription, name) in enumerate(zip(SUBSCRIPTIONS, REGIONS, strict=True)):
            provider = f"/subscriptions/{subscription}/providers/Microsoft.CognitiveServices"
            mine = range(place, accounts, len(REGIONS))
            self.answers[f"{provider}/accounts"] = _list(map(_account, mine))
            self.answers[f"{provider}/locations/{name}/usages"] = _list([_usage(accounts * each)])
            self.answers[f"{provider}/locations/{name}/models"] = _list(_models())

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/subscriptions/"):
            self.asked[request.url.path.rsplit("/", 1)[-1]] += 1
        await asyncio.sleep(LATENCY)
        content = self.answers.get(request.url.path, b'{"access_token":"none","expires_in":3600}')
        return httpx.Response(200, content=content, headers={"Content-Type": "application/json"})


def _list(items: Any) -> bytes:  # noqa: ANN401 -- JSON
    return json.dumps({"value": list(items)}).encode()


def _account(number: int) -> dict[str, Any]:
    where = {"id": str(account(number)), "location": region(number).name, "kind": "OpenAI"}
    return {**where, "properties": {"provisioningState": "Succeeded"}}


def _deployment(one: DesiredDeployment) -> dict[str, Any]:
    body = dict(put_body(one, None, "bench"))
    properties = body["properties"]
    return {**body, "id": str(one.id), "properties": {**properties, "provisioningState": "Succeeded"}}  # type: ignore[dict-item]  # JSON


def _usage(used: int) -> dict[str, Any]:
    name = {"value": "OpenAI.GlobalStandard.gpt-4o", "localizedValue": "Tokens"}
    return {"name": name, "currentValue": used, "limit": 10**9}


def _models() -> Iterator[dict[str, Any]]:
    """As many entries as a real region lists (436 in eastus2, 2026-04), one of which is ours."""
    for number in range(436):
        name = "gpt-4o" if number == 0 else f"model-{number}"
        version = "2024-11-20" if number == 0 else "1"
        skus = [
            {"name": sku, "usageName": f"OpenAI.{sku}.{name}", "capacity": {"maximum": 10**6}}
            for sku in ("Standard", "GlobalStandard", "DataZoneStandard", "GlobalBatch")
        ]
        yield {
            "kind": "OpenAI",
            "model": {"format": "OpenAI", "name": name, "version": version, "skus": skus},
        }


def measure(form: str, accounts: int, each: int) -> dict[str, Any]:
    """Seconds and requests of one run."""
    stand_in = StandIn(accounts, each)
    capacity = 11 if form == "all changed" else 10
    desired = DesiredState(
        fleet=Fleet(name="bench", cloud="emulator"),
        accounts=tuple(DesiredAccount(id=account(n), region=region(n)) for n in range(accounts)),
        deployments=tuple(one for n in range(accounts) for one in declared(n, each=each, capacity=capacity)),
    )
    seconds, writes = asyncio.run(_run(form, stand_in, desired))
    return {"seconds": seconds, "writes": writes, "asked": dict(stand_in.asked)}


async def _run(form: str, stand_in: StandIn, desired: DesiredState) -> tuple[float, int]:
    transport = httpx.MockTransport(stand_in)
    tokens = EmulatorTokens(ENDPOINT, transport=transport, clock=SystemClock())
    settings = ArmSettings(endpoint=ENDPOINT, parallelism=PARALLELISM)
    async with ArmClient(settings, tokens, SystemClock(), transport=transport) as arm:
        started = time.perf_counter()
        if form == "floor":
            gate = asyncio.Semaphore(PARALLELISM)

            async def listed(wanted: AccountId) -> None:
                async with gate:
                    await arm.list_deployments(wanted)

            await asyncio.gather(*(listed(one.id) for one in desired.accounts))
            return time.perf_counter() - started, 0
        observed = await observe_for_plan(desired, arm, parallelism=PARALLELISM)
        plan = make_plan(desired, observed, policy=Policy())
        return time.perf_counter() - started, len(plan.writes)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--each", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--form", choices=FORMS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.form:
        print(json.dumps(measure(given.form, given.accounts, given.each)))
        return 0
    best: dict[str, dict[str, Any]] = {}
    for _ in range(given.runs):
        for form in FORMS:
            one = _in_a_fresh_process(form, given.accounts, given.each)
            if form not in best or one["seconds"] < best[form]["seconds"]:
                best[form] = one
    return _verdict(best, given.accounts)


def _in_a_fresh_process(form: str, accounts: int, each: int) -> dict[str, Any]:
    words = ["--form", form, "--accounts", str(accounts), "--each", str(each)]
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench_plan", *words], capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _verdict(best: dict[str, dict[str, Any]], accounts: int) -> int:
    floor, good = best["floor"]["seconds"], True
    needed = {
        "accounts": len(REGIONS),
        "deployments": accounts,
        "usages": len(REGIONS),
        "models": len(REGIONS),
    }
    for form, one in best.items():
        ratio = one["seconds"] / floor
        took = f"{form:<12} {one['seconds']:6.2f} s  {ratio:4.2f} x floor"
        print(f"{took}  {one['writes']} writes  {one['asked']}")
        good &= form == "floor" or (ratio <= MOST_RATIO and one["asked"] == needed)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
