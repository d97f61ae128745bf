"""The ends of the fleet's models as a page: the line of time, then the table.

Rule of this module: what ends first stands first, and an unknown date is shown as unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from reconciler.plan.lifespan import Lifespan, soonest_first
from reconciler.report.html.markup import Child, join, tag
from reconciler.report.html.page import Answer, Occasion, Section, badge, code, over, page, table
from reconciler.report.html.retirements import left_in_words, retirements, urgency
from reconciler.report.layout import counted

_HEAD = ("deployment", "account, region", "model, version", "SKU", "stage", "retires", "successor", "upgrade")
_HINT = (
    "Upgrade: when the service itself changes the version; never: it stops answering at retirement; "
    "in brackets: ARM's default for new deployments, not declared."
)
_TABLE_BYTES = 4_500_000
_UNREAD = "Some account could not be read; its rows are what is declared."


def render_html(
    lifespans: Sequence[Lifespan],
    occasion: Occasion,
    *,
    today: date,
    soon: int,
    known_to: str,
    limit: int | None = None,
    complete: bool = True,
) -> str:
    """Every deployment. `limit` is what was asked to fail on, in days; without it `soon` is marked."""
    ordered = soonest_first(lifespans)
    near = soon if limit is None else limit
    return page(
        occasion,
        _answer(ordered, near, complete=complete),
        [retirements(ordered, today=today, soon=near, known_to=known_to), _table(ordered, today, near)],
    )


def _answer(lifespans: Sequence[Lifespan], near: int, *, complete: bool) -> Answer:
    gone = sum(one.ends_within(0) for one in lifespans)
    going = sum(one.ends_within(near) for one in lifespans) - gone
    unknown = sum(one.retires is None and not one.ends_within(0) for one in lifespans)
    colour = "red" if gone else "amber" if going else "green"
    verdict = "retired models" if gone else f"ending within {near} days" if going else "nothing ends soon"
    later = len(lifespans) - gone - going - unknown
    return Answer(
        verdict=verdict,
        colour=colour,
        summary=f"{counted(len(lifespans), 'deployment')}.",
        doubts=() if complete else (_UNREAD,),
        numbers={
            "retired": (gone, "red"),
            f"within {near} days": (going, "amber"),
            "later": (later, "green"),
            "not known": (unknown, "violet"),
        },
    )


def _table(ordered: Sequence[Lifespan], today: date, near: int) -> Section | None:
    if not ordered:
        return None
    whole, cut = table(
        "Every deployment, the first to end on top",
        _HEAD,
        (_row(one, today, near) for one in ordered),
        noun="deployment",
        limit=_TABLE_BYTES,
        long=frozenset({2}),
    )
    body = tag("div", tag("p", _HINT, class_="fix"), whole)
    return Section(anchor="deployments", title="Deployments", body=body, cut=cut)


def _row(one: Lifespan, today: date, near: int) -> tuple[Child, ...]:
    word, colour = urgency(one.retires, today, near, retired=one.ends_within(0))
    when = "" if one.retires is None else f" {one.retires}"
    left = "" if one.retires is None else left_in_words(one.retires, today)
    also = "" if one.facts is None or one.facts.disputed_with is None else f"; also {one.facts.disputed_with}"
    return (
        code(one.id.name),
        over(one.id.account.name, "?" if one.region is None else one.region.name),
        over(one.model, one.version or "service's default"),
        "?" if one.sku is None else one.sku.name,
        "?" if one.stage is None else one.stage.value,
        join([badge(word, colour), over(when, f"{left}{also}")]),
        (one.facts.successor if one.facts is not None else None) or "?",
        one.upgrade_meaning,
    )
