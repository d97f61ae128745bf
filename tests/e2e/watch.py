"""A fleet of one account that is watched for drift, while people and services change it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx

from reconciler.emulator import application
from tests.e2e.desk import STATE, Desk, Ran

TENANT = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"


ACCOUNT = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg"
    "/providers/Microsoft.CognitiveServices/accounts/acc"
)


FLEET = """
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: watched}
spec:
  cloud: emulator
  subscriptions:
    prod: {id: 11111111-1111-1111-1111-111111111111, tenant: aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: watched}
spec:
  account: {subscription: prod, resourceGroup: rg, name: acc, region: eastus2}
  deployments:
"""


class Watch:
    """A fleet that was applied, strangers in its account, and what drift then says."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.manifest = desk.folder / "fleet.yaml"

    def apply(self, *deployments: str) -> None:
        self.declare(*deployments)
        ran = self.desk.reconciler("apply", "fleet.yaml", "--yes", "-q")
        assert ran.code == 0, ran

    def declare(self, *deployments: str) -> None:
        self.manifest.write_text(FLEET + "".join(deployments), encoding="utf-8")

    def stranger(self, method: str, name: str, body: object = None) -> Any:  # noqa: ANN401 -- ARM's JSON
        return asyncio.run(_send(self.desk.folder / STATE, method, f"{ACCOUNT}/deployments/{name}", body))

    def change(self, name: str, **sku: int) -> None:
        """Somebody changes the SKU by hand, as a portal would: all that was there, and one thing."""
        there = self.stranger("GET", name)
        kept = {"sku": {**there["sku"], **sku}, "tags": there.get("tags", {}), "properties": {}}
        kept["properties"] = {
            key: value
            for key, value in there["properties"].items()
            if key in {"model", "versionUpgradeOption", "raiPolicyName"}
        }
        self.stranger("PUT", name, kept)

    def later(self, **span: int) -> None:
        seconds = span.get("days", 0) * 86_400 + span.get("hours", 0) * 3_600
        self.desk.control("POST", "clock", {"advanceSeconds": seconds})

    def drift(self, *words: str) -> Ran:
        return self.desk.reconciler(
            "drift", *([] if "--since-plan" in words else ["fleet.yaml"]), "-q", *words
        )

    def items(self, *words: str) -> dict[str, Any]:
        """What JSON says, by deployment and cause."""
        document = self.drift(*words, "-o", "json").json
        return {f"{one['deployment']} {one['cause']}": one for one in document["items"]}


async def _send(state: Path, method: str, path: str, body: object) -> object:
    emulator = application(state=state)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=emulator), base_url="http://127.0.0.1"
    ) as plain:
        form = {"grant_type": "client_credentials", "client_id": "night-shift-script", "client_secret": "any"}
        token = (await plain.post(f"/{TENANT}/oauth2/v2.0/token", data=form)).json()["access_token"]
        answer = await plain.request(
            method,
            f"{path}?api-version=2026-07-01",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
    emulator.close()
    answer.raise_for_status()
    return answer.json() if answer.content else None
