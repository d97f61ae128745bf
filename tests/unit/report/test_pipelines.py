"""A plan for build systems, and pages that are cut to what those take."""

import re

import pytest

from reconciler.report.diagnostics import render_markdown
from reconciler.report.markdown import fitted
from reconciler.report.plan import render_github, render_gitlab
from reconciler.report.plan import render_markdown as plan_page
from tests.unit.report.findings import CHAT, NOTHING, at, finding
from tests.unit.report.values import (
    EVIL,
    adopt,
    blocked,
    change,
    create,
    delete,
    desired,
    observed,
    plan,
    refusal,
    replacement,
    update,
)

WHOLE = "The run has everything."


def test_a_replacement_is_a_deletion_and_a_creation_for_gitlab() -> None:
    made = plan(
        create(desired("a")),
        update(desired("b"), observed("b")),
        replacement(desired("c"), observed("c")),
        delete(observed("d")),
        adopt(desired("e"), observed("e")),
    )
    assert render_gitlab(made) == {"create": 2, "update": 2, "delete": 2}


def test_refusals_and_blocked_deployments_are_annotations_with_their_fix() -> None:
    made = plan(blocked(desired("chat")), refusals=(refusal(),), diagnostics=(finding(at(5, 19, 21)),))
    lines = render_github(made, CHAT).splitlines()
    assert len(lines) == 3
    assert all(line.startswith("::error ") for line in lines)
    assert any("aoai-swc/chat is blocked" in line for line in lines)
    assert any("fix: " in line for line in lines)
    assert any("file=chat.yaml,line=5," in line for line in lines)


def test_annotations_are_at_most_ten_and_the_tenth_counts_the_rest() -> None:
    lines = render_github(plan(*(blocked(desired(f"d-{n}")) for n in range(40))), NOTHING).splitlines()
    assert len(lines) == 10
    assert "and 31 more (31 errors)" in lines[-1]


def test_a_plan_with_nothing_to_complain_of_has_no_annotation() -> None:
    assert render_github(plan(create(desired("a"))), NOTHING) == ""


def test_a_page_that_fits_stays_as_it_is() -> None:
    assert fitted("short\n", 100, WHOLE) == "short\n"


@pytest.mark.parametrize("limit", [200, 300, 777, 5_000, 65_000])
@pytest.mark.parametrize("evil", ["", EVIL, "é" * 200])
def test_a_page_is_cut_between_lines_and_leaves_nothing_open(limit: int, evil: str) -> None:
    """F-131: an open code block or fold would swallow what stands below."""
    page = plan_page(
        plan(*(create(desired(f"{evil}{n}", f"a-{n % 40}"), change("x", None, n)) for n in range(900))),
        max_bytes=10**9,
    )
    cut = fitted(page, limit, WHOLE)
    assert len(cut.encode()) <= limit
    missing = page.count("\n") - kept(cut, page)
    assert f"**Cut to fit:** {missing:,} lines not shown here. {WHOLE}" in cut
    outside, fence, folds = [], "", 0
    for line in cut.splitlines():
        if fence:
            fence = "" if line == fence else fence
        elif mark := re.match("`{3,}", line):
            fence = mark.group()
        else:
            outside.append(line)
            folds += line.startswith("<details") - line.startswith("</details>")
    assert (fence, folds) == ("", 0)
    assert outside[-1].endswith(WHOLE)


def kept(cut: str, page: str) -> int:
    """How many lines the two have in common from the start."""
    pairs = zip(cut.splitlines(), page.splitlines(), strict=False)
    return next(number for number, (one, other) in enumerate(pairs) if one != other)


def test_invalid_manifests_are_a_page_with_the_worst_first_and_nothing_of_a_stranger_outside_code() -> None:
    page = render_markdown([finding(message=EVIL, code="evil"), finding(at(5, 19, 21))], CHAT)
    assert page.startswith("## Manifests\n\n**Invalid:** 2 errors")
    prose = re.sub(r"(`{3,})\n.*?\n\1", "", page, flags=re.DOTALL)
    assert "@team" not in prose
    assert "<img" not in prose
    assert "chat.yaml:5:19" in prose


def test_a_long_list_of_findings_is_counted() -> None:
    page = render_markdown([finding(at(n, 1, 2)) for n in range(1, 61)], CHAT)
    assert "**Cut to fit:** 10 more not shown here." in page
