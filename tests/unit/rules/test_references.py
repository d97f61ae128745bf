"""Deployments that name other deployments of their account."""

from __future__ import annotations

import pytest

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import DesiredDeployment
from tests.unit.rules.declare import (
    IN_SET,
    TUNED,
    account_id,
    declared,
    deployment,
    find,
    findings,
    route,
)

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
_SPILL = (*IN_SET, "spilloverDeploymentName")


def primary(spillover: str | None = "overflow", sku: str = "GlobalProvisionedManaged") -> DesiredDeployment:
    return deployment("gpt-4o", "2024-11-20", sku, 50, name="primary", spillover=spillover)


def overflow(
    model: str = "gpt-4o",
    version: str | None = "2024-11-20",
    sku: str = "GlobalStandard",
    name: str = "overflow",
) -> DesiredDeployment:
    return deployment(model, version, sku, 10, name=name)


def test_a_provisioned_deployment_may_spill_over_to_a_standard_one_of_its_model() -> None:
    state = declared([primary(), overflow()])
    assert [f for f in findings(state) if f.code.startswith(("spillover", "reference"))] == []


def test_a_target_nobody_declares_is_a_warning_with_the_nearest_name() -> None:
    (finding,) = find("spillover-missing", primary("overflo"), overflow())
    assert finding.severity is _WARNING
    assert finding.fix == "did you mean overflow?"
    assert route(finding) == _SPILL


def test_targets_are_found_in_any_case_and_only_in_the_same_account() -> None:
    assert find("spillover-missing", primary("OverFlow"), overflow()) == []
    elsewhere = deployment(name="overflow", account=account_id("another"))
    assert len(find("spillover-missing", primary(), elsewhere)) == 1


def test_a_target_that_a_selection_left_out_is_declared_all_the_same() -> None:
    state = declared([primary()], left_out=frozenset({overflow().id}))
    assert findings(state, "spillover-missing") == []


@pytest.mark.parametrize("target", ["primary", "PRIMARY"])
def test_spilling_over_to_itself_is_an_error(target: str) -> None:
    (finding,) = find("spillover-self", primary(target))
    assert finding.severity is _ERROR
    assert route(finding) == _SPILL
    assert find("reference-cycle", primary(target)) == []


@pytest.mark.parametrize(
    ("pair", "severities", "reason"),
    [
        ((primary(), overflow()), [], "global to global"),
        ((primary(), overflow(sku="ProvisionedManaged")), [_ERROR], "a target must be standard"),
        ((primary(), overflow(sku="GlobalBatch")), [_ERROR], "a target must be standard"),
        ((primary(), overflow(sku="DeveloperTier")), [_ERROR], "a target must be standard"),
        ((primary(sku="GlobalStandard"), overflow()), [_ERROR], "only provisioned spills over"),
        ((primary(), overflow(sku="Standard")), [_WARNING], "another processing level"),
        ((primary(), overflow(sku="Hyper")), [], "an unknown SKU"),
        ((primary(),), [], "an undeclared target"),
    ],
)
def test_spillover_leads_from_provisioned_to_standard(
    pair: tuple[DesiredDeployment, ...], severities: list[Severity], reason: str
) -> None:
    assert [finding.severity for finding in find("spillover-sku", *pair)] == severities, reason


_BASE_OF_TUNED = deployment(
    TUNED, "1", "ProvisionedManaged", 25, "northcentralus", "primary", spillover="overflow"
)


@pytest.mark.parametrize(
    ("pair", "severities", "reason"),
    [
        ((primary(), overflow()), [], "the same model"),
        ((primary(), overflow("GPT-4O")), [], "the same model in another case"),
        ((primary(), overflow("gpt-5.4-mini", "2026-03-17")), [_ERROR], "another model"),
        ((primary(), overflow(version="2024-08-06")), [_WARNING], "another version"),
        ((primary(), overflow(version=None)), [], "a version that ARM chooses"),
        ((_BASE_OF_TUNED, overflow("gpt-4o-mini", "2024-07-18")), [_WARNING], "the base instead"),
        ((_BASE_OF_TUNED, overflow("gpt-5.4-mini", "2026-03-17")), [_ERROR], "another base"),
        ((primary(),), [], "an undeclared target"),
    ],
)
def test_spillover_stays_with_the_model(
    pair: tuple[DesiredDeployment, ...], severities: list[Severity], reason: str
) -> None:
    found = find("spillover-model", *pair)
    assert [finding.severity for finding in found] == severities, reason
    assert all(finding.related for finding in found), reason


def test_a_parent_nobody_declares_is_a_warning() -> None:
    (finding,) = find("parent-missing", deployment(parent="root"))
    assert finding.severity is _WARNING
    assert route(finding) == (*IN_SET, "parentDeploymentName")
    assert find("parent-missing", deployment(parent="ROOT"), deployment(name="root")) == []


def test_a_ring_of_references_is_told_once_with_all_its_names() -> None:
    ring = [
        deployment(name="aa", spillover="bb"),
        deployment(name="bb", parent="cc"),
        deployment(name="cc", parent="aa"),
        deployment(name="dd", parent="aa"),
    ]
    (finding,) = find("reference-cycle", *ring)
    assert finding.severity is _ERROR
    assert "aa -> bb -> cc -> aa" in finding.message
    assert len(finding.related) == 2
    assert route(finding) == _SPILL


def test_two_rings_are_two_findings_and_a_chain_is_none() -> None:
    rings = [
        deployment(name="aa", parent="bb"),
        deployment(name="bb", parent="aa"),
        deployment(name="cc", parent="dd"),
        deployment(name="dd", parent="cc"),
    ]
    assert len(find("reference-cycle", *rings)) == 2
    chain = [deployment(name=f"d{n:04}", parent=f"d{n + 1:04}") for n in range(3000)]
    assert find("reference-cycle", *chain) == []


def test_a_deployment_that_is_its_own_parent_is_a_ring_of_one() -> None:
    (finding,) = find("reference-cycle", deployment(name="aa", parent="AA"))
    assert "aa -> aa" in finding.message


def test_names_in_different_accounts_make_no_ring() -> None:
    other = account_id("another")
    pair = [deployment(name="aa", parent="bb"), deployment(name="bb", parent="aa", account=other)]
    assert find("reference-cycle", *pair) == []
