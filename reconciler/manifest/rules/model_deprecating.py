"""Rule `model-deprecating`: a model on its way out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.facts import Stage
from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.lifecycle import lives
from reconciler.manifest.rules.rule import Rule, found, tables

CODE = "model-deprecating"

_MEANING = {
    Stage.LEGACY: "legacy: it can be deployed",
    Stage.DEPRECATED: "deprecated: only subscriptions that have deployed it before can",
}


def check(desired: DesiredState, catalogue: Catalogue, today: date) -> Iterator[Diagnostic]:
    """Look at the stage of versions that are not retired yet."""
    for life in lives(desired, catalogue):
        meaning = _MEANING.get(life.stage) if life.stage else None
        if meaning is None or life.past(today):
            continue
        until = f" until it retires on {life.ends}" if life.ends else ""
        yield found(
            CODE,
            Severity.WARNING,
            life.deployment,
            life.route,
            f"{life.what.title} is {meaning}{until}",
            label=str(life.stage),
            source=life.source,
            fix=life.fix(today),
        )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "Microsoft calls the version Legacy (a successor exists) or Deprecated (only subscriptions that "
        "have deployed it before may deploy it again; ARM calls that Deprecating). Existing deployments "
        "go on until the retirement date. New work should start on the successor."
    ),
    source=tables,
    check=check,
)
