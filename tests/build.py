"""The one place where a test's values become a declared deployment; each room of tests has its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.domain.deployment import UNSET, DeploymentSpec, DesiredDeployment, ModelRef, Sku, Unset
from reconciler.domain.ids import DeploymentId
from reconciler.domain.sku import SkuName, capacity_of


def declared(
    identity: DeploymentId,
    model: ModelRef,
    sku: str,
    capacity: int | Unset,
    *,
    tags: Mapping[str, str | None] | Unset = UNSET,
    settings: Mapping[str, Any] | None = None,
    **more: Any,  # noqa: ANN401 -- further fields of a declared deployment, typed there
) -> DesiredDeployment:
    """A declared deployment; capacities are in the unit of their SKU, `settings` by ARM's names."""
    spelled = SkuName(sku)
    amount = capacity if isinstance(capacity, Unset) else capacity_of(spelled, capacity)
    spec = DeploymentSpec(
        model=model, sku=Sku(name=spelled, capacity=amount), tags=tags, settings=settings or {}
    )
    return DesiredDeployment(id=identity, spec=spec, **more)
