"""What a Fleet knows of its subscriptions, and what a scope without globs asks of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.domain.fleet import Fleet, Subscription

_ID = "11111111-AAAA-4111-8111-111111111111"


class _Counted(Mapping[str, Subscription]):
    """Subscriptions that count how often they are gone through."""

    def __init__(self, entries: Mapping[str, Subscription]) -> None:
        self._entries = entries
        self.walks = 0

    def __getitem__(self, alias: str) -> Subscription:
        return self._entries[alias]

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def test_of_two_aliases_of_a_subscription_the_first_in_alphabetical_order_is_shown() -> None:
    one = Subscription(id=_ID, tenant=None)
    fleet = Fleet(subscriptions={"prod": one, "live": one, "test": replace(one, id="2")})
    assert fleet.alias_of(_ID.lower()) == "live"
    assert fleet.alias_of("2") == "test"
    assert fleet.alias_of("3") is None


def test_a_fleet_with_other_subscriptions_knows_their_aliases() -> None:
    fleet = Fleet(subscriptions={"prod": Subscription(id=_ID, tenant=None)})
    moved = replace(fleet, subscriptions={"live": Subscription(id=_ID, tenant=None)})
    assert (fleet.alias_of(_ID), moved.alias_of(_ID)) == ("prod", "live")
    assert replace(fleet, name="other").alias_of(_ID) == "prod"


def test_looking_aliases_up_never_goes_through_the_subscriptions_again() -> None:
    counted = _Counted({f"s{n}": Subscription(id=str(n), tenant=None) for n in range(500)})
    fleet = Fleet(subscriptions=counted)
    before = counted.walks
    assert [fleet.alias_of(str(n)) for n in range(500)] == [f"s{n}" for n in range(500)]
    assert counted.walks == before
