"""The plan as Markdown."""

import re

import pytest

from reconciler.diagnostics import Diagnostic, Place, Severity
from reconciler.report.plan import render_markdown
from tests.unit.report.golden_text import as_golden
from tests.unit.report.samples import everything, thousand
from tests.unit.report.values import (
    ALIASES,
    EVIL,
    blocked,
    change,
    create,
    delete,
    desired,
    keep,
    observed,
    plan,
    refusal,
)


def test_a_plan_of_every_kind_reads_as_in_the_golden_text() -> None:
    assert as_golden("plan.md", render_markdown(everything(), units=thousand, alias_of=ALIASES.get))


def test_the_first_line_is_a_comment_by_which_a_job_finds_what_it_wrote() -> None:
    first = render_markdown(plan()).splitlines()[0]
    assert first == "<!-- reconciler plan fleet=contoso fingerprint=sha256:0123abcd -->"


def test_what_destroys_comes_before_everything_else_that_changes() -> None:
    text = render_markdown(plan(create(desired("fresh"), change("x", None, 1)), delete(observed("old"))))
    assert text.index("Deleted or replaced") < text.index("<details open>")


def test_a_plan_with_nothing_to_do_says_so_in_one_sentence() -> None:
    text = render_markdown(plan(keep(observed("a"), desired("a"))))
    assert "Nothing to do: 1 declared deployment in sync." in text
    assert "<details" not in text


def test_warnings_about_the_manifests_are_listed() -> None:
    found = Diagnostic(
        code="model-retired", severity=Severity.WARNING, message="gone", place=Place(file="a.yaml")
    )
    assert "warning `model-retired` in `a.yaml`: `gone`" in render_markdown(plan(diagnostics=(found,)))


@pytest.mark.parametrize("limit", [2_000, 10_000, 65_000])
def test_a_huge_plan_is_cut_and_says_what_was_cut(limit: int) -> None:
    actions = [
        action
        for number in range(300)
        for action in (
            create(desired("chat", f"aoai-{number:04}"), change("x", None, f"{number}{'y' * 500}")),
            blocked(desired("swap", f"aoai-{number:04}"), explanation=f"{number}{'é' * 400}"),
            delete(observed("old", f"aoai-{number:04}", capacity=number)),
        )
    ]
    text = render_markdown(
        plan(*actions, refusals=tuple(refusal(message="m" * 900) for _ in range(200))), max_bytes=limit
    )
    assert len(text.encode()) <= limit
    assert "Plan: 300 to create, 300 to delete; 300 blocked." in text
    cut = re.search(r"\*\*Cut to fit:\*\* (.*) not shown here", text)
    assert cut is not None
    shown = text.count("<details>")
    assert f"{300 - shown} blocks" in cut[1]


def test_what_fits_is_not_called_cut() -> None:
    assert "Cut to fit" not in render_markdown(everything())


def outside_of_code(markdown: str) -> str:
    """What is left of a text when fenced blocks, code spans, `code` elements and our own tags are gone."""
    text = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", markdown)
    text = re.sub(r"(?s)<summary><code>[^<>]*</code></summary>", "", text)
    text = re.sub(r"(?s)(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", text)
    return re.sub(r"</?details( open)?>|<!-- [\w .:=-]* -->", "", text)


def test_nothing_of_a_stranger_stands_outside_of_code() -> None:
    evil = plan(
        create(desired(EVIL, EVIL), change(EVIL, None, EVIL)),
        blocked(desired("b" + EVIL, EVIL), explanation=EVIL, fix=EVIL),
        delete(observed("c" + EVIL, EVIL)),
        fleet=EVIL,
        recorded=EVIL,
        refusals=(refusal(code=EVIL, message=EVIL),),
        diagnostics=(
            Diagnostic(code="x", severity=Severity.ERROR, message=EVIL, place=Place(file=EVIL + ".yaml")),
        ),
    )
    text = render_markdown(evil)
    left = outside_of_code(text)
    for piece in ("<img", "@team", "http", "![", "](", "::error", "owned", "-->", "##"):
        assert piece not in left.replace("## Plan", ""), piece
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_f131_a_huge_plan_of_hostile_text_is_cut_to_what_github_takes_and_stays_code() -> None:
    actions = [
        action
        for number in range(1_000)
        for action in (
            create(desired(f"c{EVIL}", f"{number:04}{EVIL}"), change(EVIL, None, EVIL)),
            blocked(desired(f"b{EVIL}", f"{number:04}{EVIL}"), explanation=EVIL * 3, fix=EVIL),
            delete(observed(f"d{EVIL}", f"{number:04}{EVIL}")),
        )
    ]
    text = render_markdown(
        plan(*actions, fleet=EVIL, refusals=(refusal(EVIL, EVIL),) * 20), alias_of=lambda _: EVIL
    )
    assert len(text) <= 65_000
    assert len(text.encode()) <= 65_000
    assert "**Cut to fit:**" in text
    left = outside_of_code(text)
    for piece in ("<", "@team", "http", "![", "](", "::error", "owned", "##vso", "##["):
        assert piece not in left, piece


def test_a_fence_is_longer_than_any_run_of_backticks_inside() -> None:
    text = render_markdown(plan(create(desired("a"), change("x", None, "`" * 7))))
    assert "\n````````diff\n" in text
