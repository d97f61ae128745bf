"""What a subscription may have in a region: its quota pools, its tier, and the capacity that is left there.

Rule of this module: a pool is named by the offer's `usageName`, compared without case, and an update needs
the difference only. Use is never stored: it is the sum over the deployments that exist plus what a test put
there.

That limits rise by themselves is documented, when and by how much is made up: by the switch `quotaTiers:
rising` a tier every 30 days of the clock, each doubling the limits, unless the subscription says
NoAutoUpgrade. That a region's capacity for provisioned deployments changes through the day is documented too,
without numbers; here it follows from a hash of the place, the model, the sku and the hour, and quota bounds
what is announced. Whether a PUT meets the same bound is a switch: nothing public tells how ARM refuses one.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache, lru_cache

from reconciler.emulator import clock, errors, offers
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json, at, normal_location, world_facts

FINE_TUNED_DEPLOYMENTS = "OpenAI.FineTuned.Deployments"
_ACCOUNT_COUNTERS = {
    "openai.s0.accountcount": ("OpenAI",),
    "aiservices.s0.accountcount": ("AIServices",),
    "accountcount": None,
}
_TIERS = "Microsoft.CognitiveServices/quotaTiers"
_POLICIES = ("OnceUpgradeIsAvailable", "NoAutoUpgrade")
_HIGHEST_TIER = 6
_TIER_LASTS = timedelta(days=30)
_MOST_LEFT = 1000
_STEP = 25
"""Units of provisioned throughput between two values that a region may have left."""
ASSUMED_LIMIT = 1000
"""Limit of pools nobody observed, and of provisioned pools: their observed limit, 0, would forbid all."""


def _place(subscription: str, location: str) -> str:
    return f"{subscription.lower()}/{normal_location(location)}"


def pools(store: Store, subscription: str, location: str) -> dict[str, Json]:
    """Pools by lower-case name: `{name, label, limit, elsewhere}`; posted ones replace shipped ones."""
    shipped = _shipped_pools(
        2 ** max(0, int(_tier_of(store, subscription)["tier"]) - 1),
        with_later=offers.is_later(store),
        assumed=store.switch("ptuLimits") != "recorded",
    )
    return {**shipped, **(store.get("usage", _place(subscription, location)) or {})}


@cache
def _shipped_pools(times: int, *, with_later: bool, assumed: bool) -> Mapping[str, Json]:
    """The world's pools with so many times their limits: every write asks for them."""
    # pools that only offers of the later lists draw on; no list of usages shows their limits
    names = offers.later_pool_names() if with_later else ()
    later = ({"name": name, "label": name, "limit": ASSUMED_LIMIT} for name in names)
    found = {}
    for pool in (*later, *world_facts("usages")["pools"]):
        limit = ASSUMED_LIMIT if assumed and offers.is_provisioned(pool["name"]) else pool["limit"]
        found[pool["name"].lower()] = {**pool, "limit": times * limit, "elsewhere": 0}
    return found


def used(store: Store, subscription: str, location: str) -> Counter[str]:
    """Units in use by lower-case pool name, by what exists in this state."""
    sums = _drawn(store, subscription, location)
    place = normal_location(location)
    for account in store.scan("account", f"/subscriptions/{subscription.lower()}/"):
        if normal_location(account["body"]["location"]) == place:
            kind = account["body"]["kind"]
            sums.update(name for name, kinds in _ACCOUNT_COUNTERS.items() if kinds is None or kind in kinds)
    return sums


def _drawn(store: Store, subscription: str, location: str) -> Counter[str]:
    """The same by deployments alone, those of deleted accounts and of pools that span regions included."""
    is_shared = has_global_pools(store)
    above, place = f"/subscriptions/{subscription.lower()}/", normal_location(location)
    kept = [deployment for gone in store.scan("deleted", above) for deployment in gone.get("deployments", [])]
    sums: Counter[str] = Counter()
    for where, units in (*map(_draw_of, store.texts("deployment", above)), *map(_draw, kept)):
        if where == place:
            sums.update(units)
            continue
        near = {"Global", "DataZone"} if area_of(where) == area_of(place) else {"Global"}
        sums.update({name: drawn for name, drawn in units.items() if span(name, is_shared=is_shared) in near})
    return sums


def has_global_pools(store: Store) -> bool:
    """Whether GlobalStandard has one pool for all regions, and DataZoneStandard one for each zone.

    Documented since May 2026, of more and more models.
    """
    return bool(store.switch("globalPools") == "shared")


