"""Which shard an account is in: every account in one, for reasons of its own subscription alone."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.domain.ids import AccountId, Region
from reconciler.domain.shard import SPREAD_ABOVE, Shard, shards

LAW = settings(max_examples=200, deadline=None, derandomize=True)
REGIONS = ("eastus2", "swedencentral", "japaneast")

Declared = dict[AccountId, Region | None]


def account(name: str, subscription: str) -> AccountId:
    return AccountId(subscription=subscription, resource_group="rg", name=name)


def fleet(subscription: str, count: int, *, region: str | None = None) -> Declared:
    """`count` accounts over all regions in turn, or in one."""
    return {
        account(f"a{number}", subscription): Region(region or REGIONS[number % len(REGIONS)])
        for number in range(count)
    }


one_subscription = st.builds(
    lambda names, regions: list(zip(names, regions, strict=False)),
    st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1),
    st.lists(st.sampled_from([None, *map(Region, REGIONS)]), min_size=8),
)
fleets = st.dictionaries(st.uuids().map(str), one_subscription, max_size=6).map(
    lambda drawn: {
        account(name, subscription): region for subscription, found in drawn.items() for name, region in found
    }
)
counts = st.integers(min_value=1, max_value=9)


@LAW
@given(fleets, counts)
def test_every_account_is_in_one_shard_and_every_shard_is_one_of_them(declared: Declared, count: int) -> None:
    owner = shards(declared.items(), count, spread_above=3)
    assert set(owner) == set(declared)
    assert set(owner.values()) <= set(range(1, count + 1))


@LAW
@given(fleets, fleets, counts)
def test_what_happens_in_other_subscriptions_moves_no_account(
    declared: Declared, others: Declared, count: int
) -> None:
    own = {one.subscription for one in declared}
    elsewhere = {one: region for one, region in others.items() if one.subscription not in own}
    before = shards(declared.items(), count, spread_above=3)
    after = shards((declared | elsewhere).items(), count, spread_above=3)
    assert {one: after[one] for one in declared} == before


@LAW
@given(fleets, counts)
def test_neither_the_order_nor_the_case_of_ids_counts(declared: Declared, count: int) -> None:
    shouted = {
        AccountId(subscription=one.subscription.upper(), resource_group="RG", name=one.name.upper()): region
        for one, region in reversed(declared.items())
    }
    assert shards(shouted.items(), count, spread_above=3) == shards(declared.items(), count, spread_above=3)


@LAW
@given(fleets, counts)
def test_what_shares_a_quota_pool_is_never_parted(declared: Declared, count: int) -> None:
    """Pools are of one subscription and region: so no take ever waits for a release in another shard."""
    owner = shards(declared.items(), count, spread_above=3)
    places: dict[tuple[str, Region | None], set[int]] = {}
    for one, region in declared.items():
        places.setdefault((one.subscription, region), set()).add(owner[one])
    assert all(len(found) == 1 for found in places.values())


def test_a_subscription_stays_together_up_to_the_limit_and_is_spread_by_region_above_it() -> None:
    together, spread = fleet("s", SPREAD_ABOVE), fleet("s", SPREAD_ABOVE + 1)
    assert len(set(shards(together.items(), 50).values())) == 1
    assert len(set(shards(spread.items(), 50).values())) == len(REGIONS)


def test_a_large_subscription_with_an_unstated_region_stays_together_because_pools_might_be_shared() -> None:
    unstated = {**fleet("s", SPREAD_ABOVE + 1), account("last", "s"): None}
    assert len(set(shards(unstated.items(), 50).values())) == 1


def test_many_subscriptions_are_spread_about_evenly() -> None:
    declared = {
        account("a", f"00000000-0000-0000-0000-{number:012d}"): Region("eastus2") for number in range(400)
    }
    sizes = Counter(shards(declared.items(), 4).values())
    assert all(70 <= sizes[index] <= 130 for index in (1, 2, 3, 4)), sizes


def test_the_shard_of_a_subscription_is_the_same_in_every_release() -> None:
    """Two jobs of one run may have different patch releases; they must not both own an account."""
    known = account("a", "11111111-1111-1111-1111-111111111111")
    assert [shards([(known, None)], count)[known] for count in (1, 2, 3, 4, 8)] == [1, 1, 2, 3, 7]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0/4", "shards count from 1"),
        ("5/4", "shards are 1 to 4"),
        ("0/0", "shard of none"),
        ("1/0", "shard of none"),
        ("2", "is not i/n"),
        ("-1/4", "is not i/n"),
        ("1/4 ", "is not i/n"),
        ("1/99999", "is not i/n"),
        ("٢/٤", "is not i/n"),
    ],
)
def test_what_is_no_shard_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Shard.parse(text)


@LAW
@given(st.integers(min_value=0, max_value=500), counts)
def test_the_shares_of_a_limit_add_up_to_it(limit: int, count: int) -> None:
    assert sum(Shard(index, count).share_of(limit) for index in range(1, count + 1)) == limit
