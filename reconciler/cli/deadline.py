"""How long a command may take, counted from the start of its process.

Imports and manifests count too: a job that gives a command a minute means the minute on the wall.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

READING = 600.0
"""Seconds that a command which only reads has, unless `--timeout` says otherwise."""

WRITING = 3600.0
"""Seconds that an apply has, beside what its migrations take (`reconciler.plan.migration.lasting`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """`seconds` from `started`, a monotonic instant; `given` by the user, or the command's own."""

    seconds: float
    started: float
    given: bool

    def left(self, now: float) -> float:
        """Seconds from `now` on; never negative."""
        return max(0.0, self.started + self.seconds - now)

    def without(self, seconds: float) -> Deadline:
        """Less what a person took to answer, unless the limit is the person's own."""
        return self if self.given else replace(self, started=self.started + seconds)

    def longer(self, seconds: float) -> Deadline:
        """With more time for a plan that is known to take it, unless the limit is the person's own."""
        return self if self.given else replace(self, seconds=self.seconds + seconds)

    def __str__(self) -> str:
        text = f"the time limit of {self.seconds:g} s"
        return text if self.given else f"{text}, this command's own"
