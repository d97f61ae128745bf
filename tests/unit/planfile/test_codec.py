"""The plan as JSON, and a saved plan as a witness: it can stop or narrow a run, never add to it."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from reconciler.diagnostics import Diagnostic, Place, Related, Severity, Span
from reconciler.domain.deployment import Lifecycle
from reconciler.domain.fleet import DesiredState
from reconciler.domain.state import ObservedState
from reconciler.errors import PlanStale, UsageProblem
from reconciler.plan.actions import Blocked, Reason
from reconciler.plan.make import make_plan
from reconciler.plan.plan import Plan
from reconciler.planfile.codec import to_json
from reconciler.planfile.saved import SavedPlan, narrow, read_saved
from tests.unit.plan.states import (
    EVERYTHING,
    applied,
    desired,
    in_state,
    listed,
    name_of,
    offer,
    plan,
    state,
    unmarked,
    world,
)

NOW = datetime(2026, 11, 24, 3, 4, 5, 678, tzinfo=UTC)
PTU = "ProvisionedManaged"


def document(made: Plan, *, now: datetime = NOW) -> dict[str, Any]:
    return json.loads(json.dumps(written(made, now=now)))  # type: ignore[no-any-return]


def written(made: Plan, *, now: datetime = NOW) -> dict[str, Any]:
    return to_json(made, created_at=now, tool_version="1.2", manifest_paths=("manifests",))


def saved(made: Plan) -> SavedPlan:
    return read_saved(json.dumps(written(made)))


def example() -> Plan:
    declared = state(
        desired("chat", capacity=50),
        desired("both", option="NoAutoUpgrade", capacity=5, version="2"),
        desired("fresh", sku=PTU, capacity=100),
        desired("same"),
    )
    there = world(
        listed(
            applied(desired("chat", capacity=10), raiPolicyName="strict"),
            applied(desired("both", option="NoAutoUpgrade", capacity=9, version="1")),
            applied(desired("gone", sku=PTU, capacity=100)),
            applied(desired("same")),
        ),
        pools={"OpenAI.ProvisionedManaged": (100, 300)},
        offers=(offer("OpenAI.ProvisionedManaged", sku=PTU), offer("gpt-4o", version="2")),
    )
    return plan(declared, there)


def action_of(made: dict[str, Any], name: str) -> dict[str, Any]:
    return next(action for action in made["actions"] if action["deployment"] == name)


# -- writing ---------------------------------------------------------------------------------------------


def test_the_document_has_the_pinned_keys_in_the_pinned_order() -> None:
    made = document(example())
    assert list(made) == [
        "formatVersion",
        "fleet",
        "createdAt",
        "tool",
        "cloud",
        "complete",
        "applyable",
        "summary",
        "actions",
        "quota",
        "refusals",
        "diagnostics",
        "leftOut",
        "owned",
        "unread",
        "selection",
        "manifests",
        "fingerprint",
    ]
    assert made["summary"] == {
        "create": 1,
        "update": 2,
        "replace": 0,
        "delete": 1,
        "adopt": 0,
        "wait": 0,
        "none": 1,
        "blocked": 0,
    }
    assert (made["formatVersion"], made["fleet"], made["cloud"]) == (2, "contoso", "emulator")
    assert made["tool"] == {"name": "reconciler", "version": "1.2"}


def test_an_action_shows_exactly_what_is_sent() -> None:
    update = action_of(document(example()), "chat")
    assert update["action"] == "update"
    assert update["reason"] == "capacity-changed"
    assert update["changes"][0] == {"path": "sku.capacity", "before": 10, "after": 50}
    assert update["body"]["properties"]["raiPolicyName"] == "strict"
    assert "raiPolicyName" in update["carried"]
    assert update["etag"] == '"1"'
    assert update["id"] == str(name_of("chat"))
    assert (update["account"], update["region"]) == ("acc", "swedencentral")
    assert "writes" not in update


def test_two_writes_are_both_shown_and_the_last_is_the_body() -> None:
    split = action_of(document(example()), "both")
    assert [body["sku"]["capacity"] for body in split["writes"]] == [5, 5]
    assert split["writes"][-1] == split["body"]


def test_order_and_dependencies_are_told_by_id() -> None:
    made = document(example())
    create, delete = action_of(made, "fresh"), action_of(made, "gone")
    assert create["dependsOn"] == [delete["id"]]
    assert 0 < delete["order"] < create["order"]
    assert delete["body"] is None
    assert action_of(made, "same")["order"] == 0


def test_a_pool_is_told_with_its_holders() -> None:
    pool = next(pool for pool in document(example())["quota"] if pool["pool"] == "OpenAI.ProvisionedManaged")
    assert pool == {
        "pool": "OpenAI.ProvisionedManaged",
        "scope": "11111111-1111-1111-1111-111111111111/swedencentral",
        "label": "label of OpenAI.ProvisionedManaged",
        "limit": 300,
        "usedBefore": 100,
        "usedPeak": 100,
        "usedAfter": 100,
        "verdict": "fits",
        "holders": [{"id": str(name_of("fresh")), "capacity": 100}],
    }


def test_a_block_tells_its_fix() -> None:
    made = document(plan(state(desired()), ObservedState()))
    (action,) = made["actions"]
    assert (action["action"], action["body"]) == ("blocked", None)
    assert action["fix"]
    assert action["explanation"]
    assert made["complete"] is False
    assert made["applyable"] is False


def test_times_are_utc_whole_seconds() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=2)))
    assert document(example(), now=elsewhere)["createdAt"] == "2026-11-24T03:04:05Z"


def test_only_created_at_depends_on_the_time() -> None:
    one, other = document(example()), document(example(), now=NOW + timedelta(days=1))
    assert {key for key in one if one[key] != other[key]} == {"createdAt"}


def test_diagnostics_travel_along_with_their_place() -> None:
    place = Place(file="a.yaml", route=("spec", 0))
    found = Diagnostic(
        code="x",
        severity=Severity.WARNING,
        message="m",
        place=place,
        related=(Related(message="r", place=place),),
    )
    made = make_plan(state(), world(listed()), policy=EVERYTHING, diagnostics=[found])
    span = Span(line=3, column=1, end_line=3, end_column=9)
    shown = to_json(made, created_at=NOW, tool_version="", manifest_paths=(), spans=lambda _: span)
    (diagnostic,) = json.loads(json.dumps(shown["diagnostics"]))
    assert (diagnostic["file"], diagnostic["line"], diagnostic["endColumn"]) == ("a.yaml", 3, 9)
    assert diagnostic["path"] == ["spec", 0]
    assert diagnostic["related"][0]["message"] == "r"
    assert document(made)["diagnostics"][0]["line"] is None


# -- fingerprints ----------------------------------------------------------------------------------------


def test_a_plan_s_fingerprint_is_over_manifests_fleet_cloud_and_steps() -> None:
    there = world(listed())
    base = plan(state(desired()), there).fingerprint
    others = [
        plan(state(desired(), digest="other"), there),
        plan(state(desired(capacity=51)), there),
        plan(replace(state(desired()), fleet=replace(state().fleet, cloud="AzureCloud")), there),
        plan(state(desired()), world(listed(unmarked(applied(desired()))))),
    ]
    assert base not in {other.fingerprint for other in others}
    assert plan(state(desired()), there).fingerprint == base
    assert base.startswith("sha256:")


# -- reading ---------------------------------------------------------------------------------------------


def test_what_was_written_is_read_back() -> None:
    made = example()
    back = saved(made)
    assert (back.fleet, back.cloud, back.manifest_digest) == ("contoso", "emulator", "digest")
    assert back.manifest_paths == ("manifests",)
    assert {name.name: item.action for name, item in back.items.items()} == {
        "chat": "update",
        "both": "update",
        "fresh": "create",
        "gone": "delete",
        "same": "none",
    }
    assert {item.fingerprint for item in back.items.values()} == {step.fingerprint for step in made.steps}


NO_PLANS = [
    ("not JSON", "kind: Fleet"),
    ("cut off", '{"formatVersion": 1'),
    ("very deep", "[" * 100_000),
    ("a list", "[]"),
    ("something else", '{"hello": 1}'),
    ("nothing in it", '{"formatVersion": 2}'),
    ("actions of the wrong kind", None),
]


@pytest.mark.parametrize(("reason", "text"), NO_PLANS, ids=[reason for reason, _ in NO_PLANS])
def test_what_is_no_plan_is_refused_in_words(reason: str, text: str | None) -> None:
    given = text if text is not None else json.dumps({**document(example()), "actions": [1]})
    with pytest.raises(UsageProblem, match="not a plan file"):
        read_saved(given)
    assert reason


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("fleet",), 1),
        (("manifests",), []),
        (("manifests", "paths"), "x"),
        (("manifests", "paths"), [1]),
        (("selection", "targets"), None),
        (("actions", 0, "id"), "/nowhere"),
        (("actions", 0, "fingerprint"), 7),
        (("actions", 0, "changes"), {}),
    ],
)
def test_a_wrong_type_anywhere_is_refused_in_words(path: tuple[str | int, ...], value: object) -> None:
    made: Any = document(example())
    here = made
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    with pytest.raises(UsageProblem, match="not a plan file"):
        read_saved(json.dumps(made))


def test_a_plan_of_another_format_is_stale() -> None:
    with pytest.raises(PlanStale, match="format version 1"):
        read_saved(json.dumps({**document(example()), "formatVersion": 1}))


@dataclass(frozen=True)
class Choice:
    """A selection as a command line holds it."""

    select: str = "x"
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


def test_the_saved_selection_replaces_the_one_given() -> None:
    back = replace(saved(example()), targets=("*/a/*",), select="env=prod")
    assert back.chosen(Choice()) == Choice(select="env=prod", targets=("*/a/*",))


UNFIT = [
    ("these manifests have changed since it was made\\. A plan", state(digest="other"), "emulator"),
    (
        "fleet 'contoso', these manifests are of 'rival'\\. A plan",
        replace(state(digest="other"), fleet=replace(state().fleet, name="rival")),
        "emulator",
    ),
    ("made for the cloud emulator, and now it is AzureCloud", state(), "AzureCloud"),
]


@pytest.mark.parametrize(("what", "declared", "cloud"), UNFIT, ids=["manifests", "fleet", "cloud"])
def test_a_plan_is_applied_only_to_what_it_was_made_from(
    what: str, declared: DesiredState, cloud: str
) -> None:
    """F-127."""
    with pytest.raises(PlanStale, match=what):
        saved(example()).must_fit(declared, cloud=cloud)


def test_a_plan_fits_what_it_was_made_from() -> None:
    saved(example()).must_fit(state(), cloud="Emulator")


# -- narrowing -------------------------------------------------------------------------------------------


def test_a_plan_narrowed_by_itself_is_itself() -> None:
    made = example()
    assert narrow(made, saved(made)) == (made, ())


def test_a_deployment_that_moved_is_blocked_and_the_others_go_on() -> None:
    declared = state(desired("a", capacity=50), desired("b", capacity=50))
    before = plan(
        declared, world(listed(applied(desired("a", capacity=10)), applied(desired("b", capacity=10))))
    )
    now = plan(
        declared, world(listed(applied(desired("a", capacity=20)), applied(desired("b", capacity=10))))
    )
    narrowed, (stale,) = narrow(now, saved(before))
    assert str(stale) == "acc/a: sku.capacity was 10, is 20"
    assert [step.action.id.name for step in narrowed.writes] == ["b"]
    (blocked,) = narrowed.blocked
    assert isinstance(blocked.action, Blocked)
    assert blocked.action.reason is Reason.STALE
    assert blocked.order == 0


def test_what_was_done_meanwhile_is_not_stale() -> None:
    declared = state(desired("a", capacity=50))
    before = plan(declared, world(listed(applied(desired("a", capacity=10)))))
    now = plan(declared, world(listed(applied(desired("a", capacity=50)))))
    assert narrow(now, saved(before)) == (now, ())


def test_a_write_that_the_saved_plan_does_not_have_is_not_done() -> None:
    """F-126, I-05."""
    declared = state(desired("a"))
    before = plan(declared, world(listed(applied(desired("a")))))
    now = plan(declared, world(listed()))
    narrowed, stale = narrow(now, saved(before))
    assert narrowed.writes == ()
    assert "no write for it" in str(stale[0])


def test_another_kind_of_action_is_not_done() -> None:
    free = Lifecycle(replace_allowed=True)
    declared = state(desired("a", capacity=50, lifecycle=free))
    before = plan(declared, world(listed(applied(desired("a", capacity=10)))))
    now = plan(declared, world(listed(in_state(applied(desired("a", capacity=10)), "Failed"))))
    narrowed, stale = narrow(now, saved(before))
    assert narrowed.writes == ()
    assert str(stale[0]) == "acc/a: the saved plan has update, now it is replace"


def test_an_undeclared_field_that_moved_is_stale_too() -> None:
    declared = state(desired("a", capacity=50))
    before = plan(declared, world(listed(applied(desired("a", capacity=10)))))
    now = plan(declared, world(listed(applied(desired("a", capacity=10), raiPolicyName="other"))))
    _, (stale,) = narrow(now, saved(before))
    assert "no manifest states" in stale.message


def test_a_take_is_not_done_without_the_release_that_moved() -> None:
    declared = state(desired("a", sku=PTU, capacity=50), desired("b", sku=PTU, capacity=50))
    before = plan(declared, world(listed(applied(desired("a", sku=PTU, capacity=100)))))
    now = plan(declared, world(listed(applied(desired("a", sku=PTU, capacity=100), raiPolicyName="x"))))
    narrowed, stale = narrow(now, saved(before))
    assert [item.id.name for item in stale] == ["a"]
    assert narrowed.writes == ()
    assert {step.action.id.name: step.action.reason for step in narrowed.blocked} == {
        "a": Reason.STALE,
        "b": Reason.DEPENDENCY_BLOCKED,
    }


@pytest.mark.parametrize("tampered", ["body", "action", "fingerprint", "id"])
def test_a_changed_file_can_only_make_less_happen(tampered: str) -> None:
    """I-05, F-126."""
    made = plan(state(desired("a", capacity=50)), world(listed(applied(desired("a", capacity=10)))))
    text: Any = document(made)
    action = text["actions"][0]
    other: dict[str, Any] = {
        "body": {"sku": {"capacity": 9999}},
        "action": "delete",
        "fingerprint": "sha256:0",
        "id": str(name_of("z")),
    }
    action[tampered] = other[tampered]
    narrowed, _ = narrow(made, read_saved(json.dumps(text)))
    assert all(step in made.writes for step in narrowed.writes)
    assert (narrowed.writes == made.writes) is (tampered == "body")
