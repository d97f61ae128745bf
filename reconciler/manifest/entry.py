"""What a user may write about one deployment.

An entry is checked after templates and defaults were merged into it, so nothing but its name is required
here. A silent field is None and stays unmanaged; what only ARM writes has no field.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BeforeValidator, Field, create_model

from reconciler.domain.fields import FIELDS, own_properties
from reconciler.domain.forms import Object
from reconciler.domain.ids import AccountId, is_guid
from reconciler.domain.read_only import READ_ONLY
from reconciler.domain.sku import KNOWN_SKUS
from reconciler.manifest import scalars
from reconciler.manifest.fields import (
    Amount,
    Flag,
    Json,
    Name,
    ResourceGroup,
    Share,
    Strict,
    TagValue,
    Unquoted,
    Whole,
    Words,
    formed,
    lines_of,
    optional,
    stated,
)
from reconciler.manifest.tree import Map, Text, described

SkuWord = Annotated[str, BeforeValidator(scalars.filled, json_schema_input_type=Literal[KNOWN_SKUS] | str)]
"""A SKU. Editors offer the known ones; other names and other case are understood too."""

NOT_EXTRA: Final = {
    "model": "write it as the entry's own `model`",
    "sku": "write it as the entry's own `sku`: ARM ignores a `sku` among the properties",
    "tags": "write it as the entry's own `tags`",
    **{row.arm[-1].lower(): row.fix for row in READ_ONLY if row.arm[:-1] == ("properties",)},
}
"""What ARM writes itself, or what has a place of its own, and what to do about it."""


def _extra(value: object) -> object:
    for key in value if isinstance(value, Map) else ():
        fix = NOT_EXTRA.get(key.lower())
        if fix is not None:
            raise scalars.invalid(f"`{key}` cannot be an extra property", fix)
    return value


def _source(value: object) -> object:
    """An ARM id as the mapping it stands for."""
    if not isinstance(value, Text) or value.null:
        return value
    try:
        account = AccountId.parse(value)
    except ValueError as problem:
        raise scalars.invalid(
            str(problem), "write the id, or {subscription, resourceGroup, account}"
        ) from None
    if not is_guid(account.subscription):
        raise scalars.invalid(
            f"{described(account.subscription)} in this id is not a GUID", "copy the id from ARM"
        )
    parts = {
        "subscription": account.subscription,
        "resourceGroup": account.resource_group,
        "account": account.name,
    }
    return Map({value.like(key): value.like(part) for key, part in parts.items()})


def _ignorable(value: object) -> object:
    path = str(scalars.filled(value))
    head, _, rest = path.partition(".")
    if path in IGNORABLE or (rest and head in {"tags", "extraProperties"}):
        return value
    near = scalars.nearest(path, IGNORABLE)
    fix = f"did you mean {near}?" if near else "write a path such as sku.capacity, model.version or tags.team"
    raise scalars.invalid(f"{described(value)} is not a field whose changes can be ignored", fix)


class SourceEntry(Strict):
    """The account in which a fine-tuned model was made."""

    subscription: Name = Field(description="Alias from the Fleet, or the subscription's GUID.")
    resource_group: ResourceGroup = Field(description="Resource group of the source account.")
    account: Annotated[
        str, formed(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,63}", "2 to 64 letters, digits, `_`, `-` or `.`")
    ] = Field(description="Name of the source account.")


SourceOrId = Annotated[SourceEntry, BeforeValidator(_source, json_schema_input_type=SourceEntry | str)]


class ModelEntry(Strict):
    """Which model is deployed."""

    name: Name | None = stated(
        "model.name", examples=["gpt-4.1", "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef"]
    )
    format: Name | None = stated("model.format")
    version: Unquoted | None = stated("model.version", examples=["2024-11-20", "0613", "1"])
    publisher: Words | None = stated("model.publisher")
    source: SourceOrId | None = stated("model.source")


class SkuEntry(Strict):
    """How the deployment is billed, and how much of it there is."""

    name: SkuWord | None = stated("sku.name", examples=["GlobalStandard"])
    capacity: Whole | None = stated("sku.capacity", examples=[50])
    tier: Words | None = stated("sku.tier")
    size: Words | None = stated("sku.size")
    family: Words | None = stated("sku.family")


class LifecycleEntry(Strict):
    """What we may do with the deployment."""

    prevent_destroy: Flag | None = optional("true: neither delete nor replace until this line is gone.")
    sku_change: Literal["replace", "inPlace"] | None = optional(
        "How a new sku.name is reached; replace if absent."
    )
    model_change: Literal["inPlace", "replace", "refuse"] | None = optional(
        "How a new model or version is reached; inPlace if absent on a provisioned SKU. Elsewhere a new "
        "version is reached in place and a new model by replacement."
    )
    replace: Literal["forbidden", "allowed"] | None = optional(
        "What to do when only a new deployment can satisfy a change; forbidden if absent."
    )
    ignore_changes: list[Annotated[str, BeforeValidator(_ignorable, json_schema_input_type=str)]] | None = (
        optional("Fields that someone else owns, as dotted paths.", examples=[["sku.capacity", "tags.team"]])
    )
    on_removal: Literal["delete", "retain"] | None = optional(
        "What pruning does once nobody declares the deployment; delete if absent."
    )
    recreate_expired: Flag | None = optional(
        "true: make the deployment again after the service has removed it, as it does with idle "
        "fine-tuned ones and those on DeveloperTier."
    )


class WorkloadEntry(Strict):
    """The load of an average month, for what paying per token comes to."""

    rpm: Amount = Field(description="Requests a minute, averaged over the month.", examples=[20])
    prompt_tokens: Amount = Field(description="Tokens of the prompt of a request.", examples=[1000])
    generated_tokens: Amount | None = optional(
        "Tokens generated for a request, reasoning included; 0 if absent."
    )
    cache_rate: Share | None = optional(
        "Share of the prompt tokens read from the cache, 0 to 1; 0 if absent."
    )


class Properties(Strict, defer_build=True):
    """What stands in the table of fields, but for the tags; only its subclass checks anything."""

    model: ModelEntry | None = optional("The model, its version and, if it is fine-tuned, where from.")
    sku: SkuEntry | None = optional("How it is billed and how much of it there is.")


if not TYPE_CHECKING:  # no code reads another row as an attribute
    Properties = create_model("Properties", __base__=Properties, **lines_of(own_properties()))


class EntryFields(Properties, defer_build=False):
    """Everything about a deployment but its name; also what a Fleet's defaults may state."""

    tags: dict[Words, TagValue] | None = stated("tags", examples=[{"team": "a"}])
    lifecycle: LifecycleEntry | None = optional("What else may be done with it, and what never.")
    workload: WorkloadEntry | None = optional(
        "Expected load, for `cost` and `plan --cost`. Never sent to ARM."
    )
    extra_properties: Annotated[Json, BeforeValidator(_extra)] | None = optional(
        "Sent inside ARM's `properties` as is: fields this format does not know."
    )


class Entry(EntryFields):
    """One deployment of a set, or of a template."""

    name: Name = Field(
        description="Name of the deployment: 2 to 64 letters, digits, `_`, `-` or `.`.", examples=["chat"]
    )
    undecided: Words | None = optional(
        "Written by export: a condition that nobody has decided. An error while it stands.",
        examples=["deployed only if parameters('deployChat')"],
    )


def _paths() -> Iterator[str]:
    """Every dotted path of a field that ARM holds."""
    for row in FIELDS:
        if row.own:
            yield from (row.path.partition(".")[0], row.path)
            inner = row.form.fields if isinstance(row.form, Object) else ()
            yield from (f"{row.path}.{item.name}" for item in inner)


IGNORABLE: Final = frozenset(_paths())
