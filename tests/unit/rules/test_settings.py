"""Tags, api-versions, upgrade options, short-lived deployments and counts."""

from __future__ import annotations

import pytest

from reconciler.diagnostics import Severity
from tests.unit.rules.declare import (
    CHECKPOINT,
    IN_SET,
    account_id,
    declared,
    deployment,
    find,
    findings,
    route,
    tuned,
)

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING


@pytest.mark.parametrize(
    ("version", "option", "count"),
    [
        ("2026-03-17", "OnceNewDefaultVersionAvailable", 1),
        ("2026-03-17", "OnceCurrentVersionExpired", 1),
        ("2026-03-17", "NoAutoUpgrade", 0),
        ("2026-03-17", None, 0),
        (None, "OnceNewDefaultVersionAvailable", 0),
    ],
)
def test_a_pinned_version_and_an_upgrade_by_the_service_conflict(
    version: str | None, option: str | None, count: int
) -> None:
    found = find("upgrade-conflict", deployment(version=version, upgrade=option))
    assert [finding.severity for finding in found] == [_WARNING] * count
    assert [route(finding) for finding in found] == [(*IN_SET, "versionUpgradeOption")] * count


def test_a_developer_tier_deployment_is_told_to_live_a_day() -> None:
    (finding,) = find("developer-tier-expires", tuned("DeveloperTier"))
    assert finding.severity is _WARNING
    assert "24 hours" in finding.message
    assert find("developer-tier-expires", tuned("GlobalStandard")) == []


@pytest.mark.parametrize(("count", "told"), [(32, 0), (33, 1), (40, 1)])
def test_an_account_has_room_for_32_deployments(count: int, told: int) -> None:
    many = [deployment(name=f"d-{n:02}") for n in range(count)]
    found = find("too-many-deployments", *many)
    assert [finding.severity for finding in found] == [_WARNING] * told
    assert all("32 is the limit" in finding.message for finding in found)


def test_accounts_are_counted_apart_and_fine_tuned_deployments_too() -> None:
    apart = [deployment(name=f"d-{n:02}", account=account_id(f"a-{n % 2}-x")) for n in range(60)]
    assert find("too-many-deployments", *apart) == []
    checkpoints = [deployment(CHECKPOINT, "1", name=f"t-{n:02}") for n in range(11)]
    (finding,) = find("too-many-deployments", *checkpoints)
    assert "10 is the limit" in finding.message


def test_ordinary_tags_are_fine() -> None:
    tags = {f"tag-{n}": "x" * 256 for n in range(46)}
    assert find("tag-limits", deployment(tags=tags)) == []
    assert find("tag-limits", deployment()) == []


@pytest.mark.parametrize(
    ("tags", "told", "reason"),
    [
        ({f"tag-{n}": "x" for n in range(48)}, "48 tags", "three places are ours"),
        ({"long": "x" * 257}, "257 characters", "a value has at most 256"),
        ({"x" * 513: "y"}, "513 characters", "a name has at most 512"),
        ({"a/b": "y"}, "contains /", "a character that ARM refuses"),
        ({"": "y"}, "no name", "an empty name"),
        ({"Team": "x", "team": "y"}, "one tag to ARM", "names ignore case"),
        ({"reconciler-fleet": "mine"}, "one of our own", "ownership is read from it"),
        ({"Reconciler-Spec": "abc"}, "one of our own", "in any case"),
    ],
)
def test_tags_that_arm_or_we_refuse(tags: dict[str, str], told: str, reason: str) -> None:
    (finding,) = find("tag-limits", deployment(tags=tags))
    assert finding.severity is _ERROR, reason
    assert told in finding.message, reason
    assert route(finding)[:4] == (*IN_SET, "tags"), reason


@pytest.mark.parametrize(
    ("version", "count"),
    [
        ("2025-06-01", 1),
        ("2025-12-01", 0),
        ("2026-09-01", 0),
        (None, 0),
        ("2024-10-01", 2),
        ("2025-10-01-preview", 0),
    ],
)
def test_a_field_that_the_fleets_api_version_cannot_carry_is_an_error(
    version: str | None, count: int
) -> None:
    one = deployment(tier="Priority", spillover="overflow")
    found = findings(declared([one], api_version=version), "api-version-field")
    assert [finding.severity for finding in found] == [_ERROR] * count
    assert {route(finding) for finding in found} <= {
        (*IN_SET, "serviceTier"),
        (*IN_SET, "spilloverDeploymentName"),
    }
    assert all(f"spec.apiVersion is {version}" in finding.message for finding in found)
