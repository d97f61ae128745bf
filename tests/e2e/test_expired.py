"""A deployment that the service removes after its time, from its first apply to its second life."""

from pathlib import Path

import pytest

from tests.e2e.desk import Desk, Ran

FLEET = """
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: trials}
spec:
  cloud: emulator
  subscriptions: {prod: {id: 11111111-1111-1111-1111-111111111111}}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: trials}
spec:
  account: {subscription: prod, resourceGroup: rg, name: acc, region: eastus2}
  deployments:
    - name: trial
      model: {name: gpt-4.1-mini-2025-04-14.ft-0123456789abcdef0123456789abcdef, version: "1"}
      sku: {name: DeveloperTier, capacity: 10}
"""
WRITE_ONLY = [
    "Microsoft.CognitiveServices/accounts/read",
    "Microsoft.CognitiveServices/accounts/deployments/*",
    "Microsoft.CognitiveServices/accounts/models/read",
    "Microsoft.CognitiveServices/locations/*",
]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.yaml").write_text(FLEET, encoding="utf-8")
    desk = Desk(tmp_path)
    assert apply(desk).code == 0
    return desk


def apply(desk: Desk, *flags: str) -> Ran:
    return desk.reconciler("apply", "fleet.yaml", "-q", "--yes", *flags)


def a_day_later(desk: Desk) -> None:
    desk.control("POST", "clock", {"advanceSeconds": 25 * 3600})


def test_what_expired_is_made_again_by_the_flag_and_not_before(desk: Desk) -> None:
    a_day_later(desk)
    plan = desk.reconciler("plan", "fleet.yaml", "-q", "-o", "json")
    assert plan.code == 1, plan
    (step,) = plan.json["actions"]
    assert (step["action"], step["reason"]) == ("blocked", "expired")
    assert "--recreate-expired" in step["fix"]
    assert apply(desk).code == 1
    saved = desk.reconciler("plan", "fleet.yaml", "--recreate-expired", "--out", "plan.json")
    assert saved.code == 0, saved
    assert "reconciler apply plan.json --recreate-expired" in saved.err
    assert desk.reconciler("apply", "plan.json", "-q").code != 0
    assert desk.reconciler("apply", "plan.json", "-q", "--recreate-expired").code == 0
    assert desk.reconciler("plan", "fleet.yaml", "-q", "--detailed-exitcode").code == 0


def test_the_manifest_has_it_made_again_each_time(desk: Desk) -> None:
    stated = FLEET + "      lifecycle: {recreateExpired: true}\n"
    (desk.folder / "fleet.yaml").write_text(stated, encoding="utf-8")
    for _ in range(2):
        a_day_later(desk)
        assert apply(desk).code == 0
        assert desk.reconciler("plan", "fleet.yaml", "-q", "--detailed-exitcode").code == 0


def test_what_somebody_deleted_is_made_without_a_question(desk: Desk) -> None:
    (desk.folder / "empty.yaml").write_text(
        FLEET.split("  deployments:", maxsplit=1)[0] + "  deployments: []\n", "utf-8"
    )
    gone = desk.reconciler("apply", "empty.yaml", "-q", "--yes", "--allow-empty", "--max-deletes", "1")
    assert gone.code == 0, gone
    a_day_later(desk)
    assert apply(desk).code == 0


def test_without_the_right_to_the_log_the_plan_says_so_and_goes_on(desk: Desk) -> None:
    a_day_later(desk)
    role = {"clientId": "reconciler", "scope": "/", "actions": WRITE_ONLY}
    desk.control("POST", "world", {"roles": [role]})
    plan = desk.reconciler("plan", "fleet.yaml", "-q", "-o", "json")
    assert plan.code == 0, plan
    (step,) = plan.json["actions"]
    assert step["action"] == "create"
    assert "unverified: whether it was there before" in step["explanation"]


def test_a_run_that_has_nothing_of_the_kind_missing_asks_no_log(desk: Desk) -> None:
    desk.forget_requests()
    assert desk.reconciler("plan", "fleet.yaml", "-q").code == 0
    paths = [one["path"].lower() for one in desk.control("GET", "requests")["requests"]]
    assert paths
    assert not any("microsoft.insights" in path for path in paths)
