"""What a selection needs beside what it names is pulled in, and said."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import DesiredState, PrunePolicy, Scope
from reconciler.domain.state import ObservedState, Unreadable
from reconciler.plan.actions import Blocked, Create, Update
from reconciler.plan.plan import Plan
from reconciler.planfile.codec import to_json
from tests.unit.plan.states import account, applied, desired, listed, name_of, plan, state, unmarked, world

SOURCE = desired("source", spillover="target")
TARGET = desired("target", spillover="last")
LAST = desired("last")
ASIDE = desired("aside")


def selecting(*taken: DesiredDeployment, reserve: tuple[DesiredDeployment, ...]) -> DesiredState:
    """A state in which `taken` are selected by name and `reserve` are not."""
    scope = Scope(
        targets=tuple(f"*/*/{one.id.name}" for one in taken),
        left_out=frozenset(one.id for one in reserve),
    )
    return replace(state(*taken, scope=scope), reserve=reserve)


def kinds(made: Plan) -> dict[str, str]:
    return {step.action.id.name: type(step.action).__name__ for step in made.steps}


def made(there: ObservedState) -> Plan:
    return plan(selecting(SOURCE, reserve=(TARGET, LAST, ASIDE)), there)


def test_targets_that_would_have_to_be_created_come_along_and_come_first() -> None:
    found = made(world(listed()))
    assert [step.action.id.name for step in found.writes] == ["last", "target", "source"]
    assert found.left_out == 1


def test_it_is_said_which_one_needs_them() -> None:
    told = {step.action.id.name: step.action.explanation for step in made(world(listed())).steps}
    assert told == {
        "last": "not selected, but target needs it and it is not there yet",
        "target": "not selected, but source needs it and it is not there yet",
        "source": "",
    }
    document = to_json(
        made(world(listed())),
        created_at=datetime(2026, 11, 24, tzinfo=UTC),
        tool_version="1",
        manifest_paths=(),
    )
    assert "not selected, but source needs it" in json.dumps(document)


def test_a_target_that_is_there_stays_left_out_whatever_it_looks_like() -> None:
    found = made(world(listed(applied(desired("target", capacity=1)))))
    assert kinds(found) == {"source": "Create"}
    assert found.left_out == 3


def test_an_unselected_target_that_needs_another_pulls_that_in_too_only_where_it_is_absent() -> None:
    found = made(world(listed(applied(LAST))))
    assert kinds(found) == {"target": "Create", "source": "Create"}


def test_from_an_unreadable_account_no_absence_is_concluded() -> None:
    found = made(world(Unreadable(id=account(), code="x", message="no")))
    assert kinds(found) == {"source": "Blocked"}


def test_what_is_pulled_in_is_subject_to_every_rule() -> None:
    broken = replace(
        TARGET, spec=replace(TARGET.spec, settings={**TARGET.spec.settings, "raiPolicyName": "strict"})
    )
    there = replace(world(listed()), policies={account(): frozenset({"loose"})})
    found = plan(selecting(SOURCE, reserve=(broken, LAST)), there)
    assert [type(step.action) for step in found.steps if step.action.id == name_of("target")] == [Blocked]
    assert [step.action.id.name for step in found.writes] == ["last"]
    assert isinstance(found.writes[0].action, Create)


def test_without_a_selection_nothing_is_pulled_in() -> None:
    found = plan(state(SOURCE, TARGET, LAST), world(listed()))
    assert all(not step.action.explanation for step in found.steps)


# -- names that lead nowhere ---------------------------------------------------------------------------------

NOWHERE = "acc has no deployment nobody, which spilloverDeploymentName names: ARM may refuse that"


def test_a_name_that_nobody_has_is_told_before_the_write_and_forbids_nothing() -> None:
    (step,) = plan(state(desired("ptu", spillover="nobody")), world(listed())).steps
    assert (type(step.action), step.action.explanation) == (Create, NOWHERE)
    there = applied(desired("ptu"))
    (step,) = plan(state(desired("ptu", spillover="nobody")), world(listed(there))).steps
    assert (type(step.action), step.action.explanation) == (Update, NOWHERE)


def test_a_name_that_is_there_or_comes_along_or_is_named_already_is_not_spoken_of() -> None:
    alone = state(desired("ptu", spillover="nobody"), prune=PrunePolicy.NEVER)
    there = world(listed(unmarked(applied(desired("nobody")))))
    assert all(not step.action.explanation for step in plan(alone, there).writes)
    both = state(desired("ptu", spillover="nobody"), desired("nobody"))
    assert all(not step.action.explanation for step in plan(both, world(listed())).writes)
    named = applied(desired("ptu", spillover="nobody"))
    bigger = state(desired("ptu", spillover="nobody", capacity=60))
    assert all("nobody" not in step.action.explanation for step in plan(bigger, world(listed(named))).writes)
