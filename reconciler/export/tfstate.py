"""Terraform states (format version 4) as estates: azurerm's deployments, and azapi's of the same type.

A state holds secrets: only the attributes named here are ever looked at, and none that Terraform marks as
sensitive.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.errors import UsageProblem
from reconciler.export.draft import at, part
from reconciler.export.estate import Estate, Found, FoundAccount, Origin
from reconciler.export.foreign import ForeignFile

_VERSION = 4
_IDENTITY = frozenset({"id", "type"})
_DEPLOYMENTS = "microsoft.cognitiveservices/accounts/deployments"
_ACCOUNTS = frozenset({"azurerm_cognitive_account", "azurerm_ai_services"})
# azurerm's attributes, by the name of ARM's property.
_PROPERTIES: Mapping[str, str] = {
    "raiPolicyName": "rai_policy_name",
    "versionUpgradeOption": "version_upgrade_option",
    "dynamicThrottlingEnabled": "dynamic_throttling_enabled",
}


def tfstate_estate(file: ForeignFile, *, cloud: str | None = None) -> Estate:
    """The deployments of a state; UsageProblem where it is none, or holds none."""
    resources = _resources(file)
    regions: dict[AccountId, str] = {}
    found: dict[AccountId, dict[DeploymentId, Found]] = defaultdict(dict)
    notes: list[str] = []
    for kind, mode, attributes, hidden in resources:
        region = _region(kind, attributes)
        if region is not None:
            regions[region[0]] = region[1]
        deployment = _deployment(kind, attributes) if mode == "managed" else None
        if deployment is None:
            continue
        identity, resource = deployment
        if identity is None:
            notes.append(f"a {kind} has no id of a deployment, so it is not exported")
        else:
            found[identity.account].setdefault(
                identity, Found(name=identity.name, resource=resource, notes=_hidden(hidden))
            )
    if not found:
        kinds = ", ".join(sorted({kind for kind, *_ in resources})[:6]) or "none at all"
        kinds += "".join(f"; {note}" for note in notes[:1])
        raise UsageProblem(
            f"{file.name} holds no model deployment: looked for azurerm_cognitive_deployment, "
            f"azapi_resource of type accounts/deployments, found {kinds}. Name the state of the "
            "configuration that deploys models"
        )
    accounts = (
        FoundAccount(
            subscription=account.subscription,
            resource_group=account.resource_group,
            name=account.name,
            region=regions.get(account),
            deployments=tuple(one for _, one in sorted(there.items())),
        )
        for account, there in sorted(found.items())
    )
    return Estate(origin=Origin.TERRAFORM_STATE, cloud=cloud, accounts=tuple(accounts), notes=tuple(notes))


def _hidden(names: Sequence[str]) -> tuple[str, ...]:
    return (f"Terraform marks {', '.join(names)} as sensitive: not carried over here",) if names else ()


def _resources(file: ForeignFile) -> list[tuple[str, str, JsonObject, Sequence[str]]]:
    """Type, mode, attributes and names of sensitive attributes of every instance of every resource."""
    document = file.document
    if "encrypted_data" in document or "encryption_version" in document:
        raise UsageProblem(
            f"{file.name} is encrypted; `tofu state pull` prints it decrypted: pipe that into "
            "`reconciler export --from-tfstate -`"
        )
    version = document.get("version")
    if version != _VERSION or "resources" not in document:
        said = f"says version {json.dumps(version)}" if version != _VERSION else "has no `resources`"
        said = said if "version" in document else "has no `version`"
        raise UsageProblem(
            f"{file.name} is no Terraform state of format version {_VERSION}, which Terraform 0.12 and newer "
            f"write: it {str(said)[:80]}. {_instead(document)}"
        )
    return [
        (str(resource.get("type")), str(resource.get("mode", "managed")), *_attributes(instance))
        for resource in _objects(document.get("resources"))
        for instance in _objects(resource.get("instances"))
    ]


def _instead(document: JsonObject) -> str:
    if "deploymenttemplate" in str(document.get("$schema")).lower():
        return "It is an ARM template: pass it as --from-arm-template"
    return "Use `terraform state pull`; a current one upgrades it"


def _attributes(instance: JsonObject) -> tuple[JsonObject, Sequence[str]]:
    """What may be looked at, and the names of what may not; a path hides all of its first step."""
    paths = instance.get("sensitive_attributes")
    firsts = [path[0] for path in paths if isinstance(path, list) and path] if isinstance(paths, list) else []
    attributes = part(instance, "attributes")
    marked = {str(step.get("value")) for step in _objects(firsts)}
    hidden = sorted(marked & attributes.keys() - _IDENTITY)
    return {name: value for name, value in attributes.items() if name not in hidden}, hidden


def _objects(value: JsonValue) -> Iterator[JsonObject]:
    items: Iterable[JsonValue] = value if isinstance(value, list) else ()
    return (one for one in items if isinstance(one, Mapping))


def _region(kind: str, attributes: JsonObject) -> tuple[AccountId, str] | None:
    """The account and region of a resource that is an account."""
    of_azapi = kind == "azapi_resource" and _type(attributes) == "microsoft.cognitiveservices/accounts"
    location = attributes.get("location")
    if (kind not in _ACCOUNTS and not of_azapi) or not isinstance(location, str) or not location:
        return None
    try:
        return AccountId.parse(str(attributes.get("id"))), location
    except ValueError:
        return None


def _deployment(kind: str, attributes: JsonObject) -> tuple[DeploymentId | None, JsonObject] | None:
    """The identity (None if it has none) and the body of a resource that is a deployment."""
    if kind == "azurerm_cognitive_deployment":
        return _identity(attributes), _of_azurerm(attributes)
    if kind == "azapi_resource" and _type(attributes) == _DEPLOYMENTS:
        return _identity(attributes), _of_azapi(attributes)
    return None


def _type(attributes: JsonObject) -> str:
    return str(attributes.get("type")).partition("@")[0].lower()


def _identity(attributes: JsonObject) -> DeploymentId | None:
    try:
        return DeploymentId.parse(str(attributes.get("id")))
    except ValueError:
        return None


def _of_azurerm(attributes: JsonObject) -> JsonObject:
    model, sku = _first(attributes, "model"), _first(attributes, "sku")
    scale = _first(attributes, "scale")
    if not sku and scale:  # azurerm 3.x
        sku = {**scale, "name": scale.get("type")}
    properties: dict[str, JsonValue] = {
        name: attributes[theirs] for name, theirs in _PROPERTIES.items() if attributes.get(theirs) is not None
    }
    properties["model"] = {name: model.get(name) for name in ("format", "name", "version")}
    # Terraform writes numbers that were left out as 0 and texts as "".
    kept = {name: sku.get(name) for name in ("name", "tier", "size", "family")}
    return {"sku": {**kept, "capacity": sku.get("capacity") or None}, "properties": properties}


def _first(attributes: JsonObject, name: str) -> JsonObject:
    """The one block of a name; a state holds blocks as lists."""
    value = attributes.get(name)
    return next(_objects(value), {}) if isinstance(value, list) else part(attributes, name)


def _of_azapi(attributes: JsonObject) -> JsonObject:
    """The body as it was declared, with the answer of ARM under it where the state keeps one."""
    body, output = _json(attributes.get("body")), _json(attributes.get("output"))
    tags = attributes.get("tags")
    properties = {**part(output, "properties"), **part(body, "properties")}
    model = {**part(part(output, "properties"), "model"), **part(part(body, "properties"), "model")}
    return {
        "sku": {**part(output, "sku"), **part(body, "sku")},
        "tags": tags if isinstance(tags, Mapping) else at(body, "tags") or {},
        "properties": {**properties, "model": model},
    }


def _json(value: JsonValue) -> JsonObject:
    """Azapi 1 keeps JSON text, azapi 2 a value with its type beside it."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    if isinstance(value, Mapping) and set(value) == {"type", "value"}:
        value = value["value"]
    return value if isinstance(value, Mapping) else {}
