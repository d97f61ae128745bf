"""What a stop keeps from leaving, and what is said of what had not left."""

import asyncio
from dataclasses import replace

import pytest

from reconciler.domain.operation import SendObserver
from reconciler.engine.apply import apply
from reconciler.engine.outcome import ApplyReport, Event, Outcome, Silence, Stopping, Waiting
from reconciler.engine.pace import DEFAULT_PACE
from reconciler.engine.stop import Cause, Interruption, Stop
from reconciler.errors import Throttled
from tests.simulated.arm import Exchange, SimulatedArm, World
from tests.simulated.fleets import REGION, account, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import VirtualClock, run
from tests.unit.engine.runs import outcomes, puts

SIGTERM = Interruption(cause=Cause.SIGTERM)


def world(*accounts: str) -> World:
    return World(accounts={account(name): REGION for name in accounts or ("alpha",)})


class Paused(SimulatedArm):
    """A client that ARM told to pause: each write waits for its turn for `pause` seconds."""

    pause = 300.0

    async def held_back(self, method: str, observer: SendObserver) -> None:
        if method in {"PUT", "DELETE"}:
            observer.held_back("the end of a pause", self.pause)
            await asyncio.sleep(self.pause)


def test_a_write_does_not_leave_after_a_stop_although_its_look_had_begun() -> None:
    """F-089: no new write; the look before it is under way when the signal comes."""
    stop = Stop()

    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "GET" and exchange.target.endswith("/chat") and phase == "before":
            stop.ask(SIGTERM)

    arm = SimulatedArm(world(), fault=fault)
    report = run(reconcile(fleet(desired("chat")), arm, stop=stop))
    assert outcomes(report) == {"chat": Outcome.SKIPPED}
    assert report.items[0].note == "not started: SIGTERM"
    assert puts(arm) == []


def test_a_write_that_a_pause_held_back_was_not_started() -> None:
    """F-037, F-089: nobody has to look for it in ARM."""
    arm = Paused(world())

    async def scenario() -> ApplyReport:
        stop = Stop()
        asyncio.get_running_loop().call_later(30, stop.ask, SIGTERM)
        return await reconcile(fleet(desired("chat")), arm, stop=stop)

    report = run(scenario())
    assert outcomes(report) == {"chat": Outcome.SKIPPED}
    assert puts(arm) == []


class ThrottledOnArrival(SimulatedArm):
    """Each write is answered 429, with a pause of 300 s."""

    async def _exchange(self, verb: str, target: str) -> Exchange:
        found = await super()._exchange(verb, target)
        if verb in {"PUT", "DELETE"}:
            raise Throttled(
                "too many",
                operation="write",
                target=target,
                status=429,
                code="TooManyRequests",
                retry_after=300.0,
            )
        return found


class ThrottledAfterwards(SimulatedArm):
    """Reads that come after a write are held back."""

    async def held_back(self, method: str, observer: SendObserver) -> None:
        if method == "GET" and self.world.writes:
            observer.held_back("the end of a pause", 300.0)
            await asyncio.sleep(300.0)


@pytest.mark.parametrize(
    ("kind", "outcome", "reason"),
    [
        (ThrottledOnArrival, Outcome.SKIPPED, "a 429 says that the write was not done"),
        (ThrottledAfterwards, Outcome.UNKNOWN, "a read that waits says nothing of the write before it"),
    ],
)
def test_a_pause_tells_of_a_write_only_where_it_is_the_writes_own(
    kind: type[SimulatedArm], outcome: Outcome, reason: str
) -> None:
    """F-037, F-089, I-07."""

    async def scenario() -> ApplyReport:
        stop = Stop()
        asyncio.get_running_loop().call_later(30, stop.ask, SIGTERM)
        return await reconcile(fleet(desired("chat")), kind(world()), stop=stop)

    assert outcomes(run(scenario())) == {"chat": outcome}, reason


def test_a_pause_is_told_with_its_length() -> None:
    """F-037: what a lane waits for, and Retry-After."""
    heard: list[tuple[str, float]] = []

    class Ear:
        def notify(self, event: Event) -> None:
            if isinstance(event, Waiting):
                heard.append((event.what, event.seconds))

    run(reconcile(fleet(desired("chat")), Paused(world()), listener=Ear()))
    assert ("the end of a pause", 300.0) in heard


@pytest.mark.parametrize("twice", [False, True])
def test_whoever_listens_hears_of_each_request_to_stop(twice: bool) -> None:
    """F-089, F-090."""
    heard: list[Stopping] = []

    class Ear:
        def notify(self, event: Event) -> None:
            if isinstance(event, Stopping):
                heard.append(event)

    async def scenario() -> None:
        stop, loop = Stop(), asyncio.get_running_loop()
        loop.call_later(10, stop.ask, SIGTERM)
        if twice:
            loop.call_later(11, stop.ask, SIGTERM)
        state = fleet(desired("p", sku="ProvisionedManaged", capacity=50))
        await reconcile(state, SimulatedArm(world()), stop=stop, listener=Ear())

    run(scenario())
    assert [event.at_once for event in heard] == ([False, True] if twice else [False])


def test_the_time_limit_of_an_apply_stops_it_in_the_words_of_whoever_set_it() -> None:
    """I-12: the run's own clock, also where no signal handler is."""
    the_world = world()
    the_world.long_seconds = 10_000_000.0
    told = Interruption(cause=Cause.TIME_LIMIT, words="the time limit of 90 s")
    state = fleet(*(desired(f"p{n}", sku="ProvisionedManaged", capacity=50) for n in range(2)))

    async def scenario() -> tuple[ApplyReport, float]:
        arm = SimulatedArm(the_world)
        plan = await plan_of(state, arm)
        began = VirtualClock().monotonic()
        pace = replace(DEFAULT_PACE, apply_deadline=90.0, poll_first=1.0, poll_cap=1.0)
        report = await apply(plan, arm, VirtualClock(), Silence(), pace=pace, time_is_up=told)
        return report, VirtualClock().monotonic() - began

    report, took = run(scenario())
    assert outcomes(report) == {"p0": Outcome.UNKNOWN, "p1": Outcome.SKIPPED}
    assert report.items[0].fault is not None
    assert report.items[0].fault.request_id
    assert took <= 95


def test_reports_name_the_cause_of_a_stop_by_words_that_scripts_may_compare() -> None:
    """They are `interrupted` in the JSON report of an apply."""
    assert [str(cause) for cause in Cause] == ["SIGINT", "SIGTERM", "SIGHUP", "time-limit"]


def test_lanes_that_only_wait_keep_nobody_from_writing() -> None:
    """I-11: sixty accounts at the default settings take as long as one."""
    names = tuple(f"acc{number}" for number in range(60))
    state = fleet(
        *(desired("p", in_account=name, sku="ProvisionedManaged", capacity=50) for name in names),
        accounts=names,
    )

    async def scenario() -> float:
        arm = SimulatedArm(world(*names))
        plan = await plan_of(state, arm)
        began = VirtualClock().monotonic()
        await apply(plan, arm, VirtualClock(), Silence())
        return VirtualClock().monotonic() - began

    assert run(scenario()) < 1.5 * World().long_seconds
