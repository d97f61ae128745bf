"""The steps of a plan in words: a head per step with its sign, and every field that it changes below.

Rule of this module: every field that a write changes is shown, write by write; a unit is named only where it
is known, a difference only within one unit. Our own tags are left to `--verbose`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, Protocol, TypeVar

from reconciler.catalogue.facts import Unit
from reconciler.domain.deployment import UNSET, JsonValue, ModelRef, Unset
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.marks import is_mark
from reconciler.domain.sku import SkuFamily, SkuName
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.actions import Action, Blocked, Create, Delete, FieldChange, Keep, Update
from reconciler.plan.diff import body_changes, fields_of
from reconciler.plan.plan import Step
from reconciler.report.layout import broken, cells, listed, padded, stacked
from reconciler.report.palette import ACTIONS
from reconciler.report.style import Style

T = TypeVar("T")
Alias = Callable[[str], str | None]
"""Names a subscription by its alias, as `Fleet.alias_of` does."""

NO_ALIAS: Final[Alias] = dict[str, str]().get


class Units(Protocol):
    """Knows what a unit of capacity buys a minute, such as `Catalogue.unit`."""

    def __call__(
        self, model: str, version: str | Unset, sku: SkuName, *, fine_tuned: bool = False
    ) -> Unit | None:
        """The unit of a model (the base, when `fine_tuned`) on a SKU; None where it is not known."""
        ...


def no_units(model: str, version: str | Unset, sku: SkuName, *, fine_tuned: bool = False) -> None:
    """Nothing is known of units."""
    del model, version, sku, fine_tuned


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How steps are told; `said` are settings that were told of all of them, and are not told again."""

    style: Style
    units: Units = no_units
    verbose: bool = False
    said: Collection[str] = ()


def grouped(items: Iterable[T], key: Callable[[T], tuple[str, ...]]) -> Iterator[list[T]]:
    """What has one key together, in the order of the keys."""
    for _, group in groupby(sorted(items, key=key), key=key):
        yield list(group)


