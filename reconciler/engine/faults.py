"""What to report of an exception: ARM's own words, and our fix beside them."""

from __future__ import annotations

from reconciler.engine.fixes import fix_for
from reconciler.engine.outcome import Fault
from reconciler.errors import ArmError, ArmRejected, ReconcilerError


def fault_of(problem: ReconcilerError) -> Fault:
    """What to report of an exception."""
    match problem:
        case ArmRejected():
            return Fault(
                code=problem.code,
                message=problem.message,
                status=problem.status,
                request_id=problem.request_id,
                fix=fix_for(problem.code, problem.message),
            )
        case ArmError():
            return Fault(
                code=type(problem).__name__,
                message=str(problem),
                request_id=problem.request_id,
                fix=fix_for(type(problem).__name__, str(problem)),
            )
        case _:
            return Fault(code=type(problem).__name__, message=str(problem))
