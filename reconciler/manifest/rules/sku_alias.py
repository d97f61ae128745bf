"""Rule `sku-alias`: a SKU name that only old documentation uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.sku import is_alias
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found

CODE = "sku-alias"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Read the text as it was written: the value has been rewritten already."""
    for deployment in desired.deployments:
        written = _written(deployment)
        if written is not None and is_alias(written):
            yield found(
                CODE,
                Severity.WARNING,
                deployment,
                ("sku", "name"),
                f"`{written}` is what old documentation calls `{deployment.spec.sku.name}`; "
                "no list that ARM returns has it",
                label=f"sent as {deployment.spec.sku.name}",
                source=str(catalogue.alias_source),
                fix=f"write {deployment.spec.sku.name}",
            )


def _written(deployment: DesiredDeployment) -> str | None:
    for layer in reversed(deployment.provenance.layers):
        sku = layer.stated.get("sku")
        if isinstance(sku, Mapping) and isinstance(name := sku.get("name"), str):
            return name
    return None


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "Until 2025-04-09 Microsoft's page on fine-tuned deployments called the regional provisioned SKU "
        "`ProvisionedStandard`. No list that ARM returns has that name: it is `ProvisionedManaged`. The "
        "manifest is understood and the right name is sent, so the alias never shows as drift. Write "
        "`ProvisionedManaged`."
    ),
    source=lambda catalogue: str(catalogue.alias_source),
    check=check,
)
