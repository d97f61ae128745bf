"""Stagings of rows F-054 to F-075, F-123 and F-124: long operations, and hostile links."""

from tests.emulator.arm import deployment, gpt_4o
from tests.fidelity.staging import (
    ALWAYS,
    DELETE,
    GET,
    LIST,
    LISTING,
    POLL,
    PUT,
    PUT_PTU,
    Ask,
    Staging,
    equals,
    error,
    fault,
    listing,
    poll,
    present,
    put,
    read,
    row,
)
from tests.fidelity.wire import Seen

_ASYNC = "Azure-AsyncOperation"
_ELSEWHERE = (
    "https://other.example/subscriptions/x/operationResults/1",
    "http://127.0.0.1:1/operationResults/1",
    "ftp://127.0.0.1/operationResults/1",
    "http://user:secret@127.0.0.1/operationResults/1",
    "http://127.0.0.1.other.example/operationResults/1",
)
_MALFORMED = ("/relative/operationResults/1", "", "http://[", "http://127.0.0.1/" + "x" * 9000)


def _after(staged: object) -> Ask:
    return Ask(control=("world", staged if isinstance(staged, dict) else {}))


def _shows(seen: Seen, status: object) -> bool:
    return bool(seen.json["status"] == status)


OPERATIONS: tuple[Staging, ...] = (
    row(
        54,
        "an operation that never ends",
        [put({"lro": "never"})],
        [PUT, Ask(control=("clock", {"advanceSeconds": 3000})), POLL, POLL],
        lambda s: s[0].state == "Creating" and _shows(s[3], "Running"),
    ),
    row(
        55,
        "Failed with an error, the item Failed too",
        [put({"lro": "Failed", "error": {"code": "CapacityShort", "message": "none left"}})],
        [PUT, POLL, POLL, GET],
        lambda s: s[2].json["error"]["code"] == "CapacityShort" and s[3].state == "Failed",
    ),
    row(
        56,
        "Failed with GatewayTimeout, and the item Succeeded",
        [put({"lro": "Failed", "settles": "Succeeded", "error": {"code": "GatewayTimeout", "message": ""}})],
        [PUT, POLL, POLL, GET],
        lambda s: _shows(s[2], "Failed") and s[3].state == "Succeeded",
    ),
    row(
        57,
        "Canceled",
        [put({"lro": "Canceled"})],
        [PUT, POLL, POLL, GET],
        lambda s: _shows(s[2], "Canceled") and s[3].state == "Canceled",
    ),
    row(
        57,
        "Cancelled in another spelling and case",
        [poll({"patch": {"status": "cANCELLED"}})],
        [PUT_PTU, POLL],
        lambda s: _shows(s[1], "cANCELLED"),
    ),
    row(
        58,
        "a status nobody knows",
        [put({"lro": "Hibernating"})],
        [PUT, POLL, POLL],
        lambda s: _shows(s[2], "Hibernating"),
    ),
    row(
        59,
        "no status, a number, an empty 200",
        [
            poll({"patch": {"status": None}}, times=1),
            poll({"patch": {"status": 7}}, nth=2, times=1),
            poll({"text": ""}, nth=3, times=1),
        ],
        [PUT_PTU, POLL, POLL, POLL],
        lambda s: "status" not in s[1].json and s[2].json["status"] == 7 and s[3].body == b"",
    ),
    row(
        60,
        "polls answered 400, 403, 404",
        [
            poll({"status": status, "body": error("Unreadable")}, nth=place + 1, times=1)
            for place, status in enumerate((400, 403, 404))
        ],
        [PUT_PTU, POLL, POLL, POLL],
        lambda s: [one.status for one in s[1:]] == [400, 403, 404],
    ),
    row(
        61,
        "polls answered 429 and 503",
        [
            poll({"status": 429, "headers": {"Retry-After": "3"}}, times=1),
            poll({"status": 503}, nth=2, times=1),
        ],
        [PUT_PTU, POLL, POLL, POLL],
        lambda s: [one.status for one in s[1:]] == [429, 503, 200],
    ),
    row(
        62,
        "no operation header at all",
        [("lro", {"headers": "absent", "for": "all"})],
        [PUT, GET, GET],
        lambda s: (
            s[0].all("azure-asyncoperation") == []
            and [one.state for one in s] == ["Creating", "Creating", "Succeeded"]
        ),
    ),
    row(
        63,
        "both headers, Location leading elsewhere",
        [put({"headers": {"Location": "http://127.0.0.1:1/wrong"}})],
        [PUT_PTU, POLL],
        lambda s: s[0].one("location") == "http://127.0.0.1:1/wrong" and _shows(s[1], "Running"),
    ),
    row(
        64,
        "only Location: 202 until it ends, then 200",
        [present(), ("lro", {"deletes": "long"}), fault({"headers": {_ASYNC: None}}, method="DELETE")],
        [DELETE, POLL, POLL],
        lambda s: s[0].all("azure-asyncoperation") == [] and [one.status for one in s] == [202, 202, 200],
    ),
    row(
        65,
        "Retry-After on the first answer, then another one, then none",
        [
            ("lro", {"retryAfter": 7, "polls": 9}),
            poll({"headers": {"Retry-After": "2"}}, times=1),
            poll({"headers": {"Retry-After": None}}, nth=2, times=1),
        ],
        [PUT_PTU, POLL, POLL],
        lambda s: [one.one("retry-after") for one in s] == ["7", "2", None],
    ),
    *(
        row(
            66,
            f"an operation at {url}",
            [put({"headers": {_ASYNC: url}})],
            [PUT_PTU, GET],
            equals(lambda s: (s[0].one("azure-asyncoperation"), s[1].status), (url, 200)),
        )
        for url in _ELSEWHERE
    ),
    *(
        row(
            67,
            f"an operation at {url[:40]!r}",
            [put({"headers": {_ASYNC: url}})],
            [PUT_PTU, GET],
            equals(lambda s: (s[0].one("azure-asyncoperation"), s[1].status), (url, 200)),
        )
        for url in _MALFORMED
    ),
    row(
        68,
        "Succeeded, and the item Failed",
        [put({"lro": "Succeeded", "settles": "Failed"})],
        [PUT, POLL, POLL, GET],
        lambda s: _shows(s[2], "Succeeded") and s[3].state == "Failed",
    ),
    row(
        69,
        "accepted, and nothing changed",
        [present(), put({"applied": False})],
        [Ask(method="PUT", body=gpt_4o(20)), GET],
        lambda s: [one.json["sku"]["capacity"] for one in s] == [20, 10],
    ),
    row(
        70,
        "Succeeded, then 404",
        [read({"status": 404, "body": error("NotFound")}, path="/deployments/chat$")],
        [PUT_PTU, POLL, POLL, GET],
        lambda s: _shows(s[2], "Succeeded") and s[3].status == 404,
    ),
    row(
        71,
        "the item settles in Disabled, or in a state nobody declared",
        [
            put({"lro": "Succeeded", "settles": "Disabled"}),
            put({"lro": "Succeeded", "settles": "Frozen"}, nth=2),
        ],
        [
            PUT,
            POLL,
            POLL,
            GET,
            Ask(method="PUT", path=deployment("other"), body=gpt_4o(1)),
            POLL,
            POLL,
            Ask(path=deployment("other")),
        ],
        lambda s: (s[3].state, s[7].state) == ("Disabled", "Frozen"),
    ),
    row(
        72,
        "the deletion is done and the item still Deleting",
        [present(), fault({"lro": "Succeeded", "settles": "Deleting"}, method="DELETE")],
        [DELETE, POLL, POLL, GET],
        lambda s: [s[0].status, s[2].status] == [202, 200] and s[3].state == "Deleting",
    ),
    row(
        73,
        "the token expires while polling",
        [("lro", {"seconds": 7200})],
        [PUT_PTU, Ask(control=("clock", {"advanceSeconds": 3700})), POLL, Ask(poll=True, fresh=True)],
        lambda s: s[2].code == "ExpiredAuthenticationToken" and _shows(s[3], "Running"),
    ),
    row(
        74,
        "each poll names a new address",
        [poll({"headers": {_ASYNC: "https://other.example/next"}}, times=1)],
        [PUT_PTU, POLL, POLL],
        lambda s: s[1].one("azure-asyncoperation") == "https://other.example/next" and s[2].status == 200,
    ),
    row(
        75,
        "PUT 200 with provisioningState Failed and no header",
        [present(), put({"patch": {"properties": {"provisioningState": "Failed"}}})],
        [PUT],
        lambda s: (s[0].status, s[0].state, s[0].all("azure-asyncoperation")) == (200, "Failed", []),
    ),
)

LINKS: tuple[Staging, ...] = (
    row(
        123,
        "nextLink on another origin",
        [listing({"patch": {"nextLink": "https://other.example/page"}})],
        [LISTING],
        lambda s: s[0].json["nextLink"] == "https://other.example/page",
    ),
    row(
        124,
        "a nextLink that leads back to itself, for ever",
        [listing({"status": 200, "body": {"value": [], "nextLink": f"{{url}}{LIST}"}}, times=ALWAYS)],
        [LISTING] * 3,
        lambda s: len({one.json["nextLink"] for one in s if one.json["nextLink"].endswith(LIST)}) == 1,
    ),
)
