"""What is asked of accounts beside their existence: keys, skus, free names, rights, operations.

Rule of this module: keys open nothing but this emulator's own data plane, and are never kept: they follow
from the account and a counter.
"""

import hashlib

from reconciler.emulator import account_access, account_kinds, accounts, auth, errors, regional
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json, at

KEY_NAMES = ("Key1", "Key2")


def keys(store: Store, account_key: str) -> dict[str, str]:
    """The two keys of an account, `{"key1", "key2"}`."""
    turned = store.get("keys", account_key) or {}
    found = {}
    for name in ("key1", "key2"):
        seed = f"{account_key}/{name}/{turned.get(name, 0)}".encode()
        found[name] = hashlib.sha256(seed).hexdigest()[:32]
    return found


def list_keys(turn: Turn) -> Answer:
    """Both keys (recorded); 400 where local authentication is off (reported)."""
    _require_local_auth(turn)
    return Answer(status=200, body=dict(keys(turn.store, accounts.key_of(turn))))


def regenerate_key(turn: Turn) -> Answer:
    """Both keys, the named one new (recorded)."""
    _require_local_auth(turn)
    asked = turn.body({"keyName": str})
    name = next((known for known in KEY_NAMES if known.lower() == asked.get("keyName", "").lower()), None)
    if name is None:
        raise errors.refusal(
            "invalid_content", parser_text=f"Error converting value '{asked.get('keyName')}' to type KeyName"
        )
    turned = turn.store.get("keys", accounts.key_of(turn)) or {}
    turn.store.put("keys", accounts.key_of(turn), {**turned, name.lower(): turned.get(name.lower(), 0) + 1})
    return Answer(status=200, body=dict(keys(turn.store, accounts.key_of(turn))))


def _require(turn: Turn) -> Json:
    accounts.require_group(turn)
    return dict(accounts.require(turn)["body"])


def _require_local_auth(turn: Turn) -> None:
    if at(_require(turn), "properties", "disableLocalAuth") is True:
        raise errors.refusal("no_local_auth")


def skus(turn: Turn) -> Answer:
    """Skus that an account could have (recorded shape)."""
    kind = account_kinds.canonical(str(_require(turn)["kind"])) or ""
    items = [
        {"resourceType": accounts.TYPE, "sku": {"name": sku, "tier": account_kinds.tier(sku)}}
        for sku in account_kinds.SKUS.get(kind, ())
    ]
    return Answer(status=200, body={"value": items})


def check_sku(turn: Turn) -> Answer:
    """Whether skus of a kind can be had in a region (recorded)."""
    place = regional.location_of(turn)
    asked = turn.body({"skus": list, "kind": str, "type": str})
    if asked.get("skus") is None:
        raise errors.refusal("value_null", name="requestObject.Skus")
    kind = asked.get("kind", "")
    known = account_kinds.SKUS.get(account_kinds.canonical(kind) or "", ())
    items = []
    for sku in asked["skus"]:
        item: Json = {"kind": kind, "type": accounts.TYPE, "skuName": sku, "skuAvailable": sku in known}
        if sku not in known:
            item |= {"reason": "InvalidSkuId", "message": f"The SKU '{sku}' is not available in {place}."}
        items.append(item)
    return Answer(status=200, body={"value": items})


def check_domain(turn: Turn) -> Answer:
    """Whether a custom subdomain is free (recorded)."""
    asked = turn.body({"subdomainName": str, "type": str, "kind": str})
    name = asked.get("subdomainName", "")
    if not name:
        raise errors.refusal(
            "invalid_content", parser_text="Required property 'subdomainName' not found in JSON"
        )
    owner = account_access.subdomain_owner(turn, name)
    body: Json = {"isSubdomainAvailable": owner is None, "subdomainName": name}
    if owner is not None:
        body["reason"] = errors.refusal("subdomain_taken", name=name).message
    return Answer(status=200, body=body)


