"""Equal parts of answers are kept once; what is not equal as JSON stays apart, and nothing is changed."""

from __future__ import annotations

import copy
import json
from typing import Any

from reconciler.arm.shared import Shared

ANSWER = {
    "id": "/subscriptions/…/deployments/chat",
    "sku": {"name": "GlobalStandard", "capacity": 10},
    "tags": {"team": "search"},
    "systemData": {"createdBy": "0e1f7d3c-0000-4000-8000-5d3c0e1f7d3c", "createdAt": "2026-06-01T10:00:00Z"},
    "properties": {
        "model": {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"},
        "rateLimits": [{"key": "request", "count": 100}],
        "provisioningState": "Succeeded",
    },
}


def answer(**properties: object) -> dict[str, Any]:
    """An answer of its own, as another request brings it."""
    found: dict[str, Any] = json.loads(json.dumps(ANSWER))
    found["properties"] |= properties
    return found


def test_equal_parts_of_two_answers_are_one_object() -> None:
    shared = Shared()
    one, other = shared.deployment(answer()), shared.deployment(answer())
    assert one == other == ANSWER
    assert one["sku"] is other["sku"]
    assert one["properties"] is other["properties"]


def test_of_equal_answers_something_is_made_once() -> None:
    shared, made = Shared(), list[dict[str, object]]()

    def make(one: dict[str, object]) -> int:
        made.append(one)
        return len(made)

    found = [shared.made(one, make) for one in (answer(), answer(), answer(x=1), answer(x=True), answer())]
    assert found == [1, 1, 2, 3, 1]


def test_an_answer_that_differs_in_one_property_shares_the_rest() -> None:
    shared = Shared()
    one: Any = shared.deployment(answer())
    other: Any = shared.deployment(answer(provisioningState="Creating"))
    assert other["properties"]["provisioningState"] == "Creating"
    assert one["properties"]["model"] is other["properties"]["model"]
    assert one["properties"]["provisioningState"] == "Succeeded"


def test_values_that_only_python_takes_for_equal_stay_apart() -> None:
    shared = Shared()
    found: list[Any] = [shared.deployment(answer(model={"x": value})) for value in (1, True, 1.0, "1")]
    assert [repr(one["properties"]["model"]["x"]) for one in found] == ["1", "True", "1.0", "'1'"]


def test_an_answer_is_not_changed_and_odd_ones_come_through() -> None:
    given = answer()
    before = copy.deepcopy(given)
    Shared().deployment(given)
    assert given == before
    odds: list[dict[str, object]] = [{}, {"properties": None, "tags": None, "sku": "S0"}, {"systemData": [1]}]
    for odd in odds:
        assert Shared().deployment(odd) == odd


def test_a_fleet_of_strangers_is_not_remembered_for_ever() -> None:
    shared = Shared()
    for number in range(10_000):
        stranger = answer(model={"name": str(number)})
        assert shared.deployment(stranger)["id"] == ANSWER["id"]
        assert shared.made(stranger, lambda one: one["id"]) == ANSWER["id"]
    assert shared.remembered <= 2 * 4096


def test_offers_of_items_that_differ_in_more_than_their_id_stay_apart() -> None:
    shared = Shared()

    def item(number: int, maximum: object) -> dict[str, Any]:
        sku = {"name": "Standard", "capacity": {"maximum": maximum}}
        return {"id": f"/m/{number}", "model": {"format": "OpenAI", "name": "m", "skus": [sku]}}

    first, alike, larger = shared.offers(item(1, 1)), shared.offers(item(2, 1)), shared.offers(item(3, 2))
    assert first is alike
    assert (first[0].maximum, larger[0].maximum) == (1, 2)


def test_what_is_large_or_beyond_number_is_not_kept_for_answers_to_come() -> None:
    """A server that means ill must not fill the memory with what no deployment has."""
    shared = Shared()
    huge = shared.deployment(answer(model={"name": "x" * 100_000}))
    known = shared.remembered
    assert shared.deployment(answer(model={"name": "y" * 100_000})) != huge
    assert shared.remembered == known
