"""The front door's token buckets: 250 reads, 200 writes, 200 deletes per subscription and principal.

Rule of this module: numbers are those of the documented limits (refill 25, 10 and 10 a second) and time is
the virtual clock's, so a test empties and refills a bucket without waiting.
"""

import math
from datetime import datetime
from typing import NamedTuple

from reconciler.emulator import clock, errors
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Caller
from reconciler.emulator.wire import Json, Request

_GLOBAL = 15
"""All principals of a subscription together may do so many times as much."""


class Bucket(NamedTuple):
    """Tokens a full bucket holds, and how many come back per second."""

    size: int
    refill: int


BUCKETS = {"reads": Bucket(250, 25), "writes": Bucket(200, 10), "deletes": Bucket(200, 10)}


def name_of(method: str) -> str:
    """Which bucket a method draws on; POST counts as a write."""
    if method in {"GET", "HEAD"}:
        return "reads"
    return "deletes" if method == "DELETE" else "writes"


def draw(
    store: Store, now: datetime, caller: Caller, subscription: str | None, request: Request
) -> dict[str, str]:
    """Take one token; the result is the headers that tell what is left.

    Raises 429 SubscriptionRequestsThrottled with Retry-After when the bucket is empty. The switch
    `throttling: off` counts without refusing.
    """
    name = name_of(request.method)
    size, refill = BUCKETS[name]
    where = (subscription or caller.tenant).lower()
    own = _level(store, now, f"{where}/{caller.client}/{name}", size, refill)
    every = _level(store, now, f"{where}//{name}", size * _GLOBAL, refill * _GLOBAL)
    if min(own, every) < 1 and store.setting("switches").get("throttling") != "off":
        wait = max(1, math.ceil((1 - min(own, every)) / refill))
        raise errors.throttled(
            subscription or caller.tenant, _operation(request.method, request.segments), wait
        )
    own, every = max(0.0, own - 1), max(0.0, every - 1)
    moment = clock.stamp(now)
    store.put("bucket", f"{where}/{caller.client}/{name}", {"level": own, "at": moment})
    store.put("bucket", f"{where}//{name}", {"level": every, "at": moment})
    scope = "subscription" if subscription else "tenant"
    return {
        f"x-ms-ratelimit-remaining-{scope}-{name}": str(int(own)),
        f"x-ms-ratelimit-remaining-{scope}-global-{name}": str(int(every)),
    }


def _level(store: Store, now: datetime, key: str, size: int, refill: int) -> float:
    found: Json | None = store.get("bucket", key)
    if found is None:
        return float(size)
    passed = max(0.0, (now - clock.parse(found["at"])).total_seconds())
    return min(float(size), float(found["level"]) + passed * refill)


def _operation(method: str, segments: tuple[str, ...]) -> str:
    """The operation as the text of a recorded 429 prints it: types without names, in capitals."""
    kept = [part for index, part in enumerate(segments) if index % 2 == 0 or "." in part]
    return f"{method}/{'/'.join(kept).upper()}/"
