"""Stagings of rows F-054 to F-088, F-123 and F-124: long operations, others at work, hostile links."""

from tests.emulator.arm import ACCOUNT, deployment, gpt_4o
from tests.fidelity.staging import (
    ALWAYS,
    CHAT,
    DELETE,
    GET,
    LIST,
    LISTING,
    POLL,
    PUT,
    PUT_PTU,
    Ask,
    Staging,
    account_in,
    error,
    fault,
    full_pool,
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
        lambda s: s[0].state == "Creating" and _shows(s[3], "Creating"),
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
        lambda s: s[0].one("location") == "http://127.0.0.1:1/wrong" and _shows(s[1], "Creating"),
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
            lambda s, url=url: s[0].one("azure-asyncoperation") == url and s[1].status == 200,
        )
        for url in _ELSEWHERE
    ),
    *(
        row(
            67,
            f"an operation at {url[:40]!r}",
            [put({"headers": {_ASYNC: url}})],
            [PUT_PTU, GET],
            lambda s, url=url: s[0].one("azure-asyncoperation") == url and s[1].status == 200,
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
        lambda s: s[2].code == "ExpiredAuthenticationToken" and _shows(s[3], "Creating"),
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

OTHERS: tuple[Staging, ...] = (
    *(
        row(
            76,
            f"the account is {state}",
            [account_in(state)],
            [Ask(path=ACCOUNT), PUT],
            lambda s, state=state: s[0].state == state and s[1].code == "RequestConflict",
        )
        for state in ("Accepted", "Creating", "Moving", "ResolvingDNS")
    ),
    row(
        77,
        "the account is Deleting",
        [account_in("Deleting")],
        [Ask(path=ACCOUNT)],
        lambda s: s[0].state == "Deleting",
    ),
    row(
        77,
        "the account is Failed",
        [account_in("Failed")],
        [Ask(path=ACCOUNT)],
        lambda s: s[0].state == "Failed",
    ),
    row(
        77,
        "the account is soft-deleted",
        [],
        [
            Ask(method="DELETE", path=ACCOUNT),
            Ask(path=ACCOUNT),
            Ask(method="PUT", path=ACCOUNT, body={"location": "swedencentral", "kind": "OpenAI"}),
        ],
        lambda s: [one.code for one in s[1:]] == ["ResourceNotFound", "FlagMustBeSetForRestore"],
    ),
    row(
        78,
        "the item is in progress when it is read",
        [present(provisioningState="Updating")],
        [GET, PUT],
        lambda s: s[0].state == "Updating" and s[1].code == "RequestConflict",
    ),
    row(
        79,
        "the account says Succeeded, the provider still says Accepted",
        [
            put(
                {
                    "status": 400,
                    "body": error("AccountProvisioningStateInvalid", "Account x in state Accepted"),
                }
            )
        ],
        [Ask(path=ACCOUNT), PUT, PUT],
        lambda s: (
            s[0].state == "Succeeded"
            and "in state Accepted" in s[1].json["error"]["message"]
            and s[2].status == 201
        ),
    ),
    row(
        80,
        "the item is changed by somebody between plan and apply",
        [present()],
        [GET, _after({"deployments": [{"id": CHAT, "sku": {"capacity": 33}}]}), GET],
        lambda s: (
            [s[0].json["sku"]["capacity"], s[2].json["sku"]["capacity"]] == [10, 33]
            and s[0].json["etag"] != s[2].json["etag"]
        ),
    ),
    row(
        81,
        "changed between a GET and the PUT: the PUT's answer is delayed (delayMs) and the world changed meanwhile",
        [present(), put({"delayMs": 50})],
        [GET, _after({"deployments": [{"id": CHAT, "sku": {"capacity": 33}}]}), PUT, GET],
        lambda s: s[3].json["sku"]["capacity"] == 10,
    ),
    row(
        82,
        "two appliers at once: one write is answered, the other 409 (here the first one still runs)",
        [("lro", {"for": "all"})],
        [PUT, Ask(method="PUT", path=deployment("other"), body=gpt_4o(1))],
        lambda s: s[0].status == 201 and s[1].code == "RequestConflict",
    ),
    row(
        83,
        "another applier writes the same item otherwise",
        [],
        [PUT, Ask(method="PUT", body=gpt_4o(20), client="other"), GET],
        lambda s: s[2].json["sku"]["capacity"] == 20 and s[2].json["systemData"]["lastModifiedBy"] == "other",
    ),
    row(
        84,
        "quota is taken by somebody between plan and apply",
        [],
        [GET, Ask(control=full_pool(5)), PUT],
        lambda s: s[2].code == "InsufficientQuota",
    ),
    row(
        85,
        "a decrease fails",
        [present(), put({"status": 500}, path="/deployments/chat")],
        [Ask(method="PUT", body=gpt_4o(5)), GET],
        lambda s: s[0].status == 500 and s[1].json["sku"]["capacity"] == 10,
    ),
    row(
        86,
        "the model is withdrawn between plan and apply",
        [],
        [
            GET,
            Ask(control=("clock", {"set": "2030-01-01T00:00:00Z"})),
            Ask(method="PUT", body=PUT.body, fresh=True),
        ],
        lambda s: s[2].code == "ServiceModelDeprecated",
    ),
    row(
        87,
        "a spillover target cannot be created, and what names it is refused",
        [put({"status": 400, "body": error("InvalidCapacity")}, path="/deployments/spill$")],
        [
            Ask(method="PUT", path=deployment("spill"), body=gpt_4o(1)),
            Ask(method="PUT", body=gpt_4o(10, spilloverDeploymentName="spill")),
        ],
        lambda s: [one.status for one in s] == [400, 400] and "'spill'" in s[1].json["error"]["message"],
    ),
    row(
        88,
        "the service upgrades the version by its own policy",
        [("world", {"deployments": [{"id": CHAT, **gpt_4o(10, version="2024-05-13")}]})],
        [GET, Ask(control=("settings", {"autoUpgrade": "on"})), GET],
        lambda s: (
            s[0].json["properties"]["model"]["version"]
            == "2024-05-13"
            < s[2].json["properties"]["model"]["version"]
        ),
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
        [listing({"status": 200, "body": {"value": [], "nextLink": LIST}}, times=ALWAYS)],
        [LISTING] * 3,
        lambda s: {one.json["nextLink"] for one in s} == {LIST},
    ),
)

LATER: tuple[Staging, ...] = (*OPERATIONS, *OTHERS, *LINKS)
