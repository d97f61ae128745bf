"""Which changes ARM takes in place, which as two writes, and which only as delete and create.

| change | way | how known |
|---|---|---|
| `sku.capacity` | in place | recorded, 1 to 2, answered 200 |
| `model.version`, up and down | in place | azurerm's live test TestAccCognitiveDeployment_update |
| `versionUpgradeOption`, `raiPolicyName` | in place | the same test |
| tags, spillover, parent, other settings | in place | ARM's schema |
| capacity together with the version | two writes | issue azure-search-openai-demo#1154: refused together |
| `model.name`, `model.format` | replace | CannotChangeDeploymentModel, issues #1121, #1330, #1429 there |
| `model.source` | replace | part of the model's identity; inferred |
| `sku.name` | the manifest says | not known; azurerm replaces |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.domain.deployment import DesiredDeployment, JsonObject, JsonValue, SkuChange
from reconciler.domain.marks import MARKS
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.actions import FieldChange, Reason
from reconciler.plan.body import put_body, writable

_IDENTITY = {
    "model.name": Reason.MODEL_CHANGED,
    "model.format": Reason.MODEL_CHANGED,
    "model.source": Reason.SOURCE_CHANGED,
}
_MARK_PATHS = frozenset(f"tags.{name}" for name in MARKS)


def is_mark(path: str) -> bool:
    """Whether a manifest path is that of one of our own tags."""
    return path in _MARK_PATHS


def needs_replacement(desired: DesiredDeployment, changes: Iterable[FieldChange]) -> bool:
    """Whether only delete and create can bring the changes about."""
    paths = {change.path for change in changes}
    if paths & set(_IDENTITY):
        return True
    return "sku.name" in paths and desired.lifecycle.sku_change is SkuChange.REPLACE


def fixed_paths(changes: Iterable[FieldChange]) -> tuple[str, ...]:
    """Those of the changed fields that a deployment has for good."""
    return tuple(change.path for change in changes if change.path in {*_IDENTITY, "sku.name"})


def only_marks(changes: Iterable[FieldChange]) -> bool:
    """Whether nothing but our own tags differs."""
    return all(is_mark(change.path) for change in changes)


def without_marks(changes: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    """The changes less those of our own tags."""
    return tuple(change for change in changes if not is_mark(change.path))


def reason_for(changes: Iterable[FieldChange]) -> Reason:
    """The weightiest of the changes, to be shown beside the action."""
    paths = [change.path for change in changes]
    for path, reason in (
        *_IDENTITY.items(),
        ("sku.name", Reason.SKU_CHANGED),
        ("model.version", Reason.VERSION_CHANGED),
        ("sku.capacity", Reason.CAPACITY_CHANGED),
    ):
        if path in paths:
            return reason
    if all(is_mark(path) for path in paths):
        return Reason.MARK_OUTDATED
    if all(path.startswith("tags.") for path in paths):
        return Reason.TAGS_CHANGED
    return Reason.SETTINGS_CHANGED


def writes_for(
    desired: DesiredDeployment,
    observed: ObservedDeployment,
    changes: tuple[FieldChange, ...],
    fleet: str,
) -> tuple[JsonObject, ...]:
    """The bodies of an update: one, or two where capacity and version change together.

    A reduction goes first and an increase last, so that neither write asks for more quota than the end.
    Capacities of two SKUs cannot be compared: there the version goes first, on the old SKU.
    """
    final = put_body(desired, observed, fleet)
    by_path = {change.path: change for change in changes}
    capacity = by_path.get("sku.capacity")
    if "model.version" not in by_path or capacity is None or not _counts(capacity):
        return (final,)
    there = writable(observed)
    if "sku.name" in by_path:
        return ({**final, "sku": there["sku"]}, final)
    if _amount(capacity.after) < _amount(capacity.before):
        return (_with(there, ("sku", "capacity"), capacity.after), final)
    return (_with(final, ("sku", "capacity"), capacity.before), final)


def _counts(change: FieldChange) -> bool:
    return isinstance(change.before, int) and isinstance(change.after, int)


def _amount(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0


def _with(body: JsonObject, path: tuple[str, ...], value: JsonValue) -> JsonObject:
    head, *rest = path
    if not rest:
        return {**body, head: value}
    inner = body.get(head)
    return {**body, head: _with(inner if isinstance(inner, Mapping) else {}, tuple(rest), value)}
