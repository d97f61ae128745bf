"""Rule `fine-tune-region`: a region in which models fine-tuned from this base are not listed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import subject
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.places import nearest_first
from reconciler.manifest.rules.rule import Rule, found, listing, tables

CODE = "fine-tune-region"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Compare with the regions listed for models fine-tuned from the base."""
    for deployment in desired.deployments:
        what, sku, region = (
            subject(deployment.spec.model, catalogue),
            deployment.spec.sku.name,
            deployment.region,
        )
        if (
            what.known is None
            or not what.fine_tuned
            or region is None
            or catalogue.region(region.name) is None
        ):
            continue
        where = catalogue.fine_tune_regions(what.name, what.version, sku)
        if where is None or not where.absent(region):
            continue
        regions = nearest_first(catalogue, region, where.regions)
        yield found(
            CODE,
            Severity.WARNING,
            deployment,
            ("sku", "name"),
            f"{what.title} on `{sku}` is not listed in {region}; it is in {listing(regions)}",
            label=f"not listed in {region}",
            source=str(where.source),
            fix=f"use an account in {' or '.join(str(r) for r in regions[:2])}",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "The table of fine-tuned deployments does not list this base on this SKU in the account's region. "
        "A warning, because the tables change and leave regions out. The newest table counts: regional "
        "provisioned gpt-4o and gpt-4o-mini moved from Switzerland West to Sweden Central, and global "
        "SKUs are in every region."
    ),
    source=tables,
    check=check,
)
