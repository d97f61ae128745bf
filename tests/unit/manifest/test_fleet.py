"""The Fleet document: who we are, and how loud the rules are."""

from __future__ import annotations

import pytest

from reconciler.diagnostics import Severity
from reconciler.domain.fleet import Fleet, Guards, Retirement, Subscription
from reconciler.manifest.fleet import PREVIEWS, STABLE
from tests.unit.manifest.reading import (
    CHAT,
    GUID,
    OTHER_TENANT,
    TENANT,
    a_fleet,
    a_set,
    codes,
    only,
    read,
    read_all,
    state,
    underlined,
)

WHOLE = f"""
    cloud: AzureUSGovernment
    apiVersion: 2025-06-01
    subscriptions:
      prod: {{id: {GUID}, tenant: {TENANT}}}
    guards:
      maxDeletes: 3
      maxDeletePercent: 30
      maxCapacityReductionPercent: 50
      protect: ["*/prod-*/chat*"]
    rules: {{model-retiring-soon: error, unknown-model: off}}
    retirement: {{warnWithinDays: 30, failWithinDays: 7}}
    """


def test_everything_a_fleet_says_is_kept() -> None:
    assert state(read(a_fleet(WHOLE))).fleet == Fleet(
        name="contoso",
        cloud="AzureUSGovernment",
        api_version="2025-06-01",
        subscriptions={"prod": Subscription(id=GUID, tenant=TENANT)},
        guards=Guards(
            max_deletes=3,
            max_delete_percent=30.0,
            max_capacity_reduction_percent=50.0,
            protect=("*/prod-*/chat*",),
        ),
        rules={"model-retiring-soon": Severity.ERROR, "unknown-model": Severity.OFF},
        retirement=Retirement(warn_within_days=30, fail_within_days=7),
    )


def test_a_fleet_that_says_nothing_has_the_defaults() -> None:
    assert state(read(a_fleet("{}"))).fleet == Fleet(name="contoso")


def test_without_a_fleet_there_is_one_that_was_not_declared() -> None:
    fleet = state(read(a_set())).fleet
    assert (fleet.name, fleet.declared) == ("default", False)


def test_zero_days_are_not_taken_for_no_days_stated() -> None:
    assert state(read(a_fleet("retirement: {warnWithinDays: 0}"))).fleet.retirement.warn_within_days == 0


def test_a_second_fleet_is_told_with_the_first() -> None:
    loaded = read_all(a_fleet("{}"), a_fleet("{}", name="other"))
    assert only(loaded).code == "duplicate-fleet"
    assert len(only(loaded).related) == 1


@pytest.mark.parametrize("name", ["Contoso", "con_toso", "c" * 41, "con toso"])
def test_a_fleets_name_is_the_owner_mark_and_has_its_form(name: str) -> None:
    assert only(read(a_fleet("{}", name=f"'{name}'"))).code == "invalid-value"


@pytest.mark.parametrize("version", [*STABLE, *PREVIEWS])
def test_arms_own_api_versions_are_taken(version: str) -> None:
    assert state(read(a_fleet(f"apiVersion: {version}"))).fleet.api_version == version


@pytest.mark.parametrize("version", ["2024-10-21", "2030-01-01", "latest"])
def test_other_api_versions_are_told_with_those_that_exist(version: str) -> None:
    loaded = read(a_fleet(f"apiVersion: {version}"))
    assert only(loaded).code == "api-version"
    assert STABLE[-1] in only(loaded).message
    assert underlined(loaded) == version


def test_an_inference_version_is_called_one() -> None:
    assert "inference" in only(read(a_fleet("apiVersion: 2024-10-21"))).message


@pytest.mark.parametrize(
    ("spec", "pointed"),
    [
        ("cloud: azurecloud", "azurecloud"),
        ("rules: {model-retiring-son: error}", "model-retiring-son"),
        ("rules: {unknown-model: fatal}", "fatal"),
        ("rules: {duplicate-key: off}", "off"),
        ("guards: {protect: ['a/b/c/d']}", "'a/b/c/d'"),
        (f"subscriptions: {{prod: {{id: {GUID[:-1]}}}}}", GUID[:-1]),
        (
            f"subscriptions: {{prod: {{id: {GUID}, tenant: contoso.onmicrosoft.com}}}}",
            "contoso.onmicrosoft.com",
        ),
    ],
)
def test_what_a_fleet_cannot_say_is_shown(spec: str, pointed: str) -> None:
    loaded = read(a_fleet(spec))
    assert only(loaded).code == "invalid-value"
    assert underlined(loaded) == pointed


@pytest.mark.parametrize("alias", ["a/b", "a*", GUID])
def test_an_alias_is_a_name_that_globs_can_mean(alias: str) -> None:
    assert codes(read(a_fleet(f"subscriptions: {{'{alias}': {{id: {GUID}}}}}"))) == ["invalid-value"]


def test_one_subscription_cannot_be_in_two_tenants() -> None:
    aliases = f"a: {{id: {GUID}, tenant: {TENANT}}}, b: {{id: {GUID}, tenant: {OTHER_TENANT}}}"
    loaded = read(a_fleet(f"subscriptions: {{{aliases}}}"))
    assert only(loaded).code == "invalid-value"
    assert underlined(loaded) == OTHER_TENANT


@pytest.mark.parametrize(
    ("level", "severities", "valid"),
    [("error", [Severity.ERROR], False), ("warning", [Severity.WARNING], True), ("off", [], True)],
)
def test_a_fleet_may_call_an_unknown_field_less_than_an_error(
    level: str, severities: list[Severity], valid: bool
) -> None:
    entry = CHAT.replace("name: chat", "name: chat, futureField: {x: 1}")
    loaded = read_all(a_fleet(f"rules: {{unknown-field: {level}}}"), a_set(deployments=entry))
    assert [found.severity for found in loaded.diagnostics] == severities
    assert (loaded.desired is not None) is valid
    assert len(loaded.understood.deployments) == 1


def test_a_rule_of_text_may_be_named_as_the_error_it_is() -> None:
    loaded = read(a_fleet("rules: {duplicate-key: error}"))
    assert state(loaded).fleet.rules == {"duplicate-key": Severity.ERROR}


def test_a_wrong_fleet_hides_nothing_else() -> None:
    loaded = read_all(a_fleet("cloud: Moon"), a_set(subscription="prod", deployments="{name: a, nope: 1}"))
    assert "invalid-value" in codes(loaded)
    assert "unknown-field" in codes(loaded)
    assert "unknown-subscription" not in codes(loaded)
