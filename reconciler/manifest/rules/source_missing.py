"""Rule `source-missing`: a fine-tuned model without a source in a region that trains none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import subject
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found, tables

CODE = "source-missing"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Look at fine-tuned models without a source."""
    training = catalogue.training_regions()
    for deployment in desired.deployments:
        model, region = deployment.spec.model, deployment.region
        if model.source is not None or not subject(model, catalogue).fine_tuned or region is None:
            continue
        if catalogue.region(region.name) is None or not training.absent(region):
            continue
        yield found(
            CODE,
            Severity.WARNING,
            deployment,
            ("model", "name"),
            f"`{model.name}` has no source, and accounts in {region} do not train models",
            label="trained in another account",
            source=str(training.source),
            fix="add source: {subscription, resourceGroup, account} of the account that trained it",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "A fine-tuned model lives in the account that trained it. Deployed elsewhere it needs "
        "`model.source`, the account it comes from. The account's region trains no models, so the model "
        "must come from another one. Add `source: {subscription, resourceGroup, account}`."
    ),
    source=tables,
    check=check,
)
