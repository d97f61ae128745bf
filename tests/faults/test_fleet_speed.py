"""Many creates over many accounts: as fast as one writer per account allows, and no conflict of our own."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from reconciler.arm.client import ArmClient, ArmSettings
from reconciler.arm.pacing import Bucket
from reconciler.arm.tokens import EmulatorTokens
from reconciler.domain.fleet import DesiredState
from reconciler.emulator import Emulator, application
from reconciler.engine.apply import apply
from reconciler.engine.observe import observe_for_plan
from reconciler.engine.outcome import ApplyReport, Silence
from reconciler.plan.make import make_plan
from tests.simulated.arm import SimulatedArm, World
from tests.simulated.fleets import REGION, SUBSCRIPTION, account, desired, fleet
from tests.simulated.reconcile import PERMISSIVE, reconcile
from tests.simulated.time import VirtualClock, run

ACCOUNTS = tuple(f"acc{number:02}" for number in range(40))
EACH = 5
OPERATION = 10.0
"""Seconds: an operation that is over at the second look."""

LOOKS_BEFORE_AND_AFTER = 3
"""A GET before a write, the write, and a GET after it: what each deployment needs beside its operation."""

BAR = 1.3
"""Times the ideal schedule, at the default number of requests at once and at one below that of accounts."""


def test_two_hundred_creates_over_forty_accounts_take_no_conflict_and_hardly_more_than_the_ideal() -> None:
    """I-09, F-032: in the ideal schedule each account has one writer, and all go on at once."""
    the_world = World(accounts={account(name): REGION for name in ACCOUNTS}, long_seconds=OPERATION)
    many = [
        desired(f"d{number}", in_account=name, sku="ProvisionedManaged", capacity=50)
        for name in ACCOUNTS
        for number in range(EACH)
    ]
    arm = SimulatedArm(the_world)

    async def scenario() -> tuple[ApplyReport, float]:
        report = await reconcile(fleet(*many, accounts=ACCOUNTS), arm)
        return report, asyncio.get_running_loop().time()

    report, took = run(scenario())
    assert report.succeeded
    assert len(report.items) == len(ACCOUNTS) * EACH
    assert the_world.overlaps == []
    ideal = EACH * (OPERATION + LOOKS_BEFORE_AND_AFTER * arm.latency)
    assert took <= BAR * ideal, f"{took:.1f} s, ideal {ideal:.1f} s"


# -- the whole client and the emulator, over HTTP without a socket -------------------------------------------

LATENCY = 0.05
DEFAULTS = ArmSettings(endpoint="http://127.0.0.1")
TENANT = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"


def _served() -> Emulator:
    accounts = [{"id": str(account(name)), "location": REGION.name, "kind": "OpenAI"} for name in ACCOUNTS]
    subscriptions = [{"subscriptionId": SUBSCRIPTION, "tenantId": TENANT}]
    return application(
        world={"subscriptions": subscriptions, "accounts": accounts}, latency_ms=round(LATENCY * 1000)
    )


class Counting(httpx.ASGITransport):
    """Counts what is in flight at once, keeps every status, and fills ARM's buckets in virtual time.

    The emulator's own buckets refill by its clock, which is a real one, so they are switched off.
    """

    def __init__(self, app: Emulator) -> None:
        super().__init__(app=app)
        self.now = self.most = 0
        self.statuses: list[int] = []
        self.buckets = {"GET": Bucket(250, 25, 250, 0.0), "PUT": Bucket(200, 10, 200, 0.0)}
        self.overdrawn = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        bucket = self.buckets.get(request.method)
        if bucket is not None and "_emulator" not in request.url.path:
            self.overdrawn += bucket.take(VirtualClock().monotonic()) > 0
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            answer = await super().handle_async_request(request)
        finally:
            self.now -= 1
        self.statuses.append(answer.status_code)
        return answer


def _many() -> DesiredState:
    several = [
        desired(f"d{number}", in_account=name, model="gpt-4.1", version="2025-04-14", capacity=1)
        for name in ACCOUNTS
        for number in range(EACH)
    ]
    return fleet(*several, accounts=ACCOUNTS)


async def _applied(
    state: DesiredState, transport: Counting, settings: ArmSettings
) -> tuple[ApplyReport, float]:
    tokens = EmulatorTokens(settings.endpoint, transport=transport, clock=VirtualClock())
    async with ArmClient(
        replace(settings, tenants={SUBSCRIPTION: TENANT}), tokens, VirtualClock(), transport=transport
    ) as arm:
        plan = make_plan(state, await observe_for_plan(state, arm), policy=PERMISSIVE)
        began = VirtualClock().monotonic()
        report = await apply(plan, arm, VirtualClock(), Silence(), jitter=lambda: 0.0)
        return report, VirtualClock().monotonic() - began


async def _served_and_applied(
    state: DesiredState, settings: ArmSettings, *, polls: int, seconds: int
) -> tuple[ApplyReport, float, Counting]:
    """The report, how long it took, and what the emulator saw; operations end with so many polls."""
    emulator = _served()
    transport = Counting(emulator)
    try:
        async with httpx.AsyncClient(transport=transport, base_url=DEFAULTS.endpoint) as plain:
            await plain.post("/_emulator/settings", json={"throttling": "off"})
            await plain.post("/_emulator/lro", json={"polls": polls, "retryAfter": seconds, "for": "all"})
        return *await _applied(state, transport, settings), transport
    finally:
        emulator.close()


@pytest.mark.parametrize("settings", [DEFAULTS, replace(DEFAULTS, parallelism=32)], ids=["default", "32"])
def test_at_the_default_settings_the_whole_client_keeps_the_bar_without_a_409_or_a_429(
    settings: ArmSettings,
) -> None:
    """I-09, F-099: operations of two polls; also with fewer requests at once than there are accounts."""
    state = _many()

    report, took, transport = run(_served_and_applied(state, settings, polls=2, seconds=10))
    assert [item.fault for item in report.items if item.fault] == []
    assert report.succeeded
    assert 409 not in transport.statuses
    assert transport.overdrawn == 0, "ARM would have answered 429"
    assert transport.most <= min(settings.parallelism, 2 * len(ACCOUNTS))
    # GET, PUT, two polls ten seconds apart as ARM asks, GET
    ideal = EACH * (5 * LATENCY + 2 * 10)
    assert took <= BAR * ideal, f"{took:.1f} s, ideal {ideal:.1f} s"


def test_one_request_at_a_time_still_lets_all_operations_go_on_at_once() -> None:
    """`--parallelism` bounds what is sent, not what is waited for."""
    state = _many()

    one_request = replace(DEFAULTS, parallelism=1)
    report, took, transport = run(_served_and_applied(state, one_request, polls=1, seconds=60))
    assert report.succeeded
    assert transport.most == 1
    sending = len(ACCOUNTS) * EACH * 4 * LATENCY
    assert took <= EACH * 60 + sending + 60
