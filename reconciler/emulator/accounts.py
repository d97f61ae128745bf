"""Accounts: what a deployment tool needs of them, and the one-writer rule that holds below each of them.

Rule of this module: a write below an account is refused while another one of the same account is under way,
and while the account itself is not settled.
"""

import uuid
from collections.abc import Mapping

from reconciler.emulator import (
    account_access,
    account_faces,
    account_kinds,
    account_versions,
    child_faces,
    clock,
    errors,
    kept_accounts,
    provisioning,
)
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json, at, overlay

TYPE = "Microsoft.CognitiveServices/accounts"
SHAPES: Mapping[str, type] = {
    "location": str,
    "kind": str,
    "sku": dict,
    "sku.name": str,
    "sku.tier": str,
    "sku.size": str,
    "sku.family": str,
    "sku.capacity": int,
    "tags": dict,
    "properties": dict,
    "properties.customSubDomainName": str,
    "properties.restore": bool,
    "properties.publicNetworkAccess": str,
    "properties.allowProjectManagement": bool,
    "properties.disableLocalAuth": bool,
    "properties.restrictOutboundNetworkAccess": bool,
    "properties.dynamicThrottlingEnabled": bool,
    "properties.migrationToken": str,
    "properties.networkAcls": dict,
    "properties.encryption": dict,
    "properties.apiProperties": dict,
    "identity": dict,
    "identity.type": str,
    "identity.userAssignedIdentities": dict,
}
_READ_ONLY = frozenset(
    {
        *("endpoint", "provisioningState", "internalId", "dateCreated", "callRateLimit", "isMigrated"),
        *("privateEndpointConnections", "capabilities", "endpoints", "skuChangeInfo", "quotaLimit"),
        *("deletionDate", "scheduledPurgeDate", "commitmentPlanAssociations", "abusePenalty"),
    }
)
"""Properties marked read-only in the specification: accepted in a body, and not taken over."""
_LASTING = ("dateCreated", "privateEndpointConnections", "skuChangeInfo")
"""Those of them that a write leaves as they were (recorded)."""


def id_of(turn: Turn) -> str:
    """The account's id as the caller spells it."""
    group = f"/subscriptions/{turn.subscription}/resourceGroups/{turn.args['group']}"
    return f"{group}/providers/{TYPE}/{turn.args['account']}"


def key_of(turn: Turn) -> str:
    return id_of(turn).lower()


def group_key(turn: Turn) -> str:
    return f"/subscriptions/{turn.subscription}/resourcegroups/{turn.args['group']}".lower()


def require_group(turn: Turn) -> Json:
    return turn.store.require(
        "group",
        group_key(turn),
        lambda: errors.refusal("resource_group_not_found", group=turn.args["group"]),
    )


def require_parent(turn: Turn, verb: str, child: str = "accounts/deployments") -> Json:
    """The account's document; raises the front door's 404 for a child of an absent group or account."""
    require_group(turn)
    return turn.store.require(
        "account",
        key_of(turn),
        lambda: errors.refusal(
            "parent_not_found",
            now=turn.now,
            verb=verb,
            kind=child,
            parent_id=id_of(turn),
            parent=turn.args["account"],
            group=turn.args["group"],
        ),
    )


def require_quiet(turn: Turn, child: str = "") -> None:
    """Refuse a write while another one of the same account is under way: 409 RequestConflict.

    A request still being processed leaves a mark (`asgi`); a long operation lives in `provisioning`.
    """
    key = key_of(turn)
    account = turn.store.get("account", key)
    mark = turn.store.get("mark", key)
    name = key if account is None else account["body"]["id"]
    if turn.collided or (mark is not None and mark["ticket"] != turn.ticket):
        raise errors.refusal("another_operation", account_id=name, child=child)
    settled = account is None or account["body"]["properties"]["provisioningState"] in provisioning.TERMINAL
    if provisioning.collide(turn.store, turn.now, key) or not settled:
        raise errors.refusal("another_operation", account_id=name, child=child)


def _require_settled(turn: Turn) -> None:
    """Refuse a write of an account that is itself under way, in words of its own (reported, January 2025)."""
    provisioning.look(turn.store, turn.now, "account", key_of(turn))
    account = turn.store.get("account", key_of(turn))
    if (
        account is not None
        and account["body"]["properties"]["provisioningState"] not in provisioning.TERMINAL
    ):
        raise errors.refusal("not_terminal", resource_id=account["body"]["id"])
    require_quiet(turn)


def require(turn: Turn) -> Json:
    """The account's document; raises the 404 of an absent account itself."""
    return turn.store.require(
        "account",
        key_of(turn),
        lambda: errors.refusal("resource_not_found", account=turn.args["account"], group=turn.args["group"]),
    )


def get(turn: Turn) -> Answer:
    require_group(turn)
    provisioning.look(turn.store, turn.now, "account", key_of(turn))
    return _answer(turn, 200, require(turn)["body"])


