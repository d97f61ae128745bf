"""Equal parts of answers are kept once; what is not equal as JSON stays apart, and nothing is changed."""

from __future__ import annotations

import copy
import json
from typing import Any

from reconciler.arm.shared import Shared
from tests.unit.arm.scripted import SUBSCRIPTION

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


def test_of_equal_long_pages_one_is_kept() -> None:
    shared = Shared()
    assert shared.page(b"[1]" * 9, SUBSCRIPTION) is shared.page(bytes(bytearray(b"[1]" * 9)), SUBSCRIPTION)
    assert shared.page(b"[2]", SUBSCRIPTION) == b"[2]"


def test_what_is_large_or_beyond_number_is_not_kept_for_answers_to_come() -> None:
    """A server that means ill must not fill the memory with what no deployment has."""
    shared = Shared()
    huge = shared.deployment(answer(model={"name": "x" * 100_000}))
    known = shared.remembered
    assert shared.deployment(answer(model={"name": "y" * 100_000})) != huge
    assert shared.remembered == known
    pages = [bytes([number, 0]) for number in range(200)]
    assert [shared.page(page, SUBSCRIPTION) for page in pages] == pages
    assert shared.page(bytes([199, 0]), SUBSCRIPTION) is not pages[199]
    large = b"x" * (2 << 20)
    assert shared.page(large, SUBSCRIPTION) is large
    assert shared.page(bytes(bytearray(large)), SUBSCRIPTION) is not large
