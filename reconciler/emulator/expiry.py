"""What the service does on its own: it deletes idle fine-tuned deployments and ends developer tiers.

Rule of this module: it happens when somebody looks, by the virtual clock, and never to a plain pinned
deployment.
"""

from datetime import datetime, timedelta

from reconciler.emulator import clock, offers
from reconciler.emulator.store import Store
from reconciler.emulator.wire import Json

IDLE_FINE_TUNED = timedelta(days=15)
"""An inactive fine-tuned deployment is deleted after so long (documented); only writes are activity here."""

DEVELOPER_TIER = timedelta(hours=24)
"""A DeveloperTier deployment lives so long (documented)."""


def settle(store: Store, now: datetime) -> None:
    """Delete every deployment whose time is over; the switch `expiry: off` keeps them."""
    if store.setting("switches").get("expiry") == "off":
        return
    due = store.setting("expiry").get("next")
    if due is not None and clock.parse(due) > now:
        return
    earliest: datetime | None = None
    for deployment in store.scan("deployment"):
        ends = _ends(deployment)
        if ends is None:
            continue
        if ends <= now:
            store.delete("deployment", str(deployment["body"]["id"]).lower())
        elif earliest is None or ends < earliest:
            earliest = ends
    horizon = now + timedelta(minutes=30)
    store.put("setting", "expiry", {"next": clock.stamp(min(earliest or horizon, horizon))})


def _ends(deployment: Json) -> datetime | None:
    """When a deployment is deleted by the service, None for those that stay."""
    body = deployment["body"]
    touched = clock.parse(deployment["touched"])
    if body["sku"]["name"] == "DeveloperTier":
        return clock.parse(body["systemData"]["createdAt"]) + DEVELOPER_TIER
    fine_tuned = offers.is_fine_tuned(str(body["properties"]["model"].get("name", "")))
    standard = body["sku"]["name"] in {"Standard", "GlobalStandard", "DataZoneStandard"}
    return touched + IDLE_FINE_TUNED if fine_tuned and standard else None
