"""Asking the catalogue. Names of models, versions, SKUs and regions are compared without case.

One rule: an answer is either a fact with its source or None for "no source says"; nothing here turns
"not documented" into "no".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import TypeVar, cast

from reconciler.catalogue import unpack
from reconciler.catalogue.facts import (
    Availability,
    DefaultQuota,
    Hosting,
    LifecycleFacts,
    Limit,
    Model,
    PtuFacts,
    RegionFact,
    Sizes,
    SkuFact,
    Source,
    Unit,
)
from reconciler.catalogue.packed import PackedCatalogue, PackedModel, PackedOffer, PackedVersion
from reconciler.domain.deployment import UNSET, Unset
from reconciler.domain.ids import Region
from reconciler.domain.sku import KNOWN_SKUS, SkuName

Version = str | Unset
_Ask = TypeVar("_Ask", bound=Callable[..., object])


def _remembered(ask: _Ask) -> _Ask:
    """`ask`, whose answers are kept as long as the process lasts: catalogues never change, and are few."""
    return cast("_Ask", lru_cache(maxsize=None)(ask))


class Catalogue:
    """What models, versions, SKUs, regions and sizes exist, as of `date`.

    `newest_source` is the date of the newest source as text; `alias_source` tells of the SKU name that
    documentation once got wrong, `tuned_source` how fine-tuned models are deployed,
    `zone_source` which data zone a region is in.
    """

    def __init__(self, packed: PackedCatalogue) -> None:
        self._packed = packed
        self._sources = tuple(
            Source(id=s["id"], title=s["title"], as_of=s["as_of"], live=s["live"]) for s in packed["sources"]
        )
        self._canonical = {name.lower(): name for name in packed["models"]}
        self._recorded = frozenset(Region(name) for name in packed["recorded_regions"])
        self._regions = {
            name: RegionFact(
                region=Region(name),
                display_name=row["display_name"],
                geography=row["geography"],
                data_zone=row.get("data_zone"),
                kinds=tuple(row["kinds"]),
            )
            for name, row in packed["regions"].items()
        }
        self.date = date.fromisoformat(packed["date"])
        self.newest_source = max(source.as_of for source in self._sources)
        self.alias_source = self._sources[packed["alias_source"]]
        self.tuned_source = self._sources[packed["tuned_source"]]
        self.zone_source = self._sources[packed["zone_source"]]

    # Models and versions

    def models(self) -> tuple[str, ...]:
        """Every model's name, in its own spelling."""
        return tuple(self._packed["models"])

    def model(self, name: str) -> Model | None:
        """A model by name; None if no source names it."""
        spelled = self._canonical.get(name.lower())
        if spelled is None:
            return None
        packed = self._packed["models"][spelled]
        versions = packed.get("versions", {})
        return Model(
            name=spelled,
            format=packed.get("format"),
            publisher=packed.get("publisher"),
            versions=tuple(versions),
            default_version=next((v for v, row in versions.items() if row.get("default")), None),
            source=self._sources[packed["source"]] if "source" in packed else None,
        )

    def versions(self, name: str) -> tuple[str, ...]:
        """The known versions of a model; empty if the model or its versions are not known."""
        packed = self._model(name)
        return () if packed is None else tuple(packed.get("versions", {}))

    # Offers

    @_remembered
    def skus_for(self, model: str, version: Version = UNSET) -> tuple[SkuName, ...] | None:
        """The SKUs of a model version; None unless some source lists them all.

        Without a version, the SKUs of any version.
        """
        rows = list(self._rows(model, version))
        if not rows or not all(row.get("listed") for row in rows):
            return None
        names = {s for row in rows for s, offer in row.get("skus", {}).items() if offer.get("offered", True)}
        return tuple(SkuName(name) for name in KNOWN_SKUS if name in names)

    def doubtful(self, model: str, version: Version, sku: SkuName) -> bool:
        """Whether a later source fixes, without naming the SKU, that the list of SKUs has grown."""
        return any(sku.name in row.get("doubtful", ()) for row in self._rows(model, version))

    def refuses(self, model: str, version: Version, sku: SkuName) -> Source | None:
        """The source that says in so many words that the model is not offered on `sku`."""
        for row in self._rows(model, version):
            offer = row.get("skus", {}).get(sku.name)
            if offer is not None and not offer.get("offered", True):
                return self._sources[offer["source"]]
        return None

    @_remembered
    def offer(
        self,
        model: str,
        version: Version,
        sku: SkuName,
        region: Region | None = None,
        *,
        fine_tuned: bool = False,
    ) -> Sizes | None:
        """The sizes of a model version on a SKU; None if no source lists the combination.

        `model` and `version` name the base when `fine_tuned`. Without a version, those of the default
        version, or of every version that has the SKU: where they differ, the others are rivals.
        """
        found = [
            sizes
            for row in self._rows(model, version)
            for offer in (_group(row, fine_tuned=fine_tuned).get(sku.name),)
            if offer is not None
            for sizes in (unpack.offered_sizes(offer, self._sources, region.name if region else None),)
            if sizes is not None
        ]
        if not found:
            return None
        first = found[0]
        others = tuple(s for s in found[1:] if (s.minimum, s.step) != (first.minimum, first.step))
        if not others:
            return first
        note = first.note or "versions of this model differ in their sizes"
        return replace(first, note=note, rivals=(*first.rivals, *others))

    def unit(self, model: str, version: Version, sku: SkuName, *, fine_tuned: bool = False) -> Unit | None:
        """What one unit of capacity buys a minute; None where ARM does not say."""
        sizes = self.offer(model, version, sku, fine_tuned=fine_tuned)
        return None if sizes is None else sizes.unit

    def ptu(self, model: str, version: Version) -> PtuFacts | None:
        """Throughput of one PTU of a model version."""
        packed = next((row["ptu"] for row in self._rows(model, version) if "ptu" in row), None)
        return None if packed is None else unpack.ptu(packed, self._sources)

    # Regions

    def regions_for(self, model: str, version: Version, sku: SkuName) -> Availability | None:
        """Where a catalogue model is listed on a SKU; None if no source has a list."""
        return self._availability(model, version, sku, fine_tuned=False)

    def fine_tune_skus(self, base: str, version: Version) -> tuple[SkuName, ...] | None:
        """The SKUs that models fine-tuned from `base` can have; None if no source lists any."""
        names = {sku for row in self._rows(base, version) for sku in row.get("tuned", {})}
        return tuple(SkuName(name) for name in KNOWN_SKUS if name in names) or None

    def fine_tune_regions(self, base: str, version: Version, sku: SkuName) -> Availability | None:
        """Where models fine-tuned from `base` can be deployed on a SKU; None if no source says."""
        return self._availability(base, version, sku, fine_tuned=True)

    def training_regions(self) -> Availability:
        """Regions whose accounts can train models at all, by any of the training tiers."""
        return Availability(
            regions=self._region_set(self._packed["training_regions"]),
            complete=True,
            recorded=frozenset(),
            source=self._sources[self._packed["training_source"]],
        )

    def region(self, name: str) -> RegionFact | None:
        """A region in any spelling; None if no source lists it for this provider."""
        return self._regions.get(Region(name).name)

    def regions(self) -> tuple[Region, ...]:
        """Every region that some source lists."""
        return tuple(fact.region for fact in self._regions.values())

    # Lifecycle, SKUs, limits

    @_remembered
    def lifecycle(
        self, model: str, version: Version, sku: SkuName | None = None, *, fine_tuned: bool = False
    ) -> LifecycleFacts | None:
        """How long a model version lives; for `fine_tuned`, how long deployments tuned from it do.

        Without a version, the facts of the default version, or none if no default is known.
        """
        row = next(iter(self._rows(model, version)), None)
        if row is None or (version is UNSET and not row.get("default") and len(self.versions(model)) > 1):
            return None
        offer = _group(row, fine_tuned=fine_tuned).get(sku.name) if sku is not None else None
        cycle = row.get("lifecycle", {})
        if fine_tuned:
            return unpack.tuned_lifecycle(cycle, offer, self._sources)
        return unpack.lifecycle(cycle, offer, self._sources)

    def hosting(self, model: str, version: Version) -> Hosting | None:
        """Where a version of a partner's model is hosted; None where nothing says, as for most models."""
        row = next(iter(self._rows(model, version)), None)
        if row is None or "hosted" not in row or version is UNSET:
            return None
        return Hosting(on=row["hosted"]["on"], source=self._sources[row["hosted"]["source"]])

    def pool(self, model: str, version: Version, sku: SkuName) -> str | None:
        """ARM's usageName of a model version on a SKU, where versions of one model differ in it."""
        row = next(iter(self._rows(model, version)), None)
        offer = None if row is None else row.get("skus", {}).get(sku.name)
        return None if offer is None else offer.get("pool")

    def sku(self, name: SkuName) -> SkuFact | None:
        """One of the public SKUs."""
        packed = self._packed["skus"].get(name.name)
        if packed is None:
            return None
        return SkuFact(
            sku=name,
            display_name=packed["display_name"],
            fine_tuned=packed["tuned"],
            source=self._sources[packed["source"]],
        )

    def limit(self, name: str) -> Limit:
        """A documented limit by its id in the facts; KeyError for an unknown id."""
        packed = self._packed["limits"][name]
        return Limit(value=packed["value"], source=self._sources[packed["source"]])

    def limits(self) -> dict[str, Limit]:
        """Every documented count limit by its id."""
        return {name: self.limit(name) for name in self._packed["limits"]}

    def default_quotas(self) -> tuple[DefaultQuota, ...]:
        """The documented default quotas: pay-as-you-go SKUs by tier, batch by type of subscription."""
        tables = (self._packed["quota_tiers"], self._packed["batch_quota"])
        return tuple(row for table in tables for row in unpack.default_quotas(table, self._sources))

    # Packed rows

    def _model(self, name: str) -> PackedModel | None:
        spelled = self._canonical.get(name.lower())
        return None if spelled is None else self._packed["models"][spelled]

    def _rows(self, name: str, version: Version) -> Iterable[PackedVersion]:
        """The rows that speak for a version: its own; without a version the default's, or all."""
        packed = self._model(name)
        if packed is None:
            return ()
        versions = packed.get("versions", {})
        if not versions:
            return (packed["any_version"],) if "any_version" in packed else ()
        if isinstance(version, str):
            row = versions.get(version) or next(
                (r for v, r in versions.items() if v.lower() == version.lower()), None
            )
            return () if row is None else (row,)
        return sorted(versions.values(), key=lambda row: not row.get("default"))

    @_remembered
    def _region_set(self, index: int) -> tuple[Region, ...]:
        return tuple(Region(name) for name in self._packed["region_sets"][index])

    @_remembered
    def _availability(
        self, model: str, version: Version, sku: SkuName, *, fine_tuned: bool
    ) -> Availability | None:
        """The regions of the offers; complete only if every one of them is."""
        offers = [_group(row, fine_tuned=fine_tuned).get(sku.name) for row in self._rows(model, version)]
        found = [offer for offer in offers if offer is not None and "regions" in offer]
        if not found:
            return None
        regions = {region for offer in found for region in self._region_set(offer["regions"])}
        return Availability(
            regions=tuple(sorted(regions)),
            complete=all(offer.get("complete", False) for offer in found),
            recorded=frozenset() if any("partial" in offer for offer in found) else self._recorded,
            source=self._sources[found[0]["source"]],
        )


def _group(row: PackedVersion, *, fine_tuned: bool) -> dict[str, PackedOffer]:
    return row.get("tuned", {}) if fine_tuned else row.get("skus", {})
