"""Progress of an apply, on a terminal and in a log."""

import io
from collections.abc import Iterable

from reconciler.engine.outcome import (
    Event,
    Fault,
    Finished,
    ItemReport,
    Outcome,
    Sending,
    Sent,
    Started,
    Waiting,
)
from reconciler.plan.plan import Step
from reconciler.report.progress import PlainProgress, TerminalProgress
from tests.unit.report.terminals import Terminal
from tests.unit.report.values import create, delete, desired, observed, plan


class Broken(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, text: str, /) -> int:
        raise BrokenPipeError(text)


class Shut(Broken):
    """A terminal that has gone away."""

    def isatty(self) -> bool:
        return True


def steps() -> tuple[Step, ...]:
    return plan(create(desired("chat")), delete(observed("old", "aoai-eus2"))).steps


def ended(step: Step, outcome: Outcome = Outcome.SUCCEEDED, fault: Fault | None = None) -> Finished:
    return Finished(item=ItemReport(step=step, outcome=outcome, attempts=1, duration_ms=12_000, fault=fault))


QUOTA = Fault(code="InsufficientQuota", message="too much", status=400, request_id="abc-1")


def log_of(events: Iterable[Event]) -> list[str]:
    stream = io.StringIO()
    progress = PlainProgress(stream, total=2)
    for event in events:
        progress.notify(event)
    return stream.getvalue().splitlines()


def test_a_log_has_a_line_per_wait_and_per_end_with_names_and_request_ids() -> None:
    chat, old = steps()
    assert log_of(
        [
            Started(step=chat),
            Sending(step=chat, verb="PUT"),
            Sent(step=chat, verb="PUT", request_id="req-1"),
            Waiting(step=chat, what="its operation", seconds=10),
            ended(chat),
            Started(step=old),
            ended(old, Outcome.FAILED, QUOTA),
        ]
    ) == [
        "[0/2] aoai-swc/chat: PUT received by ARM (request id req-1), waits 10 s for its operation",
        "[1/2] aoai-swc/chat: create succeeded after 12 s",
        "[2/2] aoai-eus2/old: delete failed after 12 s: InsufficientQuota (request id abc-1)",
    ]


def test_a_long_wait_is_told_once_a_minute_and_not_at_each_poll() -> None:
    chat, _ = steps()
    waits = [Waiting(step=chat, what="its operation", seconds=20) for _ in range(10)]
    assert len(log_of(waits)) == 4


def test_another_wait_is_news() -> None:
    chat, _ = steps()
    waits = [
        Waiting(step=chat, what=what, seconds=5) for what in ("its operation", "the account", "a throttle")
    ]
    assert len(log_of(waits)) == 3


def test_f094_a_log_whose_reader_has_gone_stops_nothing() -> None:
    stream = Broken()
    progress = PlainProgress(stream, total=2)
    for step in steps():
        progress.notify(Started(step=step))
        progress.notify(ended(step))
    assert stream.getvalue() == ""


def test_f094_a_closed_stream_stops_nothing() -> None:
    stream = io.StringIO()
    progress = PlainProgress(stream, total=2)
    stream.close()
    progress.notify(Started(step=steps()[0]))
    assert stream.closed


def test_a_terminal_shows_a_line_per_account_and_what_it_waits_for() -> None:
    terminal = Terminal()
    chat, old = steps()
    with TerminalProgress(terminal, steps(), get_time=lambda: 0.0) as progress:
        progress.notify(Started(step=chat))
        progress.notify(Started(step=old))
        progress.notify(Sending(step=chat, verb="PUT"))
        progress.notify(Sent(step=chat, verb="PUT", request_id=None))
        progress.notify(Waiting(step=chat, what="its operation", seconds=10))
    assert "create aoai-swc/chat waits 10 s for its operation" in terminal.text
    assert "delete aoai-eus2/old looks at what is there" in terminal.text


def test_a_terminal_keeps_what_did_not_succeed_and_counts_what_ended() -> None:
    terminal = Terminal()
    chat, old = steps()
    with TerminalProgress(terminal, steps(), get_time=lambda: 0.0) as progress:
        progress.notify(Started(step=chat))
        progress.notify(ended(chat, Outcome.FAILED, QUOTA))
        progress.notify(Started(step=old))
        progress.notify(ended(old))
    told = "aoai-swc/chat: create failed after 12 s: InsufficientQuota (request id abc-1)"
    assert told in terminal.text
    assert "2 of 2 done" in terminal.text


def test_a_terminal_shows_names_as_text_and_not_as_markup() -> None:
    terminal = Terminal()
    step = plan(create(desired("[red]chat[/]\x1b[2J"))).steps[0]
    with TerminalProgress(terminal, [step], get_time=lambda: 0.0) as progress:
        progress.notify(Started(step=step))
    assert r"create aoai-swc/[red]chat[/]\x1b[2J" in terminal.text


def test_f094_a_terminal_that_has_gone_stops_nothing() -> None:
    chat, old = steps()
    stream = Shut()
    with TerminalProgress(stream, steps(), get_time=lambda: 0.0) as progress:
        progress.notify(Started(step=chat))
        progress.notify(ended(chat, Outcome.FAILED, QUOTA))
        progress.notify(Started(step=old))
    assert stream.getvalue() == ""


def test_events_outside_of_the_live_display_are_harmless() -> None:
    terminal = Terminal()
    progress = TerminalProgress(terminal, steps())
    progress.notify(Started(step=steps()[0]))
    progress.notify(ended(steps()[0]))
    assert terminal.text == ""
