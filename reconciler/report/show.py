"""The observed fleet as a table: what is there, declared or not.

Rule of this module: an account that could not be read is never an empty one; it is named as unread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from reconciler.diagnostics import counted
from reconciler.domain.document import Document
from reconciler.domain.marks import owner_of
from reconciler.domain.state import AccountMissing, Listed, ObservedDeployment, ObservedState, Unreadable
from reconciler.prices.bill import Cost
from reconciler.prices.document import cost_document
from reconciler.report.causes import cause_lines, common_causes
from reconciler.report.layout import cells, columns, stacked
from reconciler.report.markdown import cell, table
from reconciler.report.style import Style

_HEAD = ("account", "region", "deployment", "model", "version", "sku", "capacity", "state", "owner")
_CAPACITY = 6
_MOST = 2_000
"""Rows of the Markdown table; the rest is counted."""
_Row = tuple[str, ...]


def render_text(observed: ObservedState, *, style: Style) -> str:
    """One table, or one per account where a line would be wider than the terminal; then the counts."""
    rows = [tuple(style.show(each) for each in row) for row in _rows(observed)]
    lines = columns([_HEAD, *rows], right={_CAPACITY}) if rows else []
    if any(cells(line) > style.width for line in lines):
        lines = list(_grouped(rows, style))
    else:
        lines[:1] = [style.paint(line, "bold") for line in lines[:1]]
    unread = unread_in(observed)
    causes = common_causes(
        (reading.id.name, reading.message, "see `reconciler doctor`")
        for reading in observed.readings.values()
        if isinstance(reading, Unreadable)
    )
    lines += cause_lines(causes, style)
    common = {name for cause in causes for name in cause.accounts}
    for item in unread:
        if item.id.name not in common:
            words = f"not read: {style.show(f'{item.id.name}: {item.message}')} ({style.show(item.code)})"
            lines += [style.paint(line, "red") for line in style.paragraph(words, hanging="  ")]
    read = counted(len(observed.readings) - len(unread), "account")
    lines += [*([""] if lines else []), style.paint(f"{counted(len(rows), 'deployment')} in {read}", "bold")]
    return "\n".join(lines) + "\n"


def render_markdown(observed: ObservedState) -> str:
    """The same as a Markdown table."""
    rows = [[cell(item) for item in row] for row in _rows(observed)]
    more = "`reconciler show` lists all."
    lines = table(_HEAD, rows, right={_CAPACITY}, most=_MOST, noun="deployment", more=more)
    unread = [
        f"- not read: {cell(f'{item.id.name}: {item.message}')} ({cell(item.code)})"
        for item in unread_in(observed)
    ]
    return "\n".join([*lines, *([""] if unread else []), *unread]) + "\n"


def document(observed: ObservedState, cost: Cost | None = None) -> Document:
    """Deployments with ARM's values, and the accounts that could not be read."""
    from reconciler.report.documents import NotReadDocument, ShowDocument, ThereDocument

    deployments = tuple(
        ThereDocument(
            id=str(existing.id),
            account=existing.id.account.name,
            region=region,
            deployment=existing.id.name,
            model=existing.model_name,
            version=existing.model_version,
            sku=existing.sku.name if existing.sku else None,
            capacity=existing.capacity,
            state=existing.provisioning_state,
            owner=owner_of(existing),
        )
        for region, existing in there_in(observed)
    )
    unreadable = tuple(NotReadDocument.from_value(item, account=item.id.name) for item in unread_in(observed))
    priced = {"cost": cost_document(cost)} if cost else {}
    return ShowDocument(format_version=1, deployments=deployments, unreadable=unreadable, **priced)


def there_in(observed: ObservedState) -> Iterator[tuple[str, ObservedDeployment]]:
    """Every deployment that is there with its region, in order."""
    for _, reading in sorted(observed.readings.items()):
        if isinstance(reading, Listed):
            for existing in sorted(reading.deployments, key=lambda item: item.id.key):
                yield reading.account.region.name, existing


def unread_in(observed: ObservedState) -> list[AccountMissing | Unreadable]:
    """The accounts of which nothing is known, in order."""
    readings = (reading for _, reading in sorted(observed.readings.items()))
    return [item for item in readings if isinstance(item, AccountMissing | Unreadable)]


def _rows(observed: ObservedState) -> list[_Row]:
    return [
        (
            existing.id.account.name,
            region,
            existing.id.name,
            existing.model_name or "?",
            existing.model_version or "?",
            existing.sku.name if existing.sku else "?",
            "?" if existing.capacity is None else str(existing.capacity),
            existing.provisioning_state,
            owner_of(existing) or "-",
        )
        for region, existing in there_in(observed)
    ]


def _grouped(rows: Sequence[_Row], style: Style) -> Iterator[str]:
    """A heading per account, and the other columns aligned over all of them, a state if it is unusual."""
    short = []
    for row in (_HEAD, *rows):
        *middle, state, owner = row[2:]
        short.append((*middle, owner if state in {"state", "Succeeded"} else f"{owner}, {state}"))
    head, *drawn = stacked(short, width=style.width, first=1, right={_CAPACITY - 2}, indent="  ")
    yield from (style.paint(line, "dim") for line in head)
    for (account, region), group in groupby(zip(rows, drawn, strict=True), key=lambda pair: pair[0][:2]):
        first, *rest = style.paragraph(f"{account}  {region}", hanging="    ")
        yield from (first.replace(account, style.paint(account, "bold"), 1), *rest)
        yield from (line for _, lines in group for line in lines)
