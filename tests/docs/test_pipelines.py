"""The ready pipelines say only what the Action and the program understand, and keep a fork out."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from reconciler.cli import run
from tools.build_docs import ROOT
from tools.lint_pipelines import ACTION, AZURE, GITLAB, WORKFLOWS, commands

ACTION_YML: dict[str, Any] = yaml.safe_load(ACTION.read_text("utf-8"))
EXAMPLES = [path for path in WORKFLOWS if "examples" in path.parts]


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    return found


def uses(path: Path) -> list[dict[str, Any]]:
    """The steps that use our Action."""
    return [
        step
        for job in jobs(path).values()
        for step in job["steps"]
        if step.get("uses", "").startswith("contoso/reconciler@")
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_inputs_and_outputs_of_the_workflows_are_those_of_the_action(path: Path) -> None:
    assert uses(path) or "RECONCILER_SHARD" in path.read_text("utf-8")
    for step in uses(path):
        assert step["with"].keys() <= ACTION_YML["inputs"].keys()
    named = set(re.findall(r"steps\.\w+\.outputs\.(\w+)", path.read_text("utf-8")))
    assert named <= ACTION_YML["outputs"].keys()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_have_no_right_that_a_job_does_not_name_and_no_unpinned_action(path: Path) -> None:
    text = path.read_text("utf-8")
    assert yaml.safe_load(text)["permissions"] == {}
    assert "pull_request_target:" not in text
    assert "secrets." not in text
    for name in re.findall(r"uses: (\S+)", text):
        assert re.fullmatch(r"[\w-]+/[\w-]+(/[\w-]+)?@[0-9a-f]{40}", name), name


def test_a_fork_gets_no_identity_and_nothing_that_may_write() -> None:
    """F-133."""
    found = jobs(ROOT / "examples/ci/github/plan.yml")
    own = "github.event.pull_request.head.repo.full_name == github.repository"
    for job in found.values():
        rights = {right for right, value in job["permissions"].items() if value == "write"}
        assert not rights or job["if"] == own
        commands_used = {
            step["with"]["command"] for step in job["steps"] if "command" in step.get("with", {})
        }
        assert commands_used <= {"validate", "plan"}


def test_an_apply_is_never_cut_off_and_waits_for_its_environment() -> None:
    found = yaml.safe_load((ROOT / "examples/ci/github/apply.yml").read_text("utf-8"))
    assert found["concurrency"]["cancel-in-progress"] is False
    assert found["jobs"]["apply"]["environment"] == "production"
    for job in found["jobs"].values():
        if job.get("environment") is None:
            assert "AZURE_APPLY_CLIENT_ID" not in str(job)


def test_every_pipeline_file_is_linted(tmp_path: Path) -> None:
    linted = " ".join(word for command in commands(tmp_path) for word in command)
    for path in [ACTION, *WORKFLOWS, *GITLAB]:
        assert str(path) in linted
    assert len(AZURE) == len(list((ROOT / "examples/ci/azure-devops").iterdir()))
    assert all(f"{path.stem}.json" in linted for path in AZURE)


def test_the_lock_has_every_dependency_in_an_allowed_version_with_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    locked = {
        name.lower(): Version(version)
        for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE)
    }
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    for one in map(Requirement, wanted):
        assert locked[one.name] in one.specifier, one
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(locked)
    assert all("--hash=sha256:" in entry for entry in entries)


def test_what_the_container_file_copies_is_there_and_gets_through() -> None:
    kept = {
        line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")
    }
    copied = set()
    for line in (ROOT / "Containerfile").read_text("utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            copied |= set(line.split()[1:-1])
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.parametrize("name", ["github-actions.md", "azure-devops-and-gitlab.md"])
def test_the_how_tos_name_files_that_are_there_and_inputs_that_exist(name: str) -> None:
    page = ROOT / "docs/how-to" / name
    text = page.read_text("utf-8")
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    assert links
    assert [link for link in links if not (page.parent / link).exists()] == []
    pipelines = "".join(path.read_text("utf-8") for path in [ACTION, *WORKFLOWS, *AZURE, *GITLAB])
    assert [one for one in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", text) if one not in pipelines] == []


def test_the_comment_in_the_how_to_is_what_a_plan_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567")
    assert run(["plan", str(ROOT / "examples/quickstart"), "-o", "markdown"]) == 0
    _, _, printed = capsys.readouterr().out.partition("\n")
    page = (ROOT / "docs/how-to/github-actions.md").read_text("utf-8")
    (shown,) = re.findall(r"<!-- comment -->\n````markdown\n(.*?)````\n", page, re.DOTALL)
    assert shown == printed


def test_checks_that_can_be_required_report_on_every_pull_request() -> None:
    """A workflow that a filter of paths keeps from running leaves its required checks waiting for ever."""
    page = (ROOT / "docs/how-to/github-actions.md").read_text("utf-8")
    required = set(re.findall(r'"context": "(\w+)"', page)) | set(re.findall(r"require is `([^`]+)`", page))
    for path in EXAMPLES:
        read = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 -- texts alone
        if "pull_request" in read["on"]:
            assert not read["on"]["pull_request"]
            assert required & {job["name"] for job in read["jobs"].values()}
    assert required == {"validate", "plan", "Plan of the fleet"}


def test_azure_pipelines_runs_the_commit_that_is_named_and_not_what_a_tag_points_to() -> None:
    folder = ROOT / "examples/ci/azure-devops"
    pipeline = yaml.safe_load((folder / "azure-pipelines.yml").read_text("utf-8"))
    (repository,) = pipeline["resources"]["repositories"]
    assert "ref" not in repository
    assert re.fullmatch(r"[0-9a-f]{40}", pipeline["variables"]["RECONCILER_COMMIT"])
    (step,) = (
        one for one in yaml.safe_load((folder / "install.yml").read_text("utf-8"))["steps"] if "bash" in one
    )
    first = step["bash"].splitlines()[0]
    assert first.startswith("git ")
    assert first.endswith('checkout --quiet --detach "$RECONCILER_COMMIT"')
