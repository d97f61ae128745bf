"""Quota pools as bars, each with its numbers and its verdict in words.

Rule of this module: a number that ARM did not give is a question mark and draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from reconciler.plan.plan import PoolForecast, Verdict
from reconciler.report.html.markup import Child, Markup, tag
from reconciler.report.html.page import Section, badge, code, fitting
from reconciler.report.layout import listed
from reconciler.report.steps import NO_ALIAS, Alias

_TOLD = {
    Verdict.FITS: ("fits", "green", "="),
    Verdict.EXCEEDS: ("exceeds the limit", "red", "!"),
    Verdict.UNVERIFIED: ("unverified", "amber", "?"),
}
_HINT = (
    "The whole bar is the larger of the limit and the peak. Grey: used before and kept; blue: taken by the "
    "plan; green: freed by it; red: above the limit; the upright line: the peak on the way. Used is what "
    "everybody uses, as ARM counts it, in the pool's own units."
)
_HOLDERS = 12


def quota_bars(pools: Sequence[PoolForecast], alias_of: Alias = NO_ALIAS) -> Section | None:
    """The pools of each region together, what is too small first; None where no pool is known."""
    if not pools:
        return None
    ordered = sorted(pools, key=lambda pool: (pool.scope, pool.verdict is not Verdict.EXCEEDS, pool.pool))

    def render(pools: Sequence[PoolForecast]) -> Markup:
        title = tag("h3", _scope(pools[0].scope, alias_of))
        return tag("div", title, tag("ul", *map(_pool, pools), class_="pools"))

    regions = [list(group) for _, group in groupby(ordered, key=lambda pool: pool.scope)]
    kept, cut = fitting(render, regions, "region")
    body = tag("div", tag("p", _HINT, class_="fix"), *kept)
    return Section(anchor="quota", title="Quota", body=body, cut=f"quota of {cut}" if cut else "")


def _scope(scope: str, alias_of: Alias) -> str:
    subscription, _, region = scope.rpartition("/")
    return f"{alias_of(subscription) or subscription} / {region}"


def _pool(pool: PoolForecast) -> Markup:
    words, colour, sign = _TOLD[pool.verdict]
    named = (
        ("limit", pool.limit),
        ("before", pool.used_before),
        ("peak", pool.used_peak),
        ("after", pool.used_after),
    )
    numbers = [
        tag("div", tag("dt", name), tag("dd", "?" if number is None else f"{number:,}"))
        for name, number in named
    ]
    return tag(
        "li",
        code(pool.pool),
        _bar(pool),
        tag("dl", *numbers),
        badge(words, colour, sign),
        *_holders(pool),
    )


def _bar(pool: PoolForecast) -> Markup:
    limit, before, peak, after = pool.limit, pool.used_before, pool.used_peak, pool.used_after
    if limit is None or before is None or peak is None or after is None:
        return tag("span", "not known", class_="quiet")
    whole = max(limit, before, peak, after, 1)
    kept, high = min(before, after), max(before, after)
    parts: list[Child] = [
        _part("track", 0, limit, whole),
        _part("kept", 0, kept, whole),
        _part("blue" if after > before else "green", kept, high, whole),
        _part("red", max(limit, kept), max(high, limit), whole),
        _upright(peak, whole),
    ]
    label = f"of {limit} used {before} before, {peak} at the peak, {after} after: {_TOLD[pool.verdict][0]}"
    return tag("svg", *parts, role="img", aria_label=label, width="100%", height="18")


def _part(kind: str, start: int, end: int, whole: int) -> Child:
    if end <= start:
        return ""
    return tag(
        "rect",
        x=_percent(start, whole),
        y="3",
        width=_percent(end - start, whole),
        height="12",
        rx="2",
        class_=kind,
    )


def _upright(at: int, whole: int) -> Markup:
    where = _percent(at, whole)
    return tag("line", x1=where, x2=where, y1="0", y2="18", class_="mark")


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}%"


def _holders(pool: PoolForecast) -> Iterator[Markup]:
    if not pool.holders or pool.verdict is Verdict.FITS:
        return
    names = [f"{one.id.account.name}/{one.id.name} {one.capacity:,}" for one in pool.holders]
    yield tag("p", f"held after the plan by {listed(names, most=_HOLDERS)}", class_="under quiet")
