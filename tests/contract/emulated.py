"""The client's verbs against the embedded emulator: one world, one identity, one virtual clock."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import httpx

from reconciler.arm.client import ArmClient, ArmSettings
from reconciler.arm.tokens import EmulatorTokens
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.emulator import Emulator, application
from tests.simulated.time import VirtualClock, run

T = TypeVar("T")

ENDPOINT = "http://127.0.0.1"
TENANT = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
SOURCE_TENANT = "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
SOURCE_SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
ACCOUNT = AccountId(subscription=SUBSCRIPTION, resource_group="rg", name="acc")
SOURCE = AccountId(subscription=SOURCE_SUBSCRIPTION, resource_group="rg", name="acc-b")
CHAT = DeploymentId(account=ACCOUNT, name="chat")
TENANTS = {SUBSCRIPTION: TENANT, SOURCE_SUBSCRIPTION: SOURCE_TENANT}
WORLD: Mapping[str, object] = {
    "subscriptions": [{"subscriptionId": name, "tenantId": tenant} for name, tenant in TENANTS.items()],
    "accounts": [
        {"id": str(ACCOUNT), "location": "eastus2", "kind": "OpenAI"},
        {"id": str(SOURCE), "location": "eastus2", "kind": "AIServices"},
    ],
}


class World:
    """An emulator and the way to it."""

    def __init__(self, world: Mapping[str, object] = WORLD) -> None:
        self.emulator: Emulator = application(world=world)

    async def control(self, method: str, name: str, body: object = None) -> Any:  # noqa: ANN401 -- JSON
        """Use the emulator's control surface."""
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.emulator), base_url=ENDPOINT
        ) as plain:
            answer = await plain.request(method, f"/_emulator/{name}", json=body)
            assert answer.status_code == 200, answer.text
            return answer.json()

    async def requests(self) -> list[str]:
        """What the emulator was asked so far below the provider, as method and last part of the path."""
        journal = (await self.control("GET", "requests"))["requests"]
        return [f"{entry['method']} {entry['path'].rsplit('/', 1)[-1]}" for entry in journal]

    def client(self, **settings: Any) -> ArmClient:  # noqa: ANN401 -- ArmSettings' own
        transport = httpx.ASGITransport(app=self.emulator)
        tokens = EmulatorTokens(ENDPOINT, transport=transport, clock=VirtualClock())
        given = {"endpoint": ENDPOINT, "tenants": TENANTS, "correlation_id": "run-1", **settings}
        return ArmClient(
            ArmSettings(**given), tokens, VirtualClock(), transport=transport, jitter=lambda: 0.5
        )


def ask(question: Callable[[ArmClient, World], Awaitable[T]], **settings: Any) -> T:  # noqa: ANN401
    """Ask a client over a fresh world, in virtual time."""

    async def asked() -> T:
        world = World()
        try:
            async with world.client(**settings) as client:
                return await question(client, world)
        finally:
            world.emulator.close()

    return run(asked())


def gpt_4o(capacity: int = 10, sku: str = "GlobalStandard", **properties: object) -> dict[str, Any]:
    """The body of a PUT."""
    model = {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}
    return {"sku": {"name": sku, "capacity": capacity}, "properties": {"model": model, **properties}}
