"""Stagings of rows F-018 to F-050: the answers of HTTP."""

from tests.emulator.arm import ACCOUNT, FOREIGN, deployment
from tests.fidelity.staging import (
    ALWAYS,
    CHAT,
    DELETE,
    GET,
    LISTING,
    PUT,
    PUT_PTU,
    Ask,
    Staging,
    equals,
    error,
    fault,
    full_pool,
    listing,
    present,
    put,
    read,
    row,
)
from tests.fidelity.wire import Seen

_THROTTLED = {"status": 429, "body": error("TooManyRequests")}
_TUNED = {
    "format": "OpenAI",
    "name": "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef",
    "version": "1",
    "sourceAccount": FOREIGN,
}
_PUT_TUNED = Ask(
    method="PUT", body={"sku": {"name": "Standard", "capacity": 1}, "properties": {"model": _TUNED}}
)


def _are(seen: list[Seen], *wanted: int) -> bool:
    return [one.status for one in seen] == list(wanted)


def _throttled(wait: object) -> dict[str, object]:
    return {**_THROTTLED, "headers": {"Retry-After": wait}}


ANSWERS: tuple[Staging, ...] = (
    row(
        18,
        "400 InsufficientQuota",
        [full_pool()],
        [PUT],
        lambda s: (s[0].status, s[0].code) == (400, "InsufficientQuota"),
    ),
    row(
        18,
        "400 InsufficientQuota with Retry-After",
        [full_pool(), put({"headers": {"Retry-After": "5"}})],
        [PUT],
        lambda s: (s[0].code, s[0].one("retry-after")) == ("InsufficientQuota", "5"),
    ),
    row(
        19,
        "400 of any other code",
        [put({"status": 400, "body": error("SomethingElse")})],
        [PUT],
        lambda s: (s[0].status, s[0].code) == (400, "SomethingElse"),
    ),
    row(
        20,
        "400 NoRegisteredProviderFound with the versions there are",
        [],
        [Ask(version="2019-01-01")],
        lambda s: s[0].code == "NoRegisteredProviderFound",
    ),
    row(
        21,
        "401 ExpiredAuthenticationToken until a new token is fetched",
        [("clock", {"advanceSeconds": 3700})],
        [GET, Ask(fresh=True)],
        lambda s: s[0].code == "ExpiredAuthenticationToken" and s[1].status == 404,
    ),
    row(
        22,
        "401 for the auxiliary token alone",
        [("clock", {"advanceSeconds": 3700})],
        [Ask(method="PUT", body=_PUT_TUNED.body, fresh=True, auxiliary=True)],
        lambda s: (s[0].status, s[0].code) == (401, "ExpiredAuthenticationToken"),
    ),
    row(
        23,
        "403 AuthorizationFailed on one account",
        [("world", {"roles": [{"clientId": "narrow", "scope": FOREIGN, "actions": ["*"]}]})],
        [Ask(client="narrow"), LISTING],
        lambda s: s[0].code == "AuthorizationFailed" and s[1].status == 200,
    ),
    row(
        24,
        "403 LinkedAuthorizationFailed without the source tenant's token",
        [],
        [_PUT_TUNED],
        lambda s: (s[0].status, s[0].code) == (403, "LinkedAuthorizationFailed"),
    ),
    row(
        25,
        "403 on the list, 200 on the item",
        [present(), listing({"status": 403, "body": error("AuthorizationFailed")})],
        [LISTING, GET],
        lambda s: _are(s, 403, 200),
    ),
    row(
        26,
        "404 NotFound for an item of an account that can be read",
        [],
        [GET, LISTING],
        lambda s: s[0].code == "NotFound" and s[1].status == 200,
    ),
    row(
        27,
        "404 of the account, the group, the subscription",
        [],
        [
            Ask(path=f"{ACCOUNT}-none"),
            Ask(path=ACCOUNT.replace("/rg/", "/no/")),
            Ask(path=ACCOUNT.replace("1111", "0000")),
        ],
        lambda s: (
            [one.code for one in s] == ["ResourceNotFound", "ResourceGroupNotFound", "SubscriptionNotFound"]
        ),
    ),
    row(
        28,
        "DELETE answers 204, or 404 by a fault",
        [fault({"status": 404, "body": error("NotFound")}, method="DELETE", nth=2)],
        [DELETE, DELETE],
        lambda s: _are(s, 204, 404),
    ),
    row(
        29,
        "404 right after a successful write",
        [read({"status": 404, "body": error("NotFound")}, times=2)],
        [PUT, GET, GET, GET],
        lambda s: _are(s, 201, 404, 404, 200),
    ),
    row(
        30,
        "405, 406, 415, 501",
        [put({"status": status}, nth=place + 1) for place, status in enumerate((405, 406, 415, 501))],
        [PUT, PUT, PUT, PUT],
        lambda s: _are(s, 405, 406, 415, 501),
    ),
    row(31, "408", [put({"status": 408})], [PUT, GET], lambda s: _are(s, 408, 404)),
    row(
        32,
        "409 RequestConflict while another write of the account runs (seconds: how long)",
        [("lro", {"seconds": 1200})],
        [
            Ask(method="PUT", path=deployment("other"), body=PUT_PTU.body),
            PUT,
            Ask(control=("clock", {"advanceSeconds": 1201})),
            PUT,
        ],
        lambda s: s[1].code == "RequestConflict" and s[3].status == 201,
    ),
    row(
        33,
        "409 of an unknown code",
        [put({"status": 409, "body": error("Unheard")})],
        [PUT],
        lambda s: (s[0].status, s[0].code) == (409, "Unheard"),
    ),
    row(
        34,
        "the model is retired",
        [("clock", {"set": "2030-01-01T00:00:00Z"})],
        [Ask(method="PUT", body=PUT.body, fresh=True)],
        lambda s: s[0].code == "ServiceModelDeprecated",
    ),
    row(34, "410", [put({"status": 410, "body": error("Gone")})], [PUT], lambda s: _are(s, 410)),
    row(
        35,
        "412 for a stale If-Match",
        [("settings", {"etags": "enforced"}), present()],
        [Ask(method="PUT", body=PUT.body, headers={"If-Match": '"stale"'})],
        lambda s: (s[0].status, s[0].code) == (412, "PreconditionFailed"),
    ),
    row(
        36,
        "423, or 409 ScopeLocked",
        [put({"status": 423}), put({"status": 409, "body": error("ScopeLocked")}, nth=2)],
        [PUT, PUT],
        lambda s: _are(s, 423, 409) and s[1].code == "ScopeLocked",
    ),
    row(
        37,
        "429 with Retry-After 7",
        [put(_throttled("7"))],
        [PUT, PUT],
        lambda s: _are(s, 429, 201) and s[0].one("retry-after") == "7",
    ),
    row(
        37,
        "429 from the empty bucket itself",
        [],
        [Ask(path=ACCOUNT)] * 400,
        lambda s: {(one.status, one.one("retry-after")) for one in s} == {(200, None), (429, "1")},
    ),
    row(
        38,
        "429 with an HTTP-date, to be read against the answer's own Date",
        [
            put(
                {
                    **_THROTTLED,
                    "headers": {
                        "Retry-After": "Fri, 01 Jan 2027 00:00:09 GMT",
                        "Date": "Fri, 01 Jan 2027 00:00:00 GMT",
                    },
                }
            )
        ],
        [PUT],
        lambda s: (
            str(s[0].one("retry-after")).endswith("09 GMT") and str(s[0].one("date")).endswith("00 GMT")
        ),
    ),
    row(
        39,
        "429 without the header",
        [put(_THROTTLED)],
        [PUT],
        lambda s: s[0].status == 429 and s[0].all("retry-after") == [],
    ),
    row(
        40,
        "Retry-After 1000000",
        [put(_throttled("1000000"))],
        [PUT],
        lambda s: s[0].one("retry-after") == "1000000",
    ),
    *(
        row(
            41,
            f"Retry-After {wait}",
            [put(_throttled(wait))],
            [PUT],
            equals(lambda s: s[0].one("retry-after"), wait),
        )
        for wait in ("inf", "nan", "-5", "soon", "0")
    ),
    row(
        41,
        "two Retry-After headers",
        [put(_throttled(["1", "9"]))],
        [PUT],
        lambda s: s[0].all("retry-after") == ["1", "9"],
    ),
    row(42, "429 for ever", [put(_throttled("1"), times=ALWAYS)], [PUT] * 5, lambda s: _are(s, *[429] * 5)),
    row(43, "500 once", [put({"status": 500})], [PUT, PUT], lambda s: _are(s, 500, 201)),
    row(43, "500 always", [put({"status": 500}, times=ALWAYS)], [PUT] * 4, lambda s: _are(s, *[500] * 4)),
    row(
        44,
        "502, 503, 504 without effect",
        [put({"status": 502 + place}, nth=place + 1) for place in range(3)],
        [PUT, PUT, PUT, GET],
        lambda s: _are(s, 502, 503, 504, 404),
    ),
    row(
        44,
        "504 although the write took effect",
        [put({"status": 504, "applied": True})],
        [PUT, GET],
        lambda s: _are(s, 504, 200),
    ),
    row(
        45,
        "a redirect to another host",
        [read({"status": 307, "headers": {"Location": "https://other.example/steal"}})],
        [GET],
        lambda s: (s[0].status, s[0].one("location")) == (307, "https://other.example/steal"),
    ),
    row(
        46,
        "200 that carries an error",
        [read({"status": 200, "body": error("InternalServerError")})],
        [GET],
        lambda s: (s[0].status, s[0].code) == (200, "InternalServerError"),
    ),
    row(
        47,
        "PUT answered 202, 204, 206, and done",
        [
            put({"status": status, "applied": True}, nth=place + 1)
            for place, status in enumerate((202, 204, 206))
        ],
        [PUT, PUT, PUT, GET],
        lambda s: _are(s, 202, 204, 206, 200),
    ),
    row(
        48,
        "an answer whose id names another resource",
        [present(), read({"patch": {"id": deployment("other")}})],
        [GET],
        lambda s: s[0].json["id"] == deployment("other"),
    ),
    row(
        49,
        "ids, names and enum values in other letter case",
        [present(), read({"patch": {"id": CHAT.upper(), "name": "CHAT", "sku": {"name": "globalstandard"}}})],
        [GET],
        lambda s: (s[0].json["id"], s[0].json["sku"]["name"]) == (CHAT.upper(), "globalstandard"),
    ),
    row(
        50,
        "unknown fields, skus and states",
        [
            present(),
            read({"patch": {"sku": {"name": "Nova"}, "properties": {"aura": 1, "provisioningState": "Odd"}}}),
        ],
        [GET],
        lambda s: (s[0].json["properties"]["aura"], s[0].state) == (1, "Odd"),
    ),
)
