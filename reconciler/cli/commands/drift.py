"""`reconciler drift`: what differs although no manifest changed, and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.choosing import must_hit_something
from reconciler.cli.commands.shared import must_declare_something, style_of, valid_fleet, write_forms
from reconciler.cli.exit_codes import Exit
from reconciler.cli.help import Command
from reconciler.cli.loop import run_reading
from reconciler.cli.options import READABLE, Chosen, Connection, Output, fleet_options
from reconciler.cli.pipeline import moment_of, read_accounts
from reconciler.cli.planfile import read_plan, recorded_paths
from reconciler.cli.policies import beside, of_existing
from reconciler.cli.wiring import Loaded, connect, note
from reconciler.errors import UsageProblem

if TYPE_CHECKING:
    from datetime import datetime

    from click.shell_completion import CompletionItem

    from reconciler.diagnostics import Diagnostic
    from reconciler.domain.fleet import DesiredState
    from reconciler.domain.state import ObservedState
    from reconciler.plan.causes import Cause
    from reconciler.plan.drift import DriftReport
    from reconciler.planfile.saved import SavedPlan


def _causes(_: click.Context, __: click.Parameter, given: str | None) -> frozenset[Cause] | None:
    """The causes that a list names; None where nothing was given."""
    from reconciler.plan.causes import Cause

    if given is None:
        return None
    words = [word.strip() for word in given.split(",") if word.strip()]
    unknown = [word for word in words if word not in {*Cause, "none"}]
    if unknown or not words or ("none" in words and len(words) > 1):
        raise click.BadParameter(
            f"{given!r} is not CAUSE,... with causes of {', '.join(Cause)}, or the one word none"
        )
    return frozenset(Cause(word) for word in words if word != "none")


class _CauseName(click.ParamType["str"]):
    """One cause of drift; the words are looked up when one is given."""

    name = "cause"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return self._choice().convert(value, param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return self._choice().shell_complete(ctx, param, incomplete)

    @staticmethod
    def _choice() -> click.Choice[str]:
        from reconciler.plan.causes import Cause

        return click.Choice([cause.value for cause in Cause])


@click.command(
    "drift",
    cls=Command,
    examples=(
        "reconciler drift",
        "reconciler drift -o json --report junit=drift.xml",
        "reconciler drift --since-plan plan.json",
    ),
)
@fleet_options("text", "json", "markdown", "html", "junit", "github", "prometheus")
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    type=_CauseName(),
    metavar="CAUSE",
    help="Leave this cause out of report and exit code; may be repeated.",
)
@click.option(
    "--since-plan",
    "since",
    type=READABLE,
    metavar="FILE",
    help="Only what has moved in ARM since this saved plan saw it; with the plan's selection.",
)
@click.option(
    "--fail-on",
    metavar="CAUSE,...",
    callback=_causes,
    help="Exit 2 for these causes and no others; none for never.",
)
@click.option(
    "--no-activity-log",
    is_flag=True,
    help="Do not ask the Activity Log who deleted or changed something.",
)
@click.option("--show-people", is_flag=True, help="Show people's addresses in full.")
def command(
    *,
    chosen: Chosen,
    connection: Connection,
    output: Output,
    ignored: tuple[str, ...],
    since: Path | None,
    fail_on: frozenset[Cause] | None,
    no_activity_log: bool,
    show_people: bool,
) -> int:
    """Compare what is there with what was declared and applied. Exit 2 for errors.

    Errors are: missing, deleted-outside, changed-outside, failed-state, expired, and undeclared in an account
    with prune: exclusive. Reported, with exit 0: auto-upgraded, retired, pending, other undeclared ones. The
    Fleet's spec.drift and --fail-on change that. Who did it and when comes from the Activity Log. With
    --policy what is there is judged by those policies, undeclared deployments too; a broken rule is exit 2.
    """
    from reconciler.diagnostics import has_errors
    from reconciler.plan.causes import Cause
    from reconciler.planfile.saved import since_plan

    base = None if since is None else read_plan(since)
    if base is not None:
        chosen = _as_planned(chosen, base)
    loaded = valid_fleet(chosen, connection.cloud, output)
    desired = loaded.state()
    must_declare_something(desired)
    if base is not None:
        base.must_be_base_for(desired)
    looked = _look(desired, connection, output, may_ask=not no_activity_log)
    report, observed, arm_time = run_reading(looked, timeout=connection.timeout)
    if base is None:
        must_hit_something(desired, observed)
    for facts in observed.regions:
        if facts.offers is None:  # retirement is read from the models lists
            where = f"{facts.subscription} in {facts.region.name}"
            missing = f"warning: the models list of {where} could not be read"
            note(output, f"{missing}; retirement was not looked for there")
    if base is not None:
        report = since_plan(report, base, desired, observed)
    report = report.without({Cause(item) for item in ignored}).judged(desired.fleet.drift, fail_on)
    broken = of_existing(loaded, observed) if chosen.policies else ()
    _write(report, observed, loaded, chosen, broken, output, at=arm_time, show_people=show_people)
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
    chosen: Chosen,
    broken: tuple[Diagnostic, ...],
    output: Output,
    *,
    at: datetime,
    show_people: bool,
) -> None:
    """The report in each form. `at` is ARM's time, `broken` what policies find."""
    from reconciler.cli.commands.pages import drift_html
    from reconciler.report import drift, drift_builds

    desired, fleet = loaded.state(), loaded.state().fleet
    places = {
        deployment.id: place
        for deployment in desired.deployments
        if (place := deployment.provenance.place()) is not None
    }
    write_forms(
        output,
        beside=lambda page, each: beside(page, broken, loaded, each) if chosen.policies else page,
        text=lambda each: drift.render_text(
            report,
            style=style_of(each),
            verbose=each.verbose,
            show_people=show_people,
            alias_of=fleet.alias_of,
        ),
        json=lambda _: drift.to_json(report, show_people=show_people),
        markdown=lambda _: drift.render_markdown(
            report, fleet=fleet.name, cloud=fleet.cloud, at=at, show_people=show_people
        ),
        html=lambda each: drift_html(
            report, desired, observed, chosen, show_people=show_people, links=each.links, policies=broken
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
    from reconciler.engine.platform import read_activity
    from reconciler.plan.drift import find_drift
    from reconciler.plan.evidence import asked_about, with_evidence

    async with connect(connection, output, desired) as arm:
        observed = await read_accounts(desired, arm, connection, output)
        now = moment_of(arm)
        report = find_drift(desired, observed, today=now.date())
        if may_ask and (subscriptions := asked_about(report)):
            logs = await read_activity(subscriptions, arm, now=now, parallelism=connection.parallelism)
            report = with_evidence(report, logs)
        return report, observed, now
