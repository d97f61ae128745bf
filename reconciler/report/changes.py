"""Field changes in words: values, capacities in their unit, differences.

Rule of this module: a unit is named only where it is known; a difference is given only within one unit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from reconciler.catalogue.facts import Unit
from reconciler.domain.deployment import UNSET, JsonValue, ModelRef, Unset
from reconciler.domain.marks import is_mark
from reconciler.domain.sku import SkuFamily, SkuName
from reconciler.plan.actions import Action, Blocked, Create, Delete, FieldChange, Keep
from reconciler.report.layout import cells, padded, paragraph
from reconciler.report.style import Style

_UNIT = {SkuFamily.RATE: "units", SkuFamily.PROVISIONED: "PTU", SkuFamily.BATCH: "thousand enqueued tokens"}
_WIDEST_PATH = 36


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


def change_lines(
    action: Action, changes: Iterable[FieldChange], style: Style, units: Units, *, indent: str
) -> list[str]:
    """One line per changed field with its values aligned, our own marks together on the last one."""
    every = list(changes)
    rows = [
        (style.show(one.path), *value_texts(action, one, style, units)) for one in every if not _is_mark(one)
    ]
    marks = [_mark(one, style) for one in every if _is_mark(one)]
    widest = max((cells(path) for path, _, _ in rows), default=0)
    width = min(max(widest, len("our mark") if marks else 0), _WIDEST_PATH)
    lines: list[str] = []
    for path, before, after in rows:
        lines += _line(padded(path, width), before, after, style, indent)
    if marks:
        lines.append(style.paint(f"{indent}{padded('our mark', width)}  {', '.join(marks)}", "dim"))
    return lines


def beside_marks(changes: Sequence[FieldChange]) -> Sequence[FieldChange]:
    """The changes without those of our own tags, unless there are no others."""
    others = [one for one in changes if not _is_mark(one)]
    return others or changes


_ON_THE_FIRST_LINE = frozenset(
    {"model.format", "model.name", "model.version", "model.source", "sku.name", "sku.capacity"}
)


def created_lines(action: Create, style: Style, units: Units, *, indent: str) -> list[str]:
    """A new deployment in short: what it serves and how much of it, then whatever else is stated."""
    spec = action.desired.spec
    model = " ".join(style.show(part) for part in (spec.model.name, spec.model.version or "") if part)
    by_path = {change.path: change for change in action.changes}
    amount = ""
    if "sku.capacity" in by_path:
        amount = f", {_capacity(action, by_path['sku.capacity'], style, units)[1]}"
    publisher = "" if spec.model.format == "OpenAI" else f"{style.show(spec.model.format)} "
    made = ""
    if spec.model.source is not None:
        where = ", another tenant's" if action.desired.source_tenant else ""
        made = f", made in {style.show(spec.model.source.account.name)}{where}"
    first = f"{publisher}{model} on {style.show(spec.sku.name.name)}{amount}{made}"
    rest = [
        f"{style.show(change.path)} {value_text(change.after, style)}"
        for change in action.changes
        if change.path not in _ON_THE_FIRST_LINE and not _is_mark(change)
    ]
    lines = paragraph(first, width=style.width, indent=indent, hanging=f"{indent}  ")
    if rest:
        lines += paragraph("; ".join(rest), width=style.width, indent=indent, hanging=f"{indent}  ")
    return lines


def _line(path: str, before: str | None, after: str, style: Style, indent: str) -> list[str]:
    """One line, or two where the values are too long to stand side by side."""
    start = f"{indent}{path}  "
    if before is None:
        return [start + after]
    whole = f"{start}{before} -> {after}"
    if cells(whole) <= style.width:
        return [whole]
    return [start + before, f"{' ' * max(0, cells(start) - 3)}-> {after}"]


def value_texts(action: Action, change: FieldChange, style: Style, units: Units) -> tuple[str | None, str]:
    """A field before and after in words; None before where nothing was there to have one."""
    if change.path == "sku.capacity":
        return _capacity(action, change, style, units)
    before = None if isinstance(action, Create) else value_text(change.before, style)
    return before, value_text(change.after, style)


def value_text(value: JsonValue, style: Style) -> str:
    """A value as a person writes it; what is not there is called absent."""
    if value is None:
        return "(absent)"
    if isinstance(value, str):
        return style.show(value) or '""'
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return style.show(json.dumps(value, ensure_ascii=False, sort_keys=True))
    return json.dumps(value)


def _is_mark(change: FieldChange) -> bool:
    return is_mark(change.path)


def _mark(change: FieldChange, style: Style) -> str:
    name = change.path.removeprefix("tags.")
    return f"{name} {value_text(change.after, style)}"


# -- capacities ----------------------------------------------------------------------------------------


def _capacity(action: Action, change: FieldChange, style: Style, units: Units) -> tuple[str | None, str]:
    sku_before, sku_after = _skus(action)
    one_unit = sku_before is None or sku_after is None or sku_before.family is sku_after.family
    amount = amount_text(change.after, sku_after, style)
    both = isinstance(change.before, int) and isinstance(change.after, int)
    if both and one_unit and isinstance(change.before, int) and isinstance(change.after, int):
        amount += f" ({change.after - change.before:+d})"
    rate = _rates(action, change, sku_after, units, same_sku=sku_before == sku_after)
    if isinstance(action, Create):
        return None, amount + rate
    before = value_text(change.before, style) if one_unit else amount_text(change.before, sku_before, style)
    return before, amount + rate


def amount_text(amount: JsonValue, sku: SkuName | None, style: Style) -> str:
    """A capacity in the unit of its SKU: ``50 PTU``; without a word where the SKU is not known."""
    unit = _UNIT.get(sku.family) if sku is not None and isinstance(amount, int) else None
    return f"{value_text(amount, style)} {unit}" if unit else value_text(amount, style)


def _skus(action: Action) -> tuple[SkuName | None, SkuName | None]:
    observed, desired = action.observed, action.desired
    return (observed.sku if observed else None, desired.spec.sku.name if desired else None)


def _rates(action: Action, change: FieldChange, sku: SkuName | None, units: Units, *, same_sku: bool) -> str:
    """What the capacity buys a minute: before too, where it bought the same thing."""
    if isinstance(action, Delete | Keep) or action.desired is None or sku is None:
        return ""
    model = action.desired.spec.model
    unit = rate_unit(units, model, sku)
    if unit is None or not isinstance(change.after, int):
        return ""
    after = _rate(change.after, unit)
    if not after or isinstance(action, Create) or not same_sku or not isinstance(change.before, int):
        return f", {after}" if after else ""
    if isinstance(action, Blocked) or any(one.path.startswith("model.") for one in action.changes):
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
