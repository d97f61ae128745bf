"""Rule `model-retired`: a model that is retired, or whose retirement date has passed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.lifecycle import lives
from reconciler.manifest.rules.rule import Rule, counted, found, tables

CODE = "model-retired"


def check(desired: DesiredState, catalogue: Catalogue, today: date) -> Iterator[Diagnostic]:
    """Look at status first, then at the date."""
    strict = desired.fleet.retirement.fail_within_days > 0
    for life in lives(desired, catalogue):
        if life.retired:
            since = f" since {life.ends}" if life.past(today) else ""
            message = f"{life.what.title} has been retired{since}"
        elif life.past(today):
            message = (
                f"{life.what.title} was to retire on {life.ends}, {counted(life.days_ago(today), 'day')} ago"
            )
        else:
            continue
        yield found(
            CODE,
            Severity.ERROR if life.retired or strict else Severity.WARNING,
            life.deployment,
            life.route,
            message,
            label="retired" if life.retired else f"to retire on {life.ends}",
            source=life.source,
            fix=life.fix(today),
        )


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "A retired model takes no new deployments, and existing ones answer 410. Retired by status is an "
        "error. A retirement date in the past alone is a warning, because dates have moved; with "
        "`retirement.failWithinDays` above 0 in the Fleet it is an error. For fine-tuned models the date "
        "of fine-tuned deployments counts, which is later than the base's. Move to the successor."
    ),
    source=tables,
    check=check,
)
