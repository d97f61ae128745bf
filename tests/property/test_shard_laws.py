"""Laws of plans that several shards make: together they are the plan of one, byte for byte."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import DesiredState, Guards
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.shard import Shard
from reconciler.domain.state import AccountMissing, Listed, ObservedState, Reading, Unreadable
from reconciler.plan.actions import Delete, Replace
from reconciler.plan.allowances import Alone, Policy
from reconciler.plan.make import make_plan
from reconciler.plan.plan import Plan
from reconciler.planfile.codec import to_json
from reconciler.planfile.merge import read_shard, united, whole
from reconciler.planfile.saved import narrow, read_saved
from tests.property.strategies import fleets
from tests.property.worlds import converged, declared

LAW = settings(max_examples=40, deadline=None, derandomize=True)
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SUBSCRIPTIONS = tuple(f"{digit * 8}-0000-0000-0000-000000000000" for digit in "123456")
ORDINARY = Policy()
counts = st.integers(min_value=1, max_value=5)
guards = st.sampled_from(
    [
        Guards(),
        Guards(max_deletes=2),
        Guards(max_delete_percent=40.0),
        Guards(max_capacity_reduction_percent=10.0),
    ]
)


@dataclass(frozen=True)
class World:
    """What a fleet of several subscriptions declares, and what is there."""

    desired: DesiredState
    observed: ObservedState

    def seen_by(self, shard: Shard) -> tuple[DesiredState, ObservedState]:
        """What one job reads: its accounts, and the regions that they are in."""
        own = self.desired.in_shard(shard)
        readings = {one.id: self.observed.readings[one.id] for one in own.accounts}
        places = {
            (one.account.id.subscription, one.account.region)
            for one in readings.values()
            if isinstance(one, Listed)
        }
        regions = tuple(one for one in self.observed.regions if (one.subscription, one.region) in places)
        return own, ObservedState(readings=readings, regions=regions)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to six subscriptions, each with the accounts of a small fleet that has changed; some unreadable."""
    deployments: list[DesiredDeployment] = []
    accounts: list[Any] = []
    readings: dict[AccountId, Reading] = {}
    regions: list[Any] = []
    for subscription in draw(st.sets(st.sampled_from(SUBSCRIPTIONS), min_size=1, max_size=4)):
        before, after = draw(fleets()), draw(fleets())
        desired, observed = declared(after), converged(before).observe()
        deployments += [replace(one, id=_moved(one.id, subscription)) for one in desired.deployments]
        accounts += [replace(one, id=replace(one.id, subscription=subscription)) for one in desired.accounts]
        for reading in observed.readings.values():
            moved = draw(st.sampled_from((_reading, _reading, _reading, _silent, _missing)))(
                reading, subscription
            )
            readings[_id_of(moved)] = moved
        regions += [replace(one, subscription=subscription) for one in observed.regions]
    read = {one.account.id.subscription for one in readings.values() if isinstance(one, Listed)}
    state = declared(())
    return World(
        desired=replace(
            state,
            fleet=replace(state.fleet, guards=draw(guards)),
            accounts=tuple(accounts),
            deployments=tuple(deployments),
        ),
        observed=ObservedState(
            readings=readings, regions=tuple(one for one in regions if one.subscription in read)
        ),
    )


def _moved(one: DeploymentId, subscription: str) -> DeploymentId:
    return DeploymentId(account=replace(one.account, subscription=subscription), name=one.name)


def _id_of(reading: Reading) -> AccountId:
    return reading.account.id if isinstance(reading, Listed) else reading.id


def _reading(reading: Reading, subscription: str) -> Reading:
    assert isinstance(reading, Listed)
    account = replace(reading.account, id=replace(reading.account.id, subscription=subscription))
    there = tuple(
        replace(
            one,
            id=_moved(one.id, subscription),
            resource={**one.resource, "id": str(_moved(one.id, subscription))},
        )
        for one in reading.deployments
    )
    return Listed(account=account, deployments=there)


