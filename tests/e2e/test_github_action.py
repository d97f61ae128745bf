"""The Action's steps, executed: what a person sees in the pull request, in the issues and in the log."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.action import ACTION, CHAT, PULL_REQUEST, ROOT, Job, declare, shrink_behind_our_back
from tests.e2e.desk import Desk
from tests.e2e.forge import BOT, TOKEN, Forge, forge
from tests.e2e.served import manifests, served, the_world, until_a_write
from tests.emulator.arm import CONTROLLED

MARKER = "<!-- reconciler target=default comment -->"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The checked-out tree, with an emulator of its own."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    monkeypatch.chdir(workspace)
    there = Desk(workspace)
    declare(workspace, CHAT)
    return there


@pytest.fixture
def github() -> Iterator[Forge]:
    with forge() as there:
        yield there


def first_lines(forge: Forge) -> list[str]:
    return [comment["body"].splitlines()[0] for comment in forge.comments]


def test_a_plan_is_one_comment_that_later_plans_bring_up_to_date(desk: Desk, github: Forge) -> None:
    job = Job(workspace=desk.folder, api=github.url)
    done = job.use(command="plan")
    assert done.code == 0, done
    assert done.outputs["changes"] == "true"
    assert (done.outputs["exitcode"], done.outputs["to_add"], done.outputs["to_destroy"]) == ("2", "1", "0")
    assert first_lines(github) == [MARKER]
    assert "1 to create" in github.comments[0]["body"]
    assert "1 to create" in done.summary
    assert "https://github.com/contoso/ai-platform/actions/runs/42" in github.comments[0]["body"]

    assert desk.reconciler("apply", "--yes").code == 0
    done = job.use(command="plan")
    assert done.code == 0, done
    assert done.outputs["changes"] == "false"
    assert first_lines(github) == [MARKER]
    assert "Nothing to do" in github.comments[0]["body"]
    assert [comment["on"] for comment in github.comments] == [PULL_REQUEST]


def test_outputs_name_files_that_are_there_and_outside_the_tree(desk: Desk, github: Forge) -> None:
    done = Job(workspace=desk.folder, api=github.url).use(command="plan")
    for name in ("plan_path", "json_plan_path", "text_plan_path", "markdown_path"):
        path = Path(done.outputs[name])
        assert path.is_file(), name
        assert not path.is_relative_to(desk.folder)
    assert json.loads(Path(done.outputs["json_plan_path"]).read_text())["summary"]["create"] == 1
    assert "1 to create" in Path(done.outputs["text_plan_path"]).read_text()


def test_each_target_has_a_comment_of_its_own(desk: Desk, github: Forge) -> None:
    job = Job(workspace=desk.folder, api=github.url)
    for target in ("europe", "america", "europe"):
        assert job.use(command="plan", target=target).code == 0
    assert first_lines(github) == [
        "<!-- reconciler target=europe comment -->",
        "<!-- reconciler target=america comment -->",
    ]


def test_a_comment_that_only_looks_like_ours_is_left_alone(desk: Desk, github: Forge) -> None:
    """Whoever wrote it could edit it after us, and so forge a plan."""
    github.write_comment(f"{MARKER}\nNothing to do.", author="mallory")
    for number in range(120):  # ours is on the second page then
        github.write_comment(f"remark {number}", author="somebody")
    job = Job(workspace=desk.folder, api=github.url)
    assert job.use(command="plan").code == 0
    assert job.use(command="plan").code == 0
    assert github.comments[0]["body"].endswith("Nothing to do.")
    assert [one["user"]["login"] for one in github.comments if one["body"].startswith(MARKER)] == [
        "mallory",
        BOT,
    ]


def test_a_refused_plan_fails_the_step_and_says_so_in_the_comment_and_at_the_files(
    desk: Desk, github: Forge
) -> None:
    declare(desk.folder, *(CHAT.replace("chat", f"chat-{n}").replace("50", "10") for n in range(8)))
    assert desk.reconciler("apply", "--yes").code == 0
    declare(desk.folder, CHAT.replace("chat", "chat-0"))
    done = Job(workspace=desk.folder, api=github.url).use(command="plan")
    assert done.code == 1, done
    assert done.outputs["applyable"] == "false"
    assert "::error title=max-deletes::" in done.log
    assert "max-deletes" in github.comments[0]["body"]


def test_invalid_manifests_are_annotated_from_the_root_of_the_repository(desk: Desk, github: Forge) -> None:
    declare(
        desk.folder / "teams" / "a,b",
        CHAT.replace("GlobalStandard, capacity: 50", "ProvisionedManaged, capacity: 51"),
    )
    done = Job(workspace=desk.folder, api=github.url).use(command="plan", working_directory="teams/a,b")
    assert done.code == 1, done
    assert "::error file=teams/a%2Cb/manifests/sweden.yaml,line=9," in done.log
    assert "**Invalid:** 1 error" in github.comments[0]["body"]
    assert done.outputs["plan_path"] == ""
    assert "capacity-increment" in done.summary


def test_what_comes_to_no_report_is_told_by_what_was_printed(desk: Desk, github: Forge) -> None:
    done = Job(workspace=desk.folder, api=github.url).use(command="plan", args="--select\nnonsense")
    assert done.code == 64, done
    assert "Plan failed, exit code 64" in github.comments[0]["body"]
    assert "nonsense" in github.comments[0]["body"]


def test_the_plan_that_was_reviewed_is_the_one_that_is_applied(desk: Desk, github: Forge) -> None:
    planned = Job(workspace=desk.folder, api=github.url, event="push").use(command="plan")
    assert github.comments == [], "there is no pull request to comment on"
    declared = Job(workspace=desk.folder, api=github.url, event="push")
    done = declared.use(command="apply", plan_file=planned.outputs["plan_path"])
    assert done.code == 0, done
    assert "1 succeeded" in done.summary
    assert desk.writes()["aoai-swc/chat"] == ("PUT",)
    intents = Path(done.outputs["journal_path"]).read_text().splitlines()
    assert intents, "every write has its intent and its outcome"
    declare(desk.folder, CHAT.replace("50", "60"))
    done = declared.use(command="apply", plan_file=planned.outputs["plan_path"])
    assert done.code == 1, "manifests are no longer those of the plan"


def test_drift_opens_one_issue_and_closes_it_when_nothing_differs_any_more(desk: Desk, github: Forge) -> None:
    assert desk.reconciler("apply", "--yes").code == 0
    somebodys = github.open_issue("about drift", author="somebody", labels=("drift",))
    job = Job(workspace=desk.folder, api=github.url, event="schedule")
    done = job.use(command="drift", issue_label="drift")
    assert (done.code, len(github.opened())) == (0, 1), done

    shrink_behind_our_back(desk)
    for _ in range(2):
        done = job.use(command="drift", issue_label="drift")
        assert done.code == 0, done
        assert done.outputs["changes"] == "true"
        assert done.outputs["exitcode"] == "2"
        (issue,) = [one for one in github.opened() if one is not somebodys]
        assert issue["labels"] == [{"name": "drift"}]
        assert "changed-outside" in issue["body"]
    assert json.loads(Path(done.outputs["json_drift_path"]).read_text())["summary"]["changed-outside"] == 1

    assert desk.reconciler("apply", "--yes").code == 0
    done = job.use(command="drift", issue_label="drift")
    assert done.code == 0, done
    assert github.opened() == [somebodys]
    assert "Nothing differs any more" in github.comments[-1]["body"]


def test_an_issue_that_cannot_be_opened_or_found_again_fails_the_job(desk: Desk, github: Forge) -> None:
    assert desk.reconciler("apply", "--yes").code == 0
    shrink_behind_our_back(desk)
    job = Job(workspace=desk.folder, api=github.url, event="schedule")
    github.unknown_labels = True
    done = job.use(command="drift", issue_label="drift")
    assert done.code == 1, done
    assert "create the label drift first" in done.log
    github.refuses = 403
    done = job.use(command="drift", issue_label="drift")
    assert done.code == 1, done
    assert "Resource not accessible by integration" in done.log


def test_a_forks_token_may_not_comment_and_the_plan_is_in_the_summary(desk: Desk, github: Forge) -> None:
    """F-133."""
    github.refuses = 403
    done = Job(workspace=desk.folder, api=github.url).use(command="plan")
    assert done.code == 0, done
    assert github.comments == []
    assert "::warning title=comment::" in done.log
    assert "1 to create" in done.summary


def test_names_and_inputs_of_a_stranger_are_neither_executed_nor_obeyed(desk: Desk, github: Forge) -> None:
    """F-131, F-132: through a shell, an output, an annotation, a comment, or as an option."""
    pwned = desk.folder / "pwned"
    evil = f"$(touch {pwned}) `touch {pwned}`; touch {pwned} ::set-output name=x::y --> @team <img src=x>"
    declare(desk.folder / f"a $(touch {pwned.name})", CHAT.replace("name: chat", f"name: '{evil}'"))
    job = Job(workspace=desk.folder, api=github.url)
    done = job.use(command="plan", paths=f"a $(touch {pwned.name})", args=f"--select\nx={evil}")
    assert done.code in {1, 64}, done
    done = job.use(command="plan", paths=f"a $(touch {pwned.name})")
    assert done.code == 1, done
    assert not pwned.exists()
    assert not [line for line in done.log.splitlines() if line.lstrip().startswith("::set-output")]
    body = github.comments[0]["body"]
    outside = [line for line in body.splitlines() if "@team" in line and "`" not in line and "|" not in line]
    fenced = body.split("```")[1::2]
    assert all(any(line in block for block in fenced) for line in outside)
    assert job.use(command="plan", target="x --> y").code == 64
    assert job.use(command="plan", paths="--allow-empty").code == 64, "a path is never an option"


def test_nothing_outside_the_checked_out_tree_is_read(desk: Desk, github: Forge) -> None:
    """F-133."""
    secret = desk.folder.parent / "elsewhere"
    secret.mkdir()
    (secret / "secret.yaml").write_text("password: hunter2")
    (desk.folder / "linked").symlink_to(secret)
    (desk.folder / "manifests" / "inner.yaml").symlink_to(secret / "secret.yaml")
    job = Job(workspace=desk.folder, api=github.url)
    for done in (
        job.use(command="validate", paths="linked"),
        job.use(command="validate", paths="../elsewhere"),
        job.use(command="validate", working_directory=".."),
        job.use(command="validate"),
    ):
        assert done.code != 0, done
        assert "hunter2" not in done.log + done.summary


HOSTILE = (
    "sitecustomize",
    "usercustomize",
    "venv",
    "pip",
    "sysconfig",
    "json",
    "click",
    "yaml",
    "conftest",
    "reconciler",
)


def plant(tree: Path) -> Path:
    """Files that would leave a trace if anything of the tree were executed."""
    trace = tree.parent / "executed"
    code = f"open({str(trace)!r}, 'a').write(__name__ + chr(10))\n"
    for name in HOSTILE:
        (tree / f"{name}.py").write_text(code)
        (tree / name).mkdir()
        (tree / name / "__init__.py").write_text(code)
    (tree / "evil.pth").write_text(f"import os; open({str(trace)!r}, 'a').write('pth')\n")
    (tree / "setup.py").write_text(code)
    (tree / "pyproject.toml").write_text("[build-system]\nrequires = ['evil']\nbuild-backend = 'setup'\n")
    (tree / "requirements.lock").write_text("evil==1\n")
    (tree / ".env").write_text("RECONCILER_ENDPOINT=http://127.0.0.1:9\nPYTHONPATH=.\n")
    (tree / "pip.conf").write_text("[global]\nindex-url = http://127.0.0.1:9/\n")
    (tree / ".bashrc").write_text(f"touch {trace}\n")
    return trace


def test_nothing_of_the_checked_out_tree_is_executed(desk: Desk, github: Forge) -> None:
    """F-133: a pull request may bring any file it likes."""
    trace = plant(desk.folder)
    job = Job(workspace=desk.folder, api=github.url)
    done = job.use(command="plan")
    assert done.code == 0, done
    assert not trace.exists(), trace.read_text()
    installed = [line.split("|", 1) for line in (job.temporary / "installed.txt").read_text().splitlines()]
    assert {folder for folder, _ in installed[:-1]} == {str(job.temporary)}, (
        "all but the last step stand elsewhere"
    )
    assert all(words.startswith("-I ") for _, words in installed)
    (pip,) = [words for _, words in installed if words.startswith("-I -m pip")]
    assert "--require-hashes" in pip
    assert pip.endswith(f"--requirement {ROOT}/requirements.lock")
    assert (job.temporary / "reconciler/packages/reconciler.pth").read_text() == f"{ROOT}\n"


def test_the_hostile_tree_would_be_executed_if_it_could(desk: Desk) -> None:
    """Without isolated mode the trap shuts: the test above could fail."""
    trace = plant(desk.folder)
    subprocess.run([sys.executable, "-m", "reconciler.cli.github"], check=False, capture_output=True)
    assert trace.exists()


def test_the_console_script_executes_nothing_of_the_tree_either(desk: Desk) -> None:
    """F-133: in a pipeline without our Action, `reconciler plan` stands in the tree as well."""
    trace = plant(desk.folder)
    program = Path(sys.executable).with_name("reconciler")
    done = subprocess.run([program, "plan", "-q"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not trace.exists(), trace.read_text()


def test_the_jobs_token_is_in_no_log_no_output_and_no_file(desk: Desk, github: Forge) -> None:
    """F-128."""
    job = Job(workspace=desk.folder, api=github.url)
    done = job.use(command="plan", args="-v")
    files = [path.read_text("utf-8", "replace") for path in job.temporary.rglob("*") if path.is_file()]
    assert TOKEN not in done.log + done.summary + "".join([*files, *(one["body"] for one in github.comments)])


def test_a_signal_of_the_runner_reaches_the_program_and_the_report_is_still_written(
    tmp_path: Path, github: Forge
) -> None:
    """F-091: the runner signals the process that it started, which is bash before `exec`."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    with served(tmp_path / "emulator.db", the_world(tmp_path / "world.json")) as url:
        body = json.dumps({"seconds": 3600, "for": "all"}).encode()
        request = urllib.request.Request(f"{url}/_emulator/lro", data=body, headers=CONTROLLED)  # noqa: S310
        urllib.request.urlopen(request).close()  # noqa: S310 -- loopback
        manifests(workspace / "manifests", capacity=10)
        job = Job(workspace=workspace, api=github.url, event="push", variables={"RECONCILER_ENDPOINT": url})
        assert job.use(command="validate").code == 0
        given = job._given({"command": "apply"})
        script, environment = job.script(ACTION["runs"]["steps"][1], given)
        job._prepare()
        script.write_text(ACTION["runs"]["steps"][1]["run"])
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        process = subprocess.Popen(
            words, cwd=workspace, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        until_a_write(url)
        os.kill(process.pid, signal.SIGTERM)
        log, _ = process.communicate(timeout=30)
    done = job.left(process.returncode, log)
    assert done.code == 143, done
    assert done.outputs["exitcode"] == "143"
    assert "Interrupted by SIGTERM" in done.summary
