"""As fast as ARM lets us: its token buckets, mirrored per subscription, and its pauses, obeyed by all lanes.

Rule of this module: a 429 closes the subscription. After the pause one request at a time tries the gate,
and the first answer that is not a 429 opens it for the others, so that a throttled subscription never meets
a crowd. Other subscriptions know nothing of it. So a region's list that ARM throttles pauses an account whose
pages are still being read: both draw on one bucket ("Request limits and throttling": limits apply per
subscription, principal and type of operation). A provider's own limits say 429 too and are not told apart.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from reconciler.clock import Clock

# Bucket sizes and refills per second, per subscription and principal ("Request limits and throttling").
LIMITS: Mapping[str, tuple[int, int]] = {"reads": (250, 25), "writes": (200, 10), "deletes": (200, 10)}
RESERVE = 10
"""Requests of a full bucket that are left in it. They pay for latency that varies: a request may reach ARM
sooner after it was sent than the first one did, and then ARM's bucket has had less time to fill than ours."""


class PausedTooLong(Exception):  # noqa: N818 -- a state of the subscription
    """The subscription may not be asked for longer than anyone waits; `seconds` are left."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


HeldBack = Callable[[str, float], None]
"""Told why a request does not leave yet, in words that complete "waits for …", and for how many seconds."""

_WORTH_TELLING = 1.0  # seconds


def _nobody(_: str, __: float) -> None:
    """Nobody is told."""


def kind_of(method: str) -> str:
    """Which bucket a method draws on; POST counts as a write."""
    return {"GET": "reads", "DELETE": "deletes"}.get(method, "writes")


@dataclass(slots=True)
class Bucket:
    """Requests that may be sent now. Below zero they are promised: each promise waits for its refill."""

    size: float
    refill: float
    level: float
    at: float
    heard: float = -math.inf
    """When the request was sent whose answer was last heard."""

    def take(self, now: float) -> float:
        """Take one; seconds to wait before using it."""
        self._fill(now)
        self.level -= 1
        return max(0.0, -self.level / self.refill)

    def correct(self, now: float, remaining: int, sent: float) -> None:
        """ARM says that no more than `remaining` are left: others draw on the same bucket.

        An answer that was overtaken by that to a later request says what was, and would only slow us down.
        """
        if sent < self.heard:
            return
        self.heard = sent
        self._fill(now)
        self.level = min(self.level, float(remaining))

    def _fill(self, now: float) -> None:
        self.level = min(self.size, self.level + (now - self.at) * self.refill)
        self.at = now


class SubscriptionPace:
    """The gate of one subscription."""

    def __init__(self, clock: Clock, *, longest: float) -> None:
        self._clock = clock
        self._longest = longest * 1.1  # a pause may be a tenth longer than what ARM asked for
        now = clock.monotonic()
        self._buckets = {
            kind: Bucket(size - RESERVE, refill, size - RESERVE, now)
            for kind, (size, refill) in LIMITS.items()
        }
        self._resume_at = now
        self.closed = False
        """Whether the last answer was a 429: then one request at a time tries the gate."""
        self._turnstile = asyncio.Lock()

    async def draw(self, kind: str, held_back: HeldBack = _nobody) -> None:
        """Take one request out of a bucket, and wait as long as its refill takes."""
        seconds = self._buckets[kind].take(self._clock.monotonic())
        if seconds >= _WORTH_TELLING:
            held_back(f"its turn: the subscription takes {LIMITS[kind][1]} {kind} a second", seconds)
        if seconds > 0:
            await self._clock.sleep(seconds)

    @asynccontextmanager
    async def gate(self, held_back: HeldBack = _nobody) -> AsyncIterator[bool]:
        """Wait until the subscription may be asked; True while the gate is closed and this one tries it.

        Raises PausedTooLong instead of a wait that is longer than anyone waits.
        """
        while True:
            await self._pause_wait(held_back)
            if not self.closed:
                yield False
                return
            async with self._turnstile:
                await self._pause_wait(held_back)
                if self.closed:
                    yield True
                    return

    async def _pause_wait(self, held_back: HeldBack) -> None:
        while (left := self._resume_at - self._clock.monotonic()) > 0:
            if left > self._longest:
                raise PausedTooLong(left)
            held_back("the end of a pause that ARM asked for (429)", left)
            await self._clock.sleep(left)

    def shut(self, *, trying: bool) -> bool:
        """Whether a turn that was given is void by now; `trying` is what the turn said."""
        return self._resume_at > self._clock.monotonic() or (self.closed and not trying)

    def throttled(self, seconds: float) -> None:
        """A 429: nobody asks for so many seconds, and then one at a time."""
        self._resume_at = max(self._resume_at, self._clock.monotonic() + seconds)
        self.closed = True

    def answered(self, headers: Mapping[str, str], *, sent: float = math.inf) -> None:
        """An answer that is not a 429; its x-ms-ratelimit-remaining headers correct the buckets.

        `sent` is when its request was sent, on the clock's monotonic scale.
        """
        self.closed = False
        now = self._clock.monotonic()
        for kind, bucket in self._buckets.items():
            for name in (f"subscription-{kind}", f"subscription-global-{kind}"):
                text = headers.get(f"x-ms-ratelimit-remaining-{name}", "")
                if text.isascii() and text.isdigit() and len(text) < 10:
                    bucket.correct(now, int(text), sent)


class Places:
    """How many requests may be in flight at once. Whoever waits for a turn takes no place."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._free = asyncio.Semaphore(count)
        self._surplus = 0

    def lower(self) -> bool:
        """Halve them from now on; False where one is left."""
        fewer = max(1, self.count // 2)
        self._surplus += self.count - fewer
        lowered, self.count = fewer < self.count, fewer
        return lowered

    async def __aenter__(self) -> None:
        await self._free.acquire()

    async def __aexit__(self, *_: object) -> None:
        if self._surplus > 0:
            self._surplus -= 1
        else:
            self._free.release()


class Pacing:
    """The gates of all subscriptions."""

    def __init__(self, clock: Clock, *, longest: float) -> None:
        self._clock = clock
        self._longest = longest
        self._gates: dict[str, SubscriptionPace] = {}

    def of(self, subscription: str) -> SubscriptionPace:
        """The gate of a subscription, whatever the case of its id."""
        key = subscription.lower()
        if key not in self._gates:
            self._gates[key] = SubscriptionPace(self._clock, longest=self._longest)
        return self._gates[key]
