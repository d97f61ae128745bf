"""Rule `spillover-missing`: a spillover target that nobody declares."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import Unset
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found
from reconciler.manifest.rules.siblings import Siblings

CODE = "spillover-missing"

_SOURCE = "spillover stays within one account (Microsoft docs, spillover page)"


def check(desired: DesiredState, _catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Look up every target in its account."""
    siblings = Siblings(desired)
    for deployment in desired.deployments:
        target = deployment.spec.spillover_deployment_name
        if isinstance(target, Unset) or siblings.declares(deployment, target):
            continue
        yield found(
            CODE,
            Severity.WARNING,
            deployment,
            ("spilloverDeploymentName",),
            f"account `{deployment.id.account.name}` declares no deployment `{target}` to spill over to",
            label="not declared in this account",
            source=_SOURCE,
            fix=siblings.meant(deployment, target) or f"declare `{target}`, or ignore this if it exists",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "`spilloverDeploymentName` names a deployment of the same account. No manifest declares one of "
        "that name; it may exist undeclared, so this is a warning. If it does not exist, ARM refuses the "
        "write or requests spill nowhere."
    ),
    source=_SOURCE,
    check=check,
)
