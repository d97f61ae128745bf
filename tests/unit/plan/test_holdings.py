"""`reconciler quota`: every pool that the fleet holds or takes, with who holds it after the plan."""

from reconciler.plan.plan import Verdict
from reconciler.plan.quota import holdings
from reconciler.report.quota import document, render_text
from reconciler.report.style import Style
from tests.unit.plan.states import SUBSCRIPTION, applied, desired, listed, name_of, offer, plan, state, world

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


def test_an_empty_fleet_holds_nothing() -> None:
    told = render_text((), style=Style(width=100), alias_of={SUBSCRIPTION: "prod"}.get)
    assert told == "The fleet holds no quota and its plan takes none.\n"


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
            ]
        )
    ] * 3
