"""Pools that span regions, and what a shortage in one pool leaves of a plan."""

from dataclasses import replace

import pytest

from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import Region
from reconciler.domain.sku import SkuName
from reconciler.domain.state import Listed, ObservedAccount, ObservedState, Offer, QuotaPool, RegionFacts
from reconciler.plan.actions import Blocked, Create, Reason
from reconciler.plan.allowances import Policy
from reconciler.plan.plan import Plan, Verdict
from tests.unit.plan.states import (
    SUBSCRIPTION,
    account,
    applied,
    desired,
    listed,
    name_of,
    plan,
    state,
    world,
)
from tests.unit.plan.states import offer as offered

SWEDEN, EAST, WEST = (Region(name) for name in ("swedencentral", "eastus2", "westus3"))
CLAUDE = "claude-opus-5"


def claude(name: str, in_account: str, capacity: int, sku: str = "GlobalStandard") -> DesiredDeployment:
    one = desired(name, in_account=in_account, model=CLAUDE, version="2", sku=sku, capacity=capacity)
    return replace(one, spec=replace(one.spec, model=replace(one.spec.model, format="Anthropic")))


def in_regions(
    *accounts: tuple[str, Region],
    pools: dict[Region, list[QuotaPool]],
    sku: str = "GlobalStandard",
    model_format: str = "Anthropic",
    model: str = CLAUDE,
) -> ObservedState:
    """Empty accounts in their regions, each of which offers one model from a pool called P."""
    one = Offer(model_format=model_format, model_name=model, model_version="2", sku=SkuName(sku), pool="P")
    readings = {
        account(name): Listed(account=ObservedAccount(id=account(name), region=region, kind="AIServices"))
        for name, region in accounts
    }
    regions = tuple(
        RegionFacts(subscription=SUBSCRIPTION, region=region, pools=tuple(pools[region]), offers=(one,))
        for region in pools
    )
    return ObservedState(readings=readings, regions=regions)


def pool(limit: int, *, used: int = 0, scope: str = "", scope_id: str = "") -> QuotaPool:
    return QuotaPool(name="P", label="P", used=used, limit=limit, scope=scope, scope_id=scope_id)


def of(*deployments: DesiredDeployment, accounts: list[str]) -> DesiredState:
    return state(*deployments, accounts=accounts, region=None)


TWO = [("one", SWEDEN), ("two", EAST)]


@pytest.mark.parametrize("scope", ["", "Global"], ids=["as documented", "as ARM says"])
def test_claude_draws_on_one_pool_of_the_subscription(scope: str) -> None:
    figures = {region: [pool(100, scope=scope, scope_id=scope)] for region in (SWEDEN, EAST)}
    declared = of(claude("a", "one", 60), claude("b", "two", 60), accounts=["one", "two"])
    made = plan(declared, in_regions(*TWO, pools=figures))
    (forecast,) = made.quota
    assert (forecast.scope, forecast.used_after, forecast.verdict) == (
        f"{SUBSCRIPTION}/global",
        120,
        Verdict.EXCEEDS,
    )
    assert [refusal.code for refusal in made.refusals] == ["quota"]


def test_the_fullest_figure_of_a_pool_that_spans_regions_counts() -> None:
    figures = {SWEDEN: [pool(100, used=10, scope="Global")], EAST: [pool(100, used=50, scope="Global")]}
    declared = of(claude("a", "one", 10), claude("b", "two", 10), accounts=["one", "two"])
    (forecast,) = plan(declared, in_regions(*TWO, pools=figures)).quota
    assert (forecast.used_before, forecast.used_after) == (50, 70)


def test_on_data_zones_each_zone_has_its_pool() -> None:
    places = [("one", SWEDEN), ("two", EAST), ("three", WEST)]
    figures = {region: [pool(100)] for _, region in places}
    declared = of(
        *(claude("a", name, 60, "DataZoneStandard") for name, _ in places), accounts=["one", "two", "three"]
    )
    made = plan(declared, in_regions(*places, pools=figures, sku="DataZoneStandard"))
    assert {(one.scope.partition("/")[2], one.used_after) for one in made.quota} == {("eu", 60), ("us", 120)}


def test_a_data_zone_that_arm_names_is_taken_as_it_says() -> None:
    figures = {region: [pool(100, scope="DataZone", scope_id="US")] for region in (SWEDEN, EAST)}
    declared = of(claude("a", "one", 60), claude("b", "two", 30), accounts=["one", "two"])
    (forecast,) = plan(declared, in_regions(*TWO, pools=figures)).quota
    assert (forecast.scope, forecast.used_after) == (f"{SUBSCRIPTION}/us", 90)


