"""Every deployment with the end of its model, as a table and as JSON.

Rule of this module: what ends first stands first, and an unknown date is shown as unknown, never as far
away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from reconciler.catalogue.facts import Stage
from reconciler.diagnostics import counted
from reconciler.domain.document import Document
from reconciler.plan.lifespan import Lifespan, soonest_first
from reconciler.report.blocks import ALIKE, named_together
from reconciler.report.catalogue import UNKNOWN, said_by
from reconciler.report.layout import alike, broken, cells, columns
from reconciler.report.markdown import cell, table
from reconciler.report.steps import NO_ALIAS
from reconciler.report.style import Style

_LEGEND = (
    "upgrade: when the service itself changes the version; never: the deployment stops answering at "
    "retirement; (in brackets): ARM's default for new deployments, not declared"
)
_MOST = 200
"""Rows of the Markdown table; the rest is counted."""

_HEAD = ("deployment", "model", "version", "sku", "stage", "retires", "days", "successor", "upgrade")
_DAYS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """By which day and which catalogue, and within how many days a model must not end; None: not asked."""

    today: date
    known_to: str
    limit: int | None = None

    def ends(self, lifespan: Lifespan) -> bool:
        """Whether a deployment's model ends within the limit."""
        return self.limit is not None and lifespan.ends_within(self.limit)

    def filtered(self, lifespans: Sequence[Lifespan]) -> list[Lifespan]:
        """What ends first stands first; with a limit, only what ends within it."""
        ordered = soonest_first(lifespans)
        return ordered if self.limit is None else [item for item in ordered if self.ends(item)]


def render_text(lifespans: Sequence[Lifespan], asked: Asked, *, style: Style, verbose: bool = False) -> str:
    """The table, its sources, and how many end within the limit; with a limit only those.

    What ends alike of many deployments is one row with their number, and their names below it.
    """
    if not lifespans:
        return "No deployments are declared.\n"
    ordered = asked.filtered(lifespans)
    groups = [[item] for item in ordered] if verbose else _alike(ordered)
    lines = list(_table(groups, style, asked)) if groups else []
    sources = dict.fromkeys(str(item.facts.source) for item in ordered if item.facts is not None)
    notes = [f"note: {source}" for source in sources]
    notes += [
        f"note: {item.model} {item.version or ''}: {item.facts.also_said}"
        for item in ordered
        if item.facts is not None and item.facts.also_said
    ]
    notes += [*([_LEGEND] if ordered else []), *_summary(lifespans, asked)]
    below = [line for text in notes for line in style.paragraph(style.show(text), hanging="  ")]
    return "\n".join([*lines, *([""] if lines else []), *below]) + "\n"


def render_markdown(lifespans: Sequence[Lifespan], asked: Asked) -> str:
    """The same as a Markdown table, bounded; what is cut is counted."""
    ordered = asked.filtered(lifespans)
    lines = ["## Lifecycle", "", *_summary(lifespans, asked)]
    if ordered:
        rows = [[cell(item) for item in _row(lifespan)] for lifespan in ordered]
        more = "They end later; `reconciler lifecycle` shows all."
        lines += ["", *table(_HEAD, rows, right={_DAYS}, most=_MOST, noun="deployment", more=more)]
    return "\n".join(lines) + "\n"


def document(lifespans: Sequence[Lifespan], asked: Asked) -> Document:
    """All of them, soonest first; null for what is not known. `failing` says what ends within the limit."""
    from reconciler.report.documents import EndsDocument, LifecycleDocument, LifespanDocument

    ordered = soonest_first(lifespans)
    return LifecycleDocument(
        format_version=1,
        today=asked.today,
        catalogue=asked.known_to,
        fail_within=asked.limit,
        deployments=tuple(
            LifespanDocument.from_value(
                item,
                account=item.id.account.name,
                deployment=item.id.name,
                also_said=None if item.facts is None else item.facts.disputed_with,
                successor=None if item.facts is None else item.facts.successor,
                version_upgrade_option=item.upgrade,
                upgrade=item.upgrade_meaning,
                **said_by(None if item.facts is None else item.facts.source),
                **({} if asked.limit is None else {"failing": asked.ends(item)}),
            )
            for item in ordered
        ),
        summary=EndsDocument(
            deployments=len(ordered),
            failing=sum(map(asked.ends, ordered)),
            unknown=sum(map(undated, ordered)),
        ),
    )


