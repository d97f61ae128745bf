"""The live lines of an apply: which accounts are shown when not all of them fit, and in how many columns.

Rule of this module: it returns no more lines than there is room for, and none that the terminal would wrap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from reconciler.domain.ids import AccountId
from reconciler.plan.plan import Step
from reconciler.report.layout import cells, counted, shortened
from reconciler.report.style import Style

_SPARE = 3
"""Columns at the end of a line, for the ^C that the terminal itself writes there."""


@dataclass(slots=True, kw_only=True)
class Lane:
    """One account. `left` counts steps that have not ended; `since` is None while none is under way."""

    left: int
    since: float | None = None
    name: str = ""
    doing: str = ""
    waiting: bool = False
    failed: bool = False

    def begin(self, name: str, now: float) -> None:
        """A step is under way."""
        self.name, self.since = name, now
        self.do("looks at what is there")

    def do(self, doing: str, *, waiting: bool = False) -> None:
        """What the step does now."""
        self.doing, self.waiting = doing, waiting

    def end(self, *, failed: bool) -> None:
        """A step has ended, and another of this account may follow."""
        self.left -= 1
        self.since = None
        self.waiting = False
        self.failed = self.failed or failed

    @property
    def state(self) -> str:
        """Where it stands, in a word or two."""
        if self.since is not None:
            return "waiting" if self.waiting else "at work"
        return "not begun" if self.left else "done"


@dataclass(slots=True)
class Lanes:
    """All accounts of a run. Lines are (text, colour)."""

    steps: Sequence[Step]
    style: Style
    by_account: dict[AccountId, Lane] = field(init=False)

    def __post_init__(self) -> None:
        counts = Counter(step.action.id.account for step in self.steps)
        self.by_account = {account: Lane(left=left) for account, left in counts.items()}

    def of(self, step: Step) -> Lane:
        """The lane of a step."""
        return self.by_account[step.action.id.account]

    def lines(self, now: float, began: float, *, columns: int, rows: int) -> list[tuple[str, str]]:
        """At most `rows` - 1: the run, then accounts where something failed, those that wait, the rest."""
        room = max(0, rows - 2)
        at_work = sorted(
            (lane for lane in self.by_account.values() if lane.since is not None),
            key=lambda lane: (not lane.failed, not lane.waiting, lane.since),
        )
        shown = at_work if len(at_work) <= room else at_work[: max(0, room - 1)]
        total = len(self.steps)
        done = total - sum(lane.left for lane in self.by_account.values())
        width = max(1, columns - _SPARE)
        lines = [(self._cut(f"{_clock(now - began)} apply: {done} of {total} done", width), "bold")]
        lines += [(self._line(lane, now, width), "red" if lane.failed else "") for lane in shown]
        if len(shown) < len(at_work) and room:
            lines.append((self._cut(self._others(shown), width), "dim"))
        return lines

    def _line(self, lane: Lane, now: float, width: int) -> str:
        """The middle of the name gives way first, then the end of the line."""
        clock = _clock(now - (now if lane.since is None else lane.since))
        room = width - cells(clock) - 2
        name = max(room - cells(lane.doing), room // 3, 1)
        return self._cut(
            f"{clock} {shortened(lane.name, name, ellipsis=self.style.ellipsis)} {lane.doing}", width
        )

    def _others(self, shown: Sequence[Lane]) -> str:
        hidden = [lane for lane in self.by_account.values() if not any(lane is one for one in shown)]
        states = Counter(lane.state for lane in hidden)
        told = ", ".join(
            f"{states[state]} {state}"
            for state in ("at work", "waiting", "not begun", "done")
            if states[state]
        )
        return f"{self.style.ellipsis} and {counted(len(hidden), 'more account')}: {told}"

    def _cut(self, text: str, width: int) -> str:
        """The beginning of `text`, in at most `width` columns."""
        if cells(text) <= width:
            return text
        end = self.style.ellipsis if width > cells(self.style.ellipsis) else ""
        while text and cells(text) > width - cells(end):
            text = text[:-1]
        return text + end


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=int(seconds)))
