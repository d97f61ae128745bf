"""A deployment compared with itself has not moved, whatever JSON ARM answers; and what has moved shows.

`moved` is what stands between a look and a write: a difference where there is none makes every write stale,
and one that is not seen lets a write take somebody's work back.
"""

import copy
import json
from collections.abc import Mapping
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.domain.deployment import JsonValue
from reconciler.domain.fields import FIELDS, SOURCE_FIELDS, field_at
from reconciler.domain.forms import Object
from reconciler.domain.ids import DeploymentId
from reconciler.domain.state import ObservedDeployment
from reconciler.engine.changes import moved
from tests.unit.plan.states import account, seen

WORLDS = settings(derandomize=True, max_examples=200, deadline=None, database=None)
Resource = dict[str, Any]
LEFT_OUT = st.booleans()

texts = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(
    ["", "1", "true", "İ", "ß", "null"]
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 1, -1, 1.0, 0.0, -0.0, 1.5, 1e300, 2**53 + 1, 2**70, -(2**70)]),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
names = st.sampled_from(["a", "A", "b", "c"]) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
WRITABLE = (
    *(field.arm for field in FIELDS if field.arm != ("tags",)),
    ("properties", "model", "sourceAccount"),
    ("properties", "newThing"),
    ("properties", "model", "newThing"),
    ("sku", "newThing"),
)
UNPROMISED = (
    ("properties", "modelProviderData"),
    *(("properties", "model", name) for name in SOURCE_FIELDS),
)
TYPED: Mapping[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["gpt-4o", "GlobalStandard", "ProvisionedManaged"]),
    "version": st.sampled_from(["1", "2024-11-20"]),
}
"""What the client needs as text to make a deployment of it."""


@st.composite
def resources(draw: st.DrawFn) -> Resource:
    """What a GET may answer: any JSON in any writable field, and tags."""
    resource: Resource = {"sku": {"name": "Standard"}, "properties": {"model": {"name": "gpt-4o"}}}
    for path in draw(st.lists(st.sampled_from(WRITABLE), unique=True, max_size=5)):
        place = resource
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = draw(TYPED.get(path[-1], values))
    if draw(st.booleans()):
        resource["tags"] = draw(st.dictionaries(texts, texts, max_size=3))
    return resource


def observed(resource: Resource) -> ObservedDeployment:
    return seen(DeploymentId(account=account("a"), name="chat"), resource)


def again(resource: Resource, draw: st.DataObject, path: tuple[str, ...] = ()) -> Resource:
    """The same JSON as another answer may spell it: names in another order, 1 for 1.0, nulls left out."""
    told = {name: spelled(inner, draw, (*path, name)) for name, inner in resource.items()}
    less = {name: inner for name, inner in told.items() if inner is not None or not draw.draw(LEFT_OUT)}
    return dict(reversed((less if free(path) else told).items()))


def spelled(value: JsonValue, draw: st.DataObject, path: tuple[str, ...]) -> JsonValue:
    if isinstance(value, dict):
        return again(value, draw, path)
    if isinstance(value, list):
        return [*json.loads(json.dumps(value))]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return copy.copy(value)


def free(path: tuple[str, ...]) -> bool:
    """Whether a field has a free form, in which a null is as good as nothing."""
    known = next(
        (field for at in range(len(path), 0, -1) if (field := field_at(path[:at])) is not None), None
    )
    return known is None or (isinstance(known.form, Object) and known.path != "tags")


TWO_SOURCES: Resource = {
    "sku": {"name": "Standard"},
    "properties": {"model": {"name": "gpt-4o", "source": "/one", "sourceAccount": "/two"}},
}


@WORLDS
@given(resources())
@example(TWO_SOURCES)
def test_a_deployment_has_not_moved_from_itself(resource: Resource) -> None:
    there = observed(resource)
    assert moved(there, there) == ""
    assert moved(observed(json.loads(json.dumps(resource))), there) == ""


@WORLDS
@given(resources(), st.data())
def test_nor_from_itself_in_another_spelling(resource: Resource, draw: st.DataObject) -> None:
    other = observed(again(resource, draw))
    assert moved(other, observed(resource)) == ""
    assert moved(observed(resource), other) == ""


@WORLDS
@given(resources(), st.sampled_from(WRITABLE), st.data())
def test_what_has_moved_is_seen_and_named_both_ways(
    resource: Resource, path: tuple[str, ...], draw: st.DataObject
) -> None:
    """A value that nothing else says, at a field or anywhere below it where it is an object."""
    other = copy.deepcopy(resource)
    place = other
    for name in path[:-1]:
        place = place[name]
    inside = [path[-1]]
    while isinstance(place.get(inside[-1]), dict) and place[inside[-1]] and draw.draw(st.booleans()):
        place = place[inside[-1]]
        inside.append(draw.draw(st.sampled_from(sorted(place))))
    was, typed = place.get(inside[-1]), path[-1] in TYPED
    place[inside[-1]] = "changed" if typed or was is None or draw.draw(st.booleans()) else [was, "changed"]
    if was in (None, {}) and len(inside) == 1 and path in UNPROMISED:
        return  # what ARM may not answer is not missed
    for one, two in ((resource, other), (other, resource)):
        assert moved(observed(two), observed(one)) != "", (path, inside)
