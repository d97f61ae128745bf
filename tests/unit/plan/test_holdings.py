"""`reconciler quota`: every pool that the fleet holds or takes, with who holds it after the plan."""

from dataclasses import replace

from reconciler.domain.ids import Region
from reconciler.domain.platform import DeletedAccount
from reconciler.plan.plan import Verdict
from reconciler.plan.quota import holdings
from reconciler.report.quota import document, render_text
from reconciler.report.style import Style
from tests.unit.plan.states import (
    REGION,
    SUBSCRIPTION,
    account,
    applied,
    desired,
    listed,
    name_of,
    offer,
    plan,
    state,
    world,
)

POOL = "OpenAI.GlobalStandard.gpt-4o"
OFFERS = (offer(POOL), offer("Idle", model="idle", version="1"), offer("ptu", sku="ProvisionedManaged"))
THERE = world(
    listed(
        applied(desired("chat", capacity=40)),
        applied(desired("idle", model="idle", version="1", capacity=7)),
    ),
    pools={POOL: (90, 100), "Idle": (7, 10), "nobody's": (0, 5)},
    offers=OFFERS,
)
DECLARED = state(
    desired("chat", capacity=45),
    desired("idle", model="idle", version="1", capacity=7),
    desired("ptu", sku="ProvisionedManaged", capacity=10),
)


def test_pools_that_do_not_move_are_listed_beside_those_that_do() -> None:
    found = {pool.pool: pool for pool in holdings(plan(DECLARED, THERE).steps, THERE)}
    assert {name: (one.used_before, one.used_after, one.limit) for name, one in found.items()} == {
        POOL: (90, 95, 100),
        "Idle": (7, 7, 10),
        "ptu": (None, None, None),
    }
    assert [(one.id, one.capacity) for one in found[POOL].holders] == [(name_of("chat"), 45)]
    assert found["ptu"].verdict is Verdict.UNVERIFIED


def test_the_text_names_every_holder_and_counts_the_verdicts() -> None:
    told = render_text(
        holdings(plan(DECLARED, THERE).steps, THERE),
        style=Style(width=100),
        alias_of={SUBSCRIPTION: "prod"}.get,
    )
    assert "used by acc/chat 45" in told
    assert "used by acc/idle 7" in told
    assert told.endswith("3 pools: 2 within the limit, 1 unverified\n")


def test_what_other_accounts_hold_is_told_with_the_soft_deleted_ones_where_the_pool_is() -> None:
    gone = DeletedAccount(id=account("gone"), region=REGION)
    far = DeletedAccount(id=account("far"), region=Region("westus"))
    there = replace(THERE, deleted={SUBSCRIPTION: (gone, far)})
    pools = holdings(plan(DECLARED, there).steps, there)
    (chat,) = (pool for pool in pools if pool.pool == POOL)
    assert (chat.elsewhere, chat.deleted) == (50, (gone,))
    told = render_text(pools, style=Style(width=200), alias_of={SUBSCRIPTION: "prod"}.get)
    assert "used by acc/chat 45; 50 in other accounts" in told
    assert "soft-deleted accounts keep their quota until they are purged: gone" in told
    assert f"fix: {gone.command('purge')}" in told


def test_a_pool_that_spans_regions_may_be_held_by_a_deleted_account_of_any_region() -> None:
    far = DeletedAccount(id=account("far"), region=Region("westus"))
    spanning = replace(offer("claude", model="claude-opus-5", version="2"), model_format="Anthropic")
    one = desired("claude", model="claude-opus-5", version="2", capacity=10)
    made = replace(one, spec=replace(one.spec, model=replace(one.spec.model, format="Anthropic")))
    there = replace(
        world(listed(), pools={"claude": (5, 100)}, offers=[spanning]), deleted={SUBSCRIPTION: (far,)}
    )
    (pool,) = holdings(plan(state(made), there).steps, there)
    assert (pool.scope, pool.elsewhere, pool.deleted) == (f"{SUBSCRIPTION}/global", 5, (far,))


def test_a_shortage_behind_which_a_deleted_account_may_stand_names_it_and_how_to_purge_it() -> None:
    gone = DeletedAccount(id=account("gone"), region=REGION)
    there = replace(
        world(listed(), pools={POOL: (90, 100)}, offers=[offer(POOL)]), deleted={SUBSCRIPTION: (gone,)}
    )
    (refusal,) = plan(state(desired("chat", capacity=20)), there).refusals
    assert "outside this run 90; soft-deleted accounts keep their quota" in refusal.message
    assert f"purge gone ({gone.command('purge')})" in refusal.fix


def test_an_empty_fleet_holds_nothing() -> None:
    told = render_text((), style=Style(width=100), alias_of={SUBSCRIPTION: "prod"}.get)
    assert told == "The fleet uses no quota and its plan takes none.\n"


def test_the_document_is_the_plans_own_list_of_pools_with_holders() -> None:
    pools = document(holdings(plan(DECLARED, THERE).steps, THERE)).to_json()["pools"]
    assert isinstance(pools, list)
    assert [sorted(pool) for pool in pools if isinstance(pool, dict)] == [
        sorted(
            [
                "pool",
                "scope",
                "label",
                "limit",
                "usedBefore",
                "usedPeak",
                "usedAfter",
                "free",
                "usedPercent",
                "verdict",
                "holders",
                "elsewhere",
                "deletedAccounts",
            ]
        )
    ] * 3
