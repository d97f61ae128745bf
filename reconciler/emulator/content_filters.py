"""Content filter policies (`raiPolicies`) of an account, as far as deployments refer to them.

Rule of this module: the two policies every account is born with cannot be written or deleted; filters are
kept as given, since nothing here ever filters.
"""

from collections.abc import Mapping

from reconciler.emulator import accounts, clock, errors, paging, provider_errors, provisioning
from reconciler.emulator.turn import Turn, expect, expect_texts
from reconciler.emulator.wire import Answer, Json, at

TYPE = "Microsoft.CognitiveServices/accounts/raiPolicies"
_CHILD = "accounts/raiPolicies"
_BORN = ("Microsoft.Default", "Microsoft.DefaultV2")
_SHAPES: Mapping[str, type] = {
    "properties": dict,
    "properties.mode": str,
    "properties.basePolicyName": str,
    "properties.contentFilters": list,
    "properties.customBlocklists": list,
    "tags": dict,
}
_ITEMS: Mapping[str, Mapping[str, type]] = {
    "contentFilters": {
        "name": str,
        "enabled": bool,
        "severityThreshold": str,
        "blocking": bool,
        "source": str,
    },
    "customBlocklists": {"blocklistName": str, "blocking": bool, "source": str},
}


def _key(turn: Turn) -> str:
    return f"{accounts.key_of(turn)}/raipolicies/{turn.args['policy'].lower()}"


def _born(account_id: str, name: str) -> Json:
    filters = [
        {"name": harm, "severityThreshold": "Medium", "blocking": True, "enabled": True, "source": source}
        for harm in ("Hate", "Sexual", "Violence", "Selfharm")
        for source in ("Prompt", "Completion")
    ]
    properties = {"mode": "Blocking", "contentFilters": filters, "type": "SystemManaged"}
    return {"id": f"{account_id}/raiPolicies/{name}", "type": TYPE, "name": name, "properties": properties}


def listing(turn: Turn) -> Answer:
    account = accounts.require_parent(turn, "read", _CHILD)["body"]
    own = turn.store.scan("raipolicy", f"{accounts.key_of(turn)}/")
    return Answer(status=200, body=paging.page(turn, [*(_born(account["id"], name) for name in _BORN), *own]))


def get(turn: Turn) -> Answer:
    account = accounts.require_parent(turn, "read", _CHILD)["body"]
    for name in _BORN:
        if name.lower() == turn.args["policy"].lower():
            return Answer(status=200, body=_born(account["id"], name))
    found = turn.store.get("raipolicy", _key(turn))
    if found is None:
        raise provider_errors.not_found(turn.request.path)
    return Answer(status=200, body=found, headers={"ETag": found["etag"]})


def put(turn: Turn) -> Answer:
    """Create (201) or replace (200) a policy, synchronously (specified statuses)."""
    account = accounts.require_parent(turn, "write", _CHILD)["body"]
    asked = turn.body()
    expect(asked, _SHAPES)
    expect_texts(asked, "tags")
    for part, shapes in _ITEMS.items():
        _expect_items(asked, part, shapes)
    _refuse_born(turn)
    accounts.require_quiet(turn)
    before = turn.store.get("raipolicy", _key(turn))
    stamp = {"By": turn.caller.client, "ByType": "Application", "At": clock.stamp(turn.now)}
    created = {f"created{part}": value for part, value in stamp.items()}
    body: Json = {
        "id": f"{account['id']}/raiPolicies/{turn.args['policy']}" if before is None else before["id"],
        "type": TYPE,
        "name": turn.args["policy"] if before is None else before["name"],
        **({"tags": asked["tags"]} if asked.get("tags") else {}),
        "properties": {"mode": "Default", **(asked.get("properties") or {}), "type": "UserManaged"},
        "systemData": {
            **(created if before is None else before["systemData"]),
            **{f"lastModified{part}": value for part, value in stamp.items()},
        },
        "etag": provisioning.new_etag("deployment"),
    }
    turn.store.put("raipolicy", _key(turn), body)
    return Answer(status=201 if before is None else 200, body=body, headers={"ETag": body["etag"]})


def delete(turn: Turn) -> Answer:
    """204, or 202 with Location by the rule `deletes` (the two specified statuses)."""
    account = accounts.require_parent(turn, "delete", _CHILD)["body"]
    _refuse_born(turn)
    accounts.require_quiet(turn)
    if turn.store.get("raipolicy", _key(turn)) is not None:
        slow = provisioning.begin_delete(turn, kind="raipolicy", key=_key(turn), location=account["location"])
        if slow is not None:
            return slow
    turn.store.delete("raipolicy", _key(turn))
    return Answer(status=204)


def _expect_items(asked: Json, part: str, shapes: Mapping[str, type]) -> None:
    for item in at(asked, "properties", part) or []:
        if not isinstance(item, dict):
            raise errors.invalid_content(f"Error converting value to type object. Path properties.{part}.")
        expect(item, shapes)


def _refuse_born(turn: Turn) -> None:
    if turn.args["policy"].lower() in {name.lower() for name in _BORN}:
        raise provider_errors.system_policy(turn.args["policy"])
