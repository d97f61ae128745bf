"""What every built catalogue must keep, whatever the facts say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.catalogue.packed import PackedCatalogue, PackedOffer, PackedSizes, PackedVersion
from reconciler.domain.sku import KNOWN_SKUS

_DATE = re.compile(r"^\d{4}-\d{2}(-\d{2})?$")
_STAGES = {"Preview", "GA", "Legacy", "Deprecated", "Retired"}


def problems(catalogue: PackedCatalogue) -> Iterator[str]:
    """Every broken invariant, as a line fit for a terminal."""
    for source in catalogue["sources"]:
        if not _DATE.match(source["as_of"]):
            yield f"source {source['id']}: {source['as_of']!r} is not a date"
    for number, regions in enumerate(catalogue["region_sets"]):
        for region in regions:
            if region not in catalogue["regions"]:
                yield f"region set {number}: {region!r} is not a known region"
    lowered = [name.lower() for name in catalogue["models"]]
    for name in sorted({n for n in lowered if lowered.count(n) > 1}):
        yield f"model {name}: listed under two spellings"
    for name, model in catalogue["models"].items():
        rows = {**model.get("versions", {}), "any": model.get("any_version", {})}
        for version, row in rows.items():
            yield from _version(f"{name} {version}", row)


def _version(what: str, row: PackedVersion) -> Iterator[str]:
    for group in (row.get("skus", {}), row.get("tuned", {})):
        for sku, offer in group.items():
            if sku not in KNOWN_SKUS:
                yield f"{what}: {sku!r} is not a known SKU"
            yield from _offer(f"{what} {sku}", offer)
    cycle = row.get("lifecycle", {})
    if "stage" in cycle and cycle["stage"] not in _STAGES:
        yield f"{what}: {cycle['stage']!r} is not a known stage"
    dates = [cycle.get("retires"), cycle.get("disputed_with"), cycle.get("tuned_retires")]
    for date in dates:
        if date is not None and not _DATE.match(date):
            yield f"{what}: {date!r} is not a date"


def _offer(what: str, offer: PackedOffer) -> Iterator[str]:
    every = [offer["sizes"]] if "sizes" in offer else []
    every = [*every, *offer.get("rivals", ()), *offer.get("local", {}).values()]
    for sizes in every:
        yield from _sizes(what, sizes)
    if "retires" in offer and not _DATE.match(offer["retires"]):
        yield f"{what}: {offer['retires']!r} is not a date"


def _sizes(what: str, sizes: PackedSizes) -> Iterator[str]:
    if sizes["step"] < 1 or sizes["minimum"] < 1:
        yield f"{what}: minimum {sizes['minimum']} and step {sizes['step']} must be 1 or more"
    if sizes.get("maximum", sizes["minimum"]) < sizes["minimum"]:
        yield f"{what}: maximum {sizes.get('maximum')} is below minimum {sizes['minimum']}"
