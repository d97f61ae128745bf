"""Laws of sharing: equal values may be one object anywhere, and nothing that is said may change by it."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.arm.shared import Shared
from reconciler.domain.deployment import DeploymentSpec
from reconciler.domain.state import Listed, ObservedState
from reconciler.plan.actions import Keep
from reconciler.plan.compare import compare
from tests.property.strategies import fleets
from tests.property.worlds import Fleet, converged, declared
from tests.unit.plan.states import applied, desired, listed, seen, state, world

LAW = settings(max_examples=100, deadline=None, derandomize=True)


def apart(observed: ObservedState) -> ObservedState:
    """The same answers, each with values of its own."""
    return _each(observed, copy.deepcopy)


def together(observed: ObservedState) -> ObservedState:
    """The same answers as the client keeps them."""
    return _each(observed, Shared().deployment)


def _each(observed: ObservedState, made: Callable[[Any], Any]) -> ObservedState:
    readings = {
        account: replace(
            reading, deployments=tuple(seen(one.id, made(one.resource)) for one in reading.deployments)
        )
        if isinstance(reading, Listed)
        else reading
        for account, reading in observed.readings.items()
    }
    return replace(observed, readings=readings)


def sharing(fleet: Sequence[Any]) -> Fleet:
    """The same declarations; those that say the same share what they say."""
    known: list[DeploymentSpec] = []
    shared = []
    for one in fleet:
        if one.spec not in known:
            known.append(one.spec)
        shared.append(replace(one, spec=known[known.index(one.spec)]))
    return tuple(shared)


@LAW
@given(fleets(("Standard", "GlobalStandard")), fleets(("Standard", "GlobalStandard")), st.booleans())
def test_what_is_shared_is_compared_as_what_is_not(before: Fleet, after: Fleet, renew: bool) -> None:
    there = converged(before).observe()
    lone = compare(declared(copy.deepcopy(after)), apart(there), renew_marks=renew)
    assert compare(declared(sharing(after)), together(there), renew_marks=renew) == lone


def test_of_many_that_say_the_same_the_one_that_was_changed_is_found() -> None:
    first = desired("a")
    fleet = [replace(first, id=replace(first.id, name=name)) for name in "abcdef"]
    shared = Shared()
    answers = [shared.deployment(copy.deepcopy(dict(applied(one).resource))) for one in fleet]
    answers[3] = shared.deployment(
        {**answers[3], "properties": {**answers[3]["properties"], "raiPolicyName": "other"}}  # type: ignore[dict-item]
    )
    answers[4] = shared.deployment({**answers[4], "sku": {"name": "GlobalStandard", "capacity": 1}})
    there = [seen(one.id, answer) for one, answer in zip(fleet, answers, strict=True)]
    found = compare(state(*fleet), world(listed(*there)))
    # nobody declares a content filter, so a changed one is no difference
    assert [action.id.name for action in found if not isinstance(action, Keep)] == ["e"]
