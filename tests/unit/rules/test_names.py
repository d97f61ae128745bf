"""Names of deployments, accounts, SKUs, models, versions and regions."""

from __future__ import annotations

import pytest

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import DesiredDeployment
from tests.unit.rules.declare import (
    CHECKPOINT,
    IN_SET,
    TUNED,
    account_id,
    deployment,
    find,
    route,
    told,
    tuned,
)

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING


@pytest.mark.parametrize("name", ["chat", "gpt-4.1", "a1", "A_b-c.d", "7b", "x" * 64])
def test_names_that_arm_takes_are_accepted(name: str) -> None:
    assert find("deployment-name", deployment(name=name)) == []


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("a", "write a-1"),
        ("x" * 65, f"write {'x' * 64}"),
        ("my chat", "write my-chat"),
        ("a/b", "write a-b"),
        ("-chat", "write chat"),
        ("chät", "write ch-t"),
        ("chat\n", "write chat-"),
    ],
)
def test_a_name_that_arm_refuses_is_an_error_with_a_repaired_one(name: str, fix: str) -> None:
    (finding,) = find("deployment-name", deployment(name=name))
    assert (finding.severity, finding.fix) == (_ERROR, fix)
    assert route(finding) == (*IN_SET, "name")


def test_an_account_name_is_judged_once_however_many_deployments_it_has() -> None:
    account = account_id("my account")
    pair = [deployment(name=name, account=account) for name in ("one", "two")]
    (finding,) = find("account-name", *pair)
    assert finding.severity is _ERROR
    assert route(finding) == ("spec", "account", "name")
    assert find("account-name", deployment(account=account_id("aoai.contoso_1"))) == []


@pytest.mark.parametrize(
    ("sku", "severity", "fix", "reason"),
    [
        ("GlobalStandrd", _ERROR, "did you mean GlobalStandard?", "a slip"),
        ("Global Standard", _ERROR, "did you mean GlobalStandard?", "the portal's name"),
        ("Regional Provisioned", _ERROR, "did you mean ProvisionedManaged?", "the portal's name"),
        ("Turbo", _WARNING, "", "nothing is near, and the service adds SKUs"),
        ("Provisioned", _WARNING, "", "listed by ARM, not to be ordered"),
        ("S0", _WARNING, "", "the account's SKU"),
    ],
)
def test_unknown_skus(sku: str, severity: Severity, fix: str, reason: str) -> None:
    (finding,) = find("unknown-sku", deployment(sku=sku))
    assert finding.severity is severity, reason
    assert fix in finding.fix, reason
    assert route(finding) == (*IN_SET, "sku", "name")


def test_a_sku_that_is_no_slip_says_why_that_alone_is_no_error() -> None:
    (new,) = find("unknown-sku", deployment(sku="S0"))
    (slip,) = find("unknown-sku", deployment(sku="GlobalStandrd"))
    why = "so it may be new: ARM decides"
    assert (why in new.message, why in slip.message) == (True, False)


@pytest.mark.parametrize("sku", ["GlobalStandard", "globalstandard", "ProvisionedStandard", "developertier"])
def test_known_skus_in_any_case_are_known(sku: str) -> None:
    assert find("unknown-sku", deployment(sku=sku)) == []


def test_the_old_documentations_sku_is_understood_with_a_warning() -> None:
    (finding,) = find("sku-alias", tuned("ProvisionedStandard", 25))
    assert finding.severity is _WARNING
    assert finding.fix == "write ProvisionedManaged"
    assert "2025-04-09" in finding.source
    assert route(finding) == (*IN_SET, "sku", "name")


@pytest.mark.parametrize("sku", ["ProvisionedManaged", "provisionedmanaged", "standard"])
def test_another_case_is_no_alias(sku: str) -> None:
    assert find("sku-alias", tuned(sku, 25)) == []


@pytest.mark.parametrize(
    ("model", "severity", "fix", "reason"),
    [
        ("gpt-4o-mni", _ERROR, "did you mean gpt-4o-mini?", "a slip"),
        ("gpt-3.5-turbo", _ERROR, "did you mean gpt-35-turbo?", "OpenAI's own spelling"),
        ("gpt-5.7", _WARNING, "the nearest known", "perhaps newer than the catalogue"),
        ("contoso-llm", _WARNING, "ARM will know", "nothing is near"),
        ("GPT-4o", _WARNING, "write gpt-4o", "known, in another case"),
        (
            TUNED.replace("gpt-4o-mini", "gpt-4o-mni"),
            _ERROR,
            "did you mean gpt-4o-mini?",
            "a slip in the base",
        ),
        (TUNED.replace("gpt-4o-mini", "contoso"), _WARNING, "ARM will know", "a base nobody knows"),
    ],
)
def test_unknown_models(model: str, severity: Severity, fix: str, reason: str) -> None:
    (finding,) = find("unknown-model", deployment(model))
    assert finding.severity is severity, reason
    assert fix in finding.fix, reason
    assert route(finding) == (*IN_SET, "model", "name")


