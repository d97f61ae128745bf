"""What clients need beside the provider: clouds, tokens, tenants, subscriptions, groups, registration.

Rule of this module: it holds no secret and checks none. Any client id with any secret gets a token, and the
token is worth nothing outside this emulator.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from reconciler.emulator import accounts, auth, errors, offers, provisioning, versions
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json, Request, normal_location

_GROUP_NAME = re.compile(r"^[-\w._()]{1,90}$")
_RESOURCE_CLAUSE = re.compile(
    r"^(?P<field>resourceType|resourceGroup|name|location) eq '(?P<value>[^']*)'$", re.IGNORECASE
)
_NAMESPACE = "Microsoft.CognitiveServices"


def tenants(store: Store) -> list[str]:
    """Every tenant that has a subscription here."""
    return list(dict.fromkeys(item["tenantId"] for item in store.scan("subscription")))


# --- before any token
# -------------------------------------------------------------------------------------------


def metadata(request: Request) -> Answer:
    """`GET /metadata/endpoints`: one object, its login endpoint ending in /adfs, as az CLI needs it."""
    host = request.origin
    body: Json = {
        "name": "Emulator",
        "portal": host,
        "authentication": {
            "loginEndpoint": f"{host}/adfs",
            "audiences": [
                f"{host}/",
                "https://management.azure.com/",
                "https://management.core.windows.net/",
            ],
            "tenant": "common",
            "identityProvider": "ADFS",
        },
        "resourceManager": host,
        "graphAudience": f"{host}/",
        "graph": host,
        "media": host,
        "suffixes": {},
    }
    return Answer(status=200, body=body, from_provider=False)


def token(store: Store, request: Request, tenant: str, now: datetime) -> Answer:
    """`POST /{tenant}/oauth2/v2.0/token` with client credentials; errors have OAuth's own shape.

    The authority `/adfs`, which az CLI is told of, has no tenant in its name: it stands for the first one.
    """
    fields = {
        name: values[-1] for name, values in parse_qs(request.content.decode("utf-8", "replace")).items()
    }
    known = {name.lower(): name for name in tenants(store)}
    if known:
        known["adfs"] = next(iter(known.values()))
    if tenant.lower() not in known:
        return _oauth_error("invalid_request", f"AADSTS90002: Tenant '{tenant}' not found.")
    if fields.get("grant_type") != "client_credentials":
        return _oauth_error(
            "unsupported_grant_type", "AADSTS70003: Only client_credentials is modelled here."
        )
    client = fields.get("client_id", "")
    if not client:
        return _oauth_error("invalid_request", "AADSTS900144: The request body must contain 'client_id'.")
    body: Json = {
        "token_type": "Bearer",
        "expires_in": auth.TOKEN_SECONDS,
        "ext_expires_in": auth.TOKEN_SECONDS,
        "access_token": auth.issue(store, now, known[tenant.lower()], client),
    }
    return Answer(status=200, body=body, from_provider=False)


def _oauth_error(code: str, text: str) -> Answer:
    return Answer(status=400, body={"error": code, "error_description": text}, from_provider=False)


def discovery(request: Request, tenant: str) -> Answer:
    """OpenID discovery of an authority, the little that client libraries read."""
    issuer = f"{request.origin}/{tenant}"
    host = urlsplit(request.origin).netloc
    body: Json = {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/oauth2/v2.0/token",
        "authorization_endpoint": f"{issuer}/oauth2/v2.0/authorize",
        "jwks_uri": f"{issuer}/discovery/keys",
        "response_types_supported": ["code", "id_token", "token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "tenant_region_scope": None,
        "cloud_instance_name": host,
    }
    return Answer(status=200, body=body, from_provider=False)


# --- with a token
# -----------------------------------------------------------------------------------------------


def list_tenants(turn: Turn) -> Answer:
    tenant = turn.caller.tenant
    item = {
        "id": f"/tenants/{tenant}",
        "tenantId": tenant,
        "tenantCategory": "Home",
        "displayName": "Emulated tenant",
    }
    return Answer(status=200, body={"value": [item]}, from_provider=False)


def list_subscriptions(turn: Turn) -> Answer:
    mine = [item for item in turn.store.scan("subscription") if item["tenantId"] == turn.caller.tenant]
    return turn.page([_subscription(item) for item in mine], from_provider=False)


def get_subscription(turn: Turn) -> Answer:
    found = turn.store.require(
        "subscription",
        turn.subscription.lower(),
        lambda: errors.refusal("subscription_not_found", subscription=turn.subscription),
    )
    return Answer(status=200, body=_subscription(found), from_provider=False)


def _subscription(found: Mapping[str, str]) -> Json:
    return {
        "id": f"/subscriptions/{found['subscriptionId']}",
        "subscriptionId": found["subscriptionId"],
        "tenantId": found["tenantId"],
        "displayName": found.get("displayName", f"Emulated {found['subscriptionId'][:8]}"),
        "state": found.get("state", "Enabled"),
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
    }


def list_locations(turn: Turn) -> Answer:
    """Regions of a subscription with the metadata that clients dereference (recorded shape)."""
    above = f"/subscriptions/{turn.subscription}/locations"
    items = [
        {
            "id": f"{above}/{name}",
            "name": name,
            "type": "Region",
            "displayName": facts["displayName"],
            "regionalDisplayName": f"({_geography(facts)}) {facts['displayName']}",
            "metadata": {
                "regionType": "Physical",
                "regionCategory": "Recommended",
                "geography": _geography(facts),
                "geographyGroup": _geography(facts),
                "longitude": "0",
                "latitude": "0",
                "physicalLocation": facts["displayName"],
                "pairedRegion": [],
            },
        }
        for name, facts in offers.shipped()["regions"].items()
    ]
    return Answer(status=200, body={"value": items}, from_provider=False)


def _geography(facts: Mapping[str, Any]) -> str:
    return {"US": "US", "EU": "Europe"}.get(str(facts.get("area")), "Other")


def list_groups(turn: Turn) -> Answer:
    found = turn.store.scan("group", f"/subscriptions/{turn.subscription.lower()}/")
    return turn.page(found, from_provider=False)


def get_group(turn: Turn) -> Answer:
    return Answer(status=200, body=accounts.require_group(turn), from_provider=False)


def put_group(turn: Turn) -> Answer:
    """Create (201) or update (200) a resource group; location is needed on create."""
    asked = turn.body({"location": str, "tags": dict})
    if _GROUP_NAME.match(turn.args["group"]) is None:
        raise errors.refusal(
            "invalid_content",
            parser_text="The resource group name is not 1 to 90 letters, digits, '-', '_', '.', '(' or ')'",
        )
    before = turn.store.get("group", accounts.group_key(turn))
    if before is None and not asked.get("location"):
        raise errors.refusal("location_required")
    location = normal_location(asked.get("location", ""))
    if before is not None and location not in {"", before["location"]}:
        raise errors.refusal("group_elsewhere", wanted=asked["location"], location=before["location"])
    body = group(turn.subscription, turn.args["group"], location, asked.get("tags"))
    if before is not None:
        body = {**before, **({"tags": asked["tags"]} if "tags" in asked else {})}
    turn.store.put("group", accounts.group_key(turn), body)
    return Answer(status=201 if before is None else 200, body=body, from_provider=False)


def group(subscription: str, name: str, location: str, tags: Json | None = None) -> Json:
    """A resource group in wire shape."""
    return {
        "id": f"/subscriptions/{subscription}/resourceGroups/{name}",
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": location,
        **({"tags": tags} if tags else {}),
        "properties": {"provisioningState": "Succeeded"},
    }


def head_group(turn: Turn) -> Answer:
    present = turn.store.get("group", accounts.group_key(turn)) is not None
    return Answer(status=204 if present else 404, from_provider=False)


def delete_group(turn: Turn) -> Answer:
    """202 with Location and Retry-After, whatever the group holds (recorded); accounts are soft-deleted."""
    accounts.require_group(turn)
    started = provisioning.delete_by_operation(
        turn, kind="group", key=accounts.group_key(turn), location="global"
    )
    name = started.headers["Azure-AsyncOperation"].partition("/operationResults/")[2]
    return _under_way(turn, f"/subscriptions/{turn.subscription}/operationresults/{name}")


def group_deletion(turn: Turn) -> Answer:
    """GET of a group's deletion: 202 with the address again until it is done, then 200 (recorded)."""
    if provisioning.status_of(turn, turn.args["operation"].lower()) in provisioning.TERMINAL:
        return Answer(status=200, from_provider=False)
    return _under_way(turn, f"{turn.request.path}?{turn.request.raw_query}")


