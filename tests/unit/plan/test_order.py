"""The order of writes: targets before those that name them, releases before takes, quota seen ahead."""

from collections.abc import Mapping

import pytest

from reconciler.domain.deployment import Lifecycle
from reconciler.domain.state import Listed, ObservedState, Offer
from reconciler.plan.plan import Plan, PoolForecast, Verdict
from reconciler.planfile.documents import FORMAT_VERSION
from tests.unit.plan.states import (
    TUNED,
    applied,
    desired,
    listed,
    offer,
    plan,
    state,
    world,
)

PTU = "ProvisionedManaged"
POOL = "OpenAI.ProvisionedManaged"
OFFERS = (
    offer(POOL, sku=PTU),
    offer("OpenAI.GlobalStandard.gpt-4o"),
    offer("OpenAI.GlobalStandard.gpt4.1", model="gpt-4.1"),
)
ALLOWED = Lifecycle(replace_allowed=True)


def seen_world(
    *readings: Listed, pools: Mapping[str, tuple[int, int]] | None = None, offers: tuple[Offer, ...] = OFFERS
) -> ObservedState:
    return world(*readings, pools=pools, offers=offers)


def order(made: Plan) -> list[str]:
    return [step.action.id.name for step in made.writes]


def needs(made: Plan) -> dict[str, set[str]]:
    return {step.action.id.name: {name.name for name in step.depends_on} for step in made.writes}


def pool_of(made: Plan, name: str = POOL) -> PoolForecast:
    return next(pool for pool in made.quota if pool.pool == name)


# -- references ------------------------------------------------------------------------------------------


def test_what_is_named_is_written_before_what_names_it() -> None:
    made = plan(
        state(desired("a", spillover="B"), desired("b", parent="c"), desired("c")), seen_world(listed())
    )
    assert order(made) == ["c", "b", "a"]
    assert needs(made) == {"c": set(), "b": {"c"}, "a": {"b"}}


def test_a_deployment_goes_only_after_nobody_names_it_any_more() -> None:
    there = [applied(desired("a", spillover="b")), applied(desired("b")), applied(desired("c", parent="b"))]
    made = plan(state(desired("a", settings={"spilloverDeploymentName": None})), seen_world(listed(*there)))
    assert needs(made) == {"a": set(), "c": set(), "b": {"a", "c"}}
    assert order(made)[-1] == "b"


def test_a_reference_to_what_is_there_already_is_no_dependency() -> None:
    made = plan(state(desired("a", spillover="b"), desired("b")), seen_world(listed(applied(desired("b")))))
    assert needs(made) == {"a": set()}


def test_a_circle_of_references_is_cut_in_the_same_place_every_time() -> None:
    declared = state(desired("a", spillover="b"), desired("b", spillover="a"))
    assert needs(plan(declared, seen_world(listed()))) == {"a": {"b"}, "b": set()}


def test_only_writes_are_numbered_and_what_rests_comes_last() -> None:
    there = listed(applied(desired("a")), applied(desired("c", capacity=1)))
    made = plan(state(desired("a"), desired("b"), desired("c")), seen_world(there))
    assert [(step.action.id.name, step.order) for step in made.steps] == [("b", 1), ("c", 2), ("a", 0)]


def test_independent_writes_go_from_what_frees_quota_to_what_takes_it_and_by_name_within() -> None:
    there = [applied(desired(name, model=f"model-{name}", capacity=10)) for name in ("a", "b", "c", "d", "e")]
    declared = state(
        desired("a", model="model-a", capacity=11),
        desired("b", model="model-b", capacity=10, tags={"team": "x"}),
        desired("c", model="model-c", capacity=9),
        desired("d", model="model-d", capacity=1),
        desired("f", model="model-f", capacity=5),
    )
    made = plan(declared, seen_world(listed(*there), offers=()))
    assert order(made) == ["e", "c", "d", "b", "a", "f"]
    assert set().union(*needs(made).values()) == set()


