"""From what is declared or observed to what is billed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.domain.costs import Workload
from reconciler.domain.deployment import DesiredDeployment, ModelRef, Unset
from reconciler.domain.ids import Region
from reconciler.domain.state import ObservedDeployment
from reconciler.prices.bill import Deployed

UNBILLED_STATES: Final = frozenset({"creating", "failed", "canceled", "disabled"})
"""States in which it is not documented whether a deployment is billed."""


def declared(
    desired: DesiredDeployment, region: Region | None, observed: ObservedDeployment | None = None
) -> Deployed:
    """What a declared deployment will be; what the manifest leaves open is as observed."""
    model = desired.spec.model
    stated = None if isinstance(model.version, Unset) else model.version
    name, version = _model(model, stated or (observed.model_version if observed else None))
    capacity = desired.spec.sku.capacity
    known = observed.capacity if observed else None
    return Deployed(
        id=desired.id,
        region=region or desired.region,
        sku=desired.spec.sku.name,
        capacity=known if isinstance(capacity, Unset) else capacity.amount,
        model=name,
        version=version,
        format=model.format,
        fine_tuned=model.fine_tuned,
        priority=desired.spec.settings.get("serviceTier") == "Priority",
        workload=desired.workload,
    )


def deployed_now(
    observed: ObservedDeployment, region: Region | None, workload: Workload | None = None
) -> Deployed:
    """What an observed deployment is; its workload is what its manifest says, for ARM knows none."""
    model = ModelRef(name=observed.model_name or "", format=observed.model_format or "OpenAI")
    name, version = _model(model, observed.model_version)
    properties = observed.resource.get("properties")
    tier = properties.get("serviceTier") if isinstance(properties, Mapping) else None
    state = observed.provisioning_state.lower()
    return Deployed(
        id=observed.id,
        region=region,
        sku=observed.sku,
        capacity=observed.capacity,
        model=name,
        version=version,
        format=model.format,
        fine_tuned=model.fine_tuned,
        priority=tier == "Priority",
        workload=workload,
        state=observed.provisioning_state if state in UNBILLED_STATES else "",
    )


def _model(model: ModelRef, version: str | None) -> tuple[str | None, str | None]:
    """Name and version that meters go by: those of the base of a fine-tuned model."""
    if not model.fine_tuned:
        return model.name or None, version or None
    base = model.tuned_from
    return (base.name, base.version) if base else (None, None)
