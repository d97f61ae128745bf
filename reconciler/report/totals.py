"""What a plan comes to, in one line.

Rule of this module: every kind of action is counted, also where the count is nought.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.domain.shard import Part
from reconciler.plan.actions import KIND, Action, Keep, Reason, kind_of
from reconciler.plan.plan import Plan, Unread
from reconciler.report.cost import total
from reconciler.report.layout import counted, listed

NOT_OURS = "not ours"


def counts(plan: Plan) -> dict[str, int]:
    """How many deployments there are of each kind of action."""
    kinds = [kind_of(step.action) for step in plan.steps]
    return {kind: kinds.count(kind) for kind in KIND.values()}


def shares(plan: Plan) -> dict[str, int]:
    """The counts for people: what is left alone because it is not ours is told apart, where there is any."""
    number = counts(plan)
    theirs = sum(1 for step in plan.steps if _not_ours(step.action))
    named = {"unchanged": number["none"] - theirs} | ({NOT_OURS: theirs} if theirs else {})
    return {
        name: of_it
        for kind, count in number.items()
        for name, of_it in (named if kind == "none" else {kind: count}).items()
    }


def _not_ours(action: Action) -> bool:
    return isinstance(action, Keep) and action.reason is Reason.NOT_OURS


def summary(plan: Plan) -> str:
    """One line that counts every kind of action."""
    number = shares(plan)
    writes = ", ".join(f"{number[k]} to {k}" for k in ("create", "update", "replace", "delete", "adopt"))
    names = {"wait": "to wait for"} if number["wait"] else {}
    names |= {"unchanged": "unchanged", NOT_OURS: NOT_OURS, "blocked": "blocked"}
    rest = "; ".join(f"{number[kind]} {name}" for kind, name in names.items() if kind in number)
    money = f"; cost {total(plan.cost)}" if plan.cost else ""
    return f"Plan: {writes}; {rest}{money}."


def idle(plan: Plan) -> str:
    """The one sentence on a plan that would do nothing and has nothing to say; else empty."""
    if plan.work or plan.blocked or plan.refusals or not plan.complete:
        return ""
    kept = [step.action for step in plan.steps if isinstance(step.action, Keep)]
    undeclared = sum(1 for action in kept if action.desired is None)
    declared = counted(len(kept) - undeclared, "declared deployment")
    stay = "stays as it is" if undeclared == 1 else "stay as they are"
    others = f", and {counted(undeclared, 'undeclared one')} {stay}" if undeclared else ""
    return f"Nothing to do: {declared} in sync{others}."


def incomplete(plan: Plan) -> str:
    """The sentence on accounts that could not be read; empty where there are none."""
    if not plan.unread:
        return ""
    names = listed([one.id.name for one in plan.unread])
    return f"Incomplete: {names} could not be read, and nothing is concluded about what is there."


def told_nowhere_else(plan: Plan) -> Sequence[Unread]:
    """The unread accounts with nothing declared in them: no blocked deployment says why."""
    told = {step.action.id.account for step in plan.blocked}
    return [one for one in plan.unread if one.id not in told]


def left_out(plan: Plan) -> Sequence[str]:
    """What the selection kept out of the plan, and what is left to other shards; empty when it is nothing."""
    words: list[str] = []
    if plan.left_out:
        number = counted(plan.left_out, "declared deployment")
        words.append(f"Left out by the selection: {number}, not looked at.")
    if plan.part is not None:
        words.append(f"{shard_line(plan.part)}.".capitalize())
    return words


def shard_line(part: Part) -> str:
    """Which shard this is, and how much of the fleet it looks after."""
    others = part.of_accounts - part.accounts
    rest = f"; {others} left to the other shards" if others else ""
    nothing = ", so there is nothing to do here" if others and not part.accounts else ""
    return f"shard {part.shard}: {part.accounts} of {counted(part.of_accounts, 'account')}{rest}{nothing}"
