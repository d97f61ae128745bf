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

from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.clock import Clock
from reconciler.domain.deployment import DesiredDeployment, JsonObject
from reconciler.domain.operation import Accepted
from reconciler.domain.state import ObservedDeployment
from reconciler.engine.faults import fault_of
from reconciler.engine.outcome import ItemReport, Listener, Outcome, Sent
from reconciler.engine.pace import Pace, Resends
from reconciler.engine.ports import DeploymentsApi
from reconciler.engine.settle import confirm, follow
from reconciler.engine.stop import Stop
from reconciler.engine.under_way import (
    AtTheDoor,
    CutShort,
    Delivery,
    StepEnd,
    Track,
    UnderWay,
    cut_short,
    succeeded,
)
from reconciler.errors import (
    ArmContractBroken,
    ArmError,
    ArmRejected,
    ArmUnreachable,
    Conflict,
    CredentialError,
)
from reconciler.plan.actions import Adopt, Create, Delete, Replace, Update, Writing
from reconciler.plan.body import writable
from reconciler.plan.diff import body_changes
from reconciler.plan.plan import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Carries out steps, one at a time per account; the caller sees to that."""

    api: DeploymentsApi
    clock: Clock
    listener: Listener
    pace: Pace
    fleet: str
    stop: Stop
    jitter: Callable[[], float]
    resends: Resends = field(default_factory=Resends)

    async def carry_out(self, step: Step, track: Track, *, deadline: float) -> ItemReport:
        """Take `step` to its end, or to `deadline` (monotonic seconds). Never raises an ArmError."""
        started = self.clock.monotonic()
        door = AtTheDoor(step=step, track=track, listener=self.listener, stop=self.stop)
        here = UnderWay(
            api=self.api.telling(door),
            clock=self.clock,
            listener=self.listener,
            pace=self.pace,
            jitter=self.jitter,
            fleet=self.fleet,
            step=step,
            track=track,
            resends=self.resends,
            deadline=min(deadline, started + self.pace.operation_deadline),
        )
        try:
            await _run(here)
            end = StepEnd(Outcome.SUCCEEDED)
        except StepEnd as reached:
            end = reached
        except CutShort:
            return cut_short(step, track, str(self.stop.why))
        except (ArmError, CredentialError) as problem:
            outcome = Outcome.UNKNOWN if track.in_flight else Outcome.FAILED
            end = StepEnd(outcome, fault_of(problem))
        return ItemReport(
            step=step,
            outcome=end.outcome,
            attempts=track.attempts,
            duration_ms=round((self.clock.monotonic() - started) * 1000),
            fault=end.fault,
            note="; ".join(filter(None, (*track.warnings, end.note, _half(track, end)))),
        )


def _half(track: Track, end: StepEnd) -> str:
    """What a step of several writes leaves behind when it ends between them."""
    if end.outcome is Outcome.SUCCEEDED or not track.done:
        return ""
    return f"its {track.done} was done before that; the next run goes on from there"


async def _run(here: UnderWay) -> None:
    """Do what the action says; raises `StepEnd` where the way ends early."""
    action = here.step.action
    match action:
        case Create() | Adopt():
            await _begin(here, action)
            await _write(here, _put(here, action.desired, action.body, last=True))
        case Update():
            await _begin(here, action)
            for body in action.writes:
                await _write(here, _put(here, action.desired, body, last=body is action.writes[-1]))
        case Replace():
            if await _begin(here, action) is not None:
                await _write(here, _delete(here))
            await _write(here, _put(here, action.desired, action.body, last=True))
        case Delete():
            await _begin(here, action)
            await _write(here, _delete(here))
        case _:
            raise TypeError(f"{action!r} writes nothing")


# -- look ----------------------------------------------------------------------------------------------


async def _begin(here: UnderWay, action: Writing) -> ObservedDeployment | None:
    """Look once more before the first write; ends the step where there is nothing left to write."""
    now = await _settled_look(here)
    if _is_done(here, action, now):
        raise StepEnd(Outcome.SUCCEEDED, note="already as declared")
    _refuse_if_moved(here, action, now)
    return now


def _is_done(here: UnderWay, action: Writing, now: ObservedDeployment | None) -> bool:
    if isinstance(action, Delete):
        return now is None
    return now is not None and succeeded(now) and not here.missing(action.desired, now)


def _refuse_if_moved(here: UnderWay, action: Writing, now: ObservedDeployment | None) -> None:
    moved = _moved(action, now)
    if moved:
        raise StepEnd(Outcome.STALE, here.fault("stale", moved))


async def _settled_look(here: UnderWay) -> ObservedDeployment | None:
    """The deployment once nobody's operation is going on in it."""
    delay = here.pace.poll_first
    while True:
        now = await here.api.get_deployment(here.id)
        if now is None or now.settled:
            return now
        if not await here.wait(f"another operation ({now.provisioning_state})", delay):
            message = f"still {now.provisioning_state} by somebody else's operation when time was up"
            raise StepEnd(Outcome.CONFLICT, here.fault("in-progress", message))
        delay = here.longer(delay)


