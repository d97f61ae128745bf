"""Sizing results as text and JSON: SKUs side by side, and which formula of which date was used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from reconciler.catalogue.facts import PtuFacts, Sizes
from reconciler.catalogue.sizing import Estimate, formula_of
from reconciler.domain.sku import SkuName
from reconciler.report.layout import broken, stacked
from reconciler.report.style import Style

_UNKNOWN = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a number of PTUs carries, and whether each SKU can be deployed with that number."""

    capacity: int
    calls: Fraction
    facts: PtuFacts
    offers: tuple[tuple[SkuName, Sizes | None], ...]


def estimate_json(estimate: Estimate, cautions: Iterable[str] = ()) -> dict[str, object]:
    """One estimate in the pinned form; `rawPtu` is rounded to two decimals, as the calculator shows it."""
    sizes = estimate.sizes
    return {
        "sku": estimate.sku.name,
        "rawPtu": round(float(estimate.raw_ptu), 2),
        "deployablePtu": estimate.deployable_ptu,
        "minimum": sizes.minimum if sizes else None,
        "step": sizes.step if sizes else None,
        "inputTpmPerPtu": estimate.facts.input_tpm,
        "formula": estimate.formula,
        "source": str(estimate.facts.source),
        "sizesSource": str(sizes.source) if sizes else None,
        "notes": [*([sizes.note] if sizes and sizes.note else []), *cautions],
    }


def estimates_text(
    title: str, estimates: Sequence[Estimate], cautions: Iterable[str] = (), *, style: Style
) -> str:
    """The SKUs side by side, and the formula with its source and date."""
    rows = [("sku", "raw PTU", "deployable", "minimum", "step")]
    rows += [
        (
            one.sku.name,
            f"{float(one.raw_ptu):.2f}",
            _UNKNOWN if one.deployable_ptu is None else str(one.deployable_ptu),
            str(one.sizes.minimum) if one.sizes else _UNKNOWN,
            str(one.sizes.step) if one.sizes else _UNKNOWN,
        )
        for one in estimates
    ]
    below = _below(estimates[0].facts, [one.sizes for one in estimates], cautions)
    return _page(title, rows, below, style)


def carried_json(carried: Carried, cautions: Iterable[str] = ()) -> dict[str, object]:
    """What a capacity carries; calls are rounded down, because a rounded-up promise is none."""
    return {
        "capacity": carried.capacity,
        "callsPerMinute": int(carried.calls),
        "skus": [
            {
                "sku": sku.name,
                "deployable": None if sizes is None else sizes.fits(carried.capacity),
                "below": None if sizes is None else sizes.below(carried.capacity),
                "above": None if sizes is None else sizes.above(carried.capacity),
                "minimum": None if sizes is None else sizes.minimum,
                "step": None if sizes is None else sizes.step,
            }
            for sku, sizes in carried.offers
        ],
        "inputTpmPerPtu": carried.facts.input_tpm,
        "formula": formula_of(carried.facts),
        "source": str(carried.facts.source),
        "notes": list(cautions),
    }


def carried_text(title: str, carried: Carried, cautions: Iterable[str] = (), *, style: Style) -> str:
    """Calls a minute, and the nearest sizes where the capacity is none."""
    rows = [("sku", f"{carried.capacity} PTU is", "minimum", "step")]
    rows += [
        (
            sku.name,
            _verdict(carried.capacity, sizes),
            _UNKNOWN if sizes is None else str(sizes.minimum),
            _UNKNOWN if sizes is None else str(sizes.step),
        )
        for sku, sizes in carried.offers
    ]
    head = f"{title}\n{carried.capacity} PTU carry {int(carried.calls)} calls a minute"
    below = _below(carried.facts, [sizes for _, sizes in carried.offers], cautions)
    return _page(head, rows, below, style)


def _verdict(capacity: int, sizes: Sizes | None) -> str:
    if sizes is None:
        return _UNKNOWN
    if sizes.fits(capacity):
        return "deployable"
    near = [str(size) for size in (sizes.below(capacity), sizes.above(capacity)) if size is not None]
    return f"no size; {' or '.join(near)} is"


def _below(facts: PtuFacts, sizes: Iterable[Sizes | None], cautions: Iterable[str]) -> list[str]:
    known = [one for one in sizes if one is not None]
    return [
        f"formula: {formula_of(facts)}",
        f"throughput: {facts.source}",
        *dict.fromkeys(f"sizes: {one.source}" for one in known),
        *dict.fromkeys(f"note: {one.note}" for one in known if one.note),
        *(f"note: {caution}" for caution in cautions),
    ]


def _page(title: str, rows: Sequence[tuple[str, ...]], below: Sequence[str], style: Style) -> str:
    shown = [tuple(style.show(cell) for cell in row) for row in rows]
    right = frozenset(range(1, len(rows[0])))
    table = [part for line in stacked(shown, width=style.width, first=1, right=right) for part in line]
    heads, told = (
        [part for line in lines for part in broken(style.show(line), style.width, hanging="    ")]
        for lines in (title.splitlines(), below)
    )
    return "\n".join([*heads, "", *table, "", *told]) + "\n"
