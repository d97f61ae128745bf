"""The list of behaviours: complete where code can tell, each with a source, few of them assumed."""

import inspect
from collections import Counter

import pytest

from reconciler.emulator import account_errors, errors, further_routes, gateway_errors, provider_errors
from reconciler.emulator.behaviours import behaviours, facts
from reconciler.emulator.routes import ROUTES
from tests.emulator.arm import ACCOUNT, Arm, deployment, fleet, gpt_4o

ERRORS = (errors, account_errors, gateway_errors, provider_errors)
NO_ERROR_OF_ARM = {
    *("not_modelled", "invalid_properties", "state_unwritable", "stranger"),
    *("is_spillover_target", "null_refused", "no_capacity", "precondition_failed", "sku_name_fixed"),
}
"""The emulator's own refusals, the envelope that other errors fill in, and what only a switch reaches."""


def test_every_behaviour_says_how_it_is_known_and_none_is_listed_twice() -> None:
    served = Arm().call("GET", "/_emulator/behaviours", bearer="").json["behaviours"]
    assert len(served) == len(behaviours())
    assert {item["known"] for item in served} == {"recorded", "specified", "documented", "assumed"}
    assert all(item["text"] and item["source"] and item["area"] for item in served)
    assert [text for text, count in Counter(item["text"] for item in served).items() if count > 1] == []


def test_at_most_eight_behaviours_in_a_hundred_are_assumed() -> None:
    assumed = [item for item in behaviours() if item.known == "assumed"]
    assert len(assumed) / len(behaviours()) <= 0.08


def test_every_error_has_its_line_and_every_line_its_error() -> None:
    spelled = {
        name
        for module in ERRORS
        for name, found in inspect.getmembers(module, inspect.isfunction)
        if found.__module__ == module.__name__ and not name.startswith("_")
    }
    assert {item["factory"] for item in facts()["errors"]} == spelled - NO_ERROR_OF_ARM


def test_an_error_whose_docstring_says_assumed_is_listed_as_assumed() -> None:
    known = {item["factory"]: item["known"] for item in facts()["errors"]}
    for module in ERRORS:
        for name, found in inspect.getmembers(module, inspect.isfunction):
            if name in known and found.__module__ == module.__name__:
                says = "assumed" in (inspect.getdoc(found) or "").lower()
                assert says == (known[name] == "assumed"), name


def test_every_operation_has_its_line_and_every_line_its_operation() -> None:
    listed = Counter(str(item["operation"]).partition(" ")[0] for item in facts()["operations"])
    public = Counter(
        {"GET": 3, "POST": 2}
    )  # metadata, discovery, prices; token, data plane: before any route
    assert listed == Counter(route.method for route in (*ROUTES, *further_routes.ROUTES)) + public


@pytest.mark.parametrize("item", facts()["headers"], ids=lambda item: str(item["name"]))
def test_every_listed_header_is_sent_somewhere(item: dict[str, str]) -> None:
    arm = fleet()
    replies = [
        arm.call("GET", ACCOUNT, bearer=""),
        arm.arm("PUT", deployment(), gpt_4o(50, sku="ProvisionedManaged")),
        arm.arm("PATCH", f"{ACCOUNT}", {"properties": {"disableLocalAuth": True}}),
        arm.arm("GET", f"{ACCOUNT}-none"),
        arm.arm("DELETE", deployment("none")),
    ]
    arm.control("clock", {"advanceSeconds": 100})
    replies += [
        arm.arm("PATCH", ACCOUNT, {"properties": {"disableLocalAuth": True}}),
        arm.arm("GET", ACCOUNT),
    ]
    assert any(item["name"].lower() in reply.headers for reply in replies)
