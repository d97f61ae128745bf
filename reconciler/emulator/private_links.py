"""Private endpoints of an account as the account sees them, and its network security perimeters.

Rule of this module: the connections are those in the account's own body; they come from a world or from a
PUT, for the networks that ask for them belong to another provider. No perimeter is ever associated.
"""

import re

from reconciler.emulator import accounts, errors, provisioning
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json

TYPE = "accounts/privateEndpointConnections"
_GIVEN = re.compile(r"\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_SHAPES = {"properties": dict, "properties.privateLinkServiceConnectionState": dict}


def connections(turn: Turn) -> Answer:
    """Empty on an account without a private endpoint (recorded in June 2023)."""
    account = accounts.require_parent(turn, "read", TYPE)
    return turn.page([_whole(account, item) for item in _all(account)])


def connection(turn: Turn) -> Answer:
    account = accounts.require_parent(turn, "read", TYPE)
    found = next((item for item in _all(account) if _is(item, turn.args["connection"])), None)
    if found is None:
        raise errors.refusal("no_such_connection", resource_id=turn.request.path)
    return _answer(_whole(account, found))


def put_connection(turn: Turn) -> Answer:
    """Approve or reject a connection: 200 at once, with what was asked (recorded in May 2022).

    One that no endpoint asked for cannot be made (reported in September 2023). Endpoints are another
    provider's: a name as ARM gives it, the endpoint's and a GUID, is taken for one that asks.
    """
    account = accounts.require_parent(turn, "write", TYPE)
    asked = turn.body(_SHAPES)
    accounts.require_quiet(turn)
    name = turn.args["connection"]
    if _GIVEN.search(name) is None and not any(_is(item, name) for item in _all(account)):
        raise errors.refusal("method_not_allowed", method="PUT")
    others = [item for item in _all(account) if not _is(item, name)]
    given = asked.get("properties") or {}
    kept = {part: value for part, value in given.items() if part != "provisioningState"}
    made = {
        "id": f"{account['body']['id']}/privateEndpointConnections/{name}",
        "name": f"{account['body']['name']}/{name}",
        "type": f"Microsoft.CognitiveServices/{TYPE}",
        "properties": {"groupIds": ["account"], **kept},
    }
    _keep(turn, account, [*others, made])
    return _answer(_whole(account, made))


def delete_connection(turn: Turn) -> Answer:
    """200 at once, 204 when there is none (specified)."""
    account = accounts.require_parent(turn, "delete", TYPE)
    accounts.require_quiet(turn)
    kept = [item for item in _all(account) if not _is(item, turn.args["connection"])]
    if len(kept) == len(_all(account)):
        return Answer(status=204)
    _keep(turn, account, kept)
    return Answer(status=200)


def resources(turn: Turn) -> Answer:
    """What a private endpoint can be for: the account as a whole (recorded in March 2022)."""
    account = accounts.require_parent(turn, "read", "accounts/privateLinkResources")["body"]
    zones = ["privatelink.cognitiveservices.azure.com"]
    if account["kind"] in {"AIServices", "OpenAI"}:
        zones.append("privatelink.openai.azure.com")
    if account["kind"] == "AIServices":
        zones.append("privatelink.services.ai.azure.com")
    item = {
        "id": f"{account['id']}/privateLinkResources/account",
        "name": "account",
        "type": "Microsoft.CognitiveServices/accounts/privateLinkResources",
        "properties": {
            "groupId": "account",
            "requiredMembers": ["default"],
            "requiredZoneNames": zones,
        },
    }
    return turn.page([item])


def perimeters(turn: Turn) -> Answer:
    """No network security perimeter is associated."""
    accounts.require_parent(turn, "read", "accounts/networkSecurityPerimeterConfigurations")
    return turn.page([])


def perimeter(turn: Turn) -> Answer:
    """Raises Refusal: 404, for there is none."""
    accounts.require_parent(turn, "read", "accounts/networkSecurityPerimeterConfigurations")
    raise errors.refusal("no_such_connection", resource_id=turn.request.path)


def _all(account: Json) -> list[Json]:
    return list(account["body"]["properties"].get("privateEndpointConnections") or [])


def _is(item: Json, name: str) -> bool:
    return str(item["id"]).rpartition("/")[2].lower() == name.lower()


def _whole(account: Json, item: Json) -> Json:
    """A connection as it shows itself: with a place, a state and the account's tag (recorded in May 2022)."""
    return {
        **item,
        "etag": account["body"]["etag"],
        "location": account["body"]["location"],
        "properties": {**item["properties"], "provisioningState": "Succeeded"},
    }


def _answer(body: Json) -> Answer:
    return Answer(status=200, body=body, headers={"ETag": body["etag"]})


def _keep(turn: Turn, account: Json, items: list[Json]) -> None:
    account["body"]["properties"]["privateEndpointConnections"] = items
    account["body"]["etag"] = provisioning.new_etag("account")
    turn.store.put("account", accounts.key_of(turn), account)
