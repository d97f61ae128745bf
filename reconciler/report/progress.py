"""Progress of an apply: live lines on a terminal, one line per event elsewhere.

The room's one exception to "strings are returned": these two write to the stream they are given. Rule of
this module: a broken stream is forgotten in silence, because nobody's closed pipe may stop a write.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO, assert_never

from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.engine.outcome import (
    Event,
    Finished,
    ItemReport,
    Outcome,
    Sending,
    Sent,
    Started,
    Stopping,
    Waiting,
)
from reconciler.plan.actions import kind_of
from reconciler.plan.plan import Step
from reconciler.report.layout import seconds
from reconciler.report.style import Style

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_REPEAT_AFTER = 60.0
"""Seconds of one and the same wait after which a plain log hears of it again."""


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


def _ended(item: ItemReport, style: Style) -> str:
    """How a step ended, with the code and the request id where it did not succeed."""
    took = f" after {seconds(item.duration_ms)}" if item.duration_ms else ""
    fault = item.fault
    why = f": {style.show(fault.code)}" if fault is not None else ""
    request = (
        f" (request id {style.show(fault.request_id)})" if fault is not None and fault.request_id else ""
    )
    return f"{kind_of(item.step.action)} {item.outcome.value}{took}{why}{request}"


class PlainProgress:
    """One line per event, for build logs; a wait that goes on is told again once a minute."""

    def __init__(self, stream: TextIO, *, total: int) -> None:
        self._stream = _Calm(stream)
        self._style = Style.of(stream, colour=False)
        self._total = total
        self._done = 0
        self._waits: dict[DeploymentId, tuple[str, float]] = {}

    def notify(self, event: Event) -> None:
        """Write a line, where the event is news."""
        match event:
            case Started():
                self._say(event.step, f"{kind_of(event.step.action)} begins")
            case Sending():
                self._waits.pop(event.step.action.id, None)
            case Sent():
                request = f" (request id {self._style.show(event.request_id)})" if event.request_id else ""
                self._say(event.step, f"{event.verb} received by ARM{request}")
            case Waiting():
                self._wait(event)
            case Finished():
                self._done += 1
                self._waits.pop(event.item.step.action.id, None)
                self._say(event.item.step, _ended(event.item, self._style))
            case Stopping():
                self._line(self._style.show(str(event)))
            case _:
                assert_never(event)

    def _wait(self, event: Waiting) -> None:
        what, waited = self._waits.get(event.step.action.id, ("", 0.0))
        if what != event.what or waited >= _REPEAT_AFTER:
            told = f"waits {event.seconds:.0f} s for {self._style.show(event.what)}"
            self._say(event.step, told)
            waited = 0.0
        self._waits[event.step.action.id] = (event.what, waited + event.seconds)

    def _say(self, step: Step, told: str) -> None:
        self._line(f"{_name(step, self._style)}: {told}")

    def _line(self, told: str) -> None:
        self._stream.write(f"[{self._done}/{self._total}] {told}\n")
        self._stream.flush()


class TerminalProgress:
    """One live line per account that is being written: what it does, for how long, what it waits for.

    What did not succeed stays on the screen above the live lines. `get_time` is in seconds and only
    tests give one; without it rich's own clock draws the elapsed times.
    """

    def __init__(self, stream: TextIO, *, total: int, get_time: Callable[[], float] | None = None) -> None:
        self._stream = _Calm(stream)
        self._style = Style.of(stream)
        self._total = total
        self._get_time = get_time
        self._progress: Progress | None = None
        self._lanes: dict[AccountId, TaskID] = {}
        self._all: TaskID | None = None

    def __enter__(self) -> Self:
        from rich.console import Console  # noqa: PLC0415 -- 60 ms of import, only on a terminal
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        console = Console(
            file=self._stream,  # type: ignore[arg-type]  # rich asks for IO[str] and uses these five methods
            highlight=False,
            markup=False,
            emoji=False,
            no_color=not self._style.colour,
        )
        self._progress = Progress(
            SpinnerColumn("dots" if self._style.unicode else "line"),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            TextColumn("{task.fields[doing]}", markup=False),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            get_time=self._get_time,
            expand=False,
        )
        self._all = self._progress.add_task("apply:", total=self._total, doing=self._count(0))
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def notify(self, event: Event) -> None:
        """Change the line of the lane that the event is about."""
        match event:
            case Started():
                self._begin(event.step)
            case Sending():
                self._show(event.step, f"sends {event.verb}")
            case Sent():
                self._show(event.step, f"{event.verb} received by ARM")
            case Waiting():
                what = self._style.show(event.what)
                self._show(event.step, f"waits {event.seconds:.0f} s for {what}")
            case Finished():
                self._finish(event.item)
            case Stopping():
                self._keep(self._style.show(str(event)))
            case _:
                assert_never(event)

    def _begin(self, step: Step) -> None:
        if self._progress is None:
            return
        account = step.action.id.account
        if account not in self._lanes:
            self._lanes[account] = self._progress.add_task("", total=None, doing="")
        description = f"{kind_of(step.action)} {_name(step, self._style)}"
        lane = self._lanes[account]
        self._progress.reset(lane, description=description, visible=True, doing="looks at what is there")

    def _show(self, step: Step, doing: str) -> None:
        lane = self._lanes.get(step.action.id.account)
        if self._progress is not None and lane is not None:
            self._progress.update(lane, doing=doing)

    def _finish(self, item: ItemReport) -> None:
        if self._progress is None or self._all is None:
            return
        lane = self._lanes.get(item.step.action.id.account)
        if lane is not None:
            self._progress.update(lane, visible=False)
        self._progress.advance(self._all)
        done = int(next(task.completed for task in self._progress.tasks if task.id == self._all))
        self._progress.update(self._all, doing=self._count(done))
        if item.outcome is not Outcome.SUCCEEDED:
            told = f"{_name(item.step, self._style)}: {_ended(item, self._style)}"
            self._keep(told)

    def _keep(self, told: str) -> None:
        """A line that stays, above those that live."""
        if self._progress is not None:
            self._progress.console.print(told, soft_wrap=True)

    def _count(self, done: int) -> str:
        return f"{done} of {self._total} done"
