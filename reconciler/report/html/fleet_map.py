"""The fleet as models by regions, with how much of each there is.

Rule of this module: amounts of different units stand beside each other and are never added; where a plan
moves one, both sides are shown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.diagnostics import counted
from reconciler.domain.deployment import UNSET, JsonObject, ModelRef
from reconciler.domain.sku import SkuFamily, SkuName
from reconciler.domain.state import Listed, ObservedDeployment, ObservedState
from reconciler.plan.actions import Delete
from reconciler.plan.plan import Plan
from reconciler.report.html.markup import Child, Markup, tag
from reconciler.report.html.page import Section, boxed, fitting
from reconciler.report.steps import Units, rate_unit

_TPM, _RPM, _PTU, _BATCH = "TPM", "RPM", "PTU", "thousand enqueued tokens"
_ORDER: Final = (_TPM, _RPM, "rate units", _PTU, _BATCH)
_UNKNOWN_PLACE = "unknown region"
_HINT = (
    "TPM: tokens a minute, what rate units of the model buy by the catalogue; RPM: requests a minute; rate "
    "units: where the catalogue does not say; PTU: provisioned throughput units. Amounts of different units "
    "are never added."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One deployment's share of a cell. `capacity` None: ARM did not say."""

    region: str
    model: ModelRef
    sku: SkuName
    capacity: int | None

    @property
    def label(self) -> str:
        """The row it counts in: a fine-tuned model stands below its base's name."""
        base = self.model.tuned_from
        return f"{base.name}, fine-tuned" if base else self.model.name


@dataclass(slots=True)
class _Cell:
    """What a cell holds, by unit, and of how many deployments; before a plan and after it."""

    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    deployments: int = 0


def observed_holdings(observed: ObservedState) -> list[Holding]:
    """What is there in every account that could be read."""
    listed = (reading for _, reading in sorted(observed.readings.items()) if isinstance(reading, Listed))
    return [_holding(each, reading.account.region.name) for reading in listed for each in reading.deployments]


def planned_holdings(plan: Plan) -> tuple[list[Holding], list[Holding]]:
    """What is there before the plan, and what will be after it."""
    before: list[Holding] = []
    after: list[Holding] = []
    for action in (step.action for step in plan.steps):
        place = action.region.name if action.region else _UNKNOWN_PLACE
        observed = [] if action.observed is None else [_holding(action.observed, place)]
        before += observed
        if action.writes:
            after.append(_sent(action.writes[-1], place))
        elif not isinstance(action, Delete):
            after += observed
    return before, after


def fleet_map(
    after: Iterable[Holding], units: Units, *, before: Iterable[Holding] | None = None, caption: str
) -> Section | None:
    """The table; None where there is nothing to show. Without `before` nothing is moved."""
    existing = list(after)
    cells = _cells(existing, existing if before is None else list(before), units)
    if not cells:
        return None
    regions = sorted({region for _, region in cells})
    models = sorted({model for model, _ in cells}, key=str.lower)

    def row(model: str) -> Markup:
        held = [cells.get((model, region)) for region in regions]
        whole = _summed(cell for cell in held if cell is not None)
        return tag("tr", tag("th", model, scope="row"), *map(_cell, held), _cell(whole, total=True))

    rows, cut = fitting(row, models, "model")
    titles = (
        tag("th", "model", scope="col"),
        *(tag("th", region, scope="col") for region in regions),
        tag("th", "all regions", scope="col"),
    )
    # Over all models: deployments and PTUs, for a token of one model is none of another.
    by_region = ([cell for (_, at), cell in cells.items() if at == region] for region in regions)
    sums = (_cell(_summed(each), alike=False) for each in (*by_region, cells.values()))
    everything = tag("tr", tag("th", "all models", scope="row"), *sums, class_="total")
    inside = (tag("caption", caption), tag("thead", tag("tr", *titles)), tag("tbody", *rows, everything))
    body = (tag("p", _HINT, class_="fix"), boxed(tag("table", *inside, class_="map"), caption))
    return Section(anchor="map", title="Fleet map", body=tag("div", *body), cut=cut)


