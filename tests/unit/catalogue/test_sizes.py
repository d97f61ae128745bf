"""Capacities at ``minimum + k * step``, and where they end."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.catalogue.facts import Sizes, Source, Stage

_SOURCE = Source(id="table", title="a table", as_of="2026-01-01")


def sizes(minimum: int, step: int, maximum: int | None = None) -> Sizes:
    return Sizes(minimum=minimum, step=step, maximum=maximum, default=None, unit=None, source=_SOURCE)


@pytest.mark.parametrize(
    ("capacity", "fits", "below", "above"),
    [
        (0, False, None, 15),
        (14, False, None, 15),
        (15, True, None, 20),
        (17, False, 15, 20),
        (20, True, 15, 25),
        (95, True, 90, 100),
        (100, True, 95, None),
        (101, False, 100, None),
        (1000, False, 100, None),
    ],
)
def test_neighbours_of_a_capacity(capacity: int, fits: bool, below: int | None, above: int | None) -> None:
    global_provisioned = sizes(15, 5, 100)
    assert global_provisioned.fits(capacity) is fits
    assert global_provisioned.below(capacity) == below
    assert global_provisioned.above(capacity) == above


def test_minimum_need_not_be_a_multiple_of_the_step() -> None:
    fireworks = sizes(500, 275)
    assert [n for n in range(1100) if fireworks.fits(n)] == [500, 775, 1050]
    assert not sizes(25, 50).fits(50)


def test_the_last_size_may_lie_under_the_maximum() -> None:
    odd = sizes(50, 50, 120)
    assert odd.below(1000) == 100
    assert odd.above(100) is None


@pytest.mark.parametrize(
    ("need", "size"), [(0, 15), (15, 15), (15.01, 20), (Fraction(105, 1), 105), (Fraction(10588, 100), 110)]
)
def test_needs_are_rounded_up_to_a_size(need: float | Fraction, size: int) -> None:
    assert sizes(15, 5).round_up(need) == size


def test_a_need_over_the_maximum_has_no_size() -> None:
    assert sizes(15, 5, 100).round_up(101) is None
    assert sizes(15, 5, 100).round_up(100) == 100


def test_a_source_is_told_with_its_date() -> None:
    assert str(_SOURCE) == "a table, 2026-01-01"
    assert not _SOURCE.live
    assert not sizes(1, 1).contested


def test_stages_are_the_documentations_words() -> None:
    assert [stage.value for stage in Stage] == ["Preview", "GA", "Legacy", "Deprecated", "Retired"]


@given(st.integers(1, 500), st.integers(1, 300), st.integers(-10, 5000))
def test_neighbours_are_sizes_and_nothing_lies_between(minimum: int, step: int, capacity: int) -> None:
    these = sizes(minimum, step)
    above, below = these.above(capacity), these.below(capacity)
    assert above is not None
    assert above > capacity
    assert these.fits(above)
    assert below is None or (below < capacity and these.fits(below))
    between = range(max(capacity - step, minimum) if below is None else below + 1, above)
    assert all(not these.fits(n) or n == capacity for n in between if n >= minimum)
