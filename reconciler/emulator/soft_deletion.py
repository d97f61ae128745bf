"""Deleted accounts: kept for 48 hours, restorable, purgeable.

Rule of this module: a kept account blocks its name and nothing else, because an account is only deleted once
its deployments, and with them its quota, are gone.
"""

from datetime import datetime, timedelta

from reconciler.emulator import clock, errors, paging
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json, normal_location

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


def listing(turn: Turn) -> Answer:
    prefix = f"/subscriptions/{turn.subscription.lower()}/"
    keys = [str(item["id"]).lower() for item in turn.store.scan("deleted", prefix)]
    found = [item for key in keys if (item := kept(turn.store, turn.now, key)) is not None]
    return Answer(status=200, body=paging.page(turn, [_wire(turn, item) for item in found]))


def get(turn: Turn) -> Answer:
    return Answer(status=200, body=_wire(turn, _require(turn)))


def purge(turn: Turn) -> Answer:
    """200 when it was kept, 204 when not (specified statuses)."""
    found = _find(turn)
    if found is None:
        return Answer(status=204)
    turn.store.delete("deleted", str(found["id"]).lower())
    return Answer(status=200)


def _find(turn: Turn) -> Json | None:
    group = f"/subscriptions/{turn.subscription}/resourcegroups/{turn.args['group']}"
    key = f"{group}/providers/microsoft.cognitiveservices/accounts/{turn.args['account']}".lower()
    found = kept(turn.store, turn.now, key)
    same_place = found is not None and normal_location(found["body"]["location"]) == normal_location(
        turn.args["location"]
    )
    return found if same_place else None


def _require(turn: Turn) -> Json:
    found = _find(turn)
    if found is None:
        raise errors.resource_not_found(turn.args["account"], turn.args["group"])
    return found


def _wire(turn: Turn, found: Json) -> Json:
    body: Json = found["body"]
    provider = f"/subscriptions/{turn.subscription}/providers/Microsoft.CognitiveServices"
    above = f"{provider}/locations/{body['location']}"
    group = str(body["id"]).split("/")[4]
    gone = clock.parse(found["at"])
    return {
        "id": f"{above}/resourceGroups/{group}/deletedAccounts/{body['name']}",
        "name": body["name"],
        "type": "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts",
        "location": body["location"],
        "kind": body["kind"],
        "properties": {
            "deletionDate": clock.stamp(gone),
            "scheduledPurgeDate": clock.stamp(gone + KEPT_FOR),
        },
    }
