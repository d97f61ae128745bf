"""Answers of the catalogue as tables and as JSON.

Rule of this module: what is not known is a question mark or null, and every row names its source with
its date: a number in the table, spelled out below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.catalogue.browse import ModelRow, OfferRow
from reconciler.catalogue.facts import Availability, PtuFacts, RegionFact, Sizes, SkuFact, Source
from reconciler.domain.sku import SkuFamily
from reconciler.report.layout import broken, stacked
from reconciler.report.style import Style

if TYPE_CHECKING:
    from reconciler.domain.document import Document
    from reconciler.report.catalogue_documents import CatalogOfferDocument


UNKNOWN = "?"
_CAPACITY_ONE = {
    SkuFamily.RATE: "one rate unit",
    SkuFamily.PROVISIONED: "1 PTU",
    SkuFamily.BATCH: "1,000 enqueued tokens",
    SkuFamily.UNKNOWN: UNKNOWN,
}


@dataclass(slots=True)
class CitedSources:
    """Numbers the sources of a table in the order in which rows name them."""

    style: Style
    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, *facts: Source | Sizes | Availability | PtuFacts | None) -> str:
        """The numbers of these sources and of those of these facts, for a cell."""
        known = dict.fromkeys(
            str(fact if isinstance(fact, Source) else fact.source) for fact in facts if fact is not None
        )
        return (
            ",".join(str(self.numbers.setdefault(item, len(self.numbers) + 1)) for item in known) or UNKNOWN
        )

    def below(self) -> list[str]:
        """The sources spelled out, for below the table."""
        return [f"[{number}] {self.style.show(text)}" for text, number in self.numbers.items()]


def page(
    rows: Sequence[tuple[str, ...]], below: list[str], style: Style, *, right: frozenset[int] = frozenset()
) -> str:
    """A table with its head, and what belongs below it; a sentence where there are no rows."""
    if len(rows) == 1:
        return "Nothing in the catalogue matches; that is no proof that Azure has nothing.\n"
    shown = [tuple(style.show(cell) for cell in row) for row in rows]
    head, *lines = stacked(shown, width=style.width, first=2, right=right)
    notes = [part for line in below for part in broken(line, style.width, hanging="    ")]
    heads = [style.paint(line, "bold") for line in head]
    return "\n".join([*heads, *(part for line in lines for part in line), "", *notes]) + "\n"


def models_text(rows: Sequence[ModelRow], *, style: Style, known_to: str) -> str:
    """One line per model version."""
    sources = CitedSources(style)
    table = [("model", "version", "format", "stage", "retires", "skus", "source")]
    table += [
        (
            row.name,
            (row.version or UNKNOWN) + (" (default)" if row.default else ""),
            row.format or UNKNOWN,
            UNKNOWN if row.life is None or row.life.stage is None else row.life.stage.value,
            UNKNOWN if row.life is None or row.life.retires is None else str(row.life.retires),
            UNKNOWN if row.skus is None else str(len(row.skus)),
            sources.number(row.source, None if row.skus is None else row.listed_by),
        )
        for row in rows
    ]
    further = "`reconciler catalog skus --model NAME` lists the SKUs"
    return page(table, [*sources.below(), further, dated(known_to)], style, right=frozenset({5}))


def models_document(rows: Sequence[ModelRow], *, known_to: str) -> Document:
    """The same with nulls for what is not known."""
    from reconciler.report.catalogue_documents import CatalogDocument, CatalogModelDocument

    models = tuple(
        CatalogModelDocument.from_value(
            row,
            model=row.name,
            stage=None if row.life is None else row.life.stage,
            retires=None if row.life is None else row.life.retires,
            successor=None if row.life is None else row.life.successor,
            skus_source=None if row.listed_by is None else str(row.listed_by),
            **said_by(row.source),
        )
        for row in rows
    )
    return CatalogDocument(format_version=1, catalogue=known_to, models=models)


def regions_text(facts: Sequence[RegionFact], zones: Source, *, style: Style, known_to: str) -> str:
    """One line per region."""
    sources = CitedSources(style)
    table = [("region", "display name", "geography", "data zone", "account kinds")]
    table += [
        (
            fact.region.name,
            fact.display_name,
            fact.geography,
            fact.data_zone or "none documented",
            ", ".join(fact.kinds) or UNKNOWN,
        )
        for fact in facts
    ]
    sources.number(zones)
    return page(table, [*sources.below(), dated(known_to)], style)


def regions_document(facts: Sequence[RegionFact], zones: Source, *, known_to: str) -> Document:
    """The same; `dataZone` null where none is documented."""
    from reconciler.report.catalogue_documents import CatalogDocument, CatalogRegionDocument

    regions = tuple(
        CatalogRegionDocument.from_value(fact, account_kinds=tuple(fact.kinds), **said_by(zones))
        for fact in facts
    )
    return CatalogDocument(format_version=1, catalogue=known_to, regions=regions)


def skus_text(facts: Sequence[SkuFact], *, style: Style, known_to: str) -> str:
    """One line per public SKU."""
    sources = CitedSources(style)
    table = [("sku", "portal name", "capacity 1 is", "fine-tuned models", "source")]
    table += [
        (
            fact.sku.name,
            fact.display_name,
            _CAPACITY_ONE[fact.sku.family],
            "documented" if fact.fine_tuned else "not documented",
            sources.number(fact.source),
        )
        for fact in facts
    ]
    return page(table, [*sources.below(), dated(known_to)], style)


def skus_document(facts: Sequence[SkuFact], *, known_to: str) -> Document:
    """The same."""
    from reconciler.report.catalogue_documents import CatalogDocument, CatalogSkuDocument

    skus = tuple(
        CatalogSkuDocument.from_value(
            fact,
            capacity_one_is=_CAPACITY_ONE[fact.sku.family],
            fine_tuned_models=True if fact.fine_tuned else None,
            **said_by(fact.source),
        )
        for fact in facts
    )
    return CatalogDocument(format_version=1, catalogue=known_to, skus=skus)


def places_text(rows: Sequence[OfferRow], *, style: Style, known_to: str) -> str:
    """Per model version and SKU, the regions that list it."""
    sources, lines = CitedSources(style), list[str]()
    for row in rows:
        number = sources.number(row.refused or row.regions)
        title = style.show(f"{_title(row)} on {row.sku} [{number}]")
        lines += [style.paint(item, "bold") for item in broken(title, style.width, hanging="  ")]
        lines += style.paragraph(style.show(_places(row)), indent="  ")
    if not lines:
        return page([()], [], style)
    below = [*sources.below(), dated(known_to)]
    notes = [part for line in below for part in broken(line, style.width, hanging="    ")]
    return "\n".join([*lines, "", *notes]) + "\n"


def offers_text(rows: Sequence[OfferRow], *, style: Style, known_to: str) -> str:
    """Per model version and SKU: the sizes, and in how many regions it is listed."""
    sources = CitedSources(style)
    table = [("model", "sku", "minimum", "step", "regions", "source")]
    table += [
        (
            _title(row),
            row.sku.name,
            *(_sizes(row)[:2]),
            UNKNOWN if row.regions is None else str(len(row.regions.regions)),
            sources.number(row.refused, row.sizes, row.regions),
        )
        for row in rows
    ]
    return page(table, [*sources.below(), dated(known_to)], style, right=frozenset({2, 3, 4}))


def capacity_text(rows: Sequence[OfferRow], *, style: Style, known_to: str) -> str:
    """Per model version and SKU: every number there is about capacity."""
    sources, notes = CitedSources(style), dict[str, None]()
    head = ("model", "sku", "minimum", "step", "maximum", "default", "one unit is")
    table = [(*head, "input TPM/PTU", "output ratio", "tokens/s", "source")]
    for row in rows:
        ptu = row.ptu if row.sku.family is SkuFamily.PROVISIONED else None
        numbers = sources.number(row.refused, row.sizes, ptu)
        table.append((_title(row), row.sku.name, *_sizes(row), *_throughput(row, ptu), numbers))
        if row.sizes is not None:
            rivals = (f"{rival.minimum} + k x {rival.step} says {rival.source}" for rival in row.sizes.rivals)
            said = filter(None, (row.sizes.note, *rivals))
            notes |= dict.fromkeys(f"note: {_title(row)} on {row.sku}: {text}" for text in said)
    shown = [style.show(note) for note in notes]
    below = [*sources.below(), *shown, dated(known_to)]
    return page(table, below, style, right=frozenset({2, 3, 4, 5, 7, 8, 9}))


def offers_document(rows: Sequence[OfferRow], *, known_to: str) -> Document:
    """Everything known of each model version on each SKU; null for what is not."""
    from reconciler.report.catalogue_documents import CatalogDocument

    return CatalogDocument(format_version=1, catalogue=known_to, offers=tuple(map(_offer, rows)))


def _title(row: OfferRow) -> str:
    version = f" {row.version}" if row.version else ""
    return f"{row.name}{version}{' fine-tuned' if row.fine_tuned else ''}"


def _places(row: OfferRow) -> str:
    if row.refused is not None:
        return "not offered"
    if row.regions is None:
        return "regions are not known"
    listed = ", ".join(region.name for region in row.regions.regions) or "none listed"
    return listed if row.regions.complete else f"{listed}; the list may have gaps"


def _sizes(row: OfferRow) -> tuple[str, str, str, str]:
    if row.refused is not None:
        return ("not offered", "", "", "")
    if row.sizes is None:
        return (UNKNOWN,) * 4
    sizes = row.sizes
    maximum = UNKNOWN if sizes.maximum is None else str(sizes.maximum)
    return (str(sizes.minimum), str(sizes.step), maximum, str(sizes.default or UNKNOWN))


def _throughput(row: OfferRow, ptu: PtuFacts | None) -> tuple[str, str, str, str]:
    tpm = UNKNOWN if ptu is None else f"{ptu.input_tpm:,}"
    speed = UNKNOWN if ptu is None or ptu.tokens_per_second is None else f"{ptu.tokens_per_second:g}"
    ratio = UNKNOWN if ptu is None or ptu.output_ratio is None else f"{ptu.output_ratio:g}"
    if ptu is not None and ptu.weights is not None:
        ratio = f"{ptu.weights.output:g}"
    if row.sku.family is not SkuFamily.PROVISIONED:
        tpm = ratio = speed = ""
    return (_unit(row), tpm, ratio, speed)


def _unit(row: OfferRow) -> str:
    if row.sku.family is not SkuFamily.RATE:
        return _CAPACITY_ONE[row.sku.family]
    unit = None if row.sizes is None else row.sizes.unit
    if unit is None:
        return UNKNOWN
    parts = [] if unit.tokens_per_minute is None else [f"{unit.tokens_per_minute:,} TPM"]
    parts += [] if unit.requests_per_minute is None else [f"{unit.requests_per_minute:,} RPM"]
    return " + ".join(parts) or UNKNOWN


def dated(known_to: str) -> str:
    """How old the answer is, and what a question mark means."""
    return f"catalogue of {known_to}; ? is not known, which is neither yes nor no"


# -- JSON ----------------------------------------------------------------------------------------------


def said_by(source: Source | None) -> dict[str, Any]:
    """A source and its date; nulls where there is none."""
    return {
        "source": None if source is None else source.title,
        "as_of": None if source is None else source.as_of,
    }


def _offer(row: OfferRow) -> CatalogOfferDocument:
    from reconciler.report.catalogue_documents import CatalogOfferDocument, PlacesDocument

    listed, found, places = row.sizes is not None or row.regions is not None, row.regions, None
    if found is not None:
        names = tuple(region.name for region in found.regions)
        places = PlacesDocument(listed=names, complete=found.complete, **said_by(found.source))
    return CatalogOfferDocument.from_value(
        row,
        model=row.name,
        offered=False if row.refused is not None else True if listed else None,
        capacity=None if row.sizes is None else _sizes_of(row, row.sizes),
        throughput=_ptu(row.ptu) if row.ptu and row.sku.family is SkuFamily.PROVISIONED else None,
        regions=places,
        **({} if row.refused is None else said_by(row.refused)),
    )


def _sizes_of(row: OfferRow, sizes: Sizes) -> Document:
    from reconciler.report.catalogue_documents import RivalDocument, SizesDocument

    unit = sizes.unit
    return SizesDocument.from_value(
        sizes,
        unit=_unit(row) if row.sku.family is not SkuFamily.RATE or unit else None,
        tokens_per_minute_per_unit=None if unit is None else unit.tokens_per_minute,
        requests_per_minute_per_unit=None if unit is None else unit.requests_per_minute,
        note=sizes.note or None,
        rivals=tuple(RivalDocument.from_value(rival, **said_by(rival.source)) for rival in sizes.rivals),
        **said_by(sizes.source),
    )


def _ptu(ptu: PtuFacts) -> Document:
    from reconciler.report.catalogue_documents import ThroughputDocument

    weights = ptu.weights
    return ThroughputDocument.from_value(
        ptu,
        input_tpm_per_ptu=ptu.input_tpm,
        cached_input_weight=ptu.cached_weight if weights is None else weights.cached_input,
        output_weight=None if weights is None else weights.output,
        **said_by(ptu.source),
    )
