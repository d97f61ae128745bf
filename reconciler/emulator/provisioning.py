"""States of accounts and deployments, and the long operations that lead from one to the next.

Rule of this module: nothing advances in the background. An operation ends when somebody looks - at it, at its
resource, or by colliding with it - often enough, or late enough by the virtual clock.
"""

import hashlib
import uuid
from datetime import datetime, timedelta
from functools import partial

from reconciler.emulator import activity, clock, errors, kept_accounts
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json

RUNNING: dict[tuple[str, str], tuple[str, str]] = {
    ("account", "create"): ("Creating", "Creating"),  # recorded, 2023-05-01
    ("account", "update"): ("Accepted", "Updating"),  # recorded, 2025-06-01
    ("deployment", "create"): ("Creating", "Running"),  # recorded, June 2024 and February 2026
    ("deployment", "migrate"): ("Updating", "Running"),  # documented: 20 to 30 minutes
    ("deployment", "update"): ("Updating", "Running"),  # documented for provisioned migrations
    ("deployment", "delete"): ("Deleting", "Running"),  # a state of the specification
    ("account", "delete"): ("Deleting", "Deleting"),
    ("deleted", "delete"): ("Deleting", "Deleting"),
    ("raipolicy", "delete"): ("Deleting", "Deleting"),
    ("template", "create"): ("Accepted", "Running"),
    ("group", "delete"): ("Deleting", "Deleting"),
    ("child", "create"): ("Creating", "Creating"),
    ("child", "update"): ("Updating", "Updating"),
    ("child", "delete"): ("Deleting", "Deleting"),
    ("network", "update"): ("Updating", "InProgress"),  # recorded, 2026-01-15-preview
}
"""What a running write shows: its state in the resource's body, its status in the operation.

Every non-terminal state this emulator enters; each leads to Succeeded unless a fault says otherwise.
"""

TERMINAL = frozenset({"Succeeded", "Failed", "Canceled", "Disabled"})

MIGRATION = timedelta(minutes=25)
"""How long the in-place migration of a provisioned deployment takes; looking at it does not shorten it."""

QUICK = timedelta(seconds=5)
"""The same for deletions that were recorded to end in their first second."""


LONGEST = timedelta(seconds=60)
"""An operation counted in polls ends after this time all the same, so that one nobody polls does not stay."""

DEFAULTS: Json = {
    "polls": 2,
    "retryAfter": 1,
    "for": "long",
    "headers": "sent",
    "deletes": "at once",
    "puts": "created",
}


def rules(store: Store) -> Json:
    """How operations run: `polls` or `seconds`, `retryAfter` (or None), `for` long or all.

    `headers: absent` is the form of 2022 (state Creating, nothing to poll but the resource); `deletes: long`
    answers a DELETE with 202 and Location, and `puts: accepted` an account's PUT with 202: both are specified
    and not recorded.
    """
    return store.setting("lro") or dict(DEFAULTS)


def begin(
    turn: Turn, *, kind: str, event: str, key: str, location: str, silent: bool = False, quick: bool = False
) -> Json:
    """Start an operation on a resource; the result is its document.

    `turn.forced` is what a fault demands: `{"lro": "never" | "Succeeded" | "Failed" | "Canceled" |
    any text, "settles"?: the resource's state in the end, "error"?: {…}}`.
    """
    rule, forced = rules(turn.store), turn.forced
    at_once = end_at_once(turn)
    guid = str(uuid.uuid4())
    state, status = RUNNING[kind, event]
    seconds = rule.get("seconds")
    length = timedelta(seconds=seconds) if seconds else QUICK if quick else LONGEST
    if event == "migrate" and not at_once:
        length, seconds = MIGRATION, MIGRATION.total_seconds()
    operation: Json = {
        "id": f"/subscriptions/{turn.subscription}/providers/Microsoft.CognitiveServices/locations/{location}"
        f"/operationResults/{guid}",
        "name": guid,
        "kind": kind,
        "key": key,
        "status": status,
        "state": state,
        "startTime": clock.seconds_stamp(turn.now),
        "pollsLeft": None if seconds else 1 if at_once else rule.get("polls") or 2,
        "endsAt": clock.stamp(turn.now + length),
        "outcome": "Succeeded" if forced is None else str(forced["lro"]),
        "settles": None if forced is None else forced.get("settles"),
        "error": None if forced is None else forced.get("error"),
        "silent": silent,
        "event": event,
        "logged": activity.begun(turn),
    }
    turn.store.put("operation", guid, {"running": _place(operation)})
    _keep(turn.store, operation)
    due = turn.store.setting("running").get("due")
    turn.store.put("setting", "running", {"due": min(due or operation["endsAt"], operation["endsAt"])})
    return operation


