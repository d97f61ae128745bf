"""The scripts of the pipelines for GitLab and Azure DevOps, executed against the emulator."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.action import CHAT, ROOT, declare, shrink_behind_our_back
from tests.e2e.desk import Desk

GITLAB: dict[str, Any] = yaml.safe_load((ROOT / "examples/ci/gitlab/.gitlab-ci.yml").read_text("utf-8"))
AZURE: dict[str, Any] = yaml.safe_load(
    (ROOT / "examples/ci/azure-devops/azure-pipelines.yml").read_text("utf-8")
)
PYTHON = Path(sys.executable)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    monkeypatch.chdir(workspace)
    there = Desk(workspace)
    declare(workspace, CHAT)
    return there


def bash(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{PYTHON.parent}:{os.environ['PATH']}", "LANG": "C.UTF-8", **variables}
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=120)


def gitlab(job: str) -> subprocess.CompletedProcess[str]:
    (line,) = GITLAB[job]["script"]
    return bash(line)


def azure(stage: str, out: Path) -> subprocess.CompletedProcess[str]:
    """The Azure CLI task of a stage, with the variables of the pipeline."""
    (found,) = [one for one in AZURE["stages"] if one["stage"] == stage]
    (job,) = found["jobs"]
    steps = job.get("steps") or job["strategy"]["runOnce"]["deploy"]["steps"]
    (task,) = [step for step in steps if step.get("task") == "AzureCLI@2"]
    script = task["inputs"]["inlineScript"].replace("$(Pipeline.Workspace)/plan/", f"{out}/")
    program = AZURE["variables"]["PROGRAM"].replace(
        "$(Agent.TempDirectory)/reconciler/bin/python", str(PYTHON)
    )
    return bash(script, PROGRAM=program, OUT=str(out))


def test_gitlabs_plan_gives_the_three_numbers_and_its_apply_does_that_plan(desk: Desk) -> None:
    assert gitlab("validate").returncode == 0
    planned = gitlab("plan")
    assert planned.returncode == 0, planned.stderr
    reports = GITLAB["plan"]["artifacts"]["reports"]
    counts = json.loads((desk.folder / reports["terraform"]).read_text())
    assert counts == {"create": 1, "update": 0, "delete": 0}
    assert (desk.folder / GITLAB["validate"]["artifacts"]["reports"]["junit"]).read_text().startswith("<?xml")
    assert "1 to create" in (desk.folder / "plan.md").read_text()
    applied = gitlab("apply")
    assert applied.returncode == 0, applied.stderr
    assert (desk.folder / "journal.jsonl").is_file()
    assert gitlab("drift").returncode == 0
    shrink_behind_our_back(desk)
    assert gitlab("drift").returncode in GITLAB["drift"]["allow_failure"]["exit_codes"]
    assert "changed-outside" in (desk.folder / "drift.md").read_text()


def test_azure_pipelines_shows_the_plan_and_passes_on_whether_there_are_changes(
    desk: Desk, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    planned = azure("plan", out)
    assert planned.returncode == 0, planned.stderr
    assert f"##vso[task.uploadsummary]{out}/plan.md\n" in planned.stdout
    assert "##vso[task.setvariable variable=changes;isOutput=true]true\n" in planned.stdout
    applied = azure("apply", out)
    assert applied.returncode == 0, applied.stderr
    again = azure("plan", out)
    assert again.returncode == 0
    assert "setvariable" not in again.stdout
    assert azure("drift", out).returncode == 0
    shrink_behind_our_back(desk)
    drifted = azure("drift", out)
    assert drifted.returncode == 0
    assert "##vso[task.complete result=SucceededWithIssues]" in drifted.stdout


def test_a_plan_that_fails_fails_both_pipelines(desk: Desk, tmp_path: Path) -> None:
    declare(desk.folder, CHAT.replace("GlobalStandard, capacity: 50", "ProvisionedManaged, capacity: 51"))
    (tmp_path / "out").mkdir()
    failed = azure("plan", tmp_path / "out")
    assert failed.returncode == 1
    assert "task.uploadsummary" in failed.stdout
    assert gitlab("plan").returncode == 1
    assert gitlab("validate").returncode == 1
