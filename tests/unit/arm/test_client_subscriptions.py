"""Subscriptions over a scripted wire: another provider's list, in its own api-version."""

import pytest

from reconciler.domain.state import ObservedSubscription
from reconciler.errors import ArmContractBroken, NotFound
from tests.unit.arm.scripted import ENDPOINT, SUBSCRIPTION, TENANT, ask, refusal, reply, wire

WIRE = {
    "id": f"/subscriptions/{SUBSCRIPTION}",
    "subscriptionId": SUBSCRIPTION,
    "displayName": "Prod",
    "tenantId": TENANT,
    "state": "Enabled",
}
SEEN = ObservedSubscription(id=SUBSCRIPTION, name="Prod", tenant=TENANT)


def test_subscriptions_are_listed_in_the_version_of_their_own_provider() -> None:
    over = wire(lambda: reply(200, {"value": [WIRE]}))
    assert ask(over, lambda arm: arm.list_subscriptions()).value == (SEEN,)
    assert [str(one.url) for one in over.requests] == [f"{ENDPOINT}/subscriptions?api-version=2022-12-01"]


def test_one_subscription_is_read_by_its_id() -> None:
    over = wire(lambda: reply(200, WIRE))
    assert ask(over, lambda arm: arm.get_subscription(SUBSCRIPTION.upper())).value == SEEN


def test_an_answer_about_another_subscription_is_not_believed() -> None:
    over = wire(lambda: reply(200, WIRE | {"subscriptionId": TENANT}))
    with pytest.raises(ArmContractBroken):
        _ = ask(over, lambda arm: arm.get_subscription(SUBSCRIPTION)).value


def test_a_subscription_that_is_not_there_is_not_found() -> None:
    over = wire(lambda: refusal(404, "SubscriptionNotFound", "The subscription could not be found."))
    with pytest.raises(NotFound):
        _ = ask(over, lambda arm: arm.get_subscription(SUBSCRIPTION)).value