def _place(operation: Json) -> str:
    """Its key while it runs: below its resource, where those who ask about one find it."""
    return f"{operation['key']}/~{operation['name']}"


def _keep(store: Store, operation: Json) -> None:
    store.put("running", _place(operation), operation)


def end_at_once(turn: Turn) -> bool:
    """Whether the rules let operations end at once and no fault wants otherwise."""
    rule = rules(turn.store)
    return turn.forced is None and not rule.get("polls") and not rule.get("seconds")


def headers(turn: Turn, operation: Json, *, location_too: bool = False) -> dict[str, str]:
    """Headers that send the client to an operation, signed like ARM's since 2024 (opaque to clients)."""
    ticks = int(turn.now.timestamp() * 10_000_000)
    seal = hashlib.sha256(operation["name"].encode()).hexdigest()
    query = f"api-version=2017-04-18&t={ticks}&c={seal * 12}&s={seal * 5}&h={seal[:43]}"
    address = f"{turn.request.origin}{operation['id']}?{query}"
    found = {"Azure-AsyncOperation": address}
    if location_too:
        found["Location"] = f"{address}&operationResultResponseType=Location"
    wait = rules(turn.store).get("retryAfter")
    if wait is not None:
        found["Retry-After"] = str(wait)
    return found


def begin_delete(turn: Turn, *, kind: str, key: str, location: str) -> Answer | None:
    """The 202 with Location of a slow deletion (specified); None when it is to happen at once."""
    if end_at_once(turn) or (rules(turn.store).get("deletes") != "long" and turn.forced is None):
        return None
    operation = begin(turn, kind=kind, event="delete", key=key, location=location)
    _show(turn.store, operation, operation["state"])
    return Answer(status=202, headers=headers(turn, operation, location_too=True))


def delete_by_operation(turn: Turn, *, kind: str, key: str, location: str) -> Answer:
    """The 202 with both operation headers of a deletion that ARM never does at once (recorded)."""
    operation = begin(turn, kind=kind, event="delete", key=key, location=location, quick=True)
    if end_at_once(turn):
        _end(turn.store, turn.now, operation)
    else:
        _show(turn.store, operation, operation["state"])
    return Answer(status=202, headers=headers(turn, operation, location_too=True))


def settle(store: Store, now: datetime) -> None:
    """End every operation whose time has come."""
    due = store.setting("running").get("due")
    if due is None or clock.parse(due) > now:
        return
    for operation in store.scan("running"):
        if clock.parse(operation["endsAt"]) <= now:
            _end(store, now, operation)
    left = [operation["endsAt"] for operation in store.scan("running")]
    store.put("setting", "running", {"due": min(left)} if left else {})


def finish(store: Store, now: datetime, account_key: str) -> None:
    """End what is under way on an account: a template waits for each of its resources."""
    for operation in running(store, account_key):
        _end(store, now, operation)


def look(store: Store, now: datetime, kind: str, key: str) -> None:
    """Count one look at a resource towards its running operation."""
    for operation in running(store, key):
        if operation["kind"] == kind and operation["key"] == key:
            _count(store, now, operation)


def running(store: Store, account_key: str) -> list[Json]:
    """Operations under way on an account or on its deployments."""
    return store.scan("running", f"{account_key}/")


def runs_on(store: Store, key: str) -> bool:
    """Whether an operation of this resource itself is under way."""
    return bool(store.texts("running", f"{key}/~"))


def collide(store: Store, now: datetime, account_key: str) -> bool:
    """Whether an operation of the account is under way; the collision counts as a look at each."""
    under_way = running(store, account_key)
    for operation in under_way:
        _count(store, now, operation)
    return bool(under_way)


def _count(store: Store, now: datetime, operation: Json) -> None:
    left = operation["pollsLeft"]
    if left is None:
        return
    operation["pollsLeft"] = left - 1
    if left - 1 <= 0:
        _end(store, now, operation)
    else:
        _keep(store, operation)