def by_account(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Steps of one account together, those that write first and in their order."""
    for group in grouped(steps, lambda step: step.action.id.account.key):
        yield sorted(group, key=lambda step: (step.order == 0, step.order, step.action.id.key))


def account_name(account: AccountId, style: Style, alias_of: Alias) -> str:
    """An account below its subscription's alias, or alone."""
    alias = alias_of(account.subscription)
    return f"{style.show(alias)}/{style.show(account.name)}" if alias else style.show(account.name)


def where_of(steps: Sequence[Step], alias_of: Alias) -> list[str]:
    """The region and the resource group of an account's steps, its subscription where that has no alias."""
    account = steps[0].action.id.account
    region = next((step.action.region.name for step in steps if step.action.region), "region unknown")
    where = [region, account.resource_group]
    return where if alias_of(account.subscription) else [*where, account.subscription]


def account_line(steps: Sequence[Step], style: Style, alias_of: Alias) -> list[str]:
    """An account with where it is."""
    name = account_name(steps[0].action.id.account, style, alias_of)
    where = map(style.show, where_of(steps, alias_of))
    line, *rest = style.paragraph("  ".join([name, *where]), hanging="    ")
    if line.startswith(name):
        line = style.paint(name, "bold") + style.paint(line[len(name) :], "dim")
    return [line, *rest]


def account_lines(steps: Sequence[Step], wording: Wording, *, indent: str = "  ") -> list[str]:
    """The steps of one account, each with its details below it."""
    style = wording.style
    heads = stacked([_head(step, style) for step in steps], width=style.width, first=3, indent=indent)
    lines: list[str] = []
    for step, head, following in zip(steps, heads, [*steps[1:], None], strict=True):
        lines += [style.paint(line, ACTIONS[step.action.kind].text) for line in head]
        if not _said_below(step, following):
            lines += details(step, wording, indent=f"{indent}    ")
    return lines


def _said_below(step: Step, following: Step | None) -> bool:
    """Whether all that is to be told of a step is told of the next one too: then once is enough."""
    if following is None:
        return False
    item, other = step.action, following.action
    if not (isinstance(item, Blocked) and isinstance(other, Blocked)) or item.changes or other.changes:
        return False
    return (item.explanation, item.fix) == (other.explanation, other.fix)


def _head(step: Step, style: Style) -> tuple[str, ...]:
    kind = step.action.kind
    number = f"#{step.order}" if step.order else ""
    after = listed([named_from(item, step.action.id.account, style) for item in step.depends_on], most=3)
    return (
        f"{ACTIONS[kind].sign:<3}",
        kind if kind != "none" else "keep",
        style.show(step.action.id.name),
        step.action.reason.value,
        f"{number}{' after ' if after else ''}{after}",
    )


def named_from(deployment_id: DeploymentId, here: AccountId, style: Style) -> str:
    """A deployment by its name, with its account where that is another one."""
    name = style.show(deployment_id.name)
    return name if deployment_id.account == here else f"{style.show(deployment_id.account.name)}/{name}"


def details(step: Step, wording: Wording, *, indent: str = "") -> Iterator[str]:
    """What a step changes, and why it is as it is."""
    action, style, verbose = step.action, wording.style, wording.verbose
    if action.explanation:
        yield from style.paragraph(style.show(action.explanation), indent=indent)
    if isinstance(action, Blocked):
        words = f"fix: {style.show(action.fix)}"
        yield from style.paragraph(words, indent=indent, hanging=f"{indent}  ")
    if isinstance(action, Delete) or (isinstance(action, Keep) and action.desired is None):
        yield from broken(indent + observed_text(action.observed, style), style.width, hanging=f"{indent}  ")
    if isinstance(action, Create) and not verbose:
        yield from created_lines(action, wording, indent=indent)
    elif isinstance(action, Update) and len(action.writes) > 1:
        for number, changes in enumerate(written(action), start=1):
            yield f"{indent}write {number} of {len(action.writes)}"
            yield from change_lines(action, changes, wording, indent=f"{indent}  ")
    else:
        shown = action.changes if verbose else beside_marks(action.changes)
        yield from change_lines(action, shown, wording, indent=indent)
    if isinstance(action, Update) and verbose and action.carried:
        carried = f"carried over as it is: {style.show(', '.join(action.carried))}"
        yield from style.paragraph(carried, indent=indent, hanging=f"{indent}  ")


def observed_text(deployment: ObservedDeployment, style: Style) -> str:
    """A deployment that is there, on one line."""
    model = (
        f"{style.show(deployment.model_name or 'unknown model')} {style.show(deployment.model_version or '')}"
    )
    sku = "an unknown SKU" if deployment.sku is None else style.show(deployment.sku.name)
    amount = (
        "" if deployment.capacity is None else f", {amount_text(deployment.capacity, deployment.sku, style)}"
    )
    return f"{model.rstrip()} on {sku}{amount}"


def written(action: Update) -> Iterator[tuple[FieldChange, ...]]:
    """What each write changes: the first against what is there, a later one against the one before."""
    yield body_changes(action.observed, action.writes[0])
    for earlier, later in zip(action.writes, action.writes[1:], strict=False):
        before = {item.path: item.after for item in fields_of(earlier)}
        after = {item.path: item.after for item in fields_of(later)}
        yield tuple(
            FieldChange(path=path, before=before.get(path), after=after.get(path))
            for path in dict.fromkeys([*after, *before])
            if before.get(path) != after.get(path)
        )


# -- fields --------------------------------------------------------------------------------------------

_UNIT = {SkuFamily.RATE: "units", SkuFamily.PROVISIONED: "PTU", SkuFamily.BATCH: "thousand enqueued tokens"}
_WIDEST_PATH = 36


def change_lines(
    action: Action, changes: Iterable[FieldChange], wording: Wording, *, indent: str
) -> list[str]:
    """One line per changed field with its values aligned, our own marks together on the last one."""
    every, style = list(changes), wording.style
    others = [item for item in every if not is_mark(item.path)]
    rows = [(style.show(other.path), *value_texts(action, other, wording)) for other in others]
    marks = [
        f"{item.path.removeprefix('tags.')} {value_text(item.after, style)}"
        for item in every
        if is_mark(item.path)
    ]
    widest = max((cells(path) for path, _, _ in rows), default=0)
    width = min(max(widest, len("our mark") if marks else 0), _WIDEST_PATH)
    lines: list[str] = []
    for path, before, after in rows:
        lines += _line(padded(path, width), before, after, style, indent)
    if marks:
        text = f"{indent}{padded('our mark', width)}  {', '.join(marks)}"
        lines += [style.paint(item, "dim") for item in broken(text, style.width, hanging=f"{indent}    ")]
    return lines


def beside_marks(changes: Sequence[FieldChange]) -> Sequence[FieldChange]:
    """The changes without those of our own tags, unless there are no others."""
    return [change for change in changes if not is_mark(change.path)] or changes


_ON_THE_FIRST_LINE = frozenset(
    {"model.format", "model.name", "model.version", "model.source", "sku.name", "sku.capacity"}
)


def created_lines(action: Create, wording: Wording, *, indent: str = "") -> list[str]:
    """A new deployment in short: what it serves and how much of it, then what else it states."""
    spec, style = action.desired.spec, wording.style
    model = " ".join(style.show(part) for part in (spec.model.name, spec.model.version or "") if part)
    by_path = {change.path: change for change in action.changes}
    amount = ""
    if "sku.capacity" in by_path:
        amount = f", {_capacity(action, by_path['sku.capacity'], wording)[1]}"
    publisher = "" if spec.model.format == "OpenAI" else f"{style.show(spec.model.format)} "
    made = ""
    if spec.model.source is not None:
        where = ", in another tenant" if action.desired.source_tenant else ""
        made = f", made in {style.show(spec.model.source.account.name)}{where}"
    first = f"{publisher}{model} on {style.show(spec.sku.name.name)}{amount}{made}"
    rest = [setting for setting in settings(action, style) if setting not in wording.said]
    lines = style.paragraph(first, indent=indent, hanging=f"{indent}  ")
    if rest:
        lines += style.paragraph("; ".join(rest), indent=indent, hanging=f"{indent}  ")
    return lines


def settings(action: Create, style: Style) -> list[str]:
    """What a new deployment states beside its model, its SKU and our marks."""
    return [
        f"{style.show(change.path)} {value_text(change.after, style)}"
        for change in action.changes
        if change.path not in _ON_THE_FIRST_LINE and not is_mark(change.path)
    ]


def shared_settings(actions: Iterable[Action], style: Style) -> tuple[str, ...]:
    """What all new deployments among `actions` state alike, where there are several."""
    every = [settings(action, style) for action in actions if isinstance(action, Create)]
    return tuple(item for item in every[0] if all(item in each for each in every)) if len(every) > 1 else ()


def _line(path: str, before: str | None, after: str, style: Style, indent: str) -> list[str]:
    """One line, or two where the values are too long to stand side by side."""
    start = f"{indent}{path}  "
    hanging = f"{indent}    "
    if before is None:
        return broken(start + after, style.width, hanging=hanging)
    whole = f"{start}{before} -> {after}"
    if cells(whole) <= style.width:
        return [whole]
    below = f"{' ' * max(0, cells(start) - 3)}-> {after}"
    return [part for line in (start + before, below) for part in broken(line, style.width, hanging=hanging)]


def value_texts(action: Action, change: FieldChange, wording: Wording) -> tuple[str | None, str]:
    """A field before and after in words; None before where nothing was there to have one."""
    if change.path == "sku.capacity":
        return _capacity(action, change, wording)
    before = None if isinstance(action, Create) else value_text(change.before, wording.style)
    return before, value_text(change.after, wording.style)


def value_text(value: JsonValue, style: Style) -> str:
    """A value as a person writes it; what is not there is called absent."""
    if value is None:
        return "(absent)"
    if isinstance(value, str):
        return style.show(value) or '""'
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return style.show(json.dumps(value, ensure_ascii=False, sort_keys=True))
    return json.dumps(value)


# -- capacities ----------------------------------------------------------------------------------------


def _capacity(action: Action, change: FieldChange, wording: Wording) -> tuple[str | None, str]:
    style = wording.style
    sku_before = action.observed.sku if action.observed else None
    sku_after = action.desired.spec.sku.name if action.desired else None
    one_unit = sku_before is None or sku_after is None or sku_before.family is sku_after.family
    amount = amount_text(change.after, sku_after, style)
    if one_unit and isinstance(change.before, int) and isinstance(change.after, int):
        amount += f" ({change.after - change.before:+d})"
    rate = _rates(action, change, sku_after, wording.units, same_sku=sku_before == sku_after)
    if isinstance(action, Create):
        return None, amount + rate
    before = value_text(change.before, style) if one_unit else amount_text(change.before, sku_before, style)
    return before, amount + rate


def amount_text(amount: JsonValue, sku: SkuName | None, style: Style) -> str:
    """A capacity in the unit of its SKU: ``50 PTU``; without a word where the SKU is not known."""
    unit = _UNIT.get(sku.family) if sku is not None and isinstance(amount, int) else None
    unit = "unit" if unit == "units" and amount == 1 else unit
    return f"{value_text(amount, style)} {unit}" if unit else value_text(amount, style)


def _rates(action: Action, change: FieldChange, sku: SkuName | None, units: Units, *, same_sku: bool) -> str:
    """What the capacity buys a minute: before too, where it bought the same thing."""
    if isinstance(action, Delete | Keep) or action.desired is None or sku is None:
        return ""
    model = action.desired.spec.model
    if action.desired.accepted and action.observed is not None:  # the service moved it, and that stays
        observed = action.observed
        model = replace(
            model, name=observed.model_name or model.name, version=observed.model_version or UNSET
        )
    unit = rate_unit(units, model, sku)
    if unit is None or not isinstance(change.after, int):
        return ""
    after = _rate(change.after, unit)
    if not after or isinstance(action, Create) or not same_sku or not isinstance(change.before, int):
        return f", {after}" if after else ""
    if isinstance(action, Blocked) or any(item.path.startswith("model.") for item in action.changes):
        return f", {after}"
    return f", {_rate(change.before, unit).rpartition(' ')[0]} -> {after}"


def rate_unit(units: Units, model: ModelRef, sku: SkuName) -> Unit | None:
    """The unit of a model on a SKU that counts in rates; a fine-tuned model counts as its base does."""
    if sku.family is not SkuFamily.RATE:
        return None
    base = model.tuned_from
    if base is not None:
        return units(base.name, base.version, sku, fine_tuned=True)
    return None if model.fine_tuned else units(model.name, model.version or UNSET, sku)


def _rate(amount: int, unit: Unit) -> str:
    if unit.tokens_per_minute:
        return f"{amount * unit.tokens_per_minute:,} TPM"
    return f"{amount * unit.requests_per_minute:,} RPM" if unit.requests_per_minute else ""
