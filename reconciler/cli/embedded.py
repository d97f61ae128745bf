"""The emulator inside this process: `cloud: emulator` needs no set-up.

What the manifests name and the emulator's world lacks is created in it, and only in it, so that a
first plan has accounts to speak of.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import Region
from reconciler.emulator import application
from reconciler.errors import UsageProblem

# A manifest may leave an account's region and a subscription's tenant out; the emulated ones need both.
DEFAULT_REGION = Region("eastus2")
DEFAULT_TENANT = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"


@contextmanager
def embedded(
    state: Path | None, desired: DesiredState
) -> Iterator[tuple[httpx.ASGITransport, tuple[str, ...]]]:
    """A transport into the embedded emulator, and the ids of the accounts created in it just now."""
    emulator = application(state=state)
    try:
        try:
            created = emulator.ensure(_world(desired))
        except (OSError, ValueError) as problem:
            raise UsageProblem(
                f"the embedded emulator cannot hold this fleet: {problem}. Its state is "
                f"{state or 'in memory'}; --emulator-state names another, --endpoint an emulator that is "
                "served"
            ) from problem
        yield httpx.ASGITransport(app=emulator), created
    finally:
        emulator.close()


def _world(desired: DesiredState) -> dict[str, object]:
    """Accounts by what the whole fleet declares: a part of it may name a source in another part."""
    sources = [deployment.spec.model.source for deployment in desired.deployments]
    regions = desired.regions
    accounts = {
        source.account: regions.get(source.account, DEFAULT_REGION)
        for source in sources
        if source is not None
    }
    # What is also declared gets its declared region.
    accounts |= {item.id: item.region or DEFAULT_REGION for item in desired.accounts}
    tenants = {s.id.lower(): s.tenant for s in desired.fleet.subscriptions.values() if s.tenant}
    subscriptions = sorted({account.subscription.lower() for account in accounts} | set(tenants))
    return {
        "subscriptions": [
            {"subscriptionId": subscription, "tenantId": tenants.get(subscription, DEFAULT_TENANT)}
            for subscription in subscriptions
        ],
        "accounts": [
            {"id": str(account), "location": region.name} for account, region in sorted(accounts.items())
        ],
    }


@contextmanager
def price_list() -> Iterator[httpx.ASGITransport]:
    """A transport to the price list of an emulator of its own: it needs neither accounts nor state."""
    emulator = application(state=None)
    try:
        yield httpx.ASGITransport(app=emulator)
    finally:
        emulator.close()
