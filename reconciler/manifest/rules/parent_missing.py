"""Rule `parent-missing`: a parent deployment that nobody declares."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import Unset
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found
from reconciler.manifest.rules.siblings import Siblings

CODE = "parent-missing"

_SOURCE = "Microsoft.CognitiveServices specification, 2024-10-01"


def check(desired: DesiredState, _catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Look up every parent in its account."""
    siblings = Siblings(desired)
    for deployment in desired.deployments:
        parent = deployment.spec.parent_deployment_name
        if isinstance(parent, Unset) or siblings.declares(deployment, parent):
            continue
        yield found(
            CODE,
            Severity.WARNING,
            deployment,
            ("parentDeploymentName",),
            f"account `{deployment.id.account.name}` declares no deployment `{parent}` to be the parent",
            label="not declared in this account",
            source=_SOURCE,
            fix=siblings.meant(deployment, parent) or f"declare `{parent}`, or ignore this if it exists",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "`parentDeploymentName` names a deployment of the same account. No manifest declares one of that "
        "name; it may exist undeclared, so this is a warning."
    ),
    source=_SOURCE,
    check=check,
)
