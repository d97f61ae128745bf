"""Entering the event loop: the one place where signals and the command's time limit meet coroutines.

Rule of this module: leaving it takes no longer than the limit says, whatever a library's thread still does.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from reconciler.cli.deadline import Deadline
from reconciler.cli.exit_codes import Exit
from reconciler.cli.interrupted import Interrupted
from reconciler.cli.wiring import the_clock
from reconciler.engine.stop import Cause, Interruption, Stop
from reconciler.errors import ReconcilerError

T = TypeVar("T")

_SIGNALS = (
    (signal.SIGINT, Exit.INTERRUPTED, Cause.SIGINT),
    (signal.SIGTERM, Exit.TERMINATED, Cause.SIGTERM),
    (signal.SIGHUP, Exit.TERMINATED, Cause.SIGHUP),  # a terminal that was closed asks for the same
)


def _heard() -> list[tuple[signal.Signals, Exit, Cause]]:
    """The signals that ask this process to stop; `nohup` has one of them ignored."""
    return [one for one in _SIGNALS if signal.getsignal(one[0]) != signal.SIG_IGN]


class TimeLimit(ReconcilerError):  # noqa: N818
    """The command's own time limit passed."""


class _LeftBehind(ThreadPoolExecutor):
    """Threads that nobody waits for: a name that no resolver answers must not hold up a deadline."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        del wait, cancel_futures
        super().shutdown(wait=False, cancel_futures=True)


def enter(work: Coroutine[None, None, T]) -> T:
    """Run `work` to its end in an event loop of its own."""

    async def within() -> T:
        asyncio.get_running_loop().set_default_executor(_LeftBehind(thread_name_prefix="reconciler"))
        return await work

    return asyncio.run(within())


def run_reading(work: Coroutine[None, None, T], *, timeout: Deadline) -> T:
    """Run a command that only reads; a signal ends it at once."""
    return enter(reading(work, timeout))


async def reading(work: Coroutine[None, None, T], deadline: Deadline) -> T:
    """Await work that writes nothing, so that a signal or the deadline may end it at any point."""
    task = asyncio.ensure_future(work)
    caught: list[Exit] = []

    def end(code: Exit) -> None:
        caught.append(code)
        task.cancel()

    loop = asyncio.get_running_loop()
    heard = _heard()
    for name, code, _ in heard:
        loop.add_signal_handler(name, end, code)
    try:
        async with asyncio.timeout(deadline.left(the_clock().monotonic())):
            return await task
    except TimeoutError as passed:
        raise TimeLimit(
            f"{deadline} passed before ARM had answered everything; nothing was written to ARM. "
            "Raise --timeout, or look at a part at a time"
        ) from passed
    except asyncio.CancelledError:
        if caught:
            raise Interrupted(caught[0]) from None
        raise
    finally:
        for name, _, _ in heard:
            with contextlib.suppress(ValueError):
                loop.remove_signal_handler(name)


@contextlib.contextmanager
def listening_for_signals(stop: Stop) -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP ask `stop`; a second signal asks again."""
    loop = asyncio.get_running_loop()
    heard = _heard()
    for name, _, cause in heard:
        loop.add_signal_handler(name, stop.ask, Interruption(cause=cause))
    try:
        yield
    finally:
        for name, _, _ in heard:
            loop.remove_signal_handler(name)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C end a question to a person; the event loop would take it for later."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
