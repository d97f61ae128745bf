"""A change of a Claude version says at its step what it moves: where data is processed, the quota pool."""

from dataclasses import replace

import pytest

from reconciler.domain.deployment import DesiredDeployment, Lifecycle, ModelRef
from reconciler.domain.state import Offer
from reconciler.plan.actions import Action, Replace, Update
from tests.unit.plan.states import applied, desired, listed, offer, only_action, plan, state, world

CLAUDE = "claude-opus-5-5"
ANTHROPIC, AZURE = f"AIServices.GlobalStandard.{CLAUDE}", f"AIServices.GlobalStandard.{CLAUDE}.Azure"
DATA = {"modelProviderData": {"industry": "technology", "organizationName": "Contoso", "countryCode": "DE"}}


def claude(version: str, model: str = CLAUDE, lifecycle: Lifecycle | None = None) -> DesiredDeployment:
    one = desired(model=model, version=version, settings=DATA, lifecycle=lifecycle)
    stated = ModelRef(name=model, version=version, format="Anthropic")
    return replace(one, spec=replace(one.spec, model=stated))


def listed_as(version: str, pool: str, host: str, model: str = CLAUDE) -> Offer:
    return replace(offer(pool, model=model, version=version), model_format="Anthropic", hosted_on=host)


def step(before: DesiredDeployment, after: DesiredDeployment, *offers: Offer) -> Action:
    return only_action(plan(state(after), world(listed(applied(before)), offers=offers)))


@pytest.mark.parametrize(("old", "new"), [("1", "2"), ("2", "1")])
def test_arms_own_list_tells_the_host_and_the_pool_both_ways(old: str, new: str) -> None:
    offers = [listed_as("1", ANTHROPIC, "anthropic"), listed_as("2", AZURE, "azure")]
    found = step(claude(old), claude(new), *offers)
    assert isinstance(found, Update)
    host = {"1": "by Anthropic", "2": "on Azure"}
    pool = {"1": ANTHROPIC, "2": AZURE}
    assert (
        f"{CLAUDE} {old} is hosted {host[old]} and {CLAUDE} {new} {host[new]}: where data is processed "
        "changes (ARM's models list)"
    ) in found.explanation
    assert f"its quota pool changes from {pool[old]} to {pool[new]}" in found.explanation


def test_where_arm_lists_nothing_the_catalogue_tells_with_its_source() -> None:
    found = step(claude("1"), claude("2"))
    assert "hosted by Anthropic" in found.explanation
    assert "2026-10-05" in found.explanation
    assert f"its quota pool changes from {ANTHROPIC} to {AZURE}" in found.explanation


def test_a_host_without_a_known_pool_is_told_alone() -> None:
    found = step(claude("1", "claude-opus-5"), claude("2", "claude-opus-5"))
    assert "where data is processed changes" in found.explanation
    assert "quota pool" not in found.explanation


def test_a_replacement_tells_it_too() -> None:
    allowed = Lifecycle(replace_allowed=True)
    found = step(claude("1", "claude-opus-5"), claude("2", CLAUDE, allowed))
    assert isinstance(found, Replace)
    assert "hosted by Anthropic and claude-opus-5-5 2 on Azure" in found.explanation


def test_a_version_of_the_same_host_and_pool_says_nothing() -> None:
    offers = [listed_as("1", ANTHROPIC, "azure"), listed_as("2", ANTHROPIC, "azure")]
    assert step(claude("1"), claude("2"), *offers).explanation.count("hosted") == 0


def test_models_of_openai_have_one_host_and_say_nothing() -> None:
    found = step(desired(version="2024-08-06"), desired())
    assert isinstance(found, Update)
    assert "hosted" not in found.explanation
    assert "pool" not in found.explanation


def test_a_change_of_capacity_says_nothing() -> None:
    offers = [listed_as("1", ANTHROPIC, "anthropic")]
    one = claude("1")
    grown = replace(one, spec=replace(one.spec, sku=desired(capacity=60).spec.sku))
    assert "hosted" not in step(one, grown, *offers).explanation
