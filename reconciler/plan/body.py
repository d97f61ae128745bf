"""Bodies of PUTs: what is declared, laid over what is there (docs/decisions/0003-put-overlay.md).

The two tables of this module are the only places that know which properties ARM fills in by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from reconciler.domain.deployment import (
    DeploymentSpec,
    DesiredDeployment,
    JsonObject,
    JsonValue,
    OnRemoval,
    Unset,
)
from reconciler.domain.marks import FLEET_TAG, REMOVAL_TAG, SPEC_TAG
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.overlay import SOURCES, canonical, has, holds, laid_over, without

# Properties that ARM answers and does not take (OpenAPI 2025-06-01, recordings 2021 to 2026); lower case,
# because the spelling of some has drifted (`ratelimits` in 2023, `rateLimits` today).
_READ_ONLY_ROOT = frozenset({"id", "name", "type", "etag", "systemdata"})
_READ_ONLY_PROPERTIES = frozenset(
    {"provisioningstate", "capabilities", "ratelimits", "callratelimit", "currentcapacity", "scalesettings"}
)
_READ_ONLY_MODEL = frozenset({"callratelimit"})

# What the absence of a property means, where that is documented ("Working with models" for the upgrade
# option) or the only reading of a two-valued switch. What ARM fills in on create (versionUpgradeOption,
# raiPolicyName, model.version, capacity) needs no table: an undeclared field is never compared.
ABSENT_MEANS: Mapping[str, JsonValue] = {
    "versionUpgradeOption": "OnceCurrentVersionExpired",
    "serviceTier": "Default",
    "deploymentState": "Running",
    "dynamicThrottlingEnabled": False,
}


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
    return _marked(_declared(desired), desired, fleet)


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
    if observed is None:
        return declared_body(desired, fleet)
    return _marked(laid_over(_unmarked(writable(observed)), _to_send(desired, observed)), desired, fleet)


def as_declared(desired: DesiredDeployment, observed: ObservedDeployment, fleet: str) -> bool:
    """Whether all that is declared, and our marks, are there letter by letter, so that a PUT changes nothing.

    Most of a fleet is like this, and this is ten times as quick as looking for differences. False says
    nothing: a spelling that ARM does not distinguish may be all that differs.
    """
    wanted = marks(desired, fleet)
    tags = observed.resource.get("tags")
    kept_back = REMOVAL_TAG not in wanted and any(name.lower() == REMOVAL_TAG for name in observed.tags)
    return not kept_back and holds(tags, wanted) and holds(observed.resource, _to_send(desired, observed))


def _to_send(desired: DesiredDeployment, observed: ObservedDeployment) -> JsonObject:
    """What is declared, less what its owner or the service may set as they like."""
    declared = _without_ignored(desired)
    if auto_upgraded(desired, observed):
        return without(declared, ("properties", "model", "version"))
    return declared


def replacement_body(desired: DesiredDeployment, observed: ObservedDeployment, fleet: str) -> JsonObject:
    """What recreates a deployment: undeclared settings survive, another SKU's and another model's do not.

    An ignored field keeps the value that its owner gave it, where that value still has a meaning.
    """
    kept = _unmarked(writable(observed))
    declared: JsonObject = _declared(desired)
    same_sku = observed.sku == desired.spec.sku.name
    same_model = (observed.model_name or "").lower() == desired.spec.model.name.lower()
    if not same_sku:
        kept = without(kept, ("sku",))
    if not same_model:
        kept = without(kept, ("properties", "model"))
    for path in _ignored(desired):
        about_sku, about_model = path[0] == "sku", path[:2] == ("properties", "model")
        if (same_sku or not about_sku) and (same_model or not about_model) and has(kept, path):
            declared = without(declared, path)
    return _marked(laid_over(kept, declared), desired, fleet)


def spec_mark(desired: DesiredDeployment) -> str:
    """12 hex digits over what the manifest declares, less the fields it ignores.

    Which of its two fields a source is sent in depends on tenants, and ids have no case: neither may
    change the mark.
    """
    document: JsonObject = _without_ignored(desired)
    source = desired.spec.model.source
    for name in SOURCES:
        document = without(document, ("properties", "model", name))
    ignored = {path[-1] for path in _ignored(desired) if path[:2] == ("properties", "model")}
    if source is not None and not ignored & {*SOURCES, "model"}:
        document = {**document, "source": str(source.account).lower()}
    return hashlib.sha256(canonical(document).encode()).hexdigest()[:12]


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
        option = str(found or ABSENT_MEANS["versionUpgradeOption"])
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
        "model": _stated(fields),
        "versionUpgradeOption": spec.version_upgrade_option,
        "raiPolicyName": spec.rai_policy_name,
        "spilloverDeploymentName": spec.spillover_deployment_name,
        "parentDeploymentName": spec.parent_deployment_name,
    }
    stated = _stated(properties)
    return laid_over(spec.settings, stated) if spec.settings else stated


def _stated(fields: Mapping[str, JsonValue | Unset]) -> dict[str, JsonValue]:
    return {name: value for name, value in fields.items() if not isinstance(value, Unset)}


def _marked(body: JsonObject, desired: DesiredDeployment, fleet: str) -> JsonObject:
    tags = body.get("tags")
    kept = tags if isinstance(tags, Mapping) else {}
    return {**body, "tags": laid_over(kept, marks(desired, fleet))}


def _unmarked(body: JsonObject) -> JsonObject:
    """Without the mark about removal: it follows the manifest, which may have taken it back."""
    tags = body.get("tags")
    if not isinstance(tags, Mapping):
        return body
    return {**body, "tags": {name: value for name, value in tags.items() if name.lower() != REMOVAL_TAG}}


def _without_ignored(desired: DesiredDeployment) -> JsonObject:
    declared: JsonObject = _declared(desired)
    for path in _ignored(desired):
        declared = without(declared, path)
    return declared


def _ignored(desired: DesiredDeployment) -> list[tuple[str, ...]]:
    paths = [_body_path(path) for path in desired.lifecycle.ignore_changes]
    sources = [("properties", "model", name) for name in SOURCES]
    return [*paths, *(sources if sources[0] in paths else ())]


def _body_path(dotted: str) -> tuple[str, ...]:
    """A manifest's path as a path into a body; a tag's name may hold dots."""
    head, _, rest = dotted.partition(".")
    match head:
        case "tags":
            return ("tags", rest) if rest else ("tags",)
        case "sku":
            return ("sku", *rest.split(".")) if rest else ("sku",)
        case "extraProperties" | "properties":
            return ("properties", *rest.split("."))
        case _:
            return ("properties", *dotted.split("."))
