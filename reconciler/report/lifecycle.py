"""Every deployment with the end of its model, as a table and as JSON.

Rule of this module: what ends first stands first, and an unknown date is shown as unknown, never as far
away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from reconciler.catalogue.facts import Stage
from reconciler.plan.lifespan import Lifespan, soonest_first
from reconciler.report.layout import cells, columns, counted, fitted, paragraph, shortened
from reconciler.report.style import Style, markdown_inert

_UNKNOWN = "?"
_LEGEND = (
    "upgrade: when the service itself changes the version; never: the deployment stops answering at "
    "retirement; (in brackets): ARM's default for new deployments, not declared"
)
_MOST = 200
"""Rows of the Markdown table; the rest is counted."""

_HEAD = ("deployment", "model", "version", "sku", "stage", "retires", "days", "successor", "upgrade")
_DAYS = 6


def render_text(
    lifespans: Sequence[Lifespan], *, style: Style, today: date, known_to: str, limit: int | None
) -> str:
    """The table, its sources, and how many end within `limit` days (None: no limit was given)."""
    ordered = soonest_first(lifespans)
    if not ordered:
        return "No deployments are declared.\n"
    lines = _table(ordered, style, limit)
    if any(cells(line) > style.width for line in lines):
        lines = _narrow(ordered, style, limit)
    sources = dict.fromkeys(str(one.facts.source) for one in ordered if one.facts is not None)
    notes = [f"note: {source}" for source in sources]
    notes += [note for one in ordered if (note := _disputed(one))]
    notes += [_LEGEND, *_summary(ordered, today, known_to, limit)]
    below = [line for told in notes for line in paragraph(style.show(told), width=style.width, hanging="  ")]
    return "\n".join([*lines, "", *below]) + "\n"


def render_markdown(lifespans: Sequence[Lifespan], *, today: date, known_to: str, limit: int | None) -> str:
    """The same as a Markdown table, bounded; what is cut is counted."""
    ordered = soonest_first(lifespans)
    lines = ["## Lifecycle", "", *_summary(ordered, today, known_to, limit)]
    if ordered:
        lines += ["", f"| {' | '.join(_HEAD)} |", f"|{'---|' * _DAYS}---:|---|---|"]
    for one in ordered[:_MOST]:
        lines.append(f"| {' | '.join(markdown_inert(cell) for cell in _row(one))} |")
    if more := len(ordered) - len(ordered[:_MOST]):
        cut = counted(more, "deployment")
        lines += ["", f"**Cut to fit:** {cut} that end later not shown. `reconciler lifecycle` shows all."]
    return "\n".join(lines) + "\n"


def to_json(
    lifespans: Sequence[Lifespan], *, today: date, known_to: str, limit: int | None
) -> dict[str, object]:
    """Soonest first; null for what is not known."""
    ordered = soonest_first(lifespans)
    return {
        "today": str(today),
        "catalogue": known_to,
        "failWithin": limit,
        "deployments": [_json(one) for one in ordered],
        "summary": {
            "deployments": len(ordered),
            "failing": 0 if limit is None else sum(one.ends_within(limit) for one in ordered),
            "unknown": sum(one.retires is None and one.stage is not Stage.RETIRED for one in ordered),
        },
    }


def _table(ordered: Sequence[Lifespan], style: Style, limit: int | None) -> list[str]:
    rows = [_HEAD, *(_row(one) for one in ordered)]
    head, *lines = columns([tuple(style.show(cell) for cell in row) for row in rows], right={_DAYS})
    painted = [_painted(line, one, style, limit) for line, one in zip(lines, ordered, strict=True)]
    return [style.paint(head, "bold"), *painted]


def _narrow(ordered: Sequence[Lifespan], style: Style, limit: int | None) -> list[str]:
    """The end and the name on one line, the rest of it below: what a terminal of 80 columns has room for."""
    rows = [("days", "retires", "stage", "deployment")]
    rows += [(_row(one)[_DAYS], _row(one)[_DAYS - 1], _row(one)[_DAYS - 2], _row(one)[0]) for one in ordered]
    shown = [tuple(style.show(cell) for cell in row) for row in rows]
    head, *lines = fitted(shown, width=style.width, least={3: 24}, right={0}, ellipsis=style.ellipsis)
    told = [style.paint(head, "bold")]
    for line, one in zip(lines, ordered, strict=True):
        told.append(_painted(line, one, style, limit))
        _, model, version, sku, _, _, _, successor, upgrade = _row(one)
        model = shortened(model, style.width - 8, ellipsis=style.ellipsis)
        words = f"{model} {version} on {sku}; successor {successor}; upgrade {upgrade}"
        told += paragraph(style.show(words), width=style.width, indent="      ")
    return told


def _painted(line: str, one: Lifespan, style: Style, limit: int | None) -> str:
    return style.paint(line, "red") if limit is not None and one.ends_within(limit) else line


def _row(one: Lifespan) -> tuple[str, ...]:
    return (
        f"{one.id.account.name}/{one.id.name}",
        one.model,
        one.version or "service's default",
        _UNKNOWN if one.sku is None else one.sku.name,
        _UNKNOWN if one.stage is None else one.stage.value,
        _UNKNOWN if one.retires is None else str(one.retires),
        _UNKNOWN if one.days_left is None else str(one.days_left),
        (one.facts.successor if one.facts is not None else None) or _UNKNOWN,
        one.upgrade_meaning,
    )


def _disputed(one: Lifespan) -> str:
    said = "" if one.facts is None else one.facts.also_said
    return f"note: {one.model} {one.version or ''}: {said}" if said else ""


def _summary(ordered: Sequence[Lifespan], today: date, known_to: str, limit: int | None) -> list[str]:
    unknown = sum(one.retires is None and one.stage is not Stage.RETIRED for one in ordered)
    lines = [f"{counted(len(ordered), 'deployment')} on {today}, by the catalogue of {known_to}"]
    if unknown:
        lines[-1] += f"; {unknown} of unknown retirement"
    if limit is not None:
        failing = sum(one.ends_within(limit) for one in ordered)
        lines.append(f"{failing} retired or retiring within {counted(limit, 'day')}")
    return lines


def _json(one: Lifespan) -> dict[str, object]:
    facts = one.facts
    return {
        "id": str(one.id),
        "account": one.id.account.name,
        "deployment": one.id.name,
        "region": None if one.region is None else one.region.name,
        "model": one.model,
        "version": one.version,
        "sku": None if one.sku is None else one.sku.name,
        "fineTuned": one.fine_tuned,
        "observed": one.observed,
        "stage": None if one.stage is None else one.stage.value,
        "retires": None if one.retires is None else str(one.retires),
        "alsoSaid": None if facts is None or facts.disputed_with is None else str(facts.disputed_with),
        "daysLeft": one.days_left,
        "successor": None if facts is None else facts.successor,
        "versionUpgradeOption": one.upgrade,
        "upgrade": one.upgrade_meaning,
        "source": None if facts is None else facts.source.title,
        "asOf": None if facts is None else facts.source.as_of,
    }
