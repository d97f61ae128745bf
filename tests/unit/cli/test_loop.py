"""Entering the event loop: a signal that comes before the work does."""

import asyncio
import gc
import signal
import sys
import warnings
from collections.abc import Iterator
from itertools import chain, count, takewhile
from types import FrameType
from typing import Any

import pytest

from reconciler.cli import loop
from reconciler.cli.deadline import Deadline
from reconciler.cli.exit_codes import Interrupted, ended_by_signals
from reconciler.clock import SystemClock


class Sent:
    """A signal to this process before line number `at` of all that runs until the work begins."""

    def __init__(self, number: signal.Signals, at: int) -> None:
        self.number, self.left = number, at

    def __call__(self, _: FrameType, event: str, __: object) -> Any:  # noqa: ANN401 -- a trace function
        self.left -= event == "line"
        if self.left:
            return self
        sys.settrace(None)
        signal.raise_signal(self.number)
        return None


def ended_early(number: signal.Signals, at: int) -> bool:
    """Whether the signal came before the work did; then the command has ended with it, and in silence."""

    async def work() -> None:
        sys.settrace(None)
        await asyncio.sleep(0 if sent.left else 60)

    sent, traced, caught = Sent(number, at), sys.gettrace(), False
    deadline = Deadline(seconds=60, started=SystemClock().monotonic(), given=True)
    with warnings.catch_warnings(record=True) as warned, ended_by_signals():
        warnings.simplefilter("always")
        sys.settrace(sent)
        try:
            loop.run_reading(deadline, work)
        except (KeyboardInterrupt, Interrupted):
            caught = True
        finally:
            sys.settrace(traced)
    assert [str(item.message) for item in warned] == []
    assert caught is (sent.left == 0)
    return caught


@pytest.fixture
def no_finalizers() -> Iterator[None]:
    """What a signal raises in the finalizer of an earlier loop is lost."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_finalizers")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_work_begins_ends_the_command_in_silence_wherever_it_comes(
    number: signal.Signals,
) -> None:
    """Python warned of a coroutine that was never awaited, below our own message."""
    assert not ended_early(number, 1_000_000)  # and everything is imported: half an import would stay
    until_the_loop_runs, further = range(1, 600), count(600, 31)
    lines = chain(until_the_loop_runs, further)
    assert len(list(takewhile(lambda at: ended_early(number, at), lines))) > 600


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_last_step_of_the_work_ends_the_command(number: signal.Signals) -> None:
    """It was lost between two handlers: an apply that was stopped while it read went on to write."""

    async def work() -> None:
        signal.raise_signal(number)

    deadline = Deadline(seconds=60, started=SystemClock().monotonic(), given=True)
    with pytest.raises(Interrupted):
        loop.run_reading(deadline, work)
