"""`plan` tells of a glob in guards.protect that matches nothing, with its place in the Fleet."""

import json
from pathlib import Path

import pytest

from reconciler.cli import run

MANIFESTS = """\
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: contoso}
spec:
  cloud: emulator
  subscriptions: {prod: {id: 11111111-1111-1111-1111-111111111111}}
  guards:
    protect: ["*/swc/chat", "prod/swc/chta"]
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: swc, labels: {env: prod}}
spec:
  account: {subscription: prod, resourceGroup: rg, name: swc, region: swedencentral}
  deployments:
    - name: chat
      model: {name: gpt-5.1, version: "2025-11-13"}
      sku: {name: GlobalStandard, capacity: 10}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: empty, labels: {env: test}}
spec:
  account: {subscription: prod, resourceGroup: rg, name: chta, region: swedencentral}
  deployments: []
"""


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.yaml").write_text(MANIFESTS, "utf-8")


def test_the_plan_shows_it_in_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    told = {}
    for form in ("text", "json", "markdown", "html", "github"):
        assert run(["plan", "fleet.yaml", "-o", form]) == 0
        told[form] = capsys.readouterr().out
    assert "warning: `prod/swc/chta` in guards.protect" in told["text"]
    assert "protect-unmatched" in told["markdown"]
    assert "protect-unmatched" in told["html"]
    assert "::warning file=fleet.yaml,line=8,endLine=8,col=29" in told["github"]
    (found,) = json.loads(told["json"])["diagnostics"]
    assert (found["code"], found["line"]) == ("protect-unmatched", 8)


@pytest.mark.parametrize(
    "selection", [["--target", "*/swc/chat"], ["--exclude", "*/swc/other"], ["--select", "env=prod"]]
)
def test_a_selection_claims_nothing(selection: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "fleet.yaml", *selection]) == 0
    assert "guards.protect" not in capsys.readouterr().out
