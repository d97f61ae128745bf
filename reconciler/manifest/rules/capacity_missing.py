"""Rule `capacity-missing`: a SKU without a capacity."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import sizes_of
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import Unset
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.capacity import sizeless
from reconciler.manifest.rules.rule import Rule, found, misspelt, tables

CODE = "capacity-missing"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Name the smallest size where it is known."""
    for deployment in desired.deployments:
        sku = deployment.spec.sku
        sizes = sizes_of(deployment, catalogue)
        if (
            not isinstance(sku.capacity, Unset)
            or not sku.name.known
            or misspelt(deployment, ("sku",), "capacity")
            or (sizes is not None and sizeless(sizes))
        ):
            continue
        ignored = "sku.capacity" in deployment.lifecycle.ignore_changes
        least = f"; the smallest is {sizes.minimum}" if sizes is not None else ""
        yield found(
            CODE,
            Severity.WARNING if ignored else Severity.ERROR,
            deployment,
            ("sku",),
            f"`{sku.name}` needs a capacity to be created with{least}",
            on_key=True,
            label="no capacity",
            source=str(sizes.source)
            if sizes is not None
            else f"SKU table of the catalogue, {catalogue.date}",
            fix=f"add capacity: {sizes.minimum}" if sizes is not None else "add capacity",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "A deployment cannot be created without a capacity: PTUs on provisioned SKUs, rate units on "
        "standard ones, thousands of enqueued tokens on batch ones. If something else sets the capacity "
        "later, state the first one and list `sku.capacity` under `lifecycle.ignoreChanges`; with that "
        "line alone the finding is a warning. Models that have one size only, and SKUs we do not know, "
        "need none."
    ),
    source=tables,
    check=check,
)
