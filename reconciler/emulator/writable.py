"""Whether a place may be written: its subscription's state, its management locks, its group's deletion.

Rule of this module: it reads the state and changes nothing. Documented: a lock holds for everything below its
scope; ReadOnly stops every request but GET, CanNotDelete deletions alone. Reported: a disabled subscription
is read-only. Assumed: the order of the three, and that a deletion is stopped by locks below it, too.
"""

from reconciler.emulator import errors, provisioning
from reconciler.emulator.store import Store
from reconciler.emulator.wire import Json

LEVELS = ("CanNotDelete", "ReadOnly")
LOCK = ("scope", "level")
STATES = ("Enabled", "Warned", "PastDue", "Disabled")


def require(store: Store, subscription: Json, method: str, path: str) -> None:
    """Raise the gateway's refusal of a request that writes, if there is one."""
    if method in {"GET", "HEAD"}:
        return
    if subscription.get("state") == "Disabled":
        raise errors.refusal("subscription_read_only", subscription=subscription["subscriptionId"])
    require_unlocked(store, method, path)
    parts = path.split("/")
    group = "/".join(parts[:5]).lower()
    if method in {"PUT", "PATCH"} and len(parts) > 5 and provisioning.runs_on(store, group):
        raise errors.refusal("group_being_deleted", group=parts[4])


def require_unlocked(store: Store, method: str, path: str) -> None:
    """Raise 409 ScopeLocked where a lock forbids this method at this place."""
    asked = f"{path.rstrip('/')}/".lower()
    locked = []
    for lock in store.scan("lock"):
        held = f"{lock['scope'].rstrip('/')}/".lower()
        is_below = asked.startswith(held) and (method == "DELETE" or lock["level"] == "ReadOnly")
        if is_below or (method == "DELETE" and held.startswith(asked)):
            locked.append(lock["scope"])
    if locked:
        raise errors.refusal(
            "scope_locked",
            scope=path,
            verb="delete" if method == "DELETE" else "write",
            places=",".join(locked),
        )
