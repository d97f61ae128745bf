"""Provisioned deployments that change their model in place, and operations that are under way (2.2, 2.5)."""

from typing import Any

import pytest

from tests.e2e.dated import Season, entry, offered

PTU = "GlobalProvisionedManaged"
PROVISIONED = [PTU, "ProvisionedManaged", "DataZoneProvisionedManaged"]
SLOW: dict[str, object] = {"polls": 2, "retryAfter": 60}


def old(name: str = "reserved", sku: str = PTU, capacity: int = 100) -> str:
    return entry(name, "gpt-4o", "2024-11-20", sku=sku, capacity=capacity)


def new(name: str = "reserved", *lines: str, sku: str = PTU, capacity: int = 100) -> str:
    return entry(name, "gpt-4o-mini", "2024-07-18", *lines, sku=sku, capacity=capacity)


def slow(watched: Season, *deployments: str) -> None:
    """These deployments are there, and from now on operations take their time."""
    watched.apply(*deployments)
    watched.desk.control("POST", "lro", SLOW)
    watched.desk.forget_requests()


def test_apply_waits_the_25_minutes_that_a_migration_takes(flying: Season) -> None:
    slow(flying, old())
    flying.declare(new())
    began = flying.desk.control("GET", "clock")["now"]
    item = flying.applied()["reserved"]
    assert (item["outcome"], item["attempts"]) == ("succeeded", 1)
    assert 1500 <= item["durationMs"] / 1000 <= 1800
    assert flying.desk.control("GET", "clock")["now"] > began.replace("T00:0", "T00:2")
    assert flying.model("reserved") == ("gpt-4o-mini", "2024-07-18")
    assert flying.live("reserved")["properties"]["provisioningState"] == "Succeeded"


def test_three_migrations_of_an_account_have_the_time_that_they_take_one_after_another(
    flying: Season,
) -> None:
    """75 minutes: more than an apply has without them. Whoever sets a limit has that limit."""
    names = ("one-r", "two-r", "three-r")
    slow(flying, *(old(name, capacity=50) for name in names))
    flying.declare(*(new(name, capacity=50) for name in names))
    assert {one["outcome"] for one in flying.applied().values()} == {"succeeded"}
    flying.declare(*(old(name, capacity=50) for name in names))
    ran = flying.run("apply", "--yes", "-o", "json", "--timeout", "3600")
    outcomes = sorted(one["outcome"] for one in ran.json["actions"])
    assert outcomes == ["succeeded", "succeeded", "unknown"], ran
    assert ran.code == 3


def test_what_is_under_way_at_the_operations_own_deadline_is_unknown_and_never_failed(flying: Season) -> None:
    slow(flying, old())
    fault: dict[str, object] = {
        "match": {"method": "PUT", "path": "/deployments/reserved$"},
        "then": {"lro": "never"},
    }
    flying.desk.control("POST", "faults", fault)
    flying.declare(new())
    item = flying.applied("--timeout", "36000")["reserved"]
    assert item["outcome"] == "unknown", item
    assert "still running in ARM" in item["error"]["message"]
    assert item["durationMs"] / 1000 > 3590
    assert flying.planned() == ("wait", "in-progress")


@pytest.mark.parametrize("sku", PROVISIONED)
def test_on_every_provisioned_sku_one_write_at_the_same_size(sku: str, season: Season) -> None:
    season.apply(old(sku=sku))
    season.declare(new(sku=sku))
    assert season.planned() == ("update", "model-migration")
    season.desk.forget_requests()
    item = season.applied()["reserved"]
    assert (item["outcome"], season.desk.writes()) == ("succeeded", {"acc/reserved": ("PUT",)})
    assert season.planned() == ("none", "in-sync")


@pytest.mark.parametrize("sku", ["GlobalStandard", "GlobalBatch"])
def test_elsewhere_another_model_is_no_migration(sku: str, season: Season) -> None:
    season.apply(old(sku=sku))
    season.declare(new(sku=sku))
    assert season.planned() == ("blocked", "replace-forbidden")
    season.declare(new("reserved", "lifecycle: {replace: allowed}", sku=sku))
    assert season.planned() == ("replace", "model-changed")


CHOICES = [
    ("inPlace", "", ("update", "model-migration")),
    ("replace", ", replace: allowed", ("replace", "model-changed")),
    ("replace", "", ("blocked", "replace-forbidden")),
    ("refuse", ", replace: allowed", ("blocked", "model-change-refused")),
]


