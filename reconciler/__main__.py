"""`python -m reconciler` and the `reconciler` command are the same thing."""

from __future__ import annotations

import time

STARTED = time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
"""When this process began, by the clock of `reconciler.clock`: `--timeout` counts from here, with imports."""

import signal  # noqa: E402 -- nothing may be imported before the clock has been looked at

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # before the command line takes it, and after it is done with it, Ctrl-C ends the process in silence
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import atexit  # noqa: E402
import contextlib  # noqa: E402
import gc  # noqa: E402
import io  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from importlib.util import find_spec  # noqa: E402
from typing import NoReturn  # noqa: E402

from reconciler.cli import run  # noqa: E402
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


def tune() -> None:
    """Set the interpreter up for one command: settings of the process, which no library of ours may touch.

    httpcore tries to import sniffio ten times in each request, and Python searches its whole path for it each
    time; httpx imports its command line, and with it rich, wherever it can. Both are a third of what they are
    part of. pydantic looks for plugins of its own among all that is installed. Trees of manifests hold no
    cycles, and the collector would walk them again and again; what a plan of one account imports and makes
    are some 120,000 objects, which it need not walk at all.
    """
    for name in ("sniffio", "httpx._main"):
        if name not in sys.modules and (name == "httpx._main" or find_spec(name) is None):
            sys.modules[name] = None  # type: ignore[assignment]  # how Python itself says "there is none"
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.set_threshold(250_000, 50, 100)


def leave(code: int) -> NoReturn:
    """End the process at once, also where a library's thread is at work (F-002: a name nobody resolves).

    What was left to do at its end is done. What was imported is not taken down piece by piece: that takes
    longer than the whole of `--help`.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 -- what Python itself calls at this place
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, AttributeError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
