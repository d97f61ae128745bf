"""`--report FORM=FILE`: one look, several forms."""

import importlib
import json
from pathlib import Path

import click
import pytest

from reconciler.cli import run


def words(folder: Path) -> list[str]:
    return ["examples/quickstart", "-q", "--emulator-state", str(folder / "emulator.db")]


def test_every_report_is_of_the_same_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forms = {"json": "plan.json", "markdown": "plan.md", "gitlab": "counts.json", "github": "annotations.txt"}
    asked = [word for form, file in forms.items() for word in ("--report", f"{form}={tmp_path / file}")]
    assert run(["plan", *words(tmp_path), *asked]) == 0
    assert "3 to create" in capsys.readouterr().out
    assert json.loads((tmp_path / "plan.json").read_text())["summary"]["create"] == 3
    assert "3 to create" in (tmp_path / "plan.md").read_text()
    assert json.loads((tmp_path / "counts.json").read_text()) == {"create": 3, "update": 0, "delete": 0}


def test_manifests_with_errors_are_the_report_of_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, page = "tests/manifests/bad/capacity-increment.yaml", tmp_path / "page.md"
    for command in ("validate", "plan", "drift"):
        page.unlink(missing_ok=True)
        assert run([command, bad, "-q", "--report", f"markdown={page}"]) == 1
        assert "**Invalid:** 1 error" in page.read_text()
        assert "error[capacity-increment]" in capsys.readouterr().out


def test_drift_writes_reports_and_still_ends_with_2(tmp_path: Path) -> None:
    asked = ["--report", f"markdown={tmp_path / 'drift.md'}", "--report", f"json={tmp_path / 'drift.json'}"]
    assert run(["drift", *words(tmp_path), *asked]) == 2
    assert "3 missing" in (tmp_path / "drift.md").read_text()
    assert json.loads((tmp_path / "drift.json").read_text())["summary"]["missing"] == 3


@pytest.mark.parametrize("given", ["pdf=x", "markdown", "markdown=", "=x"])
def test_a_report_that_makes_no_sense_is_wrong_usage_and_says_which_there_are(
    given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", "examples/quickstart", "--report", given]) == 64
    assert "is not FORM=FILE with FORM one of text, json, markdown" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("parser", "command", "report"),
    [
        ("plans", "plan", "plan"),
        ("plans", "drift", "drift"),
        ("look", "show", "show"),
        ("look", "quota", "quota"),
        ("look", "lifecycle", "lifecycle"),
        ("look", "doctor", "doctor"),
        ("manifests", "upgrade", "upgrade"),
    ],
)
def test_a_form_is_a_function_of_the_report_and_a_word_of_the_command(
    parser: str,
    command: str,
    report: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two edits: what takes the result, in `report/`, and the word among those of `-o`, in `cli/parser/`."""
    typed = getattr(importlib.import_module(f"reconciler.cli.parser.{parser}"), command)
    form = next(param for param in typed.params if param.name == "form")
    monkeypatch.setattr(form, "type", click.Choice([*form.type.choices, "kind"]))
    subject = importlib.import_module(f"reconciler.report.{report}")
    monkeypatch.setattr(
        subject, "render_kind", lambda result, *_: f"{type(result).__name__}\n", raising=False
    )
    run([command, *words(tmp_path), "-o", "kind"])
    assert capsys.readouterr().out in {"Plan\n", "DriftReport\n", "ObservedState\n", "tuple\n", "list\n"}
