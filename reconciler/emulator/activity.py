"""The Activity Log of a subscription: who wrote and deleted what, and when.

Rule of this module: every write that reached an operation leaves what ARM logs of it: Started, and Succeeded,
Failed or Accepted; an accepted one is followed by how it ended. What the service does by itself is in no
public account of the log and leaves nothing. Shape and filters are those of the REST reference (2015-04-01).
"""

import re
import uuid
from datetime import datetime, timedelta

from reconciler.emulator import clock, errors
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Caller, Turn
from reconciler.emulator.wire import Answer, Json, Request

OLDEST = timedelta(days=90)
"""How far back the log reaches (documented)."""

KEPT = 20_000
PAGE = 200
_CLAUSE = re.compile(
    r"^(?P<field>\w+) (?P<operator>eq|ge|le) (?P<quote>'?)(?P<value>[^' ]*)(?P=quote)$", re.IGNORECASE
)
_SUB_STATUS = {200: "OK", 201: "Created", 202: "Accepted", 204: "NoContent", 404: "NotFound", 409: "Conflict"}
_FIELDS = {
    "resourcegroupname": "resourceGroupName",
    "resourceuri": "resourceId",
    "resourceid": "resourceId",
    "resourceprovider": "resourceProviderName",
    "correlationid": "correlationId",
}


def record(
    store: Store, now: datetime, request: Request, caller: Caller, action: str, answer: Answer
) -> None:
    """Log a write: once as started, once as it was answered."""
    if answer.status >= 400:
        outcome = "Failed"
    elif answer.status == 202 or "Azure-AsyncOperation" in answer.headers:
        outcome = "Accepted"
    else:
        outcome = "Succeeded"
    started = _event(request, caller, action, now)
    for status in ("Started", outcome):
        other = "BadRequest" if answer.status < 500 else "InternalServerError"
        sub = "" if status == "Started" else _SUB_STATUS.get(answer.status, other)
        _write(store, {**started, "status": _word(status), "subStatus": _word(sub)})


def ended(store: Store, now: datetime, operation: Json) -> None:
    """Log how an accepted write ended, in the name of who began it."""
    if operation.get("logged") is None:
        return
    event = {
        **operation["logged"],
        "eventTimestamp": clock.stamp(now),
        "submissionTimestamp": clock.stamp(now),
    }
    _write(store, {**event, "status": _word(operation["status"]), "subStatus": _word("")})


def begun(turn: Turn) -> Json | None:
    """What `ended` will log of an operation that this turn begins; None outside of a request."""
    if not turn.action:
        return None
    return _event(turn.request, turn.caller, turn.action, turn.now)


def _event(request: Request, caller: Caller, action: str, now: datetime) -> Json:
    parts = request.segments
    group = parts[3] if len(parts) > 3 and parts[2].lower() == "resourcegroups" else ""
    provider = action.split("/", maxsplit=1)[0]
    stamp = clock.stamp(now)
    return {
        "authorization": {"action": action, "scope": request.path},
        "caller": caller.oid,
        "claims": {
            "appid": caller.client,
            "http://schemas.microsoft.com/identity/claims/objectidentifier": caller.oid,
            "http://schemas.microsoft.com/identity/claims/tenantid": caller.tenant,
        },
        "correlationId": request.headers.get("x-ms-correlation-request-id") or str(uuid.uuid4()),
        "category": _word("Administrative"),
        "channels": "Operation",
        "level": "Informational",
        "eventTimestamp": stamp,
        "submissionTimestamp": stamp,
        "operationName": _word(action),
        "resourceGroupName": group,
        "resourceProviderName": _word(provider),
        "resourceType": _word(action.rpartition("/")[0]),
        "resourceId": request.path,
        "subscriptionId": parts[1] if len(parts) > 1 else "",
        "tenantId": caller.tenant,
        "httpRequest": {"clientRequestId": str(uuid.uuid4()), "method": request.method},
    }


def _word(text: str) -> Json:
    return {"value": text, "localizedValue": text}


def _text(value: object) -> str:
    return str(value["value"] if isinstance(value, dict) else value).lower()


def _write(store: Store, event: Json) -> None:
    last = store.setting("activity").get("last", 0) + 1
    store.put("setting", "activity", {"last": last})
    identity = str(uuid.uuid4())
    path = f"{event['resourceId']}/events/{identity}/ticks/{last}"
    store.put("event", f"{last:09d}", {"eventDataId": identity, "id": path, **event})
    store.delete("event", f"{last - KEPT:09d}")


def listing(turn: Turn) -> Answer:
    """Events of a subscription in a span of at most 90 days, newest first."""
    clauses = _clauses(turn)
    since, until = clauses.pop("ge", None), clauses.pop("le", None)
    if since is None:
        raise errors.refusal("bad_filter", text="eventTimestamp ge '…' is required")
    start, end = _moment(since), _moment(until) if until else turn.now
    if turn.now - start > OLDEST + timedelta(minutes=5):
        raise errors.refusal("bad_filter", text="The start time cannot be more than 90 days in the past")
    events = [
        event
        for event in turn.store.scan("event")
        if event["subscriptionId"].lower() == turn.subscription.lower()
        and start <= clock.parse(event["eventTimestamp"]) <= end
        and all(_text(event[field]) == wanted.lower() for field, wanted in clauses.items())
    ]
    return turn.page(list(reversed(events)), size=PAGE, keep=("$filter",), from_provider=False)


def _clauses(turn: Turn) -> dict[str, str]:
    """`field -> value` of the filter; the two bounds of time as `ge` and `le`."""
    found: dict[str, str] = {}
    for part in re.split(r"\s+and\s+", turn.request.query.get("$filter", "").strip(), flags=re.IGNORECASE):
        clause = _CLAUSE.match(part.strip())
        if clause is None:
            raise errors.refusal(
                "bad_filter", text=f"'{part[:100]}' is no clause of the form field eq 'value'"
            )
        field, operator = clause["field"].lower(), clause["operator"].lower()
        if field == "eventtimestamp" and operator in {"ge", "le"}:
            found[operator] = clause["value"]
        elif field in _FIELDS and operator == "eq":
            found[_FIELDS[field]] = clause["value"]
        else:
            raise errors.refusal("bad_filter", text=f"'{part[:100]}' is not supported")
    return found


def _moment(text: str) -> datetime:
    try:
        return clock.parse(text)
    except ValueError as error:
        raise errors.refusal("bad_filter", text=f"'{text[:50]}' is no time") from error
