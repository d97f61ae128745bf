"""The world a state begins with, and what `POST /_emulator/world` and `--world` add to it.

Rule of this module: adding is merging. What is posted is taken as given, unchecked by the provider's rules,
and only what is missing is filled in; nothing that exists is removed. A key or a SKU that ARM does not have
is refused, a model or a property that it may have some day is told and taken.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from reconciler.emulator import (
    account_kinds,
    accounts,
    deployment_bodies,
    deployment_fields,
    directory,
    offers,
    policies,
    quota,
    traffic,
    upkeep,
    world_checks,
    writable,
)
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Caller, Turn
from reconciler.emulator.wire import Json, Request, at, normal_location, overlay
from reconciler.emulator.world_checks import WorldError

_SUBSCRIPTIONS = (
    ("11111111-1111-1111-1111-111111111111", "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"),
    ("33333333-3333-3333-3333-333333333333", "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"),
    ("22222222-2222-2222-2222-222222222222", "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"),
)
DEFAULT: Json = {
    "subscriptions": [{"subscriptionId": name, "tenantId": tenant} for name, tenant in _SUBSCRIPTIONS]
}
"""What a fresh state begins with unless a world is given."""
KEYS = (
    *("subscriptions", "resourceGroups", "accounts", "deployments", "usages", "models", "roles"),
    *("policies", "locks", "traffic", "settings"),
)
SWITCHES: Mapping[str, tuple[object, ...]] = {
    "skuChange": ("accepted", "refused"),
    "sourceReturned": (True, False),
    "rateLimitsSpelling": ("rateLimits", "ratelimits"),
    "etags": ("ignored", "enforced"),
    "throttling": ("on", "off"),
    "unknownProperties": ("ignored", "kept"),
    "expiry": ("on", "off"),
    "autoUpgrade": ("announced", "off", "on"),
    "modelCapacities": ("moving", "quota"),
    "capacityShortage": ("accepted", "refused"),
    "inference": ("served", "throttled", "failing", "absent", "gone"),
    "newDeployments": ("at once", "late"),
    "noTraffic": ("empty", "zeros", "missing"),
    "metricsLag": ("on", "off"),
    "quotaTiers": ("still", "rising", "free"),
    "globalPools": ("regional", "shared"),
    "deploymentLimit": ("on", "off"),
    "ptuLimits": ("assumed", "recorded"),
    "modelChange": ("accepted", "refused"),
    "omitted": ("cleared", "kept"),
    "nulls": ("cleared", "ignored", "refused"),
    "withdrawnModel": ("refused", "accepted"),
    "spilloverMissing": ("refused", "accepted"),
    "spilloverTarget": ("checked", "unchecked"),
    "spilloverTargetDelete": ("accepted", "refused"),
    "modelProviderData": ("returned", "hidden"),
    "marketplace": ("accepted", "refused", "ineligible", "unpaid", "free", "internal", "unmapped"),
    "throttlingKeys": ("hidden", "shown"),
    "accountAccess": ("granted", "current", "refused", "closed"),
    "accountFields": ("optional", "required"),
    "skuTier": ("accepted", "refused"),
    "responsibleTerms": ("agreed", "open"),
    "modelAccess": ("granted", "refused"),
    "standing": ("good", "held"),
    "nestedDelete": ("refused", "accepted"),
    "deletedType": ("deletedAccounts", "accounts"),
}
"""Switches with a closed set of values, the default first; `pageSize` takes a whole number or null."""

_ACCOUNT = re.compile(
    r"^/subscriptions/(?P<subscription>[^/]+)/resourcegroups/(?P<group>[^/]+)/providers"
    r"/microsoft\.cognitiveservices/accounts/(?P<account>[^/]+)(/deployments/(?P<deployment>[^/]+))?$",
    re.IGNORECASE,
)
_GROUP = re.compile(
    r"^/subscriptions/(?P<subscription>[^/]+)/resourcegroups/(?P<group>[^/]+)$", re.IGNORECASE
)
_NO_REQUEST = Request(
    method="POST", path="/_emulator/world", query={}, headers={}, raw_query="", content=b"", origin=""
)


def merge(store: Store, now: datetime, world: Json) -> tuple[str, ...]:
    """Merge a world document; what in it is odd and yet possible. Raises WorldError."""
    world_checks.known("the world", world, KEYS)
    for key, add in {"subscriptions": _subscription, "resourceGroups": _group}.items():
        for item in world_checks.items(world, key):
            add(store, item)
    _models(store, world)
    for item in world_checks.items(world, "accounts"):
        _account(store, now, item)
    odd = [
        text for item in world_checks.items(world, "deployments") for text in _deployment(store, now, item)
    ]
    _usages(store, world)
    for key, add in {"roles": _role, "policies": _policy, "locks": _lock, "traffic": _traffic}.items():
        for item in world_checks.items(world, key):
            add(store, item)
    settings(store, world_checks.mapping(world, "settings"))
    return tuple(odd)


def ensure(store: Store, now: datetime, world: Json) -> tuple[str, ...]:
    """Merge only those subscriptions and accounts that the state lacks; the ids of the accounts added.

    What exists is left as it is, also where `world` describes it otherwise. Raises WorldError.
    """
    lacking = {
        key: [
            item
            for item in world_checks.items(world, key)
            if store.get(kind, world_checks.text(item, key, name).lower()) is None
        ]
        for key, kind, name in (
            ("subscriptions", "subscription", "subscriptionId"),
            ("accounts", "account", "id"),
        )
    }
    if any(lacking.values()):
        merge(store, now, lacking)
    return tuple(str(item["id"]) for item in lacking["accounts"])


def _subscription(store: Store, item: Json) -> None:
    world_checks.known("subscriptions", item, world_checks.SUBSCRIPTION)
    subscription = world_checks.text(item, "subscriptions", "subscriptionId")
    tenant = world_checks.text(item, "subscriptions", "tenantId")
    if item.get("state", "Enabled") not in writable.STATES:
        raise WorldError(f"subscriptions: state must be one of {', '.join(writable.STATES)}")
    before = store.get("subscription", subscription.lower()) or {}
    body = {**before, **item, "subscriptionId": subscription, "tenantId": tenant}
    store.put("subscription", subscription.lower(), body)


def _group(store: Store, item: Json) -> None:
    world_checks.known("resourceGroups", item, world_checks.GROUP)
    identity = world_checks.text(item, "resourceGroups", "id")
    match = _GROUP.match(identity)
    if match is None:
        raise WorldError(f"resourceGroups: {identity!r} is not /subscriptions/…/resourceGroups/…")
    _require_subscription(store, match["subscription"])
    location = item.get("location", "")
    body = directory.group(match["subscription"], match["group"], location, item.get("tags"))
    store.put("group", identity.lower(), body)


def _require_subscription(store: Store, subscription: str) -> Json:
    text = f"subscription {subscription!r} is not in the world; add it under 'subscriptions' first"
    return store.require("subscription", subscription.lower(), lambda: WorldError(text))


def _place(store: Store, now: datetime, key: str, item: Json) -> tuple[str, Turn]:
    """The ARM id of an item, and a turn of nobody's there: the same code fills in what a PUT would."""
    identity = world_checks.text(item, key, "id")
    match = _ACCOUNT.match(identity)
    if match is None or (match["deployment"] is None) != (key == "accounts"):
        noun = "an account's" if key == "accounts" else "a deployment's"
        raise WorldError(f"{key}: {identity!r} is not {noun} ARM id")
    tenant = _require_subscription(store, match["subscription"])["tenantId"]
    return identity, Turn(
        store=store,
        request=_NO_REQUEST,
        now=now,
        caller=Caller(tenant=tenant, client="emulator", oid="emulator"),
        version="2026-07-01",
        args={name: value for name, value in match.groupdict().items() if value is not None},
        ticket="",
    )


