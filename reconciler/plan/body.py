"""Bodies of PUTs: what is declared, laid over what is there (docs/decisions/0003-put-overlay.md).

The two tables of this module are the only places that know which properties ARM fills in by itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from reconciler.domain.deployment import (
    DeploymentSpec,
    DesiredDeployment,
    JsonObject,
    JsonValue,
    OnRemoval,
    Unset,
)
from reconciler.domain.state import ObservedDeployment

FLEET_TAG = "reconciler-fleet"
SPEC_TAG = "reconciler-spec"
REMOVAL_TAG = "reconciler-on-removal"
MARKS = (FLEET_TAG, SPEC_TAG, REMOVAL_TAG)

# Properties that ARM answers and does not take (OpenAPI 2025-06-01, recordings 2021 to 2026); lower case,
# because the spelling of some has drifted (`ratelimits` in 2023, `rateLimits` today).
_READ_ONLY_ROOT = frozenset({"id", "name", "type", "etag", "systemdata"})
_READ_ONLY_PROPERTIES = frozenset(
    {"provisioningstate", "capabilities", "ratelimits", "callratelimit", "currentcapacity", "scalesettings"}
)
_READ_ONLY_MODEL = frozenset({"callratelimit"})


def writable(observed: ObservedDeployment) -> JsonObject:
    """The part of an answer that a PUT may repeat, unknown properties included."""
    resource = {k: v for k, v in observed.resource.items() if k.lower() not in _READ_ONLY_ROOT}
    properties = resource.get("properties")
    if isinstance(properties, Mapping):
        kept = {k: v for k, v in properties.items() if k.lower() not in _READ_ONLY_PROPERTIES}
        model = kept.get("model")
        if isinstance(model, Mapping):
            kept["model"] = {k: v for k, v in model.items() if k.lower() not in _READ_ONLY_MODEL}
        resource["properties"] = kept
    return resource


def declared_body(desired: DesiredDeployment, fleet: str) -> JsonObject:
    """What the manifest declares and our marks, in the shape of a PUT body; nothing else."""
    tags = {} if isinstance(desired.spec.tags, Unset) else dict(desired.spec.tags)
    return {**_declared(desired), "tags": tags | marks(desired, fleet)}


def marks(desired: DesiredDeployment, fleet: str) -> dict[str, str]:
    """The tags that say that a deployment is ours, and what must hold once it is no longer declared."""
    tags = {FLEET_TAG: fleet, SPEC_TAG: spec_mark(desired)}
    if desired.lifecycle.prevent_destroy:
        tags[REMOVAL_TAG] = "refuse"
    elif desired.lifecycle.on_removal is OnRemoval.RETAIN:
        tags[REMOVAL_TAG] = "retain"
    return tags


def put_body(desired: DesiredDeployment, observed: ObservedDeployment | None, fleet: str) -> JsonObject:
    """Exactly what a PUT of `desired` sends: the declared over what is there, or alone where nothing is.

    Fields that the manifest ignores, and a version that the service has upgraded by itself as it may,
    are left as they are.
    """
    declared = declared_body(desired, fleet)
    if observed is None:
        return declared
    untouched = [_body_path(path) for path in desired.lifecycle.ignore_changes]
    if auto_upgraded(desired, observed):
        untouched.append(("properties", "model", "version"))
    for path in untouched:
        declared = _without(declared, path)
    return _laid_over(writable(observed), declared)


def replacement_body(desired: DesiredDeployment, observed: ObservedDeployment, fleet: str) -> JsonObject:
    """What recreates a deployment: undeclared settings survive, its old SKU and another model's do not."""
    kept = _without(writable(observed), ("sku",))
    model = observed.model_name or ""
    if model.lower() != desired.spec.model.name.lower():
        kept = _without(kept, ("properties", "model"))
    return _laid_over(kept, declared_body(desired, fleet))


