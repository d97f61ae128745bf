"""Reports as HTML files: what the pure pages need to know of this run, brought to them.

Rule of this module: time, version and catalogue enter here as values; it formats nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.cli.options import Chosen
from reconciler.cli.wiring import the_clock

_PORTALS = {
    "AzureCloud": "https://portal.azure.com",
    "AzureUSGovernment": "https://portal.azure.us",
    "AzureChinaCloud": "https://portal.azure.cn",
}

if TYPE_CHECKING:
    from datetime import date

    from reconciler.diagnostics import Diagnostic
    from reconciler.domain.fleet import DesiredState
    from reconciler.domain.state import ObservedState
    from reconciler.plan.drift import DriftReport
    from reconciler.plan.lifespan import Lifespan
    from reconciler.plan.plan import Plan, PoolForecast
    from reconciler.prices.bill import Cost
    from reconciler.report.capacity import CapacityTable
    from reconciler.report.html.page import Occasion, Section


def plan_html(plan: Plan, desired: DesiredState, chosen: Chosen, *, links: bool) -> str:
    """The plan, with the ends of the models that it leaves in use."""
    from reconciler.catalogue.load import catalogue
    from reconciler.plan.lifespan import declared_lifespans
    from reconciler.report.html import plan as plan_page

    about = _occasion("plan", desired, chosen, links=links)
    lifespans = declared_lifespans(desired, catalogue(), about.at.date())
    return plan_page.render_html(
        plan,
        about,
        units=catalogue().unit,
        retiring=_retiring(lifespans, desired, about.at.date()),
        alias_of=desired.fleet.alias_of,
    )


def drift_html(
    report: DriftReport,
    desired: DesiredState,
    observed: ObservedState,
    chosen: Chosen,
    *,
    show_people: bool,
    links: bool,
    policies: Sequence[Diagnostic] = (),
) -> str:
    """The drift, with people hidden unless they were asked for."""
    from reconciler.catalogue.load import catalogue
    from reconciler.report.html import drift as drift_page

    return drift_page.render_html(
        report,
        observed,
        _occasion("drift", desired, chosen, links=links),
        units=catalogue().unit,
        show_people=show_people,
        alias_of=desired.fleet.alias_of,
        policies=policies,
    )


def show_html(
    desired: DesiredState,
    observed: ObservedState,
    chosen: Chosen,
    cost: Cost | None = None,
    *,
    links: bool,
    policies: Sequence[Diagnostic] = (),
) -> str:
    """What is there, with the ends of its models."""
    from reconciler.catalogue.load import catalogue
    from reconciler.plan.lifespan import observed_lifespans
    from reconciler.report.html import show as show_page

    about = _occasion("show", desired, chosen, links=links)
    lifespans = [
        lifespan
        for lifespan in observed_lifespans(desired, observed, catalogue(), about.at.date())
        if lifespan.observed
    ]
    return show_page.render_html(
        observed,
        about,
        units=catalogue().unit,
        retiring=_retiring(lifespans, desired, about.at.date()),
        cost=cost,
        policies=policies,
    )


def cost_html(cost: Cost, desired: DesiredState, chosen: Chosen, *, links: bool) -> str:
    """What the declared deployments cost."""
    from reconciler.report.html import cost as cost_page

    return cost_page.render_html(cost, _occasion("cost", desired, chosen, links=links))


def capacity_html(found: CapacityTable, desired: DesiredState) -> str:
    """Where a model has room."""
    from reconciler.report.html import capacity as capacity_page

    chosen = Chosen(paths=())
    about = _occasion("capacity", desired, chosen, "--model", found.model, links=False)
    return capacity_page.render_html(found, about, alias_of=desired.fleet.alias_of)


def quota_html(
    pools: Sequence[PoolForecast], desired: DesiredState, chosen: Chosen, *, complete: bool, links: bool
) -> str:
    """The fleet's quota pools."""
    from reconciler.report.html import quota as quota_page

    about = _occasion("quota", desired, chosen, links=links)
    return quota_page.render_html(pools, about, alias_of=desired.fleet.alias_of, complete=complete)


def lifecycle_html(
    lifespans: tuple[Lifespan, ...],
    desired: DesiredState,
    chosen: Chosen,
    *,
    limit: int | None,
    complete: bool,
    links: bool,
) -> str:
    """The ends of all models."""
    from reconciler.catalogue.load import catalogue
    from reconciler.report.html import lifecycle as lifecycle_page

    about = _occasion("lifecycle", desired, chosen, links=links)
    return lifecycle_page.render_html(
        lifespans,
        about,
        today=about.at.date(),
        soon=desired.fleet.retirement.warn_within_days,
        known_to=str(catalogue().date),
        limit=limit,
        complete=complete,
    )


def _retiring(
    lifespans: list[Lifespan] | tuple[Lifespan, ...], desired: DesiredState, today: date
) -> Section | None:
    from reconciler.catalogue.load import catalogue
    from reconciler.report.html.lifecycle import retirements

    soon = desired.fleet.retirement.warn_within_days
    return retirements(lifespans, today=today, soon=soon, known_to=str(catalogue().date))


def _occasion(command: str, desired: DesiredState, chosen: Chosen, *asked: str, links: bool) -> Occasion:
    import shlex

    from reconciler.report.html.page import Occasion

    words = ["reconciler", command, *asked, *chosen.paths]
    words += ["--select", chosen.select] if chosen.select else []
    for option, values in (
        ("--target", chosen.targets),
        ("--exclude", chosen.excludes),
        ("--rule", chosen.rules),
    ):
        for value in values:
            words += [option, value]
    return Occasion(
        command=command,
        asked=shlex.join(words),
        fleet=desired.fleet.name,
        cloud=desired.fleet.cloud,
        at=the_clock().now(),
        tool_version=__version__,
        portal=_PORTALS.get(desired.fleet.cloud, "") if links else "",
    )