def by_group(turn: Turn) -> Answer:
    require_group(turn)
    return _listing(turn, group_key(turn))


def by_subscription(turn: Turn) -> Answer:
    return _listing(turn, f"/subscriptions/{turn.subscription.lower()}")


def _listing(turn: Turn, above: str) -> Answer:
    found = turn.store.scan("account", f"{above}/")
    return turn.page([_shown(turn, item["body"]) for item in found])


def put(turn: Turn) -> Answer:
    """Create (201) or update (200) as a long operation (recorded); 202 by the rule `puts` (specified)."""
    require_group(turn)
    asked = _asked(turn)
    if "sku" in asked and not asked["sku"].get("name"):
        raise errors.refusal(
            "invalid_content", parser_text="Required property name not found in JSON. Path sku"
        )
    before = turn.store.get("account", key_of(turn))
    if before is None and at(asked, "properties", "restore") is True:
        return _restore(turn, asked)
    if before is not None and at(asked, "properties", "restore") is True:
        raise errors.refusal("nothing_deleted", account_id=id_of(turn))
    account_access.check(turn, key_of(turn), asked, before)
    _require_settled(turn)
    body = filled(turn, {**asked, "id": id_of(turn) if before is None else before["body"]["id"]}, before)
    turn.store.put("account", key_of(turn), {"body": body})
    host = child_faces.agents_host(turn, body) if before is None else None
    if host is not None:
        turn.store.put("child", host["key"], host)
    if before is not None and turn.forced is None and _is_light(asked, before["body"], body):
        return _answer(turn, 200, body)
    return _long(turn, 201 if before is None else 200, "create" if before is None else "update")


def _is_light(asked: Json, before: Json, after: Json) -> bool:
    """Whether a write over an account names no property and no identity, and leaves the sku.

    Such a write is done at once (recorded: a PATCH of tags in July 2023, a PUT of what was in March 2022).
    """
    return not (asked.get("properties") or asked.get("identity")) and bool(before["sku"] == after["sku"])


def _asked(turn: Turn) -> Json:
    """The body of a write, checked for types, without what only ARM writes."""
    asked = turn.body(SHAPES)
    if "properties" not in asked:
        return asked
    kept = {name: value for name, value in asked["properties"].items() if name not in _READ_ONLY}
    return {**asked, "properties": kept}


def _restore(turn: Turn, asked: Json) -> Answer:
    """201 Succeeded at once, kind and sku as they were, with a fresh creation date (recorded, 2022-03-01)."""
    gone = kept_accounts.kept(turn.store, turn.now, key_of(turn))
    if gone is None:
        raise errors.refusal("nothing_to_restore", account_id=id_of(turn))
    kept_accounts.forget(turn.store, key_of(turn))
    old = {name: value for name, value in gone["body"].items() if name != "systemData"}
    body = filled(turn, {**overlay(account_faces.own(old, "dateCreated"), asked), "id": old["id"]}, None)
    turn.store.put("account", key_of(turn), {"body": body})
    for deployment in gone.get("deployments", []):
        turn.store.put("deployment", str(deployment["body"]["id"]).lower(), deployment)
    return _answer(turn, 201, body)


def patch(turn: Turn) -> Answer:
    """Merge sku and properties, replace tags: 202 with a body and both operation headers (recorded).

    200 when operations end at once (specified); an identity is an operation like a property (recorded in
    March 2022).
    """
    require_group(turn)
    asked = _asked(turn)
    before = require(turn)
    account_access.check_properties(turn, key_of(turn), asked, before)
    _require_settled(turn)
    kept: Json = {name: asked[name] for name in ("sku", "tags", "properties", "identity") if name in asked}
    merged = {**overlay(account_faces.own(before["body"]), kept), "id": before["body"]["id"]}
    if "tags" in kept:
        merged["tags"] = kept["tags"]
    body = filled(turn, merged, before)
    turn.store.put("account", key_of(turn), {"body": body})
    if turn.forced is None and _is_light(asked, before["body"], body):
        return _answer(turn, 200, body)
    return _long(turn, 202, "update", location_too=True)


def delete(turn: Turn) -> Answer:
    """200 and soft-deleted for 48 hours; 204 when absent; 409 while deployments are left (reported).

    Documentation says that a REST call needs no emptying first; the switch `nestedDelete: accepted` does so.
    """
    require_group(turn)
    found = turn.store.get("account", key_of(turn))
    if found is None:
        return Answer(status=204)
    _require_settled(turn)
    children = nested(turn.store, key_of(turn))
    if children and turn.store.switch("nestedDelete") != "accepted":
        listed = ",".join(child["body"]["id"] for child in children)
        raise errors.refusal("nested_resources_exist", ids=listed)
    slow = provisioning.begin_delete(
        turn, kind="account", key=key_of(turn), location=found["body"]["location"]
    )
    if slow is not None:
        return slow
    kept_accounts.remove(turn.store, turn.now, key_of(turn))
    return Answer(status=200)


