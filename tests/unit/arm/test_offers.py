"""Models lists: long, in pages, alike in every subscription; what is none is asked for again."""

import json
from typing import Any

import pytest

from reconciler.arm.client import ArmClient
from reconciler.domain.ids import Region
from reconciler.domain.state import Offer
from reconciler.errors import ArmContractBroken
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


async def offers(arm: ArmClient) -> tuple[Offer, ...]:
    return await arm.list_offers(SUBSCRIPTION, REGION)


def test_a_list_is_the_same_in_one_page_and_in_many() -> None:
    whole = ask(wire(lambda: reply(200, models())), offers).value
    pages = wire(
        lambda: reply(200, models(nextLink=f"https://arm.example/subscriptions/{SUBSCRIPTION}/more")),
        lambda: reply(200, {"value": []}),
    )
    two = ask(pages, offers).value
    small = wire(
        *(
            lambda n=n: reply(200, {"value": [entry(n)], "nextLink": f"https://arm.example/more/{n}"})
            for n in range(MANY - 1)
        ),
        lambda: reply(200, {"value": [entry(MANY - 1)]}),
    )
    assert whole == two == ask(small, offers).value
    assert len(pages.requests) == 2
    assert (len(whole), whole[0].model_name, whole[-1].pool) == (MANY, "m0", f"OpenAI.Standard.m{MANY - 1}")


GOOD = models()
SIZE = b'"capacity": {"maximum": 10}'
BOOM = {"code": "InternalServerError", "message": "boom" * 20_000}
NOT_ONE_PAGE = [
    (body(models(nextLink=7)), "its next page is no address"),
    (body(models())[:-2], "it was cut off"),
    (body(models()) + b"x", "something follows"),
    (body({"error": BOOM}), "it is an error"),
    (
        body(models(Error={"code": "InternalServerError", "message": "boom"}, x=[{}])),
        "an error is hidden in it",
    ),
    (body([entry(number) for number in range(MANY)]), "it is no object"),
    (b"<html>" + b"x" * 100_000, "it is a proxy's page"),
    (
        body(models()).replace(b'"capacity": {"maximum": 10}', b'"capacity": {"maximum": "ten"}', 1),
        "a wrong type",
    ),
    (body(models()).replace(SIZE, b'"capacity": ', 1), "no JSON"),
    (body(models()).replace(SIZE, b'"x": 1, "x": 2', 1), "a name stands twice"),
]


@pytest.mark.parametrize(("found", "reason"), NOT_ONE_PAGE, ids=[reason for _, reason in NOT_ONE_PAGE])
def test_a_long_page_that_is_none_is_asked_for_again(found: bytes, reason: str) -> None:
    """A plan that took it for an unreadable list would write what the list forbids."""
    over = wire(lambda: reply(200, found), lambda: reply(200, GOOD))
    assert len(ask(over, offers).value) == MANY, reason
    assert len(over.requests) == 2


def test_a_list_that_stays_none_is_an_error_and_no_half_list() -> None:
    broken = body(models())[:-2]
    seen = ask(wire(*(lambda: reply(200, broken) for _ in range(8))), offers)
    assert isinstance(seen.problem, ArmContractBroken)


def test_a_next_page_is_followed_however_its_name_is_spelled() -> None:
    first = body(models(3, nextLink="https://arm.example/page2", x=[{}])).replace(
        b"nextLink", rb"next\u004cink"
    )
    over = wire(lambda: reply(200, first), lambda: reply(200, {"value": [entry(3)]}))
    assert [found.model_name for found in ask(over, offers).value] == ["m0", "m1", "m2", "m3"]


def test_what_two_subscriptions_are_offered_alike_is_kept_once() -> None:
    """Their pages differ in the ids of the items and in the address of the next page, and in nothing else."""

    def page(subscription: str) -> dict[str, object]:
        place = f"/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/eastus2"
        items = [{"id": f"{place}/models/m{number}", **entry(number)} for number in range(MANY)]
        return {"value": items, "nextLink": f"https://arm.example{place}/models?page=2"}

    async def both(arm: ArmClient) -> list[tuple[Offer, ...]]:
        return [await arm.list_offers(subscription, REGION) for subscription in (SUBSCRIPTION, OTHER)]

    answers = [page(SUBSCRIPTION), {"value": []}, page(OTHER), {"value": []}]
    ours, theirs = ask(wire(*(lambda a=a: reply(200, a) for a in answers)), both).value
    assert len(ours) == MANY
    assert all(one is other for one, other in zip(ours, theirs, strict=True))
