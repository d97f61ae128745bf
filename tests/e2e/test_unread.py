"""An account that could not be read is never passed over, also where nothing is declared in it."""

from pathlib import Path

import pytest

from tests.e2e.desk import Desk

FLEET = """
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: contoso}
spec: {cloud: emulator, subscriptions: {prod: {id: 11111111-1111-1111-1111-111111111111}}}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: emptied}
spec:
  account: {subscription: prod, resourceGroup: rg, name: emptied, region: eastus2}
  deployments: []
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: busy}
spec:
  account: {subscription: prod, resourceGroup: rg, name: busy, region: eastus2}
  deployments:
    - name: chat
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: 10}
"""
SHUT: dict[str, object] = {
    "match": {"path": "accounts/emptied/deployments", "times": 10},
    "then": {
        "status": 403,
        "body": {"error": {"code": "AuthorizationFailed", "message": "no right to list"}},
    },
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    desk = Desk(tmp_path)
    Path("fleet.yaml").write_text(FLEET, "utf-8")
    desk.control("POST", "faults", SHUT)
    return desk


def test_what_was_written_is_not_all_where_an_account_could_not_be_read(desk: Desk) -> None:
    """I-01, I-16: first partly done, then nothing to do and still no success."""
    assert [desk.reconciler("apply", "fleet.yaml", "--yes").code for _ in range(2)] == [3, 1]


def test_a_plan_names_the_account_why_and_the_fix(desk: Desk) -> None:
    """I-16."""
    ran = desk.reconciler("plan", "fleet.yaml")
    assert ran.code == 1, str(ran)
    said = " ".join(ran.out.split())
    assert "Incomplete: emptied could not be read" in said
    assert "no right to list" in said
    assert "fix: give this identity Microsoft.CognitiveServices/accounts/read" in said


def test_the_plan_s_json_has_what_was_not_read(desk: Desk) -> None:
    document = desk.reconciler("plan", "fleet.yaml", "-o", "json").json
    assert not document["complete"]
    assert [one["account"] for one in document["unread"]] == ["emptied"]
    assert "no right to list" in document["unread"][0]["message"]
