"""Tables on terminals of 80 and 200 columns: long names are moved to a line of their own."""

import re

import pytest

from reconciler.plan.lifespan import Lifespan
from reconciler.plan.plan import Holder, Verdict
from reconciler.report import lifecycle, quota, show
from reconciler.report.layout import cells, paragraph, shortened, stacked
from reconciler.report.style import UNBROKEN, Style
from tests.unit.report.samples import ASKED, TODAY, lifespan
from tests.unit.report.values import ALIASES, fleet, named, observed, pool

LONG = "a-deployment-of-the-customer-service-team-in-the-nordic-countries"
TUNED = "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef-customer-service"
WIDTHS = pytest.mark.parametrize("width", [80, 200])


def lifecycle_text(width: int, *lifespans: Lifespan) -> str:
    asked = lifecycle.Asked(today=TODAY, known_to="2026-11-22")
    return lifecycle.render_text(lifespans, asked, style=Style(width=width))


@WIDTHS
def test_no_line_of_a_list_is_wider_than_the_terminal(width: int) -> None:
    style = Style(width=width)
    there = fleet(
        observed(LONG, LONG[:60], model=TUNED, sku="DataZoneProvisionedManaged", tags={}),
        observed("chat", tags={"reconciler-fleet": "a-fleet-with-a-rather-long-name-of-forty"}),
    )
    pools = (
        pool(
            "OpenAI.DataZoneStandard.gpt-4o-mini-transcribe-diarize-preview-finetune",
            holders=tuple(Holder(id=named(f"{LONG[:40]}-{number}"), capacity=10) for number in range(9)),
            verdict=Verdict.EXCEEDS,
        ),
    )
    texts = [
        show.render_text(there, style=style),
        quota.render_text(pools, style=style, alias_of=ALIASES.get),
        lifecycle_text(width, lifespan(LONG, model=TUNED), lifespan("other", None)),
    ]
    too_wide = [line for text in texts for line in text.splitlines() if cells(line) > width]
    assert too_wide == []


def test_where_no_terminal_is_nothing_is_shortened() -> None:
    there = fleet(observed(LONG, "acc", model=TUNED))
    text = show.render_text(there, style=Style(width=UNBROKEN))
    assert LONG in text
    assert TUNED in text


def test_a_narrow_lifecycle_says_everything_that_a_wide_one_says() -> None:
    words = ["12", "2026-12-06", "Deprecated", "aoai-swc/chat", "gpt-4o", "gpt-5.1", "never"]
    for width in (80, 200):
        text = " ".join(lifecycle_text(width, lifespan()).split())
        assert [word for word in words if word not in text] == []
    assert len(lifecycle_text(80, lifespan()).splitlines()) > len(
        lifecycle_text(200, lifespan()).splitlines()
    )


def test_what_ends_first_stands_first_in_markdown_and_what_is_cut_is_counted() -> None:
    many = [lifespan(f"d{number}", number) for number in range(250, 0, -1)]
    page = lifecycle.render_markdown(many, lifecycle.Asked(today=TODAY, known_to="2026-11-22"))
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows[0].startswith("| `aoai-swc/d1` |")
    assert len(rows) == 200
    assert "50 deployments not shown here. They end later" in page
    within = lifecycle.render_markdown(many, ASKED)
    assert "30 retired or retiring within 30 days; only these are shown" in within
    assert within.count("| `aoai-swc/") == 30


def test_pools_in_markdown_name_the_holders_of_those_that_are_too_small() -> None:
    holders = (Holder(id=named("chat"), capacity=90),)
    pools = (
        pool("OpenAI.Standard.a|b", holders=holders),
        pool("OpenAI.Standard.full", holders=holders, verdict=Verdict.EXCEEDS),
    )
    page = quota.render_markdown(pools, alias_of=ALIASES.get)
    assert page.count("is used by") == 1
    assert "- `OpenAI.Standard.full` is used by `aoai-swc/chat` 90; 60 in other accounts" in page
    assert r"`OpenAI.Standard.a\x7cb`" in page


def test_a_shortened_name_keeps_both_its_ends() -> None:
    assert shortened("abcdefghij", 7) == "abc…hij"
    assert shortened("abcdefghij", 10) == "abcdefghij"
    assert shortened("abcdefghij", 7, ellipsis="...") == "ab...ij"
    assert cells(shortened("模型模型模型模型", 7)) <= 7


def test_names_that_do_not_fit_stand_on_a_line_of_their_own_and_are_whole() -> None:
    rows = [("agent-inventory-flow" + "x" * 30, "gpt-4o"), ("agent-inventory-reserved" + "x" * 30, "gpt-4o")]
    assert stacked(rows, width=80, first=1) == [[f"{name}  {model}"[:90]] for name, model in aligned(rows)]
    narrow = stacked(rows, width=56, first=1)
    assert narrow == [[rows[0][0], "      gpt-4o"], [rows[1][0], "      gpt-4o"]]


def aligned(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    longest = max(len(name) for name, _ in rows)
    return [(name.ljust(longest), model) for name, model in rows]


@pytest.mark.parametrize("width", [40, 80])
def test_a_word_longer_than_a_line_is_broken_and_nothing_of_it_is_lost(width: int) -> None:
    word = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg" + "模" * 60
    lines = paragraph(f"the account {word} could not be read", width=width, indent="  ", hanging="    ")
    assert [line for line in lines if cells(line) > width] == []
    assert word in "".join(line.strip() for line in lines)


def test_a_broken_word_never_puts_an_order_at_the_start_of_a_line() -> None:
    lines = paragraph("a" * 38 + "::error::owned" * 9, width=40)
    assert [line for line in lines if line.lstrip().startswith("::")] == []


def test_models_that_end_alike_are_one_row_with_the_names_of_all_deployments() -> None:
    many = tuple(lifespan(f"chat-{number}") for number in range(200))
    text = lifecycle_text(80, *many)
    assert len(text.splitlines()) < 60
    assert text.count("gpt-4o 2024-11-20") == 1
    assert "200 deployments" in text
    assert all(re.search(rf"\bchat-{number}\b", text) for number in range(200))
