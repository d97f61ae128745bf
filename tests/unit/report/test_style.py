"""F-100: what a stream can show."""

import io

import pytest

from reconciler.report.style import NARROWEST, UNBROKEN, WIDEST, Style


class Terminal(io.TextIOWrapper):
    """A terminal of a given encoding."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding)

    def isatty(self) -> bool:
        return True


COLOURS: list[tuple[dict[str, str], bool | None, bool, str]] = [
    ({"TERM": "xterm"}, None, True, "a terminal"),
    ({"TERM": "xterm"}, False, False, "--no-color"),
    ({"TERM": "xterm", "NO_COLOR": "1"}, None, False, "NO_COLOR"),
    ({"TERM": "xterm", "NO_COLOR": ""}, None, True, "NO_COLOR counts only with a value"),
    ({"TERM": "xterm", "CLICOLOR": "0"}, None, False, "CLICOLOR=0"),
    ({"TERM": "dumb"}, None, False, "a terminal that can do nothing"),
    ({}, None, True, "no TERM at all"),
]


@pytest.mark.parametrize(("environ", "asked", "expected", "reason"), COLOURS)
def test_colour_needs_a_terminal_that_wants_it(
    environ: dict[str, str], asked: bool | None, expected: bool, reason: str
) -> None:
    assert Style.of(Terminal(), colour=asked, environ=environ).colour is expected, reason


def test_a_pipe_and_a_file_never_get_colour_and_never_broken_lines() -> None:
    pipe = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert Style.of(pipe, colour=True, environ={}) == Style(colour=False, unicode=True, width=UNBROKEN)
    assert Style.of(None) == Style(colour=False, unicode=True, width=UNBROKEN)


ENCODINGS = [("utf-8", True), ("UTF8", True), ("ascii", False), ("latin-1", False), ("cp1252", False)]


@pytest.mark.parametrize(("encoding", "expected"), ENCODINGS)
def test_only_a_stream_of_unicode_gets_more_than_ascii(encoding: str, expected: bool) -> None:
    assert Style.of(Terminal(encoding), environ={}).unicode is expected


def test_a_stream_without_an_encoding_gets_ascii() -> None:
    assert Style.of(io.StringIO(), environ={}).unicode is False


def test_a_closed_stream_is_no_terminal() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    stream.close()
    assert Style.of(stream, environ={}).colour is False


WIDTHS = [("0", 80), ("10", NARROWEST), ("120", 120), ("9999", WIDEST), ("x", 80)]


@pytest.mark.parametrize(("columns", "expected"), WIDTHS)
def test_a_terminals_width_is_kept_within_reason(
    monkeypatch: pytest.MonkeyPatch, columns: str, expected: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert Style.of(Terminal(), environ={}).width == expected


def test_colour_only_surrounds_the_text() -> None:
    assert Style(colour=True).paint("x", "bold", "red") == "\x1b[1;31mx\x1b[0m"
    assert Style(colour=False).paint("x", "bold", "red") == "x"


def test_characters_that_a_stream_lacks_are_shown_escaped() -> None:
    assert Style(unicode=False).show("größe…") == r"gr\xf6\xdfe..."