@pytest.mark.parametrize("model", ["gpt-5.4-mini", TUNED, CHECKPOINT, "gpt-4omini-ft-model-name"])
def test_known_models_and_ids_without_a_base_are_passed_over(model: str) -> None:
    assert find("unknown-model", deployment(model)) == []


def test_a_known_model_under_a_wrong_format_is_an_error_naming_the_right_one() -> None:
    (finding,) = find("unknown-model", deployment("Phi-4", "7", model_format="OpenAI"))
    assert finding.severity is _ERROR
    assert finding.fix == "write format: Microsoft"
    assert route(finding) == (*IN_SET, "model", "format")


def test_a_format_that_is_not_stated_is_reported_at_the_models_name() -> None:
    (finding,) = find("unknown-model", deployment("Phi-4", "7"))
    assert route(finding) == (*IN_SET, "model", "name")


@pytest.mark.parametrize(
    ("model", "version", "severity", "reason"),
    [
        ("gpt-4o", "2024-08-16", _ERROR, "a slip of 2024-08-06"),
        ("gpt-4o", "20240806", _ERROR, "punctuation does not make a version"),
        ("gpt-35-turbo", "0631", _ERROR, "two digits swapped"),
        ("gpt-4o", "2026-11-20", _WARNING, "dated after the newest source"),
        ("gpt-4o", "latest", _WARNING, "nothing is near"),
        ("Llama-3.3-70B-Instruct", "10", _WARNING, "counters have no slips"),
    ],
)
def test_unknown_versions(model: str, version: str, severity: Severity, reason: str) -> None:
    (finding,) = find("unknown-model-version", deployment(model, version))
    assert finding.severity is severity, reason
    assert route(finding) == (*IN_SET, "model", "version")


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (deployment("gpt-4o", "2024-08-06"), "known"),
        (deployment("gpt-4", "TURBO-2024-04-09"), "known, in another case"),
        (deployment("gpt-99", "1"), "the model itself is not known"),
        (deployment("claude-mythos-preview", "1"), "no version of the model is known"),
        (deployment("gpt-4o", None), "no version is another rule's"),
        (tuned(), "version 1 of a known base"),
    ],
)
def test_versions_that_cannot_be_wrong_are_passed_over(one: DesiredDeployment, reason: str) -> None:
    assert find("unknown-model-version", one) == [], reason


def test_the_version_of_a_fine_tuned_models_base_is_checked_inside_the_id() -> None:
    (finding,) = find("unknown-model-version", tuned(model=TUNED.replace("2024-07-18", "2024-07-19")))
    assert finding.severity is _ERROR
    assert route(finding) == (*IN_SET, "model", "name")


def test_fine_tuned_models_have_version_1() -> None:
    (finding,) = find("unknown-model-version", tuned(version="2024-07-18"))
    assert finding.severity is _WARNING
    assert finding.fix == 'write version: "1"'


def test_a_missing_version_is_told_with_the_default_of_today() -> None:
    (finding,) = find("model-version-missing", deployment("gpt-4o-mini", None))
    assert finding.severity is Severity.INFO
    assert "2024-07-18" in told(finding)
    assert find("model-version-missing", deployment("gpt-4o-mini", "2024-07-18")) == []


def test_a_missing_version_of_a_fine_tuned_model_is_1() -> None:
    (finding,) = find("model-version-missing", tuned(version=None))
    assert '"1"' in finding.fix


@pytest.mark.parametrize(
    ("region", "fix"), [("swedencentrall", "did you mean swedencentral?"), ("atlantis", "list-locations")]
)
def test_an_unknown_region_is_a_warning_told_once_per_account(region: str, fix: str) -> None:
    pair = [deployment(region=region, name=name) for name in ("one", "two")]
    (finding,) = find("unknown-region", *pair)
    assert finding.severity is _WARNING
    assert fix in finding.fix
    assert route(finding) == ("spec", "account", "region")


@pytest.mark.parametrize("region", ["Sweden Central", "EASTUS2", None])
def test_known_regions_in_any_spelling_are_known(region: str | None) -> None:
    assert find("unknown-region", deployment(region=region)) == []
