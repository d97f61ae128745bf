"""`reconciler validate`, `cost` and `lifecycle`: what can be said of the manifests without asking ARM.

The last of them asks ARM too, unless with --offline.
"""

from __future__ import annotations

from reconciler.cli.commands import pages
from reconciler.cli.commands.shared import (
    must_declare_something,
    style_of,
    valid_fleet,
    write_diagnostics,
    write_forms,
)
from reconciler.cli.exit_codes import Exit
from reconciler.cli.knowledge import catalogue, prices
from reconciler.cli.options import Chosen, Connection, Output
from reconciler.cli.wiring import load_manifests, note, say_shard, the_clock
from reconciler.domain.state import Listed


def validate(*, chosen: Chosen, output: Output) -> Exit:
    """Say everything that can be said without talking to ARM."""
    loaded = load_manifests(chosen, offline=True)
    if loaded.desired is not None:
        say_shard(output, loaded.desired)
        if not loaded.desired.declares_accounts:  # valid, and a wrong path looks just like it (I-16)
            note(
                output,
                "note: the manifests declare no account, and a wrong path looks just like this; plan, apply "
                "and drift refuse it",
            )
    write_diagnostics(loaded, output)
    return Exit.DONE if loaded.valid else Exit.FAILED


def cost(*, chosen: Chosen, output: Output) -> Exit:
    """Say what the declared deployments cost a month."""
    from reconciler.prices.bill import Cost, bill
    from reconciler.prices.deployed import declared
    from reconciler.report import cost as report

    loaded = valid_fleet(chosen, None, output, quietly=True)
    desired = loaded.state()
    must_declare_something(desired)
    say_shard(output, desired)
    costs = desired.fleet.costs
    deployed = [declared(item, item.region) for item in desired.deployments if desired.covers(item.id)]
    cost = Cost(costs=costs, after=bill(deployed, costs, prices(costs), the_clock().now().date()))
    write_forms(
        output,
        of=(report, cost),
        text=lambda each: report.render_text(cost, style=style_of(each), verbose=each.verbose),
        json=lambda _: report.document(cost).to_json(),
        html=lambda each: pages.cost_html(cost, loaded, each),
    )
    return Exit.DONE


def lifecycle(
    *, chosen: Chosen, connection: Connection, offline: bool, fail_within: int | None, output: Output
) -> Exit:
    """List when every deployment's model ends, and what becomes of the deployment then."""
    from reconciler.plan.lifespan import declared_lifespans, observed_lifespans
    from reconciler.report import lifecycle as report

    loaded = valid_fleet(chosen, connection.cloud, output, quietly=True)
    desired, today = loaded.state(), the_clock().now().date()
    must_declare_something(desired)
    complete = True
    if offline:
        say_shard(output, desired)
        lifespans = declared_lifespans(desired, catalogue(), today)
    else:
        from reconciler.cli.pipeline import observed_fleet

        observed = observed_fleet(desired, connection, output, with_regions=False)
        for _, reading in sorted(observed.readings.items()):
            if not isinstance(reading, Listed):
                complete = False
                note(output, f"warning: {reading.id.name} could not be read; its rows are what is declared")
        lifespans = observed_lifespans(desired, observed, catalogue(), the_clock().now().date())
    asked = report.Asked(today=today, known_to=str(catalogue().date), limit=fail_within)
    write_forms(
        output,
        of=(report, lifespans, asked),
        text=lambda each: report.render_text(lifespans, asked, style=style_of(each)),
        json=lambda _: report.document(lifespans, asked).to_json(),
        html=lambda each: pages.lifecycle_html(lifespans, loaded, each, limit=fail_within, complete=complete),
    )
    failing = fail_within is not None and any(lifespan.ends_within(fail_within) for lifespan in lifespans)
    return Exit.DONE if complete and not failing else Exit.FAILED
