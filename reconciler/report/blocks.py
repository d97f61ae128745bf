"""The changes of a plan in blocks: what many deployments have in common, then the rest by account.

Rule of this module: every deployment that changes is named, and nothing that two of them differ in is told of
both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconciler.diagnostics import counted
from reconciler.domain.ids import DeploymentId
from reconciler.plan.plan import Plan, Step
from reconciler.report import steps as texts
from reconciler.report.layout import alike, broken
from reconciler.report.palette import ACTIONS
from reconciler.report.style import Style

ALIKE: Final = 3
"""So many deployments of which the same is told are told together."""


def kinds_of(steps: Sequence[Step]) -> str:
    """How many steps there are of each kind, in words."""
    kinds = [step.action.kind for step in steps]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))


def named_together(
    ids: Sequence[DeploymentId], style: Style, alias_of: texts.Alias, indent: str
) -> Iterator[str]:
    """Every deployment by name; accounts with deployments of the same names share a line."""
    of_it = alike(sorted(ids), lambda item: item.account)
    same = alike(of_it, lambda account: tuple(style.show(item.name) for item in of_it[account]))
    for names, accounts in same.items():
        what = "in" if len(same) == 1 and len(names) == 1 else f"{', '.join(names)} in"
        words = f"{what} {', '.join(texts.account_name(item, style, alias_of) for item in accounts)}"
        yield from style.paragraph(words, indent=indent, hanging=f"{indent}  ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Steps that are told together: all lines, the first of which is `title` on a page."""

    title: str
    lines: Sequence[str]
    body: Sequence[str]


class Telling:
    """How one plan is told; what all its new deployments share is told in the opening."""

    def __init__(self, wording: texts.Wording, alias_of: texts.Alias) -> None:
        self._wording, self._alias_of = wording, alias_of

    def opening(self, plan: Plan, shown: Sequence[Step]) -> Iterator[str]:
        """Which plan it is, and what holds for all of its new deployments."""
        style = self._wording.style
        yield from style.paragraph(f"Plan for fleet {style.show(plan.fleet)}, cloud {style.show(plan.cloud)}")
        if not self._wording.verbose:
            yield from self.shared(shown)

    def shared(self, shown: Sequence[Step]) -> Iterator[str]:
        """The settings of all new deployments; they are not repeated below."""
        style = self._wording.style
        if said := texts.shared_settings([step.action for step in shown], style):
            self._wording = replace(self._wording, said=said)
            yield from style.paragraph(f"every create: {'; '.join(said)}", hanging="  ")

    def blocks(self, shown: Sequence[Step], *, indent: str = "  ") -> Iterator[Block]:
        """Groups of steps that change the same, then the other steps of each account."""
        same = {} if self._wording.verbose else alike(shown, self._key)
        groups = [steps for steps in same.values() if len(steps) >= ALIKE]
        yield from (self._together(steps, indent) for steps in groups)
        together = {id(step) for steps in groups for step in steps}
        for steps in texts.by_account([step for step in shown if id(step) not in together]):
            yield self._account(steps, indent)

    def _key(self, step: Step) -> tuple[str, ...]:
        """Equal for steps that a reader need not tell apart but by their names."""
        action = step.action
        alone = (str(action.id),) if step.depends_on else ()
        return (action.kind, action.reason.value, *alone, *texts.details(step, self._wording))

    def _together(self, steps: Sequence[Step], indent: str) -> Block:
        kind, style = steps[0].action.kind, self._wording.style
        names = {step.action.id.name for step in steps}
        accounts = {step.action.id.account for step in steps}
        what = style.show(next(iter(names))) if len(names) == 1 else counted(len(steps), "deployment")
        where = counted(len(accounts), "account")
        title = f"{kind} {what} in {where}, {steps[0].action.reason.value}"
        head = f"{ACTIONS[kind].sign:<3}  {title}"
        body = [
            *texts.details(steps[0], self._wording, indent=f"{indent}  "),
            *named_together([step.action.id for step in steps], style, self._alias_of, f"{indent}  "),
        ]
        first = broken(head, style.width, hanging="      ")
        painted = [style.paint(line, ACTIONS[kind].text) for line in first]
        return Block(title=title, lines=[*painted, *body], body=[*first, *body])

    def _account(self, steps: Sequence[Step], indent: str) -> Block:
        wording, style = self._wording, self._wording.style
        head = texts.account_line(steps, style, self._alias_of)
        here = () if wording.verbose else texts.shared_settings([step.action for step in steps], style)
        more = [item for item in here if item not in wording.said]
        words = f"every create here: {'; '.join(more)}"
        shared = style.paragraph(words, indent=indent, hanging=f"{indent}  ") if more else []
        wording = replace(wording, said=(*wording.said, *here))
        body = [*shared, *texts.account_lines(steps, wording, indent=indent)]
        return Block(title=f"{' '.join(head)}: {kinds_of(steps)}", lines=[*head, *body], body=body)
