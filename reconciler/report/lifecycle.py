"""Every deployment with the end of its model, as a table and as JSON.

Rule of this module: what ends first stands first, and an unknown date is shown as unknown, never as far
away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from reconciler.catalogue.facts import Stage
from reconciler.manifest.lifespan import Lifespan, soonest_first
from reconciler.report.layout import columns, counted
from reconciler.report.style import Style

_UNKNOWN = "?"
_HEAD = ("deployment", "model", "version", "sku", "stage", "retires", "days", "successor", "upgrade")


def render_text(
    lifespans: Sequence[Lifespan], *, style: Style, today: date, known_to: str, limit: int | None
) -> str:
    """The table, its sources, and how many end within `limit` days (None: no limit was given)."""
    ordered = soonest_first(lifespans)
    if not ordered:
        return "No deployments are declared.\n"
    rows = [_HEAD, *(_row(one) for one in ordered)]
    head, *lines = columns([tuple(style.show(cell) for cell in row) for row in rows], right={6})
    painted = [
        style.paint(line, "red") if limit is not None and one.ends_within(limit) else line
        for line, one in zip(lines, ordered, strict=True)
    ]
    sources = dict.fromkeys(str(one.facts.source) for one in ordered if one.facts is not None)
    notes = [f"note: {style.show(source)}" for source in sources]
    notes += [style.show(note) for one in ordered if (note := _disputed(one))]
    summary = _summary(ordered, today, known_to, limit)
    return "\n".join([style.paint(head, "bold"), *painted, "", *notes, *summary]) + "\n"


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
    facts = one.facts
    if facts is None or facts.disputed_with is None:
        return ""
    return f"note: {one.model} {one.version or ''}: the same table also says {facts.disputed_with}"


def _summary(ordered: Sequence[Lifespan], today: date, known_to: str, limit: int | None) -> list[str]:
    unknown = sum(one.retires is None and one.stage is not Stage.RETIRED for one in ordered)
    legend = (
        "upgrade: when the service itself changes the version; never: the deployment stops answering at "
        "retirement; (in brackets): ARM's default for new deployments, not declared"
    )
    lines = [legend]
    lines.append(f"{counted(len(ordered), 'deployment')} on {today}, by the catalogue of {known_to}")
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
