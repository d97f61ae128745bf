"""Read APIs of a region for planners: models, usages, free capacity, PTU estimates, account skus.

Rule of this module: everything is computed from the same offers and pools that admission uses, so that what
is announced here and what a PUT meets cannot disagree. Where a model has no published linear weights an
estimate of PTU is a 501, not a guess: weights are those of `world/ptu.json`, the formula is the documented
one without cached tokens, which that API has no field for.
"""

import math
from collections import Counter
from collections.abc import Mapping

from reconciler.emulator import account_kinds, accounts, clock, errors, model_lists, offers, quota
from reconciler.emulator.deployment_fields import MODEL_PARTS
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json, at, normal_location, world_facts

_WORKLOAD_SHAPES: Mapping[str, type] = {
    "model": dict,
    **{f"model.{part}": str for part in MODEL_PARTS},
    "skuName": str,
    "workloads": list,
}
_REFERENCE_REGION = "eastus2"
"""Sizes of a sku do not depend on the region but for one model; this region's list is complete."""

_SCOPED_IN = "2026-01-15"
"""The first preview in which a pool of quota says where it counts."""


def location_of(turn: Turn) -> str:
    """The location as the caller spelled it; raises NoRegisteredProviderFound for an unknown one."""
    location = turn.args["location"]
    if normal_location(location) not in offers.locations():
        raise errors.refusal(
            "no_registered_provider",
            location=location,
            version=turn.version,
            kind="locations",
            versions="",
            locations=", ".join(offers.locations()),
        )
    return location


def models(turn: Turn) -> Answer:
    return model_lists.page(turn, location_of(turn))


def usages(turn: Turn) -> Answer:
    location = location_of(turn)
    items = quota.usages(turn.store, turn.subscription, location)
    return turn.page(items, shown=lambda item: _scoped(turn, item, location))


def _scoped(turn: Turn, item: Json, location: str) -> Json:
    """A pool with its scope since 2026-07-01, with id and type in 2026-09-15-preview (specified).

    Before the first preview that has it no answer said it (recorded in October 2025).
    """
    since = _SCOPED_IN if turn.version.endswith("-preview") else "2026-07-01"
    if turn.version < since or turn.now.date().isoformat() < _SCOPED_IN:
        return item
    name = item["name"]["value"]
    scoped = {**item, **scope_of(name, location, is_shared=quota.has_global_pools(turn.store))}
    if turn.version < "2026-09-15":
        return scoped
    provider = f"/subscriptions/{turn.subscription}/providers/Microsoft.CognitiveServices"
    kind = "Microsoft.CognitiveServices/locations/usages"
    return {"id": f"{provider}/locations/{location}/usages/{name}", "type": kind, **scoped}


def scope_of(pool: str, location: str, *, is_shared: bool = False) -> Json:
    """Where a pool counts (names of the specification).

    Claude has one pool for each model in the world, and one in each data zone (documentation "Deploy and use
    Claude", 2026-07-28); everything else, the global SKUs of OpenAI too, has one in each region ("Quotas and
    limits", 2026-07-15), but for the switch `globalPools`.
    """
    scope = quota.span(pool, is_shared=is_shared)
    places = {"Global": "Global", "DataZone": quota.area_of(location), "Regional": normal_location(location)}
    return {"scopeType": scope, "scopeId": places[scope]}


def account_models(turn: Turn) -> Answer:
    """Models an account may deploy, in the flat shape of this operation (specified)."""
    account = accounts.require_parent(turn, "read", "accounts/models")["body"]
    listed = offers.models_of(turn.store, account["location"])
    items = [
        model_lists.shown_model(item.model, turn.version, in_lower_case=clock.spells_in_lower_case(turn.now))
        for item in listed
        if account["kind"] in item.kinds
    ]
    return turn.page(items)


def account_usages(turn: Turn) -> Answer:
    """Usages of one account: the region's pools, as far as its own deployments use them (assumed)."""
    account = accounts.require_parent(turn, "read", "accounts/usages")["body"]
    own: Counter[str] = Counter()
    for deployment in turn.store.scan("deployment", f"{accounts.key_of(turn)}/"):
        own.update(deployment["units"])
    pools = quota.pools(turn.store, turn.subscription, account["location"])
    items = [quota.usage(pools[name], units) for name, units in own.items() if name in pools]
    return Answer(status=200, body={"value": items})


def capacities(turn: Turn) -> Answer:
    """Free capacity of a model in one region or, without a location, in all of them (recorded shape)."""
    wanted = {part: turn.request.query.get(f"model{part}", "") for part in ("format", "name", "version")}
    if missing := [part for part, value in wanted.items() if not value]:
        raise errors.refusal(
            "invalid_content", parser_text=f"The query parameter model{missing[0].capitalize()} is required"
        )
    places = [normal_location(location_of(turn))] if "location" in turn.args else list(offers.locations())
    items = [item for place in places for item in _capacities(turn, place, wanted)]
    return turn.page(items)


