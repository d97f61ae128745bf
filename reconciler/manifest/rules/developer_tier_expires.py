"""Rule `developer-tier-expires`: a deployment that the service deletes after a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found, tables

CODE = "developer-tier-expires"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Look at every deployment on the developer tier."""
    lifetime = catalogue.limit("developer-tier-lifetime-hours")
    for deployment in desired.deployments:
        if deployment.spec.sku.name.name == "DeveloperTier":
            yield found(
                CODE,
                Severity.WARNING,
                deployment,
                ("sku", "name"),
                f"the service deletes `{deployment.id.name}` {lifetime.value} hours after its creation",
                label=f"lives {lifetime.value} hours",
                source=str(lifetime.source),
                fix="use Standard or GlobalStandard for a deployment that must stay",
            )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "`DeveloperTier` deployments live 24 hours and are then deleted by the service. Declared in a "
        "manifest, such a deployment goes missing every day: drift reports it as expired. Use it for "
        "trying a model out, and another SKU for anything that must stay."
    ),
    source=tables,
    check=check,
)
