"""What ARM's list of a region says of a write; every case has its evidence beside it."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from reconciler.domain.deployment import UNSET, DesiredDeployment, Lifecycle
from reconciler.domain.state import Offer, RegionFacts
from reconciler.plan.actions import Action, Blocked, Create, Keep, Reason, Replace, Update
from tests.unit.plan.states import (
    REGION,
    SUBSCRIPTION,
    TUNED,
    applied,
    desired,
    listed,
    offer,
    only_action,
    plan,
    state,
    world,
)

PTU = "ProvisionedManaged"
CHECKPOINT = "ftchkpt-0123456789abcdef0123456789abcdef"


def mini(pool: str, **others: Any) -> Offer:  # noqa: ANN401 -- offer's own
    return offer(pool, model="gpt-4o-mini", version="2024-07-18", **others)


OFFERS: tuple[Offer, ...] = (
    offer("chat", default=True),
    offer("chat", version="2024-08-06"),
    offer("chat", version="2024-05-13", status="Deprecated"),
    offer("chat", version="2024-06-01", status="Deprecating"),
    offer("ptu", sku=PTU, sizes=(50, 50, 300)),
    offer("batch", sku="GlobalBatch", sizes=(None, None, 1000)),
    mini("mini"),
    mini("mini-finetune", sku="Standard", sizes=(None, None, 250)),
    mini("mini-ptu", sku=PTU, sizes=(25, 25, 30000)),
    offer("partner", model="hers", version="1", kind="AIServices"),
    offer("other", model="his", version="1", kind="AIServices"),
    offer("other", model="his", version="1", kind="OpenAI", sku="Standard"),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One new deployment; `says` empty means that it may be made without a word."""

    one: DesiredDeployment
    blocked: bool
    says: tuple[str, ...] = ()
    reason: str


CASES = [
    Case(one=desired(), blocked=False, reason="named with version and SKU in the list"),
    Case(one=desired(version=UNSET), blocked=False, reason="isDefaultVersion is true for one version"),
    Case(
        one=desired(version="2025-01-01"),
        blocked=True,
        says=("does not offer version 2025-01-01", "2024-05-13, 2024-06-01, 2024-08-06, 2024-11-20"),
        reason="the list names every version of a model, deprecated ones too (contract 11, recorded)",
    ),
    Case(
        one=desired(sku="DataZoneStandard"),
        blocked=True,
        says=("gpt-4o 2024-11-20 on DataZoneStandard", "GlobalBatch, GlobalStandard, ProvisionedManaged"),
        reason="skus[] of a model version are what that region offers (contract 11, recorded)",
    ),
    Case(
        one=desired(sku=PTU, capacity=40),
        blocked=True,
        says=("from 50 in steps of 50 up to 300, not 40", "sku.capacity: 50"),
        reason="valid = minimum + n * step <= maximum (contract 10, recorded ranges)",
    ),
    Case(
        one=desired(sku=PTU, capacity=120),
        blocked=True,
        says=("sku.capacity: 100 or 150",),
        reason="both neighbours of a size off the step",
    ),
    Case(
        one=desired(sku=PTU, capacity=999),
        blocked=True,
        says=("not 999", "sku.capacity: 300"),
        reason="above the maximum there is one neighbour",
    ),
    Case(one=desired(sku=PTU, capacity=300), blocked=False, reason="the maximum itself is valid"),
    Case(
        one=desired(sku="GlobalBatch", capacity=1001),
        blocked=True,
        says=("from 1 in steps of 1 up to 1000",),
        reason="minimum 1 and step 1 where ARM lists none (contract 10)",
    ),
    Case(one=desired(capacity=10**9), blocked=False, reason="no maximum listed, none invented"),
    Case(one=desired(sku=PTU, capacity=UNSET), blocked=False, reason="ARM chooses a size that is not sent"),
    Case(
        one=desired(model="gpt-77", version="1"),
        blocked=False,
        says=("unverified", "does not name gpt-77"),
        reason="a list that does not name a model is no proof that it cannot be had",
    ),
    Case(
        one=desired(version="2024-05-13"),
        blocked=True,
        says=("as Deprecated",),
        reason="ServiceModelDeprecated refuses new deployments; existing ones stay (contract 8)",
    ),
    Case(
        one=desired(version="2024-06-01"),
        blocked=False,
        says=("as Deprecating", "only subscriptions that already have"),
        reason="specification PR 35505: who has one may make more",
    ),
    Case(
        one=desired(model="hers", version="1"),
        blocked=False,
        says=(),
        reason="no offer of the whole list is for kind OpenAI in this case's list",
    ),
    Case(
        one=desired(model=TUNED, version="1", sku="Standard", capacity=250),
        blocked=False,
        reason="offered by its base's -finetune entry (contract 7)",
    ),
    Case(
        one=desired(model=TUNED, version="1", sku="Standard", capacity=251),
        blocked=True,
        says=("up to 250, not 251",),
        reason="the -finetune entry has a maximum of its own (contract 7, recorded)",
    ),
    Case(
        one=desired(model=TUNED, version="1", sku=PTU, capacity=25),
        blocked=False,
        reason="provisioned SKUs have no -finetune entry (contract 10, recorded)",
    ),
    Case(
        one=desired(model=TUNED, version="1"),
        blocked=True,
        says=("on GlobalStandard", "its SKUs there: ProvisionedManaged, Standard"),
        reason="the base's own GlobalStandard entry is not for fine-tuned models",
    ),
    Case(
        one=desired(model=TUNED.replace("2024-07-18", "2023-01-01"), version="1", sku="Standard"),
        blocked=False,
        says=("unverified", "version 2023-01-01 of gpt-4o-mini"),
        reason="a base may have left the list while its fine-tuned models still run",
    ),
    Case(
        one=desired(model=CHECKPOINT, version="1", sku="Standard"),
        blocked=False,
        reason="a checkpoint's id does not tell its base",
    ),
]


