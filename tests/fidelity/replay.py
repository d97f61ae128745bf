"""Every recorded exchange, in order, against a seeded emulator, taken apart into facts that can be compared.

A fact is a status, a header's name, the type at a place of the body, or a value of a closed set at such a
place. Ids, times, tags and numbers are no facts: they differ between any two runs. Rule of this module: what
it compares is listed here and what may differ in `differences.py`; a fact in neither fails.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from reconciler.emulator import Emulator
from tests.emulator.arm import ACCOUNT, SUB_A, Arm, Reply, Wall, deployment, fleet, gpt_4o
from tests.emulator.recordings import REPLAYS, load, replayed

CLOSED = frozenset(
    {
        *("code", "status", "provisioningState", "type", "kind", "key", "unit", "format", "lifecycleStatus"),
        *(
            "versionUpgradeOption",
            "createdByType",
            "lastModifiedByType",
            "raiPolicyName",
            "publicNetworkAccess",
        ),
        *("skuName", "usageName", "isDefaultVersion", "deprecationDate", "renewalPeriod", "isMigrated"),
        *("localizedValue", "minimum", "step", "maximum", "default"),
    }
)
"""Names of properties whose values are compared and not only their types."""

IDENTITIES: Mapping[str, tuple[str, ...]] = {
    "skus": ("name", "usageName"),
    "rateLimits": ("key",),
    "ratelimits": ("key",),
    "value": ("kind", "name"),
}
"""Lists whose items are told apart by members rather than by their place."""

Facts = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One recorded exchange and what the emulator made of it."""

    file: str
    index: int
    line: str
    theirs: Facts
    ours: Facts

    @property
    def differences(self) -> dict[str, tuple[object, object]]:
        """Facts that only one side has or both have otherwise: (recorded, ours)."""
        names = sorted(self.theirs.keys() | self.ours.keys())
        pairs = {name: (self.theirs.get(name), self.ours.get(name)) for name in names}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    @property
    def compared(self) -> int:
        return len(self.theirs.keys() | self.ours.keys())


def facts(status: int, headers: Mapping[str, str], body: object) -> Facts:
    """An answer taken apart."""
    found: Facts = {"status": status}
    found |= {f"header {name.lower()}": True for name in headers}
    if body is not None:
        found |= dict(_places(body, "body"))
    return found


def _places(value: object, place: str) -> Iterator[tuple[str, object]]:
    name = place.rpartition(".")[2]
    yield place, type(value).__name__
    if isinstance(value, dict):
        for member, item in value.items():
            yield from _places(item, f"{place}.{member}")
    elif isinstance(value, list):
        for item in value:
            yield from _places(item, f"{place}[{_identity(name, item)}]")
    elif name in CLOSED:
        yield f"{place} =", value


def _identity(name: str, item: object) -> str:
    if not isinstance(item, dict) or name not in IDENTITIES:
        return ""
    if name == "value" and "kind" not in item and "limit" not in item:
        return ""
    parts = [item.get(part) for part in IDENTITIES[name]]
    words = [part.get("value") if isinstance(part, dict) else part for part in parts]
    return " ".join(str(word).replace(".", "\u00b7") for word in words if word is not None)


def of_recording(interaction: Mapping[str, Any]) -> Facts:
    response = interaction["response"]
    body = response.get("body")
    return facts(response["status"], response["headers"], body if isinstance(body, dict) else None)


def of_reply(reply: Reply) -> Facts:
    return facts(reply.status, reply.headers, reply.json if reply.content else None)


def _exchange(file: str, interaction: Mapping[str, Any], reply: Reply) -> Exchange:
    request = interaction["request"]
    where = request["url"].partition("?")[0].rpartition("Microsoft.CognitiveServices/")[2]
    return Exchange(
        file=file,
        index=interaction["index"],
        line=f"{request['method']} {where[-70:]}",
        theirs=of_recording(interaction),
        ours=of_reply(reply),
    )


