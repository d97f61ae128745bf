"""A step on its way: what it works with, what is known of it so far, and how it ends.

Every wait of a step goes through `UnderWay.wait`, so every wait is announced and bounded.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from reconciler.clock import Clock
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.ids import DeploymentId
from reconciler.domain.operation import Accepted
from reconciler.domain.state import ObservedDeployment
from reconciler.engine.advice import advice
from reconciler.engine.outcome import Fault, Listener, Outcome, Waiting
from reconciler.engine.pace import Pace, Resends
from reconciler.engine.ports import DeploymentsApi
from reconciler.plan.diff import field_changes
from reconciler.plan.plan import Step


@dataclass(slots=True)
class Track:
    """What is known of a step while it is under way; read by whoever has to report an interruption.

    `in_flight` names the verb whose end is not known yet; `begun` says that some write was received;
    `done` are the verbs of this step whose end was read back.
    """

    started: float = 0.0
    attempts: int = 0
    in_flight: str = ""
    begun: bool = False
    done: list[str] = field(default_factory=list)
    request_id: str | None = None
    warnings: list[str] = field(default_factory=list)


class StepEnd(Exception):  # noqa: N818 -- a way out of nested waits, not an error
    """A step has ended."""

    def __init__(self, outcome: Outcome, fault: Fault | None = None, note: str = "") -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.fault = fault
        self.note = note


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One write: what it is called, how to send it, and how to tell that it took effect.

    `wanted` gives the dotted fields that are not yet as this write wants them; none once it has taken effect.
    """

    verb: str
    send: Callable[[], Awaitable[Accepted]]
    wanted: Callable[[ObservedDeployment | None], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """One step with everything that carrying it out needs. `deadline` is in monotonic seconds."""

    api: DeploymentsApi
    clock: Clock
    listener: Listener
    pace: Pace
    jitter: Callable[[], float]
    fleet: str
    step: Step
    track: Track
    resends: Resends
    deadline: float

    @property
    def id(self) -> DeploymentId:
        """The deployment that the step is about."""
        return self.step.action.id

    async def wait(self, what: str, seconds: float) -> bool:
        """Sleep, and say what for; False when the deadline leaves no time for it."""
        left = self.deadline - self.clock.monotonic()
        if left <= 0 or seconds > left:
            return False
        self.listener.notify(Waiting(step=self.step, what=what, seconds=seconds))
        await self.clock.sleep(seconds)
        return True

    def longer(self, delay: float) -> float:
        """The next delay between two looks."""
        return min(delay * self.pace.poll_growth, self.pace.poll_cap)

    def missing(self, desired: DesiredDeployment, now: ObservedDeployment | None) -> tuple[str, ...]:
        """The fields in which `now` is not as declared."""
        if now is None:
            return ("it is not there",)
        return tuple(change.path for change in field_changes(desired, now, self.fleet))

    def fault(self, code: str, message: str) -> Fault:
        """A fault of this step, with the request that it is about."""
        return Fault(
            code=code, message=message, request_id=self.track.request_id, advice=advice(code, message)
        )


def succeeded(now: ObservedDeployment) -> bool:
    """Whether ARM calls it Succeeded."""
    return now.provisioning_state.lower() == "succeeded"
