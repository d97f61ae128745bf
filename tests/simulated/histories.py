"""Random histories of a fleet: manifests edited, strangers at work, quotas moved, faults, crashes, time.

After each run of the product the laws that can be seen from outside are checked; `finish` then lifts every
obstacle and wants convergence in one run. A failing history is printed by Hypothesis as the calls that
make it, with the blob and the seed that replay it.
"""

import asyncio
import contextlib
import copy
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from reconciler.domain.deployment import DesiredDeployment, JsonObject, Lifecycle
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import DeploymentId
from reconciler.domain.marks import FLEET_TAG
from reconciler.domain.operation import OperationStatus
from reconciler.engine.apply import Stop, apply
from reconciler.engine.outcome import ApplyReport, ItemReport, Outcome, Silence
from reconciler.engine.pace import DEFAULT_PACE
from reconciler.engine.stop import Cause, Interruption
from reconciler.errors import ArmError, Conflict, Forbidden
from reconciler.plan.actions import Keep
from reconciler.plan.guard import Policy
from reconciler.plan.plan import Plan
from reconciler.planfile.codec import to_json
from tests.simulated.arm import (
    Crash,
    Ending,
    Exchange,
    Fault,
    SimulatedArm,
    World,
    assert_looked,
    in_the_window,
    lose_answer,
    no_fault,
)
from tests.simulated.fleets import REGION, account, deployment, desired, fleet
from tests.simulated.reconcile import PERMISSIVE, plan_of
from tests.simulated.time import VirtualClock, run

ACCOUNTS = ("alpha", "beta")
NAMES = ("a", "b", "c")
POOLS = ("OpenAI.GlobalStandard.gpt-x", "OpenAI.ProvisionedManaged")
Place = tuple[str, str]
Size = tuple[str, int]
Wanted = tuple[Size, str, str]
MOST_WRITES = {"PUT": 2, "DELETE": 1}
"""What one run may send for one deployment: an upgrade and a new size are two writes."""
EVERYTHING_ALLOWED = Policy(max_deletes=1000, allow_empty=True, take_over=True, replace_failed=True)
MIGRATION = 1500.0
"""25 minutes: how long a provisioned deployment takes to get another model."""
SETTLED = 2000.0
"""After so many seconds nothing is going on any more."""
PACE = replace(DEFAULT_PACE, apply_deadline=20_000.0)
"""Three migrations of one account, one after the other, take more than an hour."""
WRITTEN = frozenset({Outcome.SUCCEEDED, Outcome.FAILED, Outcome.UNKNOWN})

versions = st.sampled_from(["1", "2"])
models = st.sampled_from(["gpt-x", "gpt-x", "gpt-y"])
places = st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(NAMES))
capacities = st.sampled_from([5, 10, 50, 100])
sizes = st.sampled_from([("GlobalStandard", 5), ("GlobalStandard", 50), ("GlobalStandard", 100)]) | (
    st.sampled_from([("ProvisionedManaged", 25), ("ProvisionedManaged", 50), ("ProvisionedManaged", 100)])
)
edits = st.lists(st.tuples(places, st.none() | st.tuples(sizes, models, versions)), min_size=1, max_size=4)


