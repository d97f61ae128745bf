"""What the embedded emulator is given so that a first plan has accounts to speak of."""

from pathlib import Path

import pytest

from reconciler.cli import run

FLEET = """
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: sourced}
spec:
  cloud: emulator
  subscriptions:
    prod: {id: 11111111-1111-1111-1111-111111111111, tenant: aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: training}
spec:
  account: {subscription: prod, resourceGroup: rg, name: training, region: swedencentral}
  deployments:
    - name: chat
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: 1}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: serving}
spec:
  account: {subscription: prod, resourceGroup: rg, name: serving, region: eastus2}
  deployments:
    - name: tuned
      model:
        name: gpt-4.1-2025-04-14.ft-0123456789abcdef0123456789abcdef
        version: "1"
        source: {subscription: prod, resourceGroup: rg, account: training}
      sku: {name: Standard, capacity: 1}
"""


@pytest.mark.parametrize("part", [["--target", "prod/serving/*"], ["--shard", "1/2"], ["--shard", "2/2"]])
def test_a_source_account_in_another_part_of_the_fleet_is_created_in_its_declared_region(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], part: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.yaml").write_text(FLEET)
    run(["plan", ".", *part])
    capsys.readouterr()
    run(["plan", ".", "-o", "json"])
    said = capsys.readouterr().out
    assert "region-mismatch" not in said
    assert '"create"' in said
