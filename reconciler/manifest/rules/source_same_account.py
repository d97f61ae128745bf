"""Rule `source-same-account`: a source that is the account itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found

CODE = "source-same-account"

_SOURCE = "fine-tuned deployments across accounts name the account that trained the model"


def check(desired: DesiredState, _catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Compare source and destination account."""
    for deployment in desired.deployments:
        origin = deployment.spec.model.source
        if origin is not None and origin.account == deployment.id.account:
            yield found(
                CODE,
                Severity.WARNING,
                deployment,
                ("model", "source"),
                f"the source of `{deployment.id.name}` is its own account `{origin.account.name}`",
                on_key=True,
                label="the account itself",
                source=_SOURCE,
                fix="leave source out, or name the account that trained the model",
            )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "The declared source is the account that the model is deployed in. A model trained there needs no "
        "source. Leave the line out; or, if the model was trained elsewhere, name that account."
    ),
    source=_SOURCE,
    check=check,
)
