"""Rule `capacity-maximum`: a capacity over the largest size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import sizes_of
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.sku import SkuFamily
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.capacity import ROUTE, Fault, declared, verdicts
from reconciler.manifest.rules.rule import Rule, found, tables

CODE = "capacity-maximum"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Judge every declared capacity."""
    for wrong in verdicts(desired, catalogue, Fault.MAXIMUM):
        yield found(
            CODE,
            wrong.severity,
            wrong.deployment,
            ROUTE,
            f"capacity {wrong.capacity} is over the maximum of {wrong.subject_title}, {wrong.sizes.maximum}",
            label=f"must be {wrong.sizes.maximum} or less",
            source=wrong.source,
            fix=f"use {wrong.sizes.maximum} or less, or several deployments",
        )
    limit = catalogue.limit("max-ptu-per-deployment")
    for deployment in desired.deployments:
        capacity, sizes = declared(deployment), sizes_of(deployment, catalogue)
        if capacity is None or capacity <= limit.value or (sizes is not None and sizes.maximum is not None):
            continue
        if deployment.spec.sku.name.family is SkuFamily.PROVISIONED:
            yield found(
                CODE,
                Severity.ERROR,
                deployment,
                ROUTE,
                f"capacity {capacity} is over {limit.value} PTU, the most one deployment can have",
                label=f"must be {limit.value} or less",
                source=str(limit.source),
                fix=f"use {limit.value} or less, or several deployments",
            )


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "The capacity is larger than ARM lets one deployment of this model be on this SKU. This is a "
        "limit per deployment, apart from quota. Split the load over several deployments, or use another "
        "SKU."
    ),
    source=tables,
    check=check,
)
