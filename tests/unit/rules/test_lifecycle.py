"""Models that are retired, about to be, or on their way out, seen from 2026-11-24."""

from __future__ import annotations

from datetime import date

import pytest

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.state import Retirement
from tests.unit.rules.declare import IN_SET, declared, deployment, find, findings, route, told, tuned

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
_OLD_TUNED = "gpt-35-turbo-0613.ft-b044a9d3cf9c4228b5d393567f693b83"


def mini(region: str = "swedencentral") -> DesiredDeployment:
    return deployment("gpt-4o-mini", "2024-07-18", region=region)


@pytest.mark.parametrize(
    ("one", "severities", "reason"),
    [
        (deployment("gpt-5-chat", "2025-08-07"), [_ERROR], "documentation says retired"),
        (deployment("gpt-35-turbo", "0613", "Standard"), [_ERROR], "ARM's status is Deprecated"),
        (deployment("o1", "2024-12-17"), [_WARNING], "the date alone has passed"),
        (deployment("gpt-realtime-mini", "2025-10-06"), [_WARNING], "the earlier of two dates has passed"),
        (tuned("Standard", model=_OLD_TUNED), [_WARNING], "fine-tuned models have no status"),
        (mini(), [], "the date is ahead"),
        (deployment("gpt-99", "1"), [], "unknown model"),
        (deployment("gpt-4o", "2031-01-01"), [], "unknown version"),
    ],
)
def test_retired_models(one: DesiredDeployment, severities: list[Severity], reason: str) -> None:
    assert [finding.severity for finding in find("model-retired", one)] == severities, reason


def test_a_date_in_the_past_fails_where_the_fleet_says_so() -> None:
    state = declared([deployment("o1", "2024-12-17")], retirement=Retirement(fail_within_days=1))
    (finding,) = findings(state, "model-retired")
    assert finding.severity is _ERROR
    assert "34 days ago" in finding.message
    assert finding.fix == "move to gpt-5.6-sol"
    assert route(finding) == (*IN_SET, "model", "version")


@pytest.mark.parametrize(
    ("today", "count"),
    [
        (date(2027, 1, 13), 0),
        (date(2027, 1, 14), 1),
        (date(2027, 4, 13), 1),
        (date(2027, 4, 14), 0),
    ],
)
def test_the_warning_begins_90_days_before_and_ends_on_the_day(today: date, count: int) -> None:
    found = find("model-retiring-soon", mini(), today=today)
    assert [finding.severity for finding in found] == [_WARNING] * count
    assert len(find("model-retired", mini(), today=today)) == (today == date(2027, 4, 14))


@pytest.mark.parametrize(
    ("limits", "severities"),
    [
        (Retirement(warn_within_days=200), [_WARNING]),
        (Retirement(warn_within_days=10), []),
        (Retirement(fail_within_days=200), [_ERROR]),
        (Retirement(warn_within_days=0, fail_within_days=0), []),
    ],
)
def test_the_fleet_says_how_early_to_warn_and_to_fail(limits: Retirement, severities: list[Severity]) -> None:
    found = findings(declared([mini()], retirement=limits), "model-retiring-soon")
    assert [finding.severity for finding in found] == severities


def test_arms_older_date_is_told_and_not_used() -> None:
    (finding,) = find("model-deprecating", mini())
    assert "2027-04-14" in finding.message
    assert "2026-10-01" in finding.source


def test_both_dates_of_a_disputed_row_are_told() -> None:
    (finding,) = find("model-retired", deployment("gpt-realtime-mini", "2025-10-06"))
    assert "2026-09-21" in finding.message
    assert "2027-04-06" in told(finding)


@pytest.mark.parametrize(
    ("one", "count", "reason"),
    [
        (mini(), 1, "Deprecated: existing customers only"),
        (deployment("gpt-4.1", "2025-04-14"), 1, "Legacy"),
        (deployment("gpt-5.4-mini", "2026-03-17"), 0, "generally available"),
        (deployment("o1", "2024-12-17"), 0, "its date has passed, which says more"),
        (tuned(), 0, "fine-tuned models outlive their base"),
    ],
)
def test_models_on_their_fix(one: DesiredDeployment, count: int, reason: str) -> None:
    found = find("model-deprecating", one)
    assert [finding.severity for finding in found] == [_WARNING] * count, reason


def test_fine_tuned_models_count_to_their_own_date() -> None:
    assert find("model-retired", tuned(), today=date(2027, 4, 20)) == []
    (finding,) = find("model-retiring-soon", tuned(), today=date(2027, 9, 1))
    assert "2027-10-01" in finding.message
    assert route(finding) == (*IN_SET, "model", "name")
