"""Deleted accounts, kept for 48 hours: what is remembered of them, and until when.

Rule of this module: a kept account blocks its name and nothing else, because an account is only deleted once
its deployments, and with them its quota, are gone.
"""

from datetime import datetime, timedelta

from reconciler.emulator import clock
from reconciler.emulator.store import Store
from reconciler.emulator.wire import Json

KEPT_FOR = timedelta(hours=48)
"""How long a deleted account keeps its name (documented)."""


def remember(store: Store, now: datetime, key: str, body: Json) -> None:
    store.put("deleted", key, {"body": body, "id": body["id"], "at": clock.stamp(now)})


def kept(store: Store, now: datetime, key: str) -> Json | None:
    """A deleted account that is still kept, None once its time is over."""
    found = store.get("deleted", key)
    if found is None or clock.parse(found["at"]) + KEPT_FOR <= now:
        return None
    return found
