"""`reconciler quota` and a selection's dependencies, as a user runs them on the embedded emulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from reconciler.cli import run
from tests.unit.cli.programs import MANIFEST

POOL = "OpenAI.Standard.gpt4.1"


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "fleet.yaml"
    path.write_text(MANIFEST.replace("CAPACITY", "60"), "utf-8")
    return path


def told(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> str:
    assert run([*words, "--cloud", "emulator"]) == code
    return capsys.readouterr().out


def document(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(told(capsys, code, *words, "-o", "json")))


def test_each_pool_of_the_fleet_is_told_with_its_holders(
    manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pools = {pool["pool"]: pool for pool in document(capsys, 0, "quota", str(manifest))["pools"]}
    assert sorted(pools) == ["OpenAI.ProvisionedManaged", POOL]
    assert (pools[POOL]["usedBefore"], pools[POOL]["usedAfter"]) == (0, 60)
    assert [holder["id"].rsplit("/", 1)[-1] for holder in pools[POOL]["holders"]] == ["overflow"]


def test_a_pool_that_is_too_small_fails_the_command(
    manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest.write_text(MANIFEST.replace("CAPACITY", "100000"), "utf-8")
    text = told(capsys, 1, "quota", str(manifest))
    assert "used by aoai-contoso/overflow 100000" in text
    assert "1 too small" in text


def test_a_target_brings_the_spillover_deployment_that_it_needs_and_says_so(
    manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = document(capsys, 0, "plan", str(manifest), "--target", "*/*/reserved")
    actions = {one["deployment"]: one for one in plan["actions"]}
    assert {name: one["action"] for name, one in actions.items()} == {
        "reserved": "create",
        "overflow": "create",
    }
    assert actions["overflow"]["order"] < actions["reserved"]["order"]
    assert actions["overflow"]["explanation"] == "not selected, but reserved needs it and it is not there yet"
    assert plan["leftOut"] == 0


def test_an_exclude_is_never_overruled(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = document(capsys, 0, "plan", str(manifest), "--target", "*/*/reserved", "--exclude", "*/*/overflow")
    assert [one["deployment"] for one in plan["actions"]] == ["reserved"]
