"""One instance of a Terraform resource as a deployment or an account, wherever its values were read.

A state, a plan and the source all end here. What an instance says and ARM's resource has no place for is told
by name: every attribute that is not named in these tables is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.domain.fields import BY_PATH
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.export.estate import Found
from reconciler.export.foreign import part, shown

DEPLOYMENT: Final = "azurerm_cognitive_deployment"
ACCOUNTS: Final = frozenset({"azurerm_cognitive_account", "azurerm_ai_services"})
TEMPLATES: Final = frozenset(
    {
        "azurerm_resource_group_template_deployment",
        "azurerm_subscription_template_deployment",
        "azurerm_template_deployment",
    }
)
_DEPLOYMENTS: Final = "microsoft.cognitiveservices/accounts/deployments"
_ACCOUNT: Final = "microsoft.cognitiveservices/accounts"

# azurerm's attributes, by the name of ARM's property.
PROPERTIES: Final[Mapping[str, str]] = {
    "raiPolicyName": "rai_policy_name",
    "versionUpgradeOption": "version_upgrade_option",
    "dynamicThrottlingEnabled": "dynamic_throttling_enabled",
}
MODEL: Final = ("format", "name", "version")
SKU: Final = ("name", "tier", "size", "family", "capacity")
SCALE: Final = {"type": "name", "tier": "tier", "size": "size", "family": "family", "capacity": "capacity"}
AZURERM_FRAME: Final = frozenset(
    {"id", "name", "cognitive_account_id", "account", "timeouts", "model", "sku", "scale"}
)
AZAPI_FRAME: Final = frozenset(
    {
        "id", "name", "parent_id", "account", "type", "resource_id", "body", "output", "tags", "location",
        "timeouts", "locks", "retry", "identity", "removing_special_chars", "schema_validation_enabled",
        "response_export_values", "ignore_casing", "ignore_missing_property", "ignore_null_property",
        "ignore_body_changes", "ignore_other_items_in_list", "create_headers", "create_query_parameters",
        "update_headers", "update_query_parameters", "read_headers", "read_query_parameters",
        "delete_headers", "delete_query_parameters", "replace_triggers_external_values",
        "replace_triggers_refs", "list_unique_id_property", "sensitive_body_version",
    }
)  # fmt: skip
"""What of an azapi resource is about the call, not about the deployment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One instance of a resource.

    `hidden` names attributes that may not be looked at; `open` paths whose value is not known, with the words
    that stand for it; `remark` and `left_out` are sentences about it.
    """

    kind: str
    address: str
    values: JsonObject
    mode: str = "managed"
    hidden: tuple[str, ...] = ()
    open: Mapping[str, str] = field(default_factory=dict)
    condition: str = ""
    remark: str = ""
    left_out: str = ""

    @property
    def acts_on_deployments(self) -> bool:
        """Whether it is a resource of azapi that does something with model deployments."""
        managed = self.mode == "managed" and self.kind.startswith("azapi_")
        return managed and self.arm_type == _DEPLOYMENTS

    @property
    def is_deployment(self) -> bool:
        """Whether it is a model deployment that this configuration makes."""
        made = self.kind == "azapi_resource" and self.acts_on_deployments
        return made or (self.mode == "managed" and self.kind == DEPLOYMENT)

    @property
    def is_update(self) -> bool:
        """Whether it changes a model deployment that something else makes."""
        return self.kind == "azapi_update_resource" and self.acts_on_deployments

    @property
    def is_account(self) -> bool:
        """Whether it is an account, made here or only looked up."""
        of_azapi = self.kind == "azapi_resource" and self.arm_type == _ACCOUNT
        return self.kind in ACCOUNTS or of_azapi

    @property
    def arm_type(self) -> str:
        """The ARM type of an azapi resource, without its version, in lower case."""
        return str(self.values.get("type")).partition("@")[0].lower()

    @property
    def identity(self) -> DeploymentId | None:
        """The deployment's id, from its own or its account's; None where neither is known."""
        parent = str(self.values.get("cognitive_account_id") or self.values.get("parent_id"))
        names = (
            str(self.values.get("id")),
            str(self.values.get("resource_id")),
            f"{parent}/deployments/{self.values.get('name')}",
        )
        return next((item for item in map(deployment_id, names) if item is not None), None)

    @property
    def account(self) -> AccountId | None:
        """The id of an instance that is an account."""
        try:
            return AccountId.parse(str(self.values.get("id")))
        except ValueError:
            return None

    def found(self) -> Found:
        """It as a deployment."""
        resource, lost = _azurerm(self) if self.kind == DEPLOYMENT else _azapi(self)
        if self.hidden:
            lost.insert(0, f"Terraform marks {', '.join(self.hidden)} as sensitive: not carried over here")
        identity = self.identity
        written = identity.name if identity is not None else self.values.get("name")
        return Found(
            name=str(written) if isinstance(written, str) else f"<{self.open.get('name', self.address)}>",
            resource=resource,
            open={_path(where): words for where, words in self.open.items() if _path(where)},
            notes=(self.remark,) if self.remark else (),
            condition=self.condition,
            lost=tuple(lost),
        )

    def changed(self, base: Found) -> Found:
        """A deployment as an azapi_update_resource leaves it."""
        body = _json(self.values.get("body"))
        notes = (*base.notes, f"{self.address} changes it: {', '.join(_leaves(body)) or 'nothing'}")
        return Found(
            name=base.name,
            resource=_over(base.resource, body),
            open=base.open,
            notes=notes,
            lost=(*base.lost, *_unknown(self, AZAPI_FRAME)),
        )


def deployment_id(text: str) -> DeploymentId | None:
    """The id of a deployment; None for a text that is none."""
    try:
        return DeploymentId.parse(text)
    except ValueError:
        return None


def _azurerm(instance: Instance) -> tuple[JsonObject, list[str]]:
    model, sku, scale = (first(instance.values, name) for name in ("model", "sku", "scale"))
    if not sku and scale:  # azurerm 3.x
        lost = [f"scale.{name} = {shown(scale[name])}" for name in scale if name not in SCALE and scale[name]]
        sku = {theirs: scale.get(name) for name, theirs in SCALE.items()}
    else:
        lost = [f"sku.{name} = {shown(sku[name])}" for name in sku if name not in SKU and sku[name]]
    lost += [f"model.{name} = {shown(model[name])}" for name in model if name not in MODEL and model[name]]
    properties: dict[str, JsonValue] = {
        name: instance.values[theirs]
        for name, theirs in PROPERTIES.items()
        if instance.values.get(theirs)
        not in (None, False, "")  # Terraform's way of saying that it was left out
    }
    properties["model"] = {name: model.get(name) for name in MODEL}
    # Terraform writes numbers that were left out as 0 and texts as "".
    body = {"sku": {name: sku.get(name) or None for name in SKU}, "properties": properties}
    notes = [f"{text} has no place in a manifest: left out" for text in lost]
    return body, [*notes, *_unknown(instance, AZURERM_FRAME | set(PROPERTIES.values()))]


def _azapi(instance: Instance) -> tuple[JsonObject, list[str]]:
    """The body as it was declared, with the answer of ARM under it where the state keeps one."""
    body, output = _json(instance.values.get("body")), _json(instance.values.get("output"))
    answer = part(output, "properties")
    stated = {name: answer[name] for name in PROPERTIES if answer.get(name) is not None}
    filled = {name: value for name, value in stated.items() if not BY_PATH[name].is_usual(value)}
    filled |= {"model": part(answer, "model")} if part(answer, "model") else {}
    below: JsonObject = {"sku": part(output, "sku"), "properties": filled}
    tags = instance.values.get("tags")
    made = {**_over(below, body), **({"tags": tags} if isinstance(tags, Mapping) and tags else {})}
    return made, _unknown(instance, AZAPI_FRAME)


def _unknown(instance: Instance, known: Iterable[str]) -> list[str]:
    """A sentence for each attribute that nothing here has a place for."""
    return [
        f"{instance.kind} has {name} = {shown(value)}, which has no place in a manifest: left out"
        for name, value in instance.values.items()
        if name not in known and value not in (None, "", False, [], {}, 0)
    ]


def _over(base: JsonObject, change: JsonObject) -> dict[str, JsonValue]:
    """An object with another laid over it, objects in them likewise; names have no case."""
    made = dict(base)
    for name, value in change.items():
        spelled = next((item for item in made if item.lower() == name.lower()), name)
        below = made.get(spelled)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        made[spelled] = _over(below, value) if both else value  # type: ignore[arg-type]  # `both` says so
    return made


def _leaves(value: JsonObject, path: str = "") -> Iterator[str]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _leaves(inner, f"{path}{name}.")
        else:
            yield f"{path}{name}".removeprefix("properties.")


def _path(path: str) -> str:
    """A path into an instance as a manifest spells it; empty for what is no part of an entry."""
    first_step, _, rest = path.partition(".")
    if first_step in {"id", "output", "timeouts", "account", "cognitive_account_id", "parent_id"}:
        return ""
    if first_step == "body":
        return rest.removeprefix("properties.") or "model"
    if first_step == "scale":
        return f"sku.{SCALE.get(rest, rest)}" if rest else "sku"
    arm = next((name for name, theirs in PROPERTIES.items() if theirs == first_step), first_step)
    return f"{arm}.{rest}" if rest else arm


def first(values: JsonObject, name: str) -> JsonObject:
    """The one block of a name; a state holds blocks as lists."""
    value = values.get(name)
    return next(objects(value), {}) if isinstance(value, list) else part(values, name)


def objects(value: JsonValue) -> Iterator[JsonObject]:
    """The objects of a list."""
    items: Sequence[JsonValue] = value if isinstance(value, list) else ()
    return (item for item in items if isinstance(item, Mapping))


def parsed(value: JsonValue) -> JsonObject:
    """An object, which may be kept as JSON text; empty where there is none."""
    try:
        made = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return {}
    return made if isinstance(made, Mapping) else {}


def _json(value: JsonValue) -> JsonObject:
    """Azapi 1 keeps JSON text, azapi 2 a value with its type beside it."""
    made = parsed(value)
    return part(made, "value") if set(made) == {"type", "value"} else made
