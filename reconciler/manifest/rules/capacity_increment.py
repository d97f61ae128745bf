"""Rule `capacity-increment`: a capacity between two sizes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.capacity import ROUTE, Fault, verdicts
from reconciler.manifest.rules.rule import Rule, found, tables

CODE = "capacity-increment"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Judge every declared capacity."""
    for wrong in verdicts(desired, catalogue, Fault.INCREMENT):
        yield found(
            CODE,
            wrong.severity,
            wrong.deployment,
            ROUTE,
            f"capacity {wrong.capacity} is {wrong.problem} {wrong.subject_title}: {wrong.allowed}",
            label=f"must be {wrong.allowed}",
            source=wrong.source,
            fix=wrong.fix,
        )


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "Provisioned capacity comes in sizes: a minimum, then equal steps above it (`minimum + k * "
        "step`). Both depend on model, version, SKU and sometimes region. The message names the sizes "
        "just under and over the one declared. Where two tables of equal standing disagree, a capacity "
        "that fits only one is a warning. The old sample that scales a regional gpt-4o-mini deployment "
        "from 25 to 40 PTU breaks its own table: regional gpt-4o-mini has steps of 25."
    ),
    source=tables,
    check=check,
)