def test_a_plan_file_outlives_an_update_of_this_program() -> None:
    """I-05: the fingerprints of plan files of format 2; who changes them makes every saved plan stale."""
    assert FORMAT_VERSION == 2
    there = [applied(desired("old")), applied(desired("chat"))]
    made = plan(state(desired("chat", capacity=60), desired("new")), seen_world(listed(*there)))
    assert {step.action.id.name: step.fingerprint for step in made.steps} == {
        "chat": "sha256:e2bbafdac633a666349d280eff9fd3d9346aafef33ddb9ca2aabe33cafd8e02a",
        "new": "sha256:add7d75c6d48815acfce8d3ce04ac894d1767eb464ec708f163c42a23fa7bb46",
        "old": "sha256:937b19273d53981d04b4450bcea8d88caeefb615f67580a250db3a067a89fdc1",
    }


# -- quota -----------------------------------------------------------------------------------------------


def test_moving_capacity_needs_no_extra_quota() -> None:
    there = [applied(desired("a", sku=PTU, capacity=240))]
    declared = state(desired("a", sku=PTU, capacity=140), desired("b", sku=PTU, capacity=100))
    made = plan(declared, seen_world(listed(*there), pools={POOL: (240, 240)}))
    assert needs(made) == {"a": set(), "b": {"a"}}
    assert made.refusals == ()
    pool = pool_of(made)
    assert (pool.used_before, pool.used_peak, pool.used_after, pool.verdict) == (240, 240, 240, Verdict.FITS)


def test_one_too_many_is_refused_naming_the_holders_and_what_is_short() -> None:
    there = [applied(desired("a", sku=PTU, capacity=240))]
    declared = state(desired("a", sku=PTU, capacity=140), desired("b", sku=PTU, capacity=101))
    made = plan(declared, seen_world(listed(*there), pools={POOL: (240, 240)}))
    (refusal,) = made.refusals
    assert refusal.code == "quota"
    for part in (POOL, "limit of 240", "241", "1 too many", "acc/a 140", "acc/b 101"):
        assert part in refusal.message
    assert pool_of(made).verdict is Verdict.EXCEEDS
    assert not made.applyable


def test_others_use_of_a_pool_counts() -> None:
    made = plan(state(desired("b", sku=PTU, capacity=50)), seen_world(listed(), pools={POOL: (200, 240)}))
    assert pool_of(made).verdict is Verdict.EXCEEDS
    assert "outside this run 200" in made.refusals[0].message


@pytest.mark.parametrize(("used", "limit"), [(240, 240), (150, 0)])
def test_an_unchanged_fleet_plans_clean_in_a_full_pool(used: int, limit: int) -> None:
    one = desired(sku=PTU, capacity=100)
    made = plan(state(one), seen_world(listed(applied(one)), pools={POOL: (used, limit)}))
    assert (made.refusals, made.quota, made.writes) == ((), (), ())


def test_a_reduction_in_a_pool_over_its_limit_is_no_refusal() -> None:
    made = plan(
        state(desired(sku=PTU, capacity=50)),
        seen_world(listed(applied(desired(sku=PTU, capacity=100))), pools={POOL: (150, 0)}),
    )
    assert made.refusals == ()


def test_taking_in_a_pool_over_its_limit_is_refused_even_if_more_is_released() -> None:
    there = [applied(desired("a", sku=PTU, capacity=100))]
    declared = state(desired("a", sku=PTU, capacity=50), desired("b", sku=PTU, capacity=25))
    made = plan(declared, seen_world(listed(*there), pools={POOL: (150, 100)}))
    assert [refusal.code for refusal in made.refusals] == ["quota"]


def test_a_take_that_fits_after_the_releases_is_fine_in_a_pool_that_was_over_its_limit() -> None:
    there = [applied(desired("a", sku=PTU, capacity=100))]
    declared = state(desired("b", sku=PTU, capacity=25))
    made = plan(declared, seen_world(listed(*there), pools={POOL: (150, 100)}))
    assert made.refusals == ()
    assert pool_of(made).verdict is Verdict.FITS