def _under_way(turn: Turn, address: str) -> Answer:
    wait = provisioning.rules(turn.store).get("retryAfter") or 15
    headers = {"Location": f"{turn.request.origin}{address}", "Retry-After": str(wait)}
    return Answer(status=202, headers=headers, from_provider=False)


def provider(turn: Turn) -> Answer:
    return Answer(status=200, body=_provider(turn), from_provider=False)


def providers(turn: Turn) -> Answer:
    return Answer(status=200, body={"value": [_provider(turn)]}, from_provider=False)


def register(turn: Turn) -> Answer:
    return _registered(turn, value=True)


def unregister(turn: Turn) -> Answer:
    return _registered(turn, value=False)


def _registered(turn: Turn, *, value: bool) -> Answer:
    found = turn.store.get("subscription", turn.subscription.lower()) or {}
    turn.store.put("subscription", turn.subscription.lower(), {**found, "registered": value})
    return provider(turn)


_RESOURCE = "CrossResourceGroupResourceMove, CrossSubscriptionResourceMove, SupportsTags, SupportsLocation"
_WITH_IDENTITY = _RESOURCE.replace("SupportsTags", "SystemAssignedResourceIdentity, SupportsTags")
_PREVIEW = "2025-04-01-preview"
_NEWER = "2025-10-01-preview"
_TYPES = {
    "accounts": (_WITH_IDENTITY, "", "2025-06-01"),
    "accounts/projects": (_WITH_IDENTITY, _PREVIEW, _PREVIEW),
    "accounts/projects/capabilityhosts": ("None", _PREVIEW, _PREVIEW),
    "accounts/capabilityhosts": ("None", _PREVIEW, _PREVIEW),
    "accounts/connections": ("None", _PREVIEW, None),
    "accounts/projects/connections": ("None", _PREVIEW, None),
    "accounts/projects/applications": ("None", _NEWER, _NEWER),
    "accounts/managedNetworks": ("None", _NEWER, _NEWER),
    "operations": ("None", "", "2025-06-01"),
    "accounts/deployments": ("None", "", "2025-06-01"),
    "accounts/raiPolicies": ("None", "", "2025-06-01"),
    "deletedAccounts": ("None", "", "2025-06-01"),
    "locations": ("None", "", "2025-06-01"),
    "locations/checkSkuAvailability": ("None", "", "2025-06-01"),
    "locations/commitmentTiers": ("None", "", "2025-06-01"),
    "locations/raiContentFilters": ("None", "", "2025-06-01"),
    "locations/resourceGroups": ("None", "", "2025-06-01"),
    "locations/resourceGroups/deletedAccounts": ("None", "", "2025-06-01"),
    "commitmentPlans": (_RESOURCE, "", "2025-06-01"),
    "locations/models": ("None", "", "2025-06-01"),
    "locations/operationResults": ("None", "", "2025-06-01"),
    "locations/usages": ("None", "", "2025-06-01"),
    "skus": ("None", "", "2025-06-01"),
}
"""Resource types of the provider: what ARM calls their capabilities, their first and their default version.

The first nine stand in the recorded order (December 2025), with what was recorded of them.
"""
_ROLES = (
    "5cb87f79-a7c3-4a95-9414-45b65974b51b",
    "376aa7d7-51a9-463d-bd4d-7e1691345612",
    "8b910db7-60f9-4c04-af30-71aab18eda90",
)
"""What the provider may do in a subscription: the first was recorded before 2022, all in December 2025."""


