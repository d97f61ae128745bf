"""Progress of an apply, on stderr: live lines on a terminal, one line per event elsewhere.

The room's one exception to "returns strings": these two write to the stream they are given, and forget
it when it breaks, because nobody's closed pipe may stop a write.
"""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO, assert_never

from reconciler.domain.ids import AccountId
from reconciler.engine.outcome import Event, Finished, Sending, Sent, Started, Waiting
from reconciler.plan.actions import kind_of
from reconciler.plan.plan import Step
from reconciler.report.style import inert

if TYPE_CHECKING:
    from rich.live import Live


def _name(step: Step) -> str:
    return f"{inert(step.action.id.account.name)}/{inert(step.action.id.name)}"


def _phase(event: Event) -> str:
    match event:
        case Started():
            return "looking"
        case Sending():
            return f"{event.verb} ..."
        case Sent():
            return f"{event.verb} accepted" + (
                f" (request {inert(event.request_id)})" if event.request_id else ""
            )
        case Waiting():
            return f"waits {event.seconds:.0f} s for {inert(event.what)}"
        case Finished():
            return event.item.outcome.value
        case _:
            assert_never(event)


class PlainProgress:
    """One line per start, wait and end; for CI logs."""

    def __init__(self, stream: TextIO, *, total: int) -> None:
        self._stream: TextIO | None = stream
        self._total = total
        self._done = 0

    def notify(self, event: Event) -> None:
        """Write a line where the event is worth one."""
        match event:
            case Finished():
                self._done += 1
                item = event.item
                took = f" after {item.duration_ms / 1000:.1f} s"
                self._say(f"[{self._done}/{self._total}] {_name(item.step)}: {item.outcome.value}{took}")
            case Started():
                self._say(f"{_name(event.step)}: {kind_of(event.step.action)} begins")
            case Waiting():
                self._say(f"{_name(event.step)}: {_phase(event)}")
            case Sending() | Sent():
                return
            case _:
                assert_never(event)

    def _say(self, line: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = None


class TerminalProgress:
    """One line per account that is being written, kept up to date in place."""

    def __init__(self, stream: TextIO, *, total: int) -> None:
        self._stream = stream
        self._total = total
        self._done = 0
        self._lanes: dict[AccountId, str] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        from rich.console import Console  # noqa: PLC0415 -- 60 ms, only on a terminal
        from rich.live import Live  # noqa: PLC0415

        console = Console(file=self._stream, highlight=False)
        self._live = Live(console=console, refresh_per_second=8, transient=True)
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del kind, error, trace
        if self._live is not None:
            with contextlib.suppress(OSError, ValueError):
                self._live.stop()
            self._live = None

    def notify(self, event: Event) -> None:
        """Redraw the lane that the event is about."""
        step = event.item.step if isinstance(event, Finished) else event.step
        account = step.action.id.account
        if isinstance(event, Finished):
            self._done += 1
            self._lanes.pop(account, None)
        else:
            self._lanes[account] = f"{_name(step)}: {kind_of(step.action)}, {_phase(event)}"
        self._draw()

    def _draw(self) -> None:
        if self._live is None:
            return
        from rich.text import Text  # noqa: PLC0415

        lines = [f"{self._done} of {self._total} done", *(self._lanes[one] for one in sorted(self._lanes))]
        with contextlib.suppress(OSError, ValueError):
            self._live.update(Text("\n".join(lines)))
