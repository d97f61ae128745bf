"""Rule `model-version-missing`: a model without a version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import subject
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import Unset
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found, misspelt

CODE = "model-version-missing"

_SOURCE = "Microsoft.CognitiveServices specification, 2025-06-01"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Say which version ARM would take, where that is known."""
    for deployment in desired.deployments:
        if not isinstance(deployment.spec.model.version, Unset):
            continue
        if misspelt(deployment, ("model",), "version"):
            continue
        what = subject(deployment.spec.model, catalogue)
        default = what.known.default_version if what.known and not what.fine_tuned else None
        now = f" (`{default}` in the catalogue of {catalogue.date})" if default else ""
        wanted = "1" if what.fine_tuned else default
        yield found(
            CODE,
            Severity.INFO,
            deployment,
            ("model", "name"),
            f"`{deployment.spec.model.name}` has no version: the service picks its default one{now}",
            label="no version",
            source=_SOURCE,
            fix=f'write version: "{wanted}" to pin it' if wanted else "write a version to pin it",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.INFO,
    explanation=(
        "Without a version the service takes its default one at the time of the first write, and what is "
        "deployed depends on the day. The field is then not managed: a later upgrade by the service is no "
        'drift. Write the version to pin it; fine-tuned models have version "1".'
    ),
    source=_SOURCE,
    check=check,
)
