"""Virtual time: an event loop whose waits cost nothing, so that an hour of polling is a millisecond."""

import asyncio
import contextlib
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import TypeVar

T = TypeVar("T")


class StuckError(AssertionError):
    """Every task waits for something that no timer will bring."""


class _Leaping(selectors.DefaultSelector):
    """Instead of waiting, moves the loop's time forward by as much as it would have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StuckError("no task is ready and no timer is set")
        self.now += max(0.0, timeout)
        return super().select(0)


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now


class VirtualClock:
    """The clock of whichever virtual loop is running."""

    def now(self) -> datetime:
        return datetime(2026, 6, 22, tzinfo=UTC) + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run(work: Coroutine[None, None, T]) -> T:
    """Run to the end in virtual time, or to the moment where the process under test is killed."""
    with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
        try:
            # Not the runner's own `run`, which looks after Ctrl-C: a tenth of a short run.
            return runner.get_loop().run_until_complete(work)
        except SystemExit:
            _bury(runner.get_loop())
            raise


def _bury(loop: asyncio.AbstractEventLoop) -> None:
    """Take the tasks of a killed process away; each that waited for the killed one dies of the same."""
    while tasks := asyncio.all_tasks(loop):
        for task in tasks:
            task.cancel()
        with contextlib.suppress(SystemExit):
            loop.run_until_complete(asyncio.wait(tasks))