def span(pool: str, *, is_shared: bool) -> str:
    """Where a pool counts, as a list of usages says it; Claude's always span regions (documented)."""
    name = pool.lower()
    is_wide = ".claude-" in name
    if (is_wide and ".global" in name) or (is_shared and ".globalstandard." in name):
        return "Global"
    if (is_wide and ".datazone" in name) or (is_shared and ".datazonestandard." in name):
        return "DataZone"
    return "Regional"


def area_of(location: str) -> str | None:
    """The data zone of a region; those without one are taken together, and hold no such deployment."""
    found: str | None = offers.shipped()["regions"].get(normal_location(location), {}).get("area")
    return found


def _draw(deployment: Json) -> tuple[str, dict[str, int]]:
    return normal_location(deployment["location"]), deployment["units"]


@lru_cache(maxsize=1024)
def _draw_of(text: str) -> tuple[str, dict[str, int]]:
    """Of a deployment as it is kept: each write asks all others of its subscription, which rarely change."""
    return _draw(json.loads(text))


def usage(pool: Json, current: int) -> Json:
    """An item of a usages list in wire shape."""
    name = {"value": pool["name"], "localizedValue": pool["label"]}
    return {"name": name, "currentValue": current, "limit": pool["limit"], "unit": "Count"}


def usages(store: Store, subscription: str, location: str) -> list[Json]:
    """The usages list of a region in wire shape."""
    in_use = used(store, subscription, location)
    known = pools(store, subscription, location)
    return [usage(pool, pool["elsewhere"] + in_use[name]) for name, pool in known.items()]


def post(store: Store, subscription: str, location: str, items: list[Json]) -> None:
    """Merge ARM usages as a test gives them: right afterwards the list shows exactly these values."""
    in_use = used(store, subscription, location)
    posted = store.get("usage", _place(subscription, location)) or {}
    for item in items:
        name = str(item["name"]["value"])
        posted[name.lower()] = {
            "name": name,
            "label": item["name"].get("localizedValue", name),
            "limit": int(item["limit"]),
            "elsewhere": int(item.get("currentValue", 0)) - in_use[name.lower()],
        }
    store.put("usage", _place(subscription, location), posted)


def units_of(offer: Json, sku: str, capacity: int, *, fine_tuned: bool) -> dict[str, int]:
    """What a deployment takes from which pools; a fine-tuned one outside the PTU skus counts once more."""
    units = {str(offer["usageName"]).lower(): capacity}
    if fine_tuned and not offers.is_provisioned(sku):
        units[FINE_TUNED_DEPLOYMENTS.lower()] = 1
    return units


def counts_anew(turn: Turn) -> bool:
    """Whether a template's deployment had to fit beside itself (reported in September 2023)."""
    return turn.is_inner and "2023-09-01" <= turn.now.date().isoformat() < "2024-01-01"


def require(turn: Turn, location: str, before: dict[str, int], after: dict[str, int]) -> None:
    """Raise the refusal of the first pool that cannot carry the growth."""
    growing = Counter(after) - Counter(before)
    if not growing:
        return
    in_use = _drawn(turn.store, turn.subscription, location)
    known = pools(turn.store, turn.subscription, location)
    for name, needed in growing.items():
        pool = known.get(name, {"name": name, "label": name, "limit": ASSUMED_LIMIT, "elsewhere": 0})
        total = pool["elsewhere"] + in_use[name]
        if total + needed > pool["limit"]:
            raise errors.refusal(
                "insufficient_quota",
                now=turn.now,
                capacity=after[name],
                needed=needed,
                label=pool["label"],
                used=total,
                limit=pool["limit"],
                left=pool["limit"] - total,
            )


def require_account(turn: Turn, location: str, kind: str) -> None:
    """Refuse one more account where a counter of accounts is full."""
    in_use = used(turn.store, turn.subscription, location)
    known = pools(turn.store, turn.subscription, location)
    for counter, kinds in _ACCOUNT_COUNTERS.items():
        pool = known.get(counter)
        if pool is None or (kinds is not None and kind not in kinds):
            continue
        if pool["elsewhere"] + in_use[counter] >= pool["limit"]:
            raise errors.refusal("no_account_left", name=turn.args["account"])


