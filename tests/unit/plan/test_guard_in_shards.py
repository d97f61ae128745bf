"""Guards where a run sees only its own shard: limits of the whole fleet are not judged by a slice of it."""

from dataclasses import replace

import pytest

from reconciler.domain.fleet import DesiredAccount, DesiredState, Guards
from reconciler.domain.ids import DeploymentId
from reconciler.domain.shard import Shard
from reconciler.domain.state import ObservedState
from reconciler.plan.allowances import Alone, Policy
from reconciler.plan.make import make_plan
from reconciler.plan.plan import Refusal
from tests.unit.plan.states import account, applied, desired, listed, state, world

# The one subscription of these states is in the first of two shards.
OURS, OTHERS = Shard(1, 2), Shard(2, 2)


def refusals(
    going: int, owned: int, policy: Policy, *, guards: Guards | None = None, shard: Shard = OURS
) -> dict[str, Refusal]:
    """Of `owned` deployments `going` are no longer declared."""
    everything = [desired(f"d{number}") for number in range(owned)]
    whole = state(*everything[going:], guards=guards)
    seen = world(listed(*(applied(one) for one in everything)))
    made = make_plan(whole.in_shard(shard), seen, policy=policy)
    return {refusal.code: refusal for refusal in made.refusals}


def test_these_states_are_in_the_first_shard() -> None:
    assert state().in_shard(OURS).accounts
    assert not state().in_shard(OTHERS).accounts


LIMITS: list[tuple[str, int, int, Policy, Guards, bool]] = [
    ("a plan to be merged is not judged yet", 9, 10, Policy(in_shard=Alone.LATER), Guards(), True),
    ("by default a shard has its share of five", 3, 15, Policy(), Guards(), True),
    ("and no more", 4, 30, Policy(), Guards(), False),
    ("and a fifth of what it owns", 2, 9, Policy(), Guards(), False),
    ("which is not rounded up to one", 1, 4, Policy(), Guards(), False),
    ("a share of what the Fleet states", 2, 4, Policy(), Guards(max_deletes=4), True),
    ("no more than that", 3, 30, Policy(), Guards(max_deletes=4), False),
    ("the percentage of the Fleet", 2, 4, Policy(), Guards(max_delete_percent=50), True),
    ("of both the smaller", 2, 10, Policy(), Guards(max_deletes=9, max_delete_percent=10), False),
    ("the flag is for this shard", 9, 10, Policy(max_deletes=9), Guards(), True),
]


@pytest.mark.parametrize(
    ("reason", "going", "owned", "policy", "guards", "allowed"), LIMITS, ids=[reason for reason, *_ in LIMITS]
)
def test_a_limit_on_deletes_is_the_fleets(
    reason: str, going: int, owned: int, policy: Policy, guards: Guards, *, allowed: bool
) -> None:
    """I-16, F-134."""
    assert ("max-deletes" not in refusals(going, owned, policy, guards=guards)) is allowed, reason


def test_a_shard_says_whose_limit_it_is_and_two_ways_out() -> None:
    found = refusals(4, 30, Policy())["max-deletes"]
    assert "3 are allowed by shard 1/2's share of the 5" in found.message
    assert found.fix == (
        "--max-deletes 4 for shard 1/2 alone; or apply without --shard, under the limit of the whole fleet"
    )


RULES: list[tuple[Policy, Guards, str]] = [
    (Policy(), Guards(max_deletes=4), "shard 1/2's share of the 4 that the fleet allows"),
    (Policy(), Guards(max_delete_percent=10), "10 % of the 20 that shard 1/2 owns"),
    (Policy(max_deletes=3), Guards(), "--max-deletes 3, for this shard"),
]


@pytest.mark.parametrize(("policy", "guards", "rule"), RULES)
def test_a_refusal_in_a_shard_says_what_the_limit_was_taken_of(
    policy: Policy, guards: Guards, rule: str
) -> None:
    found = refusals(4, 20, policy, guards=guards)["max-deletes"]
    assert found.message.endswith(f" allowed by {rule}")


def test_the_only_shard_goes_by_the_fleets_own_limit() -> None:
    assert not refusals(1, 2, Policy(), shard=Shard(1, 1))
    assert "max-deletes" in refusals(2, 5, Policy(), shard=Shard(1, 1))


def empty(shard: Shard, whole: DesiredState, seen: ObservedState) -> set[str]:
    own = whole.in_shard(shard)
    readings = {one.id: seen.readings[one.id] for one in own.accounts}
    made = make_plan(own, ObservedState(readings=readings), policy=Policy(in_shard=Alone.LATER))
    return {refusal.code for refusal in made.refusals}


def test_a_shard_without_accounts_is_no_empty_fleet() -> None:
    declared = state(desired("chat"))
    assert empty(OTHERS, declared, world(listed())) == set()


def test_a_fleet_that_declares_nothing_at_all_is_refused_in_every_shard() -> None:
    """I-16: a wrong path looks just like this, in each job."""
    for shard in (OURS, OTHERS):
        assert empty(shard, state(accounts=()), ObservedState()) == {"empty-fleet"}


def test_a_fleet_whose_sets_are_empty_is_refused_where_something_is_there() -> None:
    nothing = state(accounts=("acc",))
    assert empty(OURS, nothing, world(listed(applied(desired("chat"))))) == {"empty-fleet"}
    assert empty(OTHERS, nothing, world(listed())) == set()


def test_a_shard_whose_accounts_are_emptied_is_no_empty_fleet_while_others_declare_something() -> None:
    """Its deletes are for the limit on deletes."""
    elsewhere = account("far", subscription="88888888-8888-8888-8888-888888888888")
    declared = state(accounts=("acc",))
    whole = replace(
        declared,
        accounts=(*declared.accounts, DesiredAccount(id=elsewhere)),
        deployments=(replace(desired("chat"), id=DeploymentId(account=elsewhere, name="chat")),),
    )
    assert empty(OURS, whole, world(listed(applied(desired("gone"))))) == set()


def test_reductions_of_a_pool_are_judged_in_its_shard_which_has_all_of_it() -> None:
    ptu = desired("ptu", sku="ProvisionedManaged", capacity=100)
    whole = state(accounts=("acc",), guards=Guards(max_capacity_reduction_percent=10))
    seen = world(listed(applied(ptu)))
    made = make_plan(whole.in_shard(OURS), seen, policy=Policy(allow_empty=True, in_shard=Alone.LATER))
    assert {refusal.code for refusal in made.refusals} == {"max-capacity-reduction"}
