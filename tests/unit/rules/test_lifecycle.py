"""Models that are retired, about to be, or on their way out, seen from 2026-11-24."""

from __future__ import annotations

from datetime import date

import pytest

from reconciler.catalogue.load import catalogue
from reconciler.diagnostics import Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import Retirement
from reconciler.manifest import rules
from tests.unit.rules.declare import IN_SET, TODAY, declared, deployment, find, findings, route, told, tuned

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
    assert "5 days ago" in finding.message
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


def test_a_retired_model_is_only_a_warning_where_arm_itself_is_asked() -> None:
    state = declared([deployment("gpt-5-chat", "2025-08-07")])
    (offline,) = rules.check(state, catalogue(), TODAY)
    (asked,) = rules.check(state, catalogue(), TODAY, asks_arm=True)
    assert (offline.severity, asked.severity) == (_ERROR, _WARNING)
    assert asked.message == offline.message


def test_what_the_fleet_wants_to_fail_fails_also_where_arm_is_asked() -> None:
    state = declared([deployment("o1", "2024-12-17")], retirement=Retirement(fail_within_days=1))
    found = rules.check(state, catalogue(), TODAY, asks_arm=True)
    assert [one.severity for one in found if one.code == "model-retired"] == [_ERROR]


@pytest.mark.parametrize(
    ("model", "sku", "codes", "reason"),
    [
        ("gpt-4o", "GlobalStandard", ["model-version-missing"], "the default is served"),
        ("gpt-4o", "Standard", ["model-version-missing"], "one version has ended on this SKU, not all"),
        ("o3", "GlobalStandard", ["model-retired"], "its only version has ended: none can be pinned"),
        ("sora-2", "GlobalStandard", ["model-retired"], "so have both of these"),
    ],
)
def test_without_a_version_a_model_is_never_called_retired_and_pinnable_at_once(
    model: str, sku: str, codes: list[str], reason: str
) -> None:
    found = findings(declared([deployment(model, None, sku)]))
    spoken = [one.code for one in found if one.code in {"model-version-missing", "model-retired"}]
    assert spoken == codes, reason


def test_no_default_that_has_ended_is_offered_for_pinning() -> None:
    between = date(2026, 8, 1)
    assert find("model-retired", deployment("sora-2", None), today=between) == []
    (found,) = find("model-version-missing", deployment("sora-2", None), today=between)
    assert "`2025-10-06` in the catalogue of 2026-11-28, which has retired" in found.message
    assert found.fix == "write a version to pin it"


def test_what_has_ended_on_one_sku_has_not_ended_on_the_others() -> None:
    old = deployment("gpt-4o", "2024-05-13", "Standard")
    (found,) = find("model-retired", old)
    assert found.message == "`gpt-4o` 2024-05-13 has been retired since 2026-03-31"
    assert found.source == "ARM model list of eastus2, 2026-10-05"
    assert find("model-retired", deployment("gpt-4o", "2024-05-13", "GlobalStandard")) == []