def _capacities(turn: Turn, place: str, wanted: Json) -> list[Json]:
    listed = next(
        (
            item
            for item in offers.models_of(turn.store, place)
            if all(str(item.model[part]).lower() == wanted[part].lower() for part in wanted)
        ),
        None,
    )
    if listed is None:
        return []
    name = f"{listed.model['format']}.{listed.model['name']}.{listed.model['version']}"
    provider = f"/subscriptions/{turn.subscription}/providers/Microsoft.CognitiveServices"
    above = f"{provider}/locations/{place}/models/{name}"
    found = []
    for sku in dict.fromkeys(offer["name"] for offer in listed.model["skus"]):
        offer = offers.best_offer(listed, sku)
        room = 0 if offer is None else quota.free(turn.store, turn.subscription, place, offer["usageName"])
        found.append(
            {
                "id": f"{above}/skuCapacities/{sku}",
                "type": "Microsoft.CognitiveServices/locations/models/skuCapacities",
                "name": sku,
                "location": place,
                "properties": {
                    "model": {part: listed.model[part] for part in ("format", "name", "version")},
                    "skuName": sku,
                    "availableCapacity": quota.available(turn, place, listed.model, sku, room),
                },
            }
        )
    return found


def account_skus(turn: Turn) -> Answer:
    """Skus of each kind in each region that has it, one item a region (recorded)."""
    regions = {place: region["kinds"] for place, region in offers.shipped()["regions"].items()}
    others = [kind for kind in account_kinds.SKUS if kind not in account_kinds.WITH_DEPLOYMENTS]
    items = [
        {
            "resourceType": "accounts",
            "name": sku,
            "tier": account_kinds.tier(sku),
            "kind": kind,
            "locations": [place.upper()],
            "locationInfo": [{"location": place.upper(), "zones": [], "zoneDetails": []}],
            "restrictions": [],
        }
        for place in (*regions, *account_kinds.REGIONS_WITHOUT_MODELS, "global")
        for kind in (*regions.get(place, ()), *(others if place != "global" else account_kinds.GLOBAL))
        for sku in account_kinds.SKUS.get(kind, ("S0",))
    ]
    items.sort(key=lambda item: (item["name"], item["kind"]))
    return turn.page(items)


def estimate(turn: Turn) -> Answer:
    """`{"model", "skuName", "estimatedCapacity": {"value", "deployableValue"}}` (specified shape)."""
    asked = turn.body(_WORKLOAD_SHAPES)
    model: Json = asked.get("model") or {}
    name, version = model.get("name", ""), model.get("version", "")
    sku = offers.canonical_sku(asked.get("skuName", ""))
    if sku is None or not offers.is_provisioned(sku):
        raise errors.refusal("invalid_sku_name", sku=asked.get("skuName", ""))
    published = world_facts("ptu")["models"]
    weights = published.get(f"{name}/{version}") or published.get(name)
    if weights is None:
        raise errors.refusal(
            "not_modelled", gap=f"calculateModelCapacity of model '{name}', which has no published weights"
        )
    tokens = sum(_normalised(load, weights["outputWeight"]) for load in asked.get("workloads", []))
    value = math.ceil(tokens / weights["inputTokensPerMinute"])
    return Answer(
        status=200,
        body={
            "model": {name: model[name] for name in MODEL_PARTS if name in model},
            "skuName": asked["skuName"],
            "estimatedCapacity": {"value": value, "deployableValue": _deployable(turn, model, sku, value)},
        },
    )


def _normalised(load: object, output_weight: float) -> float:
    """Input tokens per minute that a workload is worth."""
    if not isinstance(load, dict):
        raise errors.refusal(
            "invalid_content", parser_text="Error converting value to type object. Path workloads"
        )
    numbers = (
        load.get("requestPerMinute", 0),
        at(load, "requestParameters", "avgPromptTokens") or 0,
        at(load, "requestParameters", "avgGeneratedTokens") or 0,
    )
    if any(isinstance(n, bool) or not isinstance(n, int | float) or not 0 <= n <= 10**12 for n in numbers):
        raise errors.refusal(
            "invalid_content", parser_text="Error converting value to type number. Path workloads"
        )
    requests, prompt, generated = numbers
    return float(requests * (prompt + output_weight * generated))


def _deployable(turn: Turn, model: Json, sku: str, value: int) -> int:
    listed = offers.find(turn.store, _REFERENCE_REGION, "AIServices", model)
    offer = None if listed is None else offers.best_offer(listed, sku)
    if offer is None:
        raise errors.refusal(
            "sku_not_supported", sku=sku, model=str(model.get("name")), version=str(model.get("version"))
        )
    minimum, step = offer["capacity"].get("minimum", 1), offer["capacity"].get("step", 1)
    return int(max(minimum, minimum + math.ceil((value - minimum) / step) * step))
