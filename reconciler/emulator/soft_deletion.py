"""The read and purge operations on deleted accounts (`kept_accounts` says how long they stay).

Rule of this module: a deleted account shows all that it was (recorded, 2022 and 2025), under another id and
type, with the two dates of its deletion.
"""

from reconciler.emulator import account_versions, accounts, clock, errors, provisioning
from reconciler.emulator.kept_accounts import KEPT_FOR, kept
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json, at, normal_location


def listing(turn: Turn) -> Answer:
    prefix = f"/subscriptions/{turn.subscription.lower()}/"
    keys = [str(item["id"]).lower() for item in turn.store.scan("deleted", prefix)]
    found = [item for key in keys if (item := kept(turn.store, turn.now, key)) is not None]
    return turn.page([_wire(turn, item) for item in found])


def get(turn: Turn) -> Answer:
    found = _find(turn)
    if found is None:
        raise errors.refusal("resource_not_found", account=turn.args["account"], group=turn.args["group"])
    return Answer(status=200, body=_wire(turn, found))


def purge(turn: Turn) -> Answer:
    """202 with both operation headers, then 200 (recorded); 204 when it is not kept (specified).

    200 where operations end at once (specified); 409 while it is still being deleted (reported, August 2026).
    """
    found = _find(turn) or _going(turn)
    if found is None:
        return Answer(status=204)
    key = str(found["id"]).lower()
    if provisioning.running(turn.store, key):
        raise errors.refusal("another_operation", account_id=found["id"])
    if provisioning.end_at_once(turn):
        turn.store.delete("deleted", key)
        return Answer(status=200)
    return provisioning.delete_by_operation(turn, kind="deleted", key=key, location=found["body"]["location"])


def _going(turn: Turn) -> Json | None:
    """The account whose deletion is under way."""
    found = turn.store.get("account", accounts.key_of(turn))
    is_going = found is not None and at(found, "body", "properties", "provisioningState") == "Deleting"
    return {**found, "id": found["body"]["id"]} if found is not None and is_going else None


def _find(turn: Turn) -> Json | None:
    found = kept(turn.store, turn.now, accounts.key_of(turn))
    place = normal_location(turn.args["location"])
    return found if found is not None and normal_location(found["body"]["location"]) == place else None


def _wire(turn: Turn, found: Json) -> Json:
    body = account_versions.visible(found["body"], turn.version, turn.now)
    provider = f"/subscriptions/{turn.subscription}/providers/Microsoft.CognitiveServices"
    above = f"{provider}/locations/{body['location']}"
    group = str(body["id"]).split("/")[4]
    gone = clock.parse(found["at"])
    as_account = turn.store.switch("deletedType") == "accounts"
    return {
        **body,
        "id": f"{above}/resourceGroups/{group}/deletedAccounts/{body['name']}",
        "type": f"Microsoft.CognitiveServices/{'accounts' if as_account else 'deletedAccounts'}",
        "properties": {
            **body["properties"],
            "deletionDate": clock.stamp(gone),
            "scheduledPurgeDate": clock.stamp(gone + KEPT_FOR),
        },
    }
