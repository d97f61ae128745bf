"""`reconciler plan`: what apply would do, in which order, and what forbids it."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.commands.shared import (
    allowance_options,
    flags_of,
    invalid,
    plan_json,
    plan_markdown,
    plan_text,
    warn_about,
)
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
from reconciler.cli.pipeline import plan_fleet
from reconciler.cli.wiring import Loaded, load_manifests, note, save, write_result
from reconciler.plan.guard import Policy
from reconciler.plan.plan import Plan
from reconciler.report import pipelines as pipelines_report
from reconciler.report.style import json_text


@click.command("plan")
@manifest_options
@connection_options
@output_options("text", "json", "markdown", "github", "gitlab", reports=True)
@allowance_options
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan for `apply PLANFILE`."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@click.option(
    "--validate-with-arm",
    "ask_arm",
    is_flag=True,
    help="Ask ARM's own validation, Azure Policy included, about each create and update.",
)
def command(
    *,
    chosen: Chosen,
    connection: Connection,
    output: Output,
    allowances: Policy,
    out: Path | None,
    detailed_exitcode: bool,
    ask_arm: bool,
) -> int:
    """Show what apply would do. Reads ARM, writes nothing there. Exit 1 when something is refused."""
    loaded = load_manifests(chosen, connection.cloud)
    if not loaded.valid:
        return invalid(loaded, output)
    warn_about(loaded, output)
    plan = run_reading(
        plan_fleet(loaded, connection, output, allowances, ask_arm=ask_arm), timeout=connection.timeout
    )
    document = plan_json(plan, loaded, chosen)
    if out is not None:
        save(out, document)
        again = " ".join(
            ["reconciler apply", str(out), *flags_of(allowances), *(f"--rule {one}" for one in chosen.rules)]
        )
        note(output, f"saved: {out}; `{again}` does this and nothing else")
    for each in output.each():
        write_result(each, _rendered(plan, loaded, document, each))
    return _exit_code(plan, detailed=detailed_exitcode)


def _rendered(plan: Plan, loaded: Loaded, document: str, output: Output) -> str:
    match output.form:
        case "json":
            return document
        case "markdown":
            return plan_markdown(plan, loaded)
        case "github":
            return pipelines_report.render_github(plan, loaded.sources)
        case "gitlab":
            return json_text(pipelines_report.gitlab_counts(plan))
        case _:
            return plan_text(plan, loaded, output)


def _exit_code(plan: Plan, *, detailed: bool) -> Exit:
    if plan.refusals or plan.blocked:
        return Exit.FAILED
    if detailed and plan.writes:
        return Exit.CHANGES
    return Exit.DONE
