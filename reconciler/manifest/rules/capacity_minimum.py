"""Rule `capacity-minimum`: a capacity under the smallest size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import sizes_of
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.capacity import ROUTE, Fault, declared, verdicts
from reconciler.manifest.rules.rule import Rule, found, tables

CODE = "capacity-minimum"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Judge every declared capacity."""
    for wrong in verdicts(desired, catalogue, Fault.MINIMUM):
        yield found(
            CODE,
            wrong.severity,
            wrong.deployment,
            ROUTE,
            f"capacity {wrong.capacity} is under the minimum of {wrong.subject_title}: {wrong.allowed}",
            label=f"must be {wrong.sizes.minimum} or more",
            source=wrong.source,
            fix=wrong.fix,
        )
    for deployment in desired.deployments:
        capacity = declared(deployment)
        if capacity is not None and capacity < 1 and sizes_of(deployment, catalogue) is None:
            yield found(
                CODE,
                Severity.ERROR,
                deployment,
                ROUTE,
                f"capacity {capacity} is under 1, which is the least any deployment has",
                label="must be 1 or more",
                source="ARM's InvalidCapacity",
                fix="use 1 or more",
            )


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "The capacity is smaller than the smallest deployment of this model on this SKU. Provisioned "
        "deployments have a documented minimum; for every other SKU it is 1."
    ),
    source=tables,
    check=check,
)
