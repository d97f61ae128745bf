"""Arithmetic on JSON values: equal, canonical, at a path, less a path, one over another."""

from __future__ import annotations

import pytest

from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.domain.json_values import at, canonical, differing, has, laid_over, put, same, without

BODY: JsonObject = {"sku": {"name": "Standard", "capacity": 10}, "tags": {}, "list": [1, 2]}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("a", "a", True),
        ("a", "A", False),
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        (1, "1", False),
        (None, None, True),
        (None, {}, False),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({"a": 1}, {"a": True}, False),
        ([1, 2], [1, 2], True),
        ([1, 2], [1], False),
        ([1], [1, 2], False),
        ([1, True], [1, 1], False),
        ([], {}, False),
    ],
)
def test_two_values_are_the_same_as_json(one: JsonValue, other: JsonValue, *, alike: bool) -> None:
    assert same(one, other) is alike
    assert same(other, one) is alike


def test_the_canonical_text_has_sorted_keys_no_blanks_and_nothing_beyond_ascii() -> None:
    assert canonical({"b": [1, "é"], "a": {"d": None, "c": True}}) == (
        '{"a":{"c":true,"d":null},"b":[1,"\\u00e9"]}'
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((), BODY),
        (("sku", "capacity"), 10),
        (("SKU", "Capacity"), 10),
        (("sku", "tier"), None),
        (("sku", "name", "more"), None),
        (("list", "0"), None),
        (("no", "thing"), None),
    ],
)
def test_a_value_is_found_whatever_the_case_of_its_names(path: tuple[str, ...], value: JsonValue) -> None:
    assert at(BODY, path) == value


@pytest.mark.parametrize(
    ("path", "there"),
    [
        (("sku",), True),
        (("sku", "name"), True),
        (("SKU",), False),
        (("sku", "tier"), False),
        (("sku", "name", "more"), False),
    ],
)
def test_whether_there_is_a_value(path: tuple[str, ...], *, there: bool) -> None:
    assert has(BODY, path) is there


def test_a_value_is_taken_out_and_nothing_else() -> None:
    assert without(BODY, ("SKU", "Capacity")) == {**BODY, "sku": {"name": "Standard"}}
    assert without(BODY, ("Tags",)) == {"sku": BODY["sku"], "list": [1, 2]}
    for path in (("none",), ("sku", "tier"), ("sku", "name", "more")):
        assert without(BODY, path) is BODY
    assert BODY["sku"] == {"name": "Standard", "capacity": 10}


def test_a_value_is_put_at_its_path_and_what_is_on_the_way_is_kept() -> None:
    assert put(BODY, ("sku", "capacity"), 20) == {**BODY, "sku": {"name": "Standard", "capacity": 20}}
    assert put({"tags": {"a": "b"}}, ("tags", "c"), "d") == {"tags": {"a": "b", "c": "d"}}
    assert put({}, ("a", "b", "c"), 1) == {"a": {"b": {"c": 1}}}
    assert put({"a": 1}, ("a", "b"), 2) == {"a": {"b": 2}}
    assert put({"a": 1}, ("a",), 2) == {"a": 2}


def test_what_is_laid_over_replaces_what_differs_and_keeps_the_spelling_of_the_rest() -> None:
    assert laid_over(BODY, {"SKU": {"capacity": 10.0}}) is BODY
    assert laid_over(BODY, {"SKU": {"Capacity": 20}}) == {
        **{name: value for name, value in BODY.items() if name != "sku"},
        "sku": {"name": "Standard", "Capacity": 20},
    }
    assert laid_over({"a": {"b": 1}}, {"a": None, "c": 2}) == {"a": None, "c": 2}


def test_the_paths_that_differ() -> None:
    assert differing({"a": {"b": 1, "c": [1]}}, {"a": {"b": 1, "c": [2]}}) == [("a", "c")]
    assert differing({"a": 1}, {"a": True}) == [("a",)]
    assert differing({"a": 1}, {"a": 1.0}) == []