@dataclass(frozen=True)
class Trouble:
    """What goes wrong from the `at`-th exchange of a run on, for `times` exchanges."""

    kind: str
    at: int
    times: int
    only: str

    def meets(self, exchange: Exchange) -> bool:
        times = 1 if "killed" in self.kind else self.times  # nobody dies twice
        inside = self.at <= exchange.number < self.at + times
        return inside and self.only in exchange.target

    @property
    def unlisted(self) -> frozenset[DeploymentId]:
        """What lists do not show yet, although it is there."""
        late = [place for place in ACCOUNTS if self.kind == "list lags" and self.only in place]
        return frozenset(deployment(name, in_account=place) for place in late for name in NAMES[:2])

    def fault(self, stop: Stop, world: World) -> Fault:
        def at(exchange: Exchange, phase: str) -> None:
            if self.meets(exchange):
                self._strike(exchange, phase, stop, world)

        return at

    def _strike(self, exchange: Exchange, phase: str, stop: Stop, world: World) -> None:
        writes = exchange.verb in {"PUT", "DELETE"}
        match self.kind, phase:
            case ("lost before", "before") | ("lost after", "after"):
                lose_answer(exchange)
            case ("killed before", "before") | ("killed after", "after"):
                raise Crash
            case "interrupted", "before":
                stop.ask(Interruption(cause=Cause.SIGTERM))
            case "taken over", "before":
                self._taken_over(exchange, world)
            case "busy", "before" if writes:
                raise Conflict("busy", operation="write", target="", status=409, code="RequestConflict")
            case "quota taken", "before" if writes:
                world.limits.update({pool: world.used(pool) for pool in POOLS})
            case "forbidden", "before":
                raise Forbidden("no", operation="any", target="", status=403, code="AuthorizationFailed")
            case "list forbidden", "before" if exchange.verb == "LIST":
                raise Forbidden("no", operation="list", target="", status=403, code="AuthorizationFailed")
            case _:
                return

    def _taken_over(self, exchange: Exchange, world: World) -> None:
        """Another fleet's PUT between two requests of ours, to whatever the number of the request chooses."""
        where = ACCOUNTS[exchange.number % len(ACCOUNTS)]
        target = deployment(NAMES[exchange.number % len(NAMES)], in_account=where)
        there = world.deployments.get(target)
        body: JsonObject = {
            "sku": {"name": "GlobalStandard", "capacity": 7},
            "properties": {
                "model": {
                    "name": there["properties"]["model"]["name"] if there else "gpt-x",
                    "format": "OpenAI",
                    "version": "1",
                }
            },
            "tags": {FLEET_TAG: "theirs"},
        }
        if SimulatedArm(world, who="them").stranger_puts(target, body):
            world.taken_over[target] = (exchange, world.deployments[target]["etag"])


troubles = st.builds(
    Trouble,
    kind=st.sampled_from(
        [
            "lost before",
            "lost after",
            "killed before",
            "killed after",
            "interrupted",
            "taken over",
            "busy",
            "forbidden",
            "list forbidden",
            "list lags",
            "quota taken",
        ]
    ),
    at=st.integers(min_value=6, max_value=30) | st.integers(min_value=1, max_value=60),
    times=st.sampled_from([1, 2, 10_000]),
    only=st.sampled_from(["", "", "alpha", "beta"]),
)


@dataclass(frozen=True)
class Run:
    """One run of the product; without a report it was killed."""

    plan: Plan | None
    report: ApplyReport | None
    arm: SimulatedArm
    seconds: float = 0.0


@dataclass
class Observer:
    """A world and what was seen of it."""

    world: World = field(
        default_factory=lambda: World(
            accounts={account(name): REGION for name in ACCOUNTS},
            limits=dict.fromkeys(POOLS, 200),
            models=frozenset({"gpt-x", "gpt-y"}),
            migration_seconds=MIGRATION,
        )
    )

    def rest(self, seconds: float) -> None:
        """Time passes between two runs."""
        self.world.epoch += seconds
        self.world.settle(self.world.epoch)

    @property
    def quiet(self) -> bool:
        return not any(self.world.busy(account(name), self.world.epoch) for name in ACCOUNTS)

    def run(self, state: DesiredState, trouble: Trouble | None = None, policy: Policy = PERMISSIVE) -> Run:
        stop_at: list[Stop] = []

        def fault(exchange: Exchange, phase: str) -> None:
            if trouble is not None:
                trouble.fault(stop_at[0], self.world)(exchange, phase)

        unlisted = trouble.unlisted if trouble else frozenset()
        arm = SimulatedArm(self.world, fault=fault if trouble else no_fault, unlisted=unlisted)

        async def all_of_it() -> Run:
            stop_at.append(Stop())
            plan = await plan_of(state, arm, policy)
            if not plan.applyable:
                return Run(plan, None, arm, _elapsed())
            report = await apply(
                plan, arm, VirtualClock(), Silence(), pace=PACE, stop=stop_at[0], jitter=lambda: 0.0
            )
            return Run(plan, report, arm, _elapsed())

        try:
            done = run(all_of_it())
        except Crash:
            self.world.epoch = arm.exchanges[-1].time
            return Run(None, None, arm)
        self.world.epoch += done.seconds
        return done

    def plan(self, state: DesiredState, policy: Policy = PERMISSIVE) -> tuple[Plan, SimulatedArm]:
        arm = SimulatedArm(self.world)
        return run(plan_of(state, arm, policy)), arm

    def protected(self, state: DesiredState) -> dict[DeploymentId, JsonObject]:
        """What no run may touch: neither declared nor marked as ours (I-03)."""
        declared = {one.id for one in state.deployments}
        return {
            name: copy.deepcopy(resource)
            for name, resource in self.world.deployments.items()
            if name not in declared and resource.get("tags", {}).get(FLEET_TAG) != state.fleet.name
        }


