"""Laws of export: what exists becomes manifests that are valid and that plan to nothing but adopt."""

import copy
import io
from collections.abc import Mapping
from datetime import date

from hypothesis import assume, given, settings

from reconciler.catalogue.load import catalogue
from reconciler.diagnostics import Severity
from reconciler.domain.fleet import DesiredAccount, DesiredState
from reconciler.domain.ids import AccountId
from reconciler.domain.marks import OURS, REMOVAL_TAG
from reconciler.domain.sku import SkuName
from reconciler.domain.state import Listed, ObservedState, ObservedSubscription, Reading
from reconciler.engine.observe import observe
from reconciler.engine.outcome import Outcome
from reconciler.export import Exported, manifests_of, observed_estate
from reconciler.manifest.load import LoadedManifests, load
from reconciler.manifest.rules import CODES, check
from reconciler.plan.actions import Adopt, Keep, Reason
from reconciler.plan.allowances import Policy
from reconciler.plan.make import make_plan
from tests.property.arm_worlds import SUBSCRIPTIONS, worlds
from tests.simulated.arm import SimulatedArm
from tests.simulated.arm import World as ArmWorld
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import run

World = Mapping[AccountId, Reading]
_ARMS_OWN = frozenset({"rateLimits", "capabilities", "currentCapacity"})
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
    """What is ours already may be given a new spec mark, for it is declared in other words."""
    made = make_plan(declared(world), ObservedState(readings=world), policy=Policy())
    actions = [step.action for step in made.steps if step.action.reason is not Reason.MARK_OUTDATED]
    assert all(isinstance(action, Adopt | Keep) for action in actions), actions
    assert {one.code for one in made.refusals} <= {"empty-fleet"}


@LAW
@given(worlds())
def test_applying_an_export_writes_our_marks_and_nothing_else(world: World) -> None:
    """Exported, applied, planned and exported again (issue F's bar, I-01, I-02)."""
    live = _alive(world)
    before = copy.deepcopy(live.deployments)
    first = exported(world)
    desired = declared(world)
    report = run(reconcile(desired, SimulatedArm(live)))

    assert {item.outcome for item in report.items} <= {Outcome.SUCCEEDED}, report.items
    assert {one for _, _, one in live.writes} == {one.id for one in desired.deployments}
    assert [_settings(one) for one in live.deployments.values()] == [
        _settings(one) for one in before.values()
    ]
    assert [step.action for step in run(plan_of(desired, SimulatedArm(live))).writes] == []
    everywhere = [DesiredAccount(id=one, region=region) for one, region in live.accounts.items()]
    again = run(observe(everywhere, SimulatedArm(live)))
    assert exported(again.readings).stream == first.stream


def _alive(world: World) -> ArmWorld:
    """A world that can be written to, with the same accounts and deployments."""
    listed = [reading for reading in world.values() if isinstance(reading, Listed)]
    return ArmWorld(
        accounts={one.account.id: one.account.region for one in listed},
        deployments={
            there.id: {
                **copy.deepcopy(dict(there.resource)),
                "id": str(there.id),
                "etag": there.etag,
                "systemData": {},
            }
            for one in listed
            for there in one.deployments
        },
    )


def _settings(resource: Mapping[str, object]) -> object:
    """What a write could have changed, in the one spelling of words that ARM reads without their case."""
    properties = {k: v for k, v in _part(resource, "properties").items() if k not in _ARMS_OWN}
    model = {k: v for k, v in _part(properties, "model").items() if k != "callRateLimit"}
    source = model.pop("sourceAccount", None) or model.pop("source", None)
    if model.pop("source", source) == source:
        model["source"] = source and str(source).lower()
    for word in ("serviceTier", "deploymentState"):
        if word in properties:
            properties[word] = str(properties[word]).lower()
    option = str(properties.get("versionUpgradeOption", "OnceCurrentVersionExpired")).lower()
    sku, tags = _part(resource, "sku"), _part(resource, "tags")
    return {
        "id": resource["id"],
        "sku": {**sku, "name": SkuName(str(sku.get("name"))).name},
        "tags": {name: value for name, value in tags.items() if not name.lower().startswith(OURS)},
        "refuse": tags.get(REMOVAL_TAG) == "refuse",
        "properties": {**properties, "model": model, "versionUpgradeOption": option},
    }


def _part(resource: Mapping[str, object], name: str) -> dict[str, object]:
    value = resource.get(name)
    return dict(value) if isinstance(value, Mapping) else {}


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
