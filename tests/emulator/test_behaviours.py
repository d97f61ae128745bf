"""The list of behaviours: complete where code can tell, each with a source, few of them assumed."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import reconciler.emulator
from reconciler.emulator import further_routes
from reconciler.emulator.behaviours import behaviours, facts
from reconciler.emulator.routes import ROUTES
from reconciler.emulator.wire import Json, world_facts
from tests.emulator.arm import ACCOUNT, VERSION, Arm, deployment, fleet, gpt_4o

REFUSALS: Json = world_facts("refusals")
MADE_KNOWN = {"now", "details", "additional", "printed"}
OF_A_MODEL = {"publisher", "format", "name", "version", "source", "sourceAccount", "maker"}


def raised() -> Iterator[tuple[str, set[str]]]:
    """The name of every refusal that the emulator makes, and what it is told."""
    for file in Path(reconciler.emulator.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "errors.refusal":
                name = node.args[0]
                assert isinstance(name, ast.Constant), ast.unparse(node)
                yield str(name.value), {str(word.arg) for word in node.keywords}


def wordings(row: Json) -> list[Json]:
    return [row] if isinstance(row["says"], str) else row["says"]


def named(row: Json) -> set[str]:
    """What the texts of a refusal name, and what its wordings are chosen by."""
    texts = [
        *(row.get(part, "") for part in ("headers", "target", "additional")),
        *(wording["says"] for wording in wordings(row)),
    ]
    found = set(re.findall(r"(?<!{){(\w+)}(?!})", str(texts)))
    return found | {name for wording in wordings(row) for name in wording.get("for", {})}


def test_every_behaviour_says_how_it_is_known_and_none_is_listed_twice() -> None:
    served = Arm().call("GET", "/_emulator/behaviours", bearer="").json["behaviours"]
    assert len(served) == len(behaviours())
    assert {item["known"] for item in served} == {"recorded", "specified", "documented", "assumed"}
    assert all(item["text"] and item["source"] and item["area"] for item in served)
    assert [text for text, count in Counter(item["text"] for item in served).items() if count > 1] == []


def test_at_most_eight_behaviours_in_a_hundred_are_assumed() -> None:
    assumed = [item for item in behaviours() if item.known == "assumed"]
    assert len(assumed) / len(behaviours()) <= 0.08


def test_every_refusal_is_made_somewhere_and_every_one_that_is_made_has_its_words() -> None:
    parts = {name for name, row in REFUSALS.items() if "status" not in row}
    assert {name for name, _ in raised()} == REFUSALS.keys() - parts
    assert parts <= set().union(*(named(row) for row in REFUSALS.values()))


@pytest.mark.parametrize(("name", "told"), sorted(raised(), key=str))
def test_a_refusal_is_told_what_its_words_name(name: str, told: set[str]) -> None:
    needed = named(REFUSALS[name])
    if "printed" in needed:
        assert "printed" in told
        needed |= named(REFUSALS["printed"])
        told = told | OF_A_MODEL
    choices = {by for wording in wordings(REFUSALS[name]) for by in wording.get("for", {})} | {"shows"}
    assert needed - choices <= told
    assert told - MADE_KNOWN - OF_A_MODEL <= needed | {"shows"}


@pytest.mark.parametrize("name", [name for name, row in REFUSALS.items() if len(wordings(row)) > 1])
def test_wordings_follow_each_other_and_the_last_one_is_for_everything(name: str) -> None:
    found = wordings(REFUSALS[name])
    ends = [wording["until"] for wording in found if "until" in wording]
    assert ends == sorted(ends)
    assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", end) for end in ends)
    assert not {"until", "for"} & found[-1].keys()


@pytest.mark.parametrize(
    "name", [name for name, row in REFUSALS.items() if any("until" in wording for wording in wordings(row))]
)
def test_a_refusal_whose_words_changed_is_told_the_day(name: str) -> None:
    asked = {name} if "status" in REFUSALS[name] else {n for n, row in REFUSALS.items() if name in named(row)}
    assert all("now" in told for found, told in raised() if found in asked and "shows" not in told)


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
        arm.call("GET", f"{ACCOUNT}?api-version={VERSION}", bearer=""),
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