def undated(lifespan: Lifespan) -> bool:
    """Whether it will end on a day that nobody knows."""
    return lifespan.retires is None and lifespan.stage is not Stage.RETIRED


def _alike(ordered: Sequence[Lifespan]) -> list[list[Lifespan]]:
    """Deployments whose rows differ in nothing but the name, where they are many; each other one alone."""
    groups: list[list[Lifespan]] = []
    for found in alike(ordered, lambda item: _row(item)[1:]).values():
        groups += [found] if len(found) >= ALIKE else [[item] for item in found]
    return groups


def _table(groups: Sequence[list[Lifespan]], style: Style, asked: Asked) -> Iterator[str]:
    """One row each; where that is too wide, the end and the name on one line and the rest of it below."""
    rows = [tuple(style.show(item) for item in row) for row in (_HEAD, *map(_row_of, groups))]
    whole = columns(rows, right={_DAYS})
    narrow = any(cells(line) > style.width for line in whole)
    short = [(row[_DAYS], row[_DAYS - 1], row[_DAYS - 2], row[0]) for row in rows]
    head, *lines = columns(short, right={0}) if narrow else whole
    yield style.paint(head, "bold")
    for line, row, group in zip(lines, rows[1:], groups, strict=True):
        # Red where the model has ended, yellow where it ends within the limit; the days say the same.
        colour = ["red"] if group[0].ends_within(0) else ["yellow"] if asked.ends(group[0]) else []
        yield from (style.paint(part, *colour) for part in broken(line, style.width, hanging=" " * 6))
        if narrow:
            _, model, version, sku, _, _, _, successor, upgrade = row
            words = f"{model} {version} on {sku}; successor {successor}; upgrade {upgrade}"
            yield from style.paragraph(words, indent=" " * 6)
        if len(group) > 1:
            yield from named_together([item.id for item in group], style, NO_ALIAS, " " * 6)


def _row_of(group: Sequence[Lifespan]) -> tuple[str, ...]:
    """The row of one deployment, or of many that end alike."""
    name, *rest = _row(group[0])
    return (name if len(group) == 1 else counted(len(group), "deployment"), *rest)


def _row(lifespan: Lifespan) -> tuple[str, ...]:
    return (
        f"{lifespan.id.account.name}/{lifespan.id.name}",
        lifespan.model,
        lifespan.version or "service's default",
        UNKNOWN if lifespan.sku is None else lifespan.sku.name,
        UNKNOWN if lifespan.stage is None else lifespan.stage.value,
        UNKNOWN if lifespan.retires is None else str(lifespan.retires),
        UNKNOWN if lifespan.days_left is None else str(lifespan.days_left),
        (lifespan.facts.successor if lifespan.facts is not None else None) or UNKNOWN,
        lifespan.upgrade_meaning,
    )


def _summary(lifespans: Sequence[Lifespan], asked: Asked) -> list[str]:
    unknown = sum(map(undated, lifespans))
    counts = counted(len(lifespans), "deployment")
    lines = [f"{counts} on {asked.today}, by the catalogue of {asked.known_to}"]
    if unknown:
        lines[-1] += f"; {unknown} with no known retirement date"
    if asked.limit is not None:
        ending = sum(map(asked.ends, lifespans))
        rest = "; only these are shown" if 0 < ending < len(lifespans) else ""
        lines.append(f"{ending} retired or retiring within {counted(asked.limit, 'day')}{rest}")
    return lines
