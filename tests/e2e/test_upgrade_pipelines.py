"""The ready pipelines for `upgrade`, their scripts executed against a repository and hosts of our own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.action import ROOT
from tests.e2e.season import NEW, OLD, text_of

GITLAB: dict[str, Any] = yaml.safe_load((ROOT / "examples/ci/gitlab/upgrade.yml").read_text("utf-8"))
AZURE: dict[str, Any] = yaml.safe_load(
    (ROOT / "examples/ci/azure-devops/azure-upgrade.yml").read_text("utf-8")
)
PYTHON = Path(sys.executable)
BRANCH = "reconciler/upgrade"


@dataclass(frozen=True, slots=True)
class Place:
    """A working tree, the repository it came from, and a folder of fake programs."""

    tree: Path
    origin: Path
    bin: Path

    def git(self, *words: str, at: Path | None = None) -> str:
        command = ["git", "-C", str(at or self.tree), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def declare(self, model: tuple[str, str]) -> None:
        (self.tree / "manifests").mkdir(exist_ok=True)
        (self.tree / "manifests" / "fleet.yaml").write_text(text_of(model), "utf-8")
        self.git("add", "-A")
        self.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", model[0])
        self.git("push", "--quiet", "--force", "origin", "HEAD:main")

    @property
    def branches(self) -> list[str]:
        return self.git("branch", "--format=%(refname:short)", at=self.origin).splitlines()

    def bash(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.bin}:{PYTHON.parent}:{os.environ['PATH']}"
        environment = {"PATH": path, "LANG": "C.UTF-8", "HOME": str(self.tree.parent), **variables}
        environment["RECONCILER_AS_OF"] = "2026-11-29"
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(
            words, cwd=self.tree, env=environment, capture_output=True, text=True, check=False, timeout=120
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path / "tree", tmp_path / "origin.git", tmp_path / "bin")
    found.bin.mkdir()
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(found.origin)], check=True)
    found.git("config", "receive.advertisePushOptions", "true", at=found.origin)
    hook = found.origin / "hooks" / "post-receive"
    hook.write_text('#!/bin/sh\nenv | grep ^GIT_PUSH_OPTION_ | sort >"$(dirname "$0")/../options"\n', "utf-8")
    hook.chmod(0o755)
    subprocess.run(["git", "init", "--quiet", "-b", "main", str(found.tree)], check=True)
    (found.tree / ".git" / "info" / "exclude").write_text(".reconciler/\nupgrade.*\n", "utf-8")
    found.git("remote", "add", "origin", str(found.origin))
    found.declare(OLD)
    return found


def gitlab(place: Place) -> list[subprocess.CompletedProcess[str]]:
    """Both jobs, one after the other, each on a fresh checkout of main."""
    place.git("checkout", "--quiet", "-B", "main", "origin/main")
    done = []
    for job in ("propose upgrade", "open upgrade"):
        variables = {"BRANCH": BRANCH, "REMOTE": str(place.origin), "CI_DEFAULT_BRANCH": "main"}
        done.append(place.bash("\n".join(GITLAB[job]["script"]), **variables))
        assert done[-1].returncode == 0, done[-1].stderr
    place.git("fetch", "--quiet", "origin")
    return done


def azure(place: Place) -> subprocess.CompletedProcess[str]:
    place.git("checkout", "--quiet", "-B", "main", "origin/main")
    (task,) = [step for step in AZURE["steps"] if step.get("task") == "AzureCLI@2"]
    out = place.tree.parent / "out"
    done = place.bash(
        task["inputs"]["inlineScript"],
        PROGRAM=f"{PYTHON} -m reconciler",
        OUT=str(out),
        BRANCH=BRANCH,
        SYSTEM_ACCESSTOKEN="secret",
    )
    assert done.returncode == 0, done.stderr
    place.git("fetch", "--quiet", "origin")
    return done


def test_gitlab_opens_one_merge_request_and_a_second_run_writes_the_same_branch_again(place: Place) -> None:
    gitlab(place)
    assert BRANCH in place.branches
    text = place.git("show", f"{BRANCH}:manifests/fleet.yaml", at=place.origin)
    assert "- name: chat-gpt-4.1" in text
    assert "- name: chat # the shop's" in text
    message = place.git("log", "-1", "--format=%B", BRANCH, at=place.origin)
    assert message.startswith("Replace models that retire\n\n## Models that retire")
    options = (place.origin / "options").read_text("utf-8")
    assert "merge_request.create" in options
    assert "merge_request.target=main" in options
    gitlab(place)
    assert place.git("rev-list", "--count", f"main..{BRANCH}", at=place.origin) == "1"


def test_gitlab_deletes_the_branch_once_nothing_is_left(place: Place) -> None:
    gitlab(place)
    place.declare(NEW)
    gitlab(place)
    assert place.branches == ["main"]
    assert "nothing to do, and no branch to delete" in gitlab(place)[1].stdout


def test_azure_creates_a_pull_request_updates_the_one_that_is_open_and_closes_it(place: Place) -> None:
    calls = place.bin / "calls"
    az = place.bin / "az"
    listed = f'case "$3" in list) cat {place.bin}/open 2>/dev/null;; esac'
    az.write_text(f'#!/bin/sh\necho "$@" | head -1 >>{calls}\n{listed}\nexit 0\n', "utf-8")
    az.chmod(0o755)
    done = azure(place)
    assert "##vso[task.uploadsummary]" in done.stdout
    first = calls.read_text("utf-8")
    assert "repos pr create --detect true --source-branch reconciler/upgrade --target-branch main" in first
    (place.bin / "open").write_text("7\n", "utf-8")
    calls.unlink()
    azure(place)
    second = calls.read_text("utf-8")
    assert "repos pr update --detect true --id 7 --description ## Models that retire" in second
    assert "create" not in second
    place.declare(NEW)
    azure(place)
    assert place.branches == ["main"]
