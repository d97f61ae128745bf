"""Models on SKUs, in regions, fine-tuned or not."""

from __future__ import annotations

import pytest

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import DesiredDeployment
from tests.unit.rules.declare import (
    CHECKPOINT,
    IN_SET,
    PROD,
    TUNED,
    deployment,
    find,
    route,
    source,
    told,
    tuned,
)

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
_SKU = (*IN_SET, "sku", "name")
_GPT41 = "gpt-4.1-2025-04-14.ft-0123456789abcdef0123456789abcdef"
_GPT5 = "gpt-5-2025-08-07.ft-0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("one", "severities", "reason"),
    [
        (deployment("whisper", "001", "GlobalStandard"), [_ERROR], "regional only"),
        (deployment("gpt-5.4-mini", sku="DeveloperTier"), [_ERROR], "for fine-tuned models only"),
        (
            deployment("Llama-3.3-70B-Instruct", "9", "ProvisionedManaged"),
            [_ERROR],
            "documented as not offered",
        ),
        (
            deployment("gpt-5.1-codex-max", "2025-12-04", "DataZoneStandard"),
            [_WARNING],
            "a fix that it grew",
        ),
        (deployment("whisper", "001", "Standard"), [], "offered"),
        (deployment("whisper", None, "GlobalStandard"), [_ERROR], "no version has it"),
        (deployment("gpt-6-sol", "2026-09-22", "Standard"), [], "no source lists its SKUs"),
        (deployment("gpt-99", "1"), [], "unknown model"),
        (deployment("gpt-4o", "2031-01-01"), [], "unknown version"),
        (deployment(sku="Hyper"), [], "unknown SKU"),
        (tuned("DeveloperTier"), [], "fine-tuned models are another rule's"),
    ],
)
def test_models_on_skus(one: DesiredDeployment, severities: list[Severity], reason: str) -> None:
    assert [finding.severity for finding in find("sku-not-offered", one)] == severities, reason


def test_a_sku_that_is_not_offered_is_told_with_those_that_are() -> None:
    (finding,) = find("sku-not-offered", deployment("whisper", "001", "GlobalStandard"))
    assert finding.fix == "use Standard"
    assert "2026-07-25" in finding.source
    assert route(finding) == _SKU


@pytest.mark.parametrize(
    ("one", "count", "reason"),
    [
        (deployment("gpt-4o", "2024-11-20", "Standard", region="canadacentral"), 1, "not in the table"),
        (deployment("gpt-4o", "2024-11-20", "Standard", region="swedencentral"), 0, "in the table"),
        (deployment("gpt-4o", "2024-11-20", "Standard", region="Sweden Central"), 0, "in any spelling"),
        (deployment("gpt-4o", "2024-11-20", "Standard", region=None), 0, "no region declared"),
        (deployment("gpt-4o", "2024-11-20", "Standard", region="atlantis"), 0, "unknown region"),
        (deployment("gpt-oss-120b", "1", "DataZoneStandard", region="uksouth"), 0, "its list was never seen"),
        (deployment("gpt-oss-120b", "1", "DataZoneStandard", region="swedencentral"), 1, "its list was seen"),
        (deployment("gpt-99", "1"), 0, "unknown model"),
        (tuned("Standard", region="uksouth"), 0, "fine-tuned models are another rule's"),
    ],
)
def test_models_in_regions(one: DesiredDeployment, count: int, reason: str) -> None:
    found = find("region-not-offered", one)
    assert len(found) == count, reason
    assert all(finding.severity is _WARNING for finding in found), reason


def test_nearest_regions_and_the_regions_own_skus_are_offered_instead() -> None:
    (finding,) = find(
        "region-not-offered", deployment("gpt-4o", "2024-11-20", "DataZoneStandard", region="uksouth")
    )
    assert "uksouth has it on" in finding.message
    assert finding.fix.startswith("use ")
    (american,) = find(
        "region-not-offered", deployment("gpt-4o", "2024-11-20", "Standard", region="westcentralus")
    )
    assert "it is in centralus, eastus, eastus2" in american.message


@pytest.mark.parametrize(
    ("name", "severities", "reason"),
    [
        ("gpt-4omini-ft-model-name", [_ERROR], "the placeholder of the old sample"),
        ("ft:gpt-4o-mini:contoso::abc", [_ERROR], "OpenAI's own form"),
        ("gpt-4o-mini-2024-07-18.ft-123", [_ERROR], "the hash is too short"),
        ("ftchkpt-xyz", [_ERROR], "no checkpoint id"),
        (TUNED, [], "the documented form"),
        (f"{TUNED}-support", [], "with a suffix"),
        ("gpt-35-turbo-0613.ft-b044a9d3cf9c4228b5d393567f693b83", [], "older ids"),
        ("babbage-002.ft-b044a9d3cf9c4228b5d393567f693b83", [], "a base without a version"),
        (CHECKPOINT, [], "a checkpoint"),
        ("gpt-4o", [], "a catalogue model"),
    ],
)
def test_ids_of_fine_tuned_models(name: str, severities: list[Severity], reason: str) -> None:
    assert [finding.severity for finding in find("fine-tune-id", deployment(name, "1"))] == severities, reason


