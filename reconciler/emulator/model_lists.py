"""What a list shows of the models that a region has: by api-version, by page, by day.

Rule of this module: `scope` and the lifecycle of each sku were recorded with 2026-09-01 alone;
`replacementConfig` is in the specification since 2025-09-01. What a model of an older list lacks of them is
filled in from what it has.
"""

from functools import lru_cache

from reconciler.emulator import clock, offers, versions
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json, Kept, normal_location

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


def page(turn: Turn, location: str) -> Answer:
    """A page of a region's list as an api-version shows it: an item per account kind, as recorded.

    The region is spelled as its name without spaces; in 2023 an item had no address of its own.
    """
    known = offers.shipped()["regions"].get(normal_location(location), {})
    place = known.get("displayName", location).replace(" ", "")
    above = f"/subscriptions/{turn.subscription}/providers/Microsoft.CognitiveServices/locations/{place}"

    def addressed(item: Kept) -> Kept:
        if item.last is not None and item.last[0] == above:
            return item.last[1]
        name = ".".join(item["model"][part] for part in ("format", "name", "version"))
        address = {
            "id": f"{above}/models/{name}",
            "type": "Microsoft.CognitiveServices/locations/models",
            "name": name,
            "location": place,
        }
        item.last = above, Kept.headed(address, item)
        return item.last[1]

    return turn.page(
        _items(
            offers.lists_of(turn.store, location),
            turn.version,
            in_lower_case=clock.spells_in_lower_case(turn.now),
        ),
        size=PAGE if turn.version >= PAGED_SINCE else None,
        shown=None if clock.is_of_2023(turn.now) else addressed,
    )


@lru_cache(maxsize=16)
def _items(lists: offers.Lists, version: str, *, in_lower_case: bool) -> tuple[Kept, ...]:
    found = (item for listed in lists.all for item in _items_of(listed, version, in_lower_case=in_lower_case))
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
