"""Read APIs of a region for planners: models, usages, free capacity, PTU estimates, account skus.

Rule of this module: everything is computed from the same offers and pools that admission uses, so that what
is announced here and what a PUT meets cannot disagree.
"""

from reconciler.emulator import (
    account_kinds,
    accounts,
    errors,
    model_lists,
    offers,
    paging,
    quota,
)
from reconciler.emulator import (
    capacities as free,
)
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json, normal_location


def location_of(turn: Turn) -> str:
    """The location as the caller spelled it; raises NoRegisteredProviderFound for an unknown one."""
    location = turn.args["location"]
    if normal_location(location) not in offers.locations():
        raise errors.no_registered_provider(location, turn.version, "locations", (), offers.locations())
    return location


def models(turn: Turn) -> Answer:
    location = location_of(turn)
    items = offers.wire_models(turn.store, turn.subscription, location, turn.version)
    size = model_lists.PAGE if turn.version >= model_lists.SINCE else None
    return Answer(status=200, body=paging.page(turn, items, size=size))


def usages(turn: Turn) -> Answer:
    location = location_of(turn)
    items = quota.usages(turn.store, turn.subscription, location)
    return Answer(status=200, body=paging.page(turn, [_scoped(turn, item, location) for item in items]))


def _scoped(turn: Turn, item: Json, location: str) -> Json:
    """A pool with its scope since 2026-07-01, with id and type in 2026-09-15-preview (specified)."""
    preview = turn.version.endswith("-preview")
    if turn.version < ("2026-01-15" if preview else "2026-07-01"):
        return item
    name = item["name"]["value"]
    scoped = {**item, **scope_of(name, location)}
    if turn.version < "2026-09-15":
        return scoped
    provider = f"/subscriptions/{turn.subscription}/providers/Microsoft.CognitiveServices"
    kind = "Microsoft.CognitiveServices/locations/usages"
    return {"id": f"{provider}/locations/{location}/usages/{name}", "type": kind, **scoped}


def scope_of(pool: str, location: str) -> Json:
    """Where a pool counts (names of the specification).

    Claude has one pool for each model in the world, and one in each data zone (documentation "Deploy and use
    Claude", 2026-07-28); everything else, the global SKUs of OpenAI too, has one in each region ("Quotas and
    limits", 2026-07-15).
    """
    spans = ".claude-" in pool.lower()
    if spans and ".global" in pool.lower():
        return {"scopeType": "Global", "scopeId": "Global"}
    if spans and ".datazone" in pool.lower():
        area = offers.shipped()["regions"].get(normal_location(location), {}).get("area")
        return {"scopeType": "DataZone", "scopeId": area}
    return {"scopeType": "Regional", "scopeId": normal_location(location)}


def account_models(turn: Turn) -> Answer:
    """Models an account may deploy, in the flat shape of this operation (specified)."""
    account = accounts.require_parent(turn, "read", "accounts/models")["body"]
    listed = offers.models_of(turn.store, account["location"])
    items = [model_lists.shown(item.model, turn.version) for item in listed if account["kind"] in item.kinds]
    return Answer(status=200, body=paging.page(turn, items))


def account_usages(turn: Turn) -> Answer:
    """Usages of one account: the region's pools, as far as its own deployments use them (assumed)."""
    account = accounts.require_parent(turn, "read", "accounts/usages")["body"]
    own: dict[str, int] = {}
    for deployment in turn.store.scan("deployment", f"{accounts.key_of(turn)}/"):
        for pool, units in deployment["units"].items():
            own[pool] = own.get(pool, 0) + units
    pools = quota.pools(turn.store, turn.subscription, account["location"])
    items = [
        {
            "name": {"value": pools[name]["name"], "localizedValue": pools[name]["label"]},
            "currentValue": units,
            "limit": pools[name]["limit"],
            "unit": "Count",
        }
        for name, units in own.items()
        if name in pools
    ]
    return Answer(status=200, body={"value": items})


def capacities(turn: Turn) -> Answer:
    """Free capacity of a model in one region or, without a location, in all of them (recorded shape)."""
    wanted = {part: turn.request.query.get(f"model{part}", "") for part in ("format", "name", "version")}
    if missing := [part for part, value in wanted.items() if not value]:
        raise errors.invalid_content(f"The query parameter model{missing[0].capitalize()} is required")
    places = [normal_location(location_of(turn))] if "location" in turn.args else list(offers.locations())
    items = [item for place in places for item in _capacities(turn, place, wanted)]
    return Answer(status=200, body=paging.page(turn, items))


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
                    "availableCapacity": free.available(turn, place, listed.model, sku, room),
                },
            }
        )
    return found


def account_skus(turn: Turn) -> Answer:
    """Skus of each kind in each region that has it, one item a region (recorded)."""
    facts = offers.shipped()["regions"]
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
        for place, region in facts.items()
        for kind in (
            *region["kinds"],
            *(k for k in account_kinds.SKUS if k not in account_kinds.WITH_DEPLOYMENTS),
        )
        for sku in account_kinds.SKUS.get(kind, ("S0",))
    ]
    return Answer(status=200, body=paging.page(turn, items))
