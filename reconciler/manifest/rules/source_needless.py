"""Rule `source-needless`: a source on a model that was not fine-tuned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import subject
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found

CODE = "source-needless"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Look at catalogue models with a source."""
    for deployment in desired.deployments:
        model = deployment.spec.model
        if model.source is not None and not subject(model, catalogue).fine_tuned:
            yield found(
                CODE,
                Severity.WARNING,
                deployment,
                ("model", "source"),
                f"`{model.name}` is no fine-tuned model, so it comes from no account",
                on_key=True,
                label="only for fine-tuned models and checkpoints",
                source=str(catalogue.tuned_source),
                fix="leave source out",
            )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "`model.source` says in which account a fine-tuned model was made. A catalogue model is the "
        "service's own and comes from no account. Leave the line out."
    ),
    source=lambda catalogue: str(catalogue.tuned_source),
    check=check,
)
