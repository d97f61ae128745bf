"""What a stranger wrote is shown and is never obeyed."""

import io
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics import Diagnostic, Place, Related, Severity, Span
from reconciler.engine.outcome import ApplyReport, Fault, ItemReport, Outcome, Sent, Started, Waiting
from reconciler.engine.stop import Cause as Stopped
from reconciler.engine.stop import Interruption
from reconciler.report import apply, diagnostics, drift, show
from reconciler.report.markdown import markdown_inert
from reconciler.report.plan import render_markdown, render_text
from reconciler.report.progress import PlainProgress
from reconciler.report.style import Style, inert, json_text, masked
from tests.unit.report.hostile import ANYTHING, evil_drift, evil_plan, obeyed
from tests.unit.report.values import (
    EVIL,
    drift_markdown,
    fleet,
    observed,
)

PLAIN = Style(width=80)


def evil_report(text: str) -> ApplyReport:
    of = evil_plan(text)
    fault = Fault(code=text, message=text, status=400, request_id=text, fix=text)
    items = tuple(
        ItemReport(step=step, outcome=Outcome.UNKNOWN, attempts=2, fault=fault, note=text)
        for step in of.writes
    )
    return ApplyReport(plan=of, items=items, interrupted=Interruption(cause=Stopped.TIME_LIMIT, words=text))


class OneLine:
    """A file whose every line is the stranger's text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def span(self, place: Place) -> Span | None:
        del place
        return Span(line=1, column=2, end_line=1, end_column=5)

    def line(self, file: str, line_no: int) -> str | None:
        del file, line_no
        return self._text


def evil_diagnostic(text: str) -> Diagnostic:
    place = Place(file=text, route=(text,))
    return Diagnostic(
        code=text,
        severity=Severity.ERROR,
        message=text,
        place=place,
        label=text,
        source=text,
        fix=text,
        related=(Related(message=text, place=place),),
    )


def everything_shown(text: str, style: Style) -> str:
    """Every text output of the room, with `text` wherever a stranger's text can be."""
    there = fleet(
        observed(text, text, model=text, version=text, sku=text, state=text, tags={"reconciler-fleet": text}),
        unreadable=text,
        missing=text,
    )
    return "\n".join(
        [
            render_text(evil_plan(text), style=style, verbose=True, alias_of=lambda _: text),
            apply.render_text(evil_report(text), style=style, alias_of=lambda _: text),
            drift.render_text(evil_drift(text), style=style, alias_of=lambda _: text, show_people=True),
            show.render_text(there, style=style),
            diagnostics.render_text([evil_diagnostic(text)], OneLine(text), style=style),
            progress_of(text),
        ]
    )


def progress_of(text: str) -> str:
    stream = io.StringIO()
    progress = PlainProgress(stream, total=3)
    step = evil_plan(text).steps[0]
    progress.notify(Started(step=step))
    progress.notify(Sent(step=step, verb="PUT", request_id=text))
    progress.notify(Waiting(step=step, what=text, seconds=5))
    return stream.getvalue()


def test_f130_control_ansi_bidi_and_zero_width_characters_are_shown_escaped() -> None:
    assert inert("a\x1b[31m\x07\u202e\u200b\ufeff\r\n\t\x7f\x85") == (
        r"a\x1b[31m\x07\u202e\u200b\ufeff\r\n\t\x7f\x85"
    )


@pytest.mark.parametrize(
    "blank", ["\u3164", "\u115f", "\u2800", "\ufe0f", "\u034f", "\U000e0101", "\xad", "\xa0"]
)
def test_f130_characters_that_are_drawn_as_nothing_are_shown_escaped(blank: str) -> None:
    assert inert(f"a{blank}b").isascii()


def test_letters_of_every_script_stay_as_they_are() -> None:
    assert inert("größe 模型 модель 🚀") == "größe 模型 модель 🚀"


@pytest.mark.parametrize("style", [PLAIN, Style(width=200), Style(width=40, unicode=False)])
def test_f130_and_f132_no_text_output_obeys_a_stranger(style: Style) -> None:
    assert obeyed(everything_shown(EVIL, style)) == []


@given(ANYTHING)
def test_f130_and_f132_no_text_output_obeys_whatever_is_written(text: str) -> None:
    assert obeyed(everything_shown(text, PLAIN)) == []


@given(ANYTHING)
def test_output_for_ascii_is_ascii_whatever_is_written(text: str) -> None:
    """F-130."""
    assert everything_shown(text, Style(width=80, unicode=False)).isascii()


@given(ANYTHING)
def test_f132_no_line_of_markdown_is_an_order(text: str) -> None:
    pages = [render_markdown(evil_plan(text)), drift_markdown(evil_drift(text))]
    pages.append(show.render_markdown(fleet(observed(text, text), unreadable=text)))
    assert [line for page in pages for line in obeyed(page)] == []


@given(ANYTHING)
def test_f132_an_annotation_is_one_line_whatever_is_written(text: str) -> None:
    lines = diagnostics.render_github([evil_diagnostic(text)], OneLine(text)).split("\n")
    assert len(lines) == 2
    assert lines[0].startswith("::error file=")
    assert lines[0].isprintable()
    assert lines[0].removeprefix("::error ").partition("::")[0].count(",") == 5


@given(ANYTHING)
def test_f131_a_code_span_holds_its_text_and_nothing_ends_it_early(text: str) -> None:
    span = markdown_inert(text)
    if not text:
        assert span == ""
        return
    match = re.fullmatch(r"(`+)(.*?[^`])\1", span)
    assert match is not None
    assert match[1] not in re.findall("`+", match[2])
    assert "|" not in span


def test_f131_a_code_span_reads_as_what_it_holds() -> None:
    assert markdown_inert("@team <b>") == "`@team <b>`"
    assert markdown_inert("a`b``c") == "```a`b``c```"
    assert markdown_inert("`a") == "`` `a ``"
    assert markdown_inert("a|b") == r"`a\x7cb`"


@given(st.dictionaries(ANYTHING, st.lists(ANYTHING | st.integers() | st.none(), max_size=3), max_size=3))
def test_json_is_exact_and_inert(document: Any) -> None:  # noqa: ANN401 -- any JSON
    """F-130, F-132."""
    text = json_text(document)
    assert json.loads(text) == document
    assert text.isascii()
    assert obeyed(text) == []


PEOPLE = [
    ("alice@contoso.com", "a…@contoso.com", "a person's address"),
    ("bob_contoso.com#EXT#@x.onmicrosoft.com", "b…@x.onmicrosoft.com", "a guest's name"),
    ("3f1b1c1e-0000-0000-0000-00000000abcd", "3f1b1c1e-0000-0000-0000-00000000abcd", "an application"),
    ("@x", "…@x", "nothing before the sign"),
]


@pytest.mark.parametrize(("who", "expected", "reason"), PEOPLE)
def test_f129_addresses_are_masked_and_ids_are_not(who: str, expected: str, reason: str) -> None:
    assert masked(who) == expected, reason
