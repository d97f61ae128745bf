"""Quota pools before, during and after a plan, as a table.

Rule of this module: a number that ARM did not give is a question mark, and who holds a pool is said
where the pool is too small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from reconciler.domain.deployment import JsonValue
from reconciler.plan.plan import PoolForecast, Verdict
from reconciler.planfile.codec import pool_json
from reconciler.report.layout import fitted, listed, paragraph
from reconciler.report.style import Style, markdown_inert

_COLOUR = {Verdict.FITS: "green", Verdict.EXCEEDS: "red", Verdict.UNVERIFIED: "yellow"}
_SIGN = {Verdict.FITS: "=", Verdict.EXCEEDS: "!", Verdict.UNVERIFIED: "?"}
_COUNTED = {
    Verdict.FITS: "within the limit",
    Verdict.EXCEEDS: "too small",
    Verdict.UNVERIFIED: "unverified",
}
_HOLDERS = 12


def to_json(pools: Sequence[PoolForecast]) -> dict[str, JsonValue]:
    """The document of `quota -o json`."""
    return {"pools": [pool_json(pool) for pool in pools]}


def render_text(pools: Sequence[PoolForecast], *, style: Style, alias_of: Callable[[str], str | None]) -> str:
    """Every pool with everybody who holds a part of it after the plan."""
    if not pools:
        return f"{_count(pools)}\n"
    words = _count(pools)
    colour = "red" if any(pool.verdict is Verdict.EXCEEDS for pool in pools) else "green"
    lines = [*quota_lines(pools, style, alias_of, all_holders=True), "", style.paint(words, "bold", colour)]
    return "\n".join(lines) + "\n"


def render_markdown(pools: Sequence[PoolForecast], *, alias_of: Callable[[str], str | None]) -> str:
    """One table for all pools, and below it who holds those that are too small."""
    lines = ["## Quota", "", _count(pools), ""]
    if pools:
        lines += ["| scope | pool | limit | before | peak | after | verdict |"]
        lines += ["|---|---|---:|---:|---:|---:|---|"]
    ordered = sorted(pools, key=lambda pool: pool.scope)
    for pool in ordered:
        subscription, _, region = pool.scope.rpartition("/")
        names = (f"{alias_of(subscription) or subscription}/{region}", pool.pool)
        told = [*(markdown_inert(name) for name in names), *_numbers(pool), pool.verdict.value]
        lines.append(f"| {' | '.join(told)} |")
    full = [pool for pool in ordered if pool.verdict is not Verdict.FITS and pool.holders]
    lines += [""] if full else []
    for pool in full:
        holders = [
            f"{markdown_inert(f'{one.id.account.name}/{one.id.name}')} {one.capacity}" for one in pool.holders
        ]
        lines.append(f"- {markdown_inert(pool.pool)} is held by {listed(holders, most=_HOLDERS)}")
    return "\n".join(lines) + "\n"


def _count(pools: Sequence[PoolForecast]) -> str:
    if not pools:
        return "The fleet holds no quota and its plan takes none."
    told = {verdict: sum(pool.verdict is verdict for pool in pools) for verdict in Verdict}
    words = [f"{count} {_COUNTED[verdict]}" for verdict, count in told.items() if count]
    return f"{len(pools)} pool{'' if len(pools) == 1 else 's'}: {', '.join(words)}"


def quota_lines(
    pools: Sequence[PoolForecast],
    style: Style,
    alias_of: Callable[[str], str | None],
    *,
    all_holders: bool = False,
) -> list[str]:
    """The pools of each region together; under one that is too small, its holders after the plan."""
    ordered = sorted(pools, key=lambda pool: pool.scope)
    head = ("", "pool", "limit", "before", "peak", "after", "verdict")
    table = fitted(
        [head, *(_row(pool, style) for pool in ordered)],
        width=style.width,
        least={1: 24},
        right={2, 3, 4, 5},
        indent="  ",
        ellipsis=style.ellipsis,
    )
    drawn = dict(zip(ordered, table[1:], strict=True))
    lines = [style.paint("Quota", "bold"), style.paint(table[0], "dim")]
    for scope, group in groupby(ordered, key=lambda pool: pool.scope):
        lines.append(f"  {_scope(scope, style, alias_of)}")
        for pool in group:
            lines.append(style.paint(drawn[pool], _COLOUR[pool.verdict]))
            if all_holders or pool.verdict is not Verdict.FITS:
                lines += _holders(pool, style)
    return lines


def _row(pool: PoolForecast, style: Style) -> tuple[str, ...]:
    return (_SIGN[pool.verdict], style.show(pool.pool), *_numbers(pool), pool.verdict.value)


def _numbers(pool: PoolForecast) -> tuple[str, ...]:
    numbers = (pool.limit, pool.used_before, pool.used_peak, pool.used_after)
    return tuple("?" if number is None else str(number) for number in numbers)


def _scope(scope: str, style: Style, alias_of: Callable[[str], str | None]) -> str:
    subscription, _, region = scope.rpartition("/")
    return f"{style.show(alias_of(subscription) or subscription)}/{style.show(region)}"


def _holders(pool: PoolForecast, style: Style) -> Iterator[str]:
    if not pool.holders:
        return
    names = [
        f"{style.show(one.id.account.name)}/{style.show(one.id.name)} {one.capacity}" for one in pool.holders
    ]
    text = f"held after the plan by {listed(names, most=_HOLDERS)}"
    yield from paragraph(text, width=style.width, indent="       ")
