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
from reconciler.export.foreign import ForeignFile
from reconciler.export.json_parts import part, text_or_none
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
    left_out = [one.left_out for one in instances if one.left_out]
    there = [one for one in instances if not one.left_out]
    for one in there:
        if not one.is_deployment:
            continue
        identity = one.identity
        if identity is None:
            homeless.append((one, one.found()))
        else:
            found.setdefault(identity, one.found())
    for one in there:
        if one.is_update:
            identity = one.identity
            if identity in found:
                found[identity] = one.changed(found[identity])
            else:
                left_out.append(f"{one.address} changes a deployment that is not here: left out")
        elif one.concerns_deployments:
            left_out.append(f"{one.address} ({one.kind}) acts on a deployment: not understood, left out")
    inner = [made for one in there if (made := deployed_template(one, setting, left_out)) is not None]
    accounts = [*_accounts(found, there), *_new_accounts(homeless), *(a for e in inner for a in e.accounts)]
    if not accounts and not left_out:
        kinds = ", ".join(sorted({one.kind for one in instances})[:6]) or "none at all"
        raise UsageProblem(
            f"{name} holds no model deployment: looked for azurerm_cognitive_deployment, azapi_resource of "
            f"type accounts/deployments and template deployments, found {kinds}. Name the state of the "
            "configuration that deploys models"
        )
    return Estate(
        origin=origin,
        cloud=setting.cloud,
        accounts=tuple(accounts),
        notes=tuple(note for one in inner for note in one.notes),
        left_out=(*left_out, *(text for one in inner for text in one.left_out)),
    )


def _accounts(found: Mapping[DeploymentId, Found], instances: Sequence[Instance]) -> Iterator[FoundAccount]:
    regions = {
        one.account: str(one.values["location"])
        for one in instances
        if one.is_account and one.account is not None and one.values.get("location")
    }
    for account in sorted({one.account for one in found}):
        yield FoundAccount(
            subscription=account.subscription,
            resource_group=account.resource_group,
            name=account.name,
            region=regions.get(account),
            deployments=tuple(one for identity, one in sorted(found.items()) if identity.account == account),
        )


def _new_accounts(homeless: Sequence[tuple[Instance, Found]]) -> Iterator[FoundAccount]:
    """The accounts of deployments whose account has no id yet; what is known of them is in the instance."""
    groups: dict[str, list[tuple[Instance, Found]]] = {}
    for one, found in homeless:
        groups.setdefault(str(one.open.get("account", "the account")), []).append((one, found))
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


def deployed_template(one: Instance, setting: Setting, left_out: list[str]) -> Estate | None:
    """What an ARM template that Terraform deploys declares."""
    if one.mode != "managed" or one.kind not in TEMPLATES:
        return None
    content, parameters = (
        parsed(one.values.get(name)) for name in (TEMPLATE_TEXT[one.kind], "parameters_content")
    )
    if "accounts/deployments" not in json.dumps(content).lower():
        return None
    where = str(one.values.get("id")).split("/")
    group = where[4] if len(where) > 4 and where[3].lower() == "resourcegroups" else None
    placed = replace(
        setting,
        subscription=where[2] if len(where) > 2 else setting.subscription,
        resource_group=group or text_or_none(one.values.get("resource_group_name")) or setting.resource_group,
    )
    given = [ForeignFile(name=f"{one.address}.parameters_content", document={"parameters": parameters})]
    try:
        return template_estate(ForeignFile(name=one.address, document=content), given, placed)
    except UsageProblem as why:
        left_out.append(f"{one.address} is left out: {why}")
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
        kind, mode = str(resource.get("type")), str(resource.get("mode", "managed"))
        stem = ".".join(str(one) for one in (resource.get("module"), kind, resource.get("name")) if one)
        for instance in objects(resource.get("instances")):
            paths = instance.get("sensitive_attributes")
            paths = paths if isinstance(paths, list) else []
            firsts = [path[0] for path in paths if isinstance(path, list) and path]  # hides all below it
            marked = {str(step.get("value")) for step in objects(firsts)}
            values, hidden = _without(part(instance, "attributes"), marked)
            key = instance.get("index_key")
            address = stem if key is None else f"{stem}[{json.dumps(key)}]"
            yield _marked(
                Instance(kind=kind, mode=mode, address=address, values=values, hidden=tuple(hidden)), instance
            )


def _marked(one: Instance, instance: JsonObject) -> Instance:
    """An instance with what Terraform says about its condition."""
    if not (one.is_deployment or one.is_update):
        return one
    if instance.get("deposed") is not None or instance.get("deposed_key") is not None:
        gone = f"{one.address} is deposed, which Terraform is about to destroy: left out"
        return replace(one, left_out=gone)
    if instance.get("status") == "tainted" or instance.get("tainted") is True:
        remark = "tainted: Terraform would replace it, so see whether it works before it is adopted"
        return replace(one, remark=remark)
    return one


def _without(attributes: JsonObject, marked: Iterable[str]) -> tuple[JsonObject, Sequence[str]]:
    """What may be looked at, and the names of what may not."""
    hidden = sorted(set(marked) & attributes.keys() - _IDENTITY)
    return {name: value for name, value in attributes.items() if name not in hidden}, hidden


# -- what `terraform show -json` prints ----------------------------------------------------------


def _shown(module: JsonObject, depth: int = 0) -> Iterator[Instance]:
    """The resources of a module of a state, and of those below it."""
    for resource in objects(module.get("resources")):
        values, hidden = _without(part(resource, "values"), _marks(resource.get("sensitive_values")))
        one = Instance(
            kind=str(resource.get("type")),
            mode=str(resource.get("mode", "managed")),
            address=str(resource.get("address")),
            values=values,
            hidden=tuple(hidden),
        )
        yield _marked(one, resource)
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
        str(one.get("address")): part(part(one, "change"), "after")
        for one in changes
        if one.get("type") in ACCOUNTS
    }
    references = dict(_references(part(part(document, "configuration"), "root_module"), ""))
    for one in changes:
        change, address = part(one, "change"), str(one.get("address"))
        values = part(change, "after")
        actions = change.get("actions")
        if actions == ["delete"] or not values:
            continue
        after, hidden = _without(values, _marks(change.get("after_sensitive")))
        open_paths = dict(_unknown_paths(change.get("after_unknown"), ""))
        instance = Instance(
            kind=str(one.get("type")),
            mode=str(one.get("mode", "managed")),
            address=address,
            values=after,
            hidden=tuple(hidden),
            open=open_paths,
        )
        if instance.is_deployment and instance.identity is None:
            words = references.get(address.partition("[")[0], "")
            account = accounts.get(words) or next(
                (known for where, known in accounts.items() if words and where.partition("[")[0] == words), {}
            )
            known = {**after, **({"account": account} if account else {})}
            named = {"account": words or "the account", **open_paths}
            instance = replace(instance, values=known, open=named)
        yield _marked(instance, one)
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
