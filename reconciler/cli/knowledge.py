"""Which catalogue and prices this run goes by: the shipped ones, under an overlay only where one is named.

A file that lies about is never picked up: what a pull request is told must not depend on a machine.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.catalogue.query import Catalogue
    from reconciler.domain.costs import Costs
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
