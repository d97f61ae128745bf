"""A fleet that is watched through the seasons: one calendar for the emulator and for the program.

Dates of the catalogue are judged by the day of whoever runs the program; here that is the emulator's, so no
test depends on the day it is run. Where waits `fly`, the emulator's clock goes with them.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.clock import SystemClock
from tests.e2e.desk import STATE, Ran, controlled
from tests.e2e.watch import ACCOUNT, Watch

BEGINS = datetime(2026, 6, 22, tzinfo=UTC)
SUBSCRIPTION = {
    "subscriptionId": "11111111-1111-1111-1111-111111111111",
    "tenantId": "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa",
}


def _turn(wait: float) -> float:
    """Seconds that others have for their work before the wait is over; two lanes may be at it at once."""
    return max(0.001, wait / 50_000)


def entry(
    name: str,
    model: str,
    version: str,
    *lines: str,
    sku: str = "GlobalStandard",
    capacity: int = 10,
    form: str = "OpenAI",
) -> str:
    """One deployment of a manifest; `lines` are its further fields."""
    return "\n".join(
        (
            "",
            f"    - name: {name}",
            f'      model: {{format: {form}, name: {model}, version: "{version}"}}',
            f"      sku: {{name: {sku}, capacity: {capacity}}}",
            *(f"      {line}" for line in lines),
            "",
        )
    )


def offered(name: str, *versions: str, sku: str, **more: object) -> list[dict[str, Any]]:
    """Versions of a model as a region lists them on one SKU; `more` are further fields of the offer."""
    capacity = {"minimum": 1, "step": 1, "maximum": 1000, "default": 10}
    offer = {"name": sku, "usageName": f"OpenAI.{sku}.{name}", "capacity": capacity, **more}
    model = {"format": "OpenAI", "name": name, "lifecycleStatus": "GenerallyAvailable", "skus": [offer]}
    return [{"kind": "AIServices", "model": {**model, "version": one}} for one in versions]


class Season(Watch):
    """A watched fleet, with what is there before it and the day."""

    today = BEGINS

    def at(self, moment: str) -> None:
        """Let it be that day, for everybody."""
        self.today = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        self.desk.control("POST", "clock", {"at": self.today.isoformat()})

    def switch(self, **settings: str | bool) -> None:
        self.desk.control("POST", "settings", dict(settings))

    def lists(self, *models: Mapping[str, object]) -> None:
        """Let eastus2 list these models too."""
        self.desk.control("POST", "world", {"models": {"eastus2": list(models)}})

    def given(self, name: str, model: Mapping[str, object], sku: str = "GlobalStandard") -> None:
        """A deployment that somebody made by hand; ARM's rules for new ones are not asked."""
        one = {
            "id": f"{ACCOUNT}/deployments/{name}",
            "sku": {"name": sku, "capacity": 10},
            "properties": {"model": {"format": "OpenAI", **model}},
        }
        account = {"id": ACCOUNT, "location": "eastus2"}
        self.desk.control(
            "POST",
            "world",
            {"subscriptions": [SUBSCRIPTION], "accounts": [account], "deployments": [one]},
        )

    def adopt(self, *deployments: str) -> None:
        """Take over what is there."""
        self.declare(*deployments)
        text = self.manifest.read_text("utf-8")
        self.manifest.write_text(text.replace("region: eastus2}", "region: eastus2}\n  adopt: true"), "utf-8")
        ran = self.run("apply", "--yes")
        assert ran.code == 0, ran
        self.declare(*deployments)

    def stating(self, **fleet: str) -> None:
        """Fields of the Fleet, beside those it has."""
        text = self.manifest.read_text("utf-8")
        lines = "".join(f"\n  {name}: {value}" for name, value in fleet.items())
        self.manifest.write_text(text.replace("  cloud: emulator", f"  cloud: emulator{lines}", 1), "utf-8")

    def run(self, command: str, *words: str) -> Ran:
        return self.desk.reconciler(command, "fleet.yaml", "-q", *words)

    def steps(self, *words: str) -> dict[str, dict[str, Any]]:
        """The plan's actions, by deployment."""
        return {one["deployment"]: one for one in self.run("plan", "-o", "json", *words).json["actions"]}

    def planned(self, *words: str) -> tuple[str, str]:
        """Action and reason of the plan's only step."""
        (step,) = self.steps(*words).values()
        return step["action"], step["reason"]

    def applied(self, *words: str) -> dict[str, dict[str, Any]]:
        """What became of an apply, by deployment."""
        return {
            one["id"].rpartition("/")[2]: one
            for one in self.run("apply", "--yes", "-o", "json", *words).json["actions"]
        }

    def live(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.stranger("GET", name)
        return found

    def model(self, name: str) -> tuple[str, str]:
        model = self.live(name)["properties"]["model"]
        return model["name"], model["version"]

    def rewrite(self, one: str, *, tags: Mapping[str, str | None] | None = None, **model: str) -> None:
        """Somebody writes it anew with all that was there, less the tags of None, and with another model."""
        there = self.live(one)
        kept = {**there.get("tags", {}), **(tags or {})}
        body = {
            "sku": there["sku"],
            "tags": {key: value for key, value in kept.items() if value is not None},
            "properties": {
                key: {**value, **model} if key == "model" else value
                for key, value in there["properties"].items()
                if key in {"model", "versionUpgradeOption", "raiPolicyName", "spilloverDeploymentName"}
            },
        }
        self.stranger("PUT", one, body)


def fly(season: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second that the program waits be a second of the emulator's clock, and none of ours."""
    skipped = 0.0
    sleepers: list[float] = []

    def monotonic(_: SystemClock) -> float:
        return time.monotonic() + skipped

    async def sleep(clock: SystemClock, seconds: float) -> None:
        nonlocal skipped
        woken = monotonic(clock) + seconds
        sleepers.append(woken)
        try:
            await asyncio.sleep(_turn(seconds))
            while (ahead := woken - monotonic(clock)) > 0:
                if woken == min(sleepers):
                    skipped += ahead
                    await controlled(season.desk.folder / STATE, "POST", "clock", {"advanceSeconds": ahead})
                await asyncio.sleep(_turn(ahead))
        finally:
            sleepers.remove(woken)

    monkeypatch.setattr(SystemClock, "monotonic", monotonic)
    monkeypatch.setattr(SystemClock, "sleep", sleep)
