"""Entering the event loop: the one place where signals and the command's time limit meet coroutines."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Iterator
from typing import TypeVar

from reconciler.cli.exit_codes import Exit
from reconciler.cli.interrupted import Interrupted
from reconciler.engine.apply import Stop
from reconciler.errors import ReconcilerError

T = TypeVar("T")


class TimeLimit(ReconcilerError):  # noqa: N818
    """The command's own `--timeout` passed."""


def run_reading(work: Coroutine[None, None, T], *, timeout: float | None) -> T:
    """Run a command that only reads; a signal ends it at once."""
    return asyncio.run(reading(work, timeout))


async def reading(work: Coroutine[None, None, T], limit: float | None) -> T:
    """Await work that writes nothing, so that a signal or the limit (seconds) may end it at any point."""
    task = asyncio.ensure_future(work)
    caught: list[Exit] = []

    def end(code: Exit) -> None:
        caught.append(code)
        task.cancel()

    loop = asyncio.get_running_loop()
    for name, code in ((signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, Exit.TERMINATED)):
        loop.add_signal_handler(name, end, code)
    try:
        async with asyncio.timeout(limit):
            return await task
    except TimeoutError as passed:
        raise TimeLimit(
            f"the time limit of {limit:g} s passed before ARM had answered everything; nothing was written. "
            "Raise --timeout, or choose fewer deployments with --target"
        ) from passed
    except asyncio.CancelledError:
        if caught:
            raise Interrupted(caught[0]) from None
        raise
    finally:
        for name in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(ValueError):
                loop.remove_signal_handler(name)


@contextlib.contextmanager
def listening_for_signals(stop: Stop, limit: float | None) -> Iterator[None]:
    """Let SIGINT, SIGTERM and the time limit ask `stop`; a second signal asks again."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, stop.ask, "SIGINT")
    loop.add_signal_handler(signal.SIGTERM, stop.ask, "SIGTERM")
    alarm = loop.call_later(limit, stop.ask, f"the time limit of {limit:.0f} s") if limit else None
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        loop.remove_signal_handler(signal.SIGTERM)
        if alarm:
            alarm.cancel()
