"""The plan as a person reads it."""

import dataclasses
from typing import Any

import pytest

from reconciler.catalogue.facts import Unit
from reconciler.domain.deployment import Unset
from reconciler.domain.sku import SkuName
from reconciler.plan.actions import Blocked, Reason
from reconciler.plan.plan import Plan
from reconciler.report.plan import render_text, summary
from reconciler.report.style import Style
from tests.unit.report.golden_text import as_golden
from tests.unit.report.samples import everything, thousand
from tests.unit.report.values import (
    ALIASES,
    UNREAD,
    blocked,
    change,
    create,
    desired,
    keep,
    named,
    observed,
    plan,
    update,
)

NARROW = Style(width=80)
WIDE = Style(width=200)


def shown(one: Plan, style: Style = NARROW, **more: Any) -> str:  # noqa: ANN401 -- options of render_text
    return render_text(one, style=style, alias_of=ALIASES.get, **more)


@pytest.mark.parametrize(
    ("name", "style", "verbose"),
    [
        ("plan-80.txt", NARROW, False),
        ("plan-200.txt", WIDE, False),
        ("plan-verbose.txt", WIDE, True),
        ("plan-colour.txt", Style(width=80, colour=True), False),
    ],
)
def test_a_plan_of_every_kind_reads_as_in_the_golden_text(name: str, style: Style, verbose: bool) -> None:
    assert as_golden(name, shown(everything(), style, verbose=verbose, units=thousand))


def test_without_colour_and_without_unicode_the_same_is_said() -> None:
    plain = shown(everything(), Style(width=80, unicode=False))
    assert plain.isascii()
    assert plain == shown(everything())


@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_is_wider_than_the_terminal(verbose: bool) -> None:
    lines = shown(everything(), verbose=verbose, units=thousand).splitlines()
    assert [line for line in lines if len(line) > 80] == []


def test_a_plan_with_nothing_to_do_says_so_in_one_sentence() -> None:
    same = plan(keep(observed("same"), desired("same")))
    assert shown(same) == "Nothing to do: 1 declared deployment in sync.\n"


def test_what_the_service_upgraded_is_not_called_in_sync() -> None:
    moved = dataclasses.replace(keep(observed("moved"), desired("moved")), reason=Reason.AUTO_UPGRADED)
    same = keep(observed("same"), desired("same"))
    where = "`reconciler drift` shows to which version."
    assert shown(plan(moved, same)).split("\n") == [
        "Nothing to do: 1 declared deployment in sync, 1 upgraded by the service;",
        f"  {where}",
        "",
    ]
    assert shown(plan(moved), WIDE) == (
        f"Nothing to do: 1 declared deployment upgraded by the service; {where}\n"
    )


def test_a_plan_that_could_not_read_everything_never_says_that_nothing_is_to_do() -> None:
    text = shown(plan(keep(observed("same"), desired("same")), unread=(UNREAD,)))
    assert "Nothing to do" not in text
    assert "Incomplete: shut could not be read" in text
    assert "the deployments of shut could not be listed completely: no rights" in text
    assert "fix: ask for the right" in text


def test_why_an_account_was_not_read_is_said_once() -> None:
    """Where something is declared there, each blocked deployment says so already."""
    stuck = Blocked(
        id=named("chat", "shut"),
        region=None,
        reason=Reason.ACCOUNT_UNREADABLE,
        explanation=UNREAD.message,
        fix=UNREAD.fix,
    )
    text = shown(plan(stuck, unread=(UNREAD,)))
    assert "Incomplete: shut could not be read" in text
    assert text.count("no rights") == 1


def test_what_is_not_ours_is_told_apart_from_what_is_as_declared() -> None:
    theirs, same = keep(observed("theirs")), keep(observed("b"), desired("b"))
    assert "; 1 unchanged, 1 not ours." in summary(plan(create(desired("a")), theirs, same))
    assert shown(plan(theirs, same), WIDE).endswith("in sync, and 1 undeclared one stays as it is.\n")
    two = plan(theirs, keep(observed("more")), same)
    assert shown(two, WIDE).endswith("in sync, and 2 undeclared ones stay as they are.\n")


