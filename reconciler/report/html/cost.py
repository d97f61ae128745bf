"""What it costs in a month, as a section of a page."""

from __future__ import annotations

from reconciler.prices.bill import Cost
from reconciler.report import cost as words
from reconciler.report.html.markup import Child, tag
from reconciler.report.html.page import Headline, Occasion, Section, code, page, table
from reconciler.report.style import PLAIN

_TABLE_BYTES = 1_000_000


def cost_section(cost: Cost | None) -> Section | None:
    """The sum, every line it is made of, and what is not known; None where nobody asked."""
    if cost is None:
        return None
    rows: list[tuple[Child, ...]] = [(code(name), *cells) for name, *cells in words.table_rows(cost)]
    amount = "a month" if cost.before is None else "change a month"
    head = ("deployment", "what", amount, "remark", "how it is computed")
    whole, cut = table(
        "Cost a month at list prices",
        head,
        rows,
        noun="cost line",
        limit=_TABLE_BYTES,
        numbers=frozenset({2}),
        long=frozenset({3, 4}),
    )
    notes = [*words.doubts(cost, PLAIN), *cost.notes]
    notice = tag("ul", *(tag("li", note) for note in notes), class_="notice amber") if notes else ""
    body = tag("div", tag("p", tag("strong", words.sentence(cost).removeprefix("cost: "))), notice, whole)
    return Section(anchor="cost", title="Cost", body=body, cut=cut)


def render_html(cost: Cost, occasion: Occasion) -> str:
    """The bill of a fleet as a page of its own."""
    answer = Headline(
        verdict="counted" if cost.complete else "counted in part",
        colour="green" if cost.complete else "amber",
        summary=f"{words.total(cost)}.",
        doubts=()
        if cost.complete
        else ("Not everything is counted; what is not, and why, is listed below.",),
    )
    return page(occasion, answer, [cost_section(cost)])