def _elapsed() -> float:
    return asyncio.get_running_loop().time()


def _text(plan: Plan) -> str:
    day = datetime(2026, 6, 22, tzinfo=UTC)
    document = to_json(plan, created_at=day, tool_version="0", manifest_paths=())
    return json.dumps(document)


def _nothing_against(plan: Plan) -> bool:
    return plan.complete and not (plan.blocked or plan.refusals)


def in_effect(world: World, item: ItemReport) -> bool:
    """Whether the world is as a step that succeeded says."""
    action = item.step.action
    there = world.deployments.get(action.id)
    wanted = getattr(action, "desired", None)
    if wanted is None:
        return there is None
    assert isinstance(wanted, DesiredDeployment)
    return there is not None and as_declared(wanted, there, world)


def _may_run(one: DesiredDeployment, world: World) -> tuple[str | None, ...]:
    declared = one.spec.model.name
    return (declared, world.successors.get(declared) if one.spec.sku.name.pay_as_you_go else declared)


def as_declared(one: DesiredDeployment, there: JsonObject, world: World) -> bool:
    """Also where the service moved it on to the successor of its model, as it may."""
    sku, properties = there["sku"], there["properties"]
    assert isinstance(sku, dict)
    assert isinstance(properties, dict)
    model = properties["model"]
    assert isinstance(model, dict)
    return (
        (sku["name"], str(sku["capacity"])) == (one.spec.sku.name.name, str(one.spec.sku.capacity).split()[0])
        and (
            model["name"] == one.spec.model.name
            or (
                one.spec.sku.name.pay_as_you_go and model["name"] == world.successors.get(one.spec.model.name)
            )
        )
        and properties["provisioningState"] == "Succeeded"
    )


