"""`reconciler export`: manifests for what exists already, from ARM or from a file that says so."""

from __future__ import annotations

import os
import re
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

from reconciler.cli.connecting import connect, no_fleet
from reconciler.cli.exit_codes import Exit
from reconciler.cli.folder import must_be_free, others_in, write_folder
from reconciler.cli.looking import looking
from reconciler.cli.loop import run_reading
from reconciler.cli.options import Connection, Output
from reconciler.cli.wiring import note, the_clock, write_result
from reconciler.diagnostics import counted
from reconciler.domain.ids import AccountId, is_guid
from reconciler.engine.discover import DiscoveryScope, discover
from reconciler.errors import ReconcilerError, UsageProblem
from reconciler.export import Estate, Exported, Setting, manifests_of, observed_estate
from reconciler.export.sources.given import azd_environment, named_values
from reconciler.export.sources.reading import Files, estate_of
from reconciler.manifest.files import MAX_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAsked:
    """What to export. `parameters` are files and NAME=VALUE, as `az deployment group create` takes them."""

    accounts: tuple[str, ...]
    subscriptions: tuple[str, ...]
    resource_group: str | None
    location: str | None
    sources: tuple[Path, ...]
    templates: tuple[Path, ...]
    states: tuple[Path, ...]
    parameters: tuple[str, ...]
    set_values: tuple[str, ...]
    assumed: tuple[str, ...]
    azd_env: Path | None

    @property
    def by_name(self) -> bool:
        """Whether what was looked at is what was meant: a misspelt group is as empty as an empty one."""
        return bool(self.accounts or (self.subscriptions and self.resource_group is None))

    @property
    def values(self) -> tuple[str, ...]:
        """Each NAME=VALUE."""
        return (*(parameter for parameter in self.parameters if not _is_file(parameter)), *self.set_values)

    @property
    def files(self) -> Files:
        """Each file."""
        parameters = tuple(Path(parameter) for parameter in self.parameters if _is_file(parameter))
        return Files(
            any_kind=self.sources, templates=self.templates, states=self.states, parameters=parameters
        )


def _is_file(parameter: str) -> bool:
    return "=" not in parameter or Path(parameter).is_file()


def export(
    *,
    asked: ExportAsked,
    fleet: str,
    fleet_id: str | None,
    out_dir: Path | None,
    force: bool,
    strict: bool,
    connection: Connection,
    output: Output,
) -> Exit:
    """Write manifests for existing deployments, so that a plan of them is nothing but adopt."""
    if re.fullmatch(r"[a-z0-9-]{1,40}", fleet) is None:
        raise UsageProblem(
            f"--fleet {fleet!r} is not a fleet's name: 1 to 40 lower-case letters, digits and hyphens. It "
            "becomes the mark on everything that is adopted"
        )
    if fleet_id is not None and not is_guid(fleet_id):
        raise UsageProblem(f"--fleet-id {fleet_id!r} is not a GUID; leave it out, and one is made")
    if out_dir is not None and output.file is not None:
        raise UsageProblem("--out-dir and --output-file both say where the manifests go: give one of them")
    if output.file is not None and output.file.is_file():
        must_be_free([output.file], force=force)
    estate = _estate(asked, connection, output)
    exported = manifests_of(
        estate, fleet=fleet, today=the_clock().now().date(), fleet_id=fleet_id, new_id=str(uuid.uuid4())
    )
    for text in exported.notes:
        note(output, f"note: {text}")
    if not exported.declared + exported.held_back + len(estate.left_out):
        _nothing(estate, output, asked)
    _write(exported, out_dir, output, force=force)
    return Exit.DONE if estate.complete and (exported.tally.whole or not strict) else Exit.FAILED


def _nothing(estate: Estate, output: Output, asked: ExportAsked) -> None:
    """Say that nothing is there; ReconcilerError where that may be a slip of the command line."""
    found = "no account with deployments was found where it was looked for"
    found += "; the notes above say what was there" if estate.notes else ""
    if not (asked.by_name and estate.complete):
        raise ReconcilerError(
            f"nothing to export: {found}. Nothing was written; name other accounts or subscriptions"
        )
    note(output, f"warning: {found}. The fleet is exported without deployments")


def _estate(asked: ExportAsked, connection: Connection, output: Output) -> Estate:
    for subscription in asked.subscriptions:
        if not is_guid(subscription):
            raise UsageProblem(
                f"--subscription {subscription!r} is not the GUID of a subscription; "
                "`az account list -o table` lists them"
            )
    if asked.files.all:
        return _from_files(asked, connection)
    for word, given in (
        ("--parameters and --set", asked.values),
        ("--assume", asked.assumed),
        ("--location", asked.location),
        ("--azd-env", asked.azd_env),
    ):
        if given:
            raise UsageProblem(f"{word} says something about files: give --from PATH too")
    return run_reading(connection.timeout, _discovered, asked, connection, output)


def _from_files(asked: ExportAsked, connection: Connection) -> Estate:
    for word, several in (("--subscription", asked.subscriptions), ("--account", asked.accounts)):
        if len(several) > 1:
            raise UsageProblem(f"files are deployed to one place: give one {word}")
    account = _account(asked.accounts[0]) if asked.accounts else None
    here = account.subscription if account is not None else None
    environment, kept = azd_environment(asked.azd_env) if asked.azd_env is not None else ({}, {})
    setting = Setting(
        subscription=asked.subscriptions[0] if asked.subscriptions else here,
        resource_group=asked.resource_group or (account.resource_group if account is not None else None),
        location=asked.location,
        account=account,
        cloud=connection.cloud,
        values=named_values(asked.values, "--set"),
        assumed=named_values(asked.assumed, "--assume"),
        environment={**os.environ, **environment},
        kept=kept,
    )
    return estate_of(asked.files, setting, sys.stdin.buffer if sys.stdin is not None else None)


async def _discovered(asked: ExportAsked, connection: Connection, output: Output) -> Estate:
    nobody = no_fleet(connection)
    wanted = DiscoveryScope(
        accounts=tuple(map(_account, asked.accounts)),
        subscriptions=asked.subscriptions,
        resource_group=asked.resource_group,
    )
    async with connect(connection, output, nobody) as arm:
        with looking(output, 0):
            found = await discover(wanted, arm, parallelism=connection.parallelism)
    cloud = nobody.fleet.cloud
    return observed_estate(found.readings, found.subscriptions, cloud=cloud, unreadable=found.unreadable)


def _account(text: str) -> AccountId:
    try:
        return AccountId.parse(text)
    except ValueError as problem:
        raise UsageProblem(f"--account: {problem}") from problem


def _write(exported: Exported, out_dir: Path | None, output: Output, *, force: bool) -> None:
    summary = f"{counted(exported.declared, 'deployment')} declared, {exported.held_back} commented out"
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
            held = f"{out_dir} also holds {', '.join(others)}"
            note(output, f"warning: {held}, which this export did not write")
    note(output, f"note: {summary}")
    note(output, f"note: {exported.tally}")
