"""The managed identity of an account or a project, as ARM shows it.

Rule of this module: ids follow from the resource, so that the same world has the same ones.
"""

import uuid

from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Json


def shown(turn: Turn, key: str, given: Json) -> Json:
    """Ids of the identities asked for: of the system's own (recorded) and of each user's (specified).

    `key` is the lower-case id of the resource. What was asked is echoed in its spelling.
    """
    kind = str(given.get("type") or "None")
    found: Json = {}
    if "systemassigned" in kind.lower():
        found = {"principalId": _id(key, "principal"), "tenantId": turn.caller.tenant}
    found["type"] = kind
    users = given.get("userAssignedIdentities") or {}
    if users and "userassigned" in kind.lower().replace("systemassigned", ""):
        found["userAssignedIdentities"] = {
            name: {"principalId": _id(name.lower(), "principal"), "clientId": _id(name.lower(), "client")}
            for name in users
        }
    return found


def _id(key: str, what: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{key}/{what}"))