def test_ids_of_other_publishers_have_no_documented_form() -> None:
    (finding,) = find("fine-tune-id", deployment("Ministral-3B-ft-mine", "1", model_format="Mistral AI"))
    assert finding.severity is _WARNING


@pytest.mark.parametrize(
    ("one", "severities", "reason"),
    [
        (
            tuned("GlobalProvisionedManaged", 15),
            [_ERROR],
            "only regional provisioned takes fine-tuned models",
        ),
        (tuned("DeveloperTier"), [_ERROR], "not for gpt-4o-mini"),
        (tuned("DeveloperTier", model=_GPT41), [], "one of the four bases"),
        (tuned("DataZoneStandard", model=_GPT41), [], "ARM lists it though documentation does not"),
        (tuned("ProvisionedManaged", 25), [], "documented"),
        (tuned("GlobalStandard", model=_GPT5), [_WARNING], "no source knows gpt-5 fine-tuned"),
        (tuned("GlobalBatch", model=CHECKPOINT), [_WARNING], "the base is unknown, the SKU is not for any"),
        (tuned("ProvisionedManaged", 25, model=CHECKPOINT), [], "the base is unknown"),
        (tuned("Hyper"), [], "unknown SKU"),
        (tuned("GlobalStandard", model=TUNED.replace("2024-07-18", "2031-01-01")), [], "unknown version"),
        (deployment(sku="GlobalBatch"), [], "not fine-tuned"),
    ],
)
def test_fine_tuned_models_on_skus(one: DesiredDeployment, severities: list[Severity], reason: str) -> None:
    assert [finding.severity for finding in find("fine-tune-sku", one)] == severities, reason


@pytest.mark.parametrize(
    ("one", "count", "reason"),
    [
        (tuned("ProvisionedManaged", 25, "switzerlandwest"), 1, "the region of 2025, no longer listed"),
        (tuned("ProvisionedManaged", 25, "swedencentral"), 0, "the region of 2026"),
        (tuned("ProvisionedManaged", 25, "northcentralus", _GPT41), 1, "gpt-4.1 is in swedencentral only"),
        (tuned("GlobalStandard", 10, "uksouth"), 0, "global SKUs are in every region"),
        (tuned("GlobalStandard", 10, "centralindia"), 1, "a region without OpenAI accounts"),
        (tuned("Standard", 10, "brazilsouth"), 1, "regional standard is where it is trained"),
        (tuned("Standard", 10, None), 0, "no region declared"),
        (tuned("Standard", 10, "uksouth", CHECKPOINT), 0, "the base is unknown"),
    ],
)
def test_fine_tuned_models_in_regions(one: DesiredDeployment, count: int, reason: str) -> None:
    found = find("fine-tune-region", one)
    assert len(found) == count, reason
    assert all(finding.severity is _WARNING for finding in found), reason


@pytest.mark.parametrize(
    ("one", "count", "reason"),
    [
        (tuned(region="westus2"), 1, "a region that trains nothing"),
        (tuned(region="westus2", origin=source()), 0, "it says where it comes from"),
        (tuned(region="swedencentral"), 0, "it may have been trained here"),
        (tuned(region=None), 0, "no region declared"),
        (deployment(region="westus2"), 0, "not fine-tuned"),
    ],
)
def test_a_source_is_missed_where_no_model_is_trained(
    one: DesiredDeployment, count: int, reason: str
) -> None:
    assert len(find("source-missing", one)) == count, reason


def test_a_source_on_a_catalogue_model_is_needless() -> None:
    (finding,) = find("source-needless", deployment(origin=source()))
    assert finding.severity is _WARNING
    assert route(finding) == (*IN_SET, "model", "source")
    assert find("source-needless", tuned(origin=source())) == []


def test_a_source_in_a_subscription_of_unknown_tenant_is_told() -> None:
    (finding,) = find("source-tenant", tuned(origin=source()))
    assert finding.severity is _WARNING
    assert "tenant" in finding.fix


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (tuned(origin=source(tenant="bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb")), "the tenant is declared"),
        (tuned(origin=source(subscription=PROD)), "one subscription has one tenant"),
        (tuned(), "no source"),
    ],
)
def test_a_known_tenant_needs_no_word(one: DesiredDeployment, reason: str) -> None:
    assert find("source-tenant", one) == [], reason


def test_a_source_that_is_the_account_itself_is_told_in_any_case() -> None:
    (finding,) = find("source-same-account", tuned(origin=source("AOAI-Contoso", PROD)))
    assert finding.severity is _WARNING
    assert "aoai-contoso" in told(finding).lower()
    assert find("source-same-account", tuned(origin=source())) == []
