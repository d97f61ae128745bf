"""`reconciler export`: manifests for what exists already, from ARM or from a file that says so."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.exit_codes import Exit
from reconciler.cli.folder import must_be_free, others_in, write_folder
from reconciler.cli.help import Command
from reconciler.cli.options import Connection, Output, connection_options, output_options
from reconciler.cli.wiring import connect, note, the_clock, write_result
from reconciler.domain.ids import AccountId, is_guid
from reconciler.domain.state import DesiredState, Fleet
from reconciler.errors import ReconcilerError, UsageProblem
from reconciler.export import Estate, Exported, Setting, manifests_of, observed_estate
from reconciler.export.foreign import read_file
from reconciler.export.template import template_estate
from reconciler.export.tfstate import tfstate_estate
from reconciler.manifest.files import MAX_FILE

if TYPE_CHECKING:
    from reconciler.engine.discover import Wanted

_FILE = click.Path(path_type=Path, allow_dash=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What to export."""

    accounts: tuple[str, ...]
    subscriptions: tuple[str, ...]
    resource_group: str | None
    template: Path | None
    parameters: Path | None
    tfstate: Path | None

    @property
    def by_name(self) -> bool:
        """Whether what was looked at is what was meant: a misspelt group is as empty as an empty one."""
        return bool(self.accounts or (self.subscriptions and self.resource_group is None))