def _account(store: Store, now: datetime, item: Json) -> None:
    identity, turn = _place(store, now, "accounts", item)
    location = world_checks.text(item, "accounts", "location")
    if normal_location(location) not in offers.locations():
        raise WorldError(
            f"accounts: location {location!r} is unknown; known are {', '.join(offers.locations())}"
        )
    if account_kinds.canonical(str(item.get("kind", "AIServices"))) is None:
        raise WorldError(
            f"accounts: ARM has no kind {item['kind']!r}; it has {', '.join(account_kinds.SKUS)}"
        )
    if store.get("group", accounts.group_key(turn)) is None:
        group = directory.group(turn.subscription, turn.args["group"], location)
        store.put("group", accounts.group_key(turn), group)
    before = store.get("account", identity.lower())
    world_checks.known(identity, item, world_checks.ACCOUNT)
    world_checks.shapes(identity, item, {**accounts.SHAPES, "properties.provisioningState": str})
    world_checks.known(f"sku of {identity}", at(item, "sku") or {}, world_checks.SKU)
    state = at(item, "properties", "provisioningState") or "Succeeded"
    known = {} if before is None else before["body"]
    body = accounts.filled(
        turn, overlay(known, {**item, "id": known.get("id", identity)}), before, state=str(state)
    )
    store.put("account", identity.lower(), {"body": body})


