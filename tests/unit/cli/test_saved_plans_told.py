"""What `apply` says of runs that write nothing, and of plan files that do not fit what is there."""

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