def spec_mark(desired: DesiredDeployment) -> str:
    """12 hex digits over what the manifest declares, less the fields it ignores."""
    declared: JsonObject = _declared(desired)
    for path in desired.lifecycle.ignore_changes:
        declared = _without(declared, _body_path(path))
    text = json.dumps(declared, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def auto_upgraded(desired: DesiredDeployment, observed: ObservedDeployment) -> bool:
    """Whether the service runs a newer version than the declared one, and was allowed to move there.

    Microsoft's "working with models": any versionUpgradeOption but NoAutoUpgrade lets the service change
    the version by itself. Where the option is declared nowhere, what is there counts.
    """
    declared = desired.spec.model.version
    running = observed.model_version
    if isinstance(declared, Unset) or running is None or not _newer(running, than=declared):
        return False
    option = desired.spec.version_upgrade_option
    if isinstance(option, Unset):
        properties = observed.resource.get("properties")
        found = properties.get("versionUpgradeOption") if isinstance(properties, Mapping) else None
        option = found if isinstance(found, str) else "NoAutoUpgrade"
    return option.lower() != "noautoupgrade"


def _newer(version: str, *, than: str) -> bool:
    """Only versions of one form have an order: dates (2024-11-20), or small counts (1, 2)."""
    dates = len(version) == len(than) == len("2024-11-20") and version[4] == than[4] == "-"
    if dates:
        return version > than
    counts = version.isdigit() and than.isdigit() and max(len(version), len(than)) <= len("99")
    return counts and int(version) > int(than)


def _declared(desired: DesiredDeployment) -> dict[str, JsonValue]:
    spec = desired.spec
    body: dict[str, JsonValue] = {"sku": _sku(spec), "properties": _properties(desired)}
    if not isinstance(spec.tags, Unset):
        body["tags"] = dict(spec.tags)
    return body


def _sku(spec: DeploymentSpec) -> JsonObject:
    sku = spec.sku
    capacity = sku.capacity
    fields: dict[str, JsonValue | Unset] = {
        "name": sku.name.name,
        "capacity": capacity if isinstance(capacity, Unset) else capacity.amount,
        "tier": sku.tier,
        "size": sku.size,
        "family": sku.family,
    }
    return _stated(fields)


def _properties(desired: DesiredDeployment) -> JsonObject:
    spec = desired.spec
    model = spec.model
    fields: dict[str, JsonValue | Unset] = {
        "format": model.format,
        "name": model.name,
        "version": model.version,
        "publisher": model.publisher,
    }
    if model.source is not None:
        # Within a tenant the documentation uses `source`, across tenants `sourceAccount` ("Deploy a
        # fine-tuned model", 2025-02-24); both are in the schema since 2024-10-01.
        fields["sourceAccount" if desired.source_tenant else "source"] = str(model.source.account)
    properties: dict[str, JsonValue | Unset] = {
        **spec.settings,
        "model": _stated(fields),
        "versionUpgradeOption": spec.version_upgrade_option,
        "raiPolicyName": spec.rai_policy_name,
        "spilloverDeploymentName": spec.spillover_deployment_name,
        "parentDeploymentName": spec.parent_deployment_name,
    }
    return _stated(properties)


def _stated(fields: Mapping[str, JsonValue | Unset]) -> dict[str, JsonValue]:
    return {name: value for name, value in fields.items() if not isinstance(value, Unset)}


def _body_path(dotted: str) -> tuple[str, ...]:
    """A manifest's path as a path into a body; a tag's name may hold dots."""
    head, _, rest = dotted.partition(".")
    if head == "sku":
        return ("sku", *rest.split(".")) if rest else ("sku",)
    if head == "tags":
        return ("tags", rest) if rest else ("tags",)
    return ("properties", *dotted.split("."))


def _without(body: JsonObject, path: tuple[str, ...]) -> JsonObject:
    head, *rest = path
    if head not in body:
        return body
    if not rest:
        return {name: value for name, value in body.items() if name != head}
    inner = body[head]
    if not isinstance(inner, Mapping):
        return body
    return {**body, head: _without(inner, tuple(rest))}


def _laid_over(below: JsonObject, above: JsonObject) -> JsonObject:
    """Mappings merge; lists and scalars are replaced. Names are ARM's, so their case does not count."""
    spelled = {name.lower(): name for name in above}
    merged: dict[str, JsonValue] = {}
    for name, value in below.items():
        key = spelled.get(name.lower())
        if key is None:
            if not _other_source(name, above):
                merged[name] = value
            continue
        over = above[key]
        both = isinstance(value, Mapping) and isinstance(over, Mapping)
        merged[key] = _laid_over(value, over) if both else over  # type: ignore[arg-type]
    return merged | {name: value for name, value in above.items() if name not in merged}


def _other_source(name: str, above: JsonObject) -> bool:
    """Whether `name` is the one of ARM's two source fields that the other one, being declared, replaces."""
    others = {"source": "sourceAccount", "sourceAccount": "source"}
    return others.get(name, "") in above
