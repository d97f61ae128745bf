"""Rule `fine-tune-id`: a name meant for a fine-tuned model that has no form of one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import subject
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found

CODE = "fine-tune-id"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Look at names that are meant to be fine-tuned."""
    for deployment in desired.deployments:
        model = deployment.spec.model
        if not subject(model, catalogue).malformed:
            continue
        yield found(
            CODE,
            Severity.ERROR if model.format.lower() == "openai" else Severity.WARNING,
            deployment,
            ("model", "name"),
            f"`{model.name}` is not the id of a fine-tuned model or of a checkpoint",
            label="neither <base>-<version>.ft-<32 hex> nor ftchkpt-<32 hex>",
            source=str(catalogue.tuned_source),
            fix="copy fine_tuned_model from the finished fine-tuning job",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "Fine-tuned models are named `<base>-<base version>.ft-<32 hex digits>`, optionally with a "
        "suffix, and checkpoints `ftchkpt-<32 hex digits>`. Copy the id from the finished job "
        "(`fine_tuned_model`); the placeholders of samples and OpenAI's own `ft:...` names are refused. "
        "For models of other publishers the form is not documented, and the finding is a warning."
    ),
    source=lambda catalogue: str(catalogue.tuned_source),
    check=check,
)
