"""The process as a whole: signals in its first moments, in its last ones, and while it tells of a signal."""

import fcntl
import json
import os
import struct
import subprocess
import sys
import termios
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


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_signal_while_a_slow_reader_is_waited_for_loses_nothing_of_the_result(unbuffered: str) -> None:
    """An apply that was stopped while it wrote its report ended with 0 and the first 64 KiB of the report."""
    program = (
        "import signal\n"
        "from reconciler.__main__ import main\n"
        "signal.signal(signal.SIGUSR1, lambda *_: None)\n"
        "main()\n"
    )
    words = [sys.executable, "-c", program, "catalog", "models", "-o", "json"]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        full, there = fcntl.fcntl(process.stdout, fcntl.F_GETPIPE_SZ), 0
        while there < full:
            assert process.poll() is None
            there = struct.unpack("i", fcntl.ioctl(process.stdout, termios.FIONREAD, bytes(4)))[0]
        process.send_signal(SIGUSR1)
        said = process.stdout.read()
    assert len(said) > full
    assert json.loads(said)
