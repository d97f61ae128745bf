"""Quota pools before, during and after a plan: what is used, what is free, and who holds it.

Rule of this module: a number that ARM did not give is a question mark, and who holds a pool is said
where the pool is too small.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from reconciler.diagnostics import counted
from reconciler.domain.document import Document
from reconciler.plan.plan import PoolForecast, Verdict
from reconciler.report.layout import broken, listed, stacked
from reconciler.report.markdown import cell, table
from reconciler.report.palette import VERDICTS
from reconciler.report.steps import Alias
from reconciler.report.style import Style

_COUNTED: Final = {
    Verdict.FITS: "within the limit",
    Verdict.EXCEEDS: "too small",
    Verdict.UNVERIFIED: "unverified",
}
HOLDERS: Final = 12
"""Deployments that are named as holders of a pool; the others are counted."""

_HEAD: Final = ("pool", "limit", "before", "peak", "after", "free", "used")
_NUMBERS: Final = range(1, 7)
_MOST: Final = 500
"""Rows of the Markdown table; the rest is counted."""

TIGHT: Final = 90
"""Per cent of a pool from which a plan shows it although it fits: whoever comes next finds it full."""


def free(pool: PoolForecast) -> int | None:
    """What is left of a pool after the plan; None where it is not known."""
    known = pool.limit is not None and pool.used_after is not None
    return max(0, (pool.limit or 0) - (pool.used_after or 0)) if known else None


def per_cent(pool: PoolForecast) -> int | None:
    """How much of a pool is used after the plan, rounded up; None where it is not known."""
    if pool.limit is None or pool.used_after is None:
        return None
    return 0 if not pool.used_after else -(-100 * pool.used_after // pool.limit) if pool.limit else 100


def document(pools: Sequence[PoolForecast]) -> Document:
    """The document of `quota -o json`; `free` and `usedPercent` are of what is used after the plan."""
    from reconciler.report.documents import QuotaDocument, QuotaPoolDocument

    return QuotaDocument(
        format_version=1,
        pools=tuple(
            QuotaPoolDocument.from_value(
                pool,
                free=free(pool),
                used_percent=per_cent(pool),
                deleted_accounts=tuple(str(gone.id) for gone in pool.deleted),
            )
            for pool in pools
        ),
    )


def render_text(pools: Sequence[PoolForecast], *, style: Style, alias_of: Alias) -> str:
    """Every pool with everybody who holds a part of it after the plan."""
    lines = [count(pools)]
    if pools:
        colour = "red" if any(pool.verdict is Verdict.EXCEEDS for pool in pools) else "green"
        table = quota_lines(pools, style, alias_of, all_holders=True)
        lines = [*table, "", style.paint(lines[0], "bold", colour)]
    return "\n".join(lines) + "\n"


def render_markdown(pools: Sequence[PoolForecast], *, alias_of: Alias) -> str:
    """One table for all pools, and below it who holds those that are too small."""
    lines = ["## Quota", "", count(pools), ""]
    ordered = sorted(pools, key=lambda pool: pool.scope)
    if pools:
        rows = [
            (cell(scope_name(pool.scope, alias_of)), cell(pool.pool), *_numbers(pool), pool.verdict.value)
            for pool in ordered
        ]
        right = {column + 1 for column in _NUMBERS}
        more = "`reconciler quota` shows all."
        lines += table(("scope", *_HEAD, "verdict"), rows, right=right, most=_MOST, noun="pool", more=more)
    full = [pool for pool in ordered if pool.verdict is not Verdict.FITS and pool.holders]
    lines += [""] if full else []
    for pool in full:
        holders = [
            f"{cell(f'{holder.id.account.name}/{holder.id.name}')} {holder.capacity}"
            for holder in pool.holders
        ]
        rest = f"; {pool.elsewhere} in other accounts" if pool.elsewhere else ""
        lines.append(f"- {cell(pool.pool)} is used by {listed(holders, most=HOLDERS)}{rest}")
    return "\n".join(lines) + "\n"


def count(pools: Sequence[PoolForecast]) -> str:
    """One line: how many pools there are, by verdict."""
    if not pools:
        return "The fleet uses no quota and its plan takes none."
    values = {verdict: sum(pool.verdict is verdict for pool in pools) for verdict in Verdict}
    words = [f"{number} {_COUNTED[verdict]}" for verdict, number in values.items() if number]
    return f"{counted(len(pools), 'pool')}: {', '.join(words)}"


def forecast_lines(
    pools: Sequence[PoolForecast], style: Style, alias_of: Alias, *, verbose: bool = False
) -> list[str]:
    """What a plan does to the pools: those that fit with room in one line, all others in a table."""
    fitting = () if verbose else [pool for pool in pools if pool.verdict is Verdict.FITS]
    roomy = [pool for pool in fitting if (used := per_cent(pool)) is not None and used < TIGHT]
    shown = [pool for pool in pools if pool not in roomy]
    lines = quota_lines(shown, style, alias_of) if shown else []
    if roomy:
        fullest = max(roomy, key=lambda pool: (per_cent(pool) or 0, pool.pool))
        where = f"{style.show(fullest.pool)} in {scope_name(fullest.scope, alias_of, style)}"
        noun = counted(len(roomy), "more pool" if shown else "pool")
        words = f"{noun} {'fits' if len(roomy) == 1 else 'fit'}; fullest {where} at {per_cent(fullest)} %"
        lines += style.paragraph(f"quota: {words}", hanging="  ")
    return lines


def quota_lines(
    pools: Sequence[PoolForecast], style: Style, alias_of: Alias, *, all_holders: bool = False
) -> list[str]:
    """The pools of each region together; under one that is too small, its holders after the plan."""
    ordered = sorted(pools, key=lambda pool: pool.scope)
    rows: list[tuple[str, ...]] = [("", *_HEAD)]
    rows += [(VERDICTS[pool.verdict].sign, style.show(pool.pool), *_numbers(pool)) for pool in ordered]
    right = {column + 1 for column in _NUMBERS}
    head, *drawn = stacked(rows, width=style.width, first=2, right=right, indent="  ")
    by_pool = dict(zip(map(id, ordered), drawn, strict=True))
    lines = [style.paint("Quota", "bold"), *(style.paint(line, "dim") for line in head)]
    for scope, group in groupby(ordered, key=lambda pool: pool.scope):
        lines += broken(f"  {scope_name(scope, alias_of, style)}", style.width, hanging="    ")
        for pool in group:
            lines += [style.paint(line, VERDICTS[pool.verdict].text) for line in by_pool[id(pool)]]
            lines += _below(pool, style, holders=all_holders or pool.verdict is not Verdict.FITS)
    return lines


def _numbers(pool: PoolForecast) -> tuple[str, ...]:
    numbers = (pool.limit, pool.used_before, pool.used_peak, pool.used_after, free(pool))
    used = per_cent(pool)
    return (
        *("?" if number is None else str(number) for number in numbers),
        "?" if used is None else f"{used} %",
    )


def scope_name(scope: str, alias_of: Alias, style: Style | None = None) -> str:
    """A region of a subscription, by the subscription's alias where it has one."""
    subscription, _, region = scope.rpartition("/")
    name = f"{alias_of(subscription) or subscription}/{region}"
    return name if style is None else style.show(name)


def _below(pool: PoolForecast, style: Style, *, holders: bool) -> Iterator[str]:
    """The verdict, where it is not good, and who holds the pool after the plan."""
    words = [] if pool.verdict is Verdict.FITS else [pool.verdict.value]
    names = [
        f"{style.show(holder.id.account.name)}/{style.show(holder.id.name)} {holder.capacity}"
        for holder in pool.holders
    ]
    words += [f"used by {listed(names, most=HOLDERS)}"] if holders and names else []
    words += [f"{pool.elsewhere} in other accounts"] if holders and pool.elsewhere else []
    yield from style.paragraph("; ".join(words), indent="       ")
    if holders and pool.deleted:
        gone = listed([item.id.name for item in pool.deleted], most=HOLDERS)
        text = f"soft-deleted accounts keep their quota until they are purged: {gone}"
        yield from style.paragraph(text, indent="       ")
        purge = f"fix: {style.show(pool.deleted[0].command('purge'))}"
        yield from style.paragraph(purge, indent="       ", hanging="         ")
