"""Exit codes, and how a signal leaves a command that writes nothing; `--help` needs no event loop for that.

The codes are a contract with every CI script that calls us (docs/reference/exit-codes.md).
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from enum import IntEnum
from types import FrameType


class Exit(IntEnum):
    """What a command's end means."""

    DONE = 0
    FAILED = 1
    CHANGES = 2
    PARTLY = 3
    USAGE = 64
    INTERRUPTED = 130
    TERMINATED = 143


TERMINATING = (signal.SIGTERM, signal.SIGHUP)
"""What a system sends to end a process, and a terminal that is closed."""


class Interrupted(Exception):  # noqa: N818 -- a request, not an error
    """A signal ended a command that writes nothing. `exit_code` follows from the signal."""

    def __init__(self, exit_code: Exit) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let the signals that end a process raise `Interrupted`, and SIGINT KeyboardInterrupt, as Python has it.

    What was ignored (nohup) stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {**dict.fromkeys(TERMINATING, _interrupt), signal.SIGINT: signal.default_int_handler}
    before = {name: signal.getsignal(name) for name in handlers}
    ours = [name for name, handler in before.items() if handler is not signal.SIG_IGN]
    for name in ours:
        signal.signal(name, handlers[name])
    try:
        yield
    finally:
        for name in ours:
            signal.signal(name, before[name] or signal.SIG_DFL)


def end_at_once() -> None:
    """From now on a signal ends the process in silence: libraries swallow or reword what a handler raises."""
    if threading.current_thread() is threading.main_thread():
        for name in (signal.SIGINT, *TERMINATING):
            if signal.getsignal(name) is not signal.SIG_IGN:
                signal.signal(name, _exit)


def _exit(number: int, frame: FrameType | None) -> None:
    del frame
    os._exit(Exit.INTERRUPTED if number == signal.SIGINT else Exit.TERMINATED)


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise Interrupted(Exit.TERMINATED)
