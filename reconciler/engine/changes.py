"""What somebody else did to a deployment, by what this run saw or did last.

Rule of this module: every writable field counts, also those that no manifest declares: the body of a PUT is
whole, and would take them back.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.domain.fields import BY_PATH
from reconciler.domain.state import ObservedDeployment
from reconciler.engine.step import Write
from reconciler.plan.actions import FieldChange
from reconciler.plan.body import writable
from reconciler.plan.diff import body_changes


def moved(now: ObservedDeployment | None, known: ObservedDeployment | None) -> str:
    """How the deployment differs from what this run knows of it; empty where it does not."""
    if known is None:
        return "" if now is None else "somebody created it"
    if now is None:
        return "somebody deleted it"
    paths = _differences(now, known)
    return f"{', '.join(paths)} changed" if paths else ""


def _differences(now: ObservedDeployment, known: ObservedDeployment) -> list[str]:
    """The writable fields in which two observations differ."""
    paths = [change.path for change in body_changes(now, writable(known))]
    return paths + [change.path for change in body_changes(known, writable(now)) if change.path not in paths]


def when(now: ObservedDeployment | None) -> str:
    """ARM's own time of the latest change, as the end of a sentence."""
    at = now.system.last_modified_at if now is not None else None
    return f" at {at}" if at else ""


def foreign_work(now: ObservedDeployment | None, known: ObservedDeployment | None, write: Write) -> str:
    """How a deployment is neither as it was nor as a write without an answer wants it.

    Empty where nobody else can have been at work: it is one of the two, field by field.
    """
    if write.body is None:
        return "" if now is None else moved(now, known)
    if now is None:
        return "" if known is None else moved(now, known)
    unsent = {change.path for change in body_changes(now, write.body) if not _unanswered(change)}
    if known is not None:
        if write.wanted(now):  # what ARM fills in by itself proves nothing once the write arrived
            sent = replace(now, resource=write.body)
            unsent |= {change.path for change in body_changes(sent, writable(now))}
        unsent &= set(_differences(now, known))
    return f"{', '.join(sorted(unsent))} changed" if unsent else ""


def _unanswered(change: FieldChange) -> bool:
    """Whether ARM may have taken the field and keep it to itself: its absence proves nothing."""
    name, _, _ = change.path.partition(".")
    field = BY_PATH.get(name)
    promised = name in {"tags", "model", "sku"} or (field is not None and field.returned)
    return change.before is None and not promised
