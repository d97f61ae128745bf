"""ARM's answers as values of the domain: what we need is typed here, everything else is kept as it came.

Rule of this module: tolerant of what is new, strict about what it reads. An unknown property is no news; a
capacity that is a text is an answer nobody should act on, and raises Unreadable.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from reconciler.arm.addresses import addressable
from reconciler.arm.printable import printable
from reconciler.arm.strict_json import NotUnderstood
from reconciler.domain.deployment import ModelRef
from reconciler.domain.ids import AccountId, Region
from reconciler.domain.platform import Replacement
from reconciler.domain.rights import Grant
from reconciler.domain.sku import SkuName
from reconciler.domain.state import (
    ObservedAccount,
    ObservedSubscription,
    Offer,
    QuotaPool,
)


def _whole(value: object) -> object:
    """Integers arrive as doubles where the specification says so; anything else stays what it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]


class Wire(BaseModel):
    """A shape of an answer: members in camel case, strangers ignored, types never coerced."""

    model_config = ConfigDict(
        extra="ignore", strict=True, frozen=True, alias_generator=to_camel, populate_by_name=False
    )


class _Properties(Wire):
    provisioning_state: str | None = None


class _Account(Wire):
    id: str
    location: str
    kind: str | None = None
    properties: _Properties | None = None


class _Subscription(Wire):
    subscription_id: str
    display_name: str | None = None
    tenant_id: str | None = None


class _Name(Wire):
    value: str
    localized_value: str | None = None


class _Usage(Wire):
    name: _Name
    current_value: float = Field(strict=False)
    limit: float = Field(strict=False)
    scope_type: str | None = None
    scope_id: str | None = None


class _Range(Wire):
    minimum: Whole | None = None
    maximum: Whole | None = None
    step: Whole | None = None


class _OfferedSku(Wire):
    name: str
    usage_name: str | None = None
    capacity: _Range | None = None
    deprecation_date: str | None = None
    scope: str | None = None
    lifecycle_status: str | None = None


class _Deprecation(Wire):
    inference: str | None = None


class _Replacement(Wire):
    target_model_name: str | None = None
    target_model_version: str | None = None
    auto_upgrade_start_date: str | None = None
    upgrade_on_expiry_lead_time_days: Whole | None = None


class _OfferedModel(Wire):
    format: str
    name: str
    version: str | None = None
    is_default_version: bool | None = None
    lifecycle_status: str | None = None
    deprecation: _Deprecation | None = None
    skus: tuple[_OfferedSku, ...] | None = Field(default=None, strict=False)
    publisher: str | None = None
    model_catalog_asset_id: str | None = None
    capabilities: dict[str, object] | None = None
    replacement_config: _Replacement | None = None


class _Named(Wire):
    name: str


class _AccountModel(_Named):
    base_model: object = None


class _Permission(Wire):
    actions: tuple[str, ...] = Field(default=(), strict=False)
    not_actions: tuple[str, ...] = Field(default=(), strict=False)


class _ListedModel(Wire):
    kind: str | None = None
    model: _OfferedModel


_W = TypeVar("_W", bound=Wire)


class Misdirected(NotUnderstood):
    """The answer is about another resource than the one that was asked for; reading again will not help."""


def misdirected(text: str) -> Misdirected:
    """That an answer tells the id of another resource, or none."""
    return Misdirected(f"its id is {printable(text, 300)}")


def account(answer: Mapping[str, object], asked: AccountId | str = "") -> ObservedAccount:
    """The account that was asked for, or any of a subscription; raises Unreadable for others."""
    read = shaped(_Account, answer)
    try:
        found = AccountId.parse(read.id)
    except ValueError as problem:
        raise misdirected(read.id) from problem
    meant = asked.lower() in {"", found.subscription.lower()} if isinstance(asked, str) else found == asked
    if not meant or not all(map(addressable, (found.subscription, found.resource_group, found.name))):
        raise misdirected(read.id)
    properties = read.properties or _Properties()
    return ObservedAccount(
        id=found,
        region=Region(read.location),
        kind=read.kind or "",
        provisioning_state=properties.provisioning_state or "Succeeded",
    )


