"""The Action's inputs, typed. They come as environment variables, never as text inside a script.

Rule of this module: a list has one item per line, and no line is ever split by a shell.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.cli.github.rest import number_of
from reconciler.errors import UsageProblem

COMMANDS = ("validate", "plan", "apply", "drift", "upgrade")
_TARGET = re.compile(r"[A-Za-z0-9._/-]{1,100}")
_LARGEST_EVENT = 32 * 1024**2
"""Bytes of an event file; GitHub's own are at most 25 MB."""

_WORDS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the workflow asks for. `issue_label` is empty where drift opens no issue."""

    command: str
    paths: tuple[str, ...]
    arguments: tuple[str, ...]
    plan_file: str
    target: str
    comment: bool
    issue_label: str
    author: str
    token: str
    working_directory: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Inputs:
        """Read `INPUT_*`; UsageProblem where one of them makes no sense."""
        command = environ.get("INPUT_COMMAND", "").strip()
        if command not in COMMANDS:
            raise UsageProblem(f"the input command is {command!r}; there are {', '.join(COMMANDS)}")
        target = environ.get("INPUT_TARGET", "").strip() or "default"
        if not _TARGET.fullmatch(target) or "--" in target:
            raise UsageProblem(
                f"the input target is {target!r}; it is a name of letters, digits and . _ / - "
                "(no two dashes together), by which a later run finds its comment again"
            )
        comment = environ.get("INPUT_COMMENT", "").strip() or "true"
        if comment not in _WORDS:
            raise UsageProblem(f"the input comment is {comment!r}; it is true or false")
        plan_file = environ.get("INPUT_PLAN_FILE", "").strip()
        if plan_file and command != "apply":
            raise UsageProblem(f"the input plan-file goes with apply only, and the command is {command}")
        return cls(
            command=command,
            paths=_lines(environ.get("INPUT_PATHS", "")),
            arguments=_lines(environ.get("INPUT_ARGS", "")),
            plan_file=plan_file,
            target=target,
            comment=_WORDS[comment],
            issue_label=environ.get("INPUT_ISSUE_LABEL", "").strip(),
            author=environ.get("INPUT_COMMENT_AUTHOR", "").strip() or "github-actions[bot]",
            token=environ.get("INPUT_TOKEN", ""),
            working_directory=environ.get("INPUT_WORKING_DIRECTORY", "").strip() or ".",
        )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Where the step runs, as GitHub's own variables say. `pull_request` is None on other events.

    `commit` and `base` are what was checked out: the full hash and the branch.
    """

    workspace: Path
    temporary: Path
    api: str
    repository: str
    run_url: str
    commit: str
    base: str
    pull_request: int | None
    output: Path | None
    summary: Path | None

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Runner:
        """Read `GITHUB_*` and `RUNNER_TEMP`."""
        repository = environ.get("GITHUB_REPOSITORY", "")
        server = environ.get("GITHUB_SERVER_URL", "https://github.com")
        return cls(
            workspace=Path(environ.get("GITHUB_WORKSPACE") or Path.cwd()),
            temporary=Path(environ.get("RUNNER_TEMP") or tempfile.gettempdir()),
            api=environ.get("GITHUB_API_URL", "https://api.github.com"),
            repository=repository,
            run_url=f"{server}/{repository}/actions/runs/{environ.get('GITHUB_RUN_ID', '')}",
            commit=environ.get("GITHUB_SHA", ""),
            base=environ.get("GITHUB_REF_NAME", ""),
            pull_request=_pull_request(environ),
            output=_file(environ, "GITHUB_OUTPUT"),
            summary=_file(environ, "GITHUB_STEP_SUMMARY"),
        )


def _file(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]) if environ.get(name) else None


def _pull_request(environ: Mapping[str, str]) -> int | None:
    """The number of the pull request that the event is about; None for an event that names none."""
    file = _file(environ, "GITHUB_EVENT_PATH")
    if file is None or environ.get("GITHUB_EVENT_NAME") != "pull_request":
        return None
    try:
        with file.open("rb") as stream:
            event = json.loads(stream.read(_LARGEST_EVENT))
    except (OSError, ValueError, RecursionError):
        return None
    about = event.get("pull_request") if isinstance(event, dict) else None
    return number_of(about, "number")
