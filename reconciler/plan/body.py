"""Bodies of PUTs: what is declared, laid over what is there (docs/decisions/0003-put-overlay.md).

What ARM answers and does not take, and how two values of a field are compared, stand in `domain/fields.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Final, TypeVar

from reconciler.domain.deployment import (
    UNSET,
    DesiredDeployment,
    JsonObject,
    JsonValue,
    ModelRef,
    OnRemoval,
    Unset,
)
from reconciler.domain.fields import SOURCE_FIELDS, body_path, field_at
from reconciler.domain.json_values import (
    Path,
    at,
    canonical,
    empty,
    has,
    laid_over,
    same,
    unset_paths,
    without,
)
from reconciler.domain.marks import FLEET_TAG, MODEL_TAG, REMOVAL_TAG, SPEC_TAG, mark_of
from reconciler.domain.read_only import read_only
from reconciler.domain.sku import SkuName
from reconciler.domain.state import ObservedDeployment

_ROOT: Final = read_only()
_PROPERTIES: Final = read_only("properties")
_MODEL: Final = read_only("properties", "model")
_SOURCES: Final[tuple[Path, ...]] = tuple(("properties", "model", name) for name in SOURCE_FIELDS)
_NAME: Final = ("properties", "model", "name")
_REMOVAL: Final = ("tags", REMOVAL_TAG)

_Of = TypeVar("_Of")
_Made = TypeVar("_Made")


def _kept_for_the_last(make: Callable[[_Of], _Made]) -> Callable[[_Of], _Made]:
    """`make`, which remembers what it made last: a plan looks at one deployment several times in a row.

    It goes by identity, and what it is asked about and what it makes are never changed.
    """
    last: list[tuple[_Of, _Made]] = []

    @wraps(make)
    def remembered(of: _Of) -> _Made:
        if last and (known := last[0])[0] is of:
            return known[1]
        made = make(of)
        last[:] = [(of, made)]
        return made

    return remembered


@_kept_for_the_last
def writable(observed: ObservedDeployment) -> JsonObject:
    """The part of an answer that a PUT may repeat, unknown properties included."""
    resource = {name: value for name, value in observed.resource.items() if name.lower() not in _ROOT}
    properties = resource.get("properties")
    if isinstance(properties, Mapping):
        kept = {name: value for name, value in properties.items() if name.lower() not in _PROPERTIES}
        model = kept.get("model")
        if isinstance(model, Mapping):
            kept["model"] = {name: value for name, value in model.items() if name.lower() not in _MODEL}
        resource["properties"] = kept
    return resource


def asked_for(body: JsonObject) -> tuple[ModelRef, SkuName, int | None] | None:
    """The model, the SKU and the capacity of a body; None where it lacks one of the first two."""
    sku, properties = body.get("sku"), body.get("properties")
    model = properties.get("model") if isinstance(properties, Mapping) else None
    if not isinstance(sku, Mapping) or not isinstance(model, Mapping):
        return None
    name, maker, version = (model.get(part) for part in ("name", "format", "version"))
    ref = ModelRef(name=str(name), format=str(maker), version=version if isinstance(version, str) else UNSET)
    amount = sku.get("capacity")
    return ref, SkuName(str(sku.get("name"))), amount if isinstance(amount, int) else None


def marks(desired: DesiredDeployment, mark: str) -> dict[str, str]:
    """The tags that say that a deployment is ours, what was declared, and what holds once it no longer is."""
    tags = {FLEET_TAG: mark, SPEC_TAG: spec_mark(desired), MODEL_TAG: model_mark(desired)}
    if desired.lifecycle.prevent_destroy:
        tags[REMOVAL_TAG] = "refuse"
    elif desired.lifecycle.on_removal is OnRemoval.RETAIN:
        tags[REMOVAL_TAG] = "retain"
    return tags


def put_body(desired: DesiredDeployment, observed: ObservedDeployment | None, mark: str) -> JsonObject:
    """Exactly what a PUT of `desired` sends: the declared over what is there, or alone where nothing is.

    What is there keeps its spelling where it is as declared. Fields that the manifest ignores, and those that
    the service has set as it may, are left as they are; what a null un-sets is left out.
    """
    if observed is None:
        return _marked(_stated(_declared(desired)), desired, mark)
    wanted, existing = _managed(desired), writable(observed)
    if not _agree(_NAME, at(existing, _NAME), at(wanted, _NAME) or at(existing, _NAME)):
        existing = without(
            existing, _NAME[:-1]
        )  # another model's version and source are not those of this one
    return _over(existing, wanted, desired, mark)


def nulls(desired: DesiredDeployment) -> tuple[Path, ...]:
    """The places that the manifest un-sets."""
    return tuple(unset_paths(_managed(desired)))


def gone(desired: DesiredDeployment) -> tuple[Path, ...]:
    """The places that a body of `desired` leaves empty on purpose."""
    return nulls(desired) if _keeps_removal_mark(desired) else (*nulls(desired), _REMOVAL)


def replacement_body(desired: DesiredDeployment, observed: ObservedDeployment, mark: str) -> JsonObject:
    """What recreates a deployment: undeclared settings survive, another SKU's and another model's do not.

    An ignored field keeps the value that its owner gave it, where that value still has a meaning.
    """
    kept = writable(observed)
    declared = _declared(desired)
    same_sku = observed.sku == desired.spec.sku.name
    same_model = (observed.model_name or "").lower() == desired.spec.model.name.lower()
    same_model = same_model or bool(desired.accepted)  # what the service moved stays what it is
    if not same_sku:
        kept = without(kept, ("sku",))
    if not same_model:
        kept = without(kept, ("properties", "model"))
    for path in (*_ignored(desired), *map(body_path, desired.accepted)):
        about_sku, about_model = path[0] == "sku", path[:2] == ("properties", "model")
        if (same_sku or not about_sku) and (same_model or not about_model) and has(kept, path):
            declared = without(declared, path)
    return _over(kept, declared, desired, mark)


@_kept_for_the_last
def spec_mark(desired: DesiredDeployment) -> str:
    """12 hex digits over what the manifest declares, less the fields it ignores.

    Which of its two fields a source is sent in depends on tenants, and ids have no case: neither may
    change the mark. Deployments carry marks of earlier releases: what this returns for a manifest must stay.
    """
    document = _without_ignored(desired)
    source = desired.spec.model.source
    for path in _SOURCES:
        document = without(document, path)
    if source is not None and not _ignores_source(desired):
        document = {**document, "source": str(source.account).lower()}
    return hashlib.sha256(canonical(document).encode()).hexdigest()[:12]


def model_mark(desired: DesiredDeployment) -> str:
    """``<name>@<version>`` as declared, and ``#<8 hex digits>`` over the source account where there is one.

    It tells later who changed the model, the manifest or somebody else. What the manifest leaves to others is
    empty.
    """
    document = _without_ignored(desired)
    name, version = (at(document, ("properties", "model", part)) for part in ("name", "version"))
    source = desired.spec.model.source
    suffix = ""
    if source is not None and not _ignores_source(desired):
        suffix = f"#{hashlib.sha256(str(source.account).lower().encode()).hexdigest()[:8]}"
    return f"{name or ''}@{version or ''}{suffix}"


def _declared(desired: DesiredDeployment) -> JsonObject:
    """The manifest in the shape of a body, its nulls included."""
    spec, capacity = desired.spec, desired.spec.sku.capacity
    model = _without_unset(
        format=spec.model.format,
        name=spec.model.name,
        version=spec.model.version,
        publisher=spec.model.publisher,
    )
    if spec.model.source is not None:
        # Within a tenant the documentation uses `source`, across tenants `sourceAccount` ("Deploy a
        # fine-tuned model", 2025-02-24); both are in the schema since 2024-10-01.
        model["sourceAccount" if desired.source_tenant else "source"] = str(spec.model.source.account)
    sku = _without_unset(
        name=spec.sku.name.name,
        capacity=capacity if isinstance(capacity, Unset) else capacity.amount,
        tier=spec.sku.tier,
        size=spec.sku.size,
        family=spec.sku.family,
    )
    body: dict[str, JsonValue] = {"sku": sku, "properties": {**spec.settings, "model": model}}
    if not isinstance(spec.tags, Unset):
        body["tags"] = dict(spec.tags)
    return body


def _without_unset(**fields: JsonValue | Unset) -> dict[str, JsonValue]:
    return {name: value for name, value in fields.items() if not isinstance(value, Unset)}


def _stated(body: JsonObject) -> JsonObject:
    """`body` less its nulls, and less the objects that held nothing else."""
    stated: dict[str, JsonValue] = {}
    for name, value in body.items():
        if type(value) is str:
            stated[name] = value
            continue
        kept = _stated(value) if isinstance(value, Mapping) else value
        if kept is not None and (kept or not value or not isinstance(value, Mapping)):
            stated[name] = kept
    return stated


def _agree(path: Path, found: JsonValue, wanted: JsonValue) -> bool:
    if empty(found):
        return False  # what ARM does not answer is sent, whatever its absence means
    field = field_at(path)
    return same(found, wanted) if field is None else field.agrees(found, wanted)


def _over(present: JsonObject, wanted: JsonObject, desired: DesiredDeployment, mark: str) -> JsonObject:
    """`wanted` over what is there, with one source between them: ARM's where it is as declared."""
    if any(has(wanted, path) for path in _SOURCES):
        found, stated = _source_in(present), _source_in(wanted)
        agreed = found is not None and _agree(_SOURCES[0], found, stated)
        for path in _SOURCES:
            present, wanted = (present, without(wanted, path)) if agreed else (without(present, path), wanted)
    body = laid_over(present, _stated(wanted), _agree)
    for path in unset_paths(wanted):
        body = without(body, path)
    return _marked(body, desired, mark)


