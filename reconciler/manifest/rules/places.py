"""Regions and SKUs that would work instead, for messages: nearest first."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import Subject
from reconciler.domain.ids import Region
from reconciler.domain.sku import SkuName


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


def skus_here(catalogue: Catalogue, what: Subject, region: Region) -> list[SkuName]:
    """The SKUs on which `region` is listed for a catalogue model."""
    offered = catalogue.skus_for(what.name, what.version) or ()
    lists = [(sku, catalogue.regions_for(what.name, what.version, sku)) for sku in offered]
    return [sku for sku, where in lists if where is not None and where.absent(region) is False]
