"""The process as a whole: signals in its first moments, in its last ones, and while it tells of a signal."""

import fcntl
import gc
import json
import os
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM, SIGUSR1, Signals

import pytest


def ended(program: str, *words: str) -> tuple[int, str]:
    """The exit code and the last words of a program in Python, called with a command line of ours."""
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, timeout=30, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("module", ["gc", "reconciler.cli", "reconciler.cli.exit_codes"])
def test_ctrl_c_while_the_program_is_imported_ends_it_in_silence(module: str) -> None:
    """Python printed a traceback."""
    program = (
        "import signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path, target=None):\n"
        f"        if name == {module!r}: signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        f"sys.modules.pop({module!r}, None)\n"
        "import reconciler.__main__\n"
    )
    assert ended(program) == (-SIGINT, "")


def test_the_step_of_the_action_is_set_up_and_left_as_a_command_is() -> None:
    program = (
        "import atexit, gc, runpy, threading\n"
        "threading.Thread(target=threading.Event().wait, args=(60,)).start()\n"
        "atexit.register(lambda: print(gc.get_threshold()))\n"
        "runpy.run_module('reconciler.cli.github', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        env={"PYTHONPATH": os.environ.get("PYTHONPATH", "")},
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (64, str(gc.get_threshold())), done


@pytest.mark.parametrize("number", [SIGINT, SIGTERM, SIGHUP])
def test_a_signal_in_the_last_moments_of_a_process_ends_it_in_silence(number: Signals) -> None:
    program = (
        "import atexit, signal\n"
        "from reconciler.__main__ import main\n"
        f"atexit.register(signal.raise_signal, {int(number)})\n"
        "main()\n"
    )
    assert ended(program, "version") == (-number, "")


@pytest.mark.parametrize(("number", "code"), [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 143)])
def test_a_second_signal_while_the_first_is_told_of_ends_the_process_at_once(
    number: Signals, code: int
) -> None:
    """With a reader that reads nothing the error stayed on its way, and a second Ctrl-C had a traceback."""
    program = (
        "import io, signal, sys\n"
        "from reconciler.__main__ import main\n"
        "class Interrupted(io.StringIO):\n"
        f"    def write(self, text): signal.raise_signal({int(number)})\n"
        "sys.stdout = Interrupted()\n"
        "sys.stderr = Interrupted()\n"
        "sys.excepthook = lambda *problem: sys.__stderr__.write(f'{problem[0]}')\n"
        "main()\n"
    )
    assert ended(program, "version") == (code, "")


def test_a_second_signal_ends_a_process_in_which_a_library_swallows_what_handlers_raise() -> None:
    """pydantic made a SchemaError of it, with a traceback, while the document of the error was made."""
    program = (
        "import io, os, signal, sys\n"
        "from reconciler.__main__ import main\n"
        "class First(io.StringIO):\n"
        "    def write(self, text): signal.raise_signal(signal.SIGTERM)\n"
        "class Second(io.StringIO):\n"
        "    def write(self, text):\n"
        "        try: signal.raise_signal(signal.SIGTERM)\n"
        "        except BaseException: os._exit(9)\n"
        "sys.stdout, sys.stderr = First(), Second()\n"
        "main()\n"
    )
    assert ended(program, "version") == (143, "")


@contextmanager
def writing(*words: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """The program in the middle of a result that nobody has begun to read; SIGUSR1 does nothing to it."""
    program = (
        "import signal\n"
        "from reconciler.__main__ import main\n"
        "signal.signal(signal.SIGUSR1, lambda *_: None)\n"
        "main()\n"
    )
    reading, stdout = os.pipe()
    full, there = fcntl.fcntl(stdout, fcntl.F_SETPIPE_SZ, 4096), 0
    called = [sys.executable, "-c", program, *words]
    with os.fdopen(reading, "rb") as process_stdout:
        with os.fdopen(stdout, "wb") as stream:
            process = subprocess.Popen(
                called, stdout=stream, stderr=subprocess.PIPE, env={**os.environ, **environment}
            )
        process.stdout = process_stdout
        with process:
            while there < full:
                assert process.poll() is None
                there = struct.unpack("i", fcntl.ioctl(reading, termios.FIONREAD, bytes(4)))[0]
            yield process


MODELS = ("catalog", "models", "-o", "json")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_signal_while_a_slow_reader_is_waited_for_loses_nothing_of_the_result(unbuffered: str) -> None:
    """An apply that was stopped while it wrote its report ended with 0 and the first 64 KiB of the report."""
    with writing(*MODELS, PYTHONUNBUFFERED=unbuffered) as process:
        process.send_signal(SIGUSR1)
        said, _ = process.communicate(timeout=30)
    assert json.loads(said)


@pytest.mark.parametrize(("number", "code"), [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 143)])
def test_a_signal_does_not_wait_for_a_reader_who_reads_nothing(number: Signals, code: int) -> None:
    """The error was to follow what of the result was in its way, and the process stayed."""
    with writing(*MODELS) as process:
        process.send_signal(number)
        assert process.wait(10) == code
        said, told = process.communicate()
    assert told.strip().startswith(b"error: ")
    assert b'"error"' not in said


@contextmanager
def reporting(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """An apply that has done its writes, in the middle of its report."""
    words = ("apply", "examples/quickstart", "--yes", "-o", "json", "--emulator-state", str(folder / "e.db"))
    with writing(*words, HOME=str(folder)) as process:
        yield process


@pytest.mark.parametrize(("numbers", "code"), [([SIGTERM], 143), ([SIGTERM] * 2, 143), ([SIGINT] * 2, 130)])
def test_an_apply_that_has_done_its_work_waits_for_nobody_for_long(
    numbers: list[Signals], code: int, tmp_path: Path
) -> None:
    """Signals only asked to begin no more writes, and there were none left: five seconds, or a second one."""
    with reporting(tmp_path) as process:
        began = time.monotonic()
        for number in numbers:
            process.send_signal(number)
            time.sleep(0.2)
        assert process.wait(20) == code
        assert (time.monotonic() - began < 4) is (len(numbers) > 1)
        _, told = process.communicate()
    assert b"`reconciler plan` shows what is there" in told


def test_a_slow_reader_of_an_apply_gets_its_report_after_a_signal_too(tmp_path: Path) -> None:
    with reporting(tmp_path) as process:
        process.send_signal(SIGTERM)
        time.sleep(0.2)
        said, _ = process.communicate(timeout=30)
    assert (process.returncode, json.loads(said)["summary"]["succeeded"]) == (0, 3)
