"""What the service does on its own: it ends deployments and kept accounts whose time is over.

Rule of this module: it happens when somebody looks, by the virtual clock, and never to a plain pinned
deployment.
"""

from datetime import datetime, timedelta

from reconciler.emulator import clock, kept_accounts, offers, quota_tiers, upgrades
from reconciler.emulator.store import Store
from reconciler.emulator.wire import Json, at

IDLE_FINE_TUNED = timedelta(days=15)
"""An inactive fine-tuned deployment is deleted after so long (documented); only writes are activity here."""

DEVELOPER_TIER = timedelta(hours=24)
"""A DeveloperTier deployment lives so long (documented)."""

_LOOK_AGAIN = timedelta(minutes=30)
_STANDARD = frozenset({"Standard", "GlobalStandard", "DataZoneStandard"})


def settle(store: Store, now: datetime) -> None:
    """Do what is due: the end of kept accounts, upgrades (`upgrades`), expiry unless it is switched off."""
    kept_accounts.settle(store, now)
    offers.turn_season(store, now)
    quota_tiers.settle(store, now)
    upgrades.settle(store, now)
    switches = store.setting("switches")
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