# -- send ----------------------------------------------------------------------------------------------


def _put(here: UnderWay, desired: DesiredDeployment, body: JsonObject, *, last: bool) -> Delivery:
    tenants = (desired.source_tenant,) if desired.source_tenant else ()

    async def send() -> Accepted:
        return await here.api.put_deployment(here.id, body, source_tenants=tenants)

    def wanted(now: ObservedDeployment | None) -> tuple[str, ...]:
        if last or now is None:
            return here.missing(desired, now)
        return tuple(change.path for change in body_changes(now, body))

    return Delivery(verb="PUT", send=send, wanted=wanted)


def _delete(here: UnderWay) -> Delivery:
    def wanted(now: ObservedDeployment | None) -> tuple[str, ...]:
        return () if now is None else ("the delete",)

    return Delivery(verb="DELETE", send=lambda: here.api.delete_deployment(here.id), wanted=wanted)


async def _write(here: UnderWay, delivery: Delivery) -> None:
    """One write to its confirmed end."""
    accepted = await _send(here, delivery)
    here.track.begun = True
    if accepted is not None and not here.pace.wait_for_operations and accepted.operation is not None:
        raise StepEnd(Outcome.UNKNOWN, note="accepted; its end was not waited for")
    failure = await follow(here, accepted)
    await confirm(here, delivery, failure)
    here.track.in_flight = ""
    here.track.done = delivery.verb


async def _send(here: UnderWay, delivery: Delivery) -> Accepted | None:
    """Send until ARM took it or refused it; None when a look showed that a lost write had arrived."""
    track, pause, tries = here.track, here.pace.conflict_first, 0
    while True:
        try:
            accepted = await delivery.send()
        except Conflict as busy:
            track.in_flight = ""
            if await _after_queue(here, delivery, busy, pause):
                return None
            pause = min(pause * 2, here.pace.conflict_cap)
        except (ArmUnreachable, ArmContractBroken) as lost:
            tries += 1
            track.attempts += 1
            if await _arrived(here, delivery, lost, tries):
                return None
        except (ArmRejected, CredentialError) as refused:
            track.attempts += 1
            track.in_flight = ""
            raise StepEnd(_refusal(refused, track), fault_of(refused)) from refused
        else:
            track.attempts += 1
            here.resends.earn()
            track.request_id = accepted.request_id
            track.warnings += [accepted.warning] if accepted.warning else []
            here.listener.notify(Sent(step=here.step, verb=delivery.verb, request_id=accepted.request_id))
            return accepted


def _refusal(refused: ArmRejected | CredentialError, track: Track) -> Outcome:
    """412 says that the deployment is no longer what we saw (F-035); anything else is a failure."""
    moved = isinstance(refused, ArmRejected) and refused.status == 412 and not track.done
    return Outcome.STALE if moved else Outcome.FAILED


async def _after_queue(here: UnderWay, delivery: Delivery, busy: Conflict, pause: float) -> bool:
    """Wait for our turn in a busy account, then look: True when there is nothing left to send."""
    seconds = max(busy.retry_after or pause, pause) * (1 + here.jitter() / 10)
    if not await here.wait("the account, busy with another write", seconds):
        outcome = Outcome.FAILED if here.track.done else Outcome.CONFLICT
        raise StepEnd(outcome, fault_of(busy)) from busy
    now = await _settled_look(here)
    if not delivery.wanted(now):
        return True
    action = here.step.action
    if not here.track.begun and isinstance(action, Create | Update | Replace | Delete | Adopt):
        _refuse_if_moved(here, action, now)
    return False


async def _arrived(here: UnderWay, delivery: Delivery, lost: ArmError, tries: int) -> bool:
    """After a lost answer: True when the write took effect, False when it may be sent again."""
    here.track.request_id = lost.request_id or here.track.request_id
    seconds = here.jitter() * min(here.pace.resend_cap, 2.0 ** (tries - 1))
    await here.wait("a look at what became of a write without an answer", seconds)
    try:
        now = await here.api.get_deployment(here.id)
    except (ArmError, CredentialError) as blind:
        raise StepEnd(Outcome.UNKNOWN, fault_of(lost), note=f"could not look: {blind}") from lost
    if not delivery.wanted(now) or (now is not None and not now.settled):
        return True
    here.track.in_flight = ""
    if tries >= here.pace.attempts or here.clock.monotonic() >= here.deadline:
        raise StepEnd(Outcome.FAILED, fault_of(lost), note="a look showed that it took no effect") from lost
    if not here.resends.spend():
        note = "a look showed that it took no effect; this run has sent enough writes again"
        raise StepEnd(Outcome.FAILED, fault_of(lost), note=note) from lost
    return False


def _moved(action: Writing, now: ObservedDeployment | None) -> str:
    """How the deployment differs from what the plan saw; empty when it does not."""
    seen = action.observed if not isinstance(action, Create) else None
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
