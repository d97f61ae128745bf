"""Time limits: what counts, what is told, and that nothing outlasts them."""

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from reconciler.cli import run
from reconciler.cli.deadline import READING, Deadline
from reconciler.cli.loop import TimeLimit, enter, run_reading


def test_what_is_left_counts_from_the_start_of_the_process_and_is_never_negative() -> None:
    deadline = Deadline(seconds=60, started=100.0, given=True)
    assert (deadline.left(100.0), deadline.left(130.0), deadline.left(1000.0)) == (60.0, 30.0, 0.0)


def test_nothing_makes_a_text_of_what_a_command_found() -> None:
    """`signal` does so with the result of the main task: of a large fleet that took a quarter of a plan."""

    made = []

    class Found:
        def __repr__(self) -> str:
            made.append("a text")
            return "found"

    async def work() -> Found:
        return Found()

    assert isinstance(enter(work), Found)
    assert made == []


def test_a_limit_says_whose_it_is() -> None:
    assert str(Deadline(seconds=60, started=0.0, given=True)) == "the time limit of 60 s"
    own = Deadline(seconds=READING, started=0.0, given=False)
    assert str(own) == "the time limit of 600 s, this command's own"


def test_a_persons_thinking_is_charged_to_their_own_limit_only() -> None:
    assert Deadline(seconds=60, started=0.0, given=True).without(30).left(40.0) == 20.0
    assert Deadline(seconds=60, started=0.0, given=False).without(30).left(40.0) == 50.0


def test_a_plan_that_takes_longer_gets_more_time_unless_a_person_set_the_limit() -> None:
    assert Deadline(seconds=3600, started=0.0, given=False).longer(5400).left(0.0) == 9000.0
    assert Deadline(seconds=3600, started=0.0, given=True).longer(5400).left(0.0) == 3600.0


@pytest.mark.parametrize(
    ("command", "limit"),
    [
        *((name, "600") for name in ("plan", "drift", "show", "quota", "lifecycle")),
        ("apply", "3600; 1800 more for each migration"),
    ],
)
def test_every_command_that_asks_arm_has_a_limit_and_its_help_tells_it(
    command: str, limit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """I-12: 10 minutes for reading, 60 for an apply, and 30 more for each migration."""
    assert run([command, "--help"]) == 0
    assert f"[default: {limit}]" in " ".join(capsys.readouterr().out.split())


def test_a_limit_that_passed_before_anything_was_asked_ends_the_command_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`started` is long ago: what was spent on imports and manifests is spent."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.yaml").write_text(
        "apiVersion: reconciler.aoai/v1\nkind: DeploymentSet\nmetadata: {name: one}\nspec:\n"
        "  account: {subscription: 11111111-1111-1111-1111-111111111111, resourceGroup: rg, name: acc,"
        " region: eastus2}\n  deployments:\n"
        "  - {name: chat, model: {name: gpt-4.1, version: '2025-04-14'},"
        " sku: {name: GlobalStandard, capacity: 1}}\n"
    )
    words = ["plan", "fleet.yaml", "--cloud", "emulator", "--timeout", "30"]
    assert run(words, started=time.monotonic() - 31) == 1
    told = capsys.readouterr().err
    assert "the time limit of 30 s passed" in told
    assert "Raise --timeout" in told
    assert "Traceback" not in told


def test_a_thread_that_hangs_in_a_library_does_not_hold_up_the_deadline() -> None:
    """I-12, F-002: a resolver may take half a minute for a name that it does not find."""
    hangs = threading.Event()

    async def resolve() -> None:
        await asyncio.get_running_loop().run_in_executor(None, hangs.wait, 60)

    began = time.monotonic()
    try:
        with pytest.raises(TimeLimit):
            run_reading(Deadline(seconds=0.1, started=began, given=True), resolve)
        assert time.monotonic() - began < 5
    finally:
        hangs.set()


def test_the_loop_is_left_with_the_value_of_the_work() -> None:
    async def work() -> int:
        return await asyncio.get_running_loop().run_in_executor(None, lambda: 7)

    assert enter(work) == 7


@pytest.mark.parametrize("stuck", [True, False])
def test_the_process_ends_with_its_exit_code_and_its_output_whatever_thread_is_at_work(stuck: bool) -> None:
    """I-12: leaving waits for nobody's thread."""
    program = (
        "import threading\n"
        "from reconciler.cli import leave\n"
        f"if {stuck}: threading.Thread(target=threading.Event().wait, args=(60,)).start()\n"
        "print('told')\n"
        "leave(3)\n"
    )
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=50
    )
    assert (done.returncode, done.stdout) == (3, "told\n")
    assert time.monotonic() - began < 40
