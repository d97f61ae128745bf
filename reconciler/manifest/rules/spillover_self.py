"""Rule `spillover-self`: a deployment that spills over to itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import Unset
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found

CODE = "spillover-self"

_SOURCE = "spillover page (Microsoft docs)"


def check(desired: DesiredState, _catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Compare every target with its own deployment."""
    for deployment in desired.deployments:
        target = deployment.spec.spillover_deployment_name
        if not isinstance(target, Unset) and target.lower() == deployment.id.name.lower():
            yield found(
                CODE,
                Severity.ERROR,
                deployment,
                ("spilloverDeploymentName",),
                f"`{deployment.id.name}` spills over to itself",
                label="the deployment itself",
                source=_SOURCE,
                fix="name a standard deployment of the same account",
            )


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "Spillover sends what a provisioned deployment cannot take to another, standard deployment of the "
        "account. A deployment cannot be its own target; names are compared without regard to case."
    ),
    source=_SOURCE,
    check=check,
)
