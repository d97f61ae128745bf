"""`reconciler plan merge`: the plan of the fleet, out of the files that its shards have saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler import __version__
from reconciler.cli.choosing import must_hit_something
from reconciler.cli.commands.plan import exit_code
from reconciler.cli.commands.shared import (
    again,
    allowance_options,
    cost_option,
    out_option,
    valid_fleet,
    write_plan,
)
from reconciler.cli.help import Command
from reconciler.cli.options import Chosen, Output, output_options, rule_option
from reconciler.cli.pipeline import plan_for
from reconciler.cli.planfile import plan_text, recorded_paths
from reconciler.cli.running import current
from reconciler.errors import PlanStale, UsageProblem

if TYPE_CHECKING:
    from reconciler.plan.allowances import Policy
    from reconciler.planfile.merge import ShardPlan


@click.command("plan merge", cls=Command, examples=("reconciler plan merge shard-*.json --out plan.json",))
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--manifests",
    multiple=True,
    metavar="PATH",
    help="The manifests that the shards were planned from; needed if they are not below this folder.",
)
@rule_option
@output_options("text", "json", "markdown", "html", "github", "gitlab")
@allowance_options
@out_option
@cost_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@click.option("--summary", is_flag=True, help="One line an account, and the last line.")
def command(
    *,
    files: tuple[Path, ...],
    manifests: tuple[str, ...],
    rules: tuple[str, ...],
    output: Output,
    allowances: Policy,
    out: Path | None,
    detailed_exitcode: bool,
    summary: bool,
    with_cost: bool,
) -> int:
    """Make one plan of the FILEs that `plan --shard I/N --out FILE` saved, one for each shard.

    Reads the manifests that they were made from, below the working directory or where --manifests says, and
    asks ARM nothing. The plan is the one that a single run would have made, and `apply PLANFILE` or `apply
    PLANFILE --shard I/N` does it. (A folder of the name merge is ./merge.)
    """
    from reconciler.planfile.merge import united, whole

    if (run := current()) is not None:
        run.reads(files, "the plan of a shard")
    plans = whole([_read(file) for file in files], tool_version=__version__)
    saved, made = plans[0].saved, max(item.created_at for item in plans)
    paths = manifests or recorded_paths(saved)
    chosen = saved.chosen(Chosen(paths=paths, rules=rules))
    loaded = valid_fleet(chosen, saved.cloud, output, today=made.date())
    desired = loaded.state()
    saved.must_be_of(desired, cloud=saved.cloud)
    observed = united(plans, desired)
    must_hit_something(desired, observed)
    plan = plan_for(loaded, observed, allowances, with_cost=with_cost)
    does = f"`reconciler apply {out}{again(allowances, chosen)}` does this and nothing else"
    write_plan(plan, loaded, chosen, output, summary=summary, out=out, following=does, made=made)
    return exit_code(plan, detailed=detailed_exitcode)


def _read(file: Path) -> ShardPlan:
    from reconciler.planfile.merge import read_shard

    text = plan_text(file)
    try:
        return read_shard(text, str(file))
    except (UsageProblem, PlanStale) as problem:
        raise type(problem)(f"{file}: {problem}") from problem