def _deployment(store: Store, now: datetime, item: Json) -> list[str]:
    """Merge one deployment; what ARM would not offer of it, each in a sentence."""
    identity, turn = _place(store, now, "deployments", item)
    text = f"deployments: the account of {identity!r} is not in the world; add it under 'accounts'"
    account = store.require("account", accounts.key_of(turn), lambda: WorldError(text))
    before = store.get("deployment", identity.lower())
    known = {"id": identity} if before is None else _rewritable(before["body"])
    given = overlay(known, {**item, "id": known["id"]})
    world_checks.known(identity, item, world_checks.DEPLOYMENT)
    world_checks.shapes(identity, given, {**deployment_fields.SHAPES, "etag": str, "systemData": dict})
    world_checks.known(f"sku of {identity}", at(item, "sku") or {}, world_checks.SKU)
    world_checks.known(f"model of {identity}", at(item, "properties", "model") or {}, world_checks.MODEL)
    _check_sku(store, identity, account["body"], str(at(given, "sku", "name") or "Standard"))
    found = deployment_bodies.fill(turn, account["body"], given)
    store.put("deployment", identity.lower(), found)
    upkeep.changed(store, found)
    return list(_odd(store, item, account["body"], given))


def _check_sku(store: Store, identity: str, account: Json, name: str) -> None:
    listed = offers.models_of(store, account["location"])
    posted = {offer["name"] for item in listed for offer in item.model["skus"]} - set(offers.SKU_NAMES)
    names = [*offers.SKU_NAMES, *sorted(posted)]
    if name.lower() not in {known.lower() for known in names}:
        raise WorldError(
            f"{identity}: ARM has no SKU {name!r}; allowed are {', '.join(names)}"
            " and those of models under 'models'"
        )


def _odd(store: Store, item: Json, account: Json, given: Json) -> Iterator[str]:
    """What ARM would not know or offer of a deployment, each in a sentence."""
    known = ", ".join(sorted(deployment_fields.PROPERTIES))
    for name in sorted((item.get("properties") or {}).keys() - deployment_fields.PROPERTIES):
        yield f"{item['id']}: property {name!r} is unknown and kept as it is; known are {known}"
    model, location, kind = at(given, "properties", "model") or {}, account["location"], account["kind"]
    if offers.find(store, location, kind, model) is None:
        named = ", ".join(f"{part} {model.get(part)!r}" for part in ("format", "name", "version"))
        yield (
            f"{item['id']}: {location} lists no model of {named} for an account of kind {kind};"
            " it is kept as it is. `models` of the world adds one"
        )


def _rewritable(body: Json) -> Json:
    """A deployment without what follows from the rest, so that a merge computes it anew.

    Whoever wrote it last did not write what is merged.
    """
    derived = {"currentCapacity", "capabilities", "rateLimits"}
    properties = {name: value for name, value in body["properties"].items() if name not in derived}
    created = {name: value for name, value in body["systemData"].items() if name.startswith("created")}
    rest = {name: value for name, value in body.items() if name != "etag"}
    return {**rest, "properties": properties, "systemData": created}


