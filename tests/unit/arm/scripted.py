"""A transport that answers by script, tokens that are counted, and a client between the two.

Answers are raw streams, as they come from a socket: nothing is decoded before the client decodes it.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import httpx

from reconciler.arm.client import ArmClient, ArmSettings, Exchanged
from reconciler.arm.tokens import Token
from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.operation import Accepted
from reconciler.errors import ReconcilerError
from tests.simulated import turns
from tests.simulated.time import VirtualClock, run

T = TypeVar("T")

ENDPOINT = "https://arm.example"
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
OTHER_SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
TENANT = "aaaaaaaa-0000-0000-0000-000000000001"
SOURCE_TENANT = "bbbbbbbb-0000-0000-0000-000000000002"
ACCOUNT = AccountId(subscription=SUBSCRIPTION, resource_group="rg", name="acc")
ELSEWHERE = AccountId(subscription=OTHER_SUBSCRIPTION, resource_group="rg", name="acc")
CHAT = DeploymentId(account=ACCOUNT, name="chat")
OPERATION = (
    f"{ENDPOINT}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/locations/eastus2"
    "/operationResults/0d1e2f?api-version=2017-04-18&t=1&c=2&s=CANARY-SIGNATURE&h=4"
)


class Raw(httpx.AsyncByteStream):
    """A body in pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def reply(status: int = 200, body: object = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """An answer; bytes are sent as they are, None is no body, anything else is JSON."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    sent = {"x-ms-request-id": "request-1", **(headers or {})}
    return httpx.Response(status, headers=sent, stream=Raw(content))


def refusal(
    status: int, code: str, message: str = "no", headers: Mapping[str, str] | None = None
) -> httpx.Response:
    return reply(status, {"error": {"code": code, "message": message}}, headers)


def resource(target: DeploymentId = CHAT, state: str = "Succeeded", **properties: object) -> dict[str, Any]:
    return {
        "id": str(target),
        "name": target.name,
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "sku": {"name": "Standard", "capacity": 10},
        "properties": {
            "model": {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"},
            "provisioningState": state,
            **properties,
        },
    }


Step = httpx.Response | Exception | Callable[[httpx.Request], Awaitable[httpx.Response]]
Maker = Callable[[], Step]
"""Makes a step anew each time, for an answer can be read only once."""


@dataclass
class Wire(httpx.AsyncBaseTransport):
    """Answers request by request; the last answer is given for ever."""

    steps: list[Maker]
    requests: list[httpx.Request] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    there: object = None
    """What every GET is answered with, beside the script; None leaves it to the script."""
    looks: list[httpx.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and self.there is not None:
            self.looks.append(request)
            return reply(200, self.there)
        self.times.append(VirtualClock().monotonic())
        step = self.steps[min(len(self.requests), len(self.steps) - 1)]()
        self.requests.append(request)
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, httpx.Response) else await step(request)

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.requests]


def wire(*steps: Maker) -> Wire:
    return Wire(list(steps))


@dataclass
class CountedTokens:
    """Tokens `<tenant>/<number>`; `fetched` lists the tenants for which one was made."""

    fetched: list[str | None] = field(default_factory=list)
    held: dict[str | None, Token] = field(default_factory=dict)

    async def token(self, tenant: str | None, *, fresh: bool = False, claims: str | None = None) -> Token:
        del claims
        if fresh or tenant not in self.held:
            self.fetched.append(tenant)
            self.held[tenant] = Token(f"CANARY-{tenant}/{len(self.fetched)}")
        return self.held[tenant]


@dataclass
class Seen(Generic[T]):
    """What came of a question: a value or an exception, and all that was seen on the way."""

    wire: Wire
    tokens: CountedTokens
    warnings: list[str] = field(default_factory=list)
    exchanges: list[Exchanged] = field(default_factory=list)
    values: list[T] = field(default_factory=list)
    problem: Exception | None = None
    seconds: float = 0.0

    @property
    def value(self) -> T:
        """The value; raises the exception that came instead."""
        if self.problem is not None:
            raise self.problem
        return self.values[0]

    def succeeded(self) -> bool:
        """Whether there was a value; raises the exception that came instead."""
        return self.value is not None

    @property
    def words(self) -> str:
        """What the exception says; empty without one."""
        return "" if self.problem is None else str(self.problem)


async def put(arm: ArmClient, body: JsonObject, *tenants: str) -> Accepted:
    """Turns until one PUT of CHAT was taken, as the engine has them."""
    return await turns.put(arm, CHAT, body, source_tenants=tenants)


async def delete(arm: ArmClient) -> Accepted:
    """Turns until one DELETE of CHAT was taken."""
    return await turns.delete(arm, CHAT)


def ask(
    over: Wire,
    question: Callable[[ArmClient], Awaitable[T]],
    *,
    tokens: CountedTokens | None = None,
    **settings: Any,  # noqa: ANN401 -- ArmSettings' own
) -> Seen[T]:
    """Put a question to a client over `over`, in virtual time."""

    async def asked() -> Seen[T]:
        seen: Seen[T] = Seen(over, tokens or CountedTokens())
        clock = VirtualClock()
        client = ArmClient(
            arm_settings(**settings),
            seen.tokens,
            clock,
            transport=over,
            on_warning=seen.warnings.append,
            on_exchange=seen.exchanges.append,
            jitter=lambda: 0.5,
        )
        async with client:
            try:
                seen.values.append(await question(client))
            except ReconcilerError as problem:
                seen.problem = problem
        seen.seconds = clock.monotonic()
        return seen

    return run(asked())


def arm_settings(**settings: Any) -> ArmSettings:  # noqa: ANN401 -- ArmSettings' own
    given = {"endpoint": ENDPOINT, "tenants": {SUBSCRIPTION: TENANT, OTHER_SUBSCRIPTION: TENANT}, **settings}
    return ArmSettings(**given)
