"""Quota pools as bars, each with its numbers and its verdict in words; alone, as a page.

Rule of this module: a number that ARM did not give is a question mark and draws nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from reconciler.plan.plan import PoolForecast, Verdict
from reconciler.report.html.markup import Child, Markup, tag
from reconciler.report.html.page import Headline, Occasion, Section, badge, code, fitting, page, upright
from reconciler.report.layout import listed
from reconciler.report.palette import VERDICTS
from reconciler.report.quota import HOLDERS, count, free, per_cent, scope_name
from reconciler.report.steps import NO_ALIAS, Alias

_WORDS = {Verdict.FITS: "fits", Verdict.EXCEEDS: "exceeds the limit", Verdict.UNVERIFIED: "unverified"}
_HINT = (
    "The whole bar is the larger of the limit and the peak. Grey: used before and kept; blue: taken by the "
    "plan; green: freed by it; red: above the limit; the upright line: the peak on the way. Used is what "
    "everybody uses, as ARM counts it, in the pool's own units."
)


def render_html(
    pools: Sequence[PoolForecast], occasion: Occasion, *, alias_of: Alias = NO_ALIAS, complete: bool = True
) -> str:
    """Every pool that the fleet draws on, or would after a plan."""
    full = any(pool.verdict is Verdict.EXCEEDS for pool in pools)
    verdict = ("too small", "red") if full else ("within the limits", "green")
    answer = Headline(
        verdict=verdict[0] if complete else "incomplete",
        colour=verdict[1] if complete else "amber",
        summary=f"{count(pools).rstrip('.')}.",
        doubts=() if complete else ("Some account could not be read; what it holds is not counted.",),
    )
    return page(occasion, answer, [quota_bars(pools, alias_of, all_holders=True)])


def quota_bars(
    pools: Sequence[PoolForecast], alias_of: Alias = NO_ALIAS, *, all_holders: bool = False
) -> Section | None:
    """The pools of each region together, what is too small first; None where no pool is known."""
    if not pools:
        return None
    ordered = sorted(pools, key=lambda pool: (pool.scope, pool.verdict is not Verdict.EXCEEDS, pool.pool))

    def render(pools: Sequence[PoolForecast]) -> Markup:
        title = tag("h3", scope_name(pools[0].scope, alias_of))
        drawn = (_pool(pool, all_holders=all_holders) for pool in pools)
        return tag("div", title, tag("ul", *drawn, class_="pools"))

    regions = [list(group) for _, group in groupby(ordered, key=lambda pool: pool.scope)]
    kept, cut = fitting(render, regions, "region")
    body = tag("div", tag("p", _HINT, class_="fix"), *kept)
    return Section(anchor="quota", title="Quota", body=body, cut=f"quota of {cut}" if cut else "")


def _pool(pool: PoolForecast, *, all_holders: bool) -> Markup:
    paint = VERDICTS[pool.verdict]
    named = {"limit": pool.limit, "before": pool.used_before, "peak": pool.used_peak}
    named |= {"after": pool.used_after, "free": free(pool)}
    shown = {name: "?" if number is None else f"{number:,}" for name, number in named.items()}
    shown["used"] = "?" if (used := per_cent(pool)) is None else f"{used} %"
    numbers = (tag("div", tag("dt", name), tag("dd", text)) for name, text in shown.items())
    badges = badge(_WORDS[pool.verdict], paint.page, paint.sign)
    parts = [code(pool.pool), _bar(pool), tag("dl", *numbers), badges]
    if pool.holders and (pool.verdict is not Verdict.FITS or all_holders):
        names = [f"{holder.id.account.name}/{holder.id.name} {holder.capacity:,}" for holder in pool.holders]
        rest = f"; {pool.elsewhere:,} in other accounts" if pool.elsewhere else ""
        parts.append(tag("p", f"used by {listed(names, most=HOLDERS)}{rest}", class_="under quiet"))
    return tag("li", *parts)


def _bar(pool: PoolForecast) -> Markup:
    limit, before, peak, after = pool.limit, pool.used_before, pool.used_peak, pool.used_after
    if limit is None or before is None or peak is None or after is None:
        return tag("span", "not known", class_="quiet")
    whole = max(limit, before, peak, after, 1)
    kept, high = min(before, after), max(before, after)
    parts: list[Child] = []
    for kind, start, end in (
        ("track", 0, limit),
        ("kept", 0, kept),
        ("blue" if after > before else "green", kept, high),
        ("red", max(limit, kept), max(high, limit)),
    ):
        if end > start:
            x, width = f"{100 * start / whole:.2f}%", f"{100 * (end - start) / whole:.2f}%"
            parts.append(tag("rect", x=x, y="3", width=width, height="12", rx="2", class_=kind))
    parts.append(upright(100 * peak / whole, 18, "mark"))
    label = f"of {limit} used {before} before, {peak} at the peak, {after} after: {_WORDS[pool.verdict]}"
    return tag("svg", *parts, role="img", aria_label=label, width="100%", height="18")
