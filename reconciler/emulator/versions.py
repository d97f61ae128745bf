"""Api-versions: which ones exist, and which properties each of them can see.

Rule of this module: a property that a version does not know can neither be set nor read through it. The
tables are transcribed from the types generated for Azure/bicep-types-az at 1f896de2d (2026-08-20).
"""

import re
from collections.abc import Mapping

from reconciler.emulator.wire import Json

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

FIELDS: Mapping[str, tuple[str, str]] = {
    # path: (first preview or stable version, first stable version); "9999" = no stable version has it
    "sku": ("2023-05-01", "2023-05-01"),
    "tags": ("2023-10-01-preview", "2024-10-01"),
    "properties.capabilities": ("2022-10-01", "2022-10-01"),
    "properties.raiPolicyName": ("2022-10-01", "2022-10-01"),
    "properties.rateLimits": ("2023-05-01", "2023-05-01"),
    "properties.versionUpgradeOption": ("2023-05-01", "2023-05-01"),
    "properties.model.source": ("2023-05-01", "2023-05-01"),
    "properties.model.publisher": ("2024-10-01", "2024-10-01"),
    "properties.model.sourceAccount": ("2024-10-01", "2024-10-01"),
    "properties.dynamicThrottlingEnabled": ("2023-10-01-preview", "2024-10-01"),
    "properties.currentCapacity": ("2023-10-01-preview", "2024-10-01"),
    "properties.capacitySettings": ("2023-10-01-preview", "2024-10-01"),
    "properties.parentDeploymentName": ("2024-10-01", "2024-10-01"),
    "properties.spilloverDeploymentName": ("2025-04-01-preview", "2025-06-01"),
    "properties.serviceTier": ("2025-10-01-preview", "2025-12-01"),
    "properties.deploymentState": ("2025-10-01-preview", "2025-12-01"),
    "properties.routing": ("2025-10-01-preview", "2025-12-01"),
    "properties.modelProviderData": ("2025-10-01-preview", "2025-12-01"),
    "properties.contextCacheContainerId": ("2026-07-15-preview", "2026-09-01"),
    "properties.costControlIds": ("2026-09-15-preview", "9999"),
    "properties.speculativeDecoding": ("2026-05-15-preview", "9999"),
}

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


def knows(version: str, path: str) -> bool:
    """Whether a version has a property of deployments; paths outside the table are as old as the type."""
    if path not in FIELDS:
        return True
    any_first, stable_first = FIELDS[path]
    return version[:10] >= (any_first if version.endswith("-preview") else stable_first)[:10]


def visible(body: Json, version: str) -> Json:
    """The part of a deployment (request or answer) that a version knows."""
    return _keep(body, version, "")


def _keep(body: Json, version: str, above: str) -> Json:
    kept: Json = {}
    for name, value in body.items():
        path = f"{above}{name}"
        if not knows(version, path):
            continue
        descend = isinstance(value, dict) and path in {"properties", "properties.model"}
        kept[name] = _keep(value, version, f"{path}.") if descend else value
    return kept
