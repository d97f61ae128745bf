"""Progress of a command that reads: nothing for the first second, then how far it has come.

On a terminal one line that lives, elsewhere a line now and then; a thread of its own draws, so that a busy
event loop does not keep it silent.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import Final, TextIO

from reconciler.cli.options import Output
from reconciler.diagnostics import counted

QUIET: Final = 1.0
"""Seconds of which nobody is told: most commands have ended by then."""

_AGAIN: Final = 10.0
"""Seconds between two lines in a log."""


class Looking:
    """How many of `total` accounts have been read; 0 where that is not known beforehand.

    `doing` is what is done, in words; only reading counts accounts.
    """

    def __init__(self, total: int, doing: str) -> None:
        self._total, self._doing = total, doing
        self._read = 0
        self._began = time.monotonic()

    def one_read(self) -> None:
        """One account more has been read."""
        self._read += 1

    def __str__(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        far = f": {self._read} of {counted(self._total, 'account')}" if self._total else ""
        return f"{minutes}:{seconds:02} {self._doing}{far}"


@contextlib.contextmanager
def looking(output: Output, total: int, doing: str = "reading from ARM") -> Iterator[Callable[[], None]]:
    """Tell on stderr how far it is, from the second second on; yields what is called per account."""
    state, ended = Looking(total, doing), Event()
    if output.quiet or sys.stderr is None:
        yield state.one_read
        return
    watcher = Thread(target=_watch, args=(state, ended, output, sys.stderr), name="looking", daemon=True)
    watcher.start()
    try:
        yield state.one_read
    finally:
        ended.set()
        watcher.join()


def _watch(state: Looking, ended: Event, output: Output, stream: TextIO) -> None:
    if ended.wait(QUIET):
        return
    with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
        if output.log_json:
            import logging

            log = logging.getLogger("reconciler")
            _now_and_then(lambda: log.info("%s", state), ended)
        elif stream.isatty() and output.colour is not False:
            from reconciler.report.live import Foot

            with Foot(stream, lambda *_: [(str(state), "bold")], colour=True):
                ended.wait()
        else:
            _now_and_then(lambda: print(state, file=stream, flush=True), ended)


def _now_and_then(tell: Callable[[], None], ended: Event) -> None:
    tell()
    while not ended.wait(_AGAIN):
        tell()