@cache
def exchanges() -> tuple[Exchange, ...]:
    """All of them: sessions, lists of a region, errors of the front door."""
    found = [
        _exchange(replay.file, interaction, reply)
        for replay in REPLAYS
        for interaction, reply in replayed(replay)
    ]
    for file, ask in (*LISTS.items(),):
        interaction = load(file)[0]
        found.append(_exchange(file, interaction, ask(interaction)))
    errors = "generic_arm_errors.json"
    for interaction, ask_error in zip(load(errors), FRONT_DOOR, strict=True):
        found.append(_exchange(errors, interaction, ask_error()))
    return tuple(found)


def _regional(interaction: Mapping[str, Any]) -> Reply:
    """A list of a region, asked as it was recorded, in a subscription of the default world."""
    path = interaction["request"]["url"].removeprefix("https://management.azure.com")
    arm = fleet()
    _ = arm.token
    return arm.call("GET", path.replace("00000000-0000-0000-0000-000000000000", SUB_A))


def _usages_of_2023(interaction: Mapping[str, Any]) -> Reply:
    """Pools and limits of a subscription of 2023 are seeded; what is compared is the form."""
    arm = fleet(usages={f"{SUB_A}/westeurope": interaction["response"]["body"]["value"]})
    path = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations/westeurope/usages"
    return arm.arm("GET", path, version="2023-05-01")


def _models_of_october(interaction: Mapping[str, Any]) -> Reply:
    """The excerpt's items out of all pages, on the day they were recorded."""
    arm = fleet(settings={"throttling": "off"})
    arm.control("clock", {"at": "2026-10-05T12:00:00Z"})
    wanted = [(item["kind"], item["name"]) for item in interaction["response"]["body"]["value"]]
    path = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations/EastUS2/models"
    reply = arm.arm("GET", path, version="2026-09-01")
    items: dict[tuple[str, str], object] = {}
    while True:
        items |= {(item["kind"], item["name"]): item for item in reply.json["value"]}
        link = reply.json.get("nextLink")
        if link is None:
            break
        reply = arm.call("GET", link.removeprefix("http://127.0.0.1"), bearer=arm.token)
    body = {"value": [items[one] for one in wanted if one in items]}
    return Reply(status=reply.status, headers=reply.headers, content=json.dumps(body).encode())


LISTS: dict[str, Callable[[Mapping[str, Any]], Reply]] = {
    "location_usages_eastus2_2025-06-01.json": _regional,
    "location_models_eastus2_2025-06-01.json": _regional,
    "location_usages_2023-05-01.json": _usages_of_2023,
    "location_models_eastus2_2026-09-01_excerpt.json": _models_of_october,
}


def _throttled_write() -> Reply:
    arm = fleet()
    replies = [arm.arm("PUT", deployment(), gpt_4o(1)) for _ in range(201)]
    return replies[-1]


def _throttled_read() -> Reply:
    arm = fleet()
    replies = [arm.arm("GET", deployment()) for _ in range(251)]
    return replies[-1]


def _orphan() -> Reply:
    return fleet().arm("GET", f"{ACCOUNT}-none/deployments")


def _late() -> Reply:
    wall = Wall()
    arm = Arm(Emulator(wall=wall, sleep=wall.sleep))
    arm.control("faults", {"match": {"path": "operationResults"}, "then": {"delayMs": 61_000}})
    path = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations/eastus/operationResults/x"
    return arm.arm("GET", path, version="2017-04-18")


def _stale() -> Reply:
    arm = fleet(settings={"etags": "enforced"})
    arm.arm("PUT", deployment(), gpt_4o())
    return arm.arm("PUT", deployment(), gpt_4o(), headers={"if-match": '"stale"'})


FRONT_DOOR: tuple[Callable[[], Reply], ...] = (
    _throttled_write,
    _throttled_read,
    _orphan,
    _late,
    _stale,
)
"""For each exchange of another provider, the same situation with this one."""
