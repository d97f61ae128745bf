"""The step of the Action: outputs first, and the command's exit code whatever else cannot be written."""

import shutil
from pathlib import Path

import pytest

from reconciler.cli.github.inputs import Runner
from reconciler.cli.github.step import main

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    shutil.copytree(ROOT / "examples" / "quickstart", tmp_path / "tree" / "manifests")
    (tmp_path / "a-folder").mkdir()
    return {
        "INPUT_COMMAND": "apply",
        "INPUT_ARGS": f"--emulator-state\n{tmp_path / 'emulator.db'}",
        "GITHUB_WORKSPACE": str(tmp_path / "tree"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "RUNNER_TEMP": str(tmp_path / "no-such-folder"),
    }


def test_an_apply_keeps_its_exit_code_and_its_outputs_where_nothing_else_can_be_written(
    environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ["GITHUB_STEP_SUMMARY"] = str(tmp_path / "a-folder")
    assert main(environ) == 0
    outputs = (tmp_path / "output").read_text("utf-8")
    assert "exitcode<<" in outputs
    assert "journal_path<<" in outputs
    told = capsys.readouterr().out
    assert "Apply: 3 succeeded." in told
    assert "::warning title=summary::the step could not write the summary" in told


def test_outputs_that_cannot_be_written_are_a_warning_and_the_code_is_the_commands(
    environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ["GITHUB_OUTPUT"] = str(tmp_path / "a-folder")
    assert main(environ) == 0
    assert "::warning title=outputs::" in capsys.readouterr().out


@pytest.mark.parametrize(
    "event", [b"[]", b"null", b"{", b"\xff", b'{"pull_request": null}', b'{"pull_request": {"number": "7"}}']
)
def test_an_event_that_names_no_pull_request_is_none(event: bytes, tmp_path: Path) -> None:
    (tmp_path / "event.json").write_bytes(event)
    named = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(tmp_path / "event.json")}
    assert Runner.of(named).pull_request is None
