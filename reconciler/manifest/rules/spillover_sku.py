"""Rule `spillover-sku`: spillover from or to a SKU that does not do it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Related, Severity
from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.sku import SkuFamily, SkuName
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found
from reconciler.manifest.rules.siblings import Siblings

CODE = "spillover-sku"

_SOURCE = "spillover page (Microsoft docs)"


def check(desired: DesiredState, _catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Compare the SKUs of every declared pair."""
    siblings = Siblings(desired)
    for deployment in desired.deployments:
        name = deployment.spec.spillover_deployment_name
        if isinstance(name, Unset):
            continue
        own = deployment.spec.sku.name
        if own.known and own.family is not SkuFamily.PROVISIONED:
            yield _finding(
                deployment, None, Severity.ERROR, f"`{own}` cannot spill over: only provisioned SKUs can"
            )
        target = siblings.find(deployment, name)
        if target is None or target.id == deployment.id:
            continue
        theirs = target.spec.sku.name
        if theirs.known and not _standard(theirs):
            message = f"`{name}` is on `{theirs}`: only standard deployments take what spills over"
            yield _finding(deployment, target, Severity.ERROR, message)
        elif own.known and theirs.known and own.reach is not theirs.reach:
            message = f"`{own}` spills over to `{theirs}`: requests leave the {own.reach.value} level"
            yield _finding(deployment, target, Severity.WARNING, message)


def _standard(sku: SkuName) -> bool:
    return sku.family is SkuFamily.RATE and sku.name != "DeveloperTier"


def _finding(
    deployment: DesiredDeployment, target: DesiredDeployment | None, severity: Severity, message: str
) -> Diagnostic:
    place = None if target is None else target.provenance.place(("sku", "name"))
    return found(
        CODE,
        severity,
        deployment,
        ("spilloverDeploymentName",),
        message,
        label="provisioned to standard only" if severity is Severity.ERROR else "another processing level",
        source=_SOURCE,
        fix="name a standard deployment of the same level (GlobalProvisionedManaged to GlobalStandard, …)",
        related=() if place is None else (Related(message="the target's SKU", place=place),),
    )


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "Spillover leads from a provisioned deployment to a standard one of the same account. Any other "
        "pairing is an error. The two should also process data at the same level (global to global, data "
        "zone to data zone): older documentation demands it, the newer one is silent, so that is a "
        "warning."
    ),
    source=_SOURCE,
    check=check,
)
