"""What a list shows of the models that a region has: by api-version, by page, by day.

Rule of this module: `scope` and the lifecycle of each sku were recorded with 2026-09-01 alone;
`replacementConfig` is in the specification since 2025-09-01. What a model of an older list lacks of them is
filled in from what it has.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from reconciler.emulator import clock, offers, versions
from reconciler.emulator.store import Store
from reconciler.emulator.wire import Json, Kept, normal_location

PAGED_SINCE = "2026-09-01"
"""From here on lists page, and skus have a scope and a lifecycle of their own (recorded)."""
PAGE = 50
"""Items of a page: 426 came in nine pages (recorded)."""

_MODEL_SINCE = {
    "capabilities": "2022-10-01",
    "deprecation": "2022-10-01",
    "systemData": "2022-10-01",
    "isDefaultVersion": versions.SKU_SINCE,
    "lifecycleStatus": versions.SKU_SINCE,
    "skus": versions.SKU_SINCE,
    "publisher": "2024-10-01",
    "replacementConfig": "2025-09-01",
    "isMarketplaceRequired": PAGED_SINCE,
    "modelCatalogAssetId": "2025-09-01",
}
"""What a model says from a version on (recorded in 2022, with 2025-09-01 and 2026-09-01, or specified)."""
_SKU_SINCE = {"costs": "2024-10-01", "scope": PAGED_SINCE, "lifecycleStatus": PAGED_SINCE}
"""The same of a sku (specified; recorded with 2025-06-01 and 2026-09-01)."""
_BY_KIND = ("OpenAI", "AIServices")
"""Lists come by account kind: OpenAI, AIServices, the others (recorded in April 2026, reported in August)."""


def items(store: Store, subscription: str, location: str, version: str, now: datetime) -> Sequence[Kept]:
    """Items of the models list as an api-version shows them: one per account kind, as recorded.

    The region is spelled as its name without spaces; in 2023 an item had no address of its own.
    """
    place = (
        offers.shipped()["regions"]
        .get(normal_location(location), {})
        .get("displayName", location)
        .replace(" ", "")
    )
    above = f"/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/{place}"
    return _items(
        offers.lists_of(store, location),
        above,
        version,
        is_of_2023=clock.is_of_2023(now),
        in_lower_case=clock.spells_in_lower_case(now),
    )


@lru_cache(maxsize=16)
def _items(
    lists: offers.Lists, above: str, version: str, *, is_of_2023: bool, in_lower_case: bool
) -> tuple[Kept, ...]:
    found: list[Kept] = []
    for listed in lists.all:
        items = _items_of(listed, version, in_lower_case=in_lower_case)
        if is_of_2023:
            found += items
            continue
        name = ".".join(listed.model[part] for part in ("format", "name", "version"))
        address = {
            "id": f"{above}/models/{name}",
            "type": "Microsoft.CognitiveServices/locations/models",
            "name": name,
            "location": above.rpartition("/")[2],
        }
        found += [Kept.headed(address, item) for item in items]
    return tuple(sorted(found, key=_place))


def _place(item: Kept) -> int:
    return _BY_KIND.index(item["kind"]) if item["kind"] in _BY_KIND else len(_BY_KIND)


@lru_cache(maxsize=2048)
def _items_of(listed: offers.Listed, version: str, *, in_lower_case: bool) -> tuple[Kept, ...]:
    """What no subscription and no region changes: most of a list."""
    model = shown_model(listed.model, version, in_lower_case=in_lower_case)
    return tuple(Kept({"kind": kind, "skuName": listed.sku_name, "model": model}) for kind in listed.kinds)


def shown_model(model: Json, version: str, *, in_lower_case: bool) -> Json:
    """A model as an api-version lists it; rate limits were spelled in lower case in 2023 (recorded)."""
    if in_lower_case and "skus" in model:
        model = {**model, "skus": [_in_lower_case(sku) for sku in model["skus"]]}
    if version >= PAGED_SINCE:
        return _newest(model)
    kept = {name: value for name, value in model.items() if version >= _MODEL_SINCE.get(name, "")}
    if "skus" in kept:
        kept["skus"] = [
            {name: value for name, value in sku.items() if version >= _SKU_SINCE.get(name, "")}
            for sku in model["skus"]
        ]
    return kept


def _in_lower_case(sku: Json) -> Json:
    return {"ratelimits" if name == "rateLimits" else name: value for name, value in sku.items()}


def _newest(model: Json) -> Json:
    """Skus have a scope and a lifecycle of their own, and meters no id any more (recorded)."""
    status = model.get("lifecycleStatus", "GenerallyAvailable")
    tuned = any(offers.is_fine_tune_offer(sku) for sku in model["skus"])
    skus = [
        {
            **sku,
            **({"costs": [{**cost, "meterId": ""} for cost in sku["costs"]]} if "costs" in sku else {}),
            "scope": sku.get("scope")
            or ("Finetune" if offers.is_fine_tune_offer(sku) else "Base" if tuned else "All"),
            "lifecycleStatus": sku.get("lifecycleStatus", status),
        }
        for sku in model["skus"]
    ]
    return {**model, "skus": skus, "isMarketplaceRequired": offers.is_bought(model)}
