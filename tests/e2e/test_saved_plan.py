"""`apply PLANFILE` after somebody moved something: that is stale and says so, and the rest is done."""

import json
import re
from pathlib import Path

import pytest

from tests.e2e.desk import Desk, Ran

FLEET = """
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
    name: acc
    region: eastus2
  deployments:
"""
ENTRY = """
    - name: %s
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: %d}
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Desk(tmp_path)


def declare(path: str, **capacities: int) -> str:
    Path(path).write_text(FLEET + "".join(ENTRY % one for one in capacities.items()), "utf-8")
    return path


def test_a_run_says_of_a_moved_deployment_what_it_was_twice_and_claims_no_quota_for_it(desk: Desk) -> None:
    """In the plan, before anything is written, and in the report."""
    ran = desk.reconciler("apply", moved(desk, both=False), "--report", "json=report.json")
    assert (ran.out + ran.err).count("sku.capacity was 10, is 15") == 2
    assert (ran.out + ran.err).lower().count("plan again") == 2
    assert "OpenAI." not in ran.out, "a saved plan has been read: its summary is enough"
    pools = json.loads(Path("report.json").read_text("utf-8"))["quota"]
    assert [(pool["pool"], pool["usedBefore"], pool["usedAfter"]) for pool in pools] == [
        ("OpenAI.GlobalStandard.gpt4.1", 25, 35)
    ]


def outcomes(ran: Ran) -> dict[str, str]:
    return {action["deployment"]: action["outcome"] for action in ran.json["actions"]}


def applied(desk: Desk, path: str) -> None:
    ran = desk.reconciler("apply", path, "--yes")
    assert ran.code == 0, str(ran)


def moved(desk: Desk, *, both: bool) -> str:
    """A saved plan, of which somebody has since changed one deployment or both."""
    applied(desk, declare("fleet.yaml", chat=10, mini=10))
    wanted = declare("fleet.yaml", chat=20, mini=20)
    assert desk.reconciler("plan", wanted, "--out", "saved.plan").code == 0
    applied(desk, declare("strangers.yaml", chat=15, mini=15 if both else 10))
    return "saved.plan"


def test_what_moved_is_stale_the_rest_is_done_and_the_code_is_3(desk: Desk) -> None:
    """F-080."""
    ran = desk.reconciler("apply", moved(desk, both=False), "-o", "json")
    assert ran.code == 3, str(ran)
    assert outcomes(ran) == {"chat": "stale", "mini": "succeeded"}
    stale = next(action for action in ran.json["actions"] if action["outcome"] == "stale")
    assert stale["error"]["code"] == "stale"
    assert "sku.capacity was 10, is 15" in stale["error"]["message"]
    assert (ran.json["summary"]["stale"], ran.json["summary"]["blocked"]) == (1, 0)
    assert not ran.json["succeeded"]


@pytest.mark.parametrize("form", ["json", "text"])
def test_where_everything_moved_nothing_is_written_and_the_code_is_1(desk: Desk, form: str) -> None:
    """F-080."""
    ran = desk.reconciler("apply", moved(desk, both=True), "-o", form)
    assert ran.code == 1, str(ran)
    if form == "json":
        assert outcomes(ran) == {"chat": "stale", "mini": "stale"}
    else:
        assert "Apply: 2 stale." in ran.out
        assert "Plan again" in ran.out
    there = json.loads(desk.reconciler("show", "fleet.yaml", "-o", "json").out)
    assert {one["deployment"]: one["capacity"] for one in there["deployments"]} == {"chat": 15, "mini": 15}


def test_text_names_what_is_stale_with_the_field_that_moved(desk: Desk) -> None:
    """F-080."""
    ran = desk.reconciler("apply", moved(desk, both=False))
    assert ran.code == 3, str(ran)
    assert "Apply: 1 succeeded, 1 stale." in ran.out
    assert "sku.capacity was 10, is 15" in " ".join(ran.out.split())


def test_all_or_nothing_writes_nothing_where_anything_moved(desk: Desk) -> None:
    """F-080."""
    ran = desk.reconciler("apply", moved(desk, both=False), "--all-or-nothing")
    assert ran.code == 1, str(ran)
    assert "1 deployment moved since the plan was saved" in ran.err
    assert desk.reconciler("plan", "strangers.yaml", "--detailed-exitcode").code == 0, "all is as it was"


def test_what_somebody_writes_into_a_saved_plan_is_not_what_is_applied(desk: Desk) -> None:
    """I-05."""
    wanted = declare("fleet.yaml", chat=20)
    assert desk.reconciler("plan", wanted, "--out", "saved.plan").code == 0
    saved = Path("saved.plan").read_text("utf-8")
    edited = re.sub(r'("(?:capacity|after)": ?)20\b', r"\g<1>450", saved)
    assert edited.count("450") > 1
    Path("saved.plan").write_text(edited, "utf-8")
    assert desk.reconciler("apply", "saved.plan").code == 0
    shown = desk.reconciler("show", wanted, "-o", "json").json["deployments"]
    assert [one["capacity"] for one in shown] == [20]
