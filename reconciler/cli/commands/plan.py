"""`reconciler plan`: what apply would do, in which order, and what forbids it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.commands.shared import (
    again,
    allowance_options,
    cost_option,
    out_option,
    valid_fleet,
    write_plan,
)
from reconciler.cli.exit_codes import Exit
from reconciler.cli.help import Command
from reconciler.cli.loop import run_reading
from reconciler.cli.options import Chosen, Connection, Output, fleet_options

if TYPE_CHECKING:
    from reconciler.domain.shard import Part
    from reconciler.plan.allowances import Policy
    from reconciler.plan.plan import Plan


@click.command(
    "plan",
    cls=Command,
    examples=(
        "reconciler plan",
        "reconciler plan --target 'prod/*/chat' --detailed-exitcode",
        "reconciler plan --out plan.json --report markdown=plan.md",
        "reconciler plan --summary",
    ),
)
@fleet_options("text", "json", "markdown", "html", "github", "gitlab")
@allowance_options
@out_option
@cost_option
@click.option(
    "--check-capacity",
    is_flag=True,
    help="Ask ARM whether the regions have room for what is created, grown or migrated on provisioned SKUs.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@click.option("--summary", is_flag=True, help="One line an account, and the last line.")
@click.option(
    "--validate-with-arm",
    "ask_arm",
    is_flag=True,
    help="Ask ARM's own validation, Azure Policy included, about each create and update.",
)
@click.option(
    "--check-policies",
    is_flag=True,
    help="Ask Azure Policy about models and content filters; it does not see SKU or tags.",
)
def command(
    *,
    chosen: Chosen,
    connection: Connection,
    output: Output,
    allowances: Policy,
    out: Path | None,
    detailed_exitcode: bool,
    summary: bool,
    ask_arm: bool,
    with_cost: bool,
    check_capacity: bool,
    check_policies: bool,
) -> int:
    """Show what apply would do. Reads ARM, writes nothing there. Exit 1 if refused or unread."""
    from reconciler.cli.pipeline import plan_fleet
    from reconciler.plan.allowances import Alone

    loaded = valid_fleet(chosen, connection.cloud, output)
    plan, observed = run_reading(
        plan_fleet(
            loaded,
            connection,
            output,
            replace(allowances, in_shard=Alone.LATER),
            ask_arm=ask_arm,
            with_cost=with_cost,
            check_capacity=check_capacity,
            check_policies=check_policies,
        ),
        timeout=connection.timeout,
    )
    part = loaded.state().part
    write_plan(
        plan,
        loaded,
        chosen,
        output,
        summary=summary,
        out=out,
        following=_what_next(out, part, again(allowances, chosen)),
        observed=None if part is None else observed,
    )
    return exit_code(plan, detailed=detailed_exitcode)


def _what_next(out: Path | None, part: Part | None, flags: str) -> str:
    if part is None:
        return f"`reconciler apply {out}{flags}` does this and nothing else"
    return (
        f"`reconciler plan merge` makes the plan of the fleet of this and the files of the other "
        f"{part.shard.count - 1} shards, and judges it by the limit on deletes"
    )


def exit_code(plan: Plan, *, detailed: bool) -> Exit:
    if plan.refusals or plan.blocked or plan.unread:
        return Exit.FAILED
    if detailed and plan.writes:
        return Exit.CHANGES
    return Exit.DONE
