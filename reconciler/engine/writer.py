"""Steps, one by one: which writes an action takes, and what becomes of a value that a null un-sets.

How one write gets to its confirmed end is `write.py`. Whether ARM drops a value that a PUT leaves out is not
known (contract with ARM, 2026-11-28), so it is read back: what is still there is asked for by an explicit
null, then by an empty text, each once, and the report says which of them worked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.clock import Clock
from reconciler.domain.deployment import DesiredDeployment, JsonObject, JsonValue
from reconciler.domain.fields import manifest_path
from reconciler.domain.json_values import Path, at, put
from reconciler.domain.state import ObservedDeployment
from reconciler.engine.outcome import ItemReport, Listener, Outcome, fault_of
from reconciler.engine.pace import Pace, Resends
from reconciler.engine.ports import DeploymentsApi
from reconciler.engine.step import (
    CutShort,
    StepContext,
    StepEnded,
    StepObserver,
    Track,
    Write,
    cut_short,
    succeeded,
)
from reconciler.engine.stop import Stop
from reconciler.engine.write import Delivery
from reconciler.errors import ArmError, CredentialError
from reconciler.plan.actions import Adopt, Create, Delete, Replace, Update, Wait
from reconciler.plan.body import nulls
from reconciler.plan.diff import body_changes
from reconciler.plan.pair import unanswered
from reconciler.plan.plan import Step

_NOT_THAT_FORM: Final = frozenset({400, 422})
"""The statuses of a body that ARM does not take; any other refusal is no word on the form of a value."""
_ASKED: Final[tuple[tuple[JsonValue, str], ...]] = ((None, "an explicit null"), ("", "an empty text"))


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

    async def carry_out(self, step: Step, track: Track, *, began: float, deadline: float) -> ItemReport:
        """Take `step` to its end, or to `deadline`; never raises an ArmError.

        Both times are in monotonic seconds; the report counts from when the step `began`.
        """
        here = StepContext(
            api=self.api,
            clock=self.clock,
            listener=self.listener,
            pace=self.pace,
            jitter=self.jitter,
            fleet=self.fleet,
            step=step,
            track=track,
            observer=StepObserver(step=step, track=track, listener=self.listener, stop=self.stop),
            resends=self.resends,
            deadline=min(deadline, self.clock.monotonic() + self.pace.operation_deadline),
        )
        outcome, fault, note = Outcome.SUCCEEDED, None, ""
        try:
            await _run(here)
        except StepEnded as ended:
            outcome, fault, note = ended.outcome, ended.fault, ended.note
        except CutShort:
            return cut_short(step, track, str(self.stop.why))
        except (ArmError, CredentialError) as problem:
            outcome, fault = Outcome.UNKNOWN if track.in_flight else Outcome.FAILED, fault_of(problem)
        half = ""  # what a step of several writes leaves behind when it ends between them
        if track.done and outcome is not Outcome.SUCCEEDED:
            half = f"its {track.done} was done before that; the next run goes on from there"
        return ItemReport(
            step=step,
            outcome=outcome,
            attempts=track.attempts,
            duration_ms=round((self.clock.monotonic() - began) * 1000),
            fault=fault,
            note="; ".join(filter(None, (*track.notes, note, half))),
        )


async def _run(here: StepContext) -> None:
    """Do what the action says; raises `StepEnded` where the way ends early."""
    action = here.step.action
    match action:
        case Create():
            await _to_the_declared(here, action.desired, action.body, None)
        case Adopt():
            await _to_the_declared(here, action.desired, action.body, action.observed)
        case Update():
            known: ObservedDeployment | None = action.observed
            for body in action.writes[:-1]:
                known = await Delivery(here, _put(here, action.desired, body, last=False), known).carry_out()
            await _to_the_declared(here, action.desired, action.body, known)
        case Replace():
            await Delivery(here, replace(_DELETE, last=False), action.observed).carry_out()
            await _to_the_declared(here, action.desired, action.body, None)
        case Delete():
            await Delivery(here, _DELETE, action.observed).carry_out()
        case Wait():
            await _wait_out(here, action)
        case _:
            raise TypeError(f"{action!r} writes nothing")


async def _wait_out(here: StepContext, action: Wait) -> None:
    """See somebody's operation to its end; nothing is written, whatever it leaves behind."""
    delay = here.pace.poll_first
    while True:
        now = await here.look()
        if now is None or now.settled:
            break
        if not here.pace.wait_for_operations:
            raise StepEnded(Outcome.UNKNOWN, note="its operation goes on; its end was not waited for")
        if not await here.wait(f"its operation ({now.provisioning_state})", delay):
            message = f"still {now.provisioning_state} when time was up; the next run goes on from there"
            raise StepEnded(Outcome.UNKNOWN, here.fault("OperationTimedOut", message))
        delay = here.longer(delay)
    missing = here.missing(action.desired, now)
    if now is None or not succeeded(now) or missing:
        found = "it is gone" if now is None else f"it ended in state {now.provisioning_state}"
        differs = f" and without {', '.join(missing)} as declared" if now is not None and missing else ""
        raise StepEnded(Outcome.STALE, here.fault("stale", f"{found}{differs}: plan again"))
    raise StepEnded(Outcome.SUCCEEDED, note="its operation has ended; nothing was written")


def _put(here: StepContext, desired: DesiredDeployment, body: JsonObject, *, last: bool = True) -> Write:
    def wanted(now: ObservedDeployment | None) -> tuple[str, ...]:
        if last or now is None:
            return here.missing(desired, now)
        return tuple(change.path for change in body_changes(now, body, forgetful=True))

    tenants = (desired.source_tenant,) if desired.source_tenant else ()
    return Write(
        body=body,
        source_tenants=tenants,
        tolerated=frozenset(map(manifest_path, nulls(desired))) if last else frozenset(),
        wanted=wanted,
        last=last,
    )


async def _to_the_declared(
    here: StepContext, desired: DesiredDeployment, body: JsonObject, known: ObservedDeployment | None
) -> None:
    """The last PUT of a step, and those that it takes to un-set what the manifest un-sets."""
    asked = _kept(here, desired, known)
    found = await Delivery(here, _put(here, desired, body), known).carry_out()
    kept, how = _kept(here, desired, found), "leaving it out"
    for value, form in _ASKED:
        if not kept:
            break
        how = form
        for path in kept:
            body = put(body, path, value)
        try:
            found = await Delivery(here, _put(here, desired, body), found).carry_out()
        except StepEnded as refused:
            if refused.fault is None or refused.fault.status not in _NOT_THAT_FORM:
                raise
            here.track.in_flight = ""
        kept = _kept(here, desired, found)
    if kept:
        resource = {} if found is None else found.resource
        values = ", ".join(f"{manifest_path(path)} ({at(resource, path)!r})" for path in kept)
        text = f"ARM keeps {values}, whether it is left out, null or empty"
        raise StepEnded(Outcome.FAILED, here.fault("NotUnset", text))
    if asked:
        here.track.notes.append(f"{', '.join(map(manifest_path, asked))}: un-set by {how}")
    if found is not None and (silent := unanswered(desired, found)):
        here.track.notes.append(f"ARM took {', '.join(silent)} and does not answer it")


def _kept(here: StepContext, desired: DesiredDeployment, now: ObservedDeployment | None) -> tuple[Path, ...]:
    """What the manifest un-sets and is there all the same."""
    if now is None:
        return ()
    missing = set(here.missing(desired, now))
    return tuple(path for path in nulls(desired) if manifest_path(path) in missing)


_DELETE = Write(wanted=lambda now: () if now is None else ("the delete",))
