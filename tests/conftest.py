"""What holds for every test: the same inputs at every run.

A property that fails once in ten runs tells nobody anything at the eleventh. `RECONCILER_EXPLORE=1` lets
hypothesis look elsewhere each time; `make soak` and `make fuzz` do so by design.
"""

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("explore" if os.environ.get("RECONCILER_EXPLORE") else "same")


@pytest.fixture(autouse=True)
def our_logger_as_found() -> Iterator[None]:
    """A command run in this process turns its logger away from pytest's; the next test finds it unturned."""
    logger = logging.getLogger("reconciler")
    level, propagate, handlers = logger.level, logger.propagate, list(logger.handlers)
    yield
    logger.setLevel(level)
    logger.propagate = propagate
    logger.handlers[:] = handlers
