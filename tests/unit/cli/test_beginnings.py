"""What somebody new types: init, help, version, explain without a word, diff, a path that is not there."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from reconciler.cli import run
from reconciler.cli.main import COMMANDS
from reconciler.engine.outcome import Outcome
from tests.unit.cli.programs import PROGRAM, offered


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_init_writes_a_fleet_that_is_valid_and_can_be_planned(empty: Path) -> None:
    assert run(["init"]) == 0
    assert files(empty) == {"manifests/fleet.yaml", "manifests/first-account.yaml", "manifests/.schema.json"}
    assert (empty / "manifests/fleet.yaml").read_text("utf-8").startswith("# yaml-language-server: $schema=")
    assert "\n  id: " in (empty / "manifests/fleet.yaml").read_text("utf-8")
    assert json.loads((empty / "manifests/.schema.json").read_text("utf-8"))["$schema"]
    assert run(["validate"]) == 0
    assert run(["plan", "--detailed-exitcode"]) == 2


@pytest.mark.parametrize(
    ("system", "written"),
    [
        (
            "github",
            {".github/workflows/plan.yml", ".github/workflows/apply.yml", ".github/workflows/drift.yml"},
        ),
        ("gitlab", {".gitlab-ci.yml"}),
        ("azure-devops", {"azure-pipelines.yml", "install.yml"}),
    ],
)
def test_init_writes_the_pipeline_of_the_chosen_system(system: str, written: set[str], empty: Path) -> None:
    assert run(["init", "here", "--ci", system]) == 0
    assert written <= files(empty / "here")


def test_init_never_replaces_a_file(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init"]) == 0
    (empty / "manifests/fleet.yaml").write_text("mine", "utf-8")
    assert run(["init"]) == 64
    assert (empty / "manifests/fleet.yaml").read_text("utf-8") == "mine"
    refused = capsys.readouterr().err
    assert "manifests/fleet.yaml" in refused
    assert "--force" not in refused, "init has no such option"


def test_init_from_live_declares_what_exists(empty: Path) -> None:
    assert run(["init", "old"]) == 0
    state = ["--emulator-state", str(empty / "e.db")]
    assert run(["apply", "old/manifests", "--yes", "-q", *state]) == 0
    assert run(["init", "new", "--from-live", "all", "--cloud", "emulator", *state]) == 0
    assert run(["plan", "new/manifests", "-q", *state]) == 0
    assert "gpt-5.1" in "".join(path.read_text("utf-8") for path in (empty / "new").rglob("*.yaml"))


@pytest.mark.parametrize("command", ["plan", "apply", "drift", "show", "quota", "lifecycle", "validate"])
def test_without_manifests_init_and_export_are_named(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command]) == 64
    told = capsys.readouterr().err
    assert "reconciler init" in " ".join(told.split())
    assert "reconciler export" in " ".join(told.split())


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "help"])
def test_help_shows_the_help_of_every_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help", *name.split()]) == 0
    assert f"Usage: reconciler {name}" in capsys.readouterr().out


def test_help_groups_options_the_commands_own_first_with_twins_and_examples(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["plan", "--help"]) == 0
    text = capsys.readouterr().out
    places = [text.index(f"{title}:") for title in ("Options", "Manifest options", "Azure options")]
    assert places == sorted(places)
    assert text.index("--detailed-exitcode") < text.index("Manifest options:") < text.index("--target")
    assert "[RECONCILER_TARGET]" in text
    assert "Examples:\n  reconciler plan\n" in text
    assert [line for line in text.splitlines() if len(line) > 80 and "[" not in line] == []


def test_version_and_diff_are_understood(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["version"]) == 0
    assert capsys.readouterr().out.startswith("reconciler, version ")
    assert run(["init"]) == 0
    assert run(["diff", "--detailed-exitcode", "-q"]) == 2
    assert "Plan: 1 to create." in capsys.readouterr().out


def test_errors_have_one_style(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["plan", "--no-such"], ["plann"], ["plan"], ["explain", "nonsense"], ["plan", "-o", "pdf"]):
        assert run(words) == 64
        assert capsys.readouterr().err.startswith("error: ")


def test_a_target_that_lacks_the_deployment_is_answered_with_the_one_that_has_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["init"]) == 0
    assert run(["plan", "--target", "prod/*"]) == 64
    assert "did you mean 'prod/*/*'?" in " ".join(capsys.readouterr().err.split())


def test_explain_without_a_word_lists_every_word_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 0
    text = capsys.readouterr().out
    assert "A rule\n  " in text
    assert "A cause of drift\n  " in text
    assert run(["explain", "-o", "json"]) == 0
    words = json.loads(capsys.readouterr().out)["words"]
    assert {outcome.value for outcome in Outcome} <= {one["word"] for one in words}
    assert {"refused", "skipped", "unknown", "stale"} <= {one["word"] for one in words}
    assert all(one["meaning"] and one["kind"] for one in words)


def test_explain_as_json_is_of_one_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "stale", "-o", "json"]) == 0
    assert {one["word"] for one in json.loads(capsys.readouterr().out)["words"]} == {"stale"}


@pytest.mark.parametrize("command", [["doctor"], ["show"], ["emulator", "status"], ["lifecycle"]])
def test_looking_creates_no_state(command: list[str], empty: Path) -> None:
    assert run(["init"]) == 0
    before = files(empty)
    assert run(command) in {0, 1}
    assert files(empty) == before


def test_values_are_completed() -> None:
    assert run(["init"]) == 0
    assert offered("plan", "--target", "prod/aoai") == ["prod/aoai-first/*", "prod/aoai-first/chat"]
    assert offered("plan", "--rule", "model-retired=w") == ["model-retired=warning"]
    assert "gpt-5.1" in offered("catalog", "models", "--model", "gpt-5")
    assert offered("catalog", "models", "--region", "swedenc") == ["swedencentral"]
    assert "stale" in offered("explain", "sta")


def test_powershell_is_given_values_with_their_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "powershell"]) == 0
    assert "Register-ArgumentCompleter" in capsys.readouterr().out
    asked = {
        "_RECONCILER_COMPLETE": "powershell_complete",
        "COMP_WORDS": "reconciler plan --clo",
        "COMP_WORD": "--clo",
    }
    done = subprocess.run([PROGRAM], env={**os.environ, **asked}, capture_output=True, text=True, check=True)
    assert done.stdout == "--cloud\tOverrides the Fleet's cloud.\n"


@pytest.mark.parametrize(
    ("words", "form"),
    [
        (["show"], "json"),
        (["quota"], "html"),
        (["lifecycle", "--offline"], "markdown"),
        (["apply", "--yes"], "json"),
        (["doctor"], "json"),
        (["catalog", "models"], "json"),
        (["explain", "stale"], "json"),
    ],
)
def test_every_command_with_more_than_one_form_writes_reports(
    words: list[str], form: str, empty: Path
) -> None:
    assert run(["init"]) == 0
    assert run([*words, "-q", "--report", f"{form}=report"]) in {0, 1}
    text = (empty / "report").read_text("utf-8")
    assert text.startswith({"json": "{", "html": "<!DOCTYPE html>", "markdown": "#"}[form])
