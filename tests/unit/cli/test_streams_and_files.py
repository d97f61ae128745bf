"""Where results go, and what happens where they cannot: closed streams, full disks, devices, links."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from reconciler.cli import journal, run
from reconciler.cli.journal import Broadcast, Journal
from reconciler.cli.looking import looking
from reconciler.cli.options import Output
from reconciler.clock import SystemClock
from reconciler.engine.outcome import Event

QUICKSTART = "examples/quickstart"


def shell(command: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """A command as a shell would run it; `reconciler` is this interpreter's."""
    whole = command.replace("reconciler ", f"{sys.executable} -m reconciler ")
    environment = {**os.environ, "RECONCILER_EMULATOR_STATE": str(tmp_path / "e.db"), "HOME": str(tmp_path)}
    return subprocess.run(
        ["bash", "-c", whole], capture_output=True, text=True, check=False, env=environment, timeout=60
    )


@pytest.mark.parametrize(
    ("command", "code", "reason"),
    [
        (f"reconciler validate {QUICKSTART} <&-", 0, "standard input is not needed"),
        (f"reconciler validate {QUICKSTART} > /dev/full", 1, "no room for the result"),
        (f"reconciler validate {QUICKSTART} >&-", 0, "who closes stdout wants the exit code alone"),
        (f"reconciler plan {QUICKSTART} 2>&-", 0, "notes are not the result"),
        (f"reconciler apply {QUICKSTART} --yes 2>&-", 0, "progress is not the result"),
        (f"reconciler plan {QUICKSTART} --out /dev/full", 1, "no room for the plan"),
    ],
)
def test_streams_that_are_closed_or_full_end_without_a_traceback(
    command: str, code: int, reason: str, tmp_path: Path
) -> None:
    """F-094, F-095."""
    done = shell(command, tmp_path)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, f"{reason}: {done.stderr}"


def test_an_apply_whose_reader_goes_away_keeps_its_own_exit_code(tmp_path: Path) -> None:
    done = shell(f"reconciler apply {QUICKSTART} --yes -q | head -c 1; exit ${{PIPESTATUS[0]}}", tmp_path)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("option", "reason"),
    [("--output-file", "the report could not be written"), ("--journal", "is missing or incomplete")],
)
def test_what_makes_an_apply_fail_is_said_to_whoever_wants_no_notes_too(
    option: str, reason: str, tmp_path: Path
) -> None:
    done = shell(f"reconciler apply {QUICKSTART} --yes -q {option} /dev/full", tmp_path)
    assert done.returncode == 1
    assert reason in done.stderr


def test_a_link_stays_a_link_and_its_target_gets_the_result(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    assert run(["validate", QUICKSTART, "--output-file", str(tmp_path / "link.txt")]) == 0
    assert (tmp_path / "link.txt").is_symlink()
    assert "Valid" in (tmp_path / "real.txt").read_text()


def test_a_fifo_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    seen: list[str] = []
    reader = threading.Thread(target=lambda: seen.append(fifo.read_text()))
    reader.start()
    assert run(["validate", QUICKSTART, "--output-file", str(fifo)]) == 0
    reader.join(timeout=10)
    assert "Valid" in seen[0]
    assert fifo.is_fifo()


def test_a_home_that_cannot_be_found_costs_the_journal_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(journal, "default_path", homeless)
    kept = Journal.by_default(SystemClock(), "run")
    kept.close()
    assert "home directory" in kept.missing


def test_a_listener_that_raises_is_dropped_and_the_others_hear_on() -> None:
    heard: list[object] = []

    class Broken:
        def notify(self, event: object) -> None:
            raise ValueError(event)

    class Ear:
        def notify(self, event: object) -> None:
            heard.append(event)

    both = Broadcast(Broken(), Ear())
    for event in ("one", "two"):
        both.notify(cast("Event", event))
    assert heard == ["one", "two"]


def test_a_selection_that_leaves_nothing_is_wrong_usage(tmp_path: Path) -> None:
    state = ["--emulator-state", str(tmp_path / "e.db")]
    assert run(["drift", QUICKSTART, "--select", "env=porduction", *state]) == 64
    assert run(["apply", QUICKSTART, "--yes", "--target", "*/nope/*", *state]) == 64


@pytest.mark.parametrize("command", ["drift", "lifecycle"])
def test_a_folder_without_manifests_is_never_fine_for_a_nightly_job(command: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    state = ["--emulator-state", str(tmp_path / "e.db")]
    assert run([command, str(tmp_path / "empty"), *state]) == 1


def test_a_saved_plan_takes_no_other_selection(tmp_path: Path) -> None:
    state = ["--emulator-state", str(tmp_path / "e.db")]
    plan = str(tmp_path / "plan.json")
    assert run(["plan", QUICKSTART, "-q", "--out", plan, *state]) == 0
    assert run(["apply", plan, "-q", "--target", "*/*/chat", *state]) == 64
    assert run(["apply", plan, QUICKSTART, "-q", *state]) == 0


def test_reading_that_takes_longer_than_a_second_says_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.cli.looking.QUIET", 0.05)
    with looking(output(), 3) as one_read:
        one_read()
        time.sleep(0.4)
    assert capsys.readouterr().err == "0:00 reading from ARM: 1 of 3 accounts\n"


def test_reading_that_is_quick_or_asked_to_be_quiet_says_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with looking(output(), 3):
        pass
    monkeypatch.setattr("reconciler.cli.looking.QUIET", 0.05)
    with looking(replace(output(), quiet=True), 3):
        time.sleep(0.3)
    assert capsys.readouterr().err == ""


def output() -> Output:
    return Output(form="text", file=None, colour=None, quiet=False, verbose=False, log_json=False)