def test_a_take_waits_only_for_the_releases_meant_for_it() -> None:
    """I-10: an increase waits for the decreases it needs; F-085: no other one is stopped by their failure."""
    there = [applied(desired(name, sku=PTU, capacity=amount)) for name, amount in (("a", 100), ("b", 50))]
    declared = state(
        desired("x", sku=PTU, capacity=50), desired("y", sku=PTU, capacity=100), desired("z", capacity=5)
    )
    made = plan(declared, seen_world(listed(*there), pools={POOL: (150, 150)}))
    assert needs(made) == {"a": set(), "b": set(), "x": {"b"}, "y": {"a"}, "z": set()}


def test_a_release_is_shared_out_before_the_next_one_is_touched() -> None:
    there = [applied(desired(name, sku=PTU, capacity=amount)) for name, amount in (("a", 100), ("b", 50))]
    declared = state(desired("x", sku=PTU, capacity=30), desired("y", sku=PTU, capacity=120))
    made = plan(declared, seen_world(listed(*there), pools={POOL: (150, 150)}))
    assert needs(made) == {"a": set(), "b": set(), "x": {"a"}, "y": {"a", "b"}}


def test_a_growing_pool_lets_the_first_takes_go_at_once() -> None:
    there = [applied(desired("a", sku=PTU, capacity=50))]
    declared = state(desired("x", sku=PTU, capacity=50), desired("y", sku=PTU, capacity=50))
    made = plan(declared, seen_world(listed(*there), pools={POOL: (50, 500)}))
    assert needs(made) == {"a": set(), "x": set(), "y": {"a"}}


def test_releases_count_across_accounts_of_one_region() -> None:
    there = seen_world(
        listed(applied(desired("a", sku=PTU, capacity=100))), listed(name="far"), pools={POOL: (100, 100)}
    )
    declared = state(desired("b", in_account="far", sku=PTU, capacity=100), accounts=("acc", "far"))
    assert needs(plan(declared, there)) == {"a": set(), "b": {"a"}}


def test_pools_are_arms_own_names_and_never_made_up() -> None:
    declared = state(desired("a", model="gpt-4.1", capacity=5))
    made = plan(declared, seen_world(listed(), pools={"openai.globalstandard.GPT4.1": (0, 10)}))
    (pool,) = made.quota
    assert (pool.pool, pool.label, pool.limit) == (
        "openai.globalstandard.GPT4.1",
        "label of openai.globalstandard.GPT4.1",
        10,
    )


UNREADABLE: list[tuple[str, tuple[Offer, ...], Mapping[str, tuple[int, int]] | None]] = [
    ("no usages", OFFERS, None),
    ("no such usage", OFFERS, {"other": (0, 1)}),
    ("no offer of the model", (), {POOL: (0, 1000)}),
]


@pytest.mark.parametrize(("reason", "offers", "pools"), UNREADABLE, ids=[reason for reason, *_ in UNREADABLE])
def test_a_pool_that_cannot_be_read_is_unverified_and_never_fine(
    reason: str, offers: tuple[Offer, ...], pools: Mapping[str, tuple[int, int]] | None
) -> None:
    made = plan(state(desired(sku=PTU, capacity=50)), seen_world(listed(), offers=offers, pools=pools))
    (pool,) = made.quota
    assert (pool.verdict, pool.limit, pool.used_after) == (Verdict.UNVERIFIED, None, None), reason
    assert made.refusals == ()


def test_releases_precede_takes_even_where_no_pool_is_known() -> None:
    there = [applied(desired("a", sku=PTU, capacity=100))]
    declared = state(desired("b", model="gpt-4.1", sku=PTU, capacity=100))
    assert needs(plan(declared, seen_world(listed(*there), offers=()))) == {"a": set(), "b": {"a"}}


FINE_TUNED = (
    offer("OpenAI.GlobalStandard.mini", model="gpt-4o-mini", version="2024-07-18"),
    offer("OpenAI.GlobalStandard.mini-finetune", model="gpt-4o-mini", version="2024-07-18"),
    offer("OpenAI.GlobalStandard.mini-old", model="gpt-4o-mini", version="2024-01-01", default=True),
    offer("AIServices.GlobalStandard.mini", model="gpt-4o-mini", version="2024-07-18", kind="AIServices"),
)


