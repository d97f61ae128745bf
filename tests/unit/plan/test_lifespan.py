"""Every deployment is listed with the end of its model, whether or not anything is known of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from reconciler.catalogue.facts import Stage
from reconciler.catalogue.load import catalogue
from reconciler.domain.deployment import DesiredDeployment, JsonValue
from reconciler.domain.fleet import DesiredState, Scope
from reconciler.domain.ids import DeploymentId, Region
from reconciler.domain.sku import SkuName
from reconciler.domain.state import Listed, ObservedAccount, ObservedDeployment, ObservedState, Unreadable
from reconciler.plan.lifespan import Lifespan, declared_lifespans, observed_lifespans, soonest_first
from tests.unit.rules.declare import CHECKPOINT, TODAY, TUNED, account_id, declared, deployment

HERE = Region("swedencentral")


def lifespan(one: DesiredDeployment, today: date = TODAY) -> Lifespan:
    (found,) = declared_lifespans(declared([one]), catalogue(), today)
    return found


def there(
    name: str, model: str | None, version: str | None, option: JsonValue = "NoAutoUpgrade"
) -> ObservedDeployment:
    return ObservedDeployment(
        id=DeploymentId(account=account_id(), name=name),
        model_format="OpenAI",
        model_name=model,
        model_version=version,
        sku=SkuName("GlobalStandard"),
        resource={"properties": {"versionUpgradeOption": option}} if option is not None else {},
    )


def listed(*deployments: ObservedDeployment) -> ObservedState:
    account = ObservedAccount(id=account_id(), region=HERE)
    return ObservedState(readings={account.id: Listed(account=account, deployments=deployments)})


def names(lifespans: list[Lifespan] | tuple[Lifespan, ...]) -> list[str]:
    return [one.id.name for one in lifespans]


def test_a_declared_deployment_has_the_dates_of_its_version() -> None:
    found = lifespan(deployment("gpt-5.4", "2026-03-05"))
    assert (found.model, found.version, found.observed) == ("gpt-5.4", "2026-03-05", False)
    assert (found.retires, found.days_left) == (date(2027, 9, 2), 282)
    assert found.stage is not None


@pytest.mark.parametrize(
    ("one", "known", "reason"),
    [
        (deployment("gpt-99", "1"), False, "an unknown model"),
        (deployment(CHECKPOINT, "1"), False, "a checkpoint does not tell its base"),
        (deployment(TUNED, "1"), True, "a fine-tuned model lives as its base's tuned deployments do"),
        (deployment("text-embedding-3-small", None), True, "the default version is taken"),
    ],
)
def test_what_is_not_known_is_listed_with_nothing(one: DesiredDeployment, known: bool, reason: str) -> None:
    found = lifespan(one)
    assert (found.retires is not None) is known, reason
    assert (found.days_left is not None) is known, reason


@pytest.mark.parametrize(
    ("option", "meaning"),
    [
        ("NoAutoUpgrade", "never"),
        ("onceCurrentVersionExpired", "at retirement"),
        ("OnceNewDefaultVersionAvailable", "on a new default"),
        ("SomethingNew", "SomethingNew"),
        (None, "(on a new default)"),
    ],
)
def test_who_upgrades_is_said_in_words(option: str | None, meaning: str) -> None:
    assert lifespan(deployment(upgrade=option)).upgrade_meaning == meaning


def test_the_last_day_counts_as_within() -> None:
    found = lifespan(deployment("gpt-5.4", "2026-03-05"))
    assert found.ends_within(282)
    assert not found.ends_within(281)
    past = lifespan(deployment("gpt-5.4", "2026-03-05"), date(2027, 9, 2) + timedelta(days=3))
    assert past.days_left == -3
    assert past.ends_within(0)
    assert not lifespan(deployment("gpt-99", "1")).ends_within(100_000)
    assert lifespan(deployment("gpt-5-chat", "2025-08-07"), date(2020, 1, 1)).ends_within(0)


def test_what_is_there_counts_not_what_was_declared() -> None:
    state = declared([deployment("gpt-5.1", "2025-11-13", name="chat")])
    observed = listed(there("chat", "gpt-5.4", "2026-03-05", "OnceCurrentVersionExpired"))
    (found,) = observed_lifespans(state, observed, catalogue(), TODAY)
    assert (found.model, found.version, found.observed) == ("gpt-5.4", "2026-03-05", True)
    assert (found.region, found.upgrade_meaning) == (HERE, "at retirement")


@pytest.mark.parametrize("option", [None, 7])
def test_an_upgrade_option_that_is_no_text_is_not_stated(option: JsonValue) -> None:
    observed = listed(there("chat", "gpt-5.4", "2026-03-05", option))
    (found,) = observed_lifespans(declared([]), observed, catalogue(), TODAY)
    assert found.upgrade is None


def test_a_deployment_without_a_model_is_listed() -> None:
    (found,) = observed_lifespans(declared([]), listed(there("odd", None, None)), catalogue(), TODAY)
    assert (found.model, found.version, found.retires) == ("", None, None)


def test_undeclared_ones_are_listed_and_absent_ones_as_declared() -> None:
    state = declared([deployment(name="absent"), deployment(name="chat")])
    observed = listed(there("chat", "gpt-5.4", "2026-03-05"), there("zz", "gpt-5.4", "2026-03-05"))
    found = observed_lifespans(state, observed, catalogue(), TODAY)
    assert [(one.id.name, one.observed) for one in found] == [("absent", False), ("chat", True), ("zz", True)]


def test_an_account_that_cannot_be_read_is_listed_as_declared() -> None:
    state = declared([deployment(name="chat")])
    reading = Unreadable(id=account_id(), code="Forbidden", message="no")
    observed = ObservedState(readings={account_id(): reading})
    found = observed_lifespans(state, observed, catalogue(), TODAY)
    assert [(one.id.name, one.observed) for one in found] == [("chat", False)]


def test_what_is_not_selected_is_not_listed() -> None:
    state = replace(declared([]), scope=Scope(excludes=("*/zz",)))
    observed = listed(there("zz", "gpt-5.4", "2026-03-05"))
    assert observed_lifespans(state, observed, catalogue(), TODAY) == ()


def test_soonest_first_retired_above_all_unknown_last() -> None:
    every = declared(
        [
            deployment("gpt-99", "1", name="unknown"),
            deployment("gpt-5.4", "2026-03-05", name="later"),
            deployment("gpt-5.1", "2025-11-13", name="sooner"),
            deployment("gpt-5-chat", "2025-08-07", name="retired"),
            deployment("gpt-5.1", "2025-11-13", name="also-sooner"),
        ]
    )
    found = soonest_first(declared_lifespans(every, catalogue(), TODAY))
    assert names(found) == ["retired", "also-sooner", "sooner", "later", "unknown"]


def test_nothing_declared_is_nothing_listed() -> None:
    empty = DesiredState(fleet=declared([]).fleet)
    assert declared_lifespans(empty, catalogue(), TODAY) == ()


@pytest.mark.parametrize(
    "sku", ["ProvisionedManaged", "DataZoneProvisionedManaged", "GlobalProvisionedManaged"]
)
@pytest.mark.parametrize("option", ["NoAutoUpgrade", "OnceNewDefaultVersionAvailable", None])
def test_a_provisioned_deployment_is_never_moved_whatever_its_option(sku: str, option: str | None) -> None:
    assert lifespan(deployment(sku=sku, upgrade=option)).upgrade_meaning == "never"


@pytest.mark.parametrize(
    ("option", "sku", "meaning"),
    [
        ("NoAutoUpgrade", "GlobalStandard", "at retirement"),
        ("OnceNewDefaultVersionAvailable", "GlobalStandard", "on a new default"),
        ("NoAutoUpgrade", "GlobalProvisionedManaged", "never"),
    ],
)
def test_a_preview_is_moved_at_its_end_whatever_its_option(option: str, sku: str, meaning: str) -> None:
    one = deployment("Cohere-parse-v5", "1", sku=sku, upgrade=option, model_format="Cohere")
    found = lifespan(one)
    assert found.stage is Stage.PREVIEW
    assert found.upgrade_meaning == meaning
