"""What manifests say about money: the workload of a deployment, and what the Fleet knows of its bill."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from reconciler.domain.ids import Region
from reconciler.domain.sku import SkuName


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """The load of an average month: requests a minute, tokens a request, cached share of prompts (0 to 1)."""

    rpm: Decimal
    prompt_tokens: Decimal
    generated_tokens: Decimal = Decimal(0)
    cache_rate: Decimal = Decimal(0)


class ReservationType(StrEnum):
    """The deployment types that an Azure reservation is sold for."""

    GLOBAL = "Global"
    DATA_ZONE = "DataZone"
    REGIONAL = "Regional"

    @property
    def sku(self) -> SkuName:
        """The SKU whose PTUs the reservation pays for."""
        return SkuName(_SKUS[self])


_SKUS = {
    ReservationType.GLOBAL: "GlobalProvisionedManaged",
    ReservationType.DATA_ZONE: "DataZoneProvisionedManaged",
    ReservationType.REGIONAL: "ProvisionedManaged",
}


class ReservationTerm(StrEnum):
    """How long a reservation runs; a year is paid in twelve equal parts here, however it is billed."""

    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """PTUs that are paid for, used or not.

    `region` None: not stated; a Global reservation covers all regions. `subscription` is a GUID, None where
    the scope is shared.
    """

    type: ReservationType
    ptus: int
    region: Region | None = None
    subscription: str | None = None
    term: ReservationTerm = ReservationTerm.MONTH

    @property
    def name(self) -> str:
        """How people call it."""
        where = "" if self.type is ReservationType.GLOBAL or self.region is None else f" in {self.region}"
        return f"{self.ptus} {self.type.value} PTU{where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """How a fleet's money is counted. `prices` is the path of its own price list, None without one."""

    currency: str = "USD"
    hours_per_month: Decimal = Decimal(730)
    reservations: tuple[Reservation, ...] = ()
    prices: str | None = None
