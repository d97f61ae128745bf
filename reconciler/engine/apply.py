"""A plan becomes writes: one lane per account, lanes in parallel, one step of a lane at a time.

A failing step stops what depends on it and nothing else. Whatever happens, every writing step of the
plan ends up in the report.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from reconciler.clock import Clock
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.engine.outcome import (
    ApplyReport,
    Fault,
    Finished,
    ItemReport,
    Listener,
    Outcome,
    Started,
    Stopping,
    Waiting,
    fault_with_fix,
)
from reconciler.engine.pace import DEFAULT_PACE, Pace
from reconciler.engine.ports import Arm, DeploymentsApi
from reconciler.engine.refused import with_names, with_usages
from reconciler.engine.step import Track, cut_short
from reconciler.engine.stop import Cause, Interruption, Stop
from reconciler.engine.writer import Writer
from reconciler.plan.plan import Plan, Step

__all__ = ["Stop", "apply"]

_log = logging.getLogger("reconciler.engine")
CAPACITY_ERRORS: Final = frozenset({"insufficientcapacity", "allocationfailed", "skunotavailable"})
"""Codes of a region without room. The provider's own is not public (2026-11): the first is what the emulator
says, the others are those of Azure's other services. A code that is not here is never waited for."""

_TIME_IS_UP = Interruption(cause=Cause.TIME_LIMIT)


@dataclass(slots=True)
class _Ledger:
    """Where each step stands; the one place from which the report is made, also after an interruption."""

    steps: tuple[Step, ...]
    tracks: dict[DeploymentId, Track] = field(default_factory=dict)
    ended: dict[DeploymentId, asyncio.Future[ItemReport]] = field(default_factory=dict)

    @classmethod
    def over(cls, steps: tuple[Step, ...]) -> _Ledger:
        """A ledger in which no step has begun."""
        loop = asyncio.get_running_loop()
        return cls(
            steps=steps,
            tracks={step.action.id: Track() for step in steps},
            ended={step.action.id: loop.create_future() for step in steps},
        )

    def close(self, why: str) -> tuple[ItemReport, ...]:
        """Every step's report; what had not ended was cut short by `why`."""
        return tuple(self._report(step, why) for step in self.steps)

    def _report(self, step: Step, why: str) -> ItemReport:
        ended = self.ended[step.action.id]
        if ended.done() and not ended.cancelled():
            return ended.result()
        return cut_short(step, self.tracks[step.action.id], why)


async def apply(
    plan: Plan,
    api: DeploymentsApi,
    clock: Clock,
    listener: Listener,
    *,
    pace: Pace = DEFAULT_PACE,
    stop: Stop | None = None,
    time_is_up: Interruption = _TIME_IS_UP,
    facts: Arm | None = None,
    jitter: Callable[[], float] = random.random,
) -> ApplyReport:
    """Carry out the writing steps of `plan` and report on each of them.

    Does not ask whether the plan may be applied: that is the caller's decision, taken on the plan.
    Begins nothing new once `pace.apply_deadline` seconds have passed, told as `time_is_up`, or `stop` was
    asked for, and ends by `pace.grace` seconds after that. How many requests are in flight at once is the
    client's business: a lane that waits for an operation keeps nobody from sending. `facts` are asked about
    what ARM refused a write for: quota, and the names that it sent.
    """
    stop = stop or Stop()
    steps = plan.work
    ledger = _Ledger.over(steps)
    run = _Run(
        writer=Writer(
            api=api,
            clock=clock,
            listener=listener,
            pace=pace,
            fleet=plan.mark,
            stop=stop,
            jitter=jitter,
        ),
        ledger=ledger,
        listener=listener,
        stop=stop,
        deadline=clock.monotonic() + pace.apply_deadline + pace.grace,
    )
    lanes = [asyncio.ensure_future(run.lane(lane)) for lane in _lanes(steps).values()]
    limit = asyncio.ensure_future(_time_limit(stop, pace.apply_deadline, time_is_up, clock))
    stopping = asyncio.ensure_future(_stopped(stop, pace.grace, listener, clock))
    working = asyncio.ensure_future(_all(lanes))
    try:
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*lanes, working, stopping, limit):
            task.cancel()
        await asyncio.gather(*lanes, working, stopping, limit, return_exceptions=True)
    if not working.cancelled() and (bug := working.exception()) is not None:
        raise bug
    items = ledger.close(str(stop.why))
    if facts is not None and not stop.asked:
        items = await with_names(await with_usages(items, plan.quota, facts), facts)
    return ApplyReport(plan=plan, items=items, interrupted=stop.why)


