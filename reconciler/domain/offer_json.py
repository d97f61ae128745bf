"""An offer as it stands in the files that this program keeps."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.domain import document
from reconciler.domain.deployment import JsonValue
from reconciler.domain.platform import Replacement
from reconciler.domain.sku import SkuName
from reconciler.domain.state import Offer


def offer_json(offer: Offer) -> dict[str, JsonValue]:
    """One offer as a JSON object."""
    return {
        "format": offer.model_format,
        "model": offer.model_name,
        "version": offer.model_version,
        "sku": offer.sku.name,
        "pool": offer.pool,
        "kind": offer.account_kind,
        "minimum": offer.minimum,
        "step": offer.step,
        "maximum": offer.maximum,
        "retires": offer.retires,
        "status": offer.lifecycle_status,
        "default": offer.default_version,
        "scope": offer.scope,
        "publisher": offer.publisher,
        "asset": offer.asset,
        "hostedOn": offer.hosted_on,
        "priority": offer.priority_tier,
        "replacement": None if offer.replacement is None else _replacement_json(offer.replacement),
    }


def _replacement_json(of: Replacement) -> dict[str, JsonValue]:
    return {"model": of.model, "version": of.version, "starts": of.starts, "leadDays": of.lead_days}


def read_offer(of: Mapping[str, object]) -> Offer:
    """The offer that `offer_json` wrote, or an earlier release; ValueError where the object is none."""
    return Offer(
        model_format=document.text(of, "format"),
        model_name=document.text(of, "model"),
        model_version=document.text(of, "version"),
        sku=SkuName(document.text(of, "sku")),
        pool=document.text(of, "pool"),
        account_kind=document.text(of, "kind"),
        minimum=document.whole_or_none(of, "minimum"),
        step=document.whole_or_none(of, "step"),
        maximum=document.whole_or_none(of, "maximum"),
        retires=document.text_or_none(of, "retires"),
        lifecycle_status=document.text(of, "status"),
        default_version=document.yes_or_no(of, "default"),
        scope=document.text_or_none(of, "scope") or "",
        publisher=document.text_or_none(of, "publisher") or "",
        asset=document.text_or_none(of, "asset") or "",
        hosted_on=document.text_or_none(of, "hostedOn") or "",
        priority_tier=of.get("priority") is True,
        replacement=_replacement(document.mapping(of, "replacement")) if of.get("replacement") else None,
    )


def _replacement(of: Mapping[str, object]) -> Replacement:
    return Replacement(
        model=document.text(of, "model"),
        version=document.text(of, "version"),
        starts=document.text_or_none(of, "starts"),
        lead_days=document.whole_or_none(of, "leadDays"),
    )
