"""`reconciler drift`: what differs although no manifest changed, and why."""

from __future__ import annotations

from datetime import datetime

import click

from reconciler.cli.commands.shared import invalid, must_declare_something, style_of, warn_about
from reconciler.cli.exit_codes import Exit
from reconciler.cli.loop import run_reading
from reconciler.cli.options import (
    Chosen,
    Connection,
    Output,
    connection_options,
    manifest_options,
    output_options,
)
from reconciler.cli.wiring import connect, load_manifests, the_clock, write_result
from reconciler.domain.state import DesiredState, ObservedState
from reconciler.engine.observe import observe
from reconciler.plan.drift import DriftReport, find_drift
from reconciler.report import drift as drift_report
from reconciler.report.style import json_text


@click.command("drift")
@manifest_options
@connection_options
@output_options("text", "json", "markdown", "html", reports=True)
@click.option("--show-people", is_flag=True, help="Show people's addresses in full.")
def command(*, chosen: Chosen, connection: Connection, output: Output, show_people: bool) -> int:
    """Compare what is there with what was declared and applied. Exit 2 when something drifted."""
    loaded = load_manifests(chosen, connection.cloud)
    if not loaded.valid:
        return invalid(loaded, output)
    warn_about(loaded, output)
    desired = loaded.state()
    must_declare_something(desired)
    observed, arm_time = run_reading(_look(desired, connection, output), timeout=connection.timeout)
    report = find_drift(desired, observed, today=arm_time.date())
    for each in output.each():
        write_result(each, _rendered(report, desired, each, show_people=show_people))
    return _exit_code(report)


def _rendered(report: DriftReport, desired: DesiredState, output: Output, *, show_people: bool) -> str:
    match output.form:
        case "json":
            return json_text(drift_report.to_json(report, show_people=show_people))
        case "markdown":
            return drift_report.render_markdown(report, show_people=show_people)
        case _:
            return drift_report.render_text(
                report, style=style_of(output), show_people=show_people, alias_of=desired.fleet.alias_of
            )


async def _look(
    desired: DesiredState, connection: Connection, output: Output
) -> tuple[ObservedState, datetime]:
    """What is there, and ARM's time: its retirement dates are judged by its clock."""
    async with connect(connection, output, desired) as arm:
        observed = await observe(desired.accounts, arm, parallelism=connection.parallelism)
        return observed, arm.server_time or the_clock().now()


def _exit_code(report: DriftReport) -> Exit:
    if report.unreadable:
        return Exit.FAILED
    return Exit.CHANGES if report.drifted else Exit.DONE
