"""Rule `model-retiring-soon`: a model that retires within the days the Fleet names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.lifecycle import lives
from reconciler.manifest.rules.rule import Rule, counted, found, tables

CODE = "model-retiring-soon"


def check(desired: DesiredState, catalogue: Catalogue, today: date) -> Iterator[Diagnostic]:
    """Compare every future date with the Fleet's limits."""
    limits = desired.fleet.retirement
    for life in lives(desired, catalogue):
        days = life.days_left(today)
        if days is None or life.retired or days <= 0:
            continue
        failing = limits.fail_within_days > 0 and days <= limits.fail_within_days
        if not failing and days > limits.warn_within_days:
            continue
        yield found(
            CODE,
            Severity.ERROR if failing else Severity.WARNING,
            life.deployment,
            life.route,
            f"{life.what.title} retires on {life.ends}, in {counted(days, 'day')}",
            label=f"retires on {life.ends}",
            source=life.source,
            fix=life.fix(today),
        )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "The model version retires within `retirement.warnWithinDays` (90 unless the Fleet says "
        "otherwise); within `failWithinDays` it is an error. Plan the move: deploy the successor under a "
        "new name, then cut over. If a table gives two dates, the earlier counts."
    ),
    source=tables,
    check=check,
)