def head(turn: Turn) -> Answer:
    """ARM's existence check of any resource: 204 or 404 without a body (documented)."""
    found = turn.store.get("account", key_of(turn))
    return Answer(status=204 if found is not None else 404, from_provider=False)


def nested(store: Store, key: str) -> list[Json]:
    """Deployments and projects of an account: what stands in the way of its deletion."""
    return [*store.scan("deployment", f"{key}/"), *_projects(store, key)]


def _projects(store: Store, key: str) -> list[Json]:
    return [item for item in store.scan("child", f"{key}/projects/") if item["type"] == "accounts/projects"]


def _long(turn: Turn, status: int, event: str, *, location_too: bool = False) -> Answer:
    found = turn.store.get("account", key_of(turn)) or {}
    body = found["body"]
    is_by_operation = account_kinds.is_by_operation(body["kind"], turn.version)
    if provisioning.end_at_once(turn) or (turn.forced is None and not is_by_operation):
        return _answer(turn, 200 if status == 202 else status, body)
    operation = provisioning.begin(
        turn, kind="account", event=event, key=key_of(turn), location=body["location"]
    )
    if provisioning.rules(turn.store).get("puts") == "accepted":
        status = 202
    body["properties"]["provisioningState"] = operation["state"]
    turn.store.put("account", key_of(turn), found)
    return _answer(turn, status, body, provisioning.headers(turn, operation, location_too=location_too))


def _shown(turn: Turn, body: Json) -> Json:
    """An account names its projects (recorded in March 2026); the first one made is its default."""
    names: list[str] = []
    if at(body, "properties", "allowProjectManagement"):
        found = [item["body"] for item in _projects(turn.store, str(body["id"]).lower())]
        found.sort(key=lambda project: not at(project, "properties", "isDefault"))
        names = [str(project["id"]).rpartition("/")[2] for project in found]
    return account_versions.visible(body, turn.version, turn.now, names)


def _answer(turn: Turn, status: int, body: Json, headers: Mapping[str, str] | None = None) -> Answer:
    shown = _shown(turn, body)
    return Answer(status=status, body=shown, headers={"ETag": body["etag"], **(headers or {})})


def filled(turn: Turn, given: Json, before: Json | None, *, state: str = "Succeeded") -> Json:
    """An account's body in the recorded order of properties, what is missing filled in."""
    old: Json = {} if before is None else before["body"]
    key, name = str(given["id"]).lower(), str(given["id"]).rpartition("/")[2]
    location = given.get("location") or old.get("location") or "eastus"
    asked_kind = given.get("kind") or old.get("kind") or "AIServices"
    kind = account_kinds.canonical(asked_kind) or asked_kind
    sku = given.get("sku") or old.get("sku") or {"name": "S0"}
    lasting = {
        name: at(old, "properties", name) for name in _LASTING if at(old, "properties", name) is not None
    }
    properties, asked = {**lasting, **(given.get("properties") or {})}, given.get("identity")
    if at(old, "sku", "name") not in {None, sku["name"]}:
        properties["skuChangeInfo"] = account_faces.sku_change(
            lasting.get("skuChangeInfo", {}), old["sku"]["name"], sku["name"], clock.stamp(turn.now)
        )
    return {
        "id": given["id"],
        "name": name,
        "type": TYPE,
        "etag": provisioning.new_etag("account"),
        "location": location,
        "sku": sku,
        "kind": kind,
        **({"tags": given["tags"]} if "tags" in given else {}),
        "properties": {
            **_properties(turn, key, location, kind, sku["name"], properties),
            "provisioningState": state,
        },
        **({"identity": account_faces.identity(turn, key, asked)} if asked else {}),
        "systemData": turn.system_data(old.get("systemData")),
    }


def _properties(turn: Turn, identity: str, location: str, kind: str, sku: str, given: Json) -> Json:
    made = given.get("dateCreated") or clock.stamp(turn.now)
    facts = account_faces.facts(kind, sku, made[:10], location, given, identity.rpartition("/")[2])
    fixed = {
        "endpoint": facts["endpoint"],
        "provisioningState": "Succeeded",
        "internalId": uuid.uuid5(uuid.NAMESPACE_URL, identity).hex,
        "dateCreated": made,
        **facts,
        "isMigrated": False,
        **account_faces.project_management(kind),
        **({"privateEndpointConnections": []} if account_faces.is_linkable(facts) else {}),
        "publicNetworkAccess": "Enabled",
    }
    asked = {part: value for part, value in given.items() if part != "restore"}
    if "apiProperties" in asked:
        asked["apiProperties"] = {**fixed.get("apiProperties", {}), **(asked["apiProperties"] or {})}
    return {**fixed, **asked}
