"""`plan --validate-with-arm` on the embedded emulator: what only ARM knows becomes part of the plan."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.cli import run
from reconciler.emulator import application

STATE = Path(".reconciler/emulator.db")
MANIFEST = """
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: contoso}
spec: {cloud: emulator}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: one}
spec:
  account:
    subscription: 11111111-1111-1111-1111-111111111111
    resourceGroup: rg
    name: aoai-contoso
    region: eastus2
  deployments:
    - name: chat
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: SKU, capacity: 10}
      lifecycle: {skuChange: inPlace}
"""


def plan_of(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = run(["plan", "fleet.yaml", "-o", "json", *words])
    return code, json.loads(capsys.readouterr().out)


async def control(method: str, name: str, body: object = None) -> Any:  # noqa: ANN401 -- JSON
    emulator = application(state=STATE)
    try:
        transport = httpx.ASGITransport(app=emulator)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as plain:
            return (await plain.request(method, f"/_emulator/{name}", json=body)).json()
    finally:
        emulator.close()


@pytest.fixture
def change_of_sku(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A change in place that the catalogue knows nothing against, in a world that refuses it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    manifest = tmp_path / "fleet.yaml"
    manifest.write_text(MANIFEST.replace("SKU", "Standard"), "utf-8")
    assert run(["apply", "fleet.yaml", "--yes", "--quiet"]) == 0
    capsys.readouterr()
    manifest.write_text(MANIFEST.replace("SKU", "GlobalStandard"), "utf-8")
    asyncio.run(control("POST", "settings", {"skuChange": "refused"}))
    asyncio.run(control("DELETE", "requests"))


@pytest.mark.usefixtures("change_of_sku")
def test_a_write_that_arm_would_refuse_is_blocked_with_arms_own_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, document = plan_of(capsys, "--validate-with-arm")
    action = document["actions"][0]
    assert (code, action["action"], action["reason"]) == (1, "blocked", "refused-by-arm")
    assert "ARM's own validation refuses it: " in action["explanation"]
    assert action["fix"]


@pytest.mark.usefixtures("change_of_sku")
def test_without_the_flag_nobody_is_asked_and_nothing_but_get_is_sent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, document = plan_of(capsys)
    assert (code, document["actions"][0]["action"]) == (0, "update")
    sent = asyncio.run(control("GET", "requests"))["requests"]
    assert {request["method"] for request in sent if "oauth2" not in request["path"]} == {"GET"}


@pytest.mark.usefixtures("change_of_sku")
def test_a_validation_that_the_endpoint_does_not_have_is_said_and_stops_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fault = {"match": {"method": "POST", "path": "validateResources", "times": 9}, "then": {"status": 501}}
    asyncio.run(control("POST", "faults", fault))
    code, document = plan_of(capsys, "--validate-with-arm")
    assert (code, document["actions"][0]["action"]) == (0, "update")
    assert "unverified: ARM's own validation could not be asked" in document["actions"][0]["explanation"]
