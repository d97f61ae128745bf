"""The managed network of an account and its outbound rules, which machine learning's provider serves.

Rule of this module: every write is a 202 without a body, polled below that other provider (recorded in April
2026), and can be read back at once; what the network holds is one document per account.
"""

import uuid
from collections.abc import Callable

from reconciler.emulator import accounts, errors, provisioning
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json, at, overlay

NAME = "default"
"""The only managed network that an account can have (specified)."""
_TYPE = "accounts/managedNetworks"
_REQUIRED = {
    "__SYS_ST_AzureActiveDirectory_TCP": {
        "status": "Active",
        "category": "Required",
        "type": "ServiceTag",
        "destination": {
            "serviceTag": "AzureActiveDirectory",
            "protocol": "TCP",
            "portRanges": "80, 443",
            "action": "Allow",
            "addressPrefixes": [],
        },
    }
}
"""The rule that a network has by itself once only approved traffic leaves it."""
_SHAPES = {
    "properties": dict,
    "properties.managedNetwork": dict,
    "properties.managedNetwork.isolationMode": str,
    "properties.managedNetwork.outboundRules": dict,
}


def listing(turn: Turn) -> Answer:
    accounts.require_parent(turn, "read", _TYPE)
    found = _find(turn)
    items = [] if found is None else [_shown(turn, found)]
    return turn.page(items, from_provider=False)


def get(turn: Turn) -> Answer:
    return Answer(status=200, body=_shown(turn, _require(turn)), from_provider=False)


def put(turn: Turn) -> Answer:
    asked = _asked_network(turn)
    found = _find(turn)
    old = {} if found is None else {"outboundRules": found["network"].get("outboundRules", {})}
    return _write(turn, "write", lambda _: {**old, **asked})


def patch(turn: Turn) -> Answer:
    _require(turn)
    asked = _asked_network(turn)
    return _write(turn, "write", lambda network: overlay(network, asked))


def delete(turn: Turn) -> Answer:
    accounts.require_parent(turn, "delete", _TYPE)
    found = _find(turn)
    if found is None:
        return Answer(status=204, from_provider=False)
    turn.store.delete("network", accounts.key_of(turn))
    return _accepted(turn, found["body"])


def provision(turn: Turn) -> Answer:
    """Build the network now instead of with the first thing that needs it."""
    _require(turn)
    return _write(turn, "write", lambda network: network)


def rules(turn: Turn) -> Answer:
    """The rules' properties and nothing else, the required ones last (recorded)."""
    found = _require(turn)
    items = [{"properties": rule} for rule in found["network"].get("outboundRules", {}).values()]
    return turn.page(items, from_provider=False)


def rule(turn: Turn) -> Answer:
    """The rule's properties and nothing else (recorded)."""
    found = _require(turn)
    name = _spelling(found, turn.args["rule"])
    if name is None:
        raise errors.refusal("not_found", resource_id=turn.request.path)
    body = {"properties": found["network"]["outboundRules"][name]}
    return Answer(status=200, body=body, from_provider=False)


def put_rule(turn: Turn) -> Answer:
    """202 and an operation. Raises Refusal: 404 without a network."""
    _require(turn)
    asked = turn.body({"properties": dict, "properties.type": str})
    return _write_rules(turn, {turn.args["rule"]: asked.get("properties") or {}})


def delete_rule(turn: Turn) -> Answer:
    """202 and an operation (specified), 204 when there is no such rule."""
    found = _require(turn)
    name = _spelling(found, turn.args["rule"])
    if name is None:
        return Answer(status=204, from_provider=False)
    kept = {other: given for other, given in found["network"]["outboundRules"].items() if other != name}
    return _write(turn, "delete", lambda network: {**network, "outboundRules": kept})


def put_rules(turn: Turn) -> Answer:
    """Several rules in one call, added to those that are there (specified)."""
    _require(turn)
    asked = _asked_network(turn)
    return _write_rules(turn, asked.get("outboundRules", {}))


def status(turn: Turn) -> Answer:
    """The operation as the other provider tells it: an id and a word."""
    _, _, name = turn.args["operation"].rpartition("_")
    word = provisioning.status_of(turn, name.lower())
    shown = word if word in provisioning.TERMINAL else "InProgress"
    network = turn.args["operation"].rpartition(":")[2]
    return Answer(status=200, body={"id": network, "status": shown}, from_provider=False)