@click.command("export", cls=Command)
@click.option("--account", "accounts", multiple=True, metavar="ID", help="ARM id of an account.")
@click.option("--subscription", "subscriptions", multiple=True, metavar="GUID", help="All of its accounts.")
@click.option("--resource-group", metavar="NAME", help="Only accounts of groups of this name.")
@click.option("--from-arm-template", "template", type=_FILE, metavar="FILE", help="An ARM JSON template.")
@click.option("--parameters", type=_FILE, metavar="FILE", help="The template's parameter file.")
@click.option("--from-tfstate", "tfstate", type=_FILE, metavar="FILE", help="A Terraform state (version 4).")
@click.option("--fleet", default="imported", show_default=True, metavar="NAME", help="The fleet's name.")
@click.option(
    "--out-dir", type=click.Path(file_okay=False, path_type=Path), help="One file per account there."
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
@connection_options
@output_options("yaml")
def command(
    *,
    accounts: tuple[str, ...],
    subscriptions: tuple[str, ...],
    resource_group: str | None,
    template: Path | None,
    parameters: Path | None,
    tfstate: Path | None,
    fleet: str,
    out_dir: Path | None,
    force: bool,
    connection: Connection,
    output: Output,
) -> int:
    """Write manifests for existing deployments, so that a plan of them is nothing but adopt.

    Without --account, --subscription or a file: of everything that can be read. A file may be - for
    standard input; --subscription and --resource-group then say where it was deployed. What was named with
    --account or --subscription, could be read and is empty gives a Fleet alone and a warning; nothing found
    anywhere else is a failure.
    """
    if re.fullmatch(r"[a-z0-9-]{1,40}", fleet) is None:
        raise UsageProblem(
            f"--fleet {fleet!r} is no fleet's name: 1 to 40 lower-case letters, digits and hyphens. It "
            "becomes the mark on everything that is adopted"
        )
    if out_dir is not None and output.file is not None:
        raise UsageProblem("--out-dir and --output-file both say where the manifests go: give one of them")
    if output.file is not None and output.file.is_file():
        must_be_free([output.file], force=force)
    asked = _Asked(
        accounts=accounts,
        subscriptions=subscriptions,
        resource_group=resource_group,
        template=template,
        parameters=parameters,
        tfstate=tfstate,
    )
    estate = _estate(asked, connection, output)
    exported = manifests_of(estate, fleet=fleet, today=the_clock().now().date())
    for text in exported.notes:
        note(output, f"note: {text}")
    if not exported.declared + exported.held_back:
        found = "no account with deployments was found where it was looked for"
        found += "; the notes above say what was there" if estate.notes else ""
        if not (asked.by_name and estate.complete):
            raise ReconcilerError(
                f"nothing to export: {found}. Nothing was written; name other accounts or subscriptions"
            )
        note(output, f"warning: {found}. The fleet is exported without deployments")
    _write(exported, out_dir, output, force=force)
    return Exit.DONE if estate.complete else Exit.FAILED


def _estate(asked: _Asked, connection: Connection, output: Output) -> Estate:
    for one in asked.subscriptions:
        if not is_guid(one):
            raise UsageProblem(
                f"--subscription {one!r} is not the GUID of a subscription; "
                "`az account list -o table` lists them"
            )
    if asked.template is None and asked.tfstate is None:
        if asked.parameters is not None:
            raise UsageProblem("--parameters belongs to a template: give --from-arm-template too")
        return _from_arm(asked, connection, output)
    return _from_file(asked, connection)


def _from_file(asked: _Asked, connection: Connection) -> Estate:
    if asked.accounts or (asked.template is not None and asked.tfstate is not None):
        raise UsageProblem(
            "--account, --from-arm-template and --from-tfstate are three sources: export from one at a time"
        )
    if len(asked.subscriptions) > 1:
        raise UsageProblem("a file was deployed to one subscription: give one --subscription")
    stdin = sys.stdin.buffer if sys.stdin is not None else None
    if asked.tfstate is not None:
        if asked.parameters is not None or asked.subscriptions or asked.resource_group:
            raise UsageProblem("a Terraform state says itself what is where: leave the other options out")
        return tfstate_estate(read_file(asked.tfstate, stdin), cloud=connection.cloud)
    assert asked.template is not None  # noqa: S101 -- _estate has made sure
    if asked.parameters is not None and str(asked.parameters) == "-" == str(asked.template):
        raise UsageProblem("standard input is one file: the template or its parameters")
    setting = Setting(
        subscription=asked.subscriptions[0] if asked.subscriptions else None,
        resource_group=asked.resource_group,
        cloud=connection.cloud,
    )
    parameters = None if asked.parameters is None else read_file(asked.parameters, stdin)
    return template_estate(read_file(asked.template, stdin), parameters, setting)


def _from_arm(asked: _Asked, connection: Connection, output: Output) -> Estate:
    from reconciler.cli.loop import run_reading  # noqa: PLC0415 -- what talks to ARM loads only here
    from reconciler.engine.discover import Wanted  # noqa: PLC0415

    wanted = Wanted(
        accounts=tuple(_account(one) for one in asked.accounts),
        subscriptions=asked.subscriptions,
        resource_group=asked.resource_group,
    )
    return run_reading(_discovered(wanted, connection, output), timeout=connection.timeout)


async def _discovered(wanted: Wanted, connection: Connection, output: Output) -> Estate:
    from reconciler.engine.discover import discover  # noqa: PLC0415

    cloud = connection.cloud or Fleet().cloud
    nobody = DesiredState(fleet=Fleet(cloud=cloud, declared=False))
    async with connect(connection, output, nobody) as arm:
        found = await discover(wanted, arm, parallelism=connection.parallelism)
    return observed_estate(found.readings, found.subscriptions, cloud=cloud, unreadable=found.unreadable)


def _account(text: str) -> AccountId:
    try:
        return AccountId.parse(text)
    except ValueError as problem:
        raise UsageProblem(f"--account: {problem}") from problem


def _write(exported: Exported, out_dir: Path | None, output: Output, *, force: bool) -> None:
    summary = f"{exported.declared} deployment(s) declared, {exported.held_back} commented out"
    if out_dir is None:
        write_result(output, exported.stream)
        if len(exported.stream.encode()) > MAX_FILE:
            summary += "; this is more text than one manifest file may hold, so use --out-dir"
    else:
        files = {page.file: page.text for page in exported.pages}
        written = write_folder(out_dir, files, force=force)
        write_result(output, "\n".join(str(path) for path in written))
        others = others_in(out_dir, files)
        if others:
            note(
                output, f"warning: {out_dir} also holds {', '.join(others)}, which this export did not write"
            )
    note(output, f"note: {summary}")
