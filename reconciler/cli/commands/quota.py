"""`reconciler quota`: the pools of the declared regions, before and after the plan, and who holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.commands.shared import invalid, style_of, warn_about
from reconciler.cli.exit_codes import Exit
from reconciler.cli.help import Command
from reconciler.cli.loop import run_reading
from reconciler.cli.options import (
    Chosen,
    Connection,
    Output,
    connection_options,
    manifest_options,
    output_options,
)
from reconciler.cli.pipeline import look, plan_for, with_suspects
from reconciler.cli.wiring import Loaded, connect, load_manifests, write_each

if TYPE_CHECKING:
    from reconciler.plan.plan import Plan, PoolForecast


@click.command(
    "quota",
    cls=Command,
    examples=(
        "reconciler quota",
        "reconciler quota --target 'prod/*/*' -o markdown",
    ),
)
@manifest_options
@connection_options
@output_options("text", "json", "markdown", "html")
def command(*, chosen: Chosen, connection: Connection, output: Output) -> int:
    """List each pool that the fleet draws on, or would after a plan. Exit 1 where one is too small."""
    from reconciler.plan.plan import Verdict
    from reconciler.report import quota as quota_report
    from reconciler.report.style import json_text

    loaded = load_manifests(chosen, connection.cloud)
    if not loaded.valid:
        return invalid(loaded, output)
    warn_about(loaded, output)
    desired = loaded.state()
    plan, pools = run_reading(_look(loaded, connection, output), timeout=connection.timeout)
    alias_of = desired.fleet.alias_of

    def rendered(output: Output) -> str:
        match output.form:
            case "json":
                return json_text(quota_report.document(pools).to_json())
            case "markdown":
                return quota_report.render_markdown(pools, alias_of=alias_of)
            case "html":
                from reconciler.cli.commands.pages import quota_html

                return quota_html(pools, desired, chosen, complete=plan.complete, links=output.links)
            case _:
                return quota_report.render_text(pools, style=style_of(output), alias_of=alias_of)

    write_each(output, rendered)
    full = any(pool.verdict is Verdict.EXCEEDS for pool in pools)
    return Exit.DONE if plan.complete and not full else Exit.FAILED


async def _look(
    loaded: Loaded, connection: Connection, output: Output
) -> tuple[Plan, tuple[PoolForecast, ...]]:
    """The plan, and every pool with who holds it after the plan, soft-deleted accounts included."""
    from reconciler.plan.guard import Policy
    from reconciler.plan.quota import holdings

    desired = loaded.state()
    async with connect(connection, output, desired) as arm:
        observed = await look(desired, arm, connection, output)
        plan = plan_for(loaded, observed, Policy())
        known = await with_suspects(arm, observed, holdings(plan.steps, observed))
        return plan, holdings(plan.steps, known)
