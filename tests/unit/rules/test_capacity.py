"""Capacities against the sizes that the catalogue knows."""

from __future__ import annotations

import pytest

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import DesiredDeployment
from tests.unit.rules.declare import (
    CHECKPOINT,
    IN_SET,
    declared,
    deployment,
    find,
    findings,
    route,
    told,
    tuned,
)

_CAPACITY = (*IN_SET, "sku", "capacity")
_CODES = ("capacity-minimum", "capacity-increment", "capacity-maximum", "capacity-not-allowed")


def verdict(one: DesiredDeployment) -> list[tuple[str, Severity]]:
    every = findings(declared([one]))
    return [(finding.code, finding.severity) for finding in every if finding.code in _CODES]


def regional_mini(capacity: int) -> DesiredDeployment:
    return tuned("ProvisionedManaged", capacity)


@pytest.mark.parametrize("capacity", [25, 50, 75, 1000])
def test_sizes_of_regional_fine_tuned_mini_are_accepted(capacity: int) -> None:
    assert verdict(regional_mini(capacity)) == []


def test_scaling_regional_fine_tuned_mini_from_25_to_40_is_refused_naming_25_and_50() -> None:
    (finding,) = find("capacity-increment", regional_mini(40))
    assert finding.severity is Severity.ERROR
    assert finding.fix == "use 25 or 50"
    assert "40" in finding.message
    assert "2026-06-22" in finding.source
    assert route(finding) == _CAPACITY


_TABLE = [
    (("gpt-4o", "2024-11-20", "ProvisionedManaged", 60), "capacity-increment", "steps of 50"),
    (("gpt-4o", "2024-11-20", "ProvisionedManaged", 25), "capacity-minimum", "minimum 50"),
    (("gpt-4o", "2024-11-20", "GlobalProvisionedManaged", 18), "capacity-increment", "steps of 5"),
    (("gpt-4o", "2024-11-20", "GlobalProvisionedManaged", 10), "capacity-minimum", "minimum 15"),
    (("gpt-4o", "2024-11-20", "ProvisionedManaged", 30050), "capacity-maximum", "maximum 30,000 in ARM"),
    (("gpt-4o", "2024-11-20", "GlobalStandard", 0), "capacity-minimum", "no deployment has none"),
    (("o1", "2024-12-17", "GlobalStandard", 50001), "capacity-maximum", "maximum 50,000"),
    (("gpt-4.1", "2025-04-14", "ProvisionedManaged", 60), "capacity-increment", "ARM's steps of 25"),
    (("Llama-3.3-70B-Instruct", "9", "GlobalProvisionedManaged", 50), "capacity-minimum", "only documented"),
    (("gpt-99", "1", "GlobalProvisionedManaged", 0), "capacity-minimum", "0 is no size of anything"),
    (("gpt-99", "1", "GlobalProvisionedManaged", 100_001), "capacity-maximum", "documented for every model"),
    (("Llama-3.3-70B-Instruct", "9", "GlobalProvisionedManaged", 100_100), "capacity-maximum", "by table"),
]


@pytest.mark.parametrize(("what", "code", "reason"), _TABLE, ids=[reason for _, _, reason in _TABLE])
def test_a_capacity_that_is_no_size_is_an_error(
    what: tuple[str, str, str, int], code: str, reason: str
) -> None:
    assert verdict(deployment(*what)) == [(code, Severity.ERROR)], reason


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (("gpt-4.1", "2025-04-14", "ProvisionedManaged", 25), "ARM takes 25 though documentation says 50"),
        (("gpt-4o", "2024-11-20", "GlobalStandard", 7), "standard SKUs take any number"),
        (("gpt-4o", "2024-11-20", "GlobalBatch", 123), "batch SKUs take any number"),
        (("gpt-99", "1", "ProvisionedManaged", 7), "an unknown model has unknown sizes"),
        (("gpt-4o", "2031-01-01", "ProvisionedManaged", 7), "an unknown version has unknown sizes"),
        (("gpt-4o", "2024-11-20", "Hyper", 7), "an unknown SKU has unknown sizes"),
        ((CHECKPOINT, "1", "ProvisionedManaged", 40), "a checkpoint does not tell its base"),
    ],
)
def test_what_fits_or_cannot_be_known_is_passed_over(what: tuple[str, str, str, int], reason: str) -> None:
    assert verdict(deployment(*what)) == [], reason


@pytest.mark.parametrize("capacity", [25, 50, 75, 100])
def test_regional_o1_sizes_that_one_table_allows_are_left_to_arm(capacity: int) -> None:
    (finding,) = find("capacity-increment", deployment("o1", "2024-12-17", "ProvisionedManaged", capacity))
    assert finding.severity is Severity.WARNING
    assert "2026-09-23 against" in finding.source


@pytest.mark.parametrize("capacity", [30, 40, 60])
def test_regional_o1_sizes_that_no_table_allows_are_errors(capacity: int) -> None:
    (finding,) = find("capacity-increment", deployment("o1", "2024-12-17", "ProvisionedManaged", capacity))
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("region", "capacity", "expected"),
    [
        ("westus2", 25, []),
        ("westus2", 15, [("capacity-minimum", Severity.WARNING)]),
        ("westus2", 17, [("capacity-minimum", Severity.ERROR)]),
        ("eastus2", 15, []),
        ("eastus2", 17, [("capacity-increment", Severity.ERROR)]),
    ],
)
def test_sizes_can_differ_in_one_region(
    region: str, capacity: int, expected: list[tuple[str, Severity]]
) -> None:
    mini = deployment("gpt-4o-mini", "2024-07-18", "GlobalProvisionedManaged", capacity, region)
    assert verdict(mini) == expected


def test_messages_tell_what_a_lesser_source_says() -> None:
    (finding,) = find("capacity-increment", deployment("gpt-4.1", "2025-04-14", "ProvisionedManaged", 30))
    assert "50 in steps of 50" in told(finding)


def test_a_model_with_one_size_takes_no_capacity() -> None:
    phi = deployment("Phi-4", "7", "GlobalStandard", 10, model_format="Microsoft")
    assert verdict(phi) == [("capacity-not-allowed", Severity.ERROR)]
    assert verdict(deployment("Phi-4", "7", "GlobalStandard", 1, model_format="Microsoft")) == []


def test_a_capacity_is_needed_to_create_and_the_smallest_is_named() -> None:
    (finding,) = find("capacity-missing", deployment("gpt-4o", "2024-11-20", "ProvisionedManaged", None))
    assert finding.severity is Severity.ERROR
    assert finding.fix == "add capacity: 50"
    assert route(finding) == (*IN_SET, "sku")


@pytest.mark.parametrize(
    ("one", "severities", "reason"),
    [
        (deployment(capacity=None), [Severity.ERROR], "standard SKUs need one too"),
        (deployment(capacity=None, ignored=("sku.capacity",)), [Severity.WARNING], "another sets it later"),
        (deployment("Phi-4", "7", capacity=None, model_format="Microsoft"), [], "one size only"),
        (deployment(sku="Hyper", capacity=None), [], "whether the SKU takes one is not known"),
        (deployment("gpt-99", "1", capacity=None), [Severity.ERROR], "the SKU takes one for any model"),
    ],
)
def test_when_a_capacity_may_be_left_out(
    one: DesiredDeployment, severities: list[Severity], reason: str
) -> None:
    assert [finding.severity for finding in find("capacity-missing", one)] == severities, reason
