"""Content filters (`raiContentFilters`) and content filter policies (`raiPolicies`) of an account.

Rule of this module: filters and the system's six policies are those that were recorded in January 2025, and
cannot be written or deleted; a policy of a user is kept as given, since nothing here ever filters.
"""

from collections.abc import Mapping

from reconciler.emulator import accounts, errors, provisioning, regional
from reconciler.emulator.turn import Turn, expect
from reconciler.emulator.wire import Answer, Json, at

TYPE = "Microsoft.CognitiveServices/accounts/raiPolicies"
_CHILD = "accounts/raiPolicies"
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
_HARMS = ("Hate", "Sexual", "Violence", "Selfharm")
_SOURCES = ("Prompt", "Completion")
FILTERS: tuple[tuple[str, bool, str | None], ...] = (
    *((harm, True, None) for harm in _HARMS),
    ("Jailbreak", False, "Prompt"),
    ("Protected Material Text", False, "Completion"),
    ("Protected Material Code", False, "Completion"),
    ("Profanity", False, None),
    ("Indirect Attack", False, "Prompt"),
    ("Ungrounded Material", False, None),
)
"""Name, whether it has severities, and the one source it looks at."""


def _harms(threshold: str, *, blocking: bool) -> list[Json]:
    return [
        {
            "name": harm,
            "severityThreshold": threshold,
            "blocking": blocking,
            "enabled": True,
            "source": source,
        }
        for harm in _HARMS
        for source in _SOURCES
    ]


_SHIELDS: list[Json] = [
    {"name": "Jailbreak", "blocking": True, "enabled": True, "source": "Prompt"},
    {"name": "Protected Material Text", "blocking": True, "enabled": True, "source": "Completion"},
    {"name": "Protected Material Code", "blocking": False, "enabled": True, "source": "Completion"},
]
SYSTEM: Mapping[str, list[Json]] = {
    "Microsoft.Default": _harms("Medium", blocking=True),
    "Microsoft.DefaultV2": [*_harms("Medium", blocking=True), *_SHIELDS],
    "Microsoft.Audio": [*_harms("Medium", blocking=True), *_SHIELDS],
    "Microsoft.Nil": _harms("High", blocking=False),
    "Microsoft.Streaming": _harms("High", blocking=True),
    "Microsoft.Reasoning": _harms("High", blocking=False),
}
"""The policies that every account is born with, in the recorded order."""


def list_filters(turn: Turn) -> Answer:
    place = regional.location_of(turn)
    items = [_filter(turn, place, *entry) for entry in FILTERS]
    return turn.page(items)


def get_filter(turn: Turn) -> Answer:
    place, wanted = regional.location_of(turn), turn.args["filter"].lower()
    for entry in FILTERS:
        if entry[0].replace(" ", "").lower() == wanted:
            return Answer(status=200, body=_filter(turn, place, *entry))
    raise errors.refusal("not_found", resource_id=turn.request.path)


def _filter(turn: Turn, place: str, name: str, is_multi_level: bool, source: str | None) -> Json:
    short = name.replace(" ", "")
    provider = f"/subscriptions/{turn.subscription}/providers/Microsoft.CognitiveServices"
    return {
        "id": f"{provider}/locations/{place}/raiContentFilters/{short}",
        "type": "Microsoft.CognitiveServices/locations/raiContentFilters",
        "name": short,
        "properties": {
            "name": name,
            "isMultiLevelFilter": is_multi_level,
            **({} if source is None else {"source": source}),
        },
    }


def _key(turn: Turn) -> str:
    return f"{accounts.key_of(turn)}/raipolicies/{turn.args['policy'].lower()}"


def _born(account_id: str, name: str) -> Json:
    properties = {"type": "SystemManaged", "mode": "Blocking", "contentFilters": SYSTEM[name]}
    return {"id": f"{account_id}/raiPolicies/{name}", "type": TYPE, "name": name, "properties": properties}


