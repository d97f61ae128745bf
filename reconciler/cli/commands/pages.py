"""Reports as HTML files: what the pure pages need to know of this run, brought to them.

Rule of this module: time, version and catalogue enter here as values; it formats nothing. A page is imported
where somebody asks for it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.catalogue.load import catalogue
from reconciler.cli.options import Chosen, Output
from reconciler.cli.wiring import Loaded, the_clock
from reconciler.diagnostics import Diagnostic
from reconciler.domain.fleet import Fleet
from reconciler.domain.state import ObservedState
from reconciler.plan.lifespan import Lifespan, declared_lifespans, observed_lifespans
from reconciler.plan.plan import Plan, PoolForecast

if TYPE_CHECKING:
    from reconciler.plan.drift import DriftReport
    from reconciler.prices.bill import Cost
    from reconciler.report.capacity import CapacityTable
    from reconciler.report.html.page import Occasion, Section

_PORTALS = {
    "AzureCloud": "https://portal.azure.com",
    "AzureUSGovernment": "https://portal.azure.us",
    "AzureChinaCloud": "https://portal.azure.cn",
}


def plan_html(plan: Plan, loaded: Loaded, output: Output) -> str:
    """The plan, with the ends of the models that it leaves in use."""
    from reconciler.report.html.plan import render_html

    about, desired = _of_fleet("plan", loaded, output), loaded.state()
    ends = _ends(declared_lifespans(desired, catalogue(), about.at.date()), desired.fleet, about)
    alias_of = desired.fleet.alias_of
    return render_html(plan, about, units=catalogue().unit, retiring=ends, alias_of=alias_of)


def drift_html(
    report: DriftReport,
    loaded: Loaded,
    observed: ObservedState,
    output: Output,
    *,
    show_people: bool,
    policies: Sequence[Diagnostic],
) -> str:
    """The drift, with people hidden unless they were asked for."""
    from reconciler.report.html.drift import render_html

    return render_html(
        report,
        observed,
        _of_fleet("drift", loaded, output),
        units=catalogue().unit,
        show_people=show_people,
        alias_of=loaded.fleet.alias_of,
        policies=policies,
    )


def show_html(
    loaded: Loaded,
    observed: ObservedState,
    cost: Cost | None,
    output: Output,
    *,
    policies: Sequence[Diagnostic],
) -> str:
    """What is there, with the ends of its models."""
    from reconciler.report.html.show import render_html

    about = _of_fleet("show", loaded, output)
    every = observed_lifespans(loaded.state(), observed, catalogue(), about.at.date())
    ends = _ends((lifespan for lifespan in every if lifespan.observed), loaded.fleet, about)
    return render_html(observed, about, units=catalogue().unit, retiring=ends, cost=cost, policies=policies)


def cost_html(cost: Cost, loaded: Loaded, output: Output) -> str:
    """What the declared deployments cost."""
    from reconciler.report.html.cost import render_html

    return render_html(cost, _of_fleet("cost", loaded, output))


def capacity_html(found: CapacityTable, fleet: Fleet) -> str:
    """Where a model has room."""
    from reconciler.report.html.capacity import render_html

    about = _occasion("capacity", fleet, Chosen(paths=()), "--model", found.model, links=False)
    return render_html(found, about, alias_of=fleet.alias_of)


def quota_html(pools: Sequence[PoolForecast], loaded: Loaded, output: Output, *, complete: bool) -> str:
    """The fleet's quota pools."""
    from reconciler.report.html.quota import render_html

    about = _of_fleet("quota", loaded, output)
    return render_html(pools, about, alias_of=loaded.fleet.alias_of, complete=complete)


def lifecycle_html(
    lifespans: Sequence[Lifespan], loaded: Loaded, output: Output, *, limit: int | None, complete: bool
) -> str:
    """The ends of all models."""
    from reconciler.report.html.lifecycle import render_html

    about = _of_fleet("lifecycle", loaded, output)
    return render_html(
        lifespans,
        about,
        today=about.at.date(),
        soon=loaded.fleet.retirement.warn_within_days,
        known_to=str(catalogue().date),
        limit=limit,
        complete=complete,
    )


def _ends(lifespans: Iterable[Lifespan], fleet: Fleet, about: Occasion) -> Section | None:
    from reconciler.report.html.lifecycle import retirements

    soon, known_to = fleet.retirement.warn_within_days, str(catalogue().date)
    return retirements(list(lifespans), today=about.at.date(), soon=soon, known_to=known_to)


def _of_fleet(command: str, loaded: Loaded, output: Output) -> Occasion:
    return _occasion(command, loaded.state().fleet, loaded.chosen, links=output.links)


def _occasion(command: str, fleet: Fleet, chosen: Chosen, *asked: str, links: bool) -> Occasion:
    from reconciler.report.html.page import Occasion

    words = ["reconciler", command, *asked, *chosen.paths]
    words += ["--select", chosen.select] if chosen.select else []
    repeated = {"--target": chosen.targets, "--exclude": chosen.excludes, "--rule": chosen.rules}
    words += [word for option, values in repeated.items() for value in values for word in (option, value)]
    return Occasion(
        command=command,
        asked=shlex.join(words),
        fleet=fleet.name,
        cloud=fleet.cloud,
        at=the_clock().now(),
        tool_version=__version__,
        portal=_PORTALS.get(fleet.cloud, "") if links else "",
    )
