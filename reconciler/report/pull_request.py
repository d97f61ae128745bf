"""The plan as Markdown for a pull request: what destroys first, then counts, then each account in a fold.

Rule of this module: nothing of a stranger stands outside a code span or a code block, and the text never
exceeds its limit: what is left out is counted.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence

from reconciler.diagnostics import Severity
from reconciler.plan.actions import Blocked, Delete, Keep, Replace, kind_of
from reconciler.plan.plan import Plan, Step
from reconciler.report.changes import Units, no_units
from reconciler.report.cost import render_markdown as cost_markdown
from reconciler.report.layout import counted
from reconciler.report.quota import quota_lines
from reconciler.report.steps import NO_ALIAS, Alias, account_line, account_lines, by_account
from reconciler.report.style import Style, inert, markdown_fence, markdown_inert
from reconciler.report.totals import idle, incomplete, left_out, shares, summary, told_nowhere_else

_STYLE = Style(colour=False, unicode=True, width=110)
_RESERVE = 600
"""Bytes kept free for the words on what was cut."""

_LONGEST_CELL = 300
"""Characters of a stranger's text in a list; a plan of refusals alone must fit as well."""


class _Page:
    """Blocks of text up to a limit in bytes; what does not fit is counted by what it is."""

    def __init__(self, limit: int) -> None:
        self._room = max(0, limit - _RESERVE)
        self._blocks: list[str] = []
        self._cut: dict[str, int] = {}

    def add(self, block: str) -> None:
        """Put a block that is short by its making."""
        self._blocks.append(block)
        self._room -= len(block.encode("utf-8", "replace")) + 1

    def offer(self, block: str, noun: str) -> None:
        """Put a block if it fits, else count one `noun` as cut."""
        if len(block.encode("utf-8", "replace")) + 1 <= self._room:
            self.add(block)
        else:
            self._cut[noun] = self._cut.get(noun, 0) + 1

    def text(self) -> str:
        """Everything that fitted, and what did not."""
        if self._cut:
            what = ", ".join(counted(number, noun) for noun, number in self._cut.items())
            told = f"**Cut to fit:** {what} not shown here. `reconciler plan` shows everything."
            self._blocks.append(f"\n{told}")
        return "\n".join(self._blocks).rstrip("\n") + "\n"


def render_markdown(
    plan: Plan, *, max_bytes: int = 65_000, units: Units = no_units, alias_of: Alias = NO_ALIAS
) -> str:
    """The whole plan within `max_bytes` of UTF-8 (at least 2,000).

    The first line is a comment by which a job finds what it wrote before; GitHub takes 65,536 characters.
    """
    page = _Page(max_bytes)
    page.add(f"<!-- reconciler plan fleet={_word(plan.fleet)} fingerprint={_word(plan.fingerprint)} -->")
    page.add(f"## Plan for fleet {markdown_inert(plan.fleet[:_LONGEST_CELL])}\n")
    page.add(f"{_counts(plan)}\n")
    if plan.unread:
        page.add(f"{markdown_inert(incomplete(plan))}\n")
    _offer_list(page, "Not read", _unread(plan), "unread account")
    for out in left_out(plan):
        page.add(f"{out}\n")
    _offer_list(page, "Deleted or replaced", _going(plan), "deletion")
    _offer_list(page, "Refused, nothing is written while this stands", _refusals(plan), "refusal")
    _offer_list(page, "Blocked", _blocked(plan), "blocked deployment")
    for steps in by_account([step for step in plan.steps if not isinstance(step.action, Keep)]):
        page.offer(_fold(steps, units, alias_of), "account")
    if plan.cost and not idle(plan):
        page.offer(cost_markdown(plan.cost), "cost table")
    if plan.quota:
        pools = "\n".join(quota_lines(plan.quota, _STYLE, alias_of)[1:])
        page.offer(_details("Quota", markdown_fence(pools)), "quota table")
    _offer_list(page, "Notes on the manifests", _diagnostics(plan), "note")
    return page.text()


def _counts(plan: Plan) -> str:
    if words := idle(plan):
        return words
    number = shares(plan)
    return "\n".join(
        [
            summary(plan),
            "",
            f"| {' | '.join(number)} |",
            f"|{'---:|' * len(number)}",
            f"| {' | '.join(str(one) for one in number.values())} |",
        ]
    )


def _offer_list(page: _Page, title: str, items: Iterable[str], noun: str) -> None:
    """A titled list whose items are offered one by one."""
    first = True
    for item in items:
        page.offer(f"**{title}**\n\n- {item}" if first else f"- {item}", noun)
        first = False
    if not first:
        page.add("")


def _going(plan: Plan) -> Iterator[str]:
    for step in plan.steps:
        if isinstance(step.action, Delete | Replace):
            yield f"{kind_of(step.action)} {_name(step)}"


def _refusals(plan: Plan) -> Iterator[str]:
    for refusal in plan.refusals:
        yield f"{_cell(refusal.code)}: {_cell(refusal.message)}; fix: {_cell(refusal.fix)}"


def _blocked(plan: Plan) -> Iterator[str]:
    for step in plan.steps:
        action = step.action
        if isinstance(action, Blocked):
            told = f"{_cell(action.explanation)}; fix: {_cell(action.fix)}"
            yield f"{_name(step)} ({action.reason.value}): {told}"


def _unread(plan: Plan) -> Iterator[str]:
    for one in told_nowhere_else(plan):
        yield f"{_cell(one.message)}; fix: {_cell(one.fix)}"


def _diagnostics(plan: Plan) -> Iterator[str]:
    for found in plan.findings:
        if found.severity in {Severity.ERROR, Severity.WARNING}:
            where = f" in {_cell(found.place.file)}" if found.place else ""
            yield f"{found.severity.value} {_cell(found.code)}{where}: {_cell(found.message)}"


def _name(step: Step) -> str:
    return _cell(f"{step.action.id.account.name}/{step.action.id.name}")


def _cell(text: str) -> str:
    return markdown_inert(text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…")


def _fold(steps: Sequence[Step], units: Units, alias_of: Alias) -> str:
    """An account's steps; signs stand at the line's start, where a diff's colours come from."""
    kinds = [kind_of(step.action) for step in steps]
    told = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    lines = account_lines(steps, _STYLE, units, indent="")
    return _details(
        f"{account_line(steps, _STYLE, alias_of)}: {told}", markdown_fence("\n".join(lines), "diff")
    )


def _details(title: str, body: str) -> str:
    return f"<details><summary><code>{html.escape(title)}</code></summary>\n\n{body}\n\n</details>\n"


def _word(text: str) -> str:
    """What may stand inside a comment of HTML."""
    kept = "".join(one if one.isascii() and (one.isalnum() or one in ":.-_") else "_" for one in inert(text))
    return kept[:100].replace("--", "_")
