"""What a saved plan no longer fits, as ends of an apply: nothing was sent for it, and it says so itself."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.engine.fixes import fix_for
from reconciler.engine.outcome import Fault, ItemReport, Outcome
from reconciler.plan.plan import Plan
from reconciler.planfile.saved import Stale


def stale_items(plan: Plan, stale: Iterable[Stale]) -> tuple[ItemReport, ...]:
    """One end per moved deployment, in the place that `plan` has for it."""
    messages = {item.id: item.message for item in stale}
    return tuple(
        ItemReport(
            step=step,
            outcome=Outcome.STALE,
            fault=Fault(code="stale", message=message, fix=fix_for("stale", message)),
        )
        for step in plan.steps
        if (message := messages.get(step.action.id))
    )
