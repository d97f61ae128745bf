"""`reconciler upgrade`: edits of the manifests that replace models which retire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import click

from reconciler.cli.options import Chosen, Connection, Output, fleet_options, into, option


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeOptions:
    """What the command line asks for. `within` None: the Fleet's own days; `as_of` None: today."""

    within: int | None
    to: str | None
    strategy: str
    accept_live: bool
    finish: bool
    write: bool
    force: bool
    offline: bool
    as_of: date | None


@click.command("upgrade")
@fleet_options("text", "json", "markdown", "diff")
@into(
    "asked",
    UpgradeOptions,
    option(
        "--within",
        type=click.IntRange(min=0),
        metavar="DAYS",
        help="Models that retire within so many days; default: the Fleet's retirement.warnWithinDays.",
    ),
    option("--to", metavar="MODEL[@VERSION]", help="Move to this model, whatever other sources say."),
    option(
        "--strategy",
        type=click.Choice(["auto", "in-place", "beside"]),
        default="auto",
        show_default=True,
        help="Change the entry, or add a second one under a new name.",
    ),
    option("--accept-live", is_flag=True, help="Take into the manifests what the service upgraded."),
    option(
        "--finish", is_flag=True, help="Remove entries whose successor is declared, once nothing names them."
    ),
    option("--write", is_flag=True, help="Edit the files. Without it nothing is changed."),
    option("--force", is_flag=True, help="Write edits whose plan would be refused, too."),
    option("--offline", is_flag=True, help="Ask the catalogue alone; do not ask ARM, and make no plan."),
    click.option(
        "--as-of",
        envvar="RECONCILER_AS_OF",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="YYYY-MM-DD",
        callback=lambda _, __, given: given and given.date(),
        help="Judge as of this day instead of today.",
    ),
)
def command(*, chosen: Chosen, connection: Connection, asked: UpgradeOptions, output: Output) -> int:
    """Propose the edits that replace models which retire; `--write` makes them.

    Exit 0 nothing to do or written, 2 edits proposed, 1 something is not solved.
    """
    from reconciler.cli.upgrading import upgraded

    return upgraded(asked, chosen, connection, output)
