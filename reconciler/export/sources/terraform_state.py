"""Terraform states and plans as estates: azurerm's deployments, azapi's, and templates that azurerm deploys.

Read are a state (format version 4) and what `terraform show -json` prints of a state or of a plan. They hold
secrets: only what is written out is ever looked at, and nothing that Terraform marks as sensitive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.domain.ids import DeploymentId
from reconciler.errors import UsageProblem
from reconciler.export.estate import Estate, EstateOrigin, Found, FoundAccount
from reconciler.export.foreign import ForeignFile, part, text_or_none
from reconciler.export.sources.given import Setting
from reconciler.export.sources.template import template_estate
from reconciler.export.sources.terraform_resource import ACCOUNTS, TEMPLATES, Instance, objects, parsed

_VERSION: Final = 4
_IDENTITY: Final = frozenset({"id", "type"})
_DEEPEST: Final = 20


def tfstate_estate(file: ForeignFile, setting: Setting) -> Estate:
    """The deployments of a state or a plan; UsageProblem where it is none, or holds none."""
    document = file.document
    if "encrypted_data" in document or "encryption_version" in document:
        raise UsageProblem(
            f"{file.name} is encrypted; `tofu state pull` prints it decrypted: pipe that into "
            "`reconciler export --from-tfstate -`"
        )
    if "planned_values" in document or "resource_changes" in document:
        return instances_estate(file.name, list(_planned(document)), EstateOrigin.TERRAFORM_PLAN, setting)
    if "format_version" in document and "version" not in document:
        root = part(part(document, "values"), "root_module")
        return instances_estate(file.name, list(_shown(root)), EstateOrigin.TERRAFORM_STATE, setting)
    return instances_estate(file.name, list(_state(file)), EstateOrigin.TERRAFORM_STATE, setting)


def instances_estate(
    name: str, instances: Sequence[Instance], origin: EstateOrigin, setting: Setting
) -> Estate:
    """What these instances deploy; UsageProblem where it is nothing."""
    found: dict[DeploymentId, Found] = {}
    homeless: list[tuple[Instance, Found]] = []
    left_out = [instance.left_out for instance in instances if instance.left_out]
    existing = [instance for instance in instances if not instance.left_out]
    for item in existing:
        if not item.is_deployment:
            continue
        identity = item.identity
        if identity is None:
            homeless.append((item, item.found()))
        else:
            found.setdefault(identity, item.found())
    for item in existing:
        if item.is_update:
            identity = item.identity
            if identity in found:
                found[identity] = item.changed(found[identity])
            else:
                left_out.append(f"{item.address} changes a deployment that is not here: left out")
        elif item.acts_on_deployments and not item.is_deployment:
            left_out.append(f"{item.address} ({item.kind}) acts on a deployment: not understood, left out")
    inner = [made for each in existing if (made := deployed_template(each, setting, left_out)) is not None]
    accounts = [
        *_accounts(found, existing),
        *_new_accounts(homeless),
        *(a for e in inner for a in e.accounts),
    ]
    if not accounts and not left_out:
        kinds = ", ".join(sorted({instance.kind for instance in instances})[:6]) or "none at all"
        raise UsageProblem(
            f"{name} holds no model deployment: looked for azurerm_cognitive_deployment, azapi_resource of "
            f"type accounts/deployments and template deployments, found {kinds}. Name the state of the "
            "configuration that deploys models"
        )
    return Estate(
        origin=origin,
        cloud=setting.cloud,
        accounts=tuple(accounts),
        notes=tuple(note for each in inner for note in each.notes),
        left_out=(*left_out, *(text for each in inner for text in each.left_out)),
    )


def _accounts(found: Mapping[DeploymentId, Found], instances: Sequence[Instance]) -> Iterator[FoundAccount]:
    regions = {
        instance.account: str(instance.values["location"])
        for instance in instances
        if instance.is_account and instance.account is not None and instance.values.get("location")
    }
    for account in sorted({item.account for item in found}):
        here = (item for identity, item in sorted(found.items()) if identity.account == account)
        yield FoundAccount.at(account, here, regions.get(account))


def _new_accounts(homeless: Sequence[tuple[Instance, Found]]) -> Iterator[FoundAccount]:
    """The accounts of deployments whose account has no id yet; what is known of them is in the instance."""
    groups: dict[str, list[tuple[Instance, Found]]] = {}
    for item, found in homeless:
        groups.setdefault(str(item.open.get("account", "the account")), []).append((item, found))
    for words, members in groups.items():
        account = part(members[0][0].values, "account")
        named = {"name": account.get("name"), "resourceGroup": account.get("resource_group_name")}
        region = account.get("location")
        yield FoundAccount(
            subscription=text_or_none(account.get("subscription")),
            resource_group=text_or_none(named["resourceGroup"]),
            name=text_or_none(named["name"]),
            region=text_or_none(region),
            open={
                where: members[0][0].open.get(f"account.{where}", words)
                for where, value in named.items()
                if text_or_none(value) is None
            },
            deployments=tuple(found for _, found in members),
        )


def deployed_template(instance: Instance, setting: Setting, left_out: list[str]) -> Estate | None:
    """What an ARM template that Terraform deploys declares."""
    if instance.mode != "managed" or instance.kind not in TEMPLATES:
        return None
    content, parameters = (
        parsed(instance.values.get(name)) for name in (TEMPLATE_TEXT[instance.kind], "parameters_content")
    )
    if "accounts/deployments" not in json.dumps(content).lower():
        return None
    where = str(instance.values.get("id")).split("/")
    group = where[4] if len(where) > 4 and where[3].lower() == "resourcegroups" else None
    placed = replace(
        setting,
        subscription=where[2] if len(where) > 2 else setting.subscription,
        resource_group=group
        or text_or_none(instance.values.get("resource_group_name"))
        or setting.resource_group,
    )
    given = [ForeignFile(name=f"{instance.address}.parameters_content", document={"parameters": parameters})]
    try:
        return template_estate(ForeignFile(name=instance.address, document=content), given, placed)
    except UsageProblem as why:
        left_out.append(f"{instance.address} is left out: {why}")
        return None


TEMPLATE_TEXT: Final = dict.fromkeys(TEMPLATES, "template_content") | {
    "azurerm_template_deployment": "template_body"
}


# -- a state of format version 4 -----------------------------------------------------------------


def _state(file: ForeignFile) -> Iterator[Instance]:
    document = file.document
    version = document.get("version")
    if version != _VERSION or "resources" not in document:
        said = f"says version {json.dumps(version)}" if version != _VERSION else "has no `resources`"
        said = said if "version" in document else "has no `version`"
        instead = "Use `terraform state pull`; a current one upgrades it"
        if "deploymenttemplate" in str(document.get("$schema")).lower():
            instead = "It is an ARM template: pass it as --from-arm-template"
        raise UsageProblem(
            f"{file.name} is not a Terraform state of format version {_VERSION}, which Terraform 0.12 and "
            f"newer write, nor what `terraform show -json` prints: it {said[:80]}. {instead}"
        )
    for resource in objects(document.get("resources")):
        named = (resource.get("module"), str(resource.get("type")), resource.get("name"))
        stem = ".".join(str(item) for item in named if item)
        for instance in objects(resource.get("instances")):
            paths = instance.get("sensitive_attributes")
            paths = paths if isinstance(paths, list) else []
            firsts = [path[0] for path in paths if isinstance(path, list) and path]  # hides all below it
            marked = {str(step.get("value")) for step in objects(firsts)}
            key = instance.get("index_key")
            address = stem if key is None else f"{stem}[{json.dumps(key)}]"
            item = _instance(resource, address, part(instance, "attributes"), marked)
            yield _marked(item, instance)


def _instance(resource: JsonObject, address: str, attributes: JsonObject, marked: Iterable[str]) -> Instance:
    """An instance with what may be looked at of it, and the names of what may not."""
    hidden = sorted(set(marked) & attributes.keys() - _IDENTITY)
    return Instance(
        kind=str(resource.get("type")),
        mode=str(resource.get("mode", "managed")),
        address=address,
        values={name: value for name, value in attributes.items() if name not in hidden},
        hidden=tuple(hidden),
    )


def _marked(item: Instance, instance: JsonObject) -> Instance:
    """An instance with what Terraform says about its condition."""
    if not (item.is_deployment or item.is_update):
        return item
    if instance.get("deposed") is not None or instance.get("deposed_key") is not None:
        gone = f"{item.address} is deposed, which Terraform is about to destroy: left out"
        return replace(item, left_out=gone)
    if instance.get("status") == "tainted" or instance.get("tainted") is True:
        remark = "tainted: Terraform would replace it, so see whether it works before it is adopted"
        return replace(item, remark=remark)
    return item


# -- what `terraform show -json` prints ----------------------------------------------------------


def _shown(module: JsonObject, depth: int = 0) -> Iterator[Instance]:
    """The resources of a module of a state, and of those below it."""
    for resource in objects(module.get("resources")):
        marked = _marks(resource.get("sensitive_values"))
        item = _instance(resource, str(resource.get("address")), part(resource, "values"), marked)
        yield _marked(item, resource)
    if depth < _DEEPEST:
        for child in objects(module.get("child_modules")):
            yield from _shown(child, depth + 1)


def _marks(marked: JsonValue) -> Iterator[str]:
    """The attributes in which anything is marked: `true`, or a value that contains it."""
    if isinstance(marked, Mapping):
        yield from (name for name, inner in marked.items() if _any_true(inner))


def _any_true(value: JsonValue) -> bool:
    if isinstance(value, Mapping):
        return any(map(_any_true, value.values()))
    if isinstance(value, list):
        return any(map(_any_true, value))
    return value is True


def _planned(document: JsonObject) -> Iterator[Instance]:
    """What a plan would leave: every resource that it does not delete, with what is not known yet."""
    changes = list(objects(document.get("resource_changes")))
    accounts = {
        str(each.get("address")): part(part(each, "change"), "after")
        for each in changes
        if each.get("type") in ACCOUNTS
    }
    references = dict(_references(part(part(document, "configuration"), "root_module"), ""))
    for item in changes:
        change, address = part(item, "change"), str(item.get("address"))
        values = part(change, "after")
        actions = change.get("actions")
        if actions == ["delete"] or not values:
            continue
        open_paths = dict(_unknown_paths(change.get("after_unknown"), ""))
        instance = _instance(item, address, values, _marks(change.get("after_sensitive")))
        instance = replace(instance, open=open_paths)
        if instance.is_deployment and instance.identity is None:
            words = references.get(address.partition("[")[0], "")
            account = accounts.get(words) or next(
                (known for where, known in accounts.items() if words and where.partition("[")[0] == words), {}
            )
            known = {**instance.values, **({"account": account} if account else {})}
            named = {"account": words or "the account", **open_paths}
            instance = replace(instance, values=known, open=named)
        yield _marked(instance, item)
    if not changes:
        yield from _shown(part(part(document, "planned_values"), "root_module"))


def _references(module: JsonObject, prefix: str) -> Iterator[tuple[str, str]]:
    """The account that each deployment of a configuration refers to, by address."""
    for resource in objects(module.get("resources")):
        expressions = part(resource, "expressions")
        parent = part(expressions, "cognitive_account_id") or part(expressions, "parent_id")
        named = parent.get("references")
        for reference in named if isinstance(named, list) else ():
            if isinstance(reference, str) and reference.count(".") == 1:
                yield f"{prefix}{resource.get('address')}", f"{prefix}{reference}"
    for name, call in part(module, "module_calls").items():
        if isinstance(call, Mapping):
            yield from _references(part(call, "module"), f"{prefix}module.{name}.")


def _unknown_paths(value: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    """Paths marked as known after apply; the one block of a list has no number."""
    if value is True:
        yield path, "known after apply"
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _unknown_paths(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _unknown_paths(inner, path)
