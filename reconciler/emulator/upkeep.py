"""What the service does on its own: it ends deployments whose time is over, and upgrades model versions.

Rule of this module: it happens when somebody looks, by the virtual clock, and never to a plain pinned
deployment.
"""

from datetime import datetime, timedelta

from reconciler.emulator import clock, kept_accounts, offers, provisioning
from reconciler.emulator.store import Store
from reconciler.emulator.wire import Json, at

IDLE_FINE_TUNED = timedelta(days=15)
"""An inactive fine-tuned deployment is deleted after so long (documented); only writes are activity here."""

DEVELOPER_TIER = timedelta(hours=24)
"""A DeveloperTier deployment lives so long (documented)."""

_LOOK_AGAIN = timedelta(minutes=30)
_STANDARD = frozenset({"Standard", "GlobalStandard", "DataZoneStandard"})


def settle(store: Store, now: datetime) -> None:
    """Do what is due: expiry unless switched off, version upgrades only when switched on."""
    kept_accounts.settle(store, now)
    switches = store.setting("switches")
    if switches.get("autoUpgrade") == "on":
        for deployment in store.scan("deployment"):
            _upgrade(store, now, deployment)
    if switches.get("expiry") != "off":
        _expire(store, now)


def _expire(store: Store, now: datetime) -> None:
    due = store.setting("upkeep").get("next")
    if due is not None and clock.parse(due) > now:
        return
    next_look = now + _LOOK_AGAIN
    for deployment in store.scan("deployment"):
        ends = _ends(deployment)
        if ends is None:
            continue
        if ends <= now:
            store.delete("deployment", str(deployment["body"]["id"]).lower())
        else:
            next_look = min(next_look, ends)
    store.put("setting", "upkeep", {"next": clock.stamp(next_look)})


def changed(store: Store, deployment: Json) -> None:
    """A written deployment that will end may bring the next due moment forward: look at the next request."""
    if _ends(deployment) is not None:
        store.delete("setting", "upkeep")


def _ends(deployment: Json) -> datetime | None:
    """When a deployment is deleted by the service, None for those that stay."""
    body = deployment["body"]
    sku = at(body, "sku", "name")
    if sku == "DeveloperTier":
        return clock.parse(deployment["born"]) + DEVELOPER_TIER
    fine_tuned = offers.is_fine_tuned(str(at(body, "properties", "model", "name")))
    return clock.parse(deployment["touched"]) + IDLE_FINE_TUNED if fine_tuned and sku in _STANDARD else None


def _upgrade(store: Store, now: datetime, deployment: Json) -> None:
    """Move a deployment to its model's default version when its option says that the time has come."""
    body = deployment["body"]
    model, option = body["properties"]["model"], body["properties"].get("versionUpgradeOption")
    account = store.get("account", deployment["account"])
    if account is None or option not in {"OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired"}:
        return
    place, kind = deployment["location"], account["body"]["kind"]
    newest = offers.find(store, place, kind, {part: model.get(part) for part in ("format", "name")})
    if newest is None or newest.fine_tuned_name is not None or newest.model["version"] <= model["version"]:
        return
    if option == "OnceCurrentVersionExpired" and not _expired(store, now, deployment, kind):
        return
    model["version"] = newest.model["version"]
    body["properties"]["capabilities"] = offers.deployed_capabilities(newest)
    body["etag"] = provisioning.new_etag("deployment")
    store.put("deployment", str(body["id"]).lower(), deployment)


def _expired(store: Store, now: datetime, deployment: Json, kind: str) -> bool:
    body = deployment["body"]
    listed = offers.find(store, deployment["location"], kind, body["properties"]["model"])
    offer = None if listed is None else offers.best_offer(listed, body["sku"]["name"])
    return offer is None or offers.ends(offer) <= now