def free(store: Store, subscription: str, location: str, pool_name: str) -> int:
    """Units left in a pool; negative when more is used than the limit allows (recorded)."""
    name = pool_name.lower()
    pool = pools(store, subscription, location).get(name, {"limit": ASSUMED_LIMIT, "elsewhere": 0})
    return int(pool["limit"]) - int(pool["elsewhere"]) - used(store, subscription, location)[name]


def available(turn: Turn, place: str, model: Json, sku: str, room: int) -> int:
    """Units that `modelCapacities` shows: what quota leaves, for provisioned skus no more than is left."""
    is_bound = turn.store.switch("modelCapacities") != "quota"
    if is_bound and offers.is_provisioned(sku):
        room = min(room, left(place, model, sku, turn.now))
    return max(0, room)


def left(place: str, model: Json, sku: str, now: datetime) -> int:
    """Units that a region has left in this hour."""
    named = "/".join([normal_location(place), *(str(model[part]) for part in ("format", "name", "version"))])
    seed = hashlib.sha256(f"{named}/{sku}/{now:%Y-%m-%dT%H}".lower().encode()).digest()
    return _STEP * (int.from_bytes(seed[:4], "big") % (_MOST_LEFT // _STEP + 1))


def is_short(turn: Turn, place: str, model: Json, sku: str, more: int) -> bool:
    """Whether the switch `capacityShortage: refused` turns a growing provisioned write away."""
    refused = turn.store.switch("capacityShortage") == "refused"
    return refused and offers.is_provisioned(sku) and more > left(place, model, sku, turn.now)


def raise_tiers(store: Store, now: datetime) -> None:
    """Let the tiers rise whose time has come."""
    if store.switch("quotaTiers") != "rising":
        return
    for subscription in store.scan("subscription"):
        key = str(subscription["subscriptionId"]).lower()
        found = _tier_of(store, key)
        due = clock.parse(found["since"]) + _TIER_LASTS
        while due <= now and found["tier"] < _HIGHEST_TIER and found["policy"] != "NoAutoUpgrade":
            found |= {"tier": found["tier"] + 1, "since": clock.stamp(due)}
            due += _TIER_LASTS
        store.put("tier", key, found)


def _tier_of(store: Store, subscription: str) -> Json:
    tier = 0 if store.switch("quotaTiers") == "free" else 1
    begins = {"tier": tier, "policy": _POLICIES[0], "since": clock.stamp(clock.WORLD_BEGINS)}
    return store.get("tier", subscription.lower()) or begins


def list_tiers(turn: Turn) -> Answer:
    return Answer(status=200, body={"value": [_tier(turn)]})


def get_tier(turn: Turn) -> Answer:
    _require_default(turn)
    return Answer(status=200, body=_tier(turn))


def write_tier(turn: Turn) -> Answer:
    """PUT and PATCH: the policy is all that can be written (specified)."""
    _require_default(turn)
    asked = turn.body({"properties": dict, "properties.tierUpgradePolicy": str})
    policy = at(asked, "properties", "tierUpgradePolicy")
    if policy is not None and policy not in _POLICIES:
        raise errors.refusal(
            "invalid_content", parser_text=f"Error converting value '{policy}' to type TierUpgradePolicy"
        )
    found = _tier_of(turn.store, turn.subscription)
    if policy is not None:
        turn.store.put("tier", turn.subscription.lower(), {**found, "policy": policy})
    return Answer(status=200, body=_tier(turn))


def _require_default(turn: Turn) -> None:
    if turn.args["tier"].lower() != "default":
        raise errors.refusal("not_found", resource_id=turn.request.path)


def _tier(turn: Turn) -> Json:
    found = _tier_of(turn.store, turn.subscription)
    is_last = found["tier"] >= _HIGHEST_TIER
    eligibility = {
        **({} if is_last else {"nextTierName": f"Tier {found['tier'] + 1}"}),
        "upgradeAvailabilityStatus": "NotAvailable" if is_last else "Available",
    }
    return {
        "id": f"/subscriptions/{turn.subscription}/providers/{_TIERS}/default",
        "name": "default",
        "type": _TIERS,
        "properties": {
            "currentTierName": f"Tier {found['tier']}" if found["tier"] else "Free Tier",
            "tierUpgradePolicy": found["policy"],
            "assignmentDate": found["since"],
            **({} if found["policy"] == "NoAutoUpgrade" else {"tierUpgradeEligibilityInfo": eligibility}),
        },
    }