@pytest.mark.parametrize("scope", ["", "Regional", "Classic"])
def test_any_other_pool_is_one_of_its_region(scope: str) -> None:
    figures = {region: [pool(100, scope=scope)] for region in (SWEDEN, EAST)}
    observed = in_regions(*TWO, pools=figures, model_format="OpenAI", model="gpt-4o")
    declared = of(
        *(desired("a", in_account=name, version="2", capacity=60) for name, _ in TWO), accounts=["one", "two"]
    )
    made = plan(declared, observed)
    assert {one.scope.partition("/")[2] for one in made.quota} == {"swedencentral", "eastus2"}


def fireworks(name: str, model: str) -> DesiredDeployment:
    one = desired(name, model=model, version="1", sku="GlobalProvisionedManaged", capacity=80)
    return replace(one, spec=replace(one.spec, model=replace(one.spec.model, format="Fireworks")))


def test_all_fireworks_models_share_one_counter_per_sku() -> None:
    declared = state(fireworks("a", "FW-GLM-5"), fireworks("b", "FW-Qwen3-14B"))
    (unknown,) = plan(declared, world(listed())).quota
    assert (unknown.pool, len(unknown.holders)) == ("unknown Fireworks pool of GlobalProvisionedManaged", 2)


# -- a shortage refuses the steps that need it ---------------------------------------------------------------

SHORT = offered("short", model="gpt-4o")
ROOMY = offered("roomy", model="gpt-4.1", version="2025-04-14")


def mixed(policy: Policy | None = None, **more: DesiredDeployment) -> Plan:
    declared = state(
        desired("big", capacity=60),
        desired("small", capacity=60),
        desired("other", model="gpt-4.1", version="2025-04-14"),
        *more.values(),
    )
    observed = world(listed(), offers=[SHORT, ROOMY], pools={"short": (0, 100), "roomy": (0, 1000)})
    return plan(declared, observed, policy or Policy())


def test_a_shortage_names_the_steps_that_need_it_and_how_to_apply_the_rest() -> None:
    (refusal,) = mixed().refusals
    assert refusal.steps == (name_of("big"), name_of("small"))
    assert (
        "The other step can be applied without: --exclude acc/big --exclude acc/small, or --skip-refused"
        in refusal.fix
    )


def test_the_rest_is_applied_where_that_is_asked_for() -> None:
    made = mixed(Policy(skip_refused=True))
    assert made.refusals == ()
    assert made.applyable
    assert [step.action.id.name for step in made.writes] == ["other"]
    assert {step.action.reason for step in made.blocked} == {Reason.QUOTA_EXCEEDED}


def test_what_names_a_step_that_is_left_out_is_left_out_too() -> None:
    pointing = desired("ptu", model="gpt-4.1", version="2025-04-14", spillover="big")
    made = mixed(Policy(skip_refused=True), pointing=pointing)
    reasons = {step.action.id.name: step.action.reason for step in made.blocked}
    assert reasons["ptu"] is Reason.DEPENDENCY_BLOCKED
    assert [step.action.id.name for step in made.writes] == ["other"]


def test_where_nothing_else_is_to_do_no_rest_is_promised() -> None:
    observed = world(listed(), offers=[SHORT], pools={"short": (0, 10)})
    made = plan(state(desired("big", capacity=60)), observed, Policy())
    assert "--skip-refused" not in made.refusals[0].fix
    made = plan(state(desired("big", capacity=60)), observed, Policy(skip_refused=True))
    assert (made.applyable, [type(step.action) for step in made.steps]) == (False, [Blocked])


def test_releases_still_happen_where_takes_are_left_out() -> None:
    there = [applied(desired("old", capacity=50))]
    declared = state(desired("old", capacity=20), desired("new", capacity=100))
    observed = world(listed(*there), offers=[SHORT], pools={"short": (50, 60)})
    made = plan(declared, observed, Policy(skip_refused=True))
    assert [step.action.id.name for step in made.writes] == ["old"]
    assert not any(isinstance(step.action, Create) for step in made.writes)


def test_many_steps_are_counted_instead_of_named() -> None:
    takers = [desired(f"d{number}", capacity=60) for number in range(7)]
    declared = state(*takers, desired("other", model="gpt-4.1", version="2025-04-14"))
    observed = world(listed(), offers=[SHORT, ROOMY], pools={"short": (0, 100), "roomy": (0, 1000)})
    (refusal,) = plan(declared, observed, Policy()).refusals
    assert "--exclude for the 7 that need it, or --skip-refused" in refusal.fix


def test_a_refusal_names_the_largest_holders_and_counts_the_others() -> None:
    wanted = [claude(f"d{number:03}", "one", 1 + (number == 7)) for number in range(200)]
    there = in_regions(TWO[0], pools={SWEDEN: [pool(100)]})
    (refusal,) = plan(of(*wanted, accounts=["one"]), there).refusals
    assert "After it would hold: one/d007 2, one/d000 1," in refusal.message
    assert refusal.message.endswith("and 194 more")
    assert len(refusal.message) < 400
