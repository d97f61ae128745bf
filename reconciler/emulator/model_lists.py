"""What an api-version shows of a model in a list: the fields of 2026-09-01, and none of them before.

Rule of this module: `scope` and the lifecycle of each sku were recorded with 2026-09-01 alone;
`replacementConfig` is in the specification since 2025-09-01. What a model of an older list lacks of them is
filled in from what it has.
"""

from reconciler.emulator import versions
from reconciler.emulator.wire import Json

SINCE = "2026-09-01"
"""From here on lists page, and skus have a scope and a lifecycle of their own (recorded)."""
PAGE = 50
"""Items of a page: 426 came in nine pages (recorded)."""

_REPLACEMENT_SINCE = "2025-09-01"
_SINCE = {
    "capabilities": "2022-10-01",
    "deprecation": "2022-10-01",
    "systemData": "2022-10-01",
    "isDefaultVersion": versions.SKU_SINCE,
    "lifecycleStatus": versions.SKU_SINCE,
    "skus": versions.SKU_SINCE,
}
"""What a model says from a version on (recorded in March 2022; the later three are specified)."""
_MODEL_FIELDS = frozenset({"isMarketplaceRequired", "modelCatalogAssetId"})
_SKU_FIELDS = frozenset({"scope", "lifecycleStatus"})
_COSTS_SINCE = "2024-10-01"
"""What a sku costs, by meter (specified; recorded with 2025-06-01)."""
_MARKETPLACE = frozenset({"Anthropic", "Cohere", "Meta", "Mistral AI"})


def shown(model: Json, version: str) -> Json:
    """A model as an api-version lists it."""
    if version >= SINCE:
        return _newest(model)
    hidden = _MODEL_FIELDS | ({"replacementConfig"} if version < _REPLACEMENT_SINCE else frozenset())
    hidden |= {name for name, first in _SINCE.items() if version < first}
    if not versions.knows(version, "properties.model.publisher"):
        hidden |= {"publisher"}
    kept = {name: value for name, value in model.items() if name not in hidden}
    if "skus" not in kept:
        return kept
    hidden = _SKU_FIELDS | ({"costs"} if version < _COSTS_SINCE else frozenset())
    skus = [{name: value for name, value in sku.items() if name not in hidden} for sku in model["skus"]]
    return {**kept, "skus": skus}


def _newest(model: Json) -> Json:
    """Skus have a scope and a lifecycle of their own, and meters no id any more (recorded)."""
    status = model.get("lifecycleStatus", "GenerallyAvailable")
    tuned = any(_is_tuned(sku) for sku in model["skus"])
    skus = [
        {
            **sku,
            **({"costs": [{**cost, "meterId": ""} for cost in sku["costs"]]} if "costs" in sku else {}),
            "scope": sku.get("scope") or ("Finetune" if _is_tuned(sku) else "Base" if tuned else "All"),
            "lifecycleStatus": sku.get("lifecycleStatus", status),
        }
        for sku in model["skus"]
    ]
    marketplace = model.get("isMarketplaceRequired", model.get("format") in _MARKETPLACE)
    return {**model, "skus": skus, "isMarketplaceRequired": marketplace}


def _is_tuned(sku: Json) -> bool:
    return sku.get("scope") == "Finetune" or str(sku.get("usageName", "")).lower().endswith("-finetune")
