"""The steps of an account as lines: a head per step with its sign, and what it changes below.

Rule of this module: every field that a write changes is shown, write by write, a new deployment's on a
line or two; our own tags are left to `--verbose`. The sign says as much as its colour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final

from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.actions import Blocked, Create, Delete, FieldChange, Keep, Update, kind_of
from reconciler.plan.diff import body_changes, fields_of
from reconciler.plan.plan import Step
from reconciler.report.changes import Units, amount_text, beside_marks, change_lines, created_lines
from reconciler.report.layout import columns, listed, paragraph
from reconciler.report.style import Style

SIGN: Final = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "replace": ("-/+", "red"),
    "delete": ("-", "red"),
    "adopt": (">", "cyan"),
    "wait": (".", "cyan"),
    "none": ("=", "dim"),
    "blocked": ("!", "red"),
}
"""The sign of each kind of action and its colour; the sign alone is enough."""

Alias = Callable[[str], str | None]
"""Names a subscription by its alias, as `Fleet.alias_of` does."""

NO_ALIAS: Final[Alias] = dict[str, str]().get


def by_account(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Steps of one account together, those that write first and in their order."""

    def account(step: Step) -> tuple[str, ...]:
        return step.action.id.account.key

    def place(step: Step) -> tuple[bool, int, tuple[str, ...]]:
        return (step.order == 0, step.order, step.action.id.key)

    for _, group in groupby(sorted(steps, key=account), key=account):
        yield sorted(group, key=place)


def account_name(account: AccountId, style: Style, alias_of: Alias) -> str:
    """An account below its subscription's alias, or alone."""
    alias = alias_of(account.subscription)
    return f"{style.show(alias)}/{style.show(account.name)}" if alias else style.show(account.name)


def account_line(steps: Sequence[Step], style: Style, alias_of: Alias) -> str:
    """An account with its region and resource group, and its subscription where that has no alias."""
    account = steps[0].action.id.account
    region = next((step.action.region for step in steps if step.action.region is not None), None)
    where = [region.name if region else "region unknown", account.resource_group]
    where += [] if alias_of(account.subscription) else [account.subscription]
    told = style.paint("  ".join(style.show(one) for one in where), "dim")
    return f"{style.paint(account_name(account, style, alias_of), 'bold')}  {told}"


def account_lines(
    steps: Sequence[Step], style: Style, units: Units, *, verbose: bool = False, indent: str = "  "
) -> list[str]:
    """The steps of one account, each with its details below it."""
    heads = columns([_head(step, style) for step in steps], indent=indent)
    lines: list[str] = []
    for step, head, following in zip(steps, heads, [*steps[1:], None], strict=True):
        lines.append(style.paint(head, SIGN[kind_of(step.action)][1]))
        if not _said_below(step, following):
            lines += _details(step, style, units, verbose=verbose, indent=f"{indent}    ")
    return lines


def _said_below(step: Step, following: Step | None) -> bool:
    """Whether all that is to be told of a step is told of the next one too: then once is enough."""
    if following is None:
        return False
    one, other = step.action, following.action
    if not (isinstance(one, Blocked) and isinstance(other, Blocked)) or one.changes or other.changes:
        return False
    return (one.explanation, one.fix) == (other.explanation, other.fix)


def _head(step: Step, style: Style) -> tuple[str, ...]:
    kind = kind_of(step.action)
    number = f"#{step.order}" if step.order else ""
    after = listed([named_from(one, step.action.id.account, style) for one in step.depends_on], most=3)
    return (
        f"{SIGN[kind][0]:<3}",
        kind if kind != "none" else "keep",
        style.show(step.action.id.name),
        step.action.reason.value,
        f"{number}{' after ' if after else ''}{after}",
    )


def named_from(one: DeploymentId, here: AccountId, style: Style) -> str:
    """A deployment by its name, with its account where that is another one."""
    name = style.show(one.name)
    return name if one.account == here else f"{style.show(one.account.name)}/{name}"


def _details(step: Step, style: Style, units: Units, *, verbose: bool, indent: str) -> Iterator[str]:
    action = step.action
    if action.explanation:
        yield from paragraph(style.show(action.explanation), width=style.width, indent=indent)
    if isinstance(action, Blocked):
        words = f"fix: {style.show(action.fix)}"
        yield from paragraph(words, width=style.width, indent=indent, hanging=f"{indent}  ")
    if isinstance(action, Delete) or (isinstance(action, Keep) and action.desired is None):
        yield indent + observed_text(action.observed, style)
    if isinstance(action, Create) and not verbose:
        yield from created_lines(action, style, units, indent=indent)
    elif isinstance(action, Update) and len(action.writes) > 1:
        for number, changes in enumerate(written(action), start=1):
            yield f"{indent}write {number} of {len(action.writes)}"
            yield from change_lines(action, changes, style, units, indent=f"{indent}  ")
    else:
        told = action.changes if verbose else beside_marks(action.changes)
        yield from change_lines(action, told, style, units, indent=indent)
    if isinstance(action, Update) and verbose and action.carried:
        carried = f"carried over as it is: {style.show(', '.join(action.carried))}"
        yield from paragraph(carried, width=style.width, indent=indent, hanging=f"{indent}  ")


def observed_text(there: ObservedDeployment, style: Style) -> str:
    """A deployment that is there, on one line."""
    model = f"{style.show(there.model_name or 'unknown model')} {style.show(there.model_version or '')}"
    sku = "an unknown SKU" if there.sku is None else style.show(there.sku.name)
    amount = "" if there.capacity is None else f", {amount_text(there.capacity, there.sku, style)}"
    return f"{model.rstrip()} on {sku}{amount}"


def written(action: Update) -> Iterator[tuple[FieldChange, ...]]:
    """What each write changes: the first against what is there, a later one against the one before."""
    yield body_changes(action.observed, action.writes[0])
    for earlier, later in zip(action.writes, action.writes[1:], strict=False):
        before = {one.path: one.after for one in fields_of(earlier)}
        after = {one.path: one.after for one in fields_of(later)}
        yield tuple(
            FieldChange(path=path, before=before.get(path), after=after.get(path))
            for path in dict.fromkeys([*after, *before])
            if before.get(path) != after.get(path)
        )
