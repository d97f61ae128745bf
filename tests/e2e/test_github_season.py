"""The Action with `command: upgrade`: one pull request a season, on a branch that is ours alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.action import Done, Job
from tests.e2e.forge import BOT, Forge, forge
from tests.e2e.season import NEW, OLD, text_of

SHA = "0123456789abcdef0123456789abcdef01234567"
BRANCH = "reconciler/upgrade-production"
FILE = "manifests/fleet.yaml"


@pytest.fixture
def github() -> Iterator[Forge]:
    with forge() as there:
        there.git.files["0" * 40] = {FILE: "old", "README.md": "kept"}
        there.git.branches["main"] = there.git.commit("first", "0" * 40, sha=SHA)
        yield there


@pytest.fixture
def job(tmp_path: Path, github: Forge) -> Job:
    workspace = tmp_path / "workspace"
    (workspace / "manifests").mkdir(parents=True)
    variables = {"GITHUB_REF_NAME": "main", "RECONCILER_AS_OF": "2026-11-29"}
    return Job(workspace=workspace, api=github.url, event="schedule", variables=variables)


def season(job: Job, model: tuple[str, str]) -> Done:
    (job.workspace / FILE).write_text(text_of(model), "utf-8")
    return job.use(command="upgrade", target="production", args="--offline")


def test_a_season_is_one_pull_request_with_the_edits_and_their_reasons(job: Job, github: Forge) -> None:
    done = season(job, OLD)
    assert done.code == 0, done
    assert "pull request 100 opened" in done.log
    (pull,) = github.git.pulls
    assert (pull["head"], pull["base"], pull["title"]) == (BRANCH, "main", "Replace models that retire")
    assert pull["body"].startswith("<!-- reconciler target=production upgrade -->\n## Models that retire")
    commit = github.git.commits[github.git.branches[BRANCH]]
    assert commit["parents"] == [SHA]
    files = github.git.files[commit["tree"]["sha"]]
    assert files["README.md"] == "kept"
    assert files[FILE] == (job.workspace / FILE).read_text("utf-8")
    assert "- name: chat-gpt-4.1" in files[FILE]
    assert done.outputs["patch_path"].endswith("upgrade.patch")


def test_a_second_run_writes_the_branch_anew_and_updates_the_same_pull_request(
    job: Job, github: Forge
) -> None:
    season(job, OLD)
    first = github.git.branches[BRANCH]
    done = season(job, OLD)
    assert "pull request 100 updated" in done.log
    assert len(github.git.pulls) == 1
    again = github.git.commits[github.git.branches[BRANCH]]
    assert again["sha"] != first
    assert again["parents"] == [SHA]


def test_it_is_closed_and_its_branch_deleted_when_nothing_is_left(job: Job, github: Forge) -> None:
    season(job, OLD)
    done = season(job, NEW)
    assert done.code == 0, done
    assert "pull request 100 closed" in done.log
    assert github.git.pulls[0]["state"] == "closed"
    assert BRANCH not in github.git.branches
    assert [one["on"] for one in github.comments] == [100]
    assert "nothing to do" in season(job, NEW).log


def test_a_branch_with_somebodys_own_commit_is_left_alone(job: Job, github: Forge) -> None:
    season(job, OLD)
    theirs = github.git.commit("my fix on top", "0" * 40, (github.git.branches[BRANCH],))
    github.git.branches[BRANCH] = theirs
    done = season(job, OLD)
    assert done.code == 1
    assert "its newest commit is not ours" in done.log
    assert github.git.branches[BRANCH] == theirs


def test_a_pull_request_of_somebody_else_is_not_written_over(job: Job, github: Forge) -> None:
    theirs = {"head": BRANCH, "base": "main", "body": "mine", "number": 99, "state": "open"}
    github.git.pulls.append({**theirs, "user": {"login": "somebody"}})
    season(job, OLD)
    assert github.git.pulls[0]["body"] == "mine"
    assert github.git.pulls[1]["user"]["login"] == BOT


def test_edits_that_nobody_sees_fail_the_step_without_a_traceback(job: Job, github: Forge) -> None:
    github.refuses = 403
    done = season(job, OLD)
    assert done.code == 1
    assert "Traceback" not in done.log
    assert done.outputs["changes"] == "false"
