"""The example of a GitHub matrix: its own commands, run by bash in the order of its jobs, on an emulator."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.desk import STATE, controlled

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = yaml.load((ROOT / "examples/ci/github/sharded.yml").read_text(), Loader=yaml.BaseLoader)  # noqa: S506 -- texts alone, so that `on` stays a key
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def job(name: str) -> Any:  # noqa: ANN401 -- any YAML
    return WORKFLOW["jobs"][name]


def steps() -> list[Any]:
    return [step for one in WORKFLOW["jobs"].values() for step in one["steps"]]


def test_every_action_is_pinned_by_a_commit() -> None:
    used = [step["uses"] for step in steps() if "uses" in step]
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one)] == []


def test_rights_are_given_job_by_job_and_no_more_than_reading_and_signing_in() -> None:
    assert WORKFLOW["permissions"] == {}
    assert job("merge")["permissions"] == {"contents": "read"}
    for name in ("plan", "apply"):
        assert job(name)["permissions"] == {"contents": "read", "id-token": "write"}
    assert "pull_request_target" not in WORKFLOW["on"]
    assert job("apply")["environment"] == "production"
    assert WORKFLOW["concurrency"]["cancel-in-progress"] == "false"


def test_no_expression_is_pasted_into_a_script() -> None:
    assert [step["run"] for step in steps() if "run" in step and "${{" in step["run"]] == []


def environment(name: str, shard: str = "") -> dict[str, str]:
    """What the runner makes of a job's `env`."""
    known = dict.fromkeys(
        ("vars.AZURE_PLAN_CLIENT_ID", "vars.AZURE_APPLY_CLIENT_ID", "vars.AZURE_TENANT_ID"), ""
    )
    known |= {"matrix.shard": shard, "strategy.job-total": str(len(shards("plan")))}
    return {
        key: EXPRESSION.sub(lambda found: known[found[1]], value)
        for key, value in job(name).get("env", {}).items()
    }


def shards(name: str) -> list[str]:
    return list(job(name)["strategy"]["matrix"]["shard"])


def script(name: str) -> str:
    """The one script of a job that runs this program."""
    (found,) = (step["run"] for step in job(name)["steps"] if "reconciler " in step.get("run", ""))
    return str(found)


def test_the_jobs_together_plan_merge_and_apply(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    asyncio.run(controlled(tmp_path / STATE, "POST", "lro", {"polls": 0}))
    program = tmp_path / "temp" / "reconciler" / "bin" / "python"  # where the Action leaves it
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', "utf-8")
    program.chmod(0o755)
    told = {
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }

    def bash(words: str, more: dict[str, str] | None = None) -> int:
        return subprocess.run(
            ["bash", "-e", "-c", words],
            cwd=tmp_path,
            env=told | (more or {}),
            capture_output=True,
            check=False,
        ).returncode

    assert shards("apply") == shards("plan")
    for shard in shards("plan"):
        assert bash(script("plan"), environment("plan", shard)) == 0
        assert (tmp_path / f"shard-{shard}.json").exists()
    assert bash(script("merge")) == 0
    assert "16 to create" in (tmp_path / "summary.md").read_text()
    for shard in shards("apply"):
        assert bash(script("apply"), environment("apply", shard)) == 0
    assert bash("reconciler plan manifests --detailed-exitcode") == 0
