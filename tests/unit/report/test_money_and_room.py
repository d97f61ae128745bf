"""Costs and capacity as text: inert, dated, and no wider than the terminal."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.domain.costs import Costs
from reconciler.domain.ids import Region
from reconciler.plan.plan import CapacityCheck, Elsewhere, Room
from reconciler.report import capacity, cost
from reconciler.report.layout import cells
from reconciler.report.style import Style
from tests.unit.report.hostile import evil_cost, evil_table
from tests.unit.report.samples import PTU, changed
from tests.unit.report.values import ALIASES, EVIL, named


@pytest.mark.parametrize("width", [80, 60, 120])
@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_about_money_is_wider_than_the_terminal(width: int, verbose: bool) -> None:
    style = Style(width=width)
    for text in (
        "\n".join(cost.plan_lines(changed(), style, verbose=verbose)),
        cost.render_text(replace(changed(), before=None), style=style, verbose=verbose),
    ):
        assert [line for line in text.splitlines() if cells(line) > width] == []


def test_what_is_not_known_is_a_question_mark_and_the_sum_says_so() -> None:
    text = "\n".join(cost.plan_lines(changed(), Style(width=200)))
    lines = {line.split()[0].rpartition("/")[2]: line for line in text.splitlines() if "/" in line}
    assert "?" in lines["open"]
    assert "?" in lines["image"]
    assert "and a part that is not known" in text
    assert "50 -> 100 regional PTU at $2.00/h" in text
    assert "reservations cover 20" in text


@pytest.mark.parametrize("amount", ["0", "0.004", "-0.004", "1234567.895", "-5", "1e20"])
def test_money_has_two_places_and_one_sign(amount: str) -> None:
    text = cost.money(Costs(), Decimal(amount))
    assert text.lstrip("-").startswith("$")
    assert len(text.rpartition(".")[2]) == 2
    assert text.startswith("-") == (Decimal(amount) <= Decimal("-0.005"))


def test_another_currency_is_told_by_its_code() -> None:
    assert cost.money(Costs(currency="EUR"), Decimal("1234.5")) == "EUR 1,234.50"


def test_what_a_stranger_wrote_is_inert_in_every_form() -> None:
    table = evil_table(EVIL)
    texts = [
        cost.render_text(evil_cost(EVIL), style=Style(width=80), verbose=True),
        cost.render_markdown(evil_cost(EVIL)),
        capacity.render_text(table, style=Style(width=80)),
        capacity.render_markdown(table),
        "\n".join(capacity.check_lines([check(why=EVIL)], Style(width=80), ALIASES.get)),
    ]
    for text in texts:
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert not any(line.startswith("::") for line in text.splitlines())


def check(**more: object) -> CapacityCheck:
    plain = CapacityCheck(
        id=named("chat"),
        region=Region("eastus2"),
        sku=PTU,
        needed=100,
        available=50,
        room=Room.SHORT,
        asked_at="2026-11-29T02:00:00Z",
        elsewhere=(Elsewhere(region=Region("swedencentral"), sku=PTU, available=300),),
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def test_a_check_says_what_is_needed_what_there_is_when_and_where_else() -> None:
    lines = capacity.check_lines([check()], Style(width=80), ALIASES.get)
    text = " ".join(line.strip() for line in lines)
    assert "as ARM said at 2026-11-29T02:00:00Z" in text
    assert "short: prod/aoai-swc/chat needs 100 PTU on ProvisionedManaged in eastus2; 50 available" in text
    assert "room elsewhere: swedencentral 300" in text
    assert "no promise" in text
    assert all(cells(line) <= 80 for line in lines)
    (unverified,) = [check(room=Room.UNVERIFIED, available=None, why="no version", elsewhere=())]
    assert "? unverified" in "\n".join(capacity.check_lines([unverified], Style(width=80), ALIASES.get))