async def _time_limit(stop: Stop, seconds: float, interruption: Interruption, clock: Clock) -> None:
    await clock.sleep(seconds)
    if not stop.asked:
        stop.ask(interruption)


async def _stopped(stop: Stop, grace: float, listener: Listener, clock: Clock) -> None:
    """Return when a run that was asked to stop has no time left."""
    why = await stop.first()
    listener.notify(Stopping(why=why, at_once=False))
    if await stop.run_out(grace, clock):
        listener.notify(Stopping(why=why, at_once=True))


async def _all(lanes: Sequence[asyncio.Future[None]]) -> None:
    await asyncio.gather(*lanes)


def _lanes(steps: tuple[Step, ...]) -> Mapping[AccountId, list[Step]]:
    lanes: dict[AccountId, list[Step]] = defaultdict(list)
    for step in sorted(steps, key=lambda step: step.order):
        lanes[step.action.id.account].append(step)
    return lanes


def _no_room(item: ItemReport) -> bool:
    """Whether ARM turned a step's write away because its region is full.

    One that it took and gave up later has no HTTP status; it may have left the deployment changed or Failed.
    """
    fault = item.fault
    return fault is not None and fault.status is not None and fault.code.lower() in CAPACITY_ERRORS


@dataclass(slots=True, kw_only=True)
class _Run:
    writer: Writer
    ledger: _Ledger
    listener: Listener
    stop: Stop
    deadline: float

    async def lane(self, steps: list[Step]) -> None:
        """The serial queue of one account; it ends where a write may still be going on (I-09, F-054)."""
        going_on = ""
        for step in steps:
            if going_on:
                item = ItemReport(step=step, outcome=Outcome.SKIPPED, note=f"not started: {going_on}")
            else:
                item = await self._carried_out(step)
                going_on = self._going_on(item)
            self.ledger.ended[step.action.id].set_result(item)
            self.listener.notify(Finished(item=item))

    def _going_on(self, item: ItemReport) -> str:
        """What keeps the account busy after a step's end; empty when the next one may have its turn."""
        match item.outcome:
            case Outcome.UNKNOWN if self.writer.pace.wait_for_operations:
                return f"{item.step.action.id.name} may still be running in this account"
            case Outcome.CONFLICT:
                return "the account stayed busy with other writes"
            case _:
                return ""

    async def _carried_out(self, step: Step) -> ItemReport:
        broken = await self._broken_dependency(step)
        if broken is not None:
            message = f"it needs {broken.name} in {broken.account.name}, which did not succeed"
            return ItemReport(step=step, outcome=Outcome.SKIPPED, fault=fault_with_fix("dependency", message))
        track = self.ledger.tracks[step.action.id]
        if self.stop.asked:
            return cut_short(step, track, str(self.stop.why))
        self.listener.notify(Started(step=step))
        try:
            return await self._with_room(step, track)
        except Exception as bug:  # noqa: BLE001 -- F-093: our own bug in one lane must not silence the others
            _log.debug("a step ended in a bug", exc_info=bug)
            outcome = Outcome.UNKNOWN if track.in_flight else Outcome.FAILED
            message = f"a bug in this program, please report it: {type(bug).__name__}: {bug}"
            fault = Fault(code="internal-error", message=message, request_id=track.request_id)
            return ItemReport(step=step, outcome=outcome, attempts=track.attempts, fault=fault)

    async def _with_room(self, step: Step, track: Track) -> ItemReport:
        """Carry out a step; where its region is full, again and again for as long as the pace says.

        Each time it looks before it writes, as the first time.
        """
        clock, pace = self.writer.clock, self.writer.pace
        began = clock.monotonic()
        item = await self.writer.carry_out(step, track, began=began, deadline=self.deadline)
        until = clock.monotonic() + pace.capacity_wait
        while _no_room(item) and not self.stop.asked and (left := until - clock.monotonic()) > 0:
            pause = min(pace.capacity_pause, left)
            self.listener.notify(Waiting(step=step, what="capacity in the region", seconds=pause))
            await self.stop.first_or(pause, clock)
            if not self.stop.asked:
                item = await self.writer.carry_out(step, track, began=began, deadline=self.deadline)
        return item

    async def _broken_dependency(self, step: Step) -> DeploymentId | None:
        """Wait for what `step` depends on; the first of them that did not succeed, in the plan's order."""
        for needed in step.depends_on:
            if (await asyncio.shield(self.ledger.ended[needed])).outcome is not Outcome.SUCCEEDED:
                return needed
        return None
