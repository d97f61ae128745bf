"""Fleets of one name: an id keeps them apart, and without a Fleet nothing is deleted."""

from dataclasses import replace

import pytest

from reconciler.domain.fleet import DesiredState, PrunePolicy
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.actions import Adopt, Blocked, Delete, Keep, Reason, Update
from reconciler.plan.causes import Cause
from reconciler.plan.drift import find_drift
from tests.unit.plan.states import (
    OURS,
    TODAY,
    applied,
    desired,
    listed,
    of_fleet,
    only_action,
    plan,
    state,
    world,
)

ID = "3F2B8C1E-5d47-4c0a-9e61-7a1d2b3c4d5e"
OTHER = "00000000-0000-4000-8000-000000000000"


def with_id(declared: DesiredState, identity: str | None = ID) -> DesiredState:
    return replace(declared, fleet=replace(declared.fleet, id=identity))


def marked(name: str = OURS, one: str = "chat") -> ObservedDeployment:
    return of_fleet(applied(desired(one)), name)


def test_the_mark_is_the_name_and_the_first_digits_of_the_id() -> None:
    assert with_id(state()).fleet.mark == f"{OURS}/3f2b8c1e"
    assert with_id(state(), None).fleet.mark == OURS


def test_what_carries_the_name_alone_is_adopted() -> None:
    action = only_action(plan(with_id(state(desired())), world(listed(marked()))))
    assert isinstance(action, Adopt)
    changed = {change.path: (change.before, change.after) for change in action.changes}
    assert changed == {"tags.reconciler-fleet": (OURS, f"{OURS}/3f2b8c1e")}


def test_the_mark_comes_along_with_other_changes() -> None:
    action = only_action(plan(with_id(state(desired(capacity=60))), world(listed(marked()))))
    assert isinstance(action, Update)
    assert "id of this fleet" in action.explanation


@pytest.mark.parametrize("prune", list(PrunePolicy))
@pytest.mark.parametrize("theirs", [f"{OURS}/00000000", OURS])
def test_two_fleets_of_one_name_cannot_prune_each_other(prune: PrunePolicy, theirs: str) -> None:
    action = only_action(plan(with_id(state(prune=prune)), world(listed(marked(theirs)))))
    assert not isinstance(action, Delete)


def test_a_fleet_without_an_id_does_not_touch_what_carries_one() -> None:
    made = plan(state(), world(listed(marked(f"{OURS}/3f2b8c1e"))))
    assert isinstance(only_action(made), Keep)
    made = plan(state(desired(capacity=60)), world(listed(marked(f"{OURS}/3f2b8c1e"))))
    assert (type(only_action(made)), only_action(made).reason) == (Blocked, Reason.OTHER_FLEET)


def test_a_fleet_with_its_id_prunes_what_carries_it() -> None:
    action = only_action(plan(with_id(state()), world(listed(marked(f"{OURS}/3f2b8c1e")))))
    assert isinstance(action, Delete)


@pytest.mark.parametrize("prune", list(PrunePolicy))
@pytest.mark.parametrize("mark", [OURS, "others"])
def test_without_a_fleet_nothing_is_deleted(prune: PrunePolicy, mark: str) -> None:
    unnamed = state(prune=prune)
    unnamed = replace(unnamed, fleet=replace(unnamed.fleet, declared=False))
    action = only_action(plan(unnamed, world(listed(marked(mark)))))
    assert (type(action), action.reason) == (Keep, Reason.NO_FLEET)
    report = find_drift(unnamed, world(listed(marked(mark))), today=TODAY)
    assert [item.cause for item in report.items] == [Cause.UNDECLARED]


def test_drift_calls_a_missing_id_pending() -> None:
    report = find_drift(with_id(state(desired())), world(listed(marked())), today=TODAY)
    assert [item.cause for item in report.items] == [Cause.PENDING]
