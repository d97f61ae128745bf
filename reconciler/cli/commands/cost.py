"""`reconciler cost`: what the declared deployments cost a month, without asking anybody."""

from __future__ import annotations

import click

from reconciler.cli.commands.shared import must_declare_something, style_of, valid_fleet, write_forms
from reconciler.cli.exit_codes import Exit
from reconciler.cli.help import Command
from reconciler.cli.knowledge import prices
from reconciler.cli.options import Chosen, Output, manifest_options, output_options
from reconciler.cli.wiring import say_shard, the_clock


@click.command("cost", cls=Command, examples=("reconciler cost", "reconciler plan --cost"))
@manifest_options
@output_options("text", "json", "markdown", "html")
def command(*, chosen: Chosen, output: Output) -> int:
    """Say what the declared deployments cost a month at list prices, and what is not known of it.

    Reads manifests and shipped prices; asks neither ARM nor a price list. `plan --cost` compares with what is
    there. `-v` prints the arithmetic. Discounts and taxes are not in it.
    """
    from reconciler.cli.commands import pages
    from reconciler.prices.bill import Cost, bill
    from reconciler.prices.deployed import declared
    from reconciler.report import cost as report

    loaded = valid_fleet(chosen, None, output, quietly=True)
    desired = loaded.state()
    must_declare_something(desired)
    say_shard(output, desired)
    costs = desired.fleet.costs
    deployed = [
        declared(deployment, deployment.region)
        for deployment in desired.deployments
        if desired.covers(deployment.id)
    ]
    cost = Cost(costs=costs, after=bill(deployed, costs, prices(costs), the_clock().now().date()))
    write_forms(
        output,
        text=lambda each: report.render_text(cost, style=style_of(each), verbose=each.verbose),
        json=lambda _: report.document(cost).to_json(),
        markdown=lambda _: report.render_markdown(cost),
        html=lambda each: pages.cost_html(cost, desired, chosen, links=each.links),
    )
    return Exit.DONE
