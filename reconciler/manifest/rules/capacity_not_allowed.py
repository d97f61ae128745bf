"""Rule `capacity-not-allowed`: a capacity where the model has only one size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.capacity import ROUTE, Fault, verdicts
from reconciler.manifest.rules.rule import Rule, found, tables

CODE = "capacity-not-allowed"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Judge every declared capacity."""
    for wrong in verdicts(desired, catalogue, Fault.NOT_ALLOWED):
        yield found(
            CODE,
            wrong.severity,
            wrong.deployment,
            ROUTE,
            f"capacity {wrong.capacity} has no meaning for {wrong.subject_title}: it has one size, 1",
            label="must be 1, or left out",
            source=wrong.source,
            fix=wrong.fix,
        )


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "ARM lists the model with a maximum of 1 and without a rate: it is billed per token and has no "
        "size to choose. Leave the capacity out or write 1."
    ),
    source=tables,
    check=check,
)