def amount_of(holding: Holding, units: Units) -> tuple[str, int]:
    """A capacity in what it buys a minute where the catalogue knows that, else in its own unit."""
    number = holding.capacity
    if number is None:
        return ("of unknown capacity", 1)
    match holding.sku.family:
        case SkuFamily.PROVISIONED:
            return (_PTU, number)
        case SkuFamily.BATCH:
            return (_BATCH, number)
        case SkuFamily.UNKNOWN:
            return (f"units of {holding.sku}", number)
    unit = rate_unit(units, holding.model, holding.sku)
    if unit is not None and unit.tokens_per_minute:
        return (_TPM, number * unit.tokens_per_minute)
    if unit is not None and unit.requests_per_minute:
        return (_RPM, number * unit.requests_per_minute)
    return ("rate units", number)


def _holding(deployment: ObservedDeployment, region: str) -> Holding:
    model = ModelRef(
        name=deployment.model_name or "unknown model",
        format=deployment.model_format or "OpenAI",
        version=deployment.model_version or UNSET,
    )
    return Holding(
        region=region, model=model, sku=deployment.sku or SkuName("unknown SKU"), capacity=deployment.capacity
    )


def _sent(body: JsonObject, region: str) -> Holding:
    """What a PUT leaves behind: its body also has what is carried over."""
    properties, sku = body.get("properties"), body.get("sku")
    model = properties.get("model") if isinstance(properties, Mapping) else None
    named = model if isinstance(model, Mapping) else {}
    sized = sku if isinstance(sku, Mapping) else {}
    version, capacity = named.get("version"), sized.get("capacity")
    return Holding(
        region=region,
        model=ModelRef(
            name=str(named.get("name") or "unknown model"),
            format=str(named.get("format") or "OpenAI"),
            version=version if isinstance(version, str) else UNSET,
        ),
        sku=SkuName(str(sized.get("name") or "unknown SKU")),
        capacity=capacity if isinstance(capacity, int) else None,
    )


_Cells = Mapping[tuple[str, str], _Cell]


def _cells(after: list[Holding], before: list[Holding], units: Units) -> _Cells:
    cells: dict[tuple[str, str], _Cell] = defaultdict(_Cell)
    for holding in after:
        cell, (unit, number) = cells[holding.label, holding.region], amount_of(holding, units)
        cell.deployments += 1
        cell.after[unit] += number
    for holding in before:
        unit, number = amount_of(holding, units)
        cells[holding.label, holding.region].before[unit] += number
    return cells


def _summed(cells: Iterable[_Cell]) -> _Cell:
    whole = _Cell()
    for cell in cells:
        whole.deployments += cell.deployments
        whole.before.update(cell.before)
        whole.after.update(cell.after)
    return whole


def _cell(cell: _Cell | None, *, total: bool = False, alike: bool = True) -> Markup:
    if cell is None:
        return tag(
            "td", tag("span", "-", class_="quiet", aria_hidden="true"), tag("span", "none", class_="unseen")
        )
    moved = dict(cell.before) != dict(cell.after)
    kind = "total" if total or not alike else "moved" if moved else "held"
    found = {*cell.before, *cell.after} if alike else {_PTU} & {*cell.before, *cell.after}
    units = sorted(found, key=lambda unit: (_ORDER.index(unit) if unit in _ORDER else len(_ORDER), unit))
    lines: list[Child] = []
    for unit in units:
        before, after = cell.before[unit], cell.after[unit]
        amount = f"{after:,} {unit}" if before == after else f"{before:,} → {after:,} {unit}"
        lines.append(tag("span", amount, class_="amount"))
    lines.append(tag("span", counted(cell.deployments, "deployment"), class_="small"))
    return tag("td", *lines, class_=kind)