def made(one: DesiredDeployment, *offers: Offer) -> Action:
    """What a plan makes of a new deployment."""
    return only_action(plan(state(one), world(listed(), offers=offers)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.reason))
def test_a_new_deployment_is_judged_by_the_regions_own_list(case: Case) -> None:
    offers = OFFERS
    if case.one.spec.model.name == "hers":
        offers = tuple(one for one in OFFERS if one.account_kind != "OpenAI")
    action = made(case.one, *offers)
    told = f"{action.explanation} {action.fix if isinstance(action, Blocked) else ''}".strip()
    assert isinstance(action, Blocked if case.blocked else Create), told
    if case.blocked:
        assert action.reason is Reason.NOT_OFFERED
    assert [words for words in case.says if words not in told] == []
    assert bool(told) == bool(case.says)


def test_a_model_for_accounts_of_another_kind_is_blocked_where_ours_is_listed_too() -> None:
    action = made(desired(model="hers", version="1"), *OFFERS)
    assert isinstance(action, Blocked)
    assert "accounts of kind AIServices only" in action.explanation


def test_the_offers_of_another_kind_of_account_do_not_count() -> None:
    action = made(desired(model="his", version="1"), *OFFERS)
    assert isinstance(action, Blocked)
    assert "its SKUs there: Standard" in action.explanation


def test_a_list_that_could_not_be_read_refuses_nothing_and_is_said() -> None:
    action = only_action(plan(state(desired()), world(listed(), offers=None)))
    assert isinstance(action, Create)
    assert action.explanation.startswith("unverified: the models that swedencentral offers")


def test_another_region_of_the_list_says_nothing() -> None:
    there = world(listed())
    elsewhere = RegionFacts(subscription=SUBSCRIPTION, region=replace(REGION, name="eastus"), offers=OFFERS)
    action = only_action(plan(state(desired(model="nobody")), replace(there, regions=(elsewhere,))))
    assert isinstance(action, Create)
    assert not action.explanation


# -- what is there already -----------------------------------------------------------------------------------

OLD = desired(version="2024-05-13")


def changed(before: DesiredDeployment, after: DesiredDeployment) -> Action:
    return only_action(plan(state(after), world(listed(applied(before)), offers=OFFERS)))


def test_a_deployment_that_is_as_declared_is_not_asked_about() -> None:
    assert isinstance(changed(OLD, OLD), Keep)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OLD, replace(OLD, spec=replace(OLD.spec, settings={"raiPolicyName": "Microsoft.Default"}))),
        (OLD, replace(OLD, spec=replace(OLD.spec, tags={"a": "b"}))),
        (OLD, desired(version="2024-05-13", capacity=60)),
        (desired(version="gone", capacity=5), desired(version="gone", capacity=6)),
        (desired(model="gone", capacity=5), desired(model="gone", capacity=6)),
    ],
    ids=["filter", "tags", "capacity of a deprecated one", "version not listed", "model not listed"],
)
def test_a_change_that_asks_the_region_for_nothing_new_goes_through(
    before: DesiredDeployment, after: DesiredDeployment
) -> None:
    action = changed(before, after)
    assert isinstance(action, Update)
    assert not action.explanation


def test_a_capacity_that_arm_would_refuse_is_blocked_with_what_it_would_have_changed() -> None:
    action = changed(desired(sku=PTU, capacity=100), desired(sku=PTU, capacity=110))
    assert isinstance(action, Blocked)
    assert action.reason is Reason.NOT_OFFERED
    assert action.observed is not None
    assert [change.path for change in action.changes] == ["sku.capacity", "tags.reconciler-spec"]


def test_a_version_that_is_retired_is_blocked_before_anything_is_sent() -> None:
    action = changed(desired(option="NoAutoUpgrade"), desired(version="2024-05-13", option="NoAutoUpgrade"))
    assert isinstance(action, Blocked)
    assert "Deprecated" in action.explanation


def test_a_replacement_by_what_is_not_offered_never_deletes() -> None:
    allowed = Lifecycle(replace_allowed=True)
    wish = replace(desired(sku="DataZoneBatch"), lifecycle=allowed)
    assert isinstance(changed(desired(), wish), Blocked)
    offered = replace(desired(sku="GlobalBatch"), lifecycle=allowed)
    assert isinstance(changed(desired(), offered), Replace)


def test_a_dependant_of_what_cannot_be_had_is_blocked_as_well() -> None:
    declared = state(desired("source", spillover="target"), desired("target", sku="DataZoneStandard"))
    steps = plan(declared, world(listed(), offers=OFFERS)).steps
    assert {step.action.id.name: step.action.reason for step in steps} == {
        "source": Reason.DEPENDENCY_BLOCKED,
        "target": Reason.NOT_OFFERED,
    }
