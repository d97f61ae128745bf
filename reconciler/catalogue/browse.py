"""Listing what the catalogue knows: models, and what each is offered as.

A filter only leaves rows out when a source speaks against them or is silent about them; what a row does
not know is None in it and never a default.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler.catalogue.facts import Availability, DefaultQuota, LifecycleFacts, PtuFacts, Sizes, Source
from reconciler.catalogue.query import Catalogue, Version
from reconciler.domain.deployment import UNSET
from reconciler.domain.ids import Region
from reconciler.domain.sku import KNOWN_SKUS, SkuName


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to list; None leaves that side open. Names are in the catalogue's own spelling."""

    model: str | None = None
    version: str | None = None
    sku: SkuName | None = None
    region: Region | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """One version of one model; `version` None where no version of the model is known.

    `skus` None means that no source lists them all. `source` is that of the most telling fact, `listed_by`
    that of the SKUs.
    """

    name: str
    version: str | None
    default: bool
    format: str | None
    life: LifecycleFacts | None
    skus: tuple[SkuName, ...] | None
    source: Source | None
    listed_by: Source | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow:
    """One model version on one SKU, as such or fine-tuned.

    `refused` is the source that says in so many words that it is not offered; `sizes`, `regions` and
    `ptu` are None where no source tells.
    """

    name: str
    version: str | None
    sku: SkuName
    fine_tuned: bool
    refused: Source | None
    sizes: Sizes | None
    regions: Availability | None
    ptu: PtuFacts | None


def models(catalogue: Catalogue, wanted: Wanted) -> Iterator[ModelRow]:
    """Every version that matches, in the catalogue's order."""
    for name, version in _versions(catalogue, wanted):
        asked = UNSET if version is None else version
        offered = [row for row in _offers(catalogue, name, version, fine_tuned=False) if row.refused is None]
        if wanted.sku is not None and not any(row.sku == wanted.sku for row in offered):
            continue
        if not _in_region([r for r in offered if wanted.sku in {None, r.sku}], wanted.region):
            continue
        model, life = catalogue.model(name), catalogue.lifecycle(name, asked)
        # The source that lists an offer is the table of regions, else that of the sizes.
        listings = (row.regions or row.sizes for row in offered)
        listed_by = next((listing.source for listing in listings if listing is not None), None)
        sources = (None if life is None else life.source, listed_by, None if model is None else model.source)
        yield ModelRow(
            name=name,
            version=version,
            default=model is not None and version is not None and model.default_version == version,
            format=None if model is None else model.format,
            life=life,
            skus=catalogue.skus_for(name, asked),
            source=next((source for source in sources if source is not None), None),
            listed_by=listed_by,
        )


def offers(catalogue: Catalogue, wanted: Wanted) -> Iterator[OfferRow]:
    """Every combination of model version and SKU of which something is known, fine-tuned ones after."""
    for name, version in _versions(catalogue, wanted):
        for fine_tuned in (False, True):
            for row in _offers(catalogue, name, version, fine_tuned=fine_tuned, region=wanted.region):
                if wanted.sku is not None and row.sku != wanted.sku:
                    continue
                if _in_region([row], wanted.region):
                    yield row


def quotas(
    catalogue: Catalogue, *, model: str | None, sku: SkuName | None, tier: str | None
) -> Iterator[DefaultQuota]:
    """The documented default quotas; with a tier, what that tier has, without batch, which has no tiers."""
    for row in catalogue.default_quotas():
        if model is not None and row.model.lower() != model.lower():
            continue
        if sku is not None and row.sku != sku:
            continue
        limits = tuple(limit for limit in row.limits if tier in {None, limit.scope})
        if limits:
            yield replace(row, limits=limits)


def _versions(catalogue: Catalogue, wanted: Wanted) -> Iterator[tuple[str, str | None]]:
    for name in catalogue.models() if wanted.model is None else (wanted.model,):
        known: tuple[str | None, ...] = catalogue.versions(name) or (None,)
        for version in known:
            if wanted.version is None or version == wanted.version:
                yield name, version


def _offers(
    catalogue: Catalogue, name: str, version: str | None, *, fine_tuned: bool, region: Region | None = None
) -> Iterator[OfferRow]:
    asked: Version = UNSET if version is None else version
    listed = (catalogue.fine_tune_skus if fine_tuned else catalogue.skus_for)(name, asked) or ()
    for sku in (SkuName(known) for known in KNOWN_SKUS):
        places = catalogue.fine_tune_regions if fine_tuned else catalogue.regions_for
        row = OfferRow(
            name=name,
            version=version,
            sku=sku,
            fine_tuned=fine_tuned,
            refused=None if fine_tuned else catalogue.refuses(name, asked, sku),
            sizes=catalogue.offer(name, asked, sku, region, fine_tuned=fine_tuned),
            regions=places(name, asked, sku),
            ptu=catalogue.ptu(name, asked),
        )
        if sku in listed or row.refused or row.sizes or row.regions:
            yield row


def _in_region(rows: list[OfferRow], region: Region | None) -> bool:
    """Whether some row is listed in the region; any row will do if no region is asked for."""
    if region is None:
        return True
    return any(row.regions is not None and row.regions.absent(region) is False for row in rows)
