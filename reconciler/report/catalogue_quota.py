"""Documented default quotas as a table and as JSON: tokens a minute by tier, or everything of one tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler.catalogue.facts import DefaultQuota, Limit, QuotaLimit
from reconciler.report.catalogue import CitedSources, dated, page, said_by
from reconciler.report.style import Style

if TYPE_CHECKING:
    from reconciler.domain.document import Document


_IN_FORCE = (
    "defaults per subscription and region, not what you have: limits rise by themselves, and increases are "
    "granted. `reconciler quota` reads the limits in force from ARM"
)
_CELLS = (
    "tiers: tokens a minute, or requests a minute (RPM) where tokens are not counted; `--tier N` shows both. "
    "Batch: enqueued tokens by type of subscription"
)
_NO_PTU = "provisioned and fine-tuned SKUs have no documented default"
_NOTHING = "No default quota is documented for that; `reconciler quota` reads the limits in force from ARM"
_LIMITS = {
    "max-standard-deployments-per-resource": "standard deployments per account: {:,}",
    "max-fine-tuned-deployments": "fine-tuned deployments: {:,}",
    "max-ptu-per-deployment": "PTU per deployment: {:,}",
}
"""Count limits that bear on deployments, by their id in the catalogue."""

_HEADS = {
    "Enterprise and MCA-E": "Enterprise",
    "Monthly credit card-based subscriptions": "credit card",
    "MSDN subscriptions": "MSDN",
}
"""Types of subscription as the head of a column."""


def quotas_text(
    rows: Sequence[DefaultQuota], limits: Mapping[str, Limit], *, one_tier: bool, style: Style, known_to: str
) -> str:
    """Pay-as-you-go SKUs by tier, then batch by type of subscription; `one_tier`: only one was asked for."""
    sources = CitedSources(style)
    rates = [row for row in rows if not _is_batch(row)]
    batch = [row for row in rows if _is_batch(row)]
    parts = [_table(part, sources, one_tier=one_tier) for part in (rates, batch) if part]
    if not parts:
        return "\n".join(style.paragraph(f"{_NOTHING}. {_NO_PTU.capitalize()}.")) + "\n"
    counts = [
        f"{_LIMITS[name].format(limit.value)} [{sources.number(limit.source)}]"
        for name, limit in limits.items()
        if name in _LIMITS
    ]
    below = [*sources.below(), *([] if one_tier else [_CELLS]), *counts, _NO_PTU, _IN_FORCE, dated(known_to)]
    *above, last = parts
    return "".join([*(page(rows, [], style) for rows in above), page(last, below, style)])


def quotas_document(rows: Sequence[DefaultQuota], limits: Mapping[str, Limit], *, known_to: str) -> Document:
    """The same in plain numbers; null for what is not counted."""
    from reconciler.report.catalogue_documents import (
        CatalogDocument,
        CountLimitDocument,
        DefaultQuotaDocument,
    )

    return CatalogDocument(
        format_version=1,
        catalogue=known_to,
        quotas=tuple(
            DefaultQuotaDocument.from_value(row, limits=tuple(map(_limit, row.limits)), **said_by(row.source))
            for row in rows
        ),
        limits=tuple(
            CountLimitDocument.from_value(limit, limit=name, **said_by(limit.source))
            for name, limit in limits.items()
        ),
    )


def _limit(limit: QuotaLimit) -> Document:
    from reconciler.report.catalogue_documents import DefaultLimitDocument

    if limit.enqueued_tokens is not None:
        return DefaultLimitDocument(subscription_type=limit.scope, enqueued_tokens=limit.enqueued_tokens)
    return DefaultLimitDocument(
        tier=limit.scope,
        requests=limit.requests,
        seconds=limit.seconds,
        tokens_per_minute=limit.tokens_per_minute,
    )


def _is_batch(row: DefaultQuota) -> bool:
    return any(limit.enqueued_tokens is not None for limit in row.limits)


def _table(rows: Sequence[DefaultQuota], sources: CitedSources, *, one_tier: bool) -> list[tuple[str, ...]]:
    table: list[tuple[str, ...]]
    if one_tier:
        table = [("model", "sku", "requests", "tokens/min", "source")]
        for row, limit in ((each, limit) for each in rows for limit in each.limits):
            tokens = "not counted" if limit.tokens_per_minute is None else f"{limit.tokens_per_minute:,}"
            table.append((row.model, row.sku.name, _requests(limit), tokens, sources.number(row.source)))
        return table
    scopes = list(dict.fromkeys(limit.scope for row in rows for limit in row.limits))
    scopes = scopes if _is_batch(rows[0]) else sorted(scopes)
    table = [("model", "sku", *(_HEADS.get(scope, scope) for scope in scopes), "source")]
    for row in rows:
        said = {limit.scope: _short(limit) for limit in row.limits}
        table.append(
            (row.model, row.sku.name, *(said.get(s, "?") for s in scopes), sources.number(row.source))
        )
    return table


def _requests(limit: QuotaLimit) -> str:
    return f"{limit.requests:,} in {limit.seconds} s"


def _short(limit: QuotaLimit) -> str:
    """Tokens, of a minute or enqueued; where none are counted, requests a minute."""
    tokens = limit.tokens_per_minute if limit.enqueued_tokens is None else limit.enqueued_tokens
    if tokens is None:
        return f"{limit.requests} RPM" if limit.seconds == 60 else _requests(limit)
    for size, letter in ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K")):
        if tokens >= size:
            return f"{tokens / size:.10g}{letter}"
    return str(tokens)
