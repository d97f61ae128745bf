"""Every history of the corpus, state by state: each edit is planned, explained and carried out.

Each is walked twice: on the simulated ARM, and through the real client on the emulator. Both offer whatever
a template ever declared and refuse what ARM refuses. What must be created, deleted and replaced is told from
the declarations alone, not by the planner.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from reconciler.domain.deployment import DesiredDeployment, JsonObject, Unset
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.operation import Accepted
from reconciler.domain.state import Offer
from reconciler.engine.ports import Arm
from reconciler.plan.actions import Blocked, Keep, Reason, Update
from reconciler.plan.plan import Plan
from tests.contract.emulated import TENANT
from tests.contract.emulated import World as Emulated
from tests.corpus.corpus import SUBSCRIPTION, history_cases, verdict
from tests.simulated.arm import SimulatedArm, World, pool_of
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import run

EASTUS2 = Region("eastus2")


@cache
def histories() -> dict[str, Sequence[DesiredState]]:
    """The states of each template, in the order of its commits."""
    found: dict[str, Sequence[DesiredState]] = defaultdict(tuple)
    for case in history_cases():
        desired = verdict(case).checked.loaded.desired
        assert desired is not None, case.title
        # The templates have no Fleet, and without one nothing is ever deleted.
        fleet = replace(desired.fleet, name="corpus", declared=True)
        found[case.origin] = (*found[case.origin], replace(desired, fleet=fleet))
    return found


class Market(SimulatedArm):
    """A region that offers what `wishes` name, and sizes a wish without a size."""

    def __init__(self, world: World, wishes: Iterable[DesiredDeployment]) -> None:
        super().__init__(world)
        self.wishes = tuple(wishes)

    async def list_offers(self, subscription: str, region: Region) -> tuple[Offer, ...]:
        await self._exchange("GET", f"{subscription}/{region}/models")
        return tuple(
            Offer(
                model_format=one.spec.model.format,
                model_name=one.spec.model.name,
                model_version=version,
                sku=one.spec.sku.name,
                pool=pool_of(str(one.spec.sku.name), one.spec.model.name),
            )
            for one in self.wishes
            for version in {"1", one.spec.model.version}
            if not isinstance(version, Unset)
        )

    async def put_deployment(
        self, deployment: DeploymentId, body: JsonObject, *, etag: str | None = ""
    ) -> Accepted:
        sku = body["sku"]
        assert isinstance(sku, dict)
        sized = {**body, "sku": {"capacity": 1, **sku}}
        return await super().put_deployment(deployment, sized, etag=etag)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What an edit comes to, by the rules of ARM: identities of each kind of step."""

    create: frozenset[DeploymentId]
    delete: frozenset[DeploymentId]
    replace: frozenset[DeploymentId]


def identity(one: DesiredDeployment) -> tuple[str, ...]:
    """What ARM cannot change in place, by default."""
    model = one.spec.model
    return (model.format.lower(), model.name.lower(), one.spec.sku.name.name)


def expected(there: dict[DeploymentId, DesiredDeployment], desired: DesiredState) -> Expected:
    declared = {one.id: one for one in desired.deployments}
    accounts = {account.id for account in desired.accounts}
    return Expected(
        create=frozenset(declared.keys() - there.keys()),
        delete=frozenset(one for one in there.keys() - declared.keys() if one.account in accounts),
        replace=frozenset(
            name
            for name in declared.keys() & there.keys()
            if identity(declared[name]) != identity(there[name])
        ),
    )


def of_kind(plan: Plan, *kinds: str) -> frozenset[DeploymentId]:
    return frozenset(step.action.id for step in plan.steps if step.action.kind in kinds)


def allowing_replacement(desired: DesiredState) -> DesiredState:
    """What a person writes who has read why a replacement is blocked."""
    return replace(
        desired,
        deployments=tuple(
            replace(one, lifecycle=replace(one.lifecycle, replace_allowed=True))
            for one in desired.deployments
        ),
    )


@cache
def walked(place: str, origin: str) -> Counter[str]:
    """The walk of one template, done once for each world."""
    return run(PLACES[place](histories()[origin]))


async def simulated(states: Sequence[DesiredState]) -> Counter[str]:
    """A walk on the simulated ARM."""
    world = World()

    async def move(account: AccountId, region: Region) -> None:
        world.accounts[account] = region

    return await walk(states, Market(world, wishes_of(states)), move)


async def emulated(states: Sequence[DesiredState]) -> Counter[str]:
    """A walk through the client on the emulator; nothing of it waits."""
    world = Emulated({"subscriptions": [{"subscriptionId": SUBSCRIPTION, "tenantId": TENANT}]})
    try:
        await world.control("POST", "lro", {"polls": 0})
        # Two templates declare more deployments of one account than ARM takes, which validate says of them.
        await world.control("POST", "settings", {"throttling": "off", "deploymentLimit": "off"})
        states = [somewhere(desired) for desired in states]
        regions = {account.region or EASTUS2 for desired in states for account in desired.accounts}
        await world.control("POST", "world", offering(wishes_of(states), regions))

        async def move(account: AccountId, region: Region) -> None:
            placed = {"id": str(account), "location": region.name}
            await world.control("POST", "world", {"accounts": [placed]})

        async with world.client(tenants={SUBSCRIPTION: TENANT}) as arm:
            return await walk(states, arm, move)
    finally:
        world.emulator.close()


