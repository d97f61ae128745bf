"""Carrying one step to its end: look, send, follow, read back.

::

    look ──already as wanted──────────────────────────────▶ succeeded
      │ └─moved since the plan────────────────────────────▶ stale
      ▼
    send ──busy account──▶ wait, look again (until the deadline: conflict)
      │ ├──refused──────────────────────────────────────▶ failed
      │ └──no answer──▶ look: reached ▶ follow · unchanged ▶ send again · unreadable ▶ unknown
      ▼
    follow ──operation ends, or cannot be read──▶ confirm
      │ └──deadline──────────────────────────────────────▶ unknown
      ▼
    confirm ──fields as wanted and Succeeded──────────────▶ succeeded
        ├──Failed, or fields not taken over──────────────▶ failed
        └──cannot be read back───────────────────────────▶ unknown

A write whose answer was lost is never sent again before a look. 200, 201 and an operation's Succeeded
settle nothing: only the read at the end does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NoReturn, assert_never

from reconciler.clock import Clock
from reconciler.domain.deployment import DesiredDeployment, JsonObject
from reconciler.domain.ids import DeploymentId
from reconciler.domain.operation import Accepted, OperationRef, OperationState, OperationStatus
from reconciler.domain.state import ObservedDeployment
from reconciler.engine.advice import advice
from reconciler.engine.outcome import (
    Fault,
    ItemReport,
    Listener,
    Outcome,
    Sending,
    Sent,
    Waiting,
)
from reconciler.engine.pace import Pace
from reconciler.engine.ports import DeploymentsApi
from reconciler.errors import (
    ArmContractBroken,
    ArmError,
    ArmRejected,
    ArmUnreachable,
    Conflict,
    CredentialError,
    OperationFailed,
    ReconcilerError,
    Throttled,
)
from reconciler.plan.actions import Adopt, Create, Delete, Replace, Update, Writing
from reconciler.plan.body import writable
from reconciler.plan.diff import body_changes, field_changes
from reconciler.plan.plan import Step


@dataclass(slots=True)
class Track:
    """What is known of a step while it is under way; read by whoever has to report an interruption."""

    started: float = 0.0
    attempts: int = 0
    in_flight: str = ""
    request_id: str | None = None
    warnings: list[str] = field(default_factory=list)


class _End(Exception):  # noqa: N818 -- a way out of nested waits, not an error
    """A step has ended."""

    def __init__(self, outcome: Outcome, fault: Fault | None = None, note: str = "") -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.fault = fault
        self.note = note


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivery:
    """One write: how to send it, how to tell that it took effect, what it is called."""

    verb: str
    send: Callable[[], Awaitable[Accepted]]
    wanted: Callable[[ObservedDeployment | None], tuple[str, ...]]
    """The dotted fields that are not yet as this write wants them; empty when it has taken effect."""


class Writer:
    """Carries out steps, one at a time per account; the caller sees to that."""

    def __init__(
        self,
        api: DeploymentsApi,
        clock: Clock,
        listener: Listener,
        pace: Pace,
        *,
        fleet: str,
        jitter: Callable[[], float],
    ) -> None:
        self._api = api
        self._clock = clock
        self._listener = listener
        self._pace = pace
        self._fleet = fleet
        self._jitter = jitter

    async def carry_out(self, step: Step, track: Track, *, deadline: float) -> ItemReport:
        """Take `step` to its end, or to `deadline` (monotonic seconds). Never raises an ArmError."""
        track.started = self._clock.monotonic()
        course = _Course(self, step, track, min(deadline, track.started + self._pace.operation_deadline))
        try:
            await course.run()
            end = _End(Outcome.SUCCEEDED)
        except _End as reached:
            end = reached
        except (ArmError, CredentialError) as problem:
            outcome = Outcome.UNKNOWN if track.in_flight else Outcome.FAILED
            end = _End(outcome, fault_of(problem))
        notes = [*track.warnings, end.note] if end.note else track.warnings
        return ItemReport(
            step=step,
            outcome=end.outcome,
            attempts=track.attempts,
            duration_ms=round((self._clock.monotonic() - track.started) * 1000),
            fault=end.fault,
            note="; ".join(notes),
        )


class _Course:
    """The way of one step through the states drawn above."""

    def __init__(self, writer: Writer, step: Step, track: Track, deadline: float) -> None:
        self._api = writer._api  # noqa: SLF001 -- one state machine in two classes: what lasts, what passes
        self._clock = writer._clock  # noqa: SLF001
        self._listener = writer._listener  # noqa: SLF001
        self._pace = writer._pace  # noqa: SLF001
        self._fleet = writer._fleet  # noqa: SLF001
        self._jitter = writer._jitter  # noqa: SLF001
        self._step = step
        self._track = track
        self._deadline = deadline

    @property
    def _id(self) -> DeploymentId:
        return self._step.action.id

    async def run(self) -> None:
        """Do what the action says; raises `_End` where the way ends early."""
        action = self._step.action
        match action:
            case Create():
                await self._begin(action)
                await self._write(self._put(action.desired, action.body, last=True))
            case Update():
                now = await self._begin(action)
                if not action.writes:
                    self._judge(now, self._missing(action.desired, now), None, overdue=True)
                for index, body in enumerate(action.writes):
                    last = index == len(action.writes) - 1
                    delivery = self._put(action.desired, body, last=last)
                    if last or delivery.wanted(now):
                        await self._write(delivery)
            case Adopt():
                await self._begin(action)
                await self._write(self._put(action.desired, action.body, last=True))
            case Replace():
                if await self._begin(action) is not None:
                    await self._write(self._delete())
                await self._write(self._put(action.desired, action.body, last=True))
            case Delete():
                await self._begin(action)
                await self._write(self._delete())
            case _:
                raise TypeError(f"{action!r} writes nothing")

    # -- look ------------------------------------------------------------------------------------------

    async def _begin(self, action: Writing) -> ObservedDeployment | None:
        """Look once more before the first write; ends the step where there is nothing left to write."""
        now = await self._settled_look()
        if self._is_done(action, now):
            raise _End(Outcome.SUCCEEDED, note="already as declared")
        moved = _moved(action, now)
        if moved:
            raise _End(Outcome.STALE, Fault(code="stale", message=moved, advice=advice("stale", "")))
        return now

    def _is_done(self, action: Writing, now: ObservedDeployment | None) -> bool:
        match action:
            case Delete():
                return now is None
            case Create() | Update() | Replace() | Adopt():
                return now is not None and _succeeded(now) and not self._missing(action.desired, now)
            case _:
                assert_never(action)

    async def _settled_look(self) -> ObservedDeployment | None:
        """The deployment once nobody's operation is going on in it."""
        delay = self._pace.poll_first
        while True:
            now = await self._api.get_deployment(self._id)
            if now is None or now.settled:
                return now
            if not await self._wait(f"another operation ({now.provisioning_state})", delay):
                message = f"still {now.provisioning_state} by somebody else's operation when time was up"
                raise _End(Outcome.CONFLICT, Fault(code="in-progress", message=message))
            delay = min(delay * self._pace.poll_growth, self._pace.poll_cap)

    # -- send ------------------------------------------------------------------------------------------

    def _put(self, desired: DesiredDeployment, body: JsonObject, *, last: bool) -> _Delivery:
        tenants = (desired.source_tenant,) if desired.source_tenant else ()

        async def send() -> Accepted:
            return await self._api.put_deployment(self._id, body, source_tenants=tenants)

        def wanted(now: ObservedDeployment | None) -> tuple[str, ...]:
            if last or now is None:
                return self._missing(desired, now)
            return tuple(change.path for change in body_changes(now, body))

        return _Delivery(verb="PUT", send=send, wanted=wanted)

    def _delete(self) -> _Delivery:
        def wanted(now: ObservedDeployment | None) -> tuple[str, ...]:
            return () if now is None else ("it is still there",)

        return _Delivery(verb="DELETE", send=lambda: self._api.delete_deployment(self._id), wanted=wanted)

    def _missing(self, desired: DesiredDeployment, now: ObservedDeployment | None) -> tuple[str, ...]:
        if now is None:
            return ("it is not there",)
        return tuple(change.path for change in field_changes(desired, now, self._fleet))

    async def _write(self, delivery: _Delivery) -> None:
        """One write to its confirmed end."""
        accepted = await self._send(delivery)
        if accepted is not None and not self._pace.wait_for_operations and accepted.operation is not None:
            raise _End(Outcome.UNKNOWN, note="accepted; its end was not waited for")
        failure = await self._follow(accepted)
        await self._confirm(delivery, failure)
        self._track.in_flight = ""

    async def _send(self, delivery: _Delivery) -> Accepted | None:
        """Send until ARM took it or refused it; None when a look showed that a lost write had arrived."""
        pause = self._pace.conflict_first
        tries = 0
        while True:
            tries += 1
            self._listener.notify(Sending(step=self._step, verb=delivery.verb))
            self._track.in_flight = delivery.verb
            self._track.attempts += 1
            try:
                accepted = await delivery.send()
            except Conflict as busy:
                self._track.in_flight = ""
                tries -= 1
                self._track.attempts -= 1
                await self._queue(busy, pause)
                pause = min(pause * 2, self._pace.conflict_cap)
                if not delivery.wanted(await self._settled_look()):
                    return None
            except (ArmUnreachable, ArmContractBroken) as lost:
                if await self._arrived(delivery, lost, tries):
                    return None
            except (ArmRejected, CredentialError) as refused:
                self._track.in_flight = ""
                raise _End(Outcome.FAILED, fault_of(refused)) from refused
            else:
                self._track.request_id = accepted.request_id
                if accepted.warning:
                    self._track.warnings.append(accepted.warning)
                self._listener.notify(
                    Sent(step=self._step, verb=delivery.verb, request_id=accepted.request_id)
                )
                return accepted

    async def _queue(self, busy: Conflict, pause: float) -> None:
        """Wait for our turn in an account that is busy with another write."""
        seconds = max(busy.retry_after or 0.0, pause) * (1 + self._jitter() / 10)
        if not await self._wait("the account, busy with another write", seconds):
            raise _End(Outcome.CONFLICT, fault_of(busy)) from busy

    async def _arrived(self, delivery: _Delivery, lost: ArmError, tries: int) -> bool:
        """After a lost answer: True when the write took effect, False when it may be sent again."""
        self._track.request_id = lost.request_id or self._track.request_id
        seconds = self._jitter() * min(self._pace.resend_cap, 2.0 ** (tries - 1))
        await self._wait("a look at what became of a write without an answer", seconds)
        try:
            now = await self._api.get_deployment(self._id)
        except (ArmError, CredentialError) as blind:
            raise _End(Outcome.UNKNOWN, fault_of(lost), note=f"could not look: {blind}") from lost
        if not delivery.wanted(now) or (now is not None and not now.settled):
            return True
        self._track.in_flight = ""
        if tries >= self._pace.attempts or self._clock.monotonic() >= self._deadline:
            raise _End(Outcome.FAILED, fault_of(lost), note="a look showed that it took no effect") from lost
        return False

    # -- follow ----------------------------------------------------------------------------------------

    async def _follow(self, accepted: Accepted | None) -> OperationState | None:
        """Wait for the operation's end; its failure is returned, for the deployment has the last word."""
        reference = accepted.operation if accepted else None
        delay = (accepted.retry_after if accepted else None) or self._pace.poll_first
        own = self._pace.poll_first
        while reference is not None:
            if not await self._wait("its operation", delay):
                self._overdue()
            state = await self._poll(reference)
            match state.status:
                case OperationStatus.SUCCEEDED | OperationStatus.UNREADABLE:
                    return None
                case OperationStatus.FAILED | OperationStatus.CANCELED:
                    return state
                case OperationStatus.RUNNING:
                    reference = state.next or reference
                    own = min(own * self._pace.poll_growth, self._pace.poll_cap)
                    delay = state.retry_after or own
                case _:
                    assert_never(state.status)
        return None

    async def _poll(self, reference: OperationRef) -> OperationState:
        try:
            return await self._api.poll(reference)
        except (Throttled, ArmUnreachable):
            return OperationState(status=OperationStatus.RUNNING)
        except (ArmError, CredentialError):
            return OperationState(status=OperationStatus.UNREADABLE)

    def _overdue(self) -> NoReturn:
        message = "ARM was still working on it when time was up; the next run looks and goes on from there"
        fault = Fault(code="OperationTimedOut", message=message, request_id=self._track.request_id)
        raise _End(Outcome.UNKNOWN, fault)

    # -- confirm ---------------------------------------------------------------------------------------

    async def _confirm(self, delivery: _Delivery, failure: OperationState | None) -> None:
        """Read back until the deployment is settled and as wanted; a read may lag a while behind."""
        patience = self._clock.monotonic() + self._pace.settle
        delay = self._pace.poll_floor
        while True:
            now = await self._read_back()
            missing = delivery.wanted(now)
            moving = now is not None and not now.settled
            if not missing and (now is None or _succeeded(now)):
                return
            if not moving:
                self._judge(now, missing, failure, overdue=self._clock.monotonic() >= patience)
            if not await self._wait("the deployment to settle", delay):
                self._overdue()
            delay = min(delay * self._pace.poll_growth, self._pace.poll_cap)

    async def _read_back(self) -> ObservedDeployment | None:
        try:
            return await self._api.get_deployment(self._id)
        except (ArmError, CredentialError) as blind:
            note = "sent, but it could not be read back"
            raise _End(Outcome.UNKNOWN, fault_of(blind), note=note) from blind

    def _judge(
        self,
        now: ObservedDeployment | None,
        missing: tuple[str, ...],
        failure: OperationState | None,
        *,
        overdue: bool,
    ) -> None:
        """End the step where a settled deployment cannot become as wanted any more."""
        if failure is not None:
            raise _End(Outcome.FAILED, self._fault(failure.code or failure.status.value, failure.message))
        if now is not None and not _succeeded(now):
            message = f"ARM settled it in state {now.provisioning_state}"
            raise _End(Outcome.FAILED, self._fault(f"provisioningState {now.provisioning_state}", message))
        if not overdue:
            return
        if now is None:
            message = f"ARM accepted it, yet {self._pace.settle:.0f} s later it was not there"
            raise _End(Outcome.UNKNOWN, self._fault("NotFoundAfterSuccess", message))
        message = f"ARM accepted it but did not apply {', '.join(missing)}"
        raise _End(Outcome.FAILED, self._fault("AcceptedNotApplied", message))

    def _fault(self, code: str, message: str) -> Fault:
        return Fault(
            code=code,
            message=message,
            request_id=self._track.request_id,
            advice=advice(code, message),
        )

    # -- waiting ---------------------------------------------------------------------------------------

    async def _wait(self, what: str, seconds: float) -> bool:
        """Sleep; False when the deadline leaves no time for it."""
        left = self._deadline - self._clock.monotonic()
        if left <= 0 or seconds > left:
            return False
        self._listener.notify(Waiting(step=self._step, what=what, seconds=seconds))
        await self._clock.sleep(seconds)
        return True


