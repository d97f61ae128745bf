"""Resources below an account that a deployment tool meets and does not manage: one mechanism for all of them.

Rule of this module: bodies are kept as they are given, under ARM's envelope; a table says which types there
are, below what, and how a deletion answers. `child_faces` has what a type says of itself.
"""

from dataclasses import dataclass, replace

from reconciler.emulator import accounts, errors, provisioning
from reconciler.emulator.child_faces import FACES, Asked
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json, at, overlay


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A type of resource below an account; `path` alternates between types and names in braces."""

    path: str
    since: str
    is_slow: bool = False
    """Whether its deletion is an operation (specified)."""
    is_foreign: bool = False
    """Whether machine learning's provider answers: 200 also for a new one, and no tag (recorded, 2025)."""

    is_single: bool = False
    """Whether an account, or a project, holds one of them (documented)."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the names in the path are called."""
        return tuple(name.strip("{}") for name in self.path.split("/")[1::2])

    @property
    def kind(self) -> str:
        return "/".join(["accounts", *self.path.split("/")[::2]])


TYPES = (
    Child(path="raiBlocklists/{child}", since="2023-10-01", is_slow=True),
    Child(path="raiBlocklists/{list}/raiBlocklistItems/{child}", since="2023-10-01", is_slow=True),
    Child(path="projects/{child}", since="2025-04-01"),
    Child(path="connections/{child}", since="2025-04-01", is_foreign=True),
    Child(path="projects/{project}/connections/{child}", since="2025-04-01", is_foreign=True),
    Child(path="commitmentPlans/{child}", since="2021-10-01"),
    Child(path="capabilityHosts/{child}", since="2025-04-01", is_slow=True, is_single=True),
    Child(
        path="projects/{project}/capabilityHosts/{child}", since="2025-04-01", is_slow=True, is_single=True
    ),
    Child(path="defenderForAISettings/{child}", since="2024-06-01"),
    Child(path="encryptionScopes/{child}", since="2023-10-01", is_slow=True),
    Child(path="costControls/{child}", since="2026-09-15", is_slow=True),
)


def listing(child: Child, turn: Turn) -> Answer:
    accounts.require_parent(turn, "read", child.kind)
    _require_holder(child, turn)
    found = [item["body"] for item in _siblings(child, turn)]
    return turn.page(found, from_provider=not child.is_foreign)


def get(child: Child, turn: Turn) -> Answer:
    found = _require(child, turn, "read")
    return _answer(child, 200, found["body"])


def put(child: Child, turn: Turn) -> Answer:
    """Create (201) or replace (200) at once."""
    account = accounts.require_parent(turn, "write", child.kind)["body"]
    _require_holder(child, turn)
    if child.is_single:
        _require_none_else(child, turn)
    if child.kind == "accounts/projects":
        _require_projects(account)
    asked = _asked(turn)
    if child.is_single:
        _require_connections(asked)
    accounts.require_quiet(turn)
    before = turn.store.get("child", _key(child, turn))
    body = _filled(child, turn, account, asked, before)
    headers: dict[str, str] = {}
    if child.is_single and before is not None:
        headers = _begun(child, _in_conflict(turn, body), account)[1]
    elif child.is_single and not provisioning.end_at_once(turn):
        body["properties"]["provisioningState"], headers = _begun(child, turn, account)
    turn.store.put("child", _key(child, turn), {"key": _key(child, turn), "type": child.kind, "body": body})
    answer = _answer(child, 201 if before is None and not child.is_foreign else 200, body)
    return replace(answer, headers={**answer.headers, **headers})


def _begun(child: Child, turn: Turn, account: Json) -> tuple[str, dict[str, str]]:
    """The state of a write that is an operation (specified for capability hosts), and its headers."""
    operation = provisioning.begin(
        turn, kind="child", event="create", key=_key(child, turn), location=account["location"], quick=True
    )
    return str(operation["state"]), provisioning.headers(turn, operation)


def _in_conflict(turn: Turn, body: Json) -> Turn:
    """What cannot be written again says so at the end of an operation (reported in March 2026)."""
    error = errors.refusal("capability_host_again", name=body["name"]).body()
    part = {"type": "ComponentName", "info": {"value": "managementfrontend"}}
    error |= {"details": [], "additionalInfo": [part]}
    return replace(turn, forced=turn.forced or {"lro": "Failed", "settles": "Succeeded", "error": error})


def patch(child: Child, turn: Turn) -> Answer:
    found = _require(child, turn, "write")
    account = accounts.require_parent(turn, "write", child.kind)["body"]
    accounts.require_quiet(turn)
    body = _filled(child, turn, account, overlay(found["body"], _asked(turn)), found)
    turn.store.put("child", _key(child, turn), {**found, "body": body})
    return _answer(child, 200, body)


