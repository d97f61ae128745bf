"""The documented default quotas of `facts.yaml`, in the spelling and order of the catalogue's models."""

from __future__ import annotations

from typing import TypeVar

from reconciler.catalogue.packed import PackedQuota
from tools.catalogue_source import Facts, Tables

_T = TypeVar("_T")

_MISPRINTS = {"gpt-4.1 mini": "gpt-4.1-mini"}
"""Names that the quotas page spells as no other page does."""


def quota_tiers(facts: Facts, tables: Tables) -> PackedQuota:
    """Requests and tokens a minute by tier; None for a tier that does not list the model on the SKU."""
    table = facts["quota_tiers"]
    scopes = list(table["tiers"])
    rates: dict[str, dict[str, list[list[int | None] | None]]] = {}
    for number, rows in enumerate(table["tiers"].values()):
        for model, sku, *numbers in rows:
            cells = rates.setdefault(model, {}).setdefault(sku, [None] * len(scopes))
            cells[number] = numbers
    return PackedQuota(scopes=scopes, rates=_ordered(rates), source=tables.source(table["source"]))


def batch_quota(facts: Facts, tables: Tables) -> PackedQuota:
    """Enqueued tokens by type of subscription; None where the page gives no number."""
    table = facts["batch_quota"]
    batch: dict[str, dict[str, list[int | None]]] = {}
    for sku in ("GlobalBatch", "DataZoneBatch"):
        for model, *numbers in table[sku]:
            batch.setdefault(_MISPRINTS.get(model, model), {})[sku] = numbers
    scopes = table["subscription_types"]
    return PackedQuota(scopes=scopes, batch=_ordered(batch), source=tables.source(table["source"]))


def _ordered(by_model: dict[str, _T]) -> dict[str, _T]:
    return dict(sorted(by_model.items(), key=lambda item: item[0].lower()))
