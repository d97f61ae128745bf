"""Deployments as Kubernetes objects: of Azure Service Operator (ASO) and of Crossplane's Azure provider.

ASO: group `cognitiveservices.azure.com`, ARM's own shape under `spec`, the account as `owner`. Crossplane:
group `cognitiveservices.azure.upbound.io`, Terraform's attributes in camelCase under `spec.forProvider`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.domain.ids import AccountId
from reconciler.errors import UsageProblem
from reconciler.export.estate import Estate, EstateOrigin, Found, FoundAccount
from reconciler.export.foreign import part, text_or_none
from reconciler.export.sources.given import Setting
from reconciler.export.sources.terraform_resource import first

_ASO: Final = re.compile(r"cognitiveservices\.azure\.com/")
_CROSSPLANE: Final = re.compile(r"cognitiveservices\.azure(\.m)?\.upbound\.io/")
_ASO_FRAME: Final = frozenset({"azureName", "owner", "operatorSpec", "originalVersion"})
CROSSPLANE_PROPERTIES: Final = ("raiPolicyName", "versionUpgradeOption", "dynamicThrottlingEnabled")
_CROSSPLANE_FRAME: Final = frozenset(
    {"cognitiveAccountId", "cognitiveAccountIdRef", "cognitiveAccountIdSelector", "model", "sku", "scale"}
)
_RECONCILE: Final = "serviceoperator.azure.com/reconcile-policy"
_EXTERNAL: Final = "crossplane.io/external-name"


def is_kubernetes(value: JsonValue) -> bool:
    """Whether a document is an object of Kubernetes."""
    return isinstance(value, Mapping) and "apiVersion" in value and "kind" in value


def kubernetes_estate(name: str, documents: Iterable[JsonValue], setting: Setting) -> Estate:
    """The deployments among Kubernetes objects; UsageProblem where there are none."""
    objects = [each for document in documents for each in _listed(document)]
    accounts = {str(part(each, "metadata").get("name")): each for each in objects if _is(each, "Account")}
    found: dict[str, tuple[FoundAccount, list[Found]]] = {}
    for item in objects:
        if _is(item, "Deployment"):
            owner = _owner(item, accounts)
            key = f"{owner.subscription}/{owner.resource_group}/{owner.name}/{sorted(owner.open.items())}"
            found.setdefault(key, (owner, []))[1].append(_found(item))
    if not found:
        kinds = ", ".join(sorted({f"{each.get('apiVersion')} {each.get('kind')}" for each in objects})[:6])
        raise UsageProblem(
            f"{name} holds no model deployment: looked for kind Deployment of cognitiveservices.azure.com "
            f"(ASO) and of cognitiveservices.azure.upbound.io (Crossplane), found {kinds or 'none at all'}"
        )
    return Estate(
        origin=EstateOrigin.KUBERNETES,
        cloud=setting.cloud,
        accounts=tuple(replace(owner, deployments=tuple(existing)) for owner, existing in found.values()),
    )


def _listed(document: JsonValue) -> Iterator[JsonObject]:
    """An object, or those of a `List`."""
    if not isinstance(document, Mapping):
        return
    items = document.get("items")
    if str(document.get("kind")).endswith("List") and isinstance(items, list):
        for item in items:
            yield from _listed(item)
    else:
        yield document


def _is(manifest: JsonObject, kind: str) -> bool:
    version = str(manifest.get("apiVersion"))
    ours = bool(_ASO.match(version) or _CROSSPLANE.match(version))
    return ours and str(manifest.get("kind")) == kind


def _named(manifest: JsonObject) -> str:
    """The name in Azure: what was set for it, else the object's own."""
    metadata = part(manifest, "metadata")
    external = part(metadata, "annotations").get(_EXTERNAL)
    azure = part(manifest, "spec").get("azureName")
    return str(azure or external or metadata.get("name"))


# -- accounts ------------------------------------------------------------------------------------


def _owner(manifest: JsonObject, accounts: Mapping[str, JsonObject]) -> FoundAccount:
    spec = part(manifest, "spec")
    provider = part(spec, "forProvider")
    owner = part(spec, "owner")
    written = owner.get("armId") or provider.get("cognitiveAccountId")
    if isinstance(written, str):
        try:
            return FoundAccount.at(AccountId.parse(written))
        except ValueError:
            return _unknown_account(written)
    referred = owner.get("name") or part(provider, "cognitiveAccountIdRef").get("name")
    if not isinstance(referred, str):
        return _unknown_account("chosen by labels" if provider else "the owner")
    object_of = accounts.get(referred)
    if object_of is None:
        return _unknown_account(f"the account of the object {referred}")
    return _account(object_of, referred)


def _account(manifest: JsonObject, referred: str) -> FoundAccount:
    """The account of an Account object, as far as that says where it is."""
    spec = part(manifest, "spec")
    provider = part(spec, "forProvider")
    group = part(spec, "owner").get("armId") or provider.get("resourceGroupName")
    parts = str(group or "").split("/")
    subscription, name = (parts[2], parts[4]) if len(parts) > 4 else (None, None)
    resource_group = name or (group if isinstance(group, str) else None)
    # An owner's name is that of an object, which may be called otherwise in Azure.
    resource_group = resource_group or text_or_none(part(spec, "owner").get("name"))
    existing = resource_group is not None
    return FoundAccount(
        subscription=subscription,
        resource_group=resource_group,
        name=_named(manifest),
        region=text_or_none(spec.get("location") or provider.get("location")),
        open={} if existing else {"resourceGroup": f"the resource group of the object {referred}"},
    )


def _unknown_account(words: str) -> FoundAccount:
    return FoundAccount(open=dict.fromkeys(("name", "resourceGroup"), words))


# -- deployments ---------------------------------------------------------------------------------


def _found(manifest: JsonObject) -> Found:
    spec = part(manifest, "spec")
    if _ASO.match(str(manifest.get("apiVersion"))):
        resource = {name: value for name, value in spec.items() if name not in _ASO_FRAME}
        return Found(name=_named(manifest), resource=resource, lost=_policies(manifest))
    provider = {**part(spec, "initProvider"), **part(spec, "forProvider")}
    sku, scale = first(provider, "sku"), first(provider, "scale")
    if not sku and scale:
        sku = {("name" if name == "type" else name): value for name, value in scale.items()}
    properties = {name: provider[name] for name in CROSSPLANE_PROPERTIES if provider.get(name) is not None}
    lost = [
        f"spec.forProvider.{name} has no place in a manifest: left out"
        for name, value in provider.items()
        if name not in _CROSSPLANE_FRAME | set(CROSSPLANE_PROPERTIES) and value is not None
    ]
    return Found(
        name=_named(manifest),
        resource={"sku": sku, "properties": {**properties, "model": first(provider, "model")}},
        lost=(*lost, *_policies(manifest)),
    )


def _policies(manifest: JsonObject) -> tuple[str, ...]:
    """What an object says about deleting, which a manifest says in words of its own."""
    spec = part(manifest, "spec")
    annotated = part(part(manifest, "metadata"), "annotations").get(_RECONCILE)
    policies = {
        _RECONCILE: (annotated, "manage"),
        "deletionPolicy": (spec.get("deletionPolicy"), "Delete"),
        "managementPolicies": (spec.get("managementPolicies"), ["*"]),
    }
    return tuple(
        f"{name} {json.dumps(said)} is not carried over: see lifecycle in the manifest reference"
        for name, (said, usual) in policies.items()
        if said not in (None, usual)
    )