def _source_in(body: JsonObject) -> JsonValue:
    return next((value for path in _SOURCES if (value := at(body, path))), None)


def unfinished(body: JsonObject, observed: ObservedDeployment) -> JsonObject:
    """`body` as the first of two writes, with the spec mark that is there.

    A run that is cut short then leaves a manifest that is still to be applied, and nobody is said to have
    changed anything.
    """
    tags, existing = body.get("tags"), mark_of(observed)
    kept = {
        name: existing if name.lower() == SPEC_TAG else value
        for name, value in (tags if isinstance(tags, Mapping) else {}).items()
        if existing is not None or name.lower() != SPEC_TAG
    }
    return {**body, "tags": kept}


def _marked(body: JsonObject, desired: DesiredDeployment, mark: str) -> JsonObject:
    tags = body.get("tags")
    kept = tags if isinstance(tags, Mapping) else {}
    if not _keeps_removal_mark(desired):
        kept = without(kept, (REMOVAL_TAG,))
    marked = laid_over(kept, marks(desired, mark))
    return body if marked is tags else {**body, "tags": marked}


def _keeps_removal_mark(desired: DesiredDeployment) -> bool:
    """The mark about removal follows the manifest, which may have taken it back."""
    return desired.lifecycle.prevent_destroy or desired.lifecycle.on_removal is OnRemoval.RETAIN


def _managed(desired: DesiredDeployment) -> JsonObject:
    """What is declared, less what its owner or the service may set as they like."""
    managed = _without_ignored(desired)
    for path in desired.accepted:
        managed = without(managed, body_path(path))
    return managed


@_kept_for_the_last
def _without_ignored(desired: DesiredDeployment) -> JsonObject:
    declared = _declared(desired)
    for path in _ignored(desired):
        declared = without(declared, path)
    return declared


def _ignores_source(desired: DesiredDeployment) -> bool:
    ignored = {path[-1] for path in _ignored(desired) if path[:2] == ("properties", "model")}
    return bool(ignored & {*SOURCE_FIELDS, "model"})


def _ignored(desired: DesiredDeployment) -> list[Path]:
    paths = [body_path(path) for path in desired.lifecycle.ignore_changes]
    return [*paths, *(_SOURCES if _SOURCES[0] in paths else ())]
