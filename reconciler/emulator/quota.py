"""Quota pools of a subscription and region: limits, what is used, and whether a write fits.

Rule of this module: a pool is named by the offer's `usageName`, compared without case, and an update needs
the difference only. Use is never stored: it is the sum over the deployments that exist plus what a test put
there.
"""

import json
from functools import cache
from pathlib import Path

from reconciler.emulator import clock, errors, offers, provider_errors, quota_tiers
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Json, normal_location

FINE_TUNED_DEPLOYMENTS = "OpenAI.FineTuned.Deployments"
_ACCOUNT_COUNTERS = {
    "openai.s0.accountcount": ("OpenAI",),
    "aiservices.s0.accountcount": ("AIServices",),
    "accountcount": None,
}
ASSUMED_LIMIT = 1000
"""Limit of pools nobody observed, and of provisioned pools: their observed limit, 0, would forbid all."""


@cache
def shipped_pools() -> tuple[Json, ...]:
    text = (Path(__file__).parent / "world" / "usages.json").read_text(encoding="utf-8")
    return tuple(json.loads(text)["pools"])


def _place(subscription: str, location: str) -> str:
    return f"{subscription.lower()}/{normal_location(location)}"


def pools(store: Store, subscription: str, location: str) -> dict[str, Json]:
    """Pools by lower-case name: `{name, label, limit, elsewhere}`; posted ones replace shipped ones."""
    times = quota_tiers.factor(store, subscription)
    assumed = store.setting("switches").get("ptuLimits") != "recorded"
    found = {
        pool["name"].lower(): {
            **pool,
            "limit": times * (ASSUMED_LIMIT if assumed and _provisioned(pool["name"]) else pool["limit"]),
            "elsewhere": 0,
        }
        for pool in (*_later_pools(store), *shipped_pools())
    }
    posted = store.get("usage", _place(subscription, location)) or {}
    return {**found, **posted}


def _later_pools(store: Store) -> list[Json]:
    """Pools that only offers of the later lists draw on; no list of usages shows their limits."""
    if not store.setting("season").get("facts"):
        return []
    return [{"name": name, "label": name, "limit": ASSUMED_LIMIT} for name in offers.later_pool_names()]


def _provisioned(name: str) -> bool:
    return "provisioned" in name.lower()


def used(store: Store, subscription: str, location: str) -> dict[str, int]:
    """Units in use by lower-case pool name, by what exists in this state."""
    sums: dict[str, int] = {}
    place = normal_location(location)
    for deployment in store.scan("deployment", f"/subscriptions/{subscription.lower()}/"):
        if normal_location(deployment["location"]) == place:
            for pool, units in deployment["units"].items():
                sums[pool] = sums.get(pool, 0) + units
    for gone in store.scan("deleted", f"/subscriptions/{subscription.lower()}/"):
        for deployment in gone.get("deployments", []):
            if normal_location(deployment["location"]) == place:
                for pool, units in deployment["units"].items():
                    sums[pool] = sums.get(pool, 0) + units
    for account in store.scan("account", f"/subscriptions/{subscription.lower()}/"):
        if normal_location(account["body"]["location"]) == place:
            for counter, kinds in _ACCOUNT_COUNTERS.items():
                if kinds is None or account["body"]["kind"] in kinds:
                    sums[counter] = sums.get(counter, 0) + 1
    return sums


def usages(store: Store, subscription: str, location: str) -> list[Json]:
    """The usages list of a region in wire shape."""
    in_use = used(store, subscription, location)
    return [
        {
            "name": {"value": pool["name"], "localizedValue": pool["label"]},
            "currentValue": pool["elsewhere"] + in_use.get(name, 0),
            "limit": pool["limit"],
            "unit": "Count",
        }
        for name, pool in pools(store, subscription, location).items()
    ]


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
            "elsewhere": int(item.get("currentValue", 0)) - in_use.get(name.lower(), 0),
        }
    store.put("usage", _place(subscription, location), posted)


def units_of(offer: Json, sku: str, capacity: int, *, fine_tuned: bool) -> dict[str, int]:
    """What a deployment takes from which pools; a fine-tuned one outside the PTU skus counts once more."""
    units = {str(offer["usageName"]).lower(): capacity}
    if fine_tuned and not _provisioned(sku):
        units[FINE_TUNED_DEPLOYMENTS.lower()] = 1
    return units


def admit(turn: Turn, location: str, before: dict[str, int], after: dict[str, int]) -> errors.Refusal | None:
    """The refusal of the first pool that cannot carry the growth, None when everything fits."""
    growing = {
        pool: units - before.get(pool, 0) for pool, units in after.items() if units > before.get(pool, 0)
    }
    if not growing:
        return None
    in_use = used(turn.store, turn.subscription, location)
    known = pools(turn.store, turn.subscription, location)
    for name, needed in growing.items():
        pool = known.get(name, {"name": name, "label": name, "limit": ASSUMED_LIMIT, "elsewhere": 0})
        total = pool["elsewhere"] + in_use.get(name, 0)
        if total + needed > pool["limit"]:
            if clock.is_of_2023(turn.now):
                return provider_errors.insufficient_quota_of_2023(
                    after[name], pool["label"], total, pool["limit"]
                )
            return provider_errors.insufficient_quota(needed, pool["label"], total, pool["limit"])
    return None


def admit_account(turn: Turn, location: str, kind: str) -> errors.Refusal | None:
    """The refusal of one more account where a counter of accounts is full, None when it fits."""
    in_use = used(turn.store, turn.subscription, location)
    known = pools(turn.store, turn.subscription, location)
    for counter, kinds in _ACCOUNT_COUNTERS.items():
        pool = known.get(counter)
        if pool is None or (kinds is not None and kind not in kinds):
            continue
        if pool["elsewhere"] + in_use.get(counter, 0) >= pool["limit"]:
            return provider_errors.no_account_left(turn.args["account"])
    return None


def free(store: Store, subscription: str, location: str, pool_name: str) -> int:
    """Units left in a pool; negative when more is used than the limit allows (recorded)."""
    name = pool_name.lower()
    pool = pools(store, subscription, location).get(name, {"limit": ASSUMED_LIMIT, "elsewhere": 0})
    return int(pool["limit"]) - int(pool["elsewhere"]) - used(store, subscription, location).get(name, 0)
