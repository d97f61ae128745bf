"""`reconciler lifecycle`: when every deployment's model ends, and what becomes of the deployment then."""

from __future__ import annotations

import click

from reconciler.cli.commands.shared import must_declare_something, style_of, valid_fleet, write_forms
from reconciler.cli.exit_codes import Exit
from reconciler.cli.help import Command
from reconciler.cli.knowledge import catalogue
from reconciler.cli.options import Chosen, Connection, Output, fleet_options
from reconciler.cli.wiring import note, say_shard, the_clock


@click.command(
    "lifecycle",
    cls=Command,
    examples=("reconciler lifecycle --offline", "reconciler lifecycle --fail-within 90"),
)
@fleet_options("text", "json", "markdown", "html")
@click.option("--offline", is_flag=True, help="Go by the declared versions; do not ask ARM.")
@click.option(
    "--fail-within",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Exit 1 if a model is retired or retires within so many days.",
)
def command(
    *, chosen: Chosen, connection: Connection, offline: bool, fail_within: int | None, output: Output
) -> int:
    """List deployments with stage, retirement date, days left, successor and who upgrades them."""
    from reconciler.cli.commands import pages
    from reconciler.domain.state import Listed
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
        text=lambda each: report.render_text(lifespans, asked, style=style_of(each)),
        json=lambda _: report.document(lifespans, asked).to_json(),
        markdown=lambda _: report.render_markdown(lifespans, asked),
        html=lambda each: pages.lifecycle_html(
            lifespans, desired, chosen, limit=fail_within, complete=complete, links=each.links
        ),
    )
    failing = fail_within is not None and any(lifespan.ends_within(fail_within) for lifespan in lifespans)
    return Exit.DONE if complete and not failing else Exit.FAILED
