"""Carrying one step to its end. Each of its writes goes round this loop until its end is read back.

::

    look ──as wanted──────────────────────────────────────▶ succeeded
     ▲ │ ├─not what this run saw or did last──────────────▶ stale
     │ │ └─somebody's operation going on──▶ wait, look
     │ ▼  (at most 2 s, else look)
     │ send ──no longer as it was looked at (412)─────────▶ stale
     │  │ ├──refused──────────────────────────────────────▶ failed
     ├──┼─┼──throttled, or a token renewed: nothing was done
     ├──┼─┼──busy account: wait (until the deadline: conflict)
     └──┼─┴──no answer: the look shows what became of it (cannot look: unknown)
        ▼
    follow ──operation ends, or cannot be read──▶ confirm
        │ └──deadline─────────────────────────────────────▶ unknown
        ▼
    confirm ──fields as wanted and Succeeded──────────────▶ succeeded
        ├──Failed, or fields not taken over───────────────▶ failed
        └──cannot be read back────────────────────────────▶ unknown

No write is sent without a look right before it, whatever was in between (interface, promise P1). 200, 201 and
an operation's Succeeded settle nothing: only the read at the end does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from reconciler.domain.operation import Accepted, Deferred
from reconciler.domain.state import ObservedDeployment
from reconciler.engine.changes import foreign_work, moved, when
from reconciler.engine.outcome import Outcome, Sent, fault_of
from reconciler.engine.platform import tried
from reconciler.engine.settle import ACCOUNT_GONE, confirm, follow
from reconciler.engine.step import StepContext, StepEnded, Write, succeeded
from reconciler.errors import (
    ArmContractBroken,
    ArmError,
    ArmRejected,
    ArmUnreachable,
    Conflict,
    CredentialError,
    NotFound,
)
from reconciler.plan.actions import Adopt, Create, Replace, Update


class _Next(Enum):
    """What a look leads to; the other end, stale, is raised."""

    SEND = auto()
    WAIT = auto()
    DONE = auto()


@dataclass(slots=True)
class Delivery:
    """One write, from the first look to its confirmed end. `known` is what this run saw or did last."""

    here: StepContext
    write: Write
    known: ObservedDeployment | None
    lost: ArmError | None = None
    """The latest loss of an answer, as long as no look has shown that it took no effect."""
    losses: int = 0
    deferrals: int = 0

    async def carry_out(self) -> ObservedDeployment | None:
        """The deployment as it was read back; raises StepEnded where it did not come to that."""
        here, track = self.here, self.here.track
        accepted = await self._accepted()
        followed = here.pace.wait_for_operations or not self.write.last
        if accepted is not None and accepted.operation is not None and not followed:
            raise StepEnded(Outcome.UNKNOWN, note="accepted; its end was not waited for")
        failure = await follow(here, accepted)
        found = await confirm(here, self.write, failure)
        track.in_flight = ""
        track.done = self.write.verb
        return found

    async def _accepted(self) -> Accepted | None:
        """Look and send until ARM took it; None where a look showed that there is nothing left to send."""
        here, track = self.here, self.here.track
        pause, delay = here.pace.conflict_first, here.pace.poll_first
        while True:
            answer, state = await self._one_turn()
            match answer:
                case _Next.DONE:
                    return None
                case _Next.WAIT:
                    await self._others_work(state, delay)
                    delay = here.longer(delay)
                case Accepted():
                    track.attempts += 1
                    here.resends.earn()
                    track.request_id = answer.request_id
                    track.notes += [answer.warning] if answer.warning else []
                    here.listener.notify(
                        Sent(step=here.step, verb=self.write.verb, request_id=answer.request_id)
                    )
                    return answer
                case Deferred():
                    self._deferred(answer)
                case Conflict():
                    await self._queue(answer, pause)
                    pause = min(pause * 2, here.pace.conflict_cap)
                case ArmUnreachable() | ArmContractBroken():
                    await self._lost(answer)
                case ArmRejected() | CredentialError():
                    track.attempts += 1
                    if isinstance(answer, NotFound) and await self._gone():
                        return None
                    track.in_flight = ""
                    raise self._refused(answer) from answer
                case ArmError():
                    raise answer

    async def _one_turn(self) -> tuple[_Next | Accepted | Deferred | ArmError | CredentialError, str]:
        """What came of the write where the look allows one, else what to do; with the state that it saw."""
        here, write = self.here, self.write
        turn = here.api.turn(
            here.id,
            write.verb,
            observer=here.observer,
            source_tenants=write.source_tenants,
            attempt=self.deferrals + 1,
        )
        try:
            async with turn as mine:
                now = mine.observed
                answer: _Next | Accepted | Deferred | ArmError | CredentialError = self._judged(now)
                if answer is _Next.SEND:
                    sent = mine.delete() if write.body is None else mine.put(write.body)
                    answer = await tried(sent, lambda problem: problem)
        except (ArmError, CredentialError) as blind:
            if self.lost is None:
                raise
            note = f"could not look: {blind}"
            raise StepEnded(Outcome.UNKNOWN, fault_of(self.lost), note) from blind
        return answer, "" if now is None else now.provisioning_state

    # -- what a look means ---------------------------------------------------------------------------------

    def _judged(self, now: ObservedDeployment | None) -> _Next:
        if self.lost is not None:
            return self._after_loss(now, self.lost)
        if now is not None and not now.settled:
            return _Next.WAIT
        if not self.here.track.done and _is_done(self.here, now):
            raise StepEnded(Outcome.SUCCEEDED, note="already as declared")
        if not self.write.wanted(now) and (now is None or succeeded(now)):
            return _Next.DONE
        if how := moved(now, self.known):
            since = "this run's last write" if self.here.track.done else "the plan"
            raise self._stale(f"{how} since {since}{when(now)}")
        return _Next.SEND

    def _after_loss(self, now: ObservedDeployment | None, lost: ArmError) -> _Next:
        """Whether a write without an answer took effect; never over what somebody else did meanwhile."""
        here = self.here
        if self.write.body is None and now is not None and now.deleting:
            return _Next.DONE
        if how := foreign_work(now, self.known, self.write):
            raise self._stale(f"{how} while a write of this run had no answer{when(now)}")
        if not self.write.wanted(now):
            return _Next.DONE
        if now is not None and not now.settled:
            return _Next.WAIT
        here.track.in_flight = ""
        if self.losses >= here.pace.attempts or here.left <= 0:
            raise StepEnded(Outcome.FAILED, fault_of(lost), note="a look showed that it took no effect")
        if not here.resends.spend():
            note = "a look showed that it took no effect; this run has sent enough writes again"
            raise StepEnded(Outcome.FAILED, fault_of(lost), note=note)
        self.lost = None
        return _Next.SEND

    def _stale(self, message: str) -> StepEnded:
        self.here.track.in_flight = ""
        return StepEnded(Outcome.STALE, self.here.fault("stale", message))

    # -- what an answer means ------------------------------------------------------------------------------

    async def _others_work(self, state: str, delay: float) -> None:
        """Wait for an operation that is not known to be ours; ends the step when time is up."""
        here = self.here
        if await here.wait(f"another operation ({state})", delay):
            return
        if self.lost is not None:
            message = f"still {state} when time was up; whether by this run's write is not known"
            raise StepEnded(Outcome.UNKNOWN, here.fault("OperationTimedOut", message))
        message = f"still {state} by somebody else's operation when time was up"
        outcome = Outcome.FAILED if here.track.done else Outcome.CONFLICT
        raise StepEnded(outcome, here.fault("in-progress", message))

    def _deferred(self, answer: Deferred) -> None:
        """Nothing was done: the next turn waits as long as it has to, and looks."""
        here = self.here
        here.track.in_flight = ""
        if answer.error is None and here.left > 0:
            return
        self.deferrals += 1
        if answer.error is None or self.deferrals >= here.pace.attempts:
            fault = here.fault("deferred", f"not sent in time: it waits for {answer.why}")
            raise StepEnded(Outcome.FAILED, fault if answer.error is None else fault_of(answer.error))

    async def _queue(self, busy: Conflict, pause: float) -> None:
        """Wait for our turn in a busy account."""
        here = self.here
        here.track.in_flight = ""
        asked = min(busy.retry_after or pause, here.pace.asked_cap)
        seconds = max(asked, pause) * (1 + here.jitter() / 10)
        if not await here.wait("the account, busy with another write", seconds):
            outcome = Outcome.FAILED if here.track.done else Outcome.CONFLICT
            raise StepEnded(outcome, fault_of(busy)) from busy

    async def _lost(self, error: ArmError) -> None:
        """Give a write without an answer a moment, before the look at what became of it."""
        here = self.here
        self.lost = error
        self.losses += 1
        here.track.attempts += 1
        here.track.request_id = error.request_id or here.track.request_id
        seconds = here.jitter() * min(here.pace.resend_cap, 2.0 ** (self.losses - 1))
        await here.wait("a look at what became of a write without an answer", seconds)

    async def _gone(self) -> bool:
        """Whether a DELETE that was answered 404 found nothing to delete."""
        if self.write.body is not None:
            return False
        try:
            return await self.here.look() is None
        except NotFound as missing:
            return missing.code in ACCOUNT_GONE

    def _refused(self, refused: ArmRejected | CredentialError) -> StepEnded:
        if isinstance(refused, ArmRejected) and refused.status == 412:
            return self._stale("it changed between the look and the write; ARM refused our write")
        return StepEnded(Outcome.FAILED, fault_of(refused))


def _is_done(here: StepContext, now: ObservedDeployment | None) -> bool:
    """Whether the whole step has nothing left to do."""
    action = here.step.action
    if isinstance(action, Create | Adopt | Update | Replace):
        return now is not None and succeeded(now) and not here.missing(action.desired, now)
    return now is None
