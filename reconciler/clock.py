"""Time as one object that is passed in, so that tests own it.

Deadlines and waits go by `monotonic`, dates shown to people or compared with the catalogue by `now`:
a machine whose clock jumps must neither hang nor give up early.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The three things one may ask of time."""

    def now(self) -> datetime:
        """The current date and time, timezone-aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never jumps."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; cancelling the task ends the wait at once."""
        ...


# CLOCK_MONOTONIC stands still on Linux while the machine sleeps; what was seen before is old all the same.
_AWAKE = getattr(time, "CLOCK_BOOTTIME", None)


class SystemClock:
    """The real one."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic() if _AWAKE is None else time.clock_gettime(_AWAKE)

    async def sleep(self, seconds: float) -> None:
        import asyncio  # noqa: PLC0415 -- heavy, and the command line asks for the time alone

        await asyncio.sleep(max(0.0, seconds))
