"""A long models list is understood when it is looked at, and only then (what is short is read at once)."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from reconciler.arm.client import ArmClient
from reconciler.arm.shared import LateOffers, may_wait
from reconciler.domain.ids import Region
from reconciler.domain.state import Offer, RegionFacts
from reconciler.errors import UnreadableOffers
from tests.unit.arm.scripted import SUBSCRIPTION, ask, reply, wire

REGION = Region("eastus2")
OTHER = "22222222-2222-2222-2222-222222222222"
MANY = 1_000


def entry(number: int, **more: object) -> dict[str, Any]:
    skus = [{"name": "Standard", "usageName": f"OpenAI.Standard.m{number}", "capacity": {"maximum": 10}}]
    return {"kind": "OpenAI", "model": {"format": "OpenAI", "name": f"m{number}", "skus": skus, **more}}


def models(count: int = MANY, **beside: object) -> dict[str, object]:
    return {"value": [entry(number) for number in range(count)], **beside}


def body(found: object) -> bytes:
    return json.dumps(found).encode()


def test_a_long_list_is_the_same_as_if_it_had_been_read_at_once() -> None:
    late = ask(wire(lambda: reply(200, models())), lambda arm: arm.list_offers(SUBSCRIPTION, REGION)).value
    pages = wire(
        lambda: reply(200, models(nextLink=f"https://arm.example/subscriptions/{SUBSCRIPTION}/more")),
        lambda: reply(200, {"value": []}),
    )
    early = ask(pages, lambda arm: arm.list_offers(SUBSCRIPTION, REGION)).value
    assert isinstance(late, LateOffers)
    small = wire(
        *(
            lambda n=n: reply(200, {"value": [entry(n)], "nextLink": f"https://arm.example/more/{n}"})
            for n in range(MANY - 1)
        ),
        lambda: reply(200, {"value": [entry(MANY - 1)]}),
    )
    at_once = ask(small, lambda arm: arm.list_offers(SUBSCRIPTION, REGION)).value
    assert isinstance(at_once, tuple)
    assert late == at_once == early
    assert len(pages.requests) == 2
    assert (len(late), late[0].model_name, late[-1].pool) == (MANY, "m0", f"OpenAI.Standard.m{MANY - 1}")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (body(models(3)), "it is short, and costs nothing"),
        (body(models(nextLink=7)), "its next page is no address"),
        (
            body({"nextLink": "https://arm.example/x", **models(nextLink="y")}),
            "it does not begin with its items",
        ),
        (body(models())[:-2], "it was cut off"),
        (body(models()) + b"x", "something follows"),
        (body({"error": {"code": "X", "message": "m" * 100_000}}), "it is an error"),
        (body([entry(number) for number in range(MANY)]), "it is no object"),
        (b"<html>" + b"x" * 100_000, "it is a proxy's page"),
    ],
)
def test_anything_but_one_long_page_is_read_at_once(found: bytes, reason: str) -> None:
    assert may_wait(found) is None, reason


@pytest.mark.parametrize("damage", [b'"capacity": {"maximum": "ten"}', b'"capacity": ', b'"x": 1, "x": 2'])
def test_a_long_list_that_is_none_after_all_counts_as_one_that_could_not_be_read(damage: bytes) -> None:
    broken = body(models()).replace(b'"capacity": {"maximum": 10}', damage, 1)
    assert may_wait(broken) is not None
    over = wire(lambda: reply(200, broken))
    found = ask(over, lambda arm: arm.list_offers(SUBSCRIPTION, REGION)).value
    with pytest.raises(UnreadableOffers, match="the models of eastus2 cannot be used"):
        list(found)
    assert RegionFacts(subscription=SUBSCRIPTION, region=REGION, models=found).offers is None


def test_what_two_subscriptions_are_offered_alike_is_read_and_kept_once() -> None:
    """Their pages differ in the ids of the items and in the address of the next page, and in nothing else."""

    def page(subscription: str) -> dict[str, object]:
        place = f"/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/eastus2"
        items = [{"id": f"{place}/models/m{number}", **entry(number)} for number in range(MANY)]
        return {"value": items, "nextLink": f"https://arm.example{place}/models?page=2"}

    async def both(arm: ArmClient) -> list[Sequence[Offer]]:
        return [await arm.list_offers(subscription, REGION) for subscription in (SUBSCRIPTION, OTHER)]

    answers = [page(SUBSCRIPTION), {"value": []}, page(OTHER), {"value": []}]
    ours, theirs = ask(wire(*(lambda a=a: reply(200, a) for a in answers)), both).value
    assert len(ours) == MANY
    assert all(one is other for one, other in zip(ours, theirs, strict=True))
