"""Sizing results as text and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from reconciler.catalogue.sizing import Estimate


def estimate_json(estimate: Estimate) -> dict[str, object]:
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
    }


def carried_json(capacity: int, calls: Fraction, source: str) -> dict[str, object]:
    """What a capacity carries; calls are rounded down, because a rounded-up promise is none."""
    return {"capacity": capacity, "callsPerMinute": int(calls), "source": source}


def estimates_text(title: str, estimates: Sequence[Estimate]) -> str:
    """The SKUs side by side, and the formula with its source and date."""
    rows = [("sku", "raw PTU", "deployable", "minimum", "step")]
    rows += [
        (
            one.sku.name,
            f"{float(one.raw_ptu):.2f}",
            "?" if one.deployable_ptu is None else str(one.deployable_ptu),
            str(one.sizes.minimum) if one.sizes else "?",
            str(one.sizes.step) if one.sizes else "?",
        )
        for one in estimates
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    first = estimates[0]
    sources = dict.fromkeys(str(one.sizes.source) for one in estimates if one.sizes)
    notes = dict.fromkeys(f"note: {one.sizes.note}" for one in estimates if one.sizes and one.sizes.note)
    return "\n".join(
        [
            title,
            "",
            *lines,
            "",
            f"formula: {first.formula}",
            f"throughput: {first.facts.source}",
            *(f"sizes: {source}" for source in sources),
            *notes,
        ]
    )
