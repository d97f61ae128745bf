"""Fleets of any size: as manifests, and as the desired state that these mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reconciler.domain.deployment import DeploymentSpec, DesiredDeployment, ModelRef, Sku
from reconciler.domain.fleet import DesiredAccount, DesiredState, Fleet, Subscription
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.sku import SkuName, capacity_of

TENANT = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
FLEET = "bench"
MODEL, VERSION, SKU, CAPACITY = "gpt-4o", "2024-11-20", "GlobalStandard", 10
REGIONS = ("eastus2", "swedencentral", "northcentralus", "uksouth", "japaneast")

_FLEET = """apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {{name: {name}}}
spec:
  cloud: {cloud}
  subscriptions:
{subscriptions}
"""
_SET = """apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {{name: {name}}}
spec:
  account: {{subscription: s{subscription}, resourceGroup: rg, name: {name}, region: {region}}}
  deployments:
"""
_SPEC = DeploymentSpec(
    model=ModelRef(name=MODEL, version=VERSION),
    sku=Sku(name=SkuName(SKU), capacity=capacity_of(SkuName(SKU), CAPACITY)),
)
"""What each of them says; reading manifests, too, makes one value of what is said often."""

_ENTRY = """    - name: chat-{number}
      model: {{name: {model}, version: "{version}"}}
      sku: {{name: {sku}, capacity: {capacity}}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """So many accounts with so many deployments each, spread evenly over subscriptions of one region each."""

    accounts: int
    each: int
    subscriptions: int = 10

    def __str__(self) -> str:
        return f"{self.accounts:,} accounts of {self.each}"

    @property
    def words(self) -> list[str]:
        """As arguments of a program of this package."""
        return [str(self.accounts), str(self.each), str(self.subscriptions)]


def subscription(number: int) -> str:
    return f"{number:08d}-1111-1111-1111-111111111111"


def region(of_subscription: int) -> str:
    return REGIONS[of_subscription % len(REGIONS)]


def account(number: int, size: Size) -> AccountId:
    return AccountId(
        subscription=subscription(number % size.subscriptions),
        resource_group="rg",
        name=f"account-{number:05}",
    )


def desired_state(size: Size) -> DesiredState:
    """The state that `write_manifests` declares."""
    return DesiredState(
        fleet=Fleet(
            name=FLEET,
            cloud="emulator",
            subscriptions={
                f"s{n}": Subscription(id=subscription(n), tenant=TENANT) for n in range(size.subscriptions)
            },
        ),
        accounts=tuple(
            DesiredAccount(id=account(n, size), region=Region(region(n % size.subscriptions)), tenant=TENANT)
            for n in range(size.accounts)
        ),
        deployments=tuple(one for n in range(size.accounts) for one in declared(n, size)),
    )


def declared(number: int, size: Size) -> Iterator[DesiredDeployment]:
    """The deployments of one account."""
    where, home = Region(region(number % size.subscriptions)), account(number, size)
    for name in range(size.each):
        yield DesiredDeployment(
            id=DeploymentId(account=home, name=f"chat-{name}"), spec=_SPEC, region=where, tenant=TENANT
        )


def write_manifests(folder: Path, size: Size) -> Path:
    """One file per account and one for the fleet, as they would stand in a repository."""
    folder.mkdir(parents=True, exist_ok=True)
    aliases = "\n".join(
        f"    s{n}: {{id: {subscription(n)}, tenant: {TENANT}}}" for n in range(size.subscriptions)
    )
    fleet = _FLEET.format(name=FLEET, cloud="emulator", subscriptions=aliases)
    (folder / "fleet.yaml").write_text(fleet, "utf-8")
    for number in range(size.accounts):
        place = number % size.subscriptions
        head = _SET.format(name=account(number, size).name, subscription=place, region=region(place))
        entries = (
            _ENTRY.format(number=n, model=MODEL, version=VERSION, sku=SKU, capacity=CAPACITY)
            for n in range(size.each)
        )
        (folder / f"account-{number:05}.yaml").write_text(head + "".join(entries), "utf-8")
    return folder
