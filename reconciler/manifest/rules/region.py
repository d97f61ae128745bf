"""Rules about regions: whether they exist, and what is listed in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from reconciler.catalogue.near import misspelling_of, similar
from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import choice, did_you_mean, listing
from reconciler.domain.ids import Region
from reconciler.manifest.rules.rule import (
    ERROR,
    WARNING,
    Declaration,
    Finding,
    RuleContext,
    once,
    rule,
    tables,
    wordings,
)


def nearest_first(catalogue: Catalogue, here: Region, regions: Sequence[Region]) -> list[Region]:
    """The same geography first, then the same data zone, then the rest; each part by name."""
    own = catalogue.region(here.name)

    def far(region: Region) -> tuple[int, str]:
        fact = catalogue.region(region.name)
        if own is None or fact is None:
            return 2, region.name
        if fact.geography == own.geography:
            return 0, region.name
        same_zone = fact.data_zone is not None and fact.data_zone == own.data_zone
        return 1 if same_zone else 2, region.name

    return sorted(regions, key=far)


@rule("region-not-offered", WARNING, wordings, source=tables)
def region_not_offered(this: Declaration) -> Iterator[Finding]:
    """The region tables do not list the model version on this SKU in the account's region.

    It is a warning because the tables leave regions out that ARM has: in a comparison over 32 regions all
    that was documented existed, and a few more did. A plan asks ARM itself. The message names regions where
    the combination is listed, nearest first, and SKUs that this region has.
    """
    what, region, catalogue = this.what, this.known_region, this.catalogue
    if what.known is None or what.fine_tuned or region is None:
        return
    where = catalogue.regions_for(what.name, what.version, this.sku)
    if where is None or not where.absent(region):
        return
    offered = catalogue.skus_for(what.name, what.version) or ()
    lists = [(sku, catalogue.regions_for(what.name, what.version, sku)) for sku in offered]
    here = [sku for sku, known in lists if known is not None and known.absent(region) is False]
    also = f"; {region} has it on {listing(here)}" if here else ""
    yield Finding(
        ("sku", "name"),
        f"{what.title} on `{this.sku}` is not listed in {region}; it is in "
        f"{listing(nearest_first(catalogue, region, where.regions))}{also}",
        label=f"not listed in {region}",
        source=str(where.source),
        fix=f"use {f'{choice(here)}, or ' if here else ''}an account in another region",
    )


@rule("unknown-region", WARNING, once, source=tables)
def unknown_region(context: RuleContext) -> Iterator[Finding]:
    """The account's declared region is none of those that ARM lists for this provider.

    The declaration is an assertion about the account, so a wrong one blocks the account's plan. Any
    spelling is understood ("East US 2", "eastus2"). Nothing that depends on the region can be checked
    before it is right.
    """
    catalogue = context.catalogue
    names = [region.name for region in catalogue.regions()]
    for account in context.desired.accounts:
        if account.region is None or cloud_of(account.region, catalogue) is not None:
            continue
        meant = misspelling_of(account.region.name, names)
        yield Finding(
            ("region",),
            f"region `{account.region}` is not among the {len(names)} that list models",
            about=account,
            label="unknown region",
            source=f"region table of the catalogue, {catalogue.date}",
            fix=did_you_mean(meant, similar(account.region.name, names))
            or "`az account list-locations` has the names",
        )


SOVEREIGN: Final[Mapping[str, frozenset[str]]] = {
    "AzureUSGovernment": frozenset(
        {"usgovvirginia", "usgovarizona", "usgovtexas", "usgoviowa", "usdodcentral", "usdodeast"}
    ),
    "AzureChinaCloud": frozenset(
        {"chinanorth", "chinanorth2", "chinanorth3", "chinaeast", "chinaeast2", "chinaeast3"}
    ),
}
"""Regions of the clouds that the catalogue's tables leave out, as `az account list-locations` names them."""


def cloud_of(region: Region, catalogue: Catalogue) -> str | None:
    """The cloud that a region belongs to; None where no source says."""
    if catalogue.region(region.name) is not None:
        return "AzureCloud"
    return next((cloud for cloud, regions in SOVEREIGN.items() if region.name in regions), None)


@rule("region-cloud", ERROR, once, source="regions of each cloud, by `az account list-locations`")
def region_cloud(context: RuleContext) -> Iterator[Finding]:
    """The account's declared region belongs to another cloud than the Fleet's.

    Azure Government (`usgov...`) and Azure in China (`china...`) have regions, addresses and sign-ins of
    their own, so nothing there can be reached through another cloud. Correct the region, or the Fleet's
    `cloud`. The emulator takes the regions of all clouds.
    """
    fleet = context.desired.fleet.cloud
    for account in context.desired.accounts:
        cloud = None if account.region is None else cloud_of(account.region, context.catalogue)
        if cloud is None or fleet in {cloud, "emulator"}:
            continue
        yield Finding(
            ("region",),
            f"region `{account.region}` is one of {cloud}, and the fleet's cloud is {fleet}",
            about=account,
            label=f"a region of {cloud}",
            fix=f"write a region of {fleet}, or cloud: {cloud} in the Fleet",
        )
