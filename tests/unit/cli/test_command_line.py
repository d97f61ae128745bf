"""The command line's promises that need no ARM: exit codes, lazy imports, usage errors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli import run
from reconciler.cli.main import COMMANDS
from tests.unit.cli.programs import HEAVY, imported_by

QUICKSTART = Path(__file__).parents[3] / "examples" / "quickstart"


def test_help_imports_the_parser_and_nothing_heavy() -> None:
    assert imported_by("--help") == set()


def test_version_imports_nothing_heavy() -> None:
    assert imported_by("--version") == set()


_ROOMS = tuple(
    f"reconciler.{room}"
    for room in (
        "arm", "catalogue", "domain", "emulator", "engine", "export", "manifest", "plan", "planfile",
        "policy", "prices", "report", "upgrade",
    )
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_imports_nothing_that_only_running_needs(command: str) -> None:
    program = (
        "import sys\n"
        "from reconciler.cli import run\n"
        f"run({[*command.split(), '--help']!r})\n"
        "print(*sorted(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage:")
    imported = set(done.stderr.split())
    heavy = {*HEAVY, "ssl", "xml", "json", "decimal", "tempfile", "logging", "concurrent.futures"}
    assert {one for one in imported if one in heavy or one.startswith(_ROOMS)} == set()


def test_validate_never_loads_what_talks_to_arm() -> None:
    assert imported_by("validate", "manifests") & {"httpx", "azure", "deepdiff", "rich"} == set()


def test_a_plan_as_text_never_makes_its_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 5,000 deployments that would take a quarter of the memory of the whole run."""

    def made(*_: object, **__: object) -> str:
        raise AssertionError("nobody asked for JSON")

    monkeypatch.setattr("reconciler.planfile.codec.to_json", made)
    monkeypatch.chdir(tmp_path)
    assert run(["plan", str(QUICKSTART)]) == 0


@pytest.mark.parametrize("command", [("apply", "--yes"), ("drift",)])
def test_a_report_as_text_never_loads_the_documents_of_json(command: tuple[str, ...], tmp_path: Path) -> None:
    """Making their models takes 25 ms of processor time."""
    state = ["--emulator-state", str(tmp_path / "e.db")]
    words = [command[0], "examples/quickstart", *command[1:], "-q", *state]
    program = (
        "import sys\n"
        "from reconciler.cli import leave, run, tune\n"
        "tune()\n"
        f"code = run({words!r})\n"
        "print(code, 'reconciler.planfile.documents' in sys.modules, file=sys.stderr)\n"
        "leave(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.split()[-2:] in (["0", "False"], ["2", "False"])


def test_talking_to_arm_never_loads_the_terminal_library(tmp_path: Path) -> None:
    """httpx would, for a command line of its own."""
    state = ["--emulator-state", str(tmp_path / "e.db")]
    assert imported_by("plan", "examples/quickstart", "-q", *state) & {"azure", "rich"} == set()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["plann"], "a misspelt command"),
        (["plan", "--no-such-option"], "an unknown option"),
        (["validate", "no/such/path"], "a path that does not exist"),
        (["validate", "--select", "nonsense"], "a selection without ="),
        (["validate", "--output", "pdf"], "a form that the command does not have"),
        (["explain", "no-such-code"], "a code that does not exist"),
        (["size", "--model", "gpt-4.1", "--prompt-tokens", "1", "--generated-tokens", "1"], "neither way"),
        (["plan", "manifests", "--credential", "cli"], "a real credential for an address on this machine"),
    ],
)
def test_wrong_usage_is_64_because_2_means_changes(words: list[str], reason: str) -> None:
    assert run(words) == 64, reason


@pytest.mark.parametrize(
    "text", [None, "apiVersion: reconciler.aoai/v1\nkind: Fleet\nmetadata: {name: a}\nspec: {}\n"]
)
def test_an_empty_fleet_is_valid_and_told_to_be_empty(
    text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """I-16."""
    if text is not None:
        (tmp_path / "fleet.yaml").write_text(text, "utf-8")
    assert run(["validate", str(tmp_path)]) == 0
    assert "declare no account, and a wrong path looks just like this" in capsys.readouterr().err
    assert run(["validate", "examples/quickstart"]) == 0
    assert capsys.readouterr().err == ""


def test_a_misspelt_command_is_answered_with_the_one_that_was_meant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["plann"])
    assert "Did you mean 'plan'?" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert "Usage: reconciler" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_no_line_of_a_help_is_wider_than_80_columns(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*name.split(), "--help"]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []


def test_every_line_of_a_json_log_is_json_and_names_requests(tmp_path: Path) -> None:
    words = [
        "apply",
        "examples/quickstart",
        "--yes",
        "--log-json",
        "-v",
        "--emulator-state",
        str(tmp_path / "e.db"),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", *words], capture_output=True, text=True, check=True
    )
    records = [json.loads(line) for line in done.stderr.splitlines()]
    assert {"time", "level", "logger", "message"} == set(records[0])
    assert any("accepted, request " in record["message"] for record in records)
    assert any(record["message"].startswith("PUT /subscriptions/") for record in records)
    assert "Bearer" not in done.stderr


def test_a_plan_that_cannot_be_saved_leaves_the_old_file_and_ends_with_1(tmp_path: Path) -> None:
    """F-095: no rights (a folder stands where the file should be), exit 1, and one paragraph."""
    state = ["--emulator-state", str(tmp_path / "e.db")]
    missing = tmp_path / "no" / "such" / "folder" / "plan.json"
    assert run(["plan", "examples/quickstart", "-q", "--out", str(missing), *state]) == 1
    assert not missing.exists()


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    """F-094: a pipe into head."""
    show = f"{sys.executable} -m reconciler show examples/quickstart -q --emulator-state {tmp_path}/e.db"
    command = f"{show} | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [[], ["emulator"], ["catalog"]])
def test_a_group_without_a_command_shows_its_help_line_by_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 64
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(" ".join(["Usage: reconciler", *words, "[OPTIONS] COMMAND"]))
    assert "\\n" not in shown.err
    assert "error" not in shown.err.splitlines()[0]


def test_the_emulators_commands_and_the_others_take_the_state_from_one_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECONCILER_EMULATOR_STATE", str(tmp_path / "e.db"))
    assert run(["apply", str(QUICKSTART), "--yes", "-q"]) == 0
    capsys.readouterr()
    assert run(["emulator", "status"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["state"] == str(tmp_path / "e.db")
    assert shown["holds"]["deployment"] == 3
