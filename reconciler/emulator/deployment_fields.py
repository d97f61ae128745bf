"""What a deployment's body holds: one row for each path, and the only place where a new property is entered.

Rule of this module: a property that an api-version does not know can neither be set nor read through it.
Versions are transcribed from the types generated for Azure/bicep-types-az at 1f896de2d (2026-08-20).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from reconciler.emulator.wire import Json

_NEVER = "9999"
_PROPERTY, _MODEL = "properties.", "properties.model."


class Field(NamedTuple):
    """One path of a body.

    `json` is the JSON type it must have; None where it is read-only or may be anything. `since` is the first
    api-version, preview or stable, that knows it and `stable` the first stable one where that is another;
    without them a path is as old as the type. `echoed` reads back as written, and not at all when left out.
    """

    path: str
    json: type | None = None
    since: str = ""
    stable: str = ""
    echoed: bool = False
    nullable: bool = False
    """Whether the specification lets it be null."""


FIELDS = (
    Field("sku", dict, "2023-05-01"),
    Field("sku.name", str),
    Field("sku.capacity", int),
    Field("sku.tier", str),
    Field("sku.size", str),
    Field("sku.family", str),
    Field("tags", dict, "2023-10-01-preview", "2024-10-01"),
    Field("properties", dict),
    Field("properties.model", dict),
    Field("properties.model.publisher", str, "2024-10-01"),
    Field("properties.model.format", str),
    Field("properties.model.name", str),
    Field("properties.model.version", str),
    Field("properties.model.source", str, "2023-05-01"),
    Field("properties.model.sourceAccount", str, "2024-10-01"),
    Field("properties.versionUpgradeOption", str, "2023-05-01"),
    Field("properties.currentCapacity", None, "2023-10-01-preview", "2024-10-01"),
    Field("properties.capabilities", None, "2022-10-01"),
    Field("properties.raiPolicyName", str, "2022-10-01"),
    Field("properties.modelProviderData", dict, "2025-10-01-preview", "2025-12-01", echoed=True),
    Field("properties.modelProviderData.industry", str),
    Field("properties.modelProviderData.organizationName", str),
    Field("properties.modelProviderData.countryCode", str),
    Field("properties.parentDeploymentName", str, "2024-10-01", echoed=True),
    Field("properties.spilloverDeploymentName", str, "2025-04-01-preview", "2025-06-01", echoed=True),
    Field("properties.dynamicThrottlingEnabled", bool, "2023-10-01-preview", "2024-10-01", echoed=True),
    Field("properties.capacitySettings", dict, "2023-10-01-preview", "2024-10-01", echoed=True),
    Field("properties.contextCacheContainerId", str, "2026-07-15-preview", "2026-09-01", echoed=True),
    Field("properties.serviceTier", str, "2025-10-01-preview", "2025-12-01", echoed=True, nullable=True),
    Field("properties.deploymentState", str, "2025-10-01-preview", "2025-12-01", echoed=True, nullable=True),
    Field("properties.routing", dict, "2025-10-01-preview", "2025-12-01", echoed=True),
    Field("properties.speculativeDecoding", None, "2026-05-15-preview", _NEVER, echoed=True),
    Field("properties.costControlIds", list, "2026-09-15-preview", _NEVER, echoed=True),
    Field("properties.scaleSettings", dict),
    Field("properties.scaleSettings.scaleType", str),
    Field("properties.scaleSettings.capacity", int),
    Field("properties.provisioningState"),
    Field("properties.rateLimits", None, "2023-05-01"),
    Field("properties.callRateLimit"),
    Field("properties.headerOverrides"),
)
"""In the order in which ARM answers them (recorded); other properties are ignored (recorded)."""

VERSIONED = tuple(field for field in FIELDS if field.since)
SHAPES: Mapping[str, type] = {field.path: field.json for field in FIELDS if field.json is not None}
SKU_PARTS = tuple(path.removeprefix("sku.") for path, *_ in FIELDS if path.startswith("sku."))
MODEL_PARTS = tuple(path.removeprefix(_MODEL) for path, *_ in FIELDS if path.startswith(_MODEL))
ECHOED = tuple(field.path.removeprefix(_PROPERTY) for field in FIELDS if field.echoed)
NULLABLE = frozenset(field.path.removeprefix(_PROPERTY) for field in FIELDS if field.nullable)
PROPERTIES = frozenset(path.split(".")[1] for path, *_ in FIELDS if path.startswith(_PROPERTY))
_SINCE = {field.path: (field.since, field.stable or field.since) for field in VERSIONED}


@lru_cache(maxsize=4096)
def knows(version: str, path: str) -> bool:
    """Whether a version has a property of deployments; paths without a version are as old as the type."""
    since, stable = _SINCE.get(path, ("", ""))
    return version[:10] >= (since if version.endswith("-preview") else stable)[:10]


def visible(body: Json, version: str, above: str = "") -> Json:
    """The part of a deployment (request or answer) that a version knows; `above` is where a body stands."""
    return {
        name: visible(value, version, f"{above}{name}.")
        if isinstance(value, dict) and f"{above}{name}" in {"properties", "properties.model"}
        else value
        for name, value in body.items()
        if knows(version, f"{above}{name}")
    }
