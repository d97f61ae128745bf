"""Which changes ARM takes in place, which as two writes, and which only as delete and create.

How ARM takes a change of one field stands in `domain/fields.py`; here several of them come together. A
replacement is a delete: it needs the manifest's explicit word, and every guard counts it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

from reconciler.domain.deployment import DesiredDeployment, JsonObject, ModelChange, SkuChange, Unset
from reconciler.domain.fields import BY_PATH, Change, Field
from reconciler.domain.json_values import put
from reconciler.domain.marks import is_mark
from reconciler.domain.sku import SkuFamily, SkuName
from reconciler.plan.actions import Action, FieldChange, Reason, Replace
from reconciler.plan.body import replacement_body, unfinished, writable
from reconciler.plan.pair import Pair
from reconciler.plan.terms import UNPROTECT, Terms

MODEL_PATHS: Final = frozenset({"model.name", "model.version", "model.source"})
"""What `lifecycle.modelChange` is about; a model's format is there for good."""


def fixed_paths(
    desired: DesiredDeployment, sku: SkuName | None, changes: Iterable[FieldChange]
) -> tuple[str, ...]:
    """Those of the changed fields that a deployment on `sku` has for good."""
    lifecycle = desired.lifecycle

    def fixed(field: Field) -> bool:
        if field.path in MODEL_PATHS and lifecycle.model_change is not None:
            return lifecycle.model_change is ModelChange.REPLACE
        how = field.change_on(sku)
        return how is Change.REPLACE or (how is Change.SKU and lifecycle.sku_change is SkuChange.REPLACE)

    known = (BY_PATH.get(change.path) for change in changes)
    return tuple(field.path for field in known if field is not None and fixed(field))


