"""Rule `region-not-offered`: a region in which a model is not listed on its SKU."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import subject
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.places import nearest_first, skus_here
from reconciler.manifest.rules.rule import Rule, choice, found, listing, tables

CODE = "region-not-offered"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Compare with the regions listed for model, version and SKU."""
    for deployment in desired.deployments:
        what, sku, region = (
            subject(deployment.spec.model, catalogue),
            deployment.spec.sku.name,
            deployment.region,
        )
        if what.known is None or what.fine_tuned or region is None or catalogue.region(region.name) is None:
            continue
        where = catalogue.regions_for(what.name, what.version, sku)
        if where is None or not where.absent(region):
            continue
        here = skus_here(catalogue, what, region)
        also = f"; {region} has it on {listing(here)}" if here else ""
        yield found(
            CODE,
            Severity.WARNING,
            deployment,
            ("sku", "name"),
            f"{what.title} on `{sku}` is not listed in {region}; it is in "
            f"{listing(nearest_first(catalogue, region, where.regions))}{also}",
            label=f"not listed in {region}",
            source=str(where.source),
            fix=f"use {choice(here)}, or an account in another region"
            if here
            else "use an account in another region",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "The region tables do not list the model version on this SKU in the account's region. It is a "
        "warning because the tables leave regions out that ARM has: in a comparison over 32 regions all "
        "that was documented existed, and a few more did. A plan asks ARM itself. The message names "
        "regions where the combination is listed, nearest first, and SKUs that this region has."
    ),
    source=tables,
    check=check,
)
