"""A deployment compared with itself has not moved, whatever nulls ARM answers."""

import pytest

from reconciler.domain.ids import DeploymentId
from reconciler.engine.changes import moved
from tests.unit.plan.states import account, seen


@pytest.mark.parametrize(
    "routing",
    [
        {"a": {"b": None}},
        {"a": {"b": {"c": None}}, "d": 1},
        {"a": {}},
        {"a": None},
        {"": {"a": None, "": False}},
        {"a": {"a": 1, "A": 2}},
        {"A": {"a": None, "A": False}, "a": []},
    ],
)
def test_a_null_within_an_object_is_no_change(routing: object) -> None:
    model = {"format": "OpenAI", "name": "gpt-4o"}
    body = {"sku": {"name": "Standard", "capacity": 1}, "properties": {"model": model, "routing": routing}}
    one = seen(DeploymentId(account=account("a"), name="chat"), body)
    assert moved(one, one) == ""
