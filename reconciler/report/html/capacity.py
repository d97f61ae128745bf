"""Where a model has room, as a page."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics import counted
from reconciler.plan.capacity import Fit
from reconciler.plan.plan import CapacityCheck
from reconciler.report.capacity import CapacityTable, cells_of, check_lines, last_words
from reconciler.report.html.markup import Child, tag
from reconciler.report.html.page import Headline, Occasion, Section, code, page, table
from reconciler.report.steps import NO_ALIAS, Alias
from reconciler.report.style import PLAIN

_HEAD = ("region", "SKU", "size", "minimum", "step", "quota left", "available", "verdict")
_TABLE_BYTES = 2_000_000


def check_section(checks: Sequence[CapacityCheck], alias_of: Alias) -> Section | None:
    """Whether a plan's writes have room, when that was asked; None where nobody asked."""
    if not checks:
        return None
    title, *lines = check_lines(checks, PLAIN, alias_of)
    body = tag("div", tag("p", title), tag("ul", *(tag("li", line.strip()) for line in lines)))
    return Section(anchor="capacity", title="Capacity", body=body)


def render_html(found: CapacityTable, occasion: Occasion, *, alias_of: Alias = NO_ALIAS) -> str:
    """Regions and SKUs, what works now first."""
    fits = sum(row.fit is Fit.FITS for row in found.rows)
    rows: list[tuple[Child, ...]] = [
        (code(name), *rest) for _, name, *rest in cells_of(found, found.rows, PLAIN, alias_of)
    ]
    whole, cut = table(
        f"Room for {found.model} {found.version}",
        _HEAD,
        rows,
        noun="place",
        limit=_TABLE_BYTES,
        numbers=frozenset(range(2, 7)),
    )
    words = (tag("p", word) for word in last_words(found))
    answer = Headline(
        verdict="fits" if fits else "no room known",
        colour="green" if fits else "amber",
        summary=f"room in {fits} of {counted(len(rows), 'place')}.",
    )
    section = Section(anchor="capacity", title="Capacity", body=tag("div", *words, whole), cut=cut)
    return page(occasion, answer, [section])
