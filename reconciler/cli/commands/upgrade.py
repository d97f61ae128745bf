"""`reconciler upgrade`: edits of the manifests that replace models which retire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.options import Chosen, Connection, Output, fleet_options

if TYPE_CHECKING:
    from datetime import datetime


@click.command("upgrade")
@fleet_options("text", "json", "markdown", "diff")
@click.option(
    "--within",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Models that retire within so many days; default: the Fleet's retirement.warnWithinDays.",
)
@click.option("--to", metavar="MODEL[@VERSION]", help="Move to this model, whatever other sources say.")
@click.option(
    "--strategy",
    type=click.Choice(["auto", "in-place", "beside"]),
    default="auto",
    show_default=True,
    help="Change the entry, or add a second one under a new name.",
)
@click.option("--accept-live", is_flag=True, help="Take into the manifests what the service upgraded.")
@click.option(
    "--finish", is_flag=True, help="Remove entries whose successor is declared, once nothing names them."
)
@click.option("--write", is_flag=True, help="Edit the files. Without it nothing is changed.")
@click.option("--force", is_flag=True, help="Write edits whose plan would be refused, too.")
@click.option("--offline", is_flag=True, help="Ask the catalogue alone; do not ask ARM, and make no plan.")
@click.option(
    "--as-of",
    envvar="RECONCILER_AS_OF",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Judge as of this day instead of today.",
)
def command(
    *,
    chosen: Chosen,
    connection: Connection,
    within: int | None,
    to: str | None,
    strategy: str,
    accept_live: bool,
    finish: bool,
    write: bool,
    force: bool,
    offline: bool,
    as_of: datetime | None,
    output: Output,
) -> int:
    """Propose the edits that replace models which retire; `--write` makes them.

    Exit 0 nothing to do or written, 2 edits proposed, 1 something is not solved.
    """
    from reconciler.cli.upgrading import UpgradeOptions, upgraded

    asked = UpgradeOptions(
        within=within,
        to=to,
        strategy=strategy,
        accept_live=accept_live,
        finish=finish,
        write=write,
        force=force,
        offline=offline,
        as_of=None if as_of is None else as_of.date(),
    )
    return upgraded(asked, chosen, connection, output)
