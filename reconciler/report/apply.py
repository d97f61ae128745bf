"""What became of an apply: every step with its end, and what to do about those that did not succeed."""

from __future__ import annotations

from reconciler.domain.deployment import JsonValue
from reconciler.engine.outcome import ApplyReport, Fault, ItemReport, Outcome
from reconciler.plan.actions import kind_of
from reconciler.plan.codec import action_json
from reconciler.report.style import Style, inert

_SIGN = {
    Outcome.SUCCEEDED: ("ok", "green"),
    Outcome.FAILED: ("failed", "red"),
    Outcome.SKIPPED: ("skipped", "yellow"),
    Outcome.UNKNOWN: ("unknown", "red"),
    Outcome.CONFLICT: ("conflict", "red"),
    Outcome.STALE: ("stale", "yellow"),
}


def render_text(report: ApplyReport, *, style: Style) -> str:
    """One line per step that succeeded, a paragraph per step that did not, then the counts."""
    lines: list[str] = []
    for item in report.items:
        lines += _item_lines(item, style)
    if report.interrupted:
        lines.append(f"Stopped: {inert(report.interrupted)}. What is unknown may still be going on in ARM.")
    lines.append(style.paint(summary(report), "green" if report.succeeded else "red", "bold"))
    if not report.succeeded:
        lines.append(
            "Run it again when the causes are mended: it looks first, and goes on from what is there."
        )
    return "\n".join(lines) + "\n"


def summary(report: ApplyReport) -> str:
    """One line that counts every outcome that occurred."""
    counts = [f"{report.count(outcome)} {outcome.value}" for outcome in Outcome if report.count(outcome)]
    blocked = len(report.plan.blocked)
    if blocked:
        counts.append(f"{blocked} blocked")
    return f"Apply: {', '.join(counts) or 'nothing to do'}."


def to_json(report: ApplyReport) -> dict[str, JsonValue]:
    """The plan's actions with how each ended; what writes nothing has no outcome."""
    ended = {item.step.action.id: item for item in report.items}
    actions: list[JsonValue] = []
    for step in report.plan.steps:
        document = action_json(step)
        item = ended.get(step.action.id)
        if item is not None:
            document.update(_item_json(item))
        elif step.order:
            document["outcome"] = Outcome.SKIPPED.value
        actions.append(document)
    plan = report.plan
    return {
        "fleet": plan.fleet,
        "cloud": plan.cloud,
        "succeeded": report.succeeded and not plan.refusals,
        "interrupted": report.interrupted,
        "summary": {outcome.value: report.count(outcome) for outcome in Outcome}
        | {"blocked": len(plan.blocked)},
        "actions": actions,
        "refusals": [
            {"code": refusal.code, "message": refusal.message, "lift": refusal.lift}
            for refusal in plan.refusals
        ],
        "fingerprint": plan.fingerprint,
    }


def _item_lines(item: ItemReport, style: Style) -> list[str]:
    word, colour = _SIGN[item.outcome]
    name = f"{inert(item.step.action.id.account.name)}/{inert(item.step.action.id.name)}"
    took = f"  {item.duration_ms / 1000:.1f} s" if item.duration_ms else ""
    lines = [f"{style.paint(f'{word:>9}', colour)}  {kind_of(item.step.action)} {name}{took}"]
    indent = " " * 11
    if item.note:
        lines.append(f"{indent}{inert(item.note)}")
    if item.fault is not None:
        lines += [f"{indent}{line}" for line in _fault_lines(item.fault)]
    return lines


def _fault_lines(fault: Fault) -> list[str]:
    status = f"{fault.status} " if fault.status else ""
    lines = [f"{status}{inert(fault.code)}: {inert(fault.message)}"]
    if fault.request_id:
        lines.append(f"request {inert(fault.request_id)}")
    if fault.advice:
        lines.append(f"advice: {inert(fault.advice)}")
    return lines


def _item_json(item: ItemReport) -> dict[str, JsonValue]:
    fault = item.fault
    error: JsonValue = None
    if fault is not None:
        error = {
            "status": fault.status,
            "code": fault.code,
            "message": fault.message,
            "requestId": fault.request_id,
            "advice": fault.advice,
        }
    return {
        "outcome": item.outcome.value,
        "attempts": item.attempts,
        "durationMs": item.duration_ms,
        "note": item.note,
        "error": error,
    }
