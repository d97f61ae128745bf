"""Finding what exists: what is asked, and what becomes of what cannot be read."""

from collections.abc import Sequence

import pytest

from reconciler.domain.state import Listed, ObservedAccount, ObservedSubscription, Unreadable
from reconciler.engine.discover import Discovered, DiscoveryScope, discover
from reconciler.errors import Forbidden, ReconcilerError
from tests.simulated.arm import Exchange, SimulatedArm, World
from tests.simulated.fleets import REGION, SUBSCRIPTION, account
from tests.simulated.time import run

OTHER = "22222222-2222-2222-2222-222222222222"


class _Explored(SimulatedArm):
    """The simulated ARM with two subscriptions, one of which nobody may list."""

    async def list_subscriptions(self) -> tuple[ObservedSubscription, ...]:
        return tuple([await self.get_subscription(one) for one in (SUBSCRIPTION, OTHER)])

    async def get_subscription(self, subscription: str) -> ObservedSubscription:
        return ObservedSubscription(id=subscription, name="Prod", tenant=OTHER)

    async def list_accounts(self, subscription: str) -> tuple[ObservedAccount, ...]:
        if subscription == OTHER:
            raise Forbidden("no", operation="list", target=OTHER, status=403, code="AuthorizationFailed")
        return await super().list_accounts(subscription)


def look(
    *names: str, subscriptions: Sequence[str] = (), group: str | None = None, dark: str = ""
) -> Discovered:
    def fault(exchange: Exchange, when: str) -> None:
        if dark and exchange.target.endswith(dark) and when == "before":
            raise Forbidden("no", operation="read", target=dark, status=403, code="AuthorizationFailed")

    world = World(accounts={account(name): REGION for name in ("alpha", "beta")})
    wanted = DiscoveryScope(
        accounts=[account(name) for name in names], subscriptions=subscriptions, resource_group=group
    )
    return run(discover(wanted, _Explored(world, fault=fault)))


def test_nothing_named_means_every_subscription_and_the_dark_one_is_told() -> None:
    found = look()
    assert set(found.readings) == {account("alpha"), account("beta")}
    assert [OTHER in text for text in found.unreadable] == [True]
    assert found.subscriptions[SUBSCRIPTION].name == "Prod"


def test_accounts_by_name_need_no_list() -> None:
    found = look("alpha")
    assert set(found.readings) == {account("alpha")}
    assert found.unreadable == ()


def test_a_group_narrows_without_regard_to_case() -> None:
    assert look(subscriptions=[SUBSCRIPTION], group="RG").readings
    assert not look(subscriptions=[SUBSCRIPTION], group="elsewhere").readings


def test_an_unreadable_account_is_found_as_such_and_hides_no_other() -> None:
    found = look(subscriptions=[SUBSCRIPTION], dark="beta")
    assert isinstance(found.readings[account("alpha")], Listed)
    assert isinstance(found.readings[account("beta")], Unreadable)


def test_without_the_list_of_subscriptions_the_ways_around_it_are_named() -> None:
    class Unlisted(_Explored):
        async def list_subscriptions(self) -> tuple[ObservedSubscription, ...]:
            raise Forbidden("no", operation="list", target="all", status=403, code="AuthorizationFailed")

    with pytest.raises(ReconcilerError, match="--subscription or --account"):
        run(discover(DiscoveryScope(), Unlisted(World())))
