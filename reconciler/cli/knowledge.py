"""Which catalogue and prices this run goes by: the shipped ones, under an overlay only where one is named.

A file that lies about is never picked up: what a pull request is told must not depend on a machine. A name
that the catalogue does not have is wrong usage, and is answered with the nearest.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import UsageProblem

if TYPE_CHECKING:
    from reconciler.catalogue.query import Catalogue
    from reconciler.domain.costs import Costs
    from reconciler.domain.ids import Region
    from reconciler.domain.sku import SkuName
    from reconciler.prices.book import PriceBook


OVERLAY = "RECONCILER_CATALOGUE_OVERLAY"
PRICES_OVERLAY = "RECONCILER_PRICES_OVERLAY"


def catalogue() -> Catalogue:
    """The catalogue of this run."""
    from reconciler.catalogue.load import catalogue as shipped_catalogue
    from reconciler.catalogue.load import catalogue_with

    named = os.environ.get(OVERLAY, "")
    return catalogue_with(Path(named).resolve()) if named else shipped_catalogue()


def prices(costs: Costs) -> PriceBook:
    """The prices of this run: the shipped lists, a refreshed one over them, the Fleet's own over all."""
    return _prices(os.environ.get(PRICES_OVERLAY, ""), costs.prices or "")


@lru_cache(maxsize=4)
def _prices(overlay: str, own: str) -> PriceBook:
    from reconciler.prices.load import read_list, shipped

    book = shipped()
    if overlay:
        book = book.with_rows(read_list(Path(overlay).resolve()))
    return book.with_rows(read_list(Path(own), own=True)) if own else book


# -- names that people give ----------------------------------------------------------------------------


def model_name(known: Catalogue, model: str) -> str:
    """The model's own spelling."""
    found = known.model(model)
    if found is not None:
        return found.name
    raise UsageProblem(
        f"the catalogue of {known.date} has no model {model!r}. "
        + _near(model, known.models(), "`reconciler catalog models` lists all")
    )


def version_of(known: Catalogue, name: str, version: str) -> str:
    """The version's own spelling."""
    versions = known.versions(name)
    found = next((item for item in versions if item.lower() == version.lower()), None)
    if found is not None:
        return found
    raise UsageProblem(
        f"the catalogue of {known.date} has no version {version!r} of {name}. "
        f"Known: {', '.join(versions) or 'none'}"
    )


def version_or_default(known: Catalogue, name: str, version: str | None) -> str | None:
    """The version meant: the one given, else the default, else the newest known; None where none is."""
    if version is not None:
        return version_of(known, name, version)
    found, versions = known.model(name), known.versions(name)
    return (found.default_version if found else None) or (versions[-1] if versions else None)


def sku_name(sku: str) -> SkuName:
    """One of the public SKUs."""
    from reconciler.domain.sku import KNOWN_SKUS, SkuName

    found = SkuName(sku)
    if found.known:
        return found
    raise UsageProblem(
        f"there is no SKU {sku!r}. " + _near(sku, KNOWN_SKUS, f"SKUs are {', '.join(KNOWN_SKUS)}")
    )


def region_name(known: Catalogue, region: str) -> Region:
    """A region that some source lists."""
    found = known.region(region)
    if found is not None:
        return found.region
    names = [item.name for item in known.regions()]
    raise UsageProblem(
        f"the catalogue of {known.date} has no region {region!r}. "
        + _near(region, names, "`reconciler catalog regions` lists all")
    )


def _near(written: str, names: Iterable[str], otherwise: str) -> str:
    from reconciler.catalogue.near import misspelling_of, similar

    every = tuple(names)
    meant = misspelling_of(written, every)
    if meant is not None:
        return f"Did you mean {meant}?"
    found = similar(written, every)
    return f"Near it: {', '.join(found)}" if found else otherwise