@pytest.mark.parametrize(
    ("model", "version", "pool"),
    [
        ("gpt-4o-mini", "2024-07-18", "OpenAI.GlobalStandard.mini"),
        ("GPT-4o-mini", "2024-01-01", "OpenAI.GlobalStandard.mini-old"),
        (TUNED, "1", "OpenAI.GlobalStandard.mini-finetune"),
    ],
)
def test_the_offer_is_chosen_by_tuning_version_and_account_kind(model: str, version: str, pool: str) -> None:
    made = plan(state(desired(model=model, version=version)), seen_world(listed(), offers=FINE_TUNED))
    assert [found.pool for found in made.quota] == [pool]


def test_a_replacement_releases_in_one_pool_and_takes_in_the_other() -> None:
    there = [applied(desired("a", capacity=30))]
    declared = state(desired("a", model="gpt-4.1", capacity=30, lifecycle=ALLOWED))
    made = plan(declared, seen_world(listed(*there)))
    assert {pool.pool for pool in made.quota} == {
        "OpenAI.GlobalStandard.gpt-4o",
        "OpenAI.GlobalStandard.gpt4.1",
    }


def test_a_swap_of_pools_has_no_order_and_is_refused_with_a_fix() -> None:
    there = [applied(desired("a", capacity=30)), applied(desired("b", model="gpt-4.1", capacity=30))]
    declared = state(
        desired("a", model="gpt-4.1", capacity=30, lifecycle=ALLOWED),
        desired("b", model="gpt-4o", capacity=30, lifecycle=ALLOWED),
    )
    (refusal,) = plan(declared, seen_world(listed(*there))).refusals
    assert refusal.code == "quota-circle"
    assert "change of its own" in refusal.fix


def test_a_spillover_target_that_needs_what_its_source_gives_up_has_no_order() -> None:
    there = [applied(desired("chat", sku=PTU, capacity=100))]
    declared = state(
        desired("chat", sku=PTU, capacity=50, spillover="mini"), desired("mini", sku=PTU, capacity=50)
    )
    made = plan(declared, seen_world(listed(*there), pools={POOL: (100, 1000)}))
    assert [refusal.code for refusal in made.refusals] == ["quota-circle"]


def test_a_take_that_cannot_wait_for_one_release_takes_from_another() -> None:
    there = [applied(desired("chat", sku=PTU, capacity=100)), applied(desired("old", sku=PTU, capacity=50))]
    declared = state(
        desired("chat", sku=PTU, capacity=50, spillover="mini"), desired("mini", sku=PTU, capacity=50)
    )
    made = plan(declared, seen_world(listed(*there), pools={POOL: (150, 150)}))
    assert made.refusals == ()
    assert needs(made) == {"old": set(), "mini": {"old"}, "chat": {"mini"}}


def test_a_take_that_a_release_waits_for_chooses_before_those_that_can_do_with_any() -> None:
    there = [applied(desired("chat", sku=PTU, capacity=100)), applied(desired("old", sku=PTU, capacity=50))]
    declared = state(
        desired("chat", sku=PTU, capacity=50, spillover="mini"),
        desired("apart", sku=PTU, capacity=50),
        desired("mini", sku=PTU, capacity=50),
    )
    made = plan(declared, seen_world(listed(*there), pools={POOL: (150, 150)}))
    assert made.refusals == ()
    assert needs(made) == {"old": set(), "mini": {"old"}, "chat": {"mini"}, "apart": {"chat"}}


def test_holders_are_all_that_draw_on_the_pool_after_the_plan() -> None:
    there = [applied(desired("a", sku=PTU, capacity=25)), applied(desired("b", sku=PTU, capacity=100))]
    declared = state(desired("b", sku=PTU, capacity=100), desired("c", sku=PTU, capacity=50))
    made = plan(declared, seen_world(listed(*there), pools={POOL: (125, 1000)}))
    assert [(holder.id.name, holder.capacity) for holder in pool_of(made).holders] == [("b", 100), ("c", 50)]
