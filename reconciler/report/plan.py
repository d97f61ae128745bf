"""The plan as text: what a person reads before saying yes.

Rule of this module: deletions, refusals and what is blocked cannot be overlooked, what does not change
takes no room, every field that a write changes is shown, and the last line says it all.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.plan.actions import Keep
from reconciler.plan.plan import Plan
from reconciler.report.changes import Units, no_units
from reconciler.report.cost import plan_lines
from reconciler.report.layout import paragraph
from reconciler.report.pull_request import render_markdown
from reconciler.report.quota import quota_lines
from reconciler.report.steps import NO_ALIAS, Alias, account_line, account_lines, by_account
from reconciler.report.style import Style
from reconciler.report.totals import idle, incomplete, left_out, summary, told_nowhere_else

__all__ = ["render_markdown", "render_text", "summary"]


def render_text(
    plan: Plan,
    *,
    style: Style,
    verbose: bool = False,
    units: Units = no_units,
    alias_of: Alias = NO_ALIAS,
) -> str:
    """Grouped by account; with `verbose` also what does not change and what a write carries over."""
    shown = [step for step in plan.steps if verbose or not isinstance(step.action, Keep)]
    parts = [] if idle(plan) else [f"Plan for fleet {style.show(plan.fleet)}, cloud {style.show(plan.cloud)}"]
    parts += [
        "\n".join(
            [account_line(steps, style, alias_of), *account_lines(steps, style, units, verbose=verbose)]
        )
        for steps in by_account(shown)
    ]
    if plan.quota:
        parts.append("\n".join(quota_lines(plan.quota, style, alias_of)))
    if plan.cost and not idle(plan):
        parts.append("\n".join(plan_lines(plan.cost, style, verbose=verbose)))
    if plan.refusals:
        parts.append("\n".join(_refusals(plan, style)))
    parts.append("\n".join(_last_words(plan, style)))
    return "\n\n".join(parts) + "\n"


def _refusals(plan: Plan, style: Style) -> Iterator[str]:
    title = f"Refused: nothing is written while {'this stands' if len(plan.refusals) == 1 else 'these stand'}"
    yield style.paint(title, "bold", "red")
    for refusal in plan.refusals:
        words = style.show(f"{refusal.code}: {refusal.message}")
        yield from paragraph(words, width=style.width, indent="  ", hanging="    ")
        words = f"fix: {style.show(refusal.fix)}"
        yield from paragraph(words, width=style.width, indent="    ", hanging="      ")


def _last_words(plan: Plan, style: Style) -> Iterator[str]:
    for notice in plan.notices:
        words = style.show(f"{notice.severity.value}: {notice.message} ({notice.code}; {notice.fix}).")
        yield from paragraph(words, width=style.width)
    for out in left_out(plan):
        yield from paragraph(out, width=style.width)
    if plan.unread:
        yield from paragraph(style.show(incomplete(plan)), width=style.width)
    for one in told_nowhere_else(plan):
        yield from paragraph(style.show(one.message), width=style.width, indent="  ", hanging="    ")
        words = f"fix: {style.show(one.fix)}"
        yield from paragraph(words, width=style.width, indent="    ", hanging="      ")
    colour = "red" if plan.refusals or plan.blocked else "green"
    yield style.paint(idle(plan) or summary(plan), "bold", colour)
