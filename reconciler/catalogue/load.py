"""Reading the catalogue that ships with the package, and an overlay; the only module that reads a file."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import cast

from reconciler.catalogue.packed import FORMAT, PackedCatalogue
from reconciler.catalogue.query import Catalogue
from reconciler.errors import UsageProblem


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The shipped catalogue, read at the first call. A missing or foreign file is a broken installation."""
    return Catalogue(_shipped())


@lru_cache(maxsize=4)
def catalogue_with(overlay: Path) -> Catalogue:
    """The shipped catalogue under an overlay; UsageProblem where that cannot be read."""
    from reconciler.catalogue.overlay import LARGEST, lay_over, read_overlay  # noqa: PLC0415 -- pydantic

    packed = _shipped()
    try:
        with overlay.open("rb") as stream:
            text = stream.read(LARGEST + 1)
        lay_over(packed, read_overlay(text), overlay.name)
    except (OSError, ValueError, RecursionError) as problem:
        words = problem.strerror if isinstance(problem, OSError) and problem.strerror else problem
        raise UsageProblem(
            f"the catalogue overlay {overlay} cannot be used: {words}. `reconciler catalog refresh "
            f"--overlay {overlay}` writes it again; unset RECONCILER_CATALOGUE_OVERLAY to do without it"
        ) from problem
    return Catalogue(packed)


def _shipped() -> PackedCatalogue:
    text = files("reconciler.catalogue").joinpath("data", "catalogue.json").read_text("utf-8")
    packed = cast("PackedCatalogue", json.loads(text))
    if packed["format"] != FORMAT:
        raise RuntimeError(
            f"catalogue.json has format {packed['format']}, this version reads {FORMAT}: "
            "reinstall aoai-reconciler"
        )
    return packed
