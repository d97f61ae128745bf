"""What became of each step of an apply, and the events on the way there.

Accepted is not converged: an outcome is `SUCCEEDED` only after a read showed the wanted fields and
the state Succeeded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from reconciler.engine.fixes import fix_for
from reconciler.engine.stop import Cause, Interruption
from reconciler.errors import ArmError, ArmRejected, ReconcilerError

if TYPE_CHECKING:
    from reconciler.plan.plan import Plan, Step
    from reconciler.planfile.saved import Stale


class Outcome(StrEnum):
    """How a step ended.

    `SKIPPED`: nothing was sent. `UNKNOWN`: something was sent and may still be going on.
    `CONFLICT`: the account stayed busy with other writes until the deadline; nothing was sent.
    `STALE`: the deployment is no longer what this run saw or did last; nothing was sent over that.
    """

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a step did not succeed: ARM's status, code and message verbatim, and our fix."""

    code: str
    message: str
    status: int | None = None
    request_id: str | None = None
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReport:
    """One step's end. `attempts` counts writes sent; `duration_ms` runs from its start in the lane."""

    step: Step
    outcome: Outcome
    attempts: int = 0
    duration_ms: int = 0
    fault: Fault | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyReport:
    """Every writing step of the plan with its end, and what a saved plan no longer fits, as `STALE`.

    `interrupted` is None where the run came to the end of its work.
    """

    plan: Plan
    items: tuple[ItemReport, ...]
    interrupted: Interruption | None = None

    def count(self, outcome: Outcome) -> int:
        """How many steps ended so."""
        return sum(1 for item in self.items if item.outcome is outcome)

    @property
    def blocked(self) -> tuple[Step, ...]:
        """The steps that ought to be done, must not, and have no end of their own."""
        ended = {item.step.action.id for item in self.items}
        return tuple(step for step in self.plan.blocked if step.action.id not in ended)

    @property
    def succeeded(self) -> bool:
        """Whether everything that ought to be done is known and was done."""
        return (
            self.plan.complete
            and not self.blocked
            and all(i.outcome is Outcome.SUCCEEDED for i in self.items)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A step begins in its account's lane."""

    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A write leaves; written down before it does, so that a crash leaves a trace."""

    step: Step
    verb: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A write was received by ARM; `verb` is PUT or DELETE."""

    step: Step
    verb: str
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A step waits `seconds` for `what` (an operation, a busy account, a pause that ARM asked for)."""

    step: Step
    what: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A step has ended."""

    item: ItemReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """The run was asked to stop: nothing new begins. `at_once`: nothing under way is followed either."""

    why: Interruption
    at_once: bool

    def __str__(self) -> str:
        if self.at_once:
            return f"{self.why} again: stops now; what is under way may go on in ARM"
        text = f"{self.why}: nothing new begins; what is under way is followed a few seconds more"
        return text if self.why.cause is Cause.TIME_LIMIT else f"{text}; press Ctrl-C again to stop now"


Event = Started | Sending | Sent | Waiting | Finished | Stopping


class Listener(Protocol):
    """Somebody who wants to know; must not raise and must not block."""

    def notify(self, event: Event) -> None:
        """Take note of one event."""


class Silence:
    """Nobody listens."""

    def notify(self, event: Event) -> None:
        """Take no note."""


def code_of(problem: ReconcilerError) -> str:
    """ARM's own code of an exception, or the kind of it."""
    return problem.code if isinstance(problem, ArmRejected) else type(problem).__name__


def fault_of(problem: ReconcilerError) -> Fault:
    """What to report of an exception: ARM's own words, and our fix beside them."""
    code, message = code_of(problem), problem.message if isinstance(problem, ArmRejected) else str(problem)
    if not isinstance(problem, ArmError):
        return Fault(code=code, message=message)
    return Fault(
        code=code,
        message=message,
        status=problem.status if isinstance(problem, ArmRejected) else None,
        request_id=problem.request_id,
        fix=fix_for(code, message),
    )


def fault_with_fix(code: str, message: str, request_id: str | None = None) -> Fault:
    """A fault of the engine's own finding, with the fix that the table has for its code."""
    return Fault(code=code, message=message, request_id=request_id, fix=fix_for(code, message))


def stale_items(plan: Plan, stale: Iterable[Stale]) -> tuple[ItemReport, ...]:
    """What a saved plan no longer fits: one end per moved deployment, in the place that `plan` has for it."""
    messages = {item.id: item.message for item in stale}
    return tuple(
        ItemReport(
            step=step,
            outcome=Outcome.STALE,
            fault=fault_with_fix("stale", message),
        )
        for step in plan.steps
        if (message := messages.get(step.action.id))
    )
