"""`reconciler show`: the deployments that are there, declared or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.commands.shared import cost_option, style_of, valid_fleet, write_forms
from reconciler.cli.exit_codes import Exit
from reconciler.cli.help import Command
from reconciler.cli.knowledge import prices
from reconciler.cli.options import Chosen, Connection, Output, fleet_options
from reconciler.cli.wiring import the_clock

if TYPE_CHECKING:
    from reconciler.domain.fleet import DesiredState
    from reconciler.domain.state import ObservedState
    from reconciler.prices.bill import Cost


@click.command(
    "show", cls=Command, examples=("reconciler show", "reconciler show -o html --output-file fleet.html")
)
@fleet_options("text", "json", "markdown", "html")
@cost_option
def command(*, chosen: Chosen, connection: Connection, output: Output, with_cost: bool) -> int:
    """List account, region, deployment, model, version, SKU, capacity, state and owner.

    With --policy what is there is judged by those policies; exit 1 if a rule is broken.
    """
    from reconciler.cli.commands import pages
    from reconciler.cli.pipeline import observed_fleet
    from reconciler.cli.policies import beside, of_existing
    from reconciler.diagnostics import has_errors
    from reconciler.domain.state import Listed
    from reconciler.report import cost as cost_report
    from reconciler.report import show as show_report

    loaded = valid_fleet(chosen, connection.cloud, output, quietly=True)
    desired = loaded.state()
    observed = observed_fleet(desired, connection, output, with_regions=False)
    cost = _cost(desired, observed) if with_cost else None
    broken = of_existing(loaded, observed) if chosen.policies else ()

    def text(each: Output) -> str:
        style = style_of(each)
        parts = [show_report.render_text(observed, style=style)]
        parts += [cost_report.render_text(cost, style=style, verbose=each.verbose)] if cost else []
        return "\n".join(parts)

    def markdown(_: Output) -> str:
        parts = [show_report.render_markdown(observed)]
        parts += [cost_report.render_markdown(cost)] if cost else []
        return "\n".join(parts)

    write_forms(
        output,
        beside=lambda page, each: beside(page, broken, loaded, each) if chosen.policies else page,
        text=text,
        json=lambda _: show_report.document(observed, cost).to_json(),
        markdown=markdown,
        html=lambda each: pages.show_html(desired, observed, chosen, cost, links=each.links, policies=broken),
    )
    complete = all(isinstance(reading, Listed) for reading in observed.readings.values())
    return Exit.DONE if complete and not has_errors(broken) else Exit.FAILED


def _cost(desired: DesiredState, observed: ObservedState) -> Cost:
    """What everything that is there costs; the workloads are those of the manifests."""
    from reconciler.prices.bill import Cost, bill
    from reconciler.prices.deployed import deployed_now

    loads = {deployment.id: deployment.workload for deployment in desired.deployments}
    deployed = [
        deployed_now(deployment, reading.account.region, loads.get(deployment.id))
        for deployment, reading in observed.existing
    ]
    costs = desired.fleet.costs
    return Cost(costs=costs, after=bill(deployed, costs, prices(costs), the_clock().now().date()))