def subscription(answer: Mapping[str, object], asked: str = "") -> ObservedSubscription:
    """The subscription that was asked for, or any as an item of the list."""
    read = shaped(_Subscription, answer)
    if asked and read.subscription_id.lower() != asked.lower():
        raise misdirected(read.subscription_id)
    return ObservedSubscription(
        id=read.subscription_id, name=read.display_name or "", tenant=read.tenant_id or None
    )


def pool(answer: Mapping[str, object]) -> QuotaPool:
    """One entry of usages. Doubles are rounded so that never more seems free than is."""
    read = shaped(_Usage, answer)
    if not (math.isfinite(read.current_value) and math.isfinite(read.limit)):
        raise NotUnderstood("a usage is not a number")
    return QuotaPool(
        name=read.name.value,
        label=read.name.localized_value or read.name.value,
        used=math.ceil(read.current_value),
        limit=math.floor(read.limit),
        scope=read.scope_type or "",
        scope_id=read.scope_id or "",
    )


def offers(answer: Mapping[str, object]) -> tuple[Offer, ...]:
    """The SKUs in which one entry of the models list can be had; one name may occur twice (fine-tuned)."""
    read = shaped(_ListedModel, answer)
    model = read.model
    ends = model.deprecation.inference if model.deprecation else None
    capabilities = model.capabilities or {}
    tiers = str(capabilities.get("priorityTierSkus") or "").lower().split(",")
    found, replacement = model.replacement_config, None
    if found is not None and found.target_model_name:
        replacement = Replacement(
            model=found.target_model_name,
            version=found.target_model_version or "",
            starts=found.auto_upgrade_start_date,
            lead_days=found.upgrade_on_expiry_lead_time_days,
        )
    return tuple(
        Offer(
            model_format=model.format,
            model_name=model.name,
            model_version=model.version or "",
            sku=SkuName(sku.name),
            pool=sku.usage_name or "",
            account_kind=read.kind or "",
            minimum=sku.capacity.minimum if sku.capacity else None,
            step=sku.capacity.step if sku.capacity else None,
            maximum=sku.capacity.maximum if sku.capacity else None,
            retires=_date(sku.deprecation_date or ends),
            lifecycle_status=sku.lifecycle_status or model.lifecycle_status or "",
            default_version=model.is_default_version or False,
            scope=sku.scope or "",
            replacement=replacement,
            publisher=model.publisher or "",
            asset=model.model_catalog_asset_id or "",
            hosted_on=str(capabilities.get("hostedOn") or ""),
            priority_tier=sku.name.lower() in tiers,
        )
        for sku in model.skus or ()
    )


def _date(text: str | None) -> str | None:
    """A date; 2099-12-31 is how ARM's lists say that there is none (recorded, 2026-10)."""
    return None if text is None or text.startswith("2099-12-31") else text


def policy_name(answer: Mapping[str, object]) -> tuple[str, ...]:
    """The name of one entry of an account's raiPolicies."""
    return (shaped(_Named, answer).name,)


def tuned_name(answer: Mapping[str, object]) -> tuple[str, ...]:
    """The name of one entry of an account's models, if it is a model that was made there.

    Fine-tuned entries carry `baseModel` (OpenAPI 2022-03-01 on).
    """
    read = shaped(_AccountModel, answer)
    tuned = read.base_model is not None or ModelRef(name=read.name).fine_tuned
    return (read.name,) if tuned else ()


def grant(answer: Mapping[str, object]) -> tuple[Grant, ...]:
    """One entry of the permissions at a scope (REST "Permissions - List For Resource", 2022-04-01)."""
    read = shaped(_Permission, answer)
    return (Grant(actions=read.actions, not_actions=read.not_actions),)


def page(answer: Mapping[str, object]) -> tuple[list[Mapping[str, object]], str | None]:
    """The items of one page and the address of the next one; None where the list ends."""
    items, link = answer.get("value"), answer.get("nextLink")
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise NotUnderstood("it is a list without a list of items in `value`")
    if link is not None and not isinstance(link, str):
        raise NotUnderstood("its nextLink is not a text")
    return items, link or None


def shaped(shape: type[_W], answer: Mapping[str, object]) -> _W:
    """`answer` in that shape; raises Unreadable naming the first member that is not as it should be."""
    try:
        return shape.model_validate(answer)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise NotUnderstood(f"{printable(where, 100)}: {printable(first['msg'], 200)}") from None
