"""`reconciler drift`: what differs although no manifest changed, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import click

from reconciler.cli.commands.shared import (
    invalid,
    must_declare_something,
    style_of,
    warn_about,
)
from reconciler.cli.exit_codes import Exit
from reconciler.cli.help import Command
from reconciler.cli.looking import looking
from reconciler.cli.loop import run_reading
from reconciler.cli.options import (
    Chosen,
    Connection,
    Output,
    connection_options,
    manifest_options,
    output_options,
)
from reconciler.cli.planfile import read_plan, recorded_paths
from reconciler.cli.targets import must_hit_something
from reconciler.cli.wiring import Loaded, connect, load_manifests, note, the_clock, write_each
from reconciler.domain.state import DesiredState, ObservedState
from reconciler.engine.observe import observe
from reconciler.errors import UsageProblem
from reconciler.plan.causes import Cause
from reconciler.plan.drift import DriftReport, find_drift
from reconciler.planfile.saved import SavedPlan
from reconciler.planfile.since import must_be_of, since_plan
from reconciler.report import drift as drift_report
from reconciler.report.style import json_text


@click.command(
    "drift",
    cls=Command,
    examples=(
        "reconciler drift",
        "reconciler drift -o json --report junit=drift.xml",
        "reconciler drift --since-plan plan.json",
    ),
)
@manifest_options
@connection_options
@output_options("text", "json", "markdown", "html", "junit", "github", "prometheus")
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    type=click.Choice([cause.value for cause in Cause]),
    metavar="CAUSE",
    help="Leave this cause out of report and exit code; may be repeated.",
)
@click.option(
    "--since-plan",
    "since",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Only what has moved in ARM since this saved plan saw it; with the plan's selection.",
)
@click.option("--show-people", is_flag=True, help="Show people's addresses in full.")
def command(
    *,
    chosen: Chosen,
    connection: Connection,
    output: Output,
    ignored: tuple[str, ...],
    since: Path | None,
    show_people: bool,
) -> int:
    """Compare what is there with what was declared and applied. Exit 2 when something drifted.

    Causes: changed-outside, auto-upgraded, expired, retired, deleted-outside, pending, failed-state,
    undeclared. Reported, but not drift: pending, upgrades that the manifest itself lets the service do,
    and what another fleet has marked (unless the account is prune: exclusive).
    """
    base = None if since is None else read_plan(since)
    if base is not None:
        chosen = _as_planned(chosen, base)
    loaded = load_manifests(chosen, connection.cloud)
    if not loaded.valid:
        return invalid(loaded, output)
    warn_about(loaded, output)
    desired = loaded.state()
    must_declare_something(desired)
    if base is not None:
        must_be_of(base, desired)
    observed, arm_time = run_reading(_look(desired, connection, output), timeout=connection.timeout)
    if base is None:
        must_hit_something(desired, observed)
    _say_what_was_not_checked(observed, output)
    report = find_drift(desired, observed, today=arm_time.date())
    if base is not None:
        report = since_plan(report, base, desired, observed)
    report = report.without({Cause(one) for one in ignored})
    told = _Told(report=report, observed=observed, loaded=loaded, chosen=chosen, at=arm_time)
    write_each(output, lambda each: _rendered(told, each, show_people=show_people))
    return _exit_code(report)


def _as_planned(chosen: Chosen, base: SavedPlan) -> Chosen:
    """The plan's selection, or what it left out would seem to be new; its paths unless some are given."""
    if chosen.select or chosen.targets or chosen.excludes:
        raise UsageProblem(
            "--since-plan looks at what the plan looked at: --select, --target and --exclude do not go with "
            "it. Leave them out, or name a plan that was made with them"
        )
    planned = base.chosen(chosen)
    return replace(planned, paths=recorded_paths(base)) if chosen.by_default else planned


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A report, and what some forms of it need beside it. `at` is ARM's time."""

    report: DriftReport
    observed: ObservedState
    loaded: Loaded
    chosen: Chosen
    at: datetime


def _rendered(told: _Told, output: Output, *, show_people: bool) -> str:
    report, desired = told.report, told.loaded.state()
    match output.form:
        case "json":
            return json_text(drift_report.to_json(report, show_people=show_people))
        case "markdown":
            return drift_report.render_markdown(
                report,
                fleet=desired.fleet.name,
                cloud=desired.fleet.cloud,
                at=told.at,
                show_people=show_people,
            )
        case "html":
            from reconciler.cli.commands.pages import drift_html  # noqa: PLC0415 -- loads only when asked for

            return drift_html(report, desired, told.observed, told.chosen, show_people=show_people)
        case "junit":
            return drift_report.render_junit(report, show_people=show_people)
        case "github":
            places = {
                one.id: place for one in desired.deployments if (place := one.provenance.place()) is not None
            }
            return drift_report.render_github(
                report, places=places, span=told.loaded.sources.span, show_people=show_people
            )
        case "prometheus":
            return drift_report.render_prometheus(report, fleet=desired.fleet.name, at=told.at)
        case _:
            style = style_of(output)
            return drift_report.render_text(
                report, style=style, show_people=show_people, alias_of=desired.fleet.alias_of
            )


async def _look(
    desired: DesiredState, connection: Connection, output: Output
) -> tuple[ObservedState, datetime]:
    """What is there, and ARM's time: its retirement dates are judged by its clock."""
    async with connect(connection, output, desired) as arm:
        with looking(output, len(desired.accounts)) as on_read:
            observed = await observe(
                desired.accounts, arm, parallelism=connection.parallelism, on_read=on_read
            )
        return observed, arm.server_time or the_clock().now()


def _say_what_was_not_checked(observed: ObservedState, output: Output) -> None:
    """Retirement is read from the regions' models lists: without one, nobody has looked for it there."""
    for facts in observed.regions:
        if facts.offers is None:
            note(
                output,
                f"warning: the models list of {facts.subscription} in {facts.region.name} could not be read; "
                "retirement was not looked for there",
            )


def _exit_code(report: DriftReport) -> Exit:
    if report.unreadable:
        return Exit.FAILED
    return Exit.CHANGES if report.drifted else Exit.DONE
