"""Laws of export: what exists becomes manifests that are valid and that plan to nothing but adopt."""

import io
from collections.abc import Mapping
from datetime import date

from hypothesis import assume, given, settings

from reconciler.catalogue.load import catalogue
from reconciler.diagnostics import Severity
from reconciler.domain.ids import AccountId
from reconciler.domain.marks import OURS
from reconciler.domain.state import (
    DesiredState,
    Listed,
    ObservedDeployment,
    ObservedState,
    ObservedSubscription,
    Reading,
)
from reconciler.manifest.export import Exported, manifests_of, observed_estate
from reconciler.manifest.load import LoadedManifests, load
from reconciler.manifest.rules import CODES, check
from reconciler.plan.actions import Adopt, Keep
from reconciler.plan.body import put_body, writable
from reconciler.plan.guard import Policy
from reconciler.plan.make import make_plan
from tests.property.arm_worlds import SUBSCRIPTIONS, worlds

World = Mapping[AccountId, Reading]
TODAY = date(2026, 11, 25)
NAMES = {one: ObservedSubscription(id=one, name="Prod / EU", tenant=one) for one in SUBSCRIPTIONS}
LAW = settings(max_examples=60, deadline=None, derandomize=True)


def exported(world: World) -> Exported:
    estate = observed_estate(world, NAMES, cloud="emulator")
    return manifests_of(estate, fleet="contoso", today=TODAY)


def loaded(made: Exported) -> LoadedManifests:
    """The stream, as `reconciler plan -` reads it."""
    return load(["-"], known_rules=CODES, stdin=io.BytesIO(made.stream.encode()))


def declared(world: World) -> DesiredState:
    desired = loaded(exported(world)).desired
    assert desired is not None
    return desired


def there(world: World) -> dict[str, ObservedDeployment]:
    return {
        str(one.id): one
        for reading in world.values()
        if isinstance(reading, Listed)
        for one in reading.deployments
    }


@LAW
@given(worlds())
def test_every_export_is_valid(world: World) -> None:
    made = exported(world)
    read = loaded(made)
    found = (*read.diagnostics, *check(read.understood, catalogue(), TODAY))
    assert [one for one in found if one.severity is Severity.ERROR] == [], made.stream


@LAW
@given(worlds())
def test_the_plan_of_an_export_is_nothing_but_adopt_and_none(world: World) -> None:
    made = make_plan(declared(world), ObservedState(readings=world), policy=Policy())
    kinds = {type(step.action) for step in made.steps}
    assert kinds <= {Adopt, Keep}, [step.action for step in made.steps]
    assert {one.code for one in made.refusals} <= {"empty-fleet"}


@LAW
@given(worlds())
def test_what_adoption_writes_is_what_is_there_and_our_marks(world: World) -> None:
    observed = there(world)
    for one in declared(world).deployments:
        before = writable(observed[str(one.id)])
        after = put_body(one, observed[str(one.id)], "contoso")
        assert _without_marks(after) == _without_marks(before) | _stated_case(after, before)


def _without_marks(body: Mapping[str, object]) -> dict[str, object]:
    tags = body.get("tags")
    kept = {
        name: value
        for name, value in (tags.items() if isinstance(tags, Mapping) else ())
        if not str(name).lower().startswith(OURS)
    }
    return {**{name: value for name, value in body.items() if name != "tags"}, "tags": kept}


def _stated_case(after: Mapping[str, object], before: Mapping[str, object]) -> dict[str, object]:
    """Parts in which only the case of ARM's own words differs: SKUs, enumerations, ids."""
    return {
        name: value
        for name, value in after.items()
        if name != "tags" and _plain(value) == _plain(before.get(name))
    }


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        alike = {str(name).lower(): _plain(inner) for name, inner in value.items()}
        source = alike.pop("source", None) or alike.pop("sourceaccount", None)
        alike.pop("sourceaccount", None)
        return {**{name: one for name, one in alike.items() if one not in (None, {})}, "source": source}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, str):
        return value.lower().replace("provisionedstandard", "provisionedmanaged")
    return value


@LAW
@given(worlds())
def test_nothing_is_left_out_in_silence(world: World) -> None:
    made = exported(world)
    for reading in world.values():
        assert isinstance(reading, Listed)
    count = sum(len(reading.deployments) for reading in world.values() if isinstance(reading, Listed))
    assert made.declared + made.held_back == count


@LAW
@given(worlds())
def test_the_order_of_answers_changes_no_byte(world: World) -> None:
    assume(len(world) > 1)
    turned = {
        account: Listed(account=reading.account, deployments=reading.deployments[::-1])
        for account, reading in list(world.items())[::-1]
        if isinstance(reading, Listed)
    }
    assert exported(world).stream == exported(turned).stream
