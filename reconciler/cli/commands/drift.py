"""`reconciler drift`: what differs although no manifest changed, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.choosing import must_hit_something
from reconciler.cli.commands.pages import drift_html
from reconciler.cli.commands.shared import must_declare_something, style_of, valid_fleet, write_forms
from reconciler.cli.connecting import connect
from reconciler.cli.exit_codes import Exit
from reconciler.cli.loop import run_reading
from reconciler.cli.options import Chosen, Connection, Output
from reconciler.cli.pipeline import moment_of, read_accounts
from reconciler.cli.planfile import read_plan, recorded_paths
from reconciler.cli.policies import beside, of_existing
from reconciler.cli.wiring import Loaded, note
from reconciler.diagnostics import Diagnostic, has_errors
from reconciler.domain.fleet import DesiredState
from reconciler.domain.state import ObservedState
from reconciler.engine.platform import read_activity
from reconciler.errors import UsageProblem
from reconciler.plan.causes import Cause
from reconciler.plan.drift import DriftReport, find_drift
from reconciler.plan.evidence import asked_about, with_evidence
from reconciler.report import drift as drift_report
from reconciler.report import drift_builds

if TYPE_CHECKING:
    from reconciler.planfile.saved import SavedPlan


def drift(
    *,
    chosen: Chosen,
    connection: Connection,
    output: Output,
    ignored: tuple[str, ...],
    since: Path | None,
    fail_on: frozenset[Cause] | None,
    no_activity_log: bool,
    show_people: bool,
) -> Exit:
    """Say what differs although no manifest changed, and why."""
    base = None if since is None else read_plan(since, connection.timeout)
    if base is not None:
        chosen = _as_planned(chosen, base)
    loaded = valid_fleet(chosen, connection.cloud, output)
    desired = loaded.state()
    must_declare_something(desired)
    if base is not None:
        base.must_be_base_for(desired)
    report, observed, arm_time = run_reading(
        connection.timeout, _look, desired, connection, output, may_ask=not no_activity_log
    )
    if base is None:
        must_hit_something(desired, observed)
    for facts in observed.regions:
        if facts.offers is None:  # retirement is read from the models lists
            where = f"{facts.subscription} in {facts.region.name}"
            missing = f"warning: the models list of {where} could not be read"
            note(output, f"{missing}; retirement was not looked for there")
    if base is not None:
        from reconciler.planfile.saved import since_plan

        report = since_plan(report, base, desired, observed)
    report = report.without({Cause(item) for item in ignored}).judged(desired.fleet.drift, fail_on)
    broken = of_existing(loaded, observed) if chosen.policies else ()
    _write(report, observed, loaded, broken, output, at=arm_time, show_people=show_people)
    if report.unreadable:
        return Exit.FAILED
    return Exit.CHANGES if report.drifted or has_errors(broken) else Exit.DONE


def _as_planned(chosen: Chosen, base: SavedPlan) -> Chosen:
    """The plan's selection, or what it left out would seem to be new; its paths unless some are given."""
    if chosen.select or chosen.targets or chosen.excludes:
        raise UsageProblem(
            "--since-plan looks at what the plan looked at: --select, --target and --exclude do not go with "
            "it. Leave them out, or name a plan that was made with them"
        )
    planned = base.chosen(chosen)
    return replace(planned, paths=recorded_paths(base)) if chosen.by_default else planned


def _write(
    report: DriftReport,
    observed: ObservedState,
    loaded: Loaded,
    broken: tuple[Diagnostic, ...],
    output: Output,
    *,
    at: datetime,
    show_people: bool,
) -> None:
    """The report in each form. `at` is ARM's time, `broken` what policies find."""
    fleet = loaded.state().fleet
    places = {
        deployment.id: place
        for deployment in loaded.state().deployments
        if (place := deployment.provenance.place()) is not None
    }
    write_forms(
        output,
        of=(drift_report, report),
        beside=lambda page, each: beside(page, broken, loaded, each) if loaded.chosen.policies else page,
        text=lambda each: drift_report.render_text(
            report,
            style=style_of(each),
            verbose=each.verbose,
            show_people=show_people,
            alias_of=fleet.alias_of,
        ),
        json=lambda _: drift_report.to_json(report, show_people=show_people),
        markdown=lambda _: drift_report.render_markdown(
            report, fleet=fleet.name, cloud=fleet.cloud, at=at, show_people=show_people
        ),
        html=lambda each: drift_html(
            report, loaded, observed, each, show_people=show_people, policies=broken
        ),
        junit=lambda _: drift_builds.render_junit(report, show_people=show_people),
        github=lambda _: drift_builds.render_github(
            report, places=places, span=loaded.sources.span, show_people=show_people
        ),
        prometheus=lambda _: drift_builds.render_prometheus(report, fleet=fleet.name, at=at),
    )


async def _look(
    desired: DesiredState, connection: Connection, output: Output, *, may_ask: bool
) -> tuple[DriftReport, ObservedState, datetime]:
    """The drift, what is there, and ARM's time: its retirement dates are judged by its clock."""
    async with connect(connection, output, desired) as arm:
        observed = await read_accounts(desired, arm, connection, output)
        now = moment_of(arm)
        report = find_drift(desired, observed, today=now.date())
        if may_ask and (subscriptions := asked_about(report)):
            logs = await read_activity(subscriptions, arm, now=now, parallelism=connection.parallelism)
            report = with_evidence(report, logs)
        return report, observed, now
