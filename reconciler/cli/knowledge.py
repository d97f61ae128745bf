"""Which catalogue this run goes by: the shipped one, under an overlay only where one is named.

A file that lies about is never picked up: what a pull request is told must not depend on a machine.
"""

from __future__ import annotations

import os
from pathlib import Path

from reconciler.catalogue.load import catalogue as shipped
from reconciler.catalogue.load import catalogue_with
from reconciler.catalogue.query import Catalogue

OVERLAY = "RECONCILER_CATALOGUE_OVERLAY"


def catalogue() -> Catalogue:
    """The catalogue of this run."""
    named = os.environ.get(OVERLAY, "")
    return catalogue_with(Path(named).resolve()) if named else shipped()