def _silent(reading: Reading, subscription: str) -> Reading:
    gone = replace(_id_of(reading), subscription=subscription)
    return Unreadable(id=gone, code="AuthorizationFailed", message="no rights")


def _missing(reading: Reading, subscription: str) -> Reading:
    gone = replace(_id_of(reading), subscription=subscription)
    return AccountMissing(id=gone, code="ResourceNotFound", message="not there")


def text_of(made: Plan, observed: ObservedState | None = None) -> str:
    document = to_json(
        made,
        created_at=NOW,
        tool_version="1",
        manifest_paths=("manifests",),
        observed=observed,
    )
    return json.dumps(document)


def shard_file(world: World, shard: Shard) -> str:
    desired, observed = world.seen_by(shard)
    return text_of(make_plan(desired, observed, policy=replace(ORDINARY, in_shard=Alone.LATER)), observed)


def every(count: int) -> Sequence[Shard]:
    return [Shard(index, count) for index in range(1, count + 1)]


def merged(world: World, count: int) -> Plan:
    plans = whole(
        [read_shard(shard_file(world, shard), f"{shard}.json") for shard in reversed(every(count))],
        tool_version="1",
    )
    return make_plan(world.desired, united(plans, world.desired), policy=ORDINARY)


@LAW
@given(worlds(), counts)
def test_the_merged_plan_is_the_plan_of_a_single_run_byte_for_byte(world: World, count: int) -> None:
    """Refusals, order and quota as well: the guards are those of the whole fleet."""
    assert text_of(merged(world, count)) == text_of(make_plan(world.desired, world.observed, policy=ORDINARY))


@LAW
@given(worlds(), counts)
def test_shards_of_a_merged_plan_carry_out_all_of_its_writes_once(world: World, count: int) -> None:
    """I-05, I-09: each narrows what it finds itself, with the fingerprints and dependencies of the whole."""
    plan = merged(world, count)
    saved = read_saved(text_of(plan))
    together = {}
    for shard in every(count):
        desired, observed = world.seen_by(shard)
        part, stale = narrow(make_plan(desired, observed, policy=ORDINARY), saved)
        assert not stale
        codes = {one.code for one in plan.refusals}
        found = {one.code for one in part.refusals}
        assert found - {"max-deletes"} <= codes
        assert count > 1 or ("max-deletes" in codes) == ("max-deletes" in found)
        for step in part.writes:
            assert step.action.id not in together
            together[step.action.id] = (step.fingerprint, step.depends_on)
    assert together == {step.action.id: (step.fingerprint, step.depends_on) for step in plan.writes}


@LAW
@given(worlds(), counts)
def test_shards_that_know_nothing_of_each_other_stay_together_within_the_limit_on_deletes(
    world: World, count: int
) -> None:
    """I-16."""
    deletes = 0
    for shard in every(count):
        desired, observed = world.seen_by(shard)
        plan = make_plan(desired, observed, policy=ORDINARY)
        if not plan.refusals:
            deletes += sum(1 for step in plan.writes if isinstance(step.action, Delete | Replace))
    assert deletes <= limit_on_deletes(world)


def limit_on_deletes(world: World) -> int:
    """As the documentation of the Fleet has it."""
    owned = make_plan(world.desired, world.observed, policy=ORDINARY).owned
    stated = world.desired.fleet.guards
    if stated.max_deletes is None and stated.max_delete_percent is None:
        return min(5, max(1, owned // 5))
    limits = [] if stated.max_deletes is None else [stated.max_deletes]
    if stated.max_delete_percent is not None:
        limits.append(max(1, int(owned * stated.max_delete_percent / 100)))
    return min(limits)


@LAW
@given(worlds(), counts)
def test_a_shard_file_names_no_person(world: World, count: int) -> None:
    """F-129: the answers say who wrote a deployment, and a plan has no use for it."""
    for shard in every(count):
        text = shard_file(world, shard)
        assert "systemData" not in text
        assert "someone@example.com" not in text
