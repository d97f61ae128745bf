"""How an apply is asked to end before its work does, and what is said of that.

The causes are a closed set: exit codes follow from them, and the words are only for people.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from reconciler.clock import Clock


class Cause(StrEnum):
    """What asked a run to stop; printed in JSON reports."""

    SIGINT = "SIGINT"
    SIGTERM = "SIGTERM"
    SIGHUP = "SIGHUP"
    TIME_LIMIT = "time-limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """Why a run ended before its work did. `told` says it in the words of whoever set a limit."""

    cause: Cause
    words: str = ""

    def __str__(self) -> str:
        return self.words or ("the time limit" if self.cause is Cause.TIME_LIMIT else self.cause.value)


class Stop:
    """A request to begin nothing new. Set from a signal handler, or by the run's own time limit."""

    def __init__(self) -> None:
        self.why: Interruption | None = None
        self._asked = asyncio.Event()
        self._now = asyncio.Event()

    @property
    def asked(self) -> bool:
        """Whether nothing new may begin."""
        return self._asked.is_set()

    def ask(self, why: Interruption) -> None:
        """First call: begin nothing new. Second call: give up waiting at once."""
        if self._asked.is_set():
            self._now.set()
        self.why = self.why or why
        self._asked.set()

    async def first(self) -> Interruption:
        """Return once stopping was asked for."""
        await self._asked.wait()
        assert self.why is not None  # noqa: S101 -- set before the event is
        return self.why

    async def first_or(self, seconds: float, clock: Clock) -> None:
        """Return after some seconds, or once stopping was asked for."""
        await _either(self._asked, seconds, clock)

    async def run_out(self, grace: float, clock: Clock) -> bool:
        """Return after `grace` seconds, or at once when asked again; whether it was asked again."""
        await _either(self._now, grace, clock)
        return self._now.is_set()


async def _either(event: asyncio.Event, seconds: float, clock: Clock) -> None:
    waits = [asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(event.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
