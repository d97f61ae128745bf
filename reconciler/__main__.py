"""`python -m reconciler` and the `reconciler` command are the same thing."""

from __future__ import annotations

import time

STARTED = time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
"""When this process began, by the clock of `reconciler.clock`: `--timeout` counts from here, with imports."""

import signal  # noqa: E402 -- nothing may be imported before the clock has been looked at

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # before the command line takes it, and after it is done with it, Ctrl-C ends the process in silence
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import io  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from typing import NoReturn  # noqa: E402

from reconciler.cli import leave, run, tune  # noqa: E402
from reconciler.cli.exit_codes import Exit, Interrupted  # noqa: E402


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    tune()
    if isinstance(getattr(sys.stdout, "buffer", None), io.RawIOBase):
        # PYTHONUNBUFFERED: what a write that a signal cuts short leaves over would be lost
        how = sys.stdout
        sys.stdout = open(how.fileno(), "w", encoding=how.encoding, errors=how.errors, closefd=False)  # noqa: SIM115
    try:
        code = run(sys.argv[1:], started=STARTED)
    except (KeyboardInterrupt, Interrupted) as again:  # a second signal: what is said of the first takes long
        os._exit(getattr(again, "exit_code", Exit.INTERRUPTED))
    leave(code)


if __name__ == "__main__":
    main()