def _asked_network(turn: Turn) -> Json:
    asked = turn.body(_SHAPES)
    found = at(asked, "properties", "managedNetwork")
    if found is None:
        raise errors.refusal(
            "invalid_content",
            parser_text="Required property 'managedNetwork' not found in JSON. Path properties.",
        )
    return dict(found)


def _write_rules(turn: Turn, asked: Json) -> Answer:
    new = {name: _filled_rule(given) for name, given in asked.items()}
    return _write(turn, "write", lambda network: overlay(network, {"outboundRules": new}))


def _write(turn: Turn, verb: str, change: Callable[[Json], Json]) -> Answer:
    account = accounts.require_parent(turn, verb, _TYPE)["body"]
    accounts.require_quiet(turn)
    address = f"{account['id']}/managedNetworks/{NAME}"
    found = _find(turn) or {"network": {}, "body": {"id": address, "properties": {}}}
    network = change(found["network"])
    rules_now = {name: _filled_rule(given) for name, given in network.get("outboundRules", {}).items()}
    if network.get("isolationMode") == "AllowOnlyApprovedOutbound":
        rules_now = {
            **{name: given for name, given in rules_now.items() if name not in _REQUIRED},
            **_REQUIRED,
        }
    elif network.get("isolationMode") == "AllowInternetOutbound" and any(
        given.get("type") != "PrivateEndpoint" for given in rules_now.values()
    ):
        raise errors.refusal("only_private_endpoints")
    found["network"] = {**network, "outboundRules": rules_now}
    turn.store.put("network", accounts.key_of(turn), found)
    return _accepted(turn, found["body"])


def _accepted(turn: Turn, body: Json) -> Answer:
    account = accounts.require_parent(turn, "write", _TYPE)["body"]
    operation = provisioning.begin(
        turn,
        kind="network",
        event="update",
        key=accounts.key_of(turn),
        location=account["location"],
        quick=True,
    )
    network = _network_id(turn)
    place = f"/subscriptions/{turn.subscription}/providers/Microsoft.MachineLearningServices/locations"
    query = f"api-version={turn.version}"
    poll = f"{place}/{account['location']}/mfeOperationsStatus/mnet:{network}:{network}_{operation['name']}"
    written = turn.request.path if turn.args.get("rule") else body["id"]
    headers = {
        "Azure-AsyncOperation": f"{turn.request.origin}{poll}?{query}",
        "Location": f"{turn.request.origin}{written}?{query}",
        "x-ms-async-operation-timeout": "PT50M",
    }
    return Answer(status=202, headers=headers, from_provider=False)


def _shown(turn: Turn, found: Json) -> Json:
    network = {
        "isolationMode": "Disabled",
        "networkId": _network_id(turn),
        **found["network"],
        "status": {"status": "Active"},
        "firewallSku": found["network"].get("firewallSku", "Standard"),
        "enableNetworkMonitor": False,
        "enableFirewallLog": False,
        "provisionNetworkNow": True,
        "managedNetworkKind": "V2",
        "provisioningState": "Succeeded",
        "changeableIsolationModes": [],
    }
    return {"properties": {"provisioningState": "Succeeded", "managedNetwork": network}}


def _filled_rule(given: Json) -> Json:
    """A rule with its state; a service tag's destination also says what happens and to which addresses."""
    destination = given.get("destination")
    if given.get("type") == "ServiceTag" and isinstance(destination, dict):
        destination = {**destination, "action": "Allow", "addressPrefixes": []}
    shown = {"status": "Active", "category": "UserDefined", **given}
    return shown if destination is None else {**shown, "destination": destination}


def _find(turn: Turn) -> Json | None:
    if turn.args.get("network", NAME).lower() != NAME:
        return None
    return turn.store.get("network", accounts.key_of(turn))


def _require(turn: Turn) -> Json:
    accounts.require_parent(turn, "read", _TYPE)
    found = _find(turn)
    if found is None:
        raise errors.refusal("not_found", resource_id=turn.request.path)
    return found


def _spelling(found: Json, wanted: str) -> str | None:
    names = found["network"].get("outboundRules", {})
    return next((name for name in names if name.lower() == wanted.lower()), None)


def _network_id(turn: Turn) -> str:
    account = accounts.require_parent(turn, "read", _TYPE)["body"]
    return str(uuid.UUID(hex=account["properties"]["internalId"]))
