"""Api-versions: which ones exist, and what the oldest of them do otherwise.

Rule of this module: the lists are transcribed from the types generated for Azure/bicep-types-az at 1f896de2d
(2026-08-20). Which properties a version can see is in `deployment_fields`.
"""

import re

STABLE = (
    "2021-10-01",
    "2022-03-01",
    "2022-10-01",
    "2022-12-01",
    "2023-05-01",
    "2024-10-01",
    "2025-06-01",
    "2025-09-01",
    "2025-12-01",
    "2026-03-01",
    "2026-05-01",
    "2026-07-01",
    "2026-09-01",
)
PREVIEW = (
    "2023-10-01-preview",
    "2024-04-01-preview",
    "2024-06-01-preview",
    "2025-04-01-preview",
    "2025-07-01-preview",
    "2025-10-01-preview",
    "2026-01-15-preview",
    "2026-03-15-preview",
    "2026-05-15-preview",
    "2026-07-15-preview",
    "2026-09-15-preview",
)
"""The last two are known from the specification repository and azure-mgmt-cognitiveservices 15.0.0b6; what
they add to deployments is not transcribed."""
OLD_ACCOUNTS = ("2017-04-18", "2021-04-30")
"""Accepted for accounts, skus and operation results only."""

_ISO_VERSION = re.compile(r"^\d{4}-\d{2}-\d{2}(-preview)?$")

SKU_SINCE = "2023-05-01"
"""From here on capacity is said by `sku`; older versions say it by `scaleSettings`."""

ASYNC_STATE_UNTIL = "2022-03-01"
"""Up to here a synchronous PUT answers `Creating` (recorded with 2022-03-01)."""


def supported(since: str) -> tuple[str, ...]:
    """Versions that an operation has, newest first as ARM lists them; one of the old versions has all."""
    known = (*STABLE, *PREVIEW, *OLD_ACCOUNTS)
    return tuple(sorted((v for v in known if since in OLD_ACCOUNTS or v[:10] >= since), reverse=True))


def well_formed(version: str) -> bool:
    return _ISO_VERSION.match(version) is not None
