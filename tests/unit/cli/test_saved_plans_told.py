"""What `apply` says of runs that write nothing, and of plan files that do not fit what is there."""

import json
from pathlib import Path

import pytest

from reconciler.cli import run

MANIFESTS = """\
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: first}
spec: {cloud: emulator}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: swc}
spec:
  account:
    subscription: 11111111-1111-1111-1111-111111111111
    resourceGroup: rg
    name: swc
    region: swedencentral
  deployments:
    - name: chat
      model: {name: gpt-5.1, version: "2025-11-13"}
      sku: {name: GlobalStandard, capacity: 10}
"""


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    declare()


def declare(fleet: str = "first", capacity: int = 10) -> None:
    text = MANIFESTS.replace("name: first", f"name: {fleet}").replace("capacity: 10", f"capacity: {capacity}")
    Path("manifests").mkdir(exist_ok=True)
    Path("manifests/fleet.yaml").write_text(text, "utf-8")


def test_a_run_that_may_write_nothing_ends_with_that(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["apply", "--yes"]) == 0
    declare("rival")
    capsys.readouterr()
    assert run(["apply", "--yes"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "Apply: nothing written, 1 blocked."
    declare()
    assert run(["apply", "--yes"]) == 0
    assert "Apply" not in capsys.readouterr().out


def saved(name: str = "plan.json") -> str:
    assert run(["plan", "--out", name, "-q"]) == 0
    return name


def test_a_plan_is_applied_where_its_manifests_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """I-05."""
    declared, file = ["--emulator-state", str(tmp_path / "e.db")], tmp_path / saved()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for command in (["apply", str(file)], ["drift", "--since-plan", str(file)]):
        assert run([*command, *declared]) == 64
        told = capsys.readouterr().err
        assert "made of the manifests at manifests/, and from here there is no manifests/" in told
        assert "only narrows what the manifests say" in told


def test_a_merge_needs_the_manifests_of_its_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", "--shard", "1/1", "--out", "shard.json", "-q"]) == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run(["plan", "merge", "../shard.json"]) == 64
    assert "made of the manifests at manifests/" in capsys.readouterr().err


def test_an_edited_plan_writes_what_the_manifests_say(capsys: pytest.CaptureFixture[str]) -> None:
    """I-05, and the help of apply says so."""
    file = Path(saved())
    file.write_text(file.read_text("utf-8").replace(": 10", ": 450"), "utf-8")
    assert run(["apply", str(file), "-q"]) == 0
    capsys.readouterr()
    assert run(["show", "-o", "json"]) == 0
    assert {one["capacity"] for one in json.loads(capsys.readouterr().out)["deployments"]} == {10}
    assert run(["apply", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "A PLANFILE is applied without asking" in told
    assert "What is written comes from the manifests" in told


def test_a_plan_where_manifests_are_wanted_and_the_reverse_is_called_by_its_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["validate", saved()]) == 1
    assert "this is a saved plan and no manifest" in capsys.readouterr().out
    assert run(["apply", "nope.json"]) == 64
    assert "nope.json does not exist: name a plan file" in capsys.readouterr().err