def _succeeded(now: ObservedDeployment) -> bool:
    return now.provisioning_state.lower() == "succeeded"


def _moved(action: Writing, now: ObservedDeployment | None) -> str:
    """How the deployment differs from what the plan saw; empty when it does not."""
    seen = None if isinstance(action, Create) else action.observed
    if seen is None:
        return "" if now is None else f"somebody created it since the plan{_when(now)}"
    if now is None:
        return "" if isinstance(action, Replace) else "somebody deleted it since the plan"
    paths = [change.path for change in body_changes(now, writable(seen))]
    paths += [change.path for change in body_changes(seen, writable(now)) if change.path not in paths]
    if not paths:
        return ""
    return f"{', '.join(paths)} changed since the plan{_when(now)}"


def _when(now: ObservedDeployment) -> str:
    return f" at {now.system.last_modified_at}" if now.system.last_modified_at else ""


def fault_of(problem: ReconcilerError) -> Fault:
    """What to report of an exception."""
    match problem:
        case ArmRejected():
            return Fault(
                code=problem.code,
                message=problem.message,
                status=problem.status,
                request_id=problem.request_id,
                advice=advice(problem.code, problem.message),
            )
        case OperationFailed():
            return Fault(
                code=problem.code,
                message=problem.message,
                request_id=problem.request_id,
                advice=advice(problem.code, problem.message),
            )
        case ArmError():
            return Fault(
                code=type(problem).__name__,
                message=str(problem),
                request_id=problem.request_id,
                advice=advice(type(problem).__name__, str(problem)),
            )
        case _:
            return Fault(code=type(problem).__name__, message=str(problem))
