"""Reading the catalogue that ships with the package; the only function of the room that reads a file."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import cast

from reconciler.catalogue.packed import FORMAT, PackedCatalogue
from reconciler.catalogue.query import Catalogue


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The shipped catalogue, read at the first call. A missing or foreign file is a broken installation."""
    text = files("reconciler.catalogue").joinpath("data", "catalogue.json").read_text("utf-8")
    packed = cast("PackedCatalogue", json.loads(text))
    if packed["format"] != FORMAT:
        raise RuntimeError(
            f"catalogue.json has format {packed['format']}, this version reads {FORMAT}: reinstall reconciler"
        )
    return Catalogue(packed)
