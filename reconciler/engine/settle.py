"""The second half of a write: following its operation, and reading the deployment back.

An operation's end settles nothing: `Succeeded` may leave a field as it was, and `Failed` with a gateway
timeout is known to be followed by Succeeded minutes later. The deployment has the last word.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn, assert_never

from reconciler.domain.operation import Accepted, OperationState, OperationStatus
from reconciler.domain.state import ObservedDeployment
from reconciler.engine.fixes import after_failure
from reconciler.engine.outcome import Outcome, fault_of
from reconciler.engine.platform import tried
from reconciler.engine.step import StepContext, StepEnded, Write, succeeded
from reconciler.errors import ArmError, ArmUnreachable, CredentialError, NotFound, Throttled

# The gateway gave up waiting; the provider may have gone on.
_TIMED_OUT = frozenset({"gatewaytimeout", "servertimeout", "operationtimedout"})


async def follow(here: StepContext, accepted: Accepted | None) -> OperationState | None:
    """Wait for the operation's end; its failure is returned, for the deployment has the last word."""
    reference = accepted.operation if accepted else None
    asked = accepted.retry_after if accepted else None
    own = here.pace.poll_first
    while reference is not None:
        # ARM may ask for longer than there is time: the smaller of asked, cap and time left is waited.
        delay = min(asked or own, here.pace.asked_cap, max(here.left - here.pace.poll_floor, 0.0))
        if delay <= 0 or not await here.wait("its operation", delay):
            _overdue(here)
        state = await tried(here.api.poll(reference, observer=here.observer), _unpolled)
        match state.status:
            case OperationStatus.SUCCEEDED | OperationStatus.UNREADABLE:
                return None
            case OperationStatus.FAILED | OperationStatus.CANCELED:
                return state
            case OperationStatus.RUNNING:
                reference = state.next or reference
                own = here.longer(own)
                asked = state.retry_after
            case _:
                assert_never(state.status)
    return None


async def confirm(
    here: StepContext, write: Write, failure: OperationState | None
) -> ObservedDeployment | None:
    """What is read back once it is settled and as wanted; a read may lag a while behind."""
    patience = here.clock.monotonic() + here.pace.settle
    delay = here.pace.poll_floor
    while True:
        now = await _read_back(here, write, patient=here.clock.monotonic() < patience)
        missing = tuple(path for path in write.wanted(now) if path not in write.tolerated)
        if not missing and (now is None or succeeded(now)):
            return now
        overdue = here.clock.monotonic() >= patience
        # One that timed out is known to succeed a while later (F-056).
        may_recover = failure is not None and failure.code.lower() in _TIMED_OUT
        if (now is None or now.settled) and (overdue or not may_recover):
            _judge(here, now, missing, failure, overdue=overdue)
        if not await here.wait("the deployment to settle", delay):
            _overdue(here, now)
        delay = here.longer(delay)


def _judge(
    here: StepContext,
    now: ObservedDeployment | None,
    missing: tuple[str, ...],
    failure: OperationState | None,
    *,
    overdue: bool,
) -> None:
    """End the step where a settled deployment cannot become as wanted any more."""
    if failure is not None:
        fault = here.fault(failure.code or failure.status.value, failure.message)
        if now is not None and now.failed:
            fault = replace(fault, fix=after_failure(fault.fix))
        raise StepEnded(Outcome.FAILED, fault)
    if now is not None and not succeeded(now):
        message = f"ARM settled it in state {now.provisioning_state}"
        raise StepEnded(Outcome.FAILED, here.fault(f"provisioningState {now.provisioning_state}", message))
    if not overdue:
        return
    if now is None:
        message = f"ARM accepted it, yet {here.pace.settle:.0f} s later it was not there"
        raise StepEnded(Outcome.UNKNOWN, here.fault("NotFoundAfterSuccess", message))
    message = f"ARM accepted it but did not apply {', '.join(missing)}"
    raise StepEnded(Outcome.FAILED, here.fault("AcceptedNotApplied", message))


def _unpolled(problem: ArmError | CredentialError) -> OperationState:
    passing = isinstance(problem, Throttled | ArmUnreachable)
    return OperationState(status=OperationStatus.RUNNING if passing else OperationStatus.UNREADABLE)


# A delete is done when its very account is gone; a missing group may be a wrong tenant's view (F-027).
ACCOUNT_GONE = frozenset({"ResourceNotFound", "ParentResourceNotFound"})


async def _read_back(here: StepContext, write: Write, *, patient: bool) -> ObservedDeployment | None:
    try:
        return await here.look()
    except NotFound as missing:
        if write.body is None and missing.code in ACCOUNT_GONE:
            return None
        if write.body is not None and patient:  # a gateway may not know yet what another one has just taken
            return None
        note = "sent, but its account is not found"
        raise StepEnded(Outcome.UNKNOWN, fault_of(missing), note=note) from missing
    except (ArmError, CredentialError) as blind:
        raise StepEnded(
            Outcome.UNKNOWN, fault_of(blind), note="sent, but it could not be read back"
        ) from blind


def _overdue(here: StepContext, now: ObservedDeployment | None = None) -> NoReturn:
    state = f" (provisioningState {now.provisioning_state})" if now is not None else ""
    message = f"still running in ARM{state} when time was up; the next run goes on from there"
    raise StepEnded(Outcome.UNKNOWN, here.fault("OperationTimedOut", message))
