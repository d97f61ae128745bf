"""How a row of the fault matrix is staged: the control calls, the requests that meet it, what is then seen.

Rule of this module: a row is data and one judgement; the same table is a test and a page of the manual.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.emulator.arm import ACCOUNT, FOREIGN, SUB_A, TENANT_A, TENANT_B, deployment, gpt_4o
from tests.fidelity.wire import Seen, Wire

CHAT = deployment()
LIST = f"{ACCOUNT}/deployments"
OPERATION = "operationResults"
PTU = gpt_4o(50, sku="ProvisionedManaged")
ALWAYS = 1_000_000

Call = tuple[str, Mapping[str, Any]]
Judgement = Callable[[list[Seen]], bool]


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request of a staging; `poll` goes where the last operation header pointed, whatever it said."""

    method: str = "GET"
    path: str = CHAT
    body: object = None
    poll: bool = False
    control: Call | None = None
    """A control call in the middle of a staging, instead of a request to ARM."""
    client: str = "tester"
    fresh: bool = False
    """With a token fetched just now."""
    auxiliary: bool = False
    """With the token of the other tenant that was fetched at the beginning."""
    headers: Mapping[str, str] = field(default_factory=dict)
    version: str = "2025-06-01"
    watched: bool = False
    """Whether to wait a moment for the server to close the connection behind the answer."""


GET = Ask()
PUT = Ask(method="PUT", body=gpt_4o())
PUT_PTU = Ask(method="PUT", body=PTU)
DELETE = Ask(method="DELETE")
LISTING = Ask(path=LIST)
POLL = Ask(poll=True)


@dataclass(frozen=True, kw_only=True)
class Staging:
    """One way to stage one row."""

    row: str
    calls: Sequence[Call]
    asks: Sequence[Ask]
    seen: Judgement
    says: str
    """What the client meets, in words."""


def equals(pick: Callable[[list[Seen]], object], wanted: object) -> Judgement:
    """A judgement that remembers its own value, for rows made in a loop."""
    return lambda seen: pick(seen) == wanted


def fault(then: Mapping[str, Any], **match: Any) -> Call:  # noqa: ANN401 - JSON
    return ("faults", {"match": {"path": "/deployments/", **match}, "then": then})


def put(then: Mapping[str, Any], **match: Any) -> Call:  # noqa: ANN401 - JSON
    return fault(then, method="PUT", **match)


def read(then: Mapping[str, Any], **match: Any) -> Call:  # noqa: ANN401 - JSON
    return fault(then, method="GET", **match)


def listing(then: Mapping[str, Any], **match: Any) -> Call:  # noqa: ANN401 - JSON
    return fault(then, method="GET", **{"path": "/deployments$", **match})


def poll(then: Mapping[str, Any], **match: Any) -> Call:  # noqa: ANN401 - JSON
    return fault(then, **{"path": OPERATION, "times": ALWAYS, **match})


def error(code: str, message: str = "scripted") -> Mapping[str, Any]:
    return {"error": {"code": code, "message": message}}


def row(number: int, says: str, calls: Sequence[Call], asks: Sequence[Ask], seen: Judgement) -> Staging:
    return Staging(row=f"F-{number:03d}", says=says, calls=calls, asks=asks, seen=seen)


def play(wire: Wire, staging: Staging) -> list[Seen]:
    """Set the stage and send the requests; a fresh world with one account per tenant lies below.

    `{url}` in a control call stands for the emulator's address.
    """
    accounts = [
        {"id": ACCOUNT, "location": "swedencentral", "kind": "OpenAI"},
        {"id": FOREIGN, "location": "eastus2", "kind": "AIServices"},
    ]
    wire.control("reset", {})
    wire.tokens.clear()
    wire.control("world", {"accounts": accounts})
    wire.token(TENANT_A)
    wire.token(TENANT_B)
    for name, body in staging.calls:
        wire.control(name, json.loads(json.dumps(body).replace("{url}", wire.url)))
    found: list[Seen] = []
    for ask in staging.asks:
        found.append(_asked(wire, ask, found))
    return found


def _asked(wire: Wire, ask: Ask, before: list[Seen]) -> Seen:
    if ask.control is not None:
        return wire.control(*ask.control)
    token = wire.fresh_token(TENANT_A, ask.client) if ask.fresh else wire.token(TENANT_A, ask.client)
    headers = {"Authorization": f"Bearer {token}", **ask.headers}
    if ask.auxiliary:
        headers["x-ms-authorization-auxiliary"] = f"Bearer {wire.token(TENANT_B)}"
    if ask.poll:
        where = next(
            url
            for seen in reversed(before)
            for url in [*seen.all("azure-asyncoperation"), *seen.all("location")]
            if url.startswith(wire.url)
        )
        return wire.send("GET", where.removeprefix(wire.url), None, headers)
    joint = "&" if "?" in ask.path else "?"
    path = f"{ask.path}{joint}api-version={ask.version}"
    return wire.send(ask.method, path, ask.body, headers, watched=ask.watched)


POOL = "OpenAI.GlobalStandard.gpt-4o"


def full_pool(limit: int = 0) -> Call:
    """A quota pool that holds nothing more."""
    item = {"name": {"value": POOL, "localizedValue": POOL}, "currentValue": 0, "limit": limit}
    return ("world", {"usages": {f"{SUB_A}/swedencentral": [item]}})


def account_in(state: str) -> Call:
    item = {"id": ACCOUNT, "location": "swedencentral", "properties": {"provisioningState": state}}
    return ("world", {"accounts": [item]})


def present(state: str = "Succeeded") -> Call:
    """The deployment is already there, put by nobody we know."""
    return ("world", {"deployments": [{"id": CHAT, **gpt_4o(10, provisioningState=state)}]})