def test_the_summary_counts_what_there_is_and_leaves_noughts_out() -> None:
    assert summary(plan(create(desired("a")), keep(observed("b"), desired("b")))) == (
        "Plan: 1 to create; 1 unchanged."
    )
    assert summary(plan(blocked(desired("a")))) == "Plan: 1 blocked."


def test_unchanged_deployments_are_listed_only_when_asked_for() -> None:
    one = plan(create(desired("a")), keep(observed("same"), desired("same")))
    assert "same" not in shown(one)
    assert "same" in shown(one, verbose=True)


CAPACITIES: list[tuple[str, str, int, str, int, str]] = [
    ("PTU are PTU", "ProvisionedManaged", 25, "ProvisionedManaged", 50, "25 -> 50 PTU (+25)"),
    ("rate units with tokens", "Standard", 80, "Standard", 40, "80 -> 40 units (-40), 80,000 -> 40,000 TPM"),
    ("batches have no rate", "GlobalBatch", 1, "GlobalBatch", 2, "1 -> 2 thousand enqueued tokens (+1)"),
    (
        "units of two kinds have no difference",
        "Standard",
        100,
        "ProvisionedManaged",
        50,
        "100 units -> 50 PTU",
    ),
    (
        "after a change of SKU only the new rate is known",
        "Standard",
        10,
        "GlobalStandard",
        20,
        "10 -> 20 units (+10), 20,000 TPM",
    ),
    ("an unknown SKU has no unit", "Shiny", 1, "Shiny", 2, "1 -> 2 (+1)"),
]


@pytest.mark.parametrize(
    ("reason", "sku_before", "before", "sku_after", "after", "expected"),
    CAPACITIES,
    ids=[case[0] for case in CAPACITIES],
)
def test_capacities_are_told_in_the_unit_of_their_sku(
    reason: str, sku_before: str, before: int, sku_after: str, after: int, expected: str
) -> None:
    one = update(
        desired("a", sku=sku_after, capacity=after),
        observed("a", sku=sku_before, capacity=before),
        change("sku.capacity", before, after),
    )
    lines = shown(plan(one), units=thousand).splitlines()
    assert f"      sku.capacity  {expected}" in lines, reason


def test_the_rate_is_that_of_the_model_which_the_service_has_moved_to() -> None:
    def by_model(model: str, version: str | Unset, sku: SkuName, *, fine_tuned: bool = False) -> Unit:
        del sku, fine_tuned
        tokens = {("gpt-4o", "2024-11-20"): 1000, ("gpt-next", "2026-01-01"): 7000}
        return Unit(tokens_per_minute=tokens[model, str(version)], requests_per_minute=6)

    one = update(
        dataclasses.replace(desired("a", capacity=20), accepted=("model.name", "model.version")),
        observed("a", model="gpt-next", version="2026-01-01", capacity=10),
        change("sku.capacity", 10, 20),
    )
    assert "70,000 -> 140,000 TPM" in shown(plan(one), units=by_model)


def test_tokens_are_not_named_where_the_catalogue_does_not_know_them() -> None:
    text = shown(plan(create(desired("a"), change("sku.capacity", None, 50))))
    assert "50 units\n" in text
    assert "TPM" not in text


def test_each_of_two_writes_shows_what_it_changes() -> None:
    text = shown(everything())
    first, second = text.index("write 1 of 2"), text.index("write 2 of 2")
    assert first < text.index("80 -> 40") < second
    assert second < text.index("2024-08-06 -> 2024-11-20")


def test_values_too_long_for_one_line_stand_below_each_other() -> None:
    long = f"/subscriptions/{'1' * 60}"
    one = update(desired("a"), observed("a"), change("model.source", long, long + "2"))
    wide = Style(width=110)
    assert f"      model.source  {long}\n                 -> {long}2\n" in shown(plan(one), wide)
    assert [line for line in shown(plan(one)).splitlines() if len(line) > 80] == []


VALUES: list[tuple[Any, str]] = [
    (None, "(absent)"),
    ("", '""'),
    (True, "true"),
    (1.5, "1.5"),
    ({"b": 1, "a": ["x"]}, '{"a": ["x"], "b": 1}'),
]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_values_are_written_as_json_but_for_plain_text(value: Any, expected: str) -> None:  # noqa: ANN401
    one = update(desired("a"), observed("a"), change("x", "old", value))
    assert f"x  old -> {expected}\n" in shown(plan(one))
