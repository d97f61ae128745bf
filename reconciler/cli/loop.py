"""Entering the event loop: the one place where signals and the command's time limit meet coroutines."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Iterator
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
def listening_for_signals(
    stop: Stop, limit: float | None, *, told: str, heard: Callable[[str], None]
) -> Iterator[None]:
    """Let SIGINT, SIGTERM and the time limit ask `stop`; a second signal asks again.

    `limit` is in seconds from now, `told` names it as the user gave it; `heard` is told of each request.
    """
    loop = asyncio.get_running_loop()

    def ask(reason: str) -> None:
        heard(
            f"{reason}: stopping now; what is under way may go on in ARM"
            if stop.asked
            else f"{reason}: nothing new begins, and what is under way is followed a few seconds more; "
            "again stops at once"
        )
        stop.ask(reason)

    loop.add_signal_handler(signal.SIGINT, ask, "SIGINT")
    loop.add_signal_handler(signal.SIGTERM, ask, "SIGTERM")
    alarm = loop.call_later(limit, ask, told) if limit is not None else None
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        loop.remove_signal_handler(signal.SIGTERM)
        if alarm:
            alarm.cancel()
