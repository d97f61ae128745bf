"""What holds for every test: the same inputs at every run, and the interpreter set up as for a command.

A property that fails once in ten runs tells nobody anything at the eleventh. `RECONCILER_EXPLORE=1` lets
hypothesis look elsewhere each time; `make soak` and `make fuzz` do so by design.
"""

import gc
import itertools
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from reconciler.cli import tune

tune()
gc.disable()
# jsonschema makes forty grammars of addresses when it is imported, for formats that no test has checked.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
# A shell's background job ignores the one, what `nohup` starts the other; what a test starts would too. And
# the program lets Ctrl-C end a process in silence.
for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    signal.signal(number, usual)

HERE = Path(__file__).parent

settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("explore" if os.environ.get("RECONCILER_EXPLORE") else "same")


WAITING = frozenset({"bench", "deploy", "e2e"})
"""Folders whose tests wait half of their time: for processes, time limits, silent servers."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Twice as many as there are cores: while one waits, another works."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every worker begin with its share of what waits, a module at a time, so that no wait comes last.

    `--dist worksteal` cuts the list into one stretch for each worker, and lets idle ones take from the ends.
    """
    modules = [list(of) for _, of in itertools.groupby(items, lambda item: item.path)]
    waiting = [of for of in modules if WAITING & set(of[0].path.relative_to(HERE).parts)]
    rest = [item for of in modules if of not in waiting for item in of]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    spread = list[pytest.Item]()
    for number in range(workers):
        stretch = list(itertools.chain(*waiting[number::workers]))
        more = max(0, (len(items) - len(spread)) // (workers - number) - len(stretch))
        spread += [*stretch, *rest[:more]]
        del rest[:more]
    items[:] = [*spread, *rest]


def pytest_collection_finish() -> None:
    """Thousands of tests and what they import live until the end; the collector need not walk them."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def our_logger_as_found() -> Iterator[None]:
    """A command run in this process turns its logger away from pytest's; the next test finds it unturned."""
    logger = logging.getLogger("reconciler")
    level, propagate, handlers = logger.level, logger.propagate, list(logger.handlers)
    yield
    logger.setLevel(level)
    logger.propagate = propagate
    logger.handlers[:] = handlers
