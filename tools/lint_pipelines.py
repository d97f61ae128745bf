"""Lints the Action, the workflows, the pipelines for other build systems and the container file, offline.

`python -m tools.lint_pipelines` exits 1 at the first linter with a finding.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
ACTION = ROOT / "action.yml"
WORKFLOWS = sorted([*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("examples/ci/github/*.yml")])
GITLAB = sorted([*ROOT.glob("examples/ci/gitlab/.*.yml"), *ROOT.glob("examples/ci/gitlab/*.yml")])
AZURE = sorted(ROOT.glob("examples/ci/azure-devops/*.yml"))
CONTAINER = ROOT / "Containerfile"


def commands(folder: Path) -> Iterator[list[str]]:
    """Each linter's command line; `folder` is for what has to be written first."""
    schema = str(BIN / "check-jsonschema")
    zizmor = [str(BIN / "zizmor"), "--offline", "--no-progress", "--quiet", "--persona", "pedantic"]
    yield [*zizmor, *map(str, [ACTION, *WORKFLOWS])]
    yield [schema, "--builtin-schema", "vendor.github-actions", str(ACTION)]
    yield [schema, "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS)]
    yield [schema, "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", *map(str, GITLAB)]
    azure = ["--builtin-schema", "vendor.azure-pipelines", "--regex-variant", "nonunicode"]
    yield [schema, *azure, *(str(_as_text(path, folder)) for path in AZURE)]
    yield [str(BIN / "hadolint"), "--no-color", str(CONTAINER)]


def _as_text(path: Path, folder: Path) -> Path:
    """The file as JSON with every scalar a text: Azure Pipelines reads them so, and its schema says so."""
    read = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 -- the safest loader of all
    written = folder / f"{path.stem}.json"
    written.write_text(json.dumps(read), "utf-8")
    return written


def main() -> int:
    """Run every linter."""
    with tempfile.TemporaryDirectory() as folder:
        for command in commands(Path(folder)):
            done = subprocess.run(command, cwd=ROOT, check=False)
            if done.returncode:
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
