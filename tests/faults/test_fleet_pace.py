"""A thousand accounts against ARM's own buckets, in virtual time: no throttle met, no second given away."""

import asyncio
import json
import random
from collections import defaultdict
from dataclasses import dataclass, field

import httpx
import pytest

from reconciler.arm.client import ArmClient, ArmSettings
from reconciler.domain.fleet import DesiredAccount
from reconciler.domain.ids import AccountId, Region
from reconciler.domain.state import Listed
from reconciler.engine.observe import observe
from tests.simulated.time import VirtualClock, run
from tests.unit.arm.scripted import ENDPOINT, CountedTokens

ACCOUNTS = 1_000
SIZE, REFILL = 250, 25
CONNECTIONS, CONNECTING = 128, 0.2
"""The first requests are late, since their connections are made: ARM's bucket fills later than ours."""
LISTS_OF_A_SUBSCRIPTION = 3
"""Accounts; models and usages of its one region."""


@dataclass
class ThrottlingArm:
    """ARM's front door for readers: a real bucket per subscription, and a latency of its own per request."""

    seed: int
    latencies: tuple[float, float] = (0.05, 0.25)
    throttled: int = 0
    asked: int = 0
    begun: int = 0
    levels: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 -- repeatable, no secret
        self._names: dict[str, list[str]] = defaultdict(list)
        self._clock = VirtualClock()

    def holds(self, accounts: list[AccountId]) -> None:
        for account in accounts:
            self._names[account.subscription].append(str(account))

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Half of the latency lies before the bucket and half behind it, in different parts each time."""
        if self.begun < CONNECTIONS:
            self.begun += 1
            await self._clock.sleep(CONNECTING)
        await self._clock.sleep(self._random.uniform(*self.latencies) / 2)
        self.asked += 1
        subscription = request.url.path.split("/")[2]
        left = self._draw(subscription)
        await self._clock.sleep(self._random.uniform(*self.latencies) / 2)
        if left < 0:
            self.throttled += 1
            fault = {"error": {"code": "SubscriptionRequestsThrottled", "message": "slower"}}
            return httpx.Response(429, json=fault, headers={"Retry-After": "17"})
        remaining = {"x-ms-ratelimit-remaining-subscription-reads": str(int(left))}
        return httpx.Response(200, content=self._answer(request.url.path, subscription), headers=remaining)

    def _draw(self, subscription: str) -> float:
        now = self._clock.monotonic()
        level, at = self.levels.get(subscription, (float(SIZE), now))
        level = min(float(SIZE), level + (now - at) * REFILL) - 1
        self.levels[subscription] = (max(level, level + (level < 0)), now)
        return level

    def _answer(self, path: str, subscription: str) -> bytes:
        listed = self._names[subscription] if path.endswith("/accounts") else []
        return json.dumps({"value": [{"id": name, "location": "eastus2"} for name in listed]}).encode()


def subscription(number: int) -> str:
    return f"{number:08d}-1111-1111-1111-111111111111"


def read(arm: ThrottlingArm, subscriptions: int) -> float:
    """Seconds that it takes to observe the fleet, every account of it."""
    names = [
        AccountId(subscription=subscription(n % subscriptions), resource_group="rg", name=f"a{n:04}")
        for n in range(ACCOUNTS)
    ]
    arm.holds(names)
    fleet = [DesiredAccount(id=name, region=Region("eastus2")) for name in names]

    async def scenario() -> float:
        client = ArmClient(
            ArmSettings(endpoint=ENDPOINT),
            CountedTokens(),
            VirtualClock(),
            transport=httpx.MockTransport(arm),
        )
        async with client:
            seen = await observe(fleet, client)
            took = asyncio.get_running_loop().time()
        assert all(isinstance(reading, Listed) for reading in seen.readings.values())
        return took

    return run(scenario())


@pytest.mark.parametrize("seed", [1, 2])
def test_a_thousand_accounts_of_one_subscription_take_what_arm_allows_and_no_429(seed: int) -> None:
    """F-037: within 5 % of (N - 250) / 25 s, however late and disordered the answers are."""
    arm = ThrottlingArm(seed)
    took = read(arm, subscriptions=1)
    requests = ACCOUNTS + LISTS_OF_A_SUBSCRIPTION
    assert (arm.asked, arm.throttled) == (requests, 0)
    assert took <= 1.05 * (requests - SIZE) / REFILL


def test_a_thousand_accounts_of_ten_subscriptions_wait_for_nobody() -> None:
    arm = ThrottlingArm(3, latencies=(0.1, 0.1))
    took = read(arm, subscriptions=10)
    requests = ACCOUNTS + 10 * LISTS_OF_A_SUBSCRIPTION
    assert (arm.asked, arm.throttled) == (requests, 0)
    at_once = ArmSettings(endpoint=ENDPOINT).parallelism
    assert took <= CONNECTING + (requests / at_once + 3) * 0.1
