"""A tiny ASGI client for these tests: literal JSON in and out, nothing of the product's own client."""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from reconciler.emulator import Emulator

TENANT_A = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
TENANT_B = "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"
SUB_A = "11111111-1111-1111-1111-111111111111"
SUB_B = "22222222-2222-2222-2222-222222222222"
VERSION = "2026-07-01"
ACCOUNT = f"/subscriptions/{SUB_A}/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/acc"
CONTROL_TOKEN = "the-control-token-of-these-tests"
CONTROLLED = {"x-emulator-control": CONTROL_TOKEN}
"""The header that a served emulator wants; `controllable` is the environment that makes it want this one."""
FOREIGN = f"/subscriptions/{SUB_B}/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/acc-b"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer: header names in lower case, body as JSON where it is JSON."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - what a test reads is what it asserts
        return json.loads(self.content)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])

    @property
    def message(self) -> str:
        return str(self.json["error"]["message"])


class Wall:
    """The machine's clock of a test: stands still unless moved; a sleep moves it."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)


class Arm:
    """Calls an emulator as one identity of one tenant."""

    def __init__(
        self, emulator: Emulator | None = None, *, tenant: str = TENANT_A, client: str = "tester"
    ) -> None:
        wall = Wall()
        self.emulator = emulator or Emulator(wall=wall, sleep=wall.sleep)
        self.tenant = tenant
        self.client = client
        self._token: str | None = None

    @property
    def token(self) -> str:
        if self._token is None:
            form = (
                f"grant_type=client_credentials&client_id={self.client}&client_secret=s3cret&scope=x".encode()
            )
            reply = self.call("POST", f"/{self.tenant}/oauth2/v2.0/token", content=form, bearer="")
            self._token = str(reply.json["access_token"])
        return self._token

    def sign_in_again(self) -> None:
        """Forget the token, which lasts an hour of the emulator's clock."""
        self._token = None

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        bearer: str | None = None,
    ) -> Reply:
        return asyncio.run(self.send(method, path, body, content=content, headers=headers, bearer=bearer))

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        bearer: str | None = None,
    ) -> Reply:
        sent = {"host": "127.0.0.1", **(headers or {})}
        if content is None:
            content = b"" if body is None else json.dumps(body).encode()
            sent.setdefault("content-type", "application/json")
        token = self.token_now() if bearer is None else bearer
        if token and not path.startswith("/_emulator"):
            sent.setdefault("authorization", f"Bearer {token}")
        where, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": unquote(where),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()],
            "server": ("127.0.0.1", None),
        }
        return await exchange(self.emulator, scope, content)

    def token_now(self) -> str:
        if self._token is None:
            message = "fetch .token before the first call inside a running loop"
            raise RuntimeError(message)
        return self._token

    def arm(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        version: str = VERSION,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """A call to ARM proper, with an api-version and this identity's token."""
        _ = self.token
        joint = "&" if "?" in path else "?"
        return self.call(method, f"{path}{joint}api-version={version}", body, headers=headers)

    def control(self, name: str, body: object) -> Reply:
        return self.call("POST", f"/_emulator/{name}", body, bearer="")


def controllable() -> dict[str, str]:
    """The environment for a served emulator that these tests can control."""
    return {**os.environ, "RECONCILER_EMULATOR_CONTROL_TOKEN": CONTROL_TOKEN}


async def exchange(emulator: Emulator, scope: dict[str, Any], content: bytes) -> Reply:
    """One request through the ASGI interface."""
    status = 0
    fields: dict[str, str] = {}
    parts: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI event
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            fields.update({bytes(n).decode(): bytes(v).decode() for n, v in message["headers"]})
        else:
            parts.append(message["body"])

    await emulator(scope, receive, send)
    return Reply(status=status, headers=fields, content=b"".join(parts))


def gpt_4o(
    capacity: int = 10, *, sku: str = "GlobalStandard", version: str = "2024-11-20", **properties: object
) -> Any:  # noqa: ANN401
    """The body of a PUT for a plain deployment of gpt-4o."""
    model = {"format": "OpenAI", "name": "gpt-4o", "version": version}
    return {"sku": {"name": sku, "capacity": capacity}, "properties": {"model": model, **properties}}


def fleet(**world: object) -> Arm:
    """An emulator with one account in Sweden (tenant a) and one in Virginia (tenant b), and what is given."""
    arm = Arm()
    accounts = [
        {"id": ACCOUNT, "location": "swedencentral", "kind": "OpenAI"},
        {"id": FOREIGN, "location": "eastus2", "kind": "AIServices"},
    ]
    reply = arm.control("world", {"accounts": accounts, **world})
    assert reply.status == 200, reply.content
    return arm


def deployment(name: str = "chat", account: str = ACCOUNT) -> str:
    return f"{account}/deployments/{name}"
