"""`reconciler quota`: the pools of the declared regions, before and after the plan, and who holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.commands.shared import style_of, valid_fleet, write_forms
from reconciler.cli.exit_codes import Exit
from reconciler.cli.help import Command
from reconciler.cli.loop import run_reading
from reconciler.cli.options import Chosen, Connection, Output, fleet_options
from reconciler.cli.wiring import connect

if TYPE_CHECKING:
    from reconciler.plan.plan import Plan, PoolForecast


@click.command(
    "quota", cls=Command, examples=("reconciler quota", "reconciler quota --target 'prod/*/*' -o markdown")
)
@fleet_options("text", "json", "markdown", "html")
def command(*, chosen: Chosen, connection: Connection, output: Output) -> int:
    """List each pool that the fleet draws on, or would after a plan. Exit 1 where one is too small."""
    from reconciler.cli.commands import pages
    from reconciler.cli.pipeline import look, plan_for, with_suspects
    from reconciler.plan.allowances import Policy
    from reconciler.plan.plan import Verdict
    from reconciler.plan.quota import holdings
    from reconciler.report import quota as quota_report

    loaded = valid_fleet(chosen, connection.cloud, output)
    desired = loaded.state()

    async def reading() -> tuple[Plan, tuple[PoolForecast, ...]]:
        """The plan, and every pool with who holds it after the plan, soft-deleted accounts included."""
        async with connect(connection, output, desired) as arm:
            observed = await look(desired, arm, connection, output)
            plan = plan_for(loaded, observed, Policy())
            known = await with_suspects(arm, observed, holdings(plan.steps, observed))
            return plan, holdings(plan.steps, known)

    plan, pools = run_reading(reading(), timeout=connection.timeout)
    alias_of = desired.fleet.alias_of
    write_forms(
        output,
        text=lambda each: quota_report.render_text(pools, style=style_of(each), alias_of=alias_of),
        json=lambda _: quota_report.document(pools).to_json(),
        markdown=lambda _: quota_report.render_markdown(pools, alias_of=alias_of),
        html=lambda each: pages.quota_html(pools, desired, chosen, complete=plan.complete, links=each.links),
    )
    full = any(pool.verdict is Verdict.EXCEEDS for pool in pools)
    return Exit.DONE if plan.complete and not full else Exit.FAILED