def _end(store: Store, now: datetime, operation: Json) -> None:
    """Settle an operation as it was meant to end; "never" and unknown words keep it running."""
    outcome = operation["outcome"]
    if outcome == "never":
        return
    if outcome not in TERMINAL:
        operation["status"] = outcome
        _keep(store, operation)
        _show(store, operation, outcome)
        return
    operation |= {"status": outcome, "endTime": clock.seconds_stamp(now)}
    store.delete("running", _place(operation))
    store.put("operation", operation["name"], operation)
    activity.ended(store, now, operation)
    if operation["event"] == "delete" and outcome == "Succeeded" and not operation["settles"]:
        _remove(store, now, operation)
    else:
        _show(store, operation, operation["settles"] or outcome)


def _remove(store: Store, now: datetime, operation: Json) -> None:
    kind, key = operation["kind"], operation["key"]
    if kind == "account":
        kept_accounts.remove(store, now, key)
    if kind == "group":
        for account in store.scan("account", f"{key}/"):
            kept_accounts.remove(store, now, str(account["body"]["id"]).lower())
    store.clear("child", f"{key}/")
    store.delete(kind, key)


def _show(store: Store, operation: Json, state: str) -> None:
    resource = store.get(operation["kind"], operation["key"])
    if resource is None or "body" not in resource:
        return
    body = resource["body"]
    if body["properties"].get("provisioningState", state) == state:
        return
    body["properties"]["provisioningState"] = state
    body["etag"] = new_etag(operation["kind"])
    store.put(operation["kind"], operation["key"], resource)


def new_etag(kind: str) -> str:
    """A fresh tag with its quotes: a GUID for deployments, ARM's counter shape for accounts (recorded)."""
    fresh = str(uuid.uuid4())
    if kind == "deployment":
        return f'"{fresh}"'
    return f'"{fresh[:8]}-0000-4d00-0000-{fresh[-12:]}"'


def forget_silent(store: Store, key: str) -> None:
    """End operations that no header told of: a delete does not wait for them (recorded, 2022)."""
    for operation in running(store, key):
        if operation["silent"]:
            store.put("operation", operation["name"], operation | {"status": "Canceled"})
            store.delete("running", _place(operation))


def status_of(turn: Turn, name: str) -> str:
    """An operation's status, counted as a look at it; raises 404 for an unknown one."""
    return str(_polled(turn, name)["status"])


def _polled(turn: Turn, name: str) -> Json:
    missing = partial(errors.refusal, "not_found", resource_id=turn.request.path)
    found = turn.store.require("operation", name, missing)
    if "running" not in found:
        return found
    operation = turn.store.require("running", found["running"], missing)
    _count(turn.store, turn.now, operation)
    return operation


def result(turn: Turn) -> Answer:
    """GET of an operation: 200 with its status; for a Location poll 202 until it ends, then the resource."""
    operation = _polled(turn, turn.args["operation"].lower())
    wait = rules(turn.store).get("retryAfter")
    extra = {} if wait is None or operation["status"] in TERMINAL else {"Retry-After": str(wait)}
    if turn.request.query.get("operationresultresponsetype", "").lower() == "location":
        if operation["status"] not in TERMINAL:
            return Answer(status=202, headers=extra)
        resource = turn.store.get(operation["kind"], operation["key"])
        return Answer(status=200, body=None if resource is None else resource["body"], headers=extra)
    return Answer(status=200, body=_wire(operation), headers=extra)


def _wire(operation: Json) -> Json:
    shown = {name: operation[name] for name in ("id", "name", "status", "startTime")}
    if "endTime" in operation:
        shown["endTime"] = operation["endTime"]
    if operation["kind"] == "deployment":
        shown["percentComplete"] = 0.0  # also in the end (recorded, February 2026)
    if operation["status"] in {"Failed", "Canceled"}:
        shown["error"] = operation.get("error") or _failure(operation)
    return shown


def _failure(operation: Json) -> Json:
    """What a failed operation tells of itself where no fault tells more (an account's: reported, 2025)."""
    if operation["kind"] != "account":
        return errors.refusal("operation_failed").body()
    verb = "Create" if operation["event"] == "create" else "Update"
    return errors.refusal("account_failed", verb=verb).body()
