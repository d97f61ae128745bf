"""Many creates over many accounts: as fast as one writer per account allows, and no conflict of our own."""

import asyncio

from reconciler.engine.outcome import ApplyReport
from tests.simulated.arm import SimulatedArm, World
from tests.simulated.fleets import REGION, account, desired, fleet
from tests.simulated.reconcile import reconcile
from tests.simulated.time import run

ACCOUNTS = tuple(f"acc{number:02}" for number in range(40))
EACH = 5
OPERATION = 10.0
"""Seconds: an operation that is over at the second look."""

LOOKS_BEFORE_AND_AFTER = 3
"""A GET before a write, the write, and a GET after it: what each deployment needs beside its operation."""


def test_two_hundred_creates_over_forty_accounts_take_no_conflict_and_hardly_more_than_the_ideal() -> None:
    """I-09, F-032: wall time at most 1.5 times the ideal schedule, where each account has its turn.

    With the default of 32 accounts at a time, eight of the forty wait for a turn.
    """
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
    assert took <= 1.5 * ideal, f"{took:.1f} s, ideal {ideal:.1f} s"
