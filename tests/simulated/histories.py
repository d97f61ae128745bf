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
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from reconciler.domain.deployment import UNSET, DesiredDeployment, JsonObject, Lifecycle, Unset
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import DeploymentId
from reconciler.domain.marks import FLEET_TAG, SPEC_TAG
from reconciler.domain.operation import OperationStatus
from reconciler.engine.apply import Stop, apply
from reconciler.engine.observe import observe
from reconciler.engine.outcome import ApplyReport, ItemReport, Outcome, Silence
from reconciler.engine.pace import DEFAULT_PACE
from reconciler.engine.platform import read_activity
from reconciler.errors import ArmError
from reconciler.plan.actions import Keep
from reconciler.plan.allowances import Policy
from reconciler.plan.body import spec_mark, writable
from reconciler.plan.drift import DriftReport, find_drift
from reconciler.plan.evidence import asked_about, with_evidence
from reconciler.plan.plan import Plan
from reconciler.planfile.codec import to_json
from tests.simulated.arm import (
    Crash,
    Ending,
    SimulatedArm,
    World,
    assert_looked,
    in_the_window,
    model_of,
)
from tests.simulated.deeds import START, US, Model
from tests.simulated.fleets import REGION, account, deployment, desired, fleet
from tests.simulated.reconcile import PERMISSIVE, plan_of
from tests.simulated.time import VirtualClock, run
from tests.simulated.troubles import ACCOUNTS, NAMES, POOLS, SUDDEN, Trouble, troubles
from tests.simulated.who_moved import (
    FINDINGS,
    MOVES,
    Truths,
    hold_drift,
    hold_plan,
    hold_writes,
    kinds_of,
    kinds_of_drift,
    may_run,
    truths,
)

Place = tuple[str, str]
Size = tuple[str, int]
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

HIDDEN = ("newThing", "newThing.secret", "modelProviderData")
"""What ARM may keep to itself: a property, a part of one, and one that it is known not to answer."""


@dataclass(frozen=True)
class Wanted:
    """What a manifest says of one deployment; the option None un-sets it."""

    size: Size
    model: str
    version: str
    option: str | Unset | None
    industry: str

    def declare(self, place: Place) -> DesiredDeployment:
        sku, capacity = self.size
        settings: dict[str, object] = {"newThing": {"size": capacity, "secret": self.industry}}
        if not isinstance(self.option, Unset):
            settings["versionUpgradeOption"] = self.option
        if self.industry:
            settings["modelProviderData"] = {"industry": self.industry}
        return desired(
            place[1],
            in_account=place[0],
            sku=sku,
            capacity=capacity,
            model=self.model,
            version=self.version,
            lifecycle=Lifecycle(replace_allowed=True),
            settings=settings,
        )


