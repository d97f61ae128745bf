"""One step while it is carried out: what it works with, what is known of it so far, and how it ends.

Every wait of a step goes through `StepContext.wait`, so every wait is announced and bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.clock import Clock
from reconciler.domain.deployment import DesiredDeployment, JsonObject
from reconciler.domain.ids import DeploymentId
from reconciler.domain.state import ObservedDeployment
from reconciler.engine.outcome import (
    Fault,
    ItemReport,
    Listener,
    Outcome,
    Sending,
    Waiting,
    fault_with_fix,
)
from reconciler.engine.pace import Pace, Resends
from reconciler.engine.ports import DeploymentsApi
from reconciler.engine.stop import Stop
from reconciler.plan.pair import field_changes, only_new_marks
from reconciler.plan.plan import Step


@dataclass(slots=True)
class Track:
    """What is known of a step while it is under way; read by whoever has to report an interruption.

    `in_flight` names the verb whose end is not known yet; `done` is the verb of this step's latest write
    whose end was read back.
    """

    attempts: int = 0
    in_flight: str = ""
    done: str = ""
    request_id: str | None = None
    notes: list[str] = field(default_factory=list)


class StepEnded(Exception):  # noqa: N818 -- a way out of nested waits, not an error
    """A step has ended, in this way."""

    def __init__(self, outcome: Outcome, fault: Fault | None = None, note: str = "") -> None:
        self.outcome, self.fault, self.note = outcome, fault, note


class CutShort(Exception):  # noqa: N818 -- a way out, like the one above
    """The run was asked to stop before a write of this step was sent; it stays here."""


def cut_short(step: Step, track: Track, why: str) -> ItemReport:
    """The end of a step that had not ended: unknown if something was sent, else failed or skipped."""
    if track.in_flight:
        outcome = Outcome.UNKNOWN
        message = f"{track.in_flight} was sent and may still be running: the run was stopped ({why})"
    elif track.done:
        outcome = Outcome.FAILED
        message = f"its {track.done} was done, and its next write not sent, when the run was stopped ({why})"
    else:
        note = f"not started: {why}"
        return ItemReport(step=step, outcome=Outcome.SKIPPED, attempts=track.attempts, note=note)
    fault = fault_with_fix("interrupted", message, track.request_id)
    return ItemReport(step=step, outcome=outcome, attempts=track.attempts, fault=fault)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepObserver:
    """What a step notes of its requests on their way out; no write is sent after a stop (F-089)."""

    step: Step
    track: Track
    listener: Listener
    stop: Stop

    def held_back(self, why: str, seconds: float) -> None:
        """Not sent yet."""
        self.listener.notify(Waiting(step=self.step, what=why, seconds=seconds))

    def sending(self, method: str) -> None:
        """Sent from here on. Raises CutShort for a write once the run was asked to stop."""
        if method == "GET":
            return
        if self.stop.asked:
            raise CutShort
        self.track.in_flight, self.track.request_id = method, None
        self.listener.notify(Sending(step=self.step, verb=method))


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write of a step: a PUT of `body`, or a DELETE without one.

    `wanted` gives the dotted fields that are not yet as this write wants them; none once it has taken effect.
    Of these, `tolerated` ones are not waited for afterwards: whether ARM drops them is only found out.
    `last` is False where the step has a further write, which cannot go before this one has ended.
    """

    body: JsonObject | None = None
    source_tenants: tuple[str, ...] = ()
    tolerated: frozenset[str] = frozenset()
    wanted: Callable[[ObservedDeployment | None], tuple[str, ...]]
    last: bool = True

    @property
    def verb(self) -> str:
        """PUT or DELETE."""
        return "DELETE" if self.body is None else "PUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContext:
    """One step with everything that carrying it out needs. `deadline` is in monotonic seconds."""

    api: DeploymentsApi
    clock: Clock
    listener: Listener
    pace: Pace
    jitter: Callable[[], float]
    fleet: str
    step: Step
    track: Track
    observer: StepObserver
    resends: Resends
    deadline: float

    @property
    def id(self) -> DeploymentId:
        """The deployment that the step is about."""
        return self.step.action.id

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - self.clock.monotonic()

    async def look(self) -> ObservedDeployment | None:
        """The deployment as it is now."""
        return await self.api.get_deployment(self.id, observer=self.observer)

    async def wait(self, what: str, seconds: float) -> bool:
        """Sleep, and say what for; False when the deadline leaves no time for it."""
        if seconds > self.left:
            return False
        self.listener.notify(Waiting(step=self.step, what=what, seconds=seconds))
        await self.clock.sleep(seconds)
        return True

    def longer(self, delay: float) -> float:
        """The next delay between two looks."""
        return min(delay * self.pace.poll_growth, self.pace.poll_cap)

    def missing(self, desired: DesiredDeployment, now: ObservedDeployment | None) -> tuple[str, ...]:
        """The fields in which `now` is not as declared, and the mark that the step is there to renew."""
        if now is None:
            return ("it is not there",)
        renew = only_new_marks(self.step.action.changes)
        return tuple(change.path for change in field_changes(desired, now, self.fleet, renew=renew))

    def fault(self, code: str, message: str) -> Fault:
        """A fault of this step, with the request that it is about."""
        return fault_with_fix(code, message, self.track.request_id)


def succeeded(now: ObservedDeployment) -> bool:
    """Whether ARM calls it Succeeded."""
    return now.provisioning_state.lower() == "succeeded"
