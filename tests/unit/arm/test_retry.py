"""When a request is sent again: Retry-After, backoff, budget, attempts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.arm.retry import (
    LONGEST_WAIT,
    RETRY_COST,
    TIMEOUT_COST,
    GiveUp,
    Resend,
    RetryBudget,
    backoff,
    decide,
    retry_after,
    wait,
)

DATE = "Tue, 24 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds", "reason"),
    [
        ({}, None, "nothing asked"),
        ({"retry-after": "7"}, 7.0, "whole seconds (F-037)"),
        ({"retry-after": " 15 "}, 15.0, "blanks around a value are HTTP's"),
        ({"retry-after": "1000000"}, 1_000_000.0, "read as it is; the caller refuses it (F-040)"),
        (
            {"retry-after": "Tue, 24 Nov 2026 10:00:30 GMT", "date": DATE},
            30.0,
            "a date counts from the answer's own Date, whatever our clock says (F-038)",
        ),
        ({"retry-after": "Tue, 24 Nov 2026 10:00:30 GMT"}, None, "a date without a Date has no start"),
        ({"retry-after": "Tue, 24 Nov 2026 09:00:00 GMT", "date": DATE}, None, "a date gone by"),
        ({"retry-after": DATE, "date": DATE}, None, "no wait at all is none"),
        ({"retry-after": "Tue, 24 Nov 2026 10:00:01 GMT", "date": DATE}, 1.0, "a second is one"),
        ({"retry-after": "Tue, 99 Nov 2026 10:00:30 GMT", "date": DATE}, None, "no such day"),
        ({"retry-after": "inf"}, None, "F-041"),
        ({"retry-after": "nan"}, None, "F-041"),
        ({"retry-after": "-5"}, None, "F-041"),
        ({"retry-after": "soon"}, None, "F-041"),
        ({"retry-after": "0"}, None, "F-041"),
        ({"retry-after": "5, 7"}, None, "F-041: two headers arrive joined"),
        ({"retry-after": "1.5"}, None, "ARM sends whole seconds only"),
        ({"retry-after": "٣"}, None, "a digit, but not one of ASCII"),
        ({"retry-after": "1" * 400}, None, "no number of seconds anybody means"),
    ],
)
def test_retry_after_is_read_only_where_it_is_plain(
    headers: dict[str, str], seconds: float | None, reason: str
) -> None:
    assert retry_after(headers) == seconds, reason


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_retry_after_is_a_positive_number_or_nothing(text: str, date: str) -> None:
    """F-041, for texts nobody thought of."""
    found = retry_after({"retry-after": text, "date": date})
    assert found is None or 0 < found < 10**10


@given(st.integers(1, 60), st.floats(0, 1, exclude_max=True))
def test_backoff_has_full_jitter_under_a_growing_roof(resend: int, jitter: float) -> None:
    assert 0 <= backoff(resend, lambda: jitter) < min(30.0, 2.0 ** (resend - 1)) or jitter == 0


def test_a_wait_is_never_shorter_than_asked_and_at_most_a_tenth_longer() -> None:
    assert wait(1, 7.0, lambda: 0.0) == 7.0
    assert 7.0 < wait(1, 7.0, lambda: 0.999) <= 7.7


def test_the_longer_of_request_and_backoff_counts() -> None:
    assert wait(6, 1.0, lambda: 0.5) == 15.0 * 1.05


def test_a_run_without_any_success_repeats_twenty_times_and_no_more() -> None:
    """I-17."""
    budget = RetryBudget()
    assert [budget.spend(RETRY_COST) for _ in range(21)] == [True] * 20 + [False]


def test_a_timeout_costs_twice_as_much_and_successes_earn_it_back() -> None:
    budget = RetryBudget()
    assert [budget.spend(TIMEOUT_COST) for _ in range(11)] == [True] * 10 + [False]
    for _ in range(10):
        budget.earn()
    assert budget.spend(TIMEOUT_COST)
    assert not budget.spend(RETRY_COST)


def test_the_budget_never_grows_beyond_its_size() -> None:
    budget = RetryBudget()
    budget.earn()
    assert budget.left == 100.0


def decided(attempt: int = 1, asked: float | None = None, left: float = 100.0) -> Resend | GiveUp:
    return decide(
        attempt=attempt,
        asked=asked,
        cost=RETRY_COST,
        budget=RetryBudget(left=left),
        jitter=lambda: 0.0,
        longest=600.0,
    )


@pytest.mark.parametrize(
    ("verdict", "wanted", "reason"),
    [
        (decided(), Resend(0.0), "the first failure is repeated"),
        (decided(attempt=3), Resend(0.0), "the third as well"),
        (decided(attempt=4), GiveUp("4 attempts failed"), "four attempts are all"),
        (decided(asked=600.0), Resend(600.0), "as long as ARM's contract allows"),
        (
            decided(asked=601.0),
            GiveUp("ARM asks to wait 601 s, longer than the 600 s this run waits"),
            "not longer",
        ),
        (decided(left=4.0), GiveUp("the run's budget for repeated requests is used up"), "I-17"),
    ],
)
def test_the_decision_names_its_reason(
    verdict: Resend | GiveUp, wanted: Resend | GiveUp, reason: str
) -> None:
    assert verdict == wanted, reason


def test_no_wait_is_longer_than_arms_own_contract_allows() -> None:
    assert LONGEST_WAIT == 600.0


def test_a_request_that_is_given_up_costs_nothing() -> None:
    budget = RetryBudget()
    decide(attempt=4, asked=None, cost=RETRY_COST, budget=budget, jitter=lambda: 0.0, longest=600.0)
    assert budget.left == 100.0
