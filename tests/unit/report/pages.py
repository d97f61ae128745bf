"""Builders of HTML reports; a test names what matters to it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from reconciler.catalogue.facts import LifecycleFacts, Source, Stage
from reconciler.domain.sku import SkuName
from reconciler.domain.state import ObservedState
from reconciler.plan.drift import DriftReport
from reconciler.plan.lifespan import Lifespan
from reconciler.plan.plan import Plan, PoolForecast
from reconciler.prices.bill import Cost
from reconciler.report.capacity import CapacityTable
from reconciler.report.html import capacity, cost, drift, lifecycle, plan, quota, show
from reconciler.report.html.lifecycle import retirements
from reconciler.report.html.page import Occasion
from tests.unit.report.reading_html import Reading
from tests.unit.report.samples import thousand
from tests.unit.report.values import ALIASES, SWEDEN, named

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
TODAY = NOON.date()
SOURCE = Source(id="docs", title="a page", as_of="2026-11")


def occasion(command: str = "plan", text: str = "contoso", asked: str = "reconciler plan") -> Occasion:
    return Occasion(command=command, asked=asked, fleet=text, cloud=text, at=NOON, tool_version="1.2.3")


def lifespan(
    name: str = "chat",
    retires: date | None = date(2027, 4, 14),
    *,
    model: str = "gpt-4o",
    version: str | None = "2024-11-20",
    stage: Stage | None = Stage.GA,
    successor: str | None = None,
) -> Lifespan:
    known = LifecycleFacts(
        stage=stage,
        retires=retires,
        disputed_with=None,
        successor=successor,
        source=SOURCE,
        arm_status=None,
        arm_retires=None,
        arm_source=None,
    )
    return Lifespan(
        id=named(name),
        region=SWEDEN,
        model=model,
        version=version,
        sku=SkuName("GlobalStandard"),
        fine_tuned=False,
        observed=True,
        upgrade="NoAutoUpgrade",
        days_left=None if retires is None else (retires - TODAY).days,
        facts=None if retires is None and stage is None else known,
    )


def plan_source(of: Plan, lifespans: tuple[Lifespan, ...] = (), text: str = "contoso") -> str:
    retiring = retirements(lifespans, today=TODAY, soon=90, known_to="2026-11-22")
    return plan.render_html(
        of, occasion("plan", text), units=thousand, retiring=retiring, alias_of=ALIASES.get
    )


def plan_page(of: Plan, *lifespans: Lifespan) -> Reading:
    return Reading(plan_source(of, lifespans))


def drift_source(report: DriftReport, there: ObservedState | None = None, **more: Any) -> str:  # noqa: ANN401
    observed = there or ObservedState()
    return drift.render_html(report, observed, occasion("drift"), units=thousand, **more)


def show_source(there: ObservedState, *lifespans: Lifespan) -> str:
    retiring = retirements(lifespans, today=TODAY, soon=90, known_to="2026-11-22")
    return show.render_html(there, occasion("show"), units=thousand, retiring=retiring)


def lifecycle_source(*lifespans: Lifespan, limit: int | None = None, complete: bool = True) -> str:
    return lifecycle.render_html(
        lifespans,
        occasion("lifecycle"),
        today=TODAY,
        soon=90,
        known_to="2026-11-22",
        limit=limit,
        complete=complete,
    )


def quota_source(*pools: PoolForecast) -> str:
    return quota.render_html(pools, occasion("quota"), alias_of=ALIASES.get)


def cost_source(of: Cost) -> str:
    return cost.render_html(of, occasion("cost"))


def capacity_source(table: CapacityTable) -> str:
    return capacity.render_html(table, occasion("capacity"))
