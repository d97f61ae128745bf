"""Stagings of rows F-004 to F-017 and F-051 to F-053: the network, and lists."""

import gzip
import json

from tests.emulator.arm import deployment, gpt_4o
from tests.fidelity.staging import (
    DELETE,
    GET,
    LIST,
    LISTING,
    PUT,
    Ask,
    Staging,
    fault,
    listing,
    present,
    put,
    read,
    row,
)
from tests.fidelity.wire import Seen

_HTML = {"text": "<html>gateway</html>", "headers": {"Content-Type": "text/html"}}


def _are(seen: list[Seen], *wanted: int) -> bool:
    return [one.status for one in seen] == list(wanted)


def _page(*names: str, link: object = "absent") -> dict[str, object]:
    items = [{"id": deployment(name), "name": name} for name in names]
    body = {"value": items} if link == "absent" else {"value": items, "nextLink": link}
    return {"status": 200, "body": body}


NETWORK: tuple[Staging, ...] = (
    row(
        4,
        "the connection is reset, nothing happened",
        [put({"reset": "before"})],
        [PUT, GET],
        lambda s: s[0].end == "reset" and s[1].status == 404,
    ),
    row(
        5,
        "the connection is reset, the deployment is there",
        [put({"reset": "after"})],
        [PUT, GET],
        lambda s: s[0].end == "reset" and s[1].status == 200,
    ),
    row(
        6,
        "the connection is reset, the deployment is gone",
        [present(), fault({"reset": "after"}, method="DELETE")],
        [DELETE, GET],
        lambda s: s[0].end == "reset" and s[1].status == 404,
    ),
    row(
        7,
        "a body that comes byte by byte",
        [read({"dripMs": 1})],
        [GET],
        lambda s: s[0].end == "complete" and s[0].pieces > 50,
    ),
    row(
        8,
        "a head that comes byte by byte",
        [read({"dripHeadMs": 1})],
        [GET],
        lambda s: s[0].pieces > 100 and s[0].status == 404,
    ),
    row(
        9,
        "a body shorter than its Content-Length",
        [present(), read({"truncate": 40})],
        [GET],
        lambda s: (s[0].end, len(s[0].body)) == ("closed early", 40),
    ),
    row(
        10,
        "200 with a page of HTML",
        [listing(_HTML)],
        [LISTING],
        lambda s: (s[0].status, s[0].one("content-type"), s[0].body[:6]) == (200, "text/html", b"<html>"),
    ),
    row(
        10,
        "200 with no body",
        [listing({"text": ""})],
        [LISTING],
        lambda s: (s[0].status, s[0].body) == (200, b""),
    ),
    row(
        10,
        "200 with half a JSON",
        [listing({"text": '{"value": ['})],
        [LISTING],
        lambda s: (s[0].status, s[0].body) == (200, b'{"value": ['),
    ),
    row(
        11,
        "the write happened, its answer is HTML",
        [put(_HTML)],
        [PUT, GET],
        lambda s: (s[0].status, s[0].body[:6], s[1].status) == (201, b"<html>", 200),
    ),
    row(
        12,
        "502 with a page of HTML",
        [read({"status": 502, **_HTML})],
        [GET],
        lambda s: (s[0].status, s[0].body[:6]) == (502, b"<html>"),
    ),
    row(
        13,
        "a small gzip body that unpacks to a large one (repeat 300000000 for 300 MB)",
        [listing({"text": " ", "repeat": 3_000_000, "gzip": True})],
        [LISTING],
        lambda s: len(s[0].body) < 10_000 and len(gzip.decompress(s[0].body)) == 3_000_000,
    ),
    row(
        13,
        "a JSON list of many megabytes (repeat 50000000 for 50 MB)",
        [listing({"text": " ", "repeat": 2_000_000})],
        [LISTING],
        lambda s: len(s[0].body) == 2_000_000,
    ),
    row(
        14,
        "JSON with repeated keys and NaN",
        [listing({"text": '{"value": [], "value": [NaN]}'})],
        [LISTING],
        lambda s: s[0].body == b'{"value": [], "value": [NaN]}',
    ),
    row(
        14,
        "100,000 levels of nesting",
        [listing({"text": "[", "repeat": 100_000})],
        [LISTING],
        lambda s: s[0].body == b"[" * 100_000,
    ),
    row(
        15,
        "the server closes a connection it had not announced to close",
        [read({"close": True})],
        [Ask(watched=True)],
        lambda s: s[0].closes and s[0].all("connection") == [],
    ),
    row(
        16,
        "407 as a proxy answers it; the emulator's URL can be given as HTTP_PROXY",
        [fault({"status": 407, "headers": {"Proxy-Authenticate": "Basic"}})],
        [GET],
        lambda s: (s[0].status, s[0].one("proxy-authenticate")) == (407, "Basic"),
    ),
    row(
        17,
        "a byte order mark and a charset that is none",
        [
            listing(
                {
                    "text": '\ufeff{"value": []}',
                    "headers": {"Content-Type": "application/json; charset=x-none"},
                }
            )
        ],
        [LISTING],
        lambda s: s[0].body.startswith(b"\xef\xbb\xbf") and "x-none" in str(s[0].one("content-type")),
    ),
    row(
        17,
        "a lone surrogate in a string",
        [listing({"text": '{"value": [{"name": "\\ud800"}]}'})],
        [LISTING],
        lambda s: json.loads(s[0].body)["value"][0]["name"] == "\ud800",
    ),
)

LISTS: tuple[Staging, ...] = (
    row(
        51,
        "nextLink null, empty, absent, and an empty page with a link",
        [
            listing(_page("a", link=None)),
            listing(_page("a", link=""), nth=2),
            listing(_page("a"), nth=3),
            listing(_page(link=f"{{url}}{LIST}?page=2"), nth=4),
        ],
        [LISTING] * 4,
        lambda s: (
            [one.json.get("nextLink", "absent") for one in s[:3]] == [None, "", "absent"]
            and s[3].json["nextLink"].startswith("http://")
            and s[3].json["value"] == []
        ),
    ),
    row(
        52,
        "an item on two pages",
        [listing(_page("a", "b", link=f"{{url}}{LIST}")), listing(_page("b"), nth=2)],
        [LISTING, LISTING],
        lambda s: [[item["name"] for item in one.json["value"]] for one in s] == [["a", "b"], ["b"]],
    ),
    row(
        52,
        "an item gone between two pages (pageSize 1, deleted in between)",
        [("settings", {"pageSize": 1}), present()],
        [Ask(method="PUT", path=deployment("zzz"), body=gpt_4o(1)), LISTING, DELETE, LISTING],
        lambda s: [one.json["value"][0]["name"] for one in (s[1], s[3])] == ["chat", "zzz"],
    ),
    row(
        53,
        "a list that lags behind the item",
        [listing(_page())],
        [PUT, GET, LISTING, LISTING],
        lambda s: s[1].status == 200 and [len(one.json["value"]) for one in s[2:]] == [0, 1],
    ),
)
