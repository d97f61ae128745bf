"""Step 1 of the guide for GitHub, as it stands there, against a repository with a tag of this release."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from reconciler import __version__
from tests.docs.pages import ROOT

GUIDE = (ROOT / "docs/how-to/github-actions.md").read_text("utf-8")
GH = """#!/bin/sh
case "$1 $2" in
  "release list") git --git-dir "$BARE" tag ;;
  "api repos/contoso-platform/reconciler/commits/"*)
    git --git-dir "$BARE" rev-parse "${2##*/}^{commit}" ;;
  *) exit 9 ;;
esac
"""
"""What gh answers of a repository, from a bare one on this machine."""


def git(*words: str, cwd: Path) -> str:
    identity = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity |= {
        f"GIT_{who}_{what}": "x@y.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    command = ["git", "-c", "init.defaultBranch=main", *words]
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **identity}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_first_step_pins_each_workflow_to_the_commit_of_the_tag(tmp_path: Path) -> None:
    clone = tmp_path / "reconciler"
    for name in (
        "action.yml",
        "requirements.lock",
        *(f"examples/ci/github/{one}.yml" for one in ("plan", "apply", "drift")),
    ):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    git("init", "--quiet", cwd=clone)
    git("add", "--all", cwd=clone)
    git("commit", "--quiet", "--message", "release", cwd=clone)
    git("tag", "--annotate", f"v{__version__}", "--message", "release", cwd=clone)
    commit = git("rev-parse", "HEAD", cwd=clone)
    git("clone", "--quiet", "--bare", str(clone), str(tmp_path / "bare.git"), cwd=tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gh").write_text(GH, "utf-8")
    (tmp_path / "bin/gh").chmod(0o755)
    ours = tmp_path / "fleet"
    ours.mkdir()
    shown = re.search(r"## 1\. Copy the workflows.*?```sh\n(.*?)```", GUIDE, re.DOTALL)
    assert shown is not None
    script = shown[1].replace("OWNER", "contoso-platform").replace("TAG", f"v{__version__}")
    subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=ours,
        env={
            **os.environ,
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            "BARE": str(tmp_path / "bare.git"),
        },
        check=True,
    )
    for name in ("plan", "apply", "drift"):
        text = (ours / f".github/workflows/{name}.yml").read_text("utf-8")
        used = set(re.findall(r"[\w-]+/reconciler@\S+", text))
        assert used == {f"contoso-platform/reconciler@{commit}"}
    assert git("cat-file", "-t", f"{commit}:action.yml", cwd=clone) == "blob"
