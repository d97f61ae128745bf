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
from reconciler.cli.pipeline import observe_fleet, plan_for
from reconciler.cli.wiring import load_manifests, note, save, write_result
from reconciler.plan.guard import Policy
from reconciler.plan.plan import Plan


@click.command("plan")
@manifest_options
@connection_options
@output_options("text", "json", "markdown")
@allowance_options
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan for `apply PLANFILE`."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
def command(
    *,
    chosen: Chosen,
    connection: Connection,
    output: Output,
    allowances: Policy,
    out: Path | None,
    detailed_exitcode: bool,
) -> int:
    """Show what apply would do. Reads ARM, writes nothing there. Exit 1 when something is refused."""
    loaded = load_manifests(chosen, connection.cloud)
    if not loaded.valid:
        return invalid(loaded, output)
    warn_about(loaded, output)
    observed = run_reading(
        observe_fleet(loaded.state(), connection, output, with_regions=True), timeout=connection.timeout
    )
    plan = plan_for(loaded, observed, allowances)
    if out is not None:
        save(out, plan_json(plan, loaded, chosen))
        again = " ".join(
            ["reconciler apply", str(out), *flags_of(allowances), *(f"--rule {one}" for one in chosen.rules)]
        )
        note(output, f"saved: {out}; `{again}` does this and nothing else")
    match output.form:
        case "json":
            write_result(output, plan_json(plan, loaded, chosen))
        case "markdown":
            write_result(output, plan_markdown(plan, loaded))
        case _:
            write_result(output, plan_text(plan, loaded, output))
    return _exit_code(plan, detailed=detailed_exitcode)


def _exit_code(plan: Plan, *, detailed: bool) -> Exit:
    if plan.refusals or plan.blocked:
        return Exit.FAILED
    if detailed and plan.writes:
        return Exit.CHANGES
    return Exit.DONE