def listing(turn: Turn) -> Answer:
    """A user's policies before the system's, each with its `type` (recorded)."""
    account = accounts.require_parent(turn, "read", _CHILD)["body"]
    own = turn.store.scan("raipolicy", f"{accounts.key_of(turn)}/")
    shown = [{**policy, "properties": {"type": "UserManaged", **policy["properties"]}} for policy in own]
    return turn.page([*shown, *(_born(account["id"], name) for name in SYSTEM)])


def get(turn: Turn) -> Answer:
    account = accounts.require_parent(turn, "read", _CHILD)["body"]
    for name in SYSTEM:
        if name.lower() == turn.args["policy"].lower():
            return Answer(status=200, body=_born(account["id"], name))
    found = turn.store.require(
        "raipolicy", _key(turn), lambda: errors.refusal("not_found", resource_id=turn.request.path)
    )
    return Answer(status=200, body=found, headers={"ETag": found["etag"]})


def put(turn: Turn) -> Answer:
    """Create (201) or replace (200) a policy, synchronously (specified statuses).

    The answer has neither `type` nor a `mode` that was not sent, nor empty lists (recorded).
    """
    account = accounts.require_parent(turn, "write", _CHILD)["body"]
    asked = turn.body(_SHAPES)
    for part, shapes in _ITEMS.items():
        for item in at(asked, "properties", part) or []:
            if not isinstance(item, dict):
                text = f"Error converting value to type object. Path properties.{part}."
                raise errors.refusal("invalid_content", parser_text=text)
            expect(item, shapes)
    _refuse_born(turn)
    _check_policy(turn, asked)
    accounts.require_quiet(turn)
    before = turn.store.get("raipolicy", _key(turn))
    given: Json = asked.get("properties") or {}
    body: Json = {
        "id": f"{account['id']}/raiPolicies/{turn.args['policy']}" if before is None else before["id"],
        "type": TYPE,
        "name": turn.args["policy"] if before is None else before["name"],
        **({"tags": asked["tags"]} if asked.get("tags") else {}),
        "properties": {name: value for name, value in given.items() if name != "type" and value != []},
        "systemData": turn.system_data(None if before is None else before["systemData"]),
        "etag": provisioning.new_etag("deployment"),
    }
    turn.store.put("raipolicy", _key(turn), body)
    return Answer(status=201 if before is None else 200, body=body, headers={"ETag": body["etag"]})


def _check_policy(turn: Turn, asked: Json) -> None:
    """A filter, a block list and a base policy that do not exist are refused (reported, assumed)."""
    known = {name.lower() for name, *_ in FILTERS}
    for item in at(asked, "properties", "contentFilters") or []:
        if str(item.get("name", "")).lower() not in known:
            raise errors.refusal("invalid_filter")
    for item in at(asked, "properties", "customBlocklists") or []:
        name = f"{accounts.key_of(turn)}/raiBlocklists/{item.get('blocklistName', '')}".lower()
        if turn.store.get("child", name) is None:
            raise errors.refusal("invalid_blocklist")
    base = at(asked, "properties", "basePolicyName")
    if base and base.lower() not in {name.lower() for name in SYSTEM}:
        raise errors.refusal("no_such_base_policy", policy=base)


def delete(turn: Turn) -> Answer:
    """202 with both operation headers (recorded), 204 when there is none (specified)."""
    account = accounts.require_parent(turn, "delete", _CHILD)["body"]
    _refuse_born(turn)
    accounts.require_quiet(turn)
    if turn.store.get("raipolicy", _key(turn)) is None:
        return Answer(status=204)
    return provisioning.delete_by_operation(
        turn, kind="raipolicy", key=_key(turn), location=account["location"]
    )


def _refuse_born(turn: Turn) -> None:
    if turn.args["policy"].lower() in {name.lower() for name in SYSTEM}:
        raise errors.refusal("system_policy", policy=turn.args["policy"])
