"""SKUs and the capacities that belong to them.

The set of SKU names is open: the service adds some without notice, so an unknown name keeps its
spelling and is never a crash. Capacities of different units are different types and cannot be added.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SkuFamily(StrEnum):
    """What one unit of capacity means."""

    RATE = "rate"
    PROVISIONED = "provisioned"
    BATCH = "batch"
    UNKNOWN = "unknown"


class SkuReach(StrEnum):
    """Where the service may process a request."""

    REGIONAL = "regional"
    DATA_ZONE = "data-zone"
    GLOBAL = "global"
    UNKNOWN = "unknown"


# The nine public names as ARM lists them (locations/models, api-version 2025-06-01, 2026-04-23).
_KNOWN: dict[str, tuple[SkuFamily, SkuReach]] = {
    "Standard": (SkuFamily.RATE, SkuReach.REGIONAL),
    "GlobalStandard": (SkuFamily.RATE, SkuReach.GLOBAL),
    "DataZoneStandard": (SkuFamily.RATE, SkuReach.DATA_ZONE),
    "ProvisionedManaged": (SkuFamily.PROVISIONED, SkuReach.REGIONAL),
    "GlobalProvisionedManaged": (SkuFamily.PROVISIONED, SkuReach.GLOBAL),
    "DataZoneProvisionedManaged": (SkuFamily.PROVISIONED, SkuReach.DATA_ZONE),
    "GlobalBatch": (SkuFamily.BATCH, SkuReach.GLOBAL),
    "DataZoneBatch": (SkuFamily.BATCH, SkuReach.DATA_ZONE),
    "DeveloperTier": (SkuFamily.RATE, SkuReach.GLOBAL),
}
# Microsoft's fine-tuning page said ProvisionedStandard until 2025-04-09 (azure-ai-docs 6c8ccfa..24b31df).
_ALIASES = {"provisionedstandard": "ProvisionedManaged"}
_CANONICAL = {name.lower(): name for name in _KNOWN} | _ALIASES

# Microsoft, model retirements (2026-07-28); specification, Deployment.tsp, on pausing.
_PAY_AS_YOU_GO = frozenset({"Standard", "GlobalStandard", "DataZoneStandard"})

KNOWN_SKUS: tuple[str, ...] = tuple(_KNOWN)


@dataclass(frozen=True, slots=True, order=True)
class SkuName:
    """A SKU in ARM's spelling, whatever case or documented alias it was written in."""

    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _CANONICAL.get(self.name.lower(), self.name))

    @property
    def known(self) -> bool:
        """Whether this is one of the nine public SKUs."""
        return self.name in _KNOWN

    @property
    def family(self) -> SkuFamily:
        """What its capacity counts."""
        return _KNOWN[self.name][0] if self.known else SkuFamily.UNKNOWN

    @property
    def pay_as_you_go(self) -> bool:
        """Whether tokens are paid as they are used: what the service upgrades and what can be paused."""
        return self.name in _PAY_AS_YOU_GO

    @property
    def reach(self) -> SkuReach:
        """Where its requests may be processed."""
        return _KNOWN[self.name][1] if self.known else SkuReach.UNKNOWN

    def __str__(self) -> str:
        return self.name


PROVISIONED_SKUS = tuple(
    map(SkuName, ("ProvisionedManaged", "DataZoneProvisionedManaged", "GlobalProvisionedManaged"))
)


def is_alias(written: str) -> bool:
    """Whether `written` is a documented but wrong name that we rewrite (not a mere matter of case)."""
    return written.lower() in _ALIASES


@dataclass(frozen=True, slots=True, order=True)
class RateUnits:
    """Units of tokens (or requests) per minute; how many tokens one unit is differs per model and SKU."""

    amount: int

    def __str__(self) -> str:
        return f"{self.amount}"


@dataclass(frozen=True, slots=True, order=True)
class Ptu:
    """Provisioned throughput units."""

    amount: int

    def __str__(self) -> str:
        return f"{self.amount} PTU"


@dataclass(frozen=True, slots=True, order=True)
class BatchUnits:
    """Thousands of enqueued tokens."""

    amount: int

    def __str__(self) -> str:
        return f"{self.amount}"


Capacity = RateUnits | Ptu | BatchUnits


def capacity_of(sku: SkuName, amount: int) -> Capacity:
    """`amount` in the unit that `sku` counts in; an unknown SKU counts in rate units, as most do."""
    match sku.family:
        case SkuFamily.PROVISIONED:
            return Ptu(amount)
        case SkuFamily.BATCH:
            return BatchUnits(amount)
        case _:
            return RateUnits(amount)