def _provider(turn: Turn) -> Json:
    found = turn.store.get("subscription", turn.subscription.lower()) or {}
    places = [facts["displayName"] for facts in offers.shipped()["regions"].values()]
    known = list(versions.supported(versions.OLD_ACCOUNTS[0]))
    return {
        "id": f"/subscriptions/{turn.subscription}/providers/{_NAMESPACE}",
        "namespace": _NAMESPACE,
        "authorizations": [
            {"applicationId": "7d312290-28c8-473c-a0ed-8e53749b6d6d", "roleDefinitionId": role}
            for role in _ROLES
        ],
        "resourceTypes": [
            {
                "resourceType": kind,
                "locations": [] if kind in {"operations", "skus"} else places,
                "apiVersions": [version for version in known if version >= since],
                **({} if default is None else {"defaultApiVersion": default}),
                "capabilities": capabilities,
            }
            for kind, (capabilities, since, default) in _TYPES.items()
        ],
        "registrationState": "Registered" if found.get("registered", True) else "NotRegistered",
        "registrationPolicy": "RegistrationRequired",
    }


def list_resources(turn: Turn) -> Answer:
    return _resources(turn, f"/subscriptions/{turn.subscription.lower()}/")


def list_group_resources(turn: Turn) -> Answer:
    accounts.require_group(turn)
    return _resources(turn, f"{accounts.group_key(turn)}/")


def _resources(turn: Turn, prefix: str) -> Answer:
    """Accounts and projects: the only resources here that have a location of their own."""
    wanted = {}
    text = turn.request.query.get("$filter", "").strip()
    for part in re.split(r"\s+and\s+", text, flags=re.IGNORECASE) if text else ():
        clause = _RESOURCE_CLAUSE.match(part.strip())
        if clause is None:
            raise errors.refusal("bad_filter", text=f"'{part[:100]}' is not supported")
        wanted[clause["field"].lower()] = clause["value"].lower()
    projects = [item for item in turn.store.scan("child", prefix) if item["type"] == "accounts/projects"]
    shown = ("id", "name", "type", "kind", "location", "sku", "tags", "identity")
    items = []
    for body in (item["body"] for item in (*turn.store.scan("account", prefix), *projects)):
        named = {**body, "resourcetype": body["type"], "resourcegroup": body["id"].split("/")[4]}
        if all(str(named[field]).lower() == value for field, value in wanted.items()):
            items.append({part: body[part] for part in shown if part in body})
    return turn.page(items, keep=("$filter",), from_provider=False)