_API = "Cognitive Services API Account"
_QUOTA, _SKUS = "Get the quota usage for an existing resource", "Read available SKUs for an existing resource"
_LINKS = "Read private link resources for an account"
_REGISTER = "Subscription Registration Action"
_JOIN = "Allow to join CognitiveServices account to an given perimeter."
_PERIMETERS = "accounts/networkSecurityPerimeterConfigurations"
_EFFECTIVE = "effective Network Security Perimeters configuration"
_OPERATIONS = (
    ("register/action", "Subscription", _REGISTER, _REGISTER),
    ("Operations/read", "Cognitive Services Operation", "List Operations", "List all available operations"),
    ("accounts/read", _API, "Read API Account", "Reads API accounts."),
    ("accounts/write", _API, "Write API Account", "Writes API Accounts."),
    ("accounts/delete", _API, "Delete API Account", "Deletes API accounts"),
    ("accounts/joinPerimeter/action", _API, _JOIN, _JOIN),
    ("accounts/listKeys/action", _API, "List Keys", "List keys"),
    ("accounts/regenerateKey/action", _API, "Regenerate Key", "Regenerate Key"),
    (
        "accounts/privateEndpointConnectionsApproval/action",
        _API,
        "Approve Private Endpoint",
        "Approves Private Endpoint",
    ),
    ("accounts/usages/read", _API, _QUOTA, f"{_QUOTA}."),
    (f"{_PERIMETERS}/read", _API, f"Read {_EFFECTIVE}", f"Read {_EFFECTIVE}"),
    (f"{_PERIMETERS}/reconcile/action", _API, f"Reconcile {_EFFECTIVE}", f"Reconcile {_EFFECTIVE}"),
    ("accounts/skus/read", _API, _SKUS, "Reads available SKUs for an existing resource."),
    ("accounts/models/read", "Model", "Read Available Models", "Reads available models."),
    ("accounts/privateLinkResources/read", _API, _LINKS, "Reads private link resources for an account."),
    *(
        (f"{resource}/{verb}", resource, f"{verb} {resource}".capitalize(), f"{verb} {resource}".capitalize())
        for resource in (
            "accounts/deployments",
            "accounts/raiPolicies",
            "deletedAccounts",
            "locations/usages",
        )
        for verb in ("read", "write", "delete")
    ),
)
"""Name, resource, operation, description.

Recorded in November 2023 and May 2026 down to the private links; the words of the others are ours.
"""
_OF_THE_SYSTEM = frozenset({"register/action", "Operations/read", "accounts/privateLinkResources/read"}) | {
    f"accounts/{verb}" for verb in ("read", "write", "delete")
}
"""What Azure itself does besides users."""


_PROVIDERS = {"Subscription": "Microsoft.CognitiveServices"}


def operations(turn: Turn) -> Answer:
    """Operations of the provider, as far as this emulator has them (recorded)."""
    del turn
    items = [
        {
            "name": f"Microsoft.CognitiveServices/{name}",
            "display": {
                "provider": _PROVIDERS.get(resource, "Microsoft Cognitive Services"),
                "resource": resource,
                "operation": operation,
                "description": description,
            },
            "origin": "user,system" if name in _OF_THE_SYSTEM else "user",
        }
        for name, resource, operation, description in _OPERATIONS
    ]
    return Answer(status=200, body={"value": items})


def permissions(turn: Turn) -> Answer:
    """`Microsoft.Authorization/permissions`: a page of objects, one for each role that covers the account.

    It tells what `auth.may` enforces: an identity for which no role was posted may do everything.
    """
    gap = "the permissions at an account that does not exist"
    found = turn.store.require(
        "account", accounts.key_of(turn), lambda: errors.refusal("not_modelled", gap=gap)
    )
    roles = auth.roles_at(turn.store, turn.caller.client, found["body"]["id"])
    return turn.page(
        [{"actions": role, "notActions": [], "dataActions": [], "notDataActions": []} for role in roles]
    )
