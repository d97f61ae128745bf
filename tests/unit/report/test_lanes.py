"""Which accounts of an apply a terminal shows, and that none of its lines is wrapped or scrolled."""

import io
from collections.abc import Sequence
from typing import TextIO, cast

import pytest

from reconciler.engine.outcome import Finished, ItemReport, Outcome, Started, Waiting
from reconciler.plan.plan import Step
from reconciler.report.layout import cells
from reconciler.report.progress import Lanes, TerminalProgress
from reconciler.report.style import Style
from tests.unit.report.terminals import Terminal
from tests.unit.report.values import create, desired, plan


def fleet(accounts: int, *names: str) -> tuple[Step, ...]:
    names = names or ("chat",)
    return plan(
        *(create(desired(name, f"acc-{number:02d}")) for number in range(accounts) for name in names)
    ).steps


def lines(lanes: Lanes, *, columns: int = 80, rows: int = 10, now: float = 60.0) -> list[str]:
    return [text for text, _ in lanes.lines(now, 0.0, columns=columns, rows=rows)]


def begun(steps: Sequence[Step]) -> Lanes:
    """All accounts at work, the first since longest."""
    lanes = Lanes(steps, Style())
    for second, step in enumerate(steps):
        lanes.of(step).begin(f"create {step.action.id.account.name}/chat", float(second))
    return lanes


def test_accounts_that_fit_are_all_shown_and_nobody_is_counted() -> None:
    shown = lines(begun(fleet(8)), rows=10)
    assert len(shown) == 9
    assert "more" not in shown[-1]


def test_accounts_without_room_are_counted_in_the_last_line_by_what_they_do() -> None:
    steps = fleet(40)
    lanes = begun(steps[:30])
    lanes.steps, lanes.by_account = steps, Lanes(steps, Style()).by_account | lanes.by_account
    for step in steps[20:25]:
        lanes.of(step).do("waits", waiting=True)
    lanes.of(steps[29]).end(failed=False)
    shown = lines(lanes, rows=10)
    assert len(shown) == 9, "one row stays free, so that nothing scrolls"
    assert shown[0] == "0:01:00 apply: 1 of 40 done"
    assert shown[-1] == "… and 33 more accounts: 22 at work, 10 not begun, 1 done"


def test_failing_accounts_come_first_then_those_that_wait_then_those_at_work_longest() -> None:
    steps = fleet(6, "chat", "mini")
    lanes = Lanes(steps, Style())
    first, second = steps[::2], steps[1::2]
    for now, step in enumerate(first):
        lanes.of(step).begin(step.action.id.account.name, float(now))
    lanes.of(first[4]).end(failed=True)
    lanes.of(second[4]).begin("acc-04 again", 50.0)
    lanes.of(first[2]).do("waits", waiting=True)
    lanes.of(first[3]).do("waits", waiting=True)
    assert [line.split()[1] for line in lines(lanes)[1:]] == [
        "acc-04",
        "acc-02",
        "acc-03",
        "acc-00",
        "acc-01",
        "acc-05",
    ]
    assert lanes.lines(60.0, 0.0, columns=80, rows=10)[1][1] == "red"


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 7, 12, 20, 33, 50, 200])
@pytest.mark.parametrize(
    "name", ["aoai-contoso-with-a-long-name", "アカウント" * 8, "é" * 60], ids=["plain", "wide", "accents"]
)
def test_no_line_is_as_wide_as_the_terminal_whatever_the_names(columns: int, name: str) -> None:
    """Three columns stay for the ^C that the terminal writes itself."""
    lanes = begun(fleet(30))
    for step in lanes.steps:
        lanes.of(step).begin(f"create {name}/chat", 0.0)
        lanes.of(step).do("waits 10 s for its operation", waiting=True)
    assert all(cells(line) <= max(1, columns - 3) for line in lines(lanes, columns=columns))


def test_a_narrow_line_keeps_its_time_both_ends_of_the_name_and_what_is_done() -> None:
    lanes = begun(fleet(1))
    lanes.of(lanes.steps[0]).begin("create aoai-contoso-sweden/support-tuned", 0.0)
    lanes.of(lanes.steps[0]).do("waits 3 s for its operation", waiting=True)
    assert lines(lanes, columns=60)[1] == "0:01:00 create aoa…port-tuned waits 3 s for its operation"


@pytest.mark.parametrize("rows", range(8))
def test_a_terminal_of_a_few_rows_gets_fewer_lines_than_rows_and_one_at_least(rows: int) -> None:
    assert len(lines(begun(fleet(30)), rows=rows)) <= max(1, rows - 1)
    assert lines(begun(fleet(30)), rows=rows)[0].startswith("0:01:00 apply: 0 of 30")


class Screen(io.TextIOBase):
    """A terminal: what it shows after it was drawn on; it wraps, and wraps anew when it becomes narrower."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.columns, self.lines = 80, [""]
        self.row = self.column = 0

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        rest = text
        while rest:
            rest = self._control(rest) if rest[0] in "\x1b\r\n" else self._put(rest)
        return len(text)

    def narrow(self, columns: int) -> None:
        wrapped: list[str] = []
        for line in self.lines:
            wrapped += [line[at : at + columns] for at in range(0, max(1, len(line)), columns)]
        self.columns, self.lines = columns, wrapped
        self.row, self.column = len(wrapped) - 1, len(wrapped[-1])

    def _put(self, text: str) -> str:
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[: self.column] + text[0] + line[self.column + 1 :]
        self.column += 1
        return text[1:]

    def _control(self, text: str) -> str:
        if text[0] == "\r":
            self.column = 0
            return text[1:]
        if text[0] == "\n":
            self.row, self.column = self.row + 1, 0
            self.lines += [""] * (self.row + 1 - len(self.lines))
            return text[1:]
        end = next(at for at, one in enumerate(text) if one.isalpha())
        if text[end] == "A":
            self.row = max(0, self.row - int(text[2:end]))
        if text[end] == "K":
            self.lines[self.row] = ""
        return text[end + 1 :]


def test_a_terminal_that_becomes_narrower_during_the_run_keeps_no_leftovers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"COLUMNS": "80", "LINES": "12", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    screen, steps = Screen(), fleet(30)
    stream = cast("TextIO", screen)
    with TerminalProgress(stream, steps, get_time=lambda: 0.0) as progress:
        for step in steps:
            progress.notify(Started(step=step))
            progress.notify(Waiting(step=step, what="its operation", seconds=10))
        foot = progress._foot
        assert foot is not None
        foot.refresh()
        assert sum("waits" in line for line in screen.lines) == 9
        monkeypatch.setenv("COLUMNS", "30")
        foot.console._width = 30  # it reads the variable when it is made
        screen.narrow(30)
        foot.refresh()
        drawn = [line for line in screen.lines if line]
        assert len(drawn) == 11, drawn
        assert sum("apply:" in line for line in drawn) == 1
    assert [line for line in screen.lines if line] == []


def test_forty_accounts_in_fifteen_rows_are_a_header_twelve_accounts_and_the_rest_in_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LINES", "15")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    terminal, steps = Terminal(), fleet(40)
    with TerminalProgress(terminal, steps, get_time=lambda: 0.0) as progress:
        for step in steps:
            progress.notify(Started(step=step))
        failed = ItemReport(step=steps[0], outcome=Outcome.FAILED, attempts=1)
        progress.notify(Finished(item=failed))
    assert "… and 28 more accounts: 27 at work, 1 done" in terminal.text
    assert "acc-00/chat: create failed" in terminal.text
