"""A local overlay: ARM's own lists of some regions at one moment, laid over the shipped catalogue.

Rule of this module: what ARM lists in a region is a fact of that region and that day. It adds models,
versions, SKUs and regions, corrects sizes and dates that an older source gave, and takes nothing away that
another source knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from reconciler.catalogue.packed import (
    PackedCatalogue,
    PackedHosting,
    PackedLifecycle,
    PackedOffer,
    PackedReplacement,
    PackedSizes,
    PackedVersion,
)
from reconciler.domain.deployment import JsonValue
from reconciler.domain.document import Document
from reconciler.domain.ids import Region
from reconciler.domain.offer_json import OfferDocument
from reconciler.domain.state import Offer

FORMAT: Final = 1
LARGEST = 32 * 1024 * 1024
"""Bytes of an overlay that are read: sixty regions of some two thousand offers are a third of it."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What ARM listed, by region; `day` is ARM's own date of it."""

    day: date
    cloud: str
    offers: Mapping[Region, Sequence[Offer]]


class OverlayDocument(Document):
    """The overlay as it is kept in a file."""

    format: Literal[1]
    refreshed: str
    cloud: str
    regions: dict[str, tuple[OfferDocument, ...]]


def to_document(overlay: Overlay) -> dict[str, JsonValue]:
    """The overlay as it is kept in a file."""
    return OverlayDocument(
        format=FORMAT,
        refreshed=overlay.day.isoformat(),
        cloud=overlay.cloud,
        regions={
            region.name: tuple(map(OfferDocument.of, offers))
            for region, offers in sorted(overlay.offers.items())
        },
    ).to_json()


def read_overlay(text: bytes) -> Overlay:
    """An overlay from its file's text; ValueError says what is wrong with it."""
    if len(text) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
    found = OverlayDocument.read(text)
    return Overlay(
        day=date.fromisoformat(found.refreshed),
        cloud=found.cloud,
        offers={
            Region(name): tuple(offer.offer() for offer in offers) for name, offers in found.regions.items()
        },
    )


def lay_over(packed: PackedCatalogue, overlay: Overlay, name: str) -> None:
    """Change `packed` into what it and the overlay say together; `name` is the file, for messages."""
    names = ", ".join(region.name for region in sorted(overlay.offers))
    packed["sources"].append(
        {
            "id": "overlay",
            "title": f"ARM model lists of {names}, refreshed into {name}",
            "as_of": overlay.day.isoformat(),
            "live": True,
        }
    )
    layer = _Layer(packed, len(packed["sources"]) - 1)
    for region, offers in sorted(overlay.offers.items()):
        if region.name not in packed["recorded_regions"]:
            packed["recorded_regions"].append(region.name)
        for offer in offers:
            layer.add(region.name, offer)


class _Layer:
    """Puts offers into packed rows, each with the overlay as its source."""

    def __init__(self, packed: PackedCatalogue, source: int) -> None:
        self._packed = packed
        self._source = source
        self._spelled = {name.lower(): name for name in packed["models"]}

    def add(self, region: str, offer: Offer) -> None:
        if not offer.model_version:
            return
        row = self._version(offer)
        group = row.setdefault("tuned", {}) if offer.for_fine_tuned else row.setdefault("skus", {})
        known = group.get(offer.sku.name)
        if known is None:
            known = group[offer.sku.name] = PackedOffer(source=self._source)
        known.pop("offered", None)
        self._add_region(known, region)
        self._size(known, region, offer)
        if offer.retires and _DAY.match(offer.retires) and self._newer_than(known.get("retires_source")):
            known["retires"], known["retires_source"] = offer.retires[:10], self._source
        if offer.lifecycle_status and self._newer_than(known.get("status_source")):
            known["status"], known["status_source"] = offer.lifecycle_status, self._source
        if offer.hosted_on:
            row["hosted"] = PackedHosting(on=offer.hosted_on, source=self._source)
            known["pool"] = offer.pool
        if not offer.for_fine_tuned:
            self._live(row.setdefault("lifecycle", PackedLifecycle()), offer)

    def _newer_than(self, source: int | None) -> bool:
        """Whether the overlay has a say against another source: not where that one looked later."""
        sources = self._packed["sources"]
        return source is None or sources[source]["as_of"] <= sources[self._source]["as_of"]

    def _version(self, offer: Offer) -> PackedVersion:
        name = self._spelled.setdefault(offer.model_name.lower(), offer.model_name)
        model = self._packed["models"].setdefault(
            name, {"format": offer.model_format, "source": self._source}
        )
        if offer.publisher:
            model.setdefault("publisher", offer.publisher)
        return model.setdefault("versions", {}).setdefault(offer.model_version, PackedVersion())

    def _add_region(self, known: PackedOffer, region: str) -> None:
        sets = self._packed["region_sets"]
        before = sets[known["regions"]] if "regions" in known else []
        if region not in before:
            after = sorted({*before, region})
            known["regions"] = sets.index(after) if after in sets else len(sets)
            sets += [after] if known["regions"] == len(sets) else []

    def _size(self, known: PackedOffer, region: str, offer: Offer) -> None:
        """ARM gives no range for what has any capacity from 1 up; that says nothing new."""
        if offer.minimum is None or offer.step is None or offer.minimum < 0 or offer.step < 1:
            return
        usual = known.get("sizes")
        if usual is not None and (usual["minimum"], usual["step"]) == (offer.minimum, offer.step):
            return
        if usual is not None and not self._newer_than(usual["source"]):
            return
        found = PackedSizes(minimum=offer.minimum, step=offer.step, source=self._source)
        if offer.maximum is not None:
            found["maximum"] = offer.maximum
        if usual is None:
            known["sizes"] = found
        else:
            known.setdefault("local", {})[region] = found

    def _live(self, cycle: PackedLifecycle, offer: Offer) -> None:
        if offer.lifecycle_status and self._newer_than(cycle.get("status_source")):
            cycle["status"], cycle["status_source"] = offer.lifecycle_status, self._source
        if "retires" not in cycle and "stage" not in cycle and offer.retires and _DAY.match(offer.retires):
            cycle["retires"], cycle["source"] = offer.retires[:10], self._source
        if (said := offer.replacement) is not None:
            packed = cycle["replacement"] = PackedReplacement(model=said.model, source=self._source)
            if said.version:
                packed["version"] = said.version
            if said.starts:
                packed["starts"] = said.starts[:10]