def chosen_paths(desired: DesiredDeployment, sku: SkuName | None, paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the fixed `paths` that are so by `lifecycle.modelChange` alone: ARM takes them in place."""
    if desired.lifecycle.model_change is not ModelChange.REPLACE:
        return ()
    own = (BY_PATH[path] for path in paths if path in MODEL_PATHS)
    return tuple(field.path for field in own if field.change_on(sku) is not Change.REPLACE)


def only_marks(changes: Iterable[FieldChange]) -> bool:
    """Whether nothing but our own tags differs."""
    return all(is_mark(change.path) for change in changes)


def without_marks(changes: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    """The changes less those of our own tags."""
    return tuple(change for change in changes if not is_mark(change.path))


# Of several changes the weightiest is shown beside the action.
_WEIGHTIEST = ("model.name", "model.format", "model.source", "sku.name", "model.version", "sku.capacity")


def migrates(pair: Pair) -> bool:
    """Whether a provisioned deployment gets another model in place: one long operation at the same size."""
    paths = {change.path for change in pair.changes}
    fields = (BY_PATH[path] for path in paths & MODEL_PATHS)
    in_place = not fixed_paths(pair.desired, pair.observed.sku, pair.changes)
    moves = any(field.change_on(pair.observed.sku) is Change.MIGRATION for field in fields)
    return in_place and moves and "sku.name" not in paths


def forbids_model_change(pair: Pair) -> bool:
    """Whether the manifest forbids what the changes ask for."""
    refuses = pair.desired.lifecycle.model_change is ModelChange.REFUSE
    return refuses and any(change.path in {*MODEL_PATHS, "model.format"} for change in pair.changes)


def reason_for(pair: Pair) -> Reason:
    """The weightiest of the changes, to be shown beside the action."""
    if migrates(pair):
        return Reason.MODEL_MIGRATION
    paths = {change.path for change in pair.changes}
    weighty = next((path for path in _WEIGHTIEST if path in paths), None)
    if weighty is not None:
        return Reason(BY_PATH[weighty].reason)
    if all(map(is_mark, paths)):
        return Reason.MARK_OUTDATED
    if all(path.startswith("tags.") for path in paths):
        return Reason.TAGS_CHANGED
    return Reason.SETTINGS_CHANGED


def writes_for(pair: Pair) -> tuple[JsonObject, ...]:
    """The bodies of an update: one, or two where capacity and model change together.

    A reduction goes first and an increase last, so that neither write asks for more quota than the end.
    Capacities of two SKUs cannot be compared: there the model goes first, on the old SKU.
    """
    by_path = {change.path: change for change in pair.changes}
    capacity = by_path.get("sku.capacity")
    if capacity is None or not MODEL_PATHS & set(by_path):
        return (pair.body,)
    before, after = capacity.before, capacity.after
    if not isinstance(before, int) or not isinstance(after, int):
        return (pair.body,)
    observed = writable(pair.observed)
    if "sku.name" in by_path:
        return ({**unfinished(pair.body, pair.observed), "sku": observed["sku"]}, pair.body)
    if after < before:
        return (put(observed, ("sku", "capacity"), after), pair.body)
    return (put(unfinished(pair.body, pair.observed), ("sku", "capacity"), before), pair.body)


# -- delete and create, and the fix where that is not allowed ------------------------------------------

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_NAME_LIMIT = 64


def replacement(pair: Pair, terms: Terms) -> Action:
    """What to do about changes, or a state, that ARM takes only from a new deployment."""
    observed = pair.observed
    reason = Reason.FAILED_STATE if observed.failed else reason_for(pair)
    refusal = _refusal(pair, terms)
    if refusal is not None:
        return pair.blocked(*refusal)
    outage = "requests to it fail from the delete until the create has ended"
    if observed.sku is not None and observed.sku.family is SkuFamily.PROVISIONED:
        outage += "; the PTUs that the delete frees may be gone before the create can take them again"
    if observed.failed:
        outage = f"ARM refuses every PUT to a deployment in state Failed; {outage}"
    return pair.action(Replace, reason, outage, replacement_body(pair.desired, observed, pair.mark))


def _refusal(pair: Pair, terms: Terms) -> tuple[Reason, str, str] | None:
    """Why it must not be replaced, and what to do instead; None where it may."""
    desired = pair.desired
    only = "only delete and create could do this, and"
    if desired.lifecycle.prevent_destroy:
        fix = "remove lifecycle.preventDestroy in a change of its own, apply, then try again"
        return Reason.PROTECTED, f"{only} its manifest says preventDestroy", fix
    if terms.protects(desired.id):
        return Reason.PROTECTED, f"{only} the Fleet's guards.protect covers it", UNPROTECT
    if desired.lifecycle.replace_allowed:
        return None
    if not pair.observed.failed:
        paths = fixed_paths(desired, pair.observed.sku, pair.changes)
        changed = ", ".join(paths)
        why = f"ARM cannot change {changed} in place, and the manifest does not allow replacing"
        new = f"{desired.id.name[: _NAME_LIMIT - 2]}-2"
        fix = (
            f"keep this entry as ARM has it and declare the new one beside it: {_entry(desired, new)}; "
            f"apply, move the callers to {new}, then remove this entry. Or accept an outage: "
            "lifecycle: {replace: allowed}"
        )
        fix += ". Or try lifecycle: {skuChange: inPlace}" if paths == ("sku.name",) else ""
        if chosen := chosen_paths(desired, pair.observed.sku, paths):
            why = "its manifest says modelChange: replace, and no lifecycle: {replace: allowed} beside it"
            fix += f". Or take lifecycle.modelChange out: ARM changes {' and '.join(chosen)} in place"
        return Reason.REPLACE_FORBIDDEN, why, fix
    if terms.replace_failed:
        return None
    why = "it is in state Failed, in which ARM refuses every PUT until it is deleted"
    return Reason.FAILED_STATE, why, "write lifecycle: {replace: allowed}, or pass --replace-failed"


def _entry(desired: DesiredDeployment, name: str) -> str:
    """The essential part of a manifest's entry, in one line of YAML."""
    model, sku = desired.spec.model, desired.spec.sku
    version = "" if isinstance(model.version, Unset) else f", version: {json.dumps(model.version)}"
    capacity = "" if isinstance(sku.capacity, Unset) else f", capacity: {sku.capacity.amount}"
    source = "" if model.source is None else f", source: {json.dumps(str(model.source.account))}"
    return (
        f"- {{name: {_scalar(name)}, model: {{format: {_scalar(model.format)}, name: {_scalar(model.name)}"
        f"{version}{source}}}, sku: {{name: {_scalar(sku.name.name)}{capacity}}}}}"
    )


def _scalar(text: str) -> str:
    """Bare where YAML cannot misread it, else quoted as JSON, which is YAML too."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text)
