"""What ARM answers of a deployment and does not take: nothing of it is compared, sent or declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reconciler.domain.json_values import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOnly:
    """A property that ARM answers and does not take; `fix` is for whoever writes it in a manifest."""

    arm: Path
    fix: str = "remove it: ARM sets it"


# OpenAPI 2025-06-01, recordings 2021 to 2026. Compared without case: the spelling of some has drifted.
READ_ONLY: Final[tuple[ReadOnly, ...]] = (
    *(ReadOnly(arm=(name,)) for name in ("id", "name", "type", "etag", "systemData")),
    ReadOnly(arm=("properties", "provisioningState")),
    ReadOnly(arm=("properties", "capabilities")),
    ReadOnly(arm=("properties", "rateLimits")),
    ReadOnly(arm=("properties", "callRateLimit")),
    ReadOnly(arm=("properties", "currentCapacity"), fix="write `sku.capacity`: ARM mirrors it here"),
    ReadOnly(
        arm=("properties", "scaleSettings"),
        fix="write `sku`: ARM has refused scaleSettings since api-version 2023-05-01",
    ),
    ReadOnly(arm=("properties", "model", "callRateLimit")),
)


def read_only(*under: str) -> frozenset[str]:
    """The names, in lower case, that ARM answers and does not take in the object at `under`."""
    return frozenset(row.arm[-1].lower() for row in READ_ONLY if row.arm[:-1] == under)
