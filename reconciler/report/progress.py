"""Progress: live lines on a terminal, one line per event elsewhere.

The room's one exception to "strings are returned": these write to the stream they are given. Rule of this
module: a broken stream is forgotten in silence, because nobody's closed pipe may stop a write; and there are
never more live lines than there is room for, nor any that the terminal would wrap.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO, assert_never

from reconciler.diagnostics import counted
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.engine import outcome
from reconciler.plan.plan import Step
from reconciler.report.layout import cells, seconds, shortened
from reconciler.report.style import Style

if TYPE_CHECKING:
    from reconciler.report.live import Foot

_REPEAT_AFTER = 60.0
"""Seconds of one and the same wait after which a plain log hears of it again."""

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
        hidden = [lane for lane in self.by_account.values() if not any(lane is item for item in shown)]
        states = Counter(lane.state for lane in hidden)
        text = ", ".join(
            f"{states[state]} {state}"
            for state in ("at work", "waiting", "not begun", "done")
            if states[state]
        )
        return f"{self.style.ellipsis} and {counted(len(hidden), 'more account')}: {text}"

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


# -- streams -------------------------------------------------------------------------------------------


class _Calm:
    """A stream that swallows what the reader no longer takes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._open = True

    @property
    def encoding(self) -> str:
        """The stream's own encoding."""
        return self._stream.encoding or "ascii"

    def write(self, text: str) -> int:
        """Write, or lose the text."""
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush, if anybody is there."""
        self._try(self._stream.flush)

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        with contextlib.suppress(ValueError):
            return self._stream.isatty()
        return False

    def fileno(self) -> int:
        """The stream's descriptor, from which a terminal's size is read."""
        return self._stream.fileno()

    def _try(self, act: Callable[[], object]) -> None:
        if not self._open:
            return
        try:
            act()
        except (OSError, ValueError):
            self._open = False


def _name(step: Step, style: Style) -> str:
    return f"{style.show(step.action.id.account.name)}/{style.show(step.action.id.name)}"


def _ended(item: outcome.ItemReport, style: Style) -> str:
    """How a step ended, with the code and the request id where it did not succeed."""
    took = f" after {seconds(item.duration_ms)}" if item.duration_ms else ""
    fault = item.fault
    why = f": {style.show(fault.code)}" if fault is not None else ""
    request = f" (request id {style.show(fault.request_id)})" if fault and fault.request_id else ""
    return f"{item.step.action.kind} {item.outcome.value}{took}{why}{request}"


class PlainProgress:
    """For build logs: a line when a step ends, and one when it waits, which is told again once a minute."""

    def __init__(self, stream: TextIO, *, total: int) -> None:
        self._stream = _Calm(stream)
        self._style = Style.of(stream, colour=False)
        self._total = total
        self._done = 0
        self._waits: dict[DeploymentId, tuple[str, float]] = {}
        self._sent: dict[DeploymentId, str] = {}

    def notify(self, event: outcome.Event) -> None:
        """Write a line, where the event is news."""
        match event:
            case outcome.Started():
                pass
            case outcome.Sending():
                self._waits.pop(event.step.action.id, None)
            case outcome.Sent():
                request = f" (request id {self._style.show(event.request_id)})" if event.request_id else ""
                self._sent[event.step.action.id] = f"{event.verb} received by ARM{request}, "
            case outcome.Waiting():
                self._wait(event)
            case outcome.Finished():
                self._done += 1
                step = event.item.step
                self._waits.pop(step.action.id, None)
                self._sent.pop(step.action.id, None)
                self._line(f"{_name(step, self._style)}: {_ended(event.item, self._style)}")
            case outcome.Stopping():
                self._line(self._style.show(str(event)))
            case _:
                assert_never(event)

    def _wait(self, event: outcome.Waiting) -> None:
        what, waited = self._waits.get(event.step.action.id, ("", 0.0))
        if what != event.what or waited >= _REPEAT_AFTER:
            text = f"waits {event.seconds:.0f} s for {self._style.show(event.what)}"
            sent = self._sent.pop(event.step.action.id, "")
            self._line(f"{_name(event.step, self._style)}: {sent}{text}")
            waited = 0.0
        self._waits[event.step.action.id] = (event.what, waited + event.seconds)

    def _line(self, text: str) -> None:
        self._stream.write(f"[{self._done}/{self._total}] {text}\n")
        self._stream.flush()


class TerminalProgress:
    """One live line per account that is being written: what it does, for how long, what it waits for.

    What did not succeed stays on the screen above the live lines. Accounts for which the terminal has no rows
    are counted in the last one. `get_time` is in seconds and only tests give one.
    """

    def __init__(
        self, stream: TextIO, steps: Sequence[Step], *, get_time: Callable[[], float] | None = None
    ) -> None:
        self._stream = _Calm(stream)
        self._style = Style.of(stream)
        self._lanes = Lanes(steps, self._style)
        self._get_time = get_time
        self._foot: Foot | None = None
        self._began = 0.0

    def __enter__(self) -> Self:
        from reconciler.report.live import Foot  # rich: 60 ms of import, only on a terminal

        foot = Foot(
            self._stream,  # type: ignore[arg-type]  # rich asks for IO[str] and uses these five methods
            lambda now, columns, rows: self._lanes.lines(now, self._began, columns=columns, rows=rows),
            colour=self._style.colour,
            get_time=self._get_time,
        )
        self._began = foot.console.get_time()
        self._foot = foot.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._foot is not None:
            self._foot.__exit__(kind, error, trace)
            self._foot = None

    def notify(self, event: outcome.Event) -> None:
        """Change the line of the lane that the event is about."""
        if self._foot is None:
            return
        match event:
            case outcome.Started(step=step):
                name = f"{step.action.kind} {_name(step, self._style)}"
                self._lanes.of(step).begin(name, self._foot.console.get_time())
            case outcome.Sending():
                self._lanes.of(event.step).do(f"sends {event.verb}")
            case outcome.Sent():
                self._lanes.of(event.step).do(f"{event.verb} received by ARM")
            case outcome.Waiting():
                text = f"waits {event.seconds:.0f} s for {self._style.show(event.what)}"
                self._lanes.of(event.step).do(text, waiting=True)
            case outcome.Finished(item=item):
                failed = item.outcome is not outcome.Outcome.SUCCEEDED
                self._lanes.of(item.step).end(failed=failed)
                if failed:
                    self._foot.keep(f"{_name(item.step, self._style)}: {_ended(item, self._style)}")
            case outcome.Stopping():
                self._foot.keep(self._style.show(str(event)))
            case _:
                assert_never(event)