@pytest.mark.parametrize(("choice", "more", "answer"), CHOICES)
def test_the_manifest_decides_how_a_provisioned_model_changes(
    choice: str, more: str, answer: tuple[str, str], season: Season
) -> None:
    season.apply(old())
    season.declare(new("reserved", f"lifecycle: {{modelChange: {choice}{more}}}"))
    assert season.planned() == answer


def test_a_migration_that_arm_refuses_ends_failed_with_the_way_beside(season: Season) -> None:
    season.apply(old())
    season.switch(modelChange="refused")
    season.declare(new())
    item = season.applied()["reserved"]
    assert (item["outcome"], item["error"]["code"]) == ("failed", "CannotChangeDeploymentModel")
    assert "a new name, move the callers to it (cut over)" in item["error"]["fix"]
    assert season.model("reserved") == ("gpt-4o", "2024-11-20")


# SKU, old size, new size, the (model, capacity) of each write; the old model has regional sizes of 50
SIZES = [
    (PTU, 100, 150, [("gpt-4o-mini", 100), ("gpt-4o-mini", 150)]),
    (PTU, 150, 100, [("gpt-4o", 100), ("gpt-4o-mini", 100)]),
    ("ProvisionedManaged", 50, 25, [("gpt-4o-mini", 50), ("gpt-4o-mini", 25)]),
]


@pytest.mark.parametrize(("sku", "before", "after", "writes"), SIZES)
def test_a_new_size_beside_it_takes_two_writes_whose_every_size_is_legal(
    sku: str, before: int, after: int, writes: list[tuple[str, int]], season: Season
) -> None:
    season.apply(old(sku=sku, capacity=before))
    season.declare(new(sku=sku, capacity=after))
    season.desk.forget_requests()
    assert season.applied()["reserved"]["outcome"] == "succeeded"
    sent = [one for one in season.desk.control("GET", "requests")["requests"] if one["method"] == "PUT"]
    assert [
        (one["body"]["properties"]["model"]["name"], one["body"]["sku"]["capacity"]) for one in sent
    ] == writes


def sizes(name: str, step: int) -> list[dict[str, Any]]:
    capacity = {"minimum": step, "step": step, "maximum": 1000, "default": step}
    return offered(name, "1", sku=PTU, capacity=capacity, usageName=f"OpenAI.{PTU}")


def test_where_no_order_is_legal_it_is_blocked_and_the_sizes_of_both_are_named(season: Season) -> None:
    season.lists(*sizes("thirty", 30), *sizes("fifty", 50))
    season.apply(entry("reserved", "thirty", "1", sku=PTU, capacity=60))
    season.declare(entry("reserved", "fifty", "1", sku=PTU, capacity=100))
    (step,) = season.steps().values()
    assert (step["action"], step["reason"]) == ("blocked", "not-offered")
    assert "neither 60 nor 100 PTU is a size of both models" in step["explanation"]
    assert "both take sizes from 150 in steps of 150" in step["explanation"]
    season.desk.forget_requests()
    assert season.run("apply", "--yes").code == 1
    assert season.desk.writes() == {}


# -- waiting (2.5) -------------------------------------------------------------------------------------


def test_an_operation_under_way_is_a_wait_that_writes_nothing_and_is_no_change(flying: Season) -> None:
    slow(flying, old())
    flying.declare(new())
    assert flying.applied("--no-wait")["reserved"]["outcome"] == "unknown"
    flying.desk.forget_requests()
    assert flying.planned() == ("wait", "in-progress")
    assert flying.run("plan", "--detailed-exitcode").code == 0
    assert flying.items() == {}
    item = flying.applied()["reserved"]
    assert (item["action"], item["outcome"], item["attempts"]) == ("wait", "succeeded", 0)
    assert flying.desk.writes() == {}
    assert flying.planned() == ("none", "in-sync")


def test_a_wait_beside_a_change_is_a_change(flying: Season) -> None:
    slow(flying, old())
    flying.declare(new())
    flying.run("apply", "--yes", "--no-wait")
    flying.declare(new(), entry("chat", "gpt-4.1", "2025-04-14"))
    assert {name: one["action"] for name, one in flying.steps().items()} == {
        "reserved": "wait",
        "chat": "create",
    }
    assert flying.run("plan", "--detailed-exitcode").code == 2


def test_an_operation_over_something_else_than_the_declared_is_waited_for_and_then_written_over(
    flying: Season,
) -> None:
    slow(flying, old())
    flying.declare(new())
    flying.run("apply", "--yes", "--no-wait")
    flying.declare(old())
    (step,) = flying.steps().values()
    assert step["action"] == "update"
    assert "apply waits for its end" in step["explanation"]
    assert flying.applied()["reserved"]["outcome"] == "succeeded"
    assert flying.model("reserved") == ("gpt-4o", "2024-11-20")
