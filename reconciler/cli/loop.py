"""Entering the event loop: the one place where signals and the command's time limit meet coroutines.

Rule of this module: leaving it takes no longer than the limit says, whatever a library's thread still does.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from reconciler.cli.deadline import Deadline
from reconciler.cli.exit_codes import Exit, Interrupted
from reconciler.cli.wiring import the_clock
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from types import FrameType

    from reconciler.engine.stop import Cause, Stop


T = TypeVar("T")
P = ParamSpec("P")

_SIGNALS = {
    signal.SIGINT: Exit.INTERRUPTED,
    signal.SIGTERM: Exit.TERMINATED,
    signal.SIGHUP: Exit.TERMINATED,  # a terminal that was closed asks for the same
}

_TURNS = 3
"""Of the loop, from a signal to its handler: its byte is seen, it is read, the handler is called."""


class TimeLimit(ReconcilerError):  # noqa: N818
    """The command's own time limit passed, before anything was written."""

    fix = "raise --timeout, or look at a part at a time"

    def __init__(self, limit: str) -> None:
        super().__init__(
            f"{limit} passed before every answer was there; nothing was written to ARM. "
            f"{self.fix[0].upper()}{self.fix[1:]}"
        )


@contextlib.asynccontextmanager
async def _handling(handler: Callable[[Exit, Cause], object]) -> AsyncIterator[None]:
    """Give the signals that end a process to `handler`, and to whoever had them before afterwards.

    None is lost between the two: what came before the end is handled at the end, what comes later waits.
    """
    import asyncio

    from reconciler.engine.stop import Cause

    loop = asyncio.get_running_loop()
    before = {name: signal.getsignal(name) for name in _SIGNALS}
    ours = [name for name, found in before.items() if found is not signal.SIG_IGN]
    for name in ours:
        loop.add_signal_handler(name, handler, _SIGNALS[name], Cause(name.name))
    try:
        yield
    finally:
        taken = signal.pthread_sigmask(signal.SIG_BLOCK, ours)
        try:
            for _ in range(_TURNS):
                await asyncio.sleep(0)
        finally:
            for name in ours:
                loop.remove_signal_handler(name)
                signal.signal(name, before[name] or signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, taken)


def must_have_files() -> None:
    """Raise OSError where fewer than seven more files may be open.

    Those are a loop's three, a database's three and a socket. Asked before any is opened: a loop that got
    half of its files prints a traceback when it is collected (CPython 3.11), and SQLite does not say that it
    is files that it lacks.
    """
    with contextlib.ExitStack() as opened:
        for _ in range(7):
            opened.callback(os.close, os.open(os.devnull, os.O_RDONLY))


def enter(work: Callable[[], Coroutine[None, None, T]]) -> T:
    """Run what `work` makes to its end in an event loop of its own.

    No coroutine is made before the loop runs, and no signal taken between the two: one that is never awaited
    prints a warning. The result is kept from the loop: at its end `signal` makes a text of what handles a
    signal, in it one of the main task, and in that one of the task's result (CPython 3.11), which is the
    whole fleet.
    """
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    must_have_files()
    results: list[T] = []

    class LeftBehind(ThreadPoolExecutor):
        """Threads that nobody waits for: a name that no resolver answers must not hold up a deadline."""

        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            del wait, cancel_futures
            super().shutdown(wait=False, cancel_futures=True)

    async def within() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, taken)
        asyncio.get_running_loop().set_default_executor(LeftBehind(thread_name_prefix="reconciler"))
        results.append(await work())

    taken = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        with contextlib.closing(within()) as main:
            asyncio.run(main)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, taken)
    return results[0]


def run_reading(
    deadline: Deadline, work: Callable[P, Coroutine[None, None, T]], *args: P.args, **named: P.kwargs
) -> T:
    """Run a command that only reads; a signal ends it at once."""
    return enter(lambda: reading(deadline, work, *args, **named))


async def reading(
    deadline: Deadline, work: Callable[P, Coroutine[None, None, T]], *args: P.args, **named: P.kwargs
) -> T:
    """Await work that writes nothing, so that a signal or the deadline may end it at any point."""
    import asyncio

    caught: list[Exit] = []
    task: asyncio.Future[T] | None = None

    def end(code: Exit, _: Cause) -> None:
        caught.append(code)
        if task is not None:
            task.cancel()

    try:
        async with _handling(end), asyncio.timeout(deadline.left(the_clock().monotonic())):
            task = asyncio.ensure_future(work(*args, **named))
            result = await task
    except TimeoutError as passed:
        raise TimeLimit(str(deadline)) from passed
    except asyncio.CancelledError:
        if caught:
            raise Interrupted(caught[0]) from None
        raise
    if caught:
        raise Interrupted(caught[0])
    return result


@contextlib.asynccontextmanager
async def listening_for_signals(stop: Stop) -> AsyncIterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP ask `stop`; a second signal asks again."""
    from reconciler.engine.stop import Interruption

    async with _handling(lambda _, cause: stop.ask(Interruption(cause=cause))):
        yield


@contextlib.contextmanager
def given_time(seconds: float = 5.0) -> Iterator[None]:
    """Let what is being written go on for so long after a signal; then, or with a second one, it ends.

    A report of what was done is worth more than those seconds, and a reader may be slow or read no more.
    """
    before = {name: signal.getsignal(name) for name in (*_SIGNALS, signal.SIGALRM)}
    ours = [name for name in _SIGNALS if before[name] is not signal.SIG_IGN]

    def first(number: int, _: FrameType | None) -> None:
        def end(*_: object) -> None:
            raise Interrupted(_SIGNALS[signal.Signals(number)])

        for name in (*ours, signal.SIGALRM):
            signal.signal(name, end)
        signal.setitimer(signal.ITIMER_REAL, seconds)

    for name in ours:
        signal.signal(name, first)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for name, handler in before.items():
            signal.signal(name, handler or signal.SIG_DFL)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C end a question to a person; the event loop would take it for later."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
