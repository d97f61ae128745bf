"""What became of an apply: each step with its end, and for those that did not succeed why and what now.

Rule of this module: ARM's own code and message stand as they came; our fix stands behind them and is
called fix. What is stale needs none: what to do about it is said once, below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from reconciler.diagnostics import counted
from reconciler.domain.deployment import JsonValue
from reconciler.engine.outcome import ApplyReport, Fault, ItemReport, Outcome
from reconciler.engine.stop import Cause
from reconciler.plan.actions import Blocked, Keep
from reconciler.plan.plan import Plan, Step
from reconciler.report.blocks import kinds_of
from reconciler.report.layout import broken, clauses, listed, seconds, stacked
from reconciler.report.palette import ACTIONS, OUTCOMES
from reconciler.report.steps import NO_ALIAS, Alias, account_line, account_name, grouped
from reconciler.report.style import Style

if TYPE_CHECKING:
    from reconciler.planfile.documents import EndedDocument

MEANINGS: Final[Mapping[Outcome, tuple[str, str]]] = {
    Outcome.SUCCEEDED: ("The deployment was read again after the write and is as declared.", ""),
    Outcome.UNKNOWN: (
        "It was sent, and ARM may still be working on it.",
        "Run apply again: it looks before it writes, so nothing is done twice.",
    ),
    Outcome.STALE: ("Somebody changed it after the plan was made, so nothing was sent.", "Plan again."),
    Outcome.CONFLICT: ("Its account stayed busy with somebody else's write.", "Run apply again later."),
    Outcome.FAILED: (
        "The write was refused by ARM, or its operation failed.",
        "Fix the cause and run apply again; it goes on from what is there.",
    ),
    Outcome.SKIPPED: ("Nothing was sent for it.", "The next apply takes it up again."),
}
"""What each outcome means and what to do about it."""


def render_text(
    report: ApplyReport, *, style: Style, alias_of: Alias = NO_ALIAS, verbose: bool = False
) -> str:
    """Grouped by account like the plan; the last line counts the outcomes.

    Accounts in which everything succeeded take a line each, unless `verbose`.
    """
    parts: list[str] = []
    short: list[str] = []
    for group in grouped(report.items, lambda item: item.step.action.id.account.key):
        items = sorted(group, key=lambda item: (item.step.order == 0, item.step.order))
        steps = [each.step for each in items]
        plain = all(
            each.outcome is Outcome.SUCCEEDED and not each.note and each.fault is None for each in items
        )
        if plain and len(items) > 1 and not verbose:
            name = account_name(steps[0].action.id.account, style, alias_of)
            line = f"{name}  {kinds_of(steps)} succeeded"
            short += [style.paint(each, "green") for each in broken(line, style.width, hanging="    ")]
        else:
            parts.append("\n".join([*account_line(steps, style, alias_of), *_account(items, style)]))
    parts[:0] = ["\n".join(short)] if short else []
    words = list(_interruption(report, style))
    for outcome, (meaning, fix) in MEANINGS.items():
        if fix and report.count(outcome):
            text = f"{outcome.value.capitalize()}: {meaning[0].lower()}{meaning[1:]} {fix}"
            words += style.paragraph(text, hanging="  ")
    if words:
        parts.append("\n".join(words))
    colour = "green" if report.succeeded else "red"
    last = clauses(summary(report), width=style.width)
    parts.append("\n".join(style.paint(line, "bold", colour) for line in last))
    return "\n\n".join(parts) + "\n"


def summary(report: ApplyReport) -> str:
    """One line that counts the outcomes that occurred, and what kept a run from writing anything."""
    plan, blocked = report.plan, [f"{len(report.blocked)} blocked"] if report.blocked else []
    reasons = [f"refused by {listed([refusal.code for refusal in plan.refusals])}"] if plan.refusals else []
    reasons += blocked
    reasons += [f"{counted(len(plan.unread), 'account')} could not be read"] if plan.unread else []
    if reasons and not report.items:
        return f"Apply: nothing written, {', '.join(reasons)}."
    counts = [f"{report.count(outcome)} {outcome.value}" for outcome in Outcome if report.count(outcome)]
    return f"Apply: {', '.join(counts + blocked) or 'nothing was to be written'}."


def to_json(report: ApplyReport) -> dict[str, JsonValue]:
    """The plan's actions with how each ended.

    What was not started, for whatever reason, is `skipped`, with that reason as its error. A `none`
    is as declared without a write: `succeeded` after no attempt. `summary` leaves those out.
    """
    from reconciler.planfile.codec import part_document
    from reconciler.planfile.documents import FORMAT_VERSION, ApplyDocument

    plan = report.plan
    ended = {item.step.action.id: item for item in report.items}
    actions = [_action(step, ended.get(step.action.id), plan) for step in plan.steps]
    outcomes = [action.outcome for action in actions if action.action != "none"]
    return ApplyDocument.from_value(
        plan,
        format_version=FORMAT_VERSION,
        succeeded=report.succeeded and not plan.refusals,
        interrupted=None if report.interrupted is None else report.interrupted.cause.value,
        summary={
            **{outcome.value: outcomes.count(outcome.value) for outcome in Outcome},
            "none": len(actions) - len(outcomes),
            "blocked": len(report.blocked),
        },
        actions=tuple(actions),
        **({} if plan.part is None else {"shard": part_document(plan.part)}),
    ).to_json()


# -- text ----------------------------------------------------------------------------------------------


def _account(items: Sequence[ItemReport], style: Style) -> Iterator[str]:
    rows = []
    for item in items:
        action = item.step.action
        name, outcome = f"{action.kind} {style.show(action.id.name)}", item.outcome.value
        took = seconds(item.duration_ms) if item.duration_ms else ""
        tries = f"{counted(item.attempts, 'write')} sent" if item.attempts > 1 else ""
        rows.append((f"{ACTIONS[action.kind].sign:<3}", name, outcome, took, tries))
    heads = stacked(rows, width=style.width, first=2, right={3}, indent="  ")
    for item, head in zip(items, heads, strict=True):
        yield from (style.paint(line, OUTCOMES[item.outcome].text) for line in head)
        yield from _details(item, style)


def _details(item: ItemReport, style: Style) -> Iterator[str]:
    fault = item.fault
    if fault is not None:
        status = f"{fault.status} " if fault.status else ""
        text = style.show(f"{status}{fault.code}: {fault.message}")
        yield from style.paragraph(text, indent="      ", hanging="        ")
        if fault.request_id:
            yield f"      request id: {style.show(fault.request_id)}"
        if fault.fix and item.outcome is not Outcome.STALE:
            fix = f"fix: {style.show(fault.fix)}"
            yield from style.paragraph(fix, indent="      ", hanging="        ")
    if item.note:
        yield from style.paragraph(style.show(item.note), indent="      ")


def _interruption(report: ApplyReport, style: Style) -> Iterator[str]:
    """After a signal: what is done, what may still be running, what was not started."""
    why = report.interrupted
    if why is None:
        return
    running = []
    for item in (each for each in report.items if each.outcome is Outcome.UNKNOWN):
        name = f"{style.show(item.step.action.id.account.name)}/{style.show(item.step.action.id.name)}"
        request = item.fault.request_id if item.fault else None
        running.append(f"{name} (request id {style.show(request)})" if request else name)
    verb = "Stopped by" if why.cause is Cause.TIME_LIMIT else "Interrupted by"
    text = f"{verb} {style.show(str(why))}: {report.count(Outcome.SUCCEEDED)} done, "
    text += f"{len(running)} may still be running{': ' if running else ''}{listed(running, most=20)}"
    text += f", {report.count(Outcome.SKIPPED)} not started."
    yield from (style.paint(line, "bold") for line in style.paragraph(text, hanging="  "))


# -- JSON ----------------------------------------------------------------------------------------------


def _action(step: Step, item: ItemReport | None, plan: Plan) -> EndedDocument:
    from reconciler.planfile.codec import action_fields
    from reconciler.planfile.documents import EndedDocument

    if item is None:
        kept = isinstance(step.action, Keep)
        outcome = Outcome.SUCCEEDED if kept else Outcome.SKIPPED
        item = ItemReport(step=step, outcome=outcome, fault=None if kept else _hindrance(step, plan))
    return EndedDocument.from_value(item, **action_fields(step), error=item.fault)


def _hindrance(step: Step, plan: Plan) -> Fault:
    """Why a step of the plan was never handed to a lane."""
    action = step.action
    if isinstance(action, Blocked):
        return Fault(code=action.reason.value, message=action.explanation, fix=action.fix)
    if plan.refusals:
        first = plan.refusals[0]
        return Fault(code=first.code, message=first.message, fix=first.fix)
    return Fault(code="not-started", message="the run ended before it was this step's turn")