class Histories(RuleBasedStateMachine):
    """The laws of section 1 of the reliability rules, over whatever happens."""

    def __init__(self) -> None:
        super().__init__()
        self.observer = Observer()
        self.declared: dict[DeploymentId, DesiredDeployment] = {}

    @property
    def world(self) -> World:
        return self.observer.world

    @property
    def state(self) -> DesiredState:
        return fleet(*self.declared.values(), accounts=ACCOUNTS)

    # -- what happens ----------------------------------------------------------------------------------

    @initialize(
        declared=st.dictionaries(places, st.tuples(sizes, models, versions), min_size=2),
        applied=st.booleans(),
    )
    def begin(self, declared: Mapping[Place, Wanted], *, applied: bool) -> None:
        self.edit(list(declared.items()))
        if applied:
            self.reconcile([], None)

    def edit(self, made: Sequence[tuple[Place, Wanted | None]]) -> None:
        """Declare deployments anew or otherwise; None takes one out of the manifests."""
        for (in_account, name), wanted in made:
            if wanted is None:
                self.declared.pop(deployment(name, in_account=in_account), None)
                continue
            (sku, capacity), model, version = wanted
            one = desired(
                name,
                in_account=in_account,
                sku=sku,
                capacity=capacity,
                model=model,
                version=version,
                lifecycle=Lifecycle(replace_allowed=True),
                settings={"newThing": capacity},
            )
            self.declared[one.id] = one

    @rule(place=places, size=sizes)
    def somebody_writes(self, place: tuple[str, str], size: tuple[str, int]) -> None:
        """A stranger's PUT: without our marks, over whatever is there, as far as ARM lets him."""
        target = deployment(place[1], in_account=place[0])
        there = self.world.deployments.get(target)
        model = there["properties"]["model"]["name"] if there else "gpt-x"
        body: JsonObject = {
            "sku": {"name": size[0], "capacity": size[1]},
            "properties": {"model": {"name": model, "format": "OpenAI", "version": "1"}},
        }
        self._as_a_stranger(lambda arm: arm.put_deployment(target, body))

    @rule(place=places)
    def somebody_deletes(self, place: tuple[str, str]) -> None:
        target = deployment(place[1], in_account=place[0])
        self._as_a_stranger(lambda arm: arm.delete_deployment(target))

    @rule(enforces=st.booleans())
    def arm_checks_conditions(self, enforces: bool) -> None:
        """If-Match and If-None-Match are obeyed from here on, or are not."""
        self.world.enforces_etags = enforces

    @rule(pool=st.sampled_from(POOLS), limit=st.sampled_from([50, 100, 200]))
    def quota_moves(self, pool: str, limit: int) -> None:
        self.world.limits[pool] = limit

    @rule(place=places, status=st.sampled_from([OperationStatus.FAILED, OperationStatus.SUCCEEDED]))
    def the_next_write_ends_badly(self, place: tuple[str, str], status: OperationStatus) -> None:
        ending = Ending(status, "Failed", "InternalServerError")
        self.world.endings[deployment(place[1], in_account=place[0])] = ending

    @rule(place=places)
    def the_service_upgrades(self, place: tuple[str, str]) -> None:
        """To a newer version, or to the announced successor of a model that is going."""
        self.world.upgrade(deployment(place[1], in_account=place[0]))

    @rule(announced=st.booleans())
    def the_service_announces_a_successor(self, announced: bool) -> None:
        if announced:
            self.world.successors["gpt-x"] = "gpt-y"

    @rule(hides=st.booleans())
    def arm_answers_a_field_or_does_not(self, hides: bool) -> None:
        """What it was sent it keeps all the same."""
        self.world.keeps_to_itself = frozenset({"newThing"} if hides else ())

    @rule(seconds=st.sampled_from([1.0, 29.0, 500.0, SETTLED]))
    def time_passes(self, seconds: float) -> None:
        self.observer.rest(seconds)

    # -- what we do ------------------------------------------------------------------------------------

    @rule(made=edits)
    def edit_and_reconcile(self, made: Sequence[tuple[Place, Wanted | None]]) -> None:
        self.reconcile(made, None)

    @rule(made=edits, trouble=troubles)
    def edit_and_reconcile_in_trouble(
        self, made: Sequence[tuple[Place, Wanted | None]], trouble: Trouble
    ) -> None:
        self.reconcile(made, trouble)

    @rule(trouble=troubles, seconds=st.sampled_from([0.0, 10.0, 500.0]))
    def again_in_trouble(self, trouble: Trouble, seconds: float) -> None:
        self.observer.rest(seconds)
        self.reconcile([], trouble)

    def reconcile(self, made: Sequence[tuple[Place, Wanted | None]], trouble: Trouble | None) -> None:
        """One run of the product after some edits."""
        self.edit(made)
        observer, state = self.observer, self.state
        quiet, protected = observer.quiet, observer.protected(state)
        self.world.taken_over.clear()
        conflicts, written = len(self.world.overlaps), len(self.world.writes)
        within = all(self.world.used(pool) <= limit for pool, limit in self.world.limits.items())
        undisturbed = trouble is None and quiet and within and not self.world.endings
        done = observer.run(state, trouble)
        self._untouched({n: r for n, r in protected.items() if n not in self.world.taken_over})
        self._theirs(done.arm)
        assert_looked(done.arm)
        if quiet and not (trouble and trouble.kind == "busy"):
            assert self.world.overlaps[conflicts:] == [], "I-09: a conflict caused by ourselves"
        assert done.seconds <= PACE.apply_deadline + 5, "I-12"
        listed = not (
            trouble and (trouble.unlisted or trouble.kind == "taken over")
        )  # what no list shows is nobody's to miss
        if done.report is not None:
            self._honest(done.report, written, interfered=trouble is not None)
            if done.report.succeeded and listed:  # also over what a run before this one has left going on
                self._converged(state)
            if undisturbed:
                self._all_done(done.report)
        elif done.plan is not None and _nothing_against(done.plan) and listed:
            self.observer.rest(SETTLED)  # what is going on was nothing to us: nor is its end
            self._converged(state)

    @rule(made=edits, latency=st.sampled_from([0.2, 0.31, 1.7]), delay=st.sampled_from([0.0, 0.5, 3.0, 40.0]))
    def two_reconcile(
        self, made: Sequence[tuple[Place, Wanted | None]], latency: float, delay: float
    ) -> None:
        """I-20: two appliers of the same manifests, interleaved."""
        self.edit(made)
        state, protected = self.state, self.observer.protected(self.state)

        self._both(state, state, latency, delay)
        self._untouched(protected)
        self.observer.rest(SETTLED)
        deleted = {one.id for one in state.deployments if one.id not in self.world.deployments}
        first = self.observer.run(state)
        if first.report is not None and first.plan is not None and not first.plan.blocked:
            again = {item.step.action.id for item in first.report.items}
            assert deleted <= again
            self.observer.rest(SETTLED)

    @rule(made=edits, latency=st.sampled_from([0.2, 0.31, 1.7]), delay=st.sampled_from([0.0, 0.5, 3.0]))
    def two_disagree(self, made: Sequence[tuple[Place, Wanted | None]], latency: float, delay: float) -> None:
        """F-083: two appliers of different manifests at once; each has its say once, and then it is over."""
        before, written = self.state, len(self.world.writes)
        self.edit(made)
        after = self.state
        strangers = self.observer.protected(before)
        protected = {
            name: there for name, there in self.observer.protected(after).items() if name in strangers
        }

        self._both(before, after, latency, delay)
        self._untouched(protected)
        times = Counter((verb, target) for _, verb, target in self.world.writes[written:])
        assert all(number <= 2 * MOST_WRITES[verb] for (verb, _), number in times.items()), times

    def _both(self, first: DesiredState, second: DesiredState, latency: float, delay: float) -> None:
        """Two runs at once, the second so much later and with another latency."""

        async def one(wait: float, state: DesiredState, arm: SimulatedArm) -> None:
            await asyncio.sleep(wait)
            plan = await plan_of(state, arm)
            if plan.applyable:
                await apply(plan, arm, VirtualClock(), Silence(), pace=PACE, jitter=lambda: 0.0)

        async def both() -> float:
            await asyncio.gather(
                one(0.0, first, SimulatedArm(self.world)),
                one(delay, second, SimulatedArm(self.world, latency=latency)),
            )
            return _elapsed()

        self.world.epoch += run(both())

    @rule()
    def a_plan_is_the_same_twice_and_writes_nothing(self) -> None:
        """I-18, I-04; of one live state, so nothing may end between the two."""
        if not self.observer.quiet:
            self.observer.rest(SETTLED)
        first, arm = self.observer.plan(self.state)
        second, _ = self.observer.plan(self.state)
        assert _text(first) == _text(second)
        assert {exchange.verb for exchange in arm.exchanges} <= {"GET", "LIST"}

    def teardown(self) -> None:
        """I-08: whatever happened, one run without obstacles converges, and the next has nothing to do."""
        self.world.limits.clear()
        self.world.endings.clear()
        self.observer.rest(10_000.0)
        state = self.state
        plan, _ = self.observer.plan(state, EVERYTHING_ALLOWED)
        if {refusal.code for refusal in plan.refusals} == {"quota-circle"}:
            # Swapped pools have no order; the refusal says to let them go first, and somebody does.
            for target in self.declared:
                self.world.deployments.pop(target, None)
        done = self.observer.run(state, policy=EVERYTHING_ALLOWED)
        assert done.plan is not None
        assert not done.plan.blocked, done.plan.blocked
        assert not done.plan.refusals, done.plan.refusals
        assert done.report is None or done.report.succeeded, done.report
        self.observer.rest(10_000.0)
        self._converged(state, EVERYTHING_ALLOWED)
        written = len(self.world.writes)
        self.observer.run(state, policy=EVERYTHING_ALLOWED)
        assert len(self.world.writes) == written, "I-02: the second apply wrote"
        for one in state.deployments:
            assert as_declared(one, self.world.deployments[one.id], self.world)

    # -- the laws --------------------------------------------------------------------------------------

    def _untouched(self, protected: dict[DeploymentId, JsonObject]) -> None:
        for name, before in protected.items():
            after = self.world.deployments.get(name)
            assert after is None or after["etag"] == before["etag"], f"I-03: {name} was written"
            deleting = after is None or after["properties"]["provisioningState"] == "Deleting"
            assert not deleting or _state(before) == "Deleting", f"I-03: {name} was deleted"

    def _theirs(self, arm: SimulatedArm) -> None:
        """P1: what another fleet took over between two requests of ours is neither overwritten nor deleted.

        An ARM that checks no condition leaves the moment between a look's answer and the write's arrival.
        """
        for target, (exchange, etag) in self.world.taken_over.items():
            if not self.world.enforces_etags and in_the_window(arm, target, exchange):
                continue
            after = self.world.deployments.get(target)
            assert after is not None, f"P1: {target} was deleted"
            assert after["etag"] == etag, f"P1: {target} was overwritten"
            assert _state(after) != "Deleting", f"P1: {target} is being deleted"

    def _honest(self, report: ApplyReport, written: int, *, interfered: bool) -> None:
        ends = {item.step.action.id: item for item in report.items}
        for _, verb, target in self.world.writes[written:]:
            assert target in ends, f"I-05: {verb} {target} was not in the plan"
            end = ends[target]
            stale = end.outcome is Outcome.STALE and end.attempts > 0
            assert stale or end.outcome in WRITTEN, f"I-07: {verb} {target} is called {end.outcome}"
        for item in report.items:
            if item.outcome is Outcome.SUCCEEDED:
                taken = item.step.action.id in self.world.taken_over
                assert taken or in_effect(self.world, item), f"I-06: {item.step.action.id} is not as reported"
        reached = {name for name, item in ends.items() if item.outcome is Outcome.SUCCEEDED}
        touched = {target for _, _, target in self.world.writes[written:]}
        for item in report.items:
            missing = {name for name in item.step.depends_on if name in ends} - reached
            assert not missing or item.step.action.id not in touched, (
                f"I-10: written although {missing} failed"
            )
        if not interfered:
            attempted = {exchange for _, _, exchange in self.world.writes[written:]}
            assert attempted <= set(ends)

    def _converged(self, state: DesiredState, policy: Policy = PERMISSIVE) -> None:
        """I-01."""
        plan, _ = self.observer.plan(state, policy)
        left = [step.action for step in plan.steps if not isinstance(step.action, Keep)]
        assert left == [], f"I-01: a plan was left after success: {left}"

    def _all_done(self, report: ApplyReport) -> None:
        """I-10: an order that the plan found is an order that ARM takes."""
        failed = [item for item in report.items if item.outcome is not Outcome.SUCCEEDED]
        assert failed == [], "nothing disturbed this run, yet something failed"

    def _as_a_stranger(self, deed: Callable[[SimulatedArm], Awaitable[object]]) -> None:
        async def done() -> float:
            with contextlib.suppress(ArmError):
                await deed(SimulatedArm(self.world, who="somebody else"))
            return _elapsed()

        self.world.epoch += run(done())


def _state(resource: JsonObject) -> object:
    properties = resource["properties"]
    assert isinstance(properties, dict)
    return properties["provisioningState"]
