"""Pauses, tiers and routers: what a SKU or a model does not have is told before the write."""

from dataclasses import replace

import pytest

from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import PrunePolicy
from reconciler.domain.state import Offer
from reconciler.plan.actions import Blocked, Create, Delete, Reason, Update
from tests.unit.plan.states import applied, desired, listed, name_of, offer, only_action, plan, state, world

PAUSED = {"deploymentState": "Paused"}
PRIORITY = {"serviceTier": "Priority"}


@pytest.mark.parametrize("sku", ["Standard", "GlobalStandard", "DataZoneStandard"])
def test_a_pay_as_you_go_deployment_can_be_paused(sku: str) -> None:
    made = plan(state(desired(sku=sku, settings=PAUSED)), world(listed(applied(desired(sku=sku)))))
    assert isinstance(only_action(made), Update)


@pytest.mark.parametrize(
    "sku", ["ProvisionedManaged", "GlobalProvisionedManaged", "DataZoneProvisionedManaged", "GlobalBatch"]
)
@pytest.mark.parametrize("there", [True, False])
def test_any_other_cannot_and_the_plan_says_that_it_keeps_billing(sku: str, there: bool) -> None:
    found = [applied(desired(sku=sku))] if there else []
    action = only_action(plan(state(desired(sku=sku, settings=PAUSED)), world(listed(*found))))
    assert isinstance(action, Blocked)
    assert action.reason is Reason.NOT_OFFERED
    assert "billed all the same" in action.explanation


def test_what_runs_is_no_pause_and_an_unknown_sku_is_nobodys_to_judge() -> None:
    running = desired(sku="ProvisionedManaged", settings={"deploymentState": "Running"})
    assert isinstance(only_action(plan(state(running), world(listed()))), Create)
    assert isinstance(
        only_action(plan(state(desired(sku="NewSku", settings=PAUSED)), world(listed()))), Create
    )


TIERS: list[tuple[str, list[Offer], bool]] = [
    ("the model has the tier on this SKU", [replace(offer("p"), priority_tier=True)], False),
    (
        "another one has it, so the list speaks of tiers",
        [offer("p"), replace(offer("q", model="gpt-4.1"), priority_tier=True)],
        True,
    ),
    (
        "it has the tier on another SKU only",
        [offer("p"), replace(offer("q", sku="Standard"), priority_tier=True)],
        True,
    ),
    ("the list says nothing of tiers", [offer("p"), offer("q", model="gpt-4.1")], False),
    ("the model is not listed", [replace(offer("q", model="gpt-4.1"), priority_tier=True)], False),
]


@pytest.mark.parametrize(("reason", "offers", "refused"), TIERS, ids=[reason for reason, *_ in TIERS])
def test_a_tier_is_legal_where_the_model_has_it(reason: str, offers: list[Offer], refused: bool) -> None:
    made = plan(state(desired(settings=PRIORITY)), world(listed(), offers=offers))
    assert isinstance(only_action(made), Blocked) is refused, reason


def router(*members: tuple[str, str]) -> DesiredDeployment:
    models = [{"name": name, "format": form} for name, form in members]
    return desired("a-router", model="model-router", settings={"routing": {"models": models}})


def test_the_members_of_a_router_that_need_a_deployment_are_made_before_it() -> None:
    claude = desired("claude", model="claude-opus-5", version="2")
    other = desired("mini", model="gpt-4o-mini")
    declared = state(router(("Claude-Opus-5", "Anthropic"), ("gpt-4o-mini", "OpenAI")), claude, other)
    steps = {step.action.id: step for step in plan(declared, world(listed())).writes}
    assert steps[name_of("a-router")].depends_on == (name_of("claude"),)


def test_a_router_without_a_deployment_of_its_claude_member_is_blocked_naming_it() -> None:
    one = router(("claude-opus-5", "Anthropic"), ("gpt-4o-mini", "OpenAI"))
    action = only_action(plan(state(one), world(listed())))
    assert isinstance(action, Blocked)
    assert action.reason is Reason.DEPENDENCY_BLOCKED
    assert "acc has none of claude-opus-5" in action.explanation
    assert "gpt-4o-mini" not in action.explanation


def test_a_member_that_is_there_whoever_made_it_serves_and_one_that_goes_does_not() -> None:
    member = applied(desired("theirs", model="Claude-Opus-5", version="2"))
    one = router(("claude-opus-5", "Anthropic"))
    stays = plan(state(one, prune=PrunePolicy.NEVER), world(listed(member)))
    assert Create in {type(step.action) for step in stays.steps}
    goes = plan(state(one), world(listed(member)))
    assert {type(step.action) for step in goes.steps} == {Blocked, Delete}


def test_a_router_that_stays_as_it_is_is_not_judged() -> None:
    one = router(("claude-opus-5", "Anthropic"))
    bigger = replace(one, spec=replace(one.spec, sku=desired(capacity=60).spec.sku))
    assert isinstance(only_action(plan(state(bigger), world(listed(applied(one))))), Update)


def test_members_in_another_account_are_not_waited_for_and_do_not_serve() -> None:
    claude = desired("claude", in_account="far", model="claude-opus-5", version="2")
    declared = state(router(("claude-opus-5", "Anthropic")), claude, accounts=["acc", "far"])
    steps = {step.action.id: step for step in plan(declared, world(listed(), listed(name="far"))).steps}
    alone = steps[name_of("a-router")]
    assert (type(alone.action), alone.depends_on) == (Blocked, ())
    nearer = desired("claude", model="claude-opus-5", version="2")
    declared = state(router(("claude-opus-5", "Anthropic")), claude, nearer, accounts=["acc", "far"])
    steps = {step.action.id: step for step in plan(declared, world(listed(), listed(name="far"))).steps}
    assert steps[name_of("a-router")].depends_on == (nearer.id,)
