"""The plan as text and as Markdown: what a person reads before saying yes.

Deletions and refusals cannot be missed, unchanged deployments take no room, and the last line says it all.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from reconciler.domain.deployment import JsonValue, Unset
from reconciler.domain.sku import SkuFamily, SkuName
from reconciler.plan.actions import (
    Action,
    Adopt,
    Blocked,
    Create,
    Delete,
    FieldChange,
    Keep,
    Replace,
    Update,
    changes_of,
    kind_of,
)
from reconciler.plan.body import MARKS
from reconciler.plan.plan import Plan, PoolForecast, Step, Verdict
from reconciler.report.style import Style, inert, markdown_inert, plural, table

_SIGN = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "replace": ("-/+", "red"),
    "delete": ("-", "red"),
    "adopt": (">", "cyan"),
    "none": ("=", "dim"),
    "blocked": ("!", "red"),
}
_MARK_PATHS = frozenset(f"tags.{name}" for name in MARKS)


def render_text(plan: Plan, *, style: Style, verbose: bool = False) -> str:
    """Grouped by account; with `verbose` also what does not change, what is carried over, and our marks."""
    shown = [step for step in plan.steps if verbose or not isinstance(step.action, Keep)]
    parts = [_account_text(steps, style, verbose=verbose) for steps in _by_account(shown)]
    if plan.quota:
        parts.append(_quota_text(plan.quota, style))
    parts += [_refusal_text(plan, style)] if plan.refusals else []
    parts.append(_last_words(plan, style))
    return "\n\n".join(parts) + "\n"


def summary(plan: Plan) -> str:
    """One line that counts every kind of action."""
    counts = _counts(plan)
    return (
        f"Plan: {counts['create']} to create, {counts['update']} to update, {counts['replace']} to replace, "
        f"{counts['delete']} to delete, {counts['adopt']} to adopt; {counts['none']} unchanged; "
        f"{counts['blocked']} blocked."
    )


def _counts(plan: Plan) -> dict[str, int]:
    kinds = [kind_of(step.action) for step in plan.steps]
    return {kind: kinds.count(kind) for kind in _SIGN}


def _by_account(steps: list[Step]) -> Iterator[list[Step]]:
    def account(step: Step) -> tuple[str, ...]:
        return step.action.id.account.key

    def place(step: Step) -> tuple[bool, int, tuple[str, ...]]:
        return (step.order == 0, step.order, step.action.id.key)

    for _, group in groupby(sorted(steps, key=account), key=account):
        yield sorted(group, key=place)


def _account_text(steps: list[Step], style: Style, *, verbose: bool) -> str:
    account = steps[0].action.id.account
    region = next((step.action.region for step in steps if step.action.region), None)
    head = style.paint(inert(account.name), "bold")
    where = ", ".join(filter(None, (inert(region or ""), inert(account.resource_group))))
    blocks = [f"{head}  {style.paint(where, 'dim')}"]
    blocks += [
        "\n".join(f"  {line}".rstrip() for line in _step_lines(step, style, verbose=verbose))
        for step in steps
    ]
    return "\n".join(blocks)


def _step_lines(step: Step, style: Style, *, verbose: bool) -> Iterator[str]:
    action = step.action
    kind = kind_of(action)
    sign, colour = _SIGN[kind]
    number = f"{step.order}. " if step.order else ""
    after = ", ".join(inert(needed.name) for needed in step.depends_on)
    told = f"{number}{action.reason.value}" + (f", after {after}" if after else "")
    title = style.paint(f"{sign:>3} {kind} {inert(action.id.name)}", colour)
    yield f"{title}  {style.paint(f'({told})', 'dim')}"
    indent = " " * 6
    if action.explanation:
        yield f"{indent}{inert(action.explanation)}"
    if isinstance(action, Blocked):
        yield f"{indent}{style.paint('way out', 'bold')}: {inert(action.way_out)}"
    changes = [c for c in changes_of(action) if verbose or c.path not in _MARK_PATHS]
    if isinstance(action, Create) and not verbose:
        yield f"{indent}{_in_short(action)}"
        return
    yield from (f"{indent}{line}" for line in _change_lines(action, changes, style))
    if isinstance(action, Update) and len(action.writes) > 1:
        yield f"{indent}{len(action.writes)} writes, one after the other"
    if isinstance(action, Update) and verbose and action.carried:
        yield f"{indent}carried over as it is: {inert(', '.join(action.carried))}"
    if isinstance(action, Delete):
        there = action.observed
        model = f"{inert(there.model_name)} {inert(there.model_version or '')}".rstrip()
        yield f"{indent}{model} on {there.sku}, {_amount(there.sku, there.capacity)}"


def _in_short(action: Create) -> str:
    """A new deployment on one line: what it serves and how much."""
    spec = action.desired.spec
    version = f" {inert(spec.model.version)}" if spec.model.version else ""
    source = spec.model.source
    made = f", made in {inert(source.account.name)}" if source else ""
    spill = spec.spillover_deployment_name
    over = f", spills over to {inert(spill)}" if spill else ""
    capacity = spec.sku.capacity
    size = "no capacity" if isinstance(capacity, Unset) else _amount(spec.sku.name, capacity.amount)
    return f"{inert(spec.model.name)}{version} on {spec.sku.name}, {size}{made}{over}"


def _amount(sku: SkuName | None, amount: JsonValue) -> str:
    family = sku.family if sku else SkuFamily.UNKNOWN
    unit = {SkuFamily.PROVISIONED: "PTU", SkuFamily.BATCH: "batch units"}.get(family, "units")
    return f"{amount} {unit}"


def _change_lines(action: Action, changes: list[FieldChange], style: Style) -> Iterator[str]:
    width = max((len(change.path) for change in changes), default=0)
    for change in changes:
        before = "" if change.before is None else f"{_value(change.before)} {style.arrow} "
        unit = _unit_of(action, change)
        yield f"{inert(change.path).ljust(width)}  {before}{_value(change.after)}{unit}"


def _unit_of(action: Action, change: FieldChange) -> str:
    if change.path != "sku.capacity" or isinstance(action, Delete | Keep) or action.desired is None:
        return ""
    name = action.desired.spec.sku.name
    unit = " PTU" if name.family is SkuFamily.PROVISIONED else ""
    if isinstance(change.before, int) and isinstance(change.after, int):
        return f"{unit} ({change.after - change.before:+d})"
    return unit


def _value(value: JsonValue) -> str:
    return inert(value) if not isinstance(value, str) else inert(value) or '""'


def _quota_text(pools: tuple[PoolForecast, ...], style: Style) -> str:
    rows = [("quota", "where", "limit", "before", "peak", "after", "verdict")]
    rows += [
        (
            inert(pool.pool),
            inert(pool.scope.rpartition("/")[2]),
            _number(pool.limit),
            _number(pool.used_before),
            _number(pool.used_peak),
            _number(pool.used_after),
            pool.verdict.value,
        )
        for pool in pools
    ]
    head, *lines = table(rows, right=frozenset({2, 3, 4, 5}))
    colours = {Verdict.FITS: "green", Verdict.EXCEEDS: "red", Verdict.UNVERIFIED: "yellow"}
    painted = [style.paint(line, colours[pool.verdict]) for line, pool in zip(lines, pools, strict=True)]
    return "\n".join([style.paint(head, "bold"), *painted])


def _number(value: int | None) -> str:
    return "?" if value is None else str(value)


def _refusal_text(plan: Plan, style: Style) -> str:
    lines = []
    for refusal in plan.refusals:
        lines.append(f"{style.paint(f'refused[{refusal.code}]', 'red', 'bold')}: {inert(refusal.message)}")
        lines.append(f"  lift with {inert(refusal.lift)}")
    return "\n".join(lines)


def _last_words(plan: Plan, style: Style) -> str:
    lines = []
    if plan.left_out:
        lines.append(f"{plural(plan.left_out, 'declared deployment')} left out by the selection.")
    if not plan.complete:
        lines.append("Not everything could be read; nothing is concluded about what could not.")
    if not plan.writes and not plan.blocked and not plan.refusals and plan.complete:
        count = sum(1 for step in plan.steps if isinstance(step.action, Keep))
        lines.append(f"Nothing to do: {plural(count, 'deployment')} as declared.")
    lines.append(style.paint(summary(plan), "bold"))
    return "\n".join(lines)


def render_markdown(plan: Plan, *, max_bytes: int = 65_000) -> str:
    """For a pull request: refusals and deletions first, then accounts in folds; cut with a word on it."""
    head = [f"### {markdown_inert(summary(plan))}"]
    for refusal in plan.refusals:
        head.append(f"- **refused ({refusal.code})**: {markdown_inert(refusal.message)}")
        head.append(f"  - lift with {markdown_inert(refusal.lift)}")
    going = [step for step in plan.steps if isinstance(step.action, Delete | Replace)]
    if going:
        names = ", ".join(
            f"{markdown_inert(s.action.id.account.name)}/{markdown_inert(s.action.id.name)}" for s in going
        )
        head.append(f"- **deleted or replaced**: {names}")
    text = "\n".join(head) + "\n"
    changing = [step for step in plan.steps if not isinstance(step.action, Keep)]
    left = 0
    for steps in _by_account(changing):
        fold = _fold(steps)
        if left or len((text + fold).encode()) > max_bytes - 200:
            left += 1
        else:
            text += fold
    if left:
        text += f"\n{plural(left, 'account')} not shown, for length; `reconciler plan` shows them.\n"
    return text


def _fold(steps: list[Step]) -> str:
    account = steps[0].action.id.account
    lines = [f"\n<details open><summary>{markdown_inert(account.name)}</summary>\n"]
    for step in steps:
        action = step.action
        lines.append(f"- **{kind_of(action)}** {markdown_inert(action.id.name)} ({action.reason.value})")
        if isinstance(action, Blocked):
            lines.append(f"  - {markdown_inert(action.explanation)}; {markdown_inert(action.way_out)}")
        elif action.explanation:
            lines.append(f"  - {markdown_inert(action.explanation)}")
        if isinstance(action, Create):
            lines.append(f"  - {markdown_inert(_in_short(action))}")
        elif isinstance(action, Update | Replace | Adopt):
            lines += [
                f"  - {markdown_inert(c.path)}: {markdown_inert(c.before)} → {markdown_inert(c.after)}"
                for c in action.changes
                if c.path not in _MARK_PATHS
            ]
    return "\n".join([*lines, "\n</details>\n"])