def delete(child: Child, turn: Turn) -> Answer:
    """202 with an operation or 200, as the type has it; 204 when there is none."""
    account = accounts.require_parent(turn, "delete", child.kind)["body"]
    accounts.require_quiet(turn)
    key = _key(child, turn)
    if turn.store.get("child", key) is None:
        return Answer(status=204)
    if child.is_slow:
        return provisioning.delete_by_operation(turn, kind="child", key=key, location=account["location"])
    turn.store.clear("child", f"{key}/")
    turn.store.delete("child", key)
    return Answer(status=200)


def _answer(child: Child, status: int, body: Json) -> Answer:
    headers = {} if child.is_foreign else {"ETag": body["etag"]}
    return Answer(status=status, body=body, headers=headers, from_provider=not child.is_foreign)


def _asked(turn: Turn) -> Json:
    return turn.body({"properties": dict, "tags": dict, "location": str, "identity": dict})


def _key(child: Child, turn: Turn, name: str | None = None) -> str:
    """The key of the resource, or with an empty name the beginning of all of its kind."""
    args = dict(turn.args) if name is None else {**turn.args, "child": name}
    return f"{accounts.key_of(turn)}/{child.path.format_map(args)}".lower()


def _require_holder(child: Child, turn: Turn) -> None:
    """The resource between an account and its grandchild has to exist."""
    if child.path.count("/") < 2:
        return
    holder = _key(child, turn, "").rsplit("/", 2)[0]
    turn.store.require(
        "child",
        holder,
        lambda: errors.refusal(
            "parent_not_found",
            now=turn.now,
            verb="write",
            kind=child.kind,
            parent_id=holder,
            parent=holder.rpartition("/")[2],
            group=turn.args["group"],
        ),
    )


def _require_projects(account: Json) -> None:
    if account["kind"] != "AIServices" or not at(account, "properties", "allowProjectManagement"):
        raise errors.refusal("projects_not_allowed")
    if account["properties"]["provisioningState"] == "Failed":
        raise errors.refusal("account_not_provisioned")
    if account.get("identity", {}).get("type", "None") == "None":
        raise errors.refusal("no_identity_for_projects")


_CONNECTIONS = ("vectorStoreConnections", "storageConnections", "threadStorageConnections")


def _require_connections(asked: Json) -> None:
    """A capability host that names a store of its own has to name one of each kind (documented)."""
    named = {name: at(asked, "properties", name) or [] for name in _CONNECTIONS}
    wrong = [name for name, connections in named.items() if len(connections) != 1]
    if wrong and any(named.values()):
        raise errors.refusal("one_connection_each", name=wrong[0])


def _require_none_else(child: Child, turn: Turn) -> None:
    """Refuse a second one beside the first, and a new one while the old is being deleted (documented)."""
    holder = _key(child, turn, "").rsplit("/", 2)[0]
    busy = {operation["key"] for operation in provisioning.running(turn.store, accounts.key_of(turn))}
    for found in _siblings(child, turn):
        name, is_going = found["body"]["name"], found["key"] in busy
        if name.lower() != turn.args["child"].lower():
            state = "Deleting" if is_going else "Succeeded"
            raise errors.refusal(
                "one_capability_host", existing=name, state=state, wanted=turn.args["child"], holder=holder
            )
        if is_going:
            raise errors.refusal("capability_host_busy", name=name, holder=holder)


def _require(child: Child, turn: Turn, verb: str) -> Json:
    accounts.require_parent(turn, verb, child.kind)
    return turn.store.require(
        "child", _key(child, turn), lambda: errors.refusal("not_found", resource_id=turn.request.path)
    )


def _filled(child: Child, turn: Turn, account: Json, given: Json, before: Json | None) -> Json:
    address = f"{account['id']}/{child.path.format_map(turn.args)}"
    old = {} if before is None else before["body"]
    asked = Asked(
        turn=turn,
        account=account,
        id=address,
        given=given,
        is_first=old.get("properties", {}).get("isDefault", not _siblings(child, turn)),
    )
    tags = {"tags": given["tags"]} if given.get("tags") else {}
    shown = {**tags, "properties": given.get("properties") or {}}
    if child.kind in FACES:
        shown |= FACES[child.kind](asked)
    body = {
        "id": address,
        "name": address.rpartition("/")[2],
        "type": f"Microsoft.CognitiveServices/{child.kind}",
        **shown,
        "systemData": turn.system_data(old.get("systemData")),
    }
    kept = {name: old[name] for name in ("id", "name") if name in old}
    return (
        {**body, **kept}
        if child.is_foreign
        else {**body, **kept, "etag": provisioning.new_etag("deployment")}
    )


def _siblings(child: Child, turn: Turn) -> list[Json]:
    above = _key(child, turn, "")
    return [item for item in turn.store.scan("child", above) if item["key"].count("/") == above.count("/")]
