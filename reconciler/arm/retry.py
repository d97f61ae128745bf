"""When to send the same request again, and after how long.

Rule of this module: it decides and never waits. The figures are those of the reliability laws: four
attempts, full jitter up to 30 s, and a budget that lets a whole run send at most twenty requests beyond its
first attempts when nothing answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

ATTEMPTS = 4
LONGEST_WAIT = 600.0
"""Seconds; ARM's own contract bounds Retry-After so (Azure/azure-resource-manager-rpc)."""

RETRY_COST = 5.0
TIMEOUT_COST = 10.0

_BACKOFF_CAP = 30.0
_WHOLE_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT")

Jitter = Callable[[], float]
"""A number from 0 up to 1, a new one at each call."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that an answer asks to wait; None where it asks nothing that can be understood.

    Header names are in lower case. A date counts from the answer's own Date, since our clock may be
    wrong. Zero, negative, fractional, repeated and other values are as good as absent.
    """
    text = headers.get("retry-after", "").strip()
    if _WHOLE_SECONDS.fullmatch(text):
        return float(int(text)) or None
    until, answered = http_date(text), http_date(headers.get("date", "").strip())
    if until is None or answered is None:
        return None
    seconds = (until - answered).total_seconds()
    return seconds if seconds > 0 else None


@lru_cache(maxsize=64)
def http_date(text: str) -> datetime | None:
    """A date as HTTP writes it, in UTC; None for anything else."""
    if _HTTP_DATE.fullmatch(text) is None:
        return None
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


def backoff(resend: int, jitter: Jitter) -> float:
    """Seconds before the `resend`-th repetition, counted from 1, where the answer asks nothing."""
    return min(_BACKOFF_CAP, 2.0 ** (resend - 1)) * jitter()


def wait(resend: int, asked: float | None, jitter: Jitter) -> float:
    """Seconds to wait: what was asked or the backoff, the longer, and up to a tenth more."""
    return max(asked or 0.0, backoff(resend, jitter)) * (1 + jitter() / 10)


@dataclass(slots=True)
class RetryBudget:
    """What a whole run may spend on repetitions; successes earn it back, one by one."""

    capacity: float = 100.0
    left: float = field(default=100.0)

    def spend(self, cost: float) -> bool:
        """Take `cost`; False, and nothing taken, when it is not there."""
        if cost > self.left:
            return False
        self.left -= cost
        return True

    def earn(self) -> None:
        """A request succeeded."""
        self.left = min(self.capacity, self.left + 1.0)


@dataclass(frozen=True, slots=True)
class Resend:
    """Send again after so many seconds."""

    after: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not send again; `why` completes the sentence "gave up: …"."""

    why: str


def decide(
    *, attempt: int, asked: float | None, cost: float, budget: RetryBudget, jitter: Jitter, longest: float
) -> Resend | GiveUp:
    """What to do after the `attempt`-th failure of a request that may be repeated; draws on the budget."""
    if attempt >= ATTEMPTS:
        return GiveUp(f"{attempt} attempts failed")
    if asked is not None and asked > longest:
        return GiveUp(too_long(asked, longest))
    if not budget.spend(cost):
        return GiveUp("the run's budget for repeated requests is used up")
    return Resend(wait(attempt, asked, jitter))


def too_long(asked: float, longest: float) -> str:
    """The words for a wait that is not worth it."""
    return f"ARM asks to wait {asked:.0f} s, longer than the {longest:.0f} s this run waits"
