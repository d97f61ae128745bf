"""The command line: argv becomes a frozen value, a command runs the pipeline, a value becomes text.

Nothing heavy is imported before a command needs it: `--help` costs an interpreter and click.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import NoReturn


def run(argv: Sequence[str], *, started: float | None = None) -> int:
    """Run one command and return its exit code; writes to stdout and stderr, raises nothing.

    `started` is the monotonic instant from which a command's time limit counts; None is now.
    """
    from reconciler.cli.main import run_command

    return run_command(argv, started=started)


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