places = st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(NAMES))
capacities = st.sampled_from([5, 10, 50, 100])
sizes = st.sampled_from([("GlobalStandard", 5), ("GlobalStandard", 50), ("GlobalStandard", 100)]) | (
    st.sampled_from([("ProvisionedManaged", 25), ("ProvisionedManaged", 50), ("ProvisionedManaged", 100)])
)
options = st.sampled_from(
    [UNSET, None, "OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired", *["NoAutoUpgrade"] * 2]
)
versions = st.sampled_from(["1", "2"])
wanted = st.builds(
    Wanted,
    size=sizes,
    model=st.sampled_from(["gpt-x", "gpt-x", "gpt-y"]),
    version=versions,
    option=options,
    industry=st.sampled_from(["", "retail", "finance"]),
)
pauses = st.sampled_from([0.0, 10.0, 500.0, SETTLED])
latencies = st.sampled_from([0.2, 0.31, 1.7])
picks = st.integers(min_value=0, max_value=5)
"""Which of what there is to choose from."""
models = st.sampled_from(["gpt-x", "gpt-y"])
CHANGES: Sequence[dict[str, st.SearchStrategy[Any]]] = (
    *[{"version": versions}, {"model": models}, {"model": models, "version": versions}] * 2,
    {"model": models, "size": sizes},
    {"size": sizes},
    {"option": options},
    {"industry": st.sampled_from(["", "retail", "finance"])},
)
changes = st.sampled_from(CHANGES).flatmap(st.fixed_dictionaries)
Edit = tuple[Place | int, "Wanted | dict[str, Any] | None"]
"""What a manifest says of a place from now on, or one thing that it says otherwise of one declared."""
Edits = Sequence[Edit]
edits = st.lists(
    st.tuples(places, st.none() | wanted) | st.tuples(picks, changes) | st.tuples(picks, changes),
    min_size=1,
    max_size=4,
)
touches = st.sampled_from(
    [
        *[("model", {"version": "1"}), ("model", {"version": "2"})] * 2,
        ("model", {"name": "gpt-x"}),
        ("model", {"name": "gpt-y"}),
        ("sku", {"capacity": 50}),
        ("sku", {"capacity": 100}),
        ("option", "NoAutoUpgrade"),
        ("option", "OnceCurrentVersionExpired"),
    ]
)
"""What somebody else changes in a portal: one thing, our marks and all the rest as they were."""
HAPPENINGS: Mapping[str, st.SearchStrategy[Any]] = {
    "the_service_upgrades": st.tuples(picks, st.booleans()),
    "somebody_edits": st.tuples(picks, touches),
    "somebody_writes": st.tuples(places, sizes),
    "somebody_deletes": st.tuples(picks),
    "the_next_write_ends_badly": st.tuples(
        places, st.sampled_from([OperationStatus.FAILED, OperationStatus.SUCCEEDED])
    ),
    "time_passes": st.tuples(st.sampled_from([1.0, 29.0, 500.0, SETTLED])),
    "quota_moves": st.tuples(st.sampled_from(POOLS), st.sampled_from([50, 100, 200])),
    "arm_checks_conditions": st.tuples(st.booleans()),
    "arm_answers_a_field_or_does_not": st.tuples(st.sets(st.sampled_from(HIDDEN))),
    "the_log_is_late_or_out_of_reach": st.tuples(
        st.sampled_from([0.0, 0.0, 900.0]), st.sampled_from([True, True, False])
    ),
}
"""What others do between two runs: methods of `Histories`, and what they are given."""
OFTEN = (
    "the_service_upgrades",
    "somebody_edits",
    "the_service_upgrades",
    "somebody_edits",
    "somebody_deletes",
)
happenings = st.lists(
    st.sampled_from([*HAPPENINGS, *OFTEN]).flatmap(lambda name: st.tuples(st.just(name), HAPPENINGS[name])),
    max_size=3,
)
Happenings = Sequence[tuple[str, tuple[Any, ...]]]


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
            dates=True,
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
        unlisted = trouble.unlisted if trouble else frozenset()
        arm = SimulatedArm(self.world, unlisted=unlisted)

        async def all_of_it() -> Run:
            stop = Stop()
            if trouble is not None:
                arm.fault = trouble.fault(stop, self.world)
            plan = await plan_of(state, arm, policy)
            if not plan.applyable:
                return Run(plan, None, arm, _elapsed())
            report = await apply(
                plan, arm, VirtualClock(), Silence(), pace=PACE, stop=stop, jitter=lambda: 0.0
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

    def drift(self, state: DesiredState) -> DriftReport:
        """What `drift` reports, with the Activity Log."""
        arm = SimulatedArm(self.world)
        now = START + timedelta(seconds=self.world.epoch)

        async def asked() -> DriftReport:
            report = find_drift(state, await observe(state.accounts, arm), today=now.date())
            return with_evidence(report, await read_activity(asked_about(report), arm, now=now))

        return run(asked())

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


def as_declared(
    one: DesiredDeployment, there: JsonObject, world: World, *, states: tuple[str, ...] = ("Succeeded",)
) -> bool:
    """Also where the service moved it on to a newer version or the successor of its model, as it may."""
    sku, properties = there["sku"], there["properties"]
    assert isinstance(sku, dict)
    assert isinstance(properties, dict)
    size = (sku["name"], str(sku["capacity"]))
    return (
        size == (one.spec.sku.name.name, str(one.spec.sku.capacity).split()[0])
        and model_of(there) in may_run(one, there, world)
        and properties["provisioningState"] in states
    )


def keeps_settings(one: DesiredDeployment, there: JsonObject) -> bool:
    """Whether ARM has every declared property, answered or not."""
    properties = there["properties"]
    assert isinstance(properties, dict)
    return all(
        properties.get(name) == value for name, value in one.spec.settings.items() if value is not None
    )


KINDS = frozenset(
    {
        *MOVES,
        *FINDINGS,
        "upgraded during a run",
        "taken over during a run",
        "a migration of ours was followed to its end",
        "a migration of ours was under way when a run began",
        "killed during a migration",
        *(f"ARM does not answer {name}" for name in HIDDEN),
    }
)
"""What histories must get to: who moved a version, migrations, deletions in the log, what is not answered."""


class Histories(RuleBasedStateMachine):
    """The laws of section 1 of the reliability rules, over whatever happens."""

    reached: ClassVar[Counter[str]]
    """In how many histories each of `KINDS` got to the code that decides about it."""

    def __init__(self) -> None:
        super().__init__()
        self.observer = Observer()
        self.declared: dict[DeploymentId, DesiredDeployment] = {}
        self.wanted: dict[Place, Wanted] = {}
        self.stood_for: dict[str, Model] = {}
        self.kinds: set[str] = set()

    @property
    def world(self) -> World:
        return self.observer.world

    @property
    def state(self) -> DesiredState:
        return fleet(*self.declared.values(), accounts=ACCOUNTS)

    # -- what happens ----------------------------------------------------------------------------------

    @initialize(
        declared=st.dictionaries(places, wanted, min_size=3),
        applied=st.sampled_from([True, True, True, False]),
    )
    def begin(self, declared: Mapping[Place, Wanted], *, applied: bool) -> None:
        self.edit(list(declared.items()))
        if applied:
            self.reconcile([], None)

    def edit(self, made: Edits) -> None:
        """Declare deployments anew or otherwise; None takes one out of the manifests."""
        for place, stated in made:
            if isinstance(place, int):
                known = sorted(self.wanted)
                if known and isinstance(stated, dict):
                    self._declare(chosen := known[place % len(known)], replace(self.wanted[chosen], **stated))
            elif stated is None:
                self.wanted.pop(place, None)
                self.declared.pop(deployment(place[1], in_account=place[0]), None)
            else:
                assert isinstance(stated, Wanted)
                self._declare(place, stated)

    def _declare(self, place: Place, stated: Wanted) -> None:
        one = stated.declare(place)
        self.wanted[place] = stated
        self.declared[one.id] = one
        self.stood_for[spec_mark(one)] = (stated.model, stated.version)

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

    def somebody_deletes(self, pick: int) -> None:
        if there := self._there():
            target = there[pick % len(there)]
            self._as_a_stranger(lambda arm: arm.delete_deployment(target))

    def arm_checks_conditions(self, enforces: bool) -> None:
        """If-Match and If-None-Match are obeyed from here on, or are not."""
        self.world.enforces_etags = enforces

    def quota_moves(self, pool: str, limit: int) -> None:
        self.world.limits[pool] = limit

    def the_next_write_ends_badly(self, place: tuple[str, str], status: OperationStatus) -> None:
        ending = Ending(status, "Failed", "InternalServerError")
        self.world.endings[deployment(place[1], in_account=place[0])] = ending

    def somebody_edits(self, pick: int, touch: tuple[str, object]) -> None:
        """A PUT of what a GET answered, with one thing changed; what is not answered is lost by it."""
        there = self._there()
        if not there:
            return
        target = there[pick % len(there)]
        what, value = touch

        async def edit(arm: SimulatedArm) -> None:
            found = await arm.get_deployment(target)
            if found is None:  # its delete has just ended
                return
            body: dict[str, Any] = copy.deepcopy(dict(writable(found)))
            if isinstance(value, dict):
                (body["sku"] if what == "sku" else body["properties"]["model"]).update(value)
            else:
                body["properties"]["versionUpgradeOption"] = value
            await arm.put_deployment(target, body)

        self._as_a_stranger(edit)

    def the_service_upgrades(self, pick: int, announced: bool) -> None:
        """To a newer version, or to the announced successor of a model that is going."""
        if announced:
            self.world.successors["gpt-x"] = "gpt-y"
        if waiting := self.world.upgradable():
            self.world.upgrade(waiting[pick % len(waiting)])

    def arm_answers_a_field_or_does_not(self, hidden: set[str]) -> None:
        """What it was sent it keeps all the same."""
        self.world.keeps_to_itself = frozenset(hidden)

    def the_log_is_late_or_out_of_reach(self, lag: float, readable: bool) -> None:
        self.world.deeds.lag, self.world.deeds.readable = lag, readable

    def time_passes(self, seconds: float) -> None:
        self.observer.rest(seconds)

    # -- what we do ------------------------------------------------------------------------------------

    @rule(first=happenings, pause=pauses, made=edits)
    def edit_and_reconcile(self, first: Happenings, pause: float, made: Edits) -> None:
        self.happen(first, pause)
        self.reconcile(made, None)

    @rule(first=happenings, pause=pauses, made=edits, trouble=troubles, after=st.none() | pauses)
    def edit_and_reconcile_in_trouble(
        self, first: Happenings, pause: float, made: Edits, trouble: Trouble, after: float | None
    ) -> None:
        """And once more, without trouble, so much later."""
        self.happen(first, pause)
        self.reconcile(made, trouble)
        if after is not None:
            self.observer.rest(after)
            self.reconcile([], None)

    @rule(first=happenings, pause=pauses, trouble=st.none() | troubles)
    def again(self, first: Happenings, pause: float, trouble: Trouble | None) -> None:
        self.happen(first, pause)
        self.reconcile([], trouble)

    def happen(self, first: Happenings, pause: float = 0.0) -> None:
        """What others did since the last run, and how long ago."""
        for name, given in first:
            getattr(self, name)(*given)
        self.observer.rest(pause)

    def _there(self) -> Sequence[DeploymentId]:
        return sorted(self.world.deployments, key=lambda name: name.key)

    def reconcile(self, made: Edits, trouble: Trouble | None) -> None:
        """One run of the product after some edits."""
        self.edit(made)
        observer, state = self.observer, self.state
        quiet, protected = observer.quiet, observer.protected(state)
        known = self._truths() if quiet else {}
        under_way = self._under_way(state.deployments)
        self.world.taken_over.clear()
        conflicts, written = len(self.world.overlaps), len(self.world.writes)
        migrating, begun = self.world.migrating(self.world.epoch), len(self.world.operations)
        interrupted, done_before = len(self.world.interrupted), len(self.world.deeds.all)
        within = all(self.world.used(pool) <= limit for pool, limit in self.world.limits.items())
        undisturbed = trouble is None and quiet and within and not self.world.endings
        done = observer.run(state, trouble)
        sudden = trouble is not None and trouble.kind in SUDDEN
        self._untouched({n: r for n, r in protected.items() if n not in self.world.taken_over})
        self._theirs(done.arm)
        assert_looked(done.arm)
        hold_writes(self.world, {} if sudden else known, done_before)
        if quiet and not (trouble and trouble.kind == "busy"):
            assert self.world.overlaps[conflicts:] == [], "I-09: a conflict caused by ourselves"
        if not sudden:
            assert self.world.interrupted[interrupted:] == [], "written to while its own operation went on"
        assert done.seconds <= PACE.apply_deadline + 5, "I-12"
        listed = not (trouble and (trouble.unlisted or sudden))  # what no list shows is nobody's to miss
        if trouble is None:
            assert done.plan is not None
            again = under_way & {target for _, _, target in self.world.writes[written:]}
            assert not again, f"sent again although it was under way: {again}"
            hold_plan(done.plan, known, self.declared)
        self._note(done, known, begun)
        if under_way & migrating and trouble is None:
            self.kinds.add("a migration of ours was under way when a run began")
        if sudden and self.world.taken_over and trouble is not None:
            self.kinds.add(f"{trouble.kind} during a run")
        if done.report is not None:
            self._honest(done.report, written, interfered=trouble is not None)
            if done.report.succeeded and listed:  # also over what a run before this one has left going on
                self._converged(state)
            if undisturbed:
                self._all_done(done.report)
        elif done.plan is not None and _nothing_against(done.plan) and listed:
            self.observer.rest(SETTLED)  # what is going on was nothing to us: nor is its end
            self._converged(state)
        if undisturbed and done.plan is not None and _nothing_against(done.plan):
            self._no_drift()

    def _truths(self) -> Truths:
        return truths(self.state.deployments, self.world, self.stood_for)

    def _under_way(self, declared: Iterable[DesiredDeployment]) -> frozenset[DeploymentId]:
        """What ARM is making as declared at this moment, by a write of ours that will end well."""
        now, found = self.world.epoch, set[DeploymentId]()
        for one in declared:
            there = self.world.deployments.get(one.id, {})
            if there.get("tags", {}).get(SPEC_TAG) == spec_mark(one) and as_declared(
                one, there, self.world, states=("Creating", "Updating")
            ):
                operations = [o for o in self.world.operations.values() if o.target == one.id]
                good = all((o.who, o.ending) == (US, Ending()) for o in operations if o.ends_at > now)
                found |= {one.id} if good and keeps_settings(one, there) else set()
        return frozenset(found)

    def _note(self, done: Run, known: Truths, begun: int) -> None:
        """Which kinds of events this run had to decide about; `begun` operations there were before."""
        migrations = [one for one in list(self.world.operations.values())[begun:] if one.migrates]
        if done.plan is None:
            going_on = any(one.ends_at > self.world.epoch for one in migrations)
            self.kinds |= {"killed during a migration"} if going_on else set()
            return
        if any(one.done and one.ending == Ending() for one in migrations):
            self.kinds.add("a migration of ours was followed to its end")
        for step in done.plan.steps:
            self.kinds |= set(kinds_of(step.action, known.get(step.action.id)))

    @rule(first=happenings)
    def somebody_looks(self, first: Happenings) -> None:
        """I-18, I-04: a plan is the same twice and writes nothing. Then drift, with a cause for everything.

        Both of one live state, so nothing may end in between.
        """
        self.happen(first)
        if not self.observer.quiet:
            self.observer.rest(SETTLED)
        first_plan, arm = self.observer.plan(self.state)
        second_plan, _ = self.observer.plan(self.state)
        assert _text(first_plan) == _text(second_plan)
        assert {exchange.verb for exchange in arm.exchanges} <= {"GET", "LIST"}
        self._hold_drift()

    def _hold_drift(self) -> DriftReport:
        known, report = self._truths(), self.observer.drift(self.state)
        hold_drift(report, known, self.world, self.declared)
        self.kinds |= set(kinds_of_drift(report, self.world))
        return report

    def _no_drift(self) -> None:
        """After a run that did everything nothing is wrong, whatever ARM keeps to itself."""
        self.observer.rest(SETTLED)
        report = self._hold_drift()
        if self.declared:
            self.kinds |= {f"ARM does not answer {name}" for name in self.world.keeps_to_itself}
        assert not report.drifted, f"drift after success: {report.items}"

    @rule(made=edits, latency=latencies, delay=st.sampled_from([0.0, 0.5, 3.0, 40.0]), agree=st.booleans())
    def two_at_once(self, made: Edits, latency: float, delay: float, agree: bool) -> None:
        (self.two_reconcile if agree else self.two_disagree)(made, latency, delay)

    def two_reconcile(self, made: Edits, latency: float, delay: float) -> None:
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

    def two_disagree(self, made: Edits, latency: float, delay: float) -> None:
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
        type(self).reached.update(self.kinds)

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
        touched = {target for _, _, target in self.world.writes[written:]}
        for item in report.items:
            target = item.step.action.id
            if item.outcome is Outcome.SUCCEEDED and target not in self.world.taken_over:
                assert in_effect(self.world, item), f"I-06: {target} is not as reported"
                one = self.declared.get(target)
                if one is not None and target in touched:
                    assert keeps_settings(one, self.world.deployments[target]), f"I-06: {target}"
        reached = {name for name, item in ends.items() if item.outcome is Outcome.SUCCEEDED}
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
