"""Deleted accounts, kept for 48 hours: what is remembered of them, and until when.

Rule of this module: a kept account blocks its name and its subdomain, and the quota of the deployments that
were deleted with it stays taken, until it is purged or its time is over (documented).
"""

from datetime import datetime, timedelta

from reconciler.emulator import clock
from reconciler.emulator.store import Store
from reconciler.emulator.wire import Json

KEPT_FOR = timedelta(hours=48)
"""How long a deleted account keeps its name (documented)."""


def remove(store: Store, now: datetime, key: str) -> None:
    """Soft-delete an account with everything below it."""
    found = store.get("account", key)
    if found is None:
        return
    deployments = store.scan("deployment", f"{key}/")
    for kind in ("deployment", "raipolicy", "child"):
        store.clear(kind, f"{key}/")
    for kind in ("account", "network"):
        store.delete(kind, key)
    body = found["body"]
    store.put(
        "deleted", key, {"body": body, "id": body["id"], "at": clock.stamp(now), "deployments": deployments}
    )


def kept(store: Store, now: datetime, key: str) -> Json | None:
    """A deleted account that is still kept, None once its time is over."""
    found = store.get("deleted", key)
    return None if found is None or _is_over(found, now) else found


def forget(store: Store, key: str) -> None:
    store.delete("deleted", key)


def settle(store: Store, now: datetime) -> None:
    """Purge the accounts whose time is over."""
    for found in store.scan("deleted"):
        if _is_over(found, now):
            forget(store, str(found["id"]).lower())


def _is_over(found: Json, now: datetime) -> bool:
    return clock.parse(found["at"]) + KEPT_FOR <= now