def somewhere(desired: DesiredState) -> DesiredState:
    """One template's region is a parameter without a value, `location`: no region is asserted then."""
    accounts = (
        replace(account, region=None) if account.region == Region("location") else account
        for account in desired.accounts
    )
    return replace(desired, accounts=tuple(accounts))


def wishes_of(states: Sequence[DesiredState]) -> tuple[DesiredDeployment, ...]:
    return tuple(one for desired in states for one in desired.deployments)


def offering(wishes: Iterable[DesiredDeployment], regions: Iterable[Region]) -> dict[str, Any]:
    """Models and quota pools, in ARM's shape, that allow every wish in every region."""
    skus: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    for one in wishes:
        model, sku = one.spec.model, one.spec.sku.name
        version = "1" if isinstance(model.version, Unset) else model.version
        skus[model.format, model.name, version][sku.name] = pool_of(str(sku), model.name)
    models = [
        {
            "kind": "AIServices",
            "model": {
                "format": maker,
                "name": name,
                "version": version,
                "isDefaultVersion": True,
                "skus": [{"name": sku, "usageName": pool} for sku, pool in sorted(pools.items())],
            },
        }
        for (maker, name, version), pools in skus.items()
    ]
    names = sorted({pool for pools in skus.values() for pool in pools.values()})
    usages = [{"name": {"value": name}, "currentValue": 0, "limit": 1_000_000} for name in names]
    places = sorted(region.name for region in regions)
    return {
        "models": dict.fromkeys(places, models),
        "usages": {f"{SUBSCRIPTION}/{place}": usages for place in places},
    }


PLACES: Mapping[str, Callable[[Sequence[DesiredState]], Coroutine[None, None, Counter[str]]]] = {
    "simulated": simulated,
    "emulated": emulated,
}


async def walk(
    states: Sequence[DesiredState], arm: Arm, move: Callable[[AccountId, Region], Awaitable[None]]
) -> Counter[str]:
    """Carry out every edit of a template; the kinds of all steps that were needed.

    `move` puts an account into a region, making it where it is not there.
    """
    places: dict[AccountId, Region] = {}
    there: dict[DeploymentId, DesiredDeployment] = {}
    kinds: Counter[str] = Counter()
    for desired in states:
        for account in desired.accounts:
            place = account.region or places.get(account.id, EASTUS2)
            if places.get(account.id) != place:
                places[account.id] = place
                await move(account.id, place)
        wanted = expected(there, desired)
        asked = await plan_of(desired, arm)
        must_be_explained(asked, wanted)
        allowed = allowing_replacement(desired)
        plan = await plan_of(allowed, arm)
        assert (of_kind(plan, "create"), of_kind(plan, "delete"), of_kind(plan, "replace")) == (
            wanted.create,
            wanted.delete,
            wanted.replace,
        )
        assert not plan.blocked
        assert not plan.refusals
        assert (await reconcile(allowed, arm)).succeeded
        again = await plan_of(allowed, arm)
        assert all(isinstance(step.action, Keep) for step in again.steps)
        kinds.update(step.action.kind for step in plan.steps)
        kinds["two writes"] += sum(
            isinstance(step.action, Update) and len(step.action.writes) > 1 for step in plan.steps
        )
        there = {name: one for name, one in there.items() if name not in wanted.delete}
        there |= {one.id: one for one in desired.deployments}
    return kinds


def must_be_explained(plan: Plan, wanted: Expected) -> None:
    """Without leave to replace, exactly the replacements are blocked, each with its reason and fix."""
    assert of_kind(plan, "blocked") == wanted.replace
    for step in plan.blocked:
        assert isinstance(step.action, Blocked)
        assert step.action.reason is Reason.REPLACE_FORBIDDEN
        assert step.action.changes
        assert step.action.explanation
        assert f"name: {step.action.id.name[:62]}-2" in step.action.fix


@pytest.mark.parametrize("origin", sorted({case.origin for case in history_cases()}))
@pytest.mark.parametrize("place", PLACES)
def test_each_edit_of_a_template_is_planned_explained_and_converges(place: str, origin: str) -> None:
    assert sum(walked(place, origin).values()) > 0


def test_the_histories_hold_every_kind_of_edit() -> None:
    told: Counter[str] = Counter()
    for origin in histories():
        told += walked("simulated", origin)
    assert len(histories()) == 26
    kinds = ("create", "update", "replace", "delete", "two writes")
    assert [told[kind] for kind in kinds] == [275, 47, 10, 121, 1]
