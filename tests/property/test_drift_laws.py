"""Drift never cries wolf: in a world where nobody changed a declared thing, nothing is found.

400 worlds here, the same at every run; `make soak` takes RECONCILER_WORLDS of them, other ones by
RECONCILER_SEED.
"""

import copy
import os
from collections.abc import Callable, Mapping
from datetime import date
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.state import ObservedState, Unreadable
from reconciler.plan.causes import Cause
from reconciler.plan.drift import find_drift
from reconciler.planfile.saved import read_saved, since_plan
from tests.property.strategies import ACCOUNTS, choices, fleets
from tests.property.toy_arm import ToyArm
from tests.property.worlds import Fleet, converged, declared, text_of
from tests.unit.plan.states import account, plan

WORLDS = int(os.environ.get("RECONCILER_WORLDS", "400"))
TODAY = date(2026, 11, 24)
SEED = os.environ.get("RECONCILER_SEED")
QUIET = settings(
    derandomize=SEED is None,
    max_examples=WORLDS,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
# What ARM, a portal or a colleague may do without changing anything that a manifest states. Each takes one
# answer of ARM's, what its manifest says, and a source of chance.
Harmless = Callable[[dict[str, Any], DesiredDeployment, Random], None]


def in_some_case(text: str, random: Random) -> str:
    return random.choice([text.upper(), text.lower(), text.title(), text])


def _other_case(resource: dict[str, Any], one: DesiredDeployment, random: Random) -> None:
    del one
    properties, model = resource["properties"], resource["properties"]["model"]
    for where, name in (
        (properties, "raiPolicyName"),
        (properties, "versionUpgradeOption"),
        (model, "format"),
        (model, "name"),
        (resource["sku"], "name"),
    ):
        if isinstance(where.get(name), str):
            where[name] = in_some_case(where[name], random)


def _tag_names_in_another_case(resource: dict[str, Any], one: DesiredDeployment, random: Random) -> None:
    del one
    if resource.get("tags"):
        resource["tags"] = {in_some_case(name, random): value for name, value in resource["tags"].items()}


def _undeclared_fields(resource: dict[str, Any], one: DesiredDeployment, random: Random) -> None:
    resource["properties"]["newFieldOfTheService"] = random.random()
    resource["properties"]["model"]["callRateLimit"] = {"count": random.random()}
    resource["tags"] = {**resource.get("tags", {}), "somebody": "else"}
    spec = one.spec
    if isinstance(spec.text("raiPolicyName"), Unset):
        resource["properties"]["raiPolicyName"] = "SomebodyElses"
    if isinstance(spec.text("versionUpgradeOption"), Unset):
        resource["properties"]["versionUpgradeOption"] = "NoAutoUpgrade"
    if isinstance(spec.model.version, Unset):
        resource["properties"]["model"]["version"] = "2099-01-01"
    if "sku.capacity" in one.lifecycle.ignore_changes:
        resource["sku"]["capacity"] = random.randint(1, 9999)


def _read_only_fields(resource: dict[str, Any], one: DesiredDeployment, random: Random) -> None:
    del one
    resource["etag"] = f'"{random.random()}"'
    resource["properties"]["currentCapacity"] = random.randint(1, 99)
    resource["properties"]["rateLimits"] = []
    resource["properties"]["capabilities"] = {"assistants": "true"}
    resource["systemData"] = {"lastModifiedBy": "somebody", "lastModifiedAt": "2026-11-20T00:00:00Z"}


def _absent_defaults(resource: dict[str, Any], one: DesiredDeployment, random: Random) -> None:
    """What is not said has a documented meaning."""
    del random
    spec = one.spec
    if spec.text("versionUpgradeOption") == "OnceCurrentVersionExpired":
        resource["properties"].pop("versionUpgradeOption", None)
    resource["properties"].setdefault("serviceTier", "Default")
    resource["properties"].pop("provisioningState", None)


HARMLESS: Mapping[str, Harmless] = {
    "case": _other_case,
    "tag names": _tag_names_in_another_case,
    "undeclared": _undeclared_fields,
    "read-only": _read_only_fields,
    "absent": _absent_defaults,
}


def disturbed(fleet: Fleet, kinds: set[str], random: Random) -> ToyArm:
    """A converged world after harmless things have happened to it."""
    arm = converged(fleet)
    by_id = {one.id: one for one in fleet}
    arm.resources = copy.deepcopy(arm.resources)
    for name, resource in arm.resources.items():
        for kind in sorted(kinds):
            if random.random() < 0.7:
                HARMLESS[kind](resource, by_id[name], random)
    return arm


@seed(SEED or "0")
@QUIET
@given(fleets(), st.sets(st.sampled_from(sorted(HARMLESS))), st.randoms(use_true_random=False))
def test_a_world_in_which_nothing_declared_changed_has_no_drift(
    fleet: Fleet, kinds: set[str], random: Random
) -> None:
    observed = disturbed(fleet, kinds, random).observe(reverse=random.random() < 0.5)
    report = find_drift(declared(fleet), observed, today=TODAY)
    assert report.items == ()
    assert set(report.synced) == {one.id for one in fleet}


@settings(QUIET, max_examples=100)
@given(fleets(), fleets())
def test_what_was_not_yet_applied_is_never_called_a_change_from_outside(before: Fleet, after: Fleet) -> None:
    report = find_drift(declared(after), converged(before).observe(), today=TODAY)
    there = {one.id for one in before}
    changed = [item for item in report.items if item.id in there and item.cause is not Cause.UNDECLARED]
    assert {item.cause for item in changed} <= {Cause.PENDING}
    undeclared = {item.id for item in report.items if item.cause is Cause.UNDECLARED}
    assert undeclared == there - {one.id for one in after}


@settings(QUIET, max_examples=100)
@given(fleets(), choices)
def test_a_changed_declared_capacity_is_always_found(fleet: Fleet, picked: list[int]) -> None:
    arm = converged(fleet)
    managed = [one for one in fleet if "sku.capacity" not in one.lifecycle.ignore_changes]
    changed = {one.id for place, one in enumerate(managed) if picked and picked[place % len(picked)] % 2}
    for one in changed:
        arm.resources[one]["sku"]["capacity"] += 1
    report = find_drift(declared(fleet), arm.observe(), today=TODAY)
    assert {item.id for item in report.items} == changed
    assert all(item.cause is Cause.CHANGED_OUTSIDE for item in report.items)
    assert report.drifted is bool(changed)


@settings(QUIET, max_examples=100)
@given(fleets(), fleets())
def test_nothing_has_moved_since_a_plan_of_the_very_same_world(before: Fleet, after: Fleet) -> None:
    state, observed = declared(after), converged(before).observe()
    saved = read_saved(text_of(plan(state, observed)))
    report = since_plan(find_drift(state, observed, today=TODAY), saved, state, observed)
    assert report.items == ()
    assert report.unmoved == len(find_drift(state, observed, today=TODAY).items)


@settings(QUIET, max_examples=100)
@given(fleets(), fleets())
def test_of_an_account_that_cannot_be_read_nothing_is_said(before: Fleet, after: Fleet) -> None:
    whole, dark = converged(before).observe(), account(ACCOUNTS[1])
    half = ObservedState(
        readings={**whole.readings, dark: Unreadable(id=dark, code="x", message="y")}, regions=whole.regions
    )
    report = find_drift(declared(after), half, today=TODAY)
    assert not any(item.id.account == dark for item in report.items)
    assert [one.id for one in report.unreadable] == [dark]
    assert set(report.unreadable[0].declared) == {one.id for one in after if one.id.account == dark}
