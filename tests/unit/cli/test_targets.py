"""A target that matches nothing is wrong usage, wherever a command could look."""

from pathlib import Path

import pytest

from reconciler.cli import run
from reconciler.cli.choosing import must_hit_something
from reconciler.domain.fleet import Scope
from reconciler.domain.state import Unreadable
from reconciler.errors import UsageProblem
from tests.unit.plan.states import account, listed, state, world

MANIFESTS = """\
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: contoso}
spec:
  cloud: emulator
  subscriptions: {prod: {id: 11111111-1111-1111-1111-111111111111}}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: swc, labels: {env: prod}}
spec:
  account: {subscription: prod, resourceGroup: rg, name: swc, region: swedencentral}
  prune: never
  deployments:
    - name: small
      model: {name: gpt-5.1, version: "2025-11-13"}
      sku: {name: GlobalStandard, capacity: 10}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: test, labels: {env: test}}
spec:
  account: {subscription: prod, resourceGroup: rg, name: test, region: swedencentral}
  deployments: []
"""


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.yaml").write_text(MANIFESTS, "utf-8")


@pytest.mark.parametrize("command", [["plan"], ["apply", "--yes"], ["drift"]])
@pytest.mark.parametrize("target", ["smal", "*/*/smal", "prod/swc/smal*x"])
def test_a_misspelt_target_is_not_green_and_the_name_that_was_meant_is_told(
    command: list[str], target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """I-16."""
    assert run([*command, "fleet.yaml", "--target", target]) == 64
    told = capsys.readouterr()
    assert f"--target {target} matches no deployment" in told.err
    assert "did you mean small?" in told.err
    assert told.out == ""


def test_where_nothing_is_near_what_there_is_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "fleet.yaml", "--target", "completely-else"]) == 64
    assert "there are small." in capsys.readouterr().err


def test_what_only_exists_in_arm_is_matched(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["apply", "fleet.yaml", "--yes"]) == 0
    declared = (Path("fleet.yaml")).read_text("utf-8")
    Path("fleet.yaml").write_text(declared.replace("name: small", "name: other"), "utf-8")
    for command in (["plan"], ["apply", "--yes"]):
        assert run([*command, "fleet.yaml", "--target", "small"]) == 0, capsys.readouterr().err
    assert run(["drift", "fleet.yaml", "--target", "small"]) == 0, (
        "undeclared, where not the whole account is ours, is only reported"
    )


def test_what_an_exclude_took_back_was_matched_and_what_select_left_out_was_not() -> None:
    assert run(["apply", "fleet.yaml", "--yes"]) == 0
    assert run(["plan", "fleet.yaml", "--target", "s*", "--exclude", "small"]) == 0
    assert run(["plan", "fleet.yaml", "--select", "env=test", "--target", "small"]) == 64


def test_nothing_is_said_of_a_target_where_an_account_could_not_be_listed() -> None:
    """I-03: nothing follows from what was not read."""
    aimed = state(scope=Scope(targets=("chat",), narrowed=True))
    must_hit_something(aimed, world(Unreadable(id=account(), code="x", message="no rights")))
    with pytest.raises(UsageProblem, match="matches no deployment"):
        must_hit_something(aimed, world(listed()))


def test_a_shard_keeps_silent_and_the_merged_plan_knows(capsys: pytest.CaptureFixture[str]) -> None:
    """I-16."""
    for index in (1, 2):
        for target, folder in (("smal", "wrong"), ("small", "right")):
            Path(folder).mkdir(exist_ok=True)
            out = f"{folder}/{index}.json"
            words = ["--target", target, "--shard", f"{index}/2", "--out", out]
            assert run(["plan", "fleet.yaml", *words]) == 0
    assert run(["plan", "merge", "wrong/1.json", "wrong/2.json"]) == 64
    assert "did you mean small?" in capsys.readouterr().err
    assert run(["plan", "merge", "right/1.json", "right/2.json"]) == 0


def test_a_saved_plan_whose_target_has_gone_meanwhile_is_applied_and_measured_from() -> None:
    assert run(["apply", "fleet.yaml", "--yes"]) == 0
    declared = Path("fleet.yaml").read_text("utf-8")
    Path("fleet.yaml").write_text(
        declared.replace("name: small", "name: other").replace("never", "owned"), "utf-8"
    )
    assert run(["plan", "fleet.yaml", "--target", "small", "--out", "plan.json", "--max-deletes", "1"]) == 0
    assert run(["apply", "plan.json", "--max-deletes", "1"]) == 0
    assert run(["apply", "plan.json", "--max-deletes", "1"]) == 0
    assert run(["drift", "--since-plan", "plan.json"]) in {0, 2}
