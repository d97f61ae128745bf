"""`reconciler catalog refresh` on the emulator, and who goes by what it wrote."""

import json
from pathlib import Path

import pytest

from tests.e2e.desk import Desk

MANIFEST = """
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: refreshed}
spec:
  account:
    subscription: 11111111-1111-1111-1111-111111111111
    resourceGroup: rg
    name: acc
    region: eastus2
  deployments:
    - name: novel
      model: {name: gpt-77, version: "2027-01-01"}
      sku: {name: GlobalStandard, capacity: 10}
"""
NOVEL = {
    "kind": "OpenAI",
    "skuName": "S0",
    "model": {
        "format": "OpenAI",
        "name": "gpt-77",
        "version": "2027-01-01",
        "isDefaultVersion": True,
        "lifecycleStatus": "GenerallyAvailable",
        "skus": [
            {
                "name": "GlobalStandard",
                "usageName": "OpenAI.GlobalStandard.gpt-77",
                "capacity": {"minimum": 1, "step": 1, "maximum": 1000, "default": 1},
                "deprecationDate": "2029-01-01T00:00:00Z",
            }
        ],
    },
}
NAMED = "RECONCILER_CATALOGUE_OVERLAY"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(NAMED, raising=False)
    (tmp_path / "fleet.yaml").write_text(MANIFEST, encoding="utf-8")
    desk = Desk(tmp_path)
    desk.control("POST", "world", {"models": {"eastus2": [NOVEL]}})
    return desk


def codes(desk: Desk) -> list[str]:
    return [
        one["code"] for one in desk.reconciler("validate", "fleet.yaml", "-o", "json").json["diagnostics"]
    ]


def test_what_was_refreshed_counts_only_where_it_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "unknown-model" in codes(desk)
    ran = desk.reconciler("catalog", "refresh", "fleet.yaml", "-q", "--cloud", "emulator")
    assert ran.code == 0, ran
    assert f"export {NAMED}=.reconciler/catalogue.json" in ran.out
    assert "unknown-model" in codes(desk)
    monkeypatch.setenv(NAMED, ".reconciler/catalogue.json")
    assert "unknown-model" not in codes(desk)
    shown = desk.reconciler("catalog", "capacity", "--model", "gpt-77").out
    assert "ARM model lists of eastus2, refreshed into catalogue.json" in shown


def test_a_region_that_cannot_be_read_leaves_the_old_overlay_as_it_was(desk: Desk) -> None:
    target = desk.folder / "kept.json"
    target.write_text("old")
    words = ["catalog", "refresh", "fleet.yaml", "-q", "--cloud", "emulator", "--overlay", str(target)]
    role = {"clientId": "reconciler", "scope": "/", "actions": ["Microsoft.CognitiveServices/accounts/*"]}
    desk.reconciler("plan", "fleet.yaml", "-q", "--cloud", "emulator")
    desk.control("POST", "world", {"roles": [role]})
    ran = desk.reconciler(*words)
    assert ran.code == 1, ran
    assert "eastus2: its models" in ran.err
    assert target.read_text() == "old"


def test_an_overlay_that_is_none_is_wrong_usage(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMED, "fleet.yaml")
    ran = desk.reconciler("validate", "fleet.yaml")
    assert ran.code == 64
    assert "cannot be used" in ran.err


def test_json_counts_the_offers_of_each_region(desk: Desk) -> None:
    words = ["catalog", "refresh", "fleet.yaml", "-q", "--cloud", "emulator", "-o", "json"]
    told = desk.reconciler(*words).json
    written = json.loads((desk.folder / told["overlay"]).read_text())
    assert told["offersByRegion"] == {"eastus2": len(written["regions"]["eastus2"])}
    assert told["refreshed"] == written["refreshed"]
