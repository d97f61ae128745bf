"""Sizing results as text and JSON: SKUs side by side, and which formula of which date was used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from reconciler.catalogue.facts import PtuFacts, Sizes
from reconciler.catalogue.sizing import Estimate, formula_of, weights_of
from reconciler.domain.sku import SkuName
from reconciler.report.layout import broken, stacked
from reconciler.report.style import Style

if TYPE_CHECKING:
    from reconciler.domain.document import Document


_UNKNOWN = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a number of PTUs carries, and whether each SKU can be deployed with that number.

    `calls` is None where nobody said how large one is.
    """

    capacity: int
    calls: Fraction | None
    facts: PtuFacts
    offers: tuple[tuple[SkuName, Sizes | None], ...]

    @property
    def input_tpm(self) -> Fraction:
        """Input tokens a minute, of nothing but input that is not cached."""
        return Fraction(self.capacity * self.facts.input_tpm) / weights_of(self.facts).prompt

    @property
    def output_ratio(self) -> Fraction | None:
        """Input tokens that one output token counts for; None where no source says."""
        if self.facts.weights is None and self.facts.output_ratio is None:
            return None
        weights = weights_of(self.facts)
        return weights.generated / weights.prompt

    @property
    def output_tpm(self) -> Fraction | None:
        """Output tokens a minute, of nothing but output."""
        return None if self.output_ratio is None else self.input_tpm / self.output_ratio


def estimate_document(estimate: Estimate, cautions: Iterable[str] = ()) -> Document:
    """One estimate; `rawPtu` is rounded to two decimals, as the calculator shows it."""
    from reconciler.report.catalogue_documents import EstimateDocument

    sizes = estimate.sizes
    return EstimateDocument.from_value(
        estimate,
        format_version=1,
        raw_ptu=round(float(estimate.raw_ptu), 2),
        minimum=sizes.minimum if sizes else None,
        step=sizes.step if sizes else None,
        input_tpm_per_ptu=estimate.facts.input_tpm,
        tokens_per_second=estimate.facts.tokens_per_second,
        source=str(estimate.facts.source),
        sizes_source=str(sizes.source) if sizes else None,
        notes=(
            *([sizes.note] if sizes and sizes.note else []),
            *(_rivals(sizes) if sizes else ()),
            *cautions,
        ),
    )


def estimates_text(
    title: str, estimates: Sequence[Estimate], cautions: Iterable[str] = (), *, style: Style
) -> str:
    """The SKUs side by side, and the formula with its source and date."""
    rows = [("sku", "raw PTU", "deployable", "minimum", "step")]
    rows += [
        (
            estimate.sku.name,
            f"{float(estimate.raw_ptu):.2f}",
            _UNKNOWN if estimate.deployable_ptu is None else str(estimate.deployable_ptu),
            str(estimate.sizes.minimum) if estimate.sizes else _UNKNOWN,
            str(estimate.sizes.step) if estimate.sizes else _UNKNOWN,
        )
        for estimate in estimates
    ]
    below = _below(estimates[0].facts, [estimate.sizes for estimate in estimates], cautions)
    return _page(title, rows, below, style)


def carried_document(carried: Carried, cautions: Iterable[str] = ()) -> Document:
    """What a capacity carries; calls are rounded down, because a rounded-up promise is none."""
    from reconciler.report.catalogue_documents import CarriedDocument, LegalDocument

    known: dict[str, Any]
    if carried.calls is None:
        output, ratio = carried.output_tpm, carried.output_ratio
        known = {
            "input_tpm": int(carried.input_tpm),
            "output_tpm": None if output is None else int(output),
            "output_ratio": None if ratio is None else float(ratio),
            "tokens_per_second": carried.facts.tokens_per_second,
        }
        cautions = dict.fromkeys(text for _, item in carried.offers if item for text in _rivals(item))
    else:
        known = {"calls_per_minute": int(carried.calls), "formula": formula_of(carried.facts)}
    return CarriedDocument(
        format_version=1,
        capacity=carried.capacity,
        skus=tuple(
            LegalDocument(
                sku=sku.name,
                deployable=None if sizes is None else sizes.fits(carried.capacity),
                below=None if sizes is None else sizes.below(carried.capacity),
                above=None if sizes is None else sizes.above(carried.capacity),
                minimum=None if sizes is None else sizes.minimum,
                step=None if sizes is None else sizes.step,
            )
            for sku, sizes in carried.offers
        ),
        input_tpm_per_ptu=carried.facts.input_tpm,
        source=str(carried.facts.source),
        notes=tuple(cautions),
        **known,
    )


def carried_text(title: str, carried: Carried, cautions: Iterable[str] = (), *, style: Style) -> str:
    """Calls a minute, or the two ends between which all workloads lie; the nearest sizes where it is none."""
    if carried.calls is None:
        output = _UNKNOWN if carried.output_tpm is None else f"{int(carried.output_tpm):,}"
        ratio = carried.output_ratio
        at = "" if ratio is None else f", at {float(ratio):g} input tokens per output token"
        amount = f"{int(carried.input_tpm):,} input tokens a minute, or {output} output tokens{at}"
    else:
        amount = f"{int(carried.calls)} calls a minute"
    rows: list[tuple[str, ...]] = [("sku", f"{carried.capacity} PTU is", "minimum", "step")]
    for sku, sizes in carried.offers:
        if sizes is None:
            rows.append((sku.name, *(_UNKNOWN,) * 3))
            continue
        size = carried.capacity
        near = [str(item) for item in (sizes.below(size), sizes.above(size)) if item is not None]
        verdict = "deployable" if sizes.fits(size) else f"not a size; {' or '.join(near)} is"
        rows.append((sku.name, verdict, str(sizes.minimum), str(sizes.step)))
    below = _below(carried.facts, [sizes for _, sizes in carried.offers], cautions)
    return _page(f"{title}\n{carried.capacity} PTU carry {amount}", rows, below, style)


def _below(facts: PtuFacts, sizes: Iterable[Sizes | None], cautions: Iterable[str]) -> list[str]:
    known = [siz for siz in sizes if siz is not None]
    speed = facts.tokens_per_second
    return [
        f"formula: {formula_of(facts)}",
        f"throughput: {facts.source}",
        *([] if speed is None else [f"latency target: {speed:g} tokens a second"]),
        *dict.fromkeys(f"sizes: {item.source}" for item in known),
        *dict.fromkeys(f"but: {text}" for item in known for text in _rivals(item)),
        *dict.fromkeys(f"note: {item.note}" for item in known if item.note),
        *(f"note: {caution}" for caution in cautions),
    ]


def _rivals(sizes: Sizes) -> Iterator[str]:
    """Other tables that cannot be ruled out: what fits only one of them is ARM's to decide."""
    for rival in sizes.rivals:
        yield f"{rival.source} says {rival.minimum} or more, in steps of {rival.step}"


def _page(title: str, rows: Sequence[tuple[str, ...]], below: Sequence[str], style: Style) -> str:
    shown = [tuple(style.show(cell) for cell in row) for row in rows]
    right = frozenset(range(1, len(rows[0])))
    table = [part for line in stacked(shown, width=style.width, first=1, right=right) for part in line]
    heads, end = (
        [part for line in lines for part in broken(style.show(line), style.width, hanging="    ")]
        for lines in (title.splitlines(), below)
    )
    return "\n".join([*heads, "", *table, "", *end]) + "\n"