def _models(store: Store, world: Mapping[str, object]) -> None:
    for location, given in world_checks.mapping(world, "models").items():
        items = world_checks.items({location: given}, location)
        for item in items:
            world_checks.model_entry(location, item)
        place = normal_location(location)
        before = (store.get("model", place) or {}).get("value", [])
        least: Json = {"capabilities": {}, "lifecycleStatus": "GenerallyAvailable", "skus": []}
        new = [{**item, "model": {**least, **item["model"]}} for item in items]
        store.put("model", place, {"value": [*new, *before]})


def _usages(store: Store, world: Mapping[str, object]) -> None:
    for place, items in world_checks.mapping(world, "usages").items():
        subscription, _, location = place.partition("/")
        checked = world_checks.items({place: items}, place)
        for item in checked:
            limit, current = item.get("limit"), item.get("currentValue", 0)
            if not isinstance(at(item, "name", "value"), str) or not isinstance(limit, int | float):
                raise WorldError(f"usages: an item of {place!r} has no name.value or no numeric limit")
            if not isinstance(current, int | float):
                raise WorldError(f"usages: currentValue of {item['name']['value']!r} is not a number")
        quota.post(store, subscription, location, checked)


def _role(store: Store, item: Json) -> None:
    world_checks.known("roles", item, world_checks.ROLE)
    client, scope = world_checks.text(item, "roles", "clientId"), world_checks.text(item, "roles", "scope")
    actions = item.get("actions")
    if not isinstance(actions, list) or not all(isinstance(action, str) for action in actions):
        raise WorldError(f"roles: actions of {client!r} must be a list of strings")
    store.put(
        "role", f"{client.lower()} {scope.lower()}", {"clientId": client, "scope": scope, "actions": actions}
    )


def _policy(store: Store, item: Json) -> None:
    world_checks.known("policies", item, policies.KEYS)
    identity = world_checks.text(item, "policies", "assignmentId")
    if item.get("effect", "Deny") not in policies.EFFECTS:
        raise WorldError(
            f"policies: effect must be one of {', '.join(policies.EFFECTS)}, found {item['effect']!r}"
        )
    for name in ("allowedPublishers", "allowedAssetIds", "allowedLocations", "requiredTags"):
        if not isinstance(item.get(name, []), list):
            raise WorldError(f"policies: {name} must be a list")
    if not isinstance(item.get("requiredProperties", {}), dict):
        raise WorldError("policies: requiredProperties must be an object")
    store.put("policy", identity.lower(), {"effect": "Deny", **item})


def _lock(store: Store, item: Json) -> None:
    world_checks.known("locks", item, writable.LOCK)
    scope = world_checks.text(item, "locks", "scope")
    level = item.get("level", writable.LEVELS[0])
    if level not in writable.LEVELS:
        raise WorldError(f"locks: level must be one of {', '.join(writable.LEVELS)}, found {level!r}")
    store.put("lock", scope.lower().rstrip("/"), {"scope": scope, "level": level})


def _traffic(store: Store, item: Json) -> None:
    world_checks.known("traffic", item, traffic.KEYS)
    identity = world_checks.text(item, "traffic", "id")
    for name in ("requestsPerMinute", "inputTokens", "outputTokens", "utilization"):
        value = item.get(name, 0)
        if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
            raise WorldError(f"traffic: {name} must be a number of at least 0, found {value!r}")
    store.put("steady", identity.lower(), item)


def settings(store: Store, wanted: Json) -> None:
    """Turn switches; raises WorldError naming the values a switch has."""
    for name, value in wanted.items():
        if name == "pageSize":
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
                raise WorldError(
                    f"settings: pageSize must be a whole number of at least 1 or null, found {value!r}"
                )
        elif name not in SWITCHES:
            raise WorldError(f"settings: unknown switch {name!r}; there are pageSize, {', '.join(SWITCHES)}")
        elif value not in SWITCHES[name]:
            raise WorldError(f"settings: {name} must be one of {SWITCHES[name]}, found {value!r}")
    if wanted:
        store.put("setting", "switches", {**store.setting("switches"), **wanted})
