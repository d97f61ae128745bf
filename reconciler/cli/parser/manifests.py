"""`init`, `validate`, `export`, `upgrade`."""

from __future__ import annotations

import functools
from pathlib import Path

import click

from reconciler.cli.options import (
    FOLDER,
    command,
    connection_options,
    flag,
    fleet_options,
    into,
    lazily,
    manifest_options,
    option,
    output_options,
)

init = command(
    "init",
    click.argument("folder", metavar="[DIR]", default=Path(), type=FOLDER),
    option("--fleet", default="my-fleet", show_default=True, metavar="NAME", help="The fleet's name."),
    option(
        "--from-live",
        "live",
        multiple=True,
        metavar="ID|GUID|all",
        help="Declare what exists: of an account, a subscription, or everything that can be read. "
        "Repeatable.",
    ),
    option(
        "--ci",
        type=click.Choice(("github", "gitlab", "azure-devops", "none")),
        default="none",
        show_default=True,
        help="Also write the pipeline that plans, applies and looks for drift.",
    ),
    connection_options,
    run="init.init",
    examples=(
        "reconciler init",
        "reconciler init fleet --fleet contoso --ci github",
        "reconciler init --from-live 11111111-1111-1111-1111-111111111111",
    ),
    help="Write manifests/ with a first fleet below DIR (here, without one). No file is ever replaced.",
)

validate = command(
    "validate",
    manifest_options,
    output_options("text", "json", "markdown", "github", "sarif", "junit"),
    run="offline.validate",
    examples=("reconciler validate manifests/", "reconciler validate -o sarif --output-file findings.sarif"),
    help="Check syntax, schema, references and the catalogue's rules. Exit 0 or 1; ARM is not asked.",
)

_values = functools.partial(option, multiple=True)
_files = functools.partial(_values, type=click.Path(path_type=Path, allow_dash=True))

export = command(
    "export",
    into(
        "asked",
        lazily("cli.commands.export.ExportAsked"),
        option("--account", "accounts", multiple=True, metavar="ID", help="ARM id of an account."),
        option("--subscription", "subscriptions", multiple=True, metavar="GUID", help="All of its accounts."),
        option("--resource-group", metavar="NAME", help="Only accounts of groups of this name."),
        option("--location", metavar="REGION", help="Where the files' accounts are, if they do not say."),
        _files("--from", "sources", metavar="PATH", help="A file or folder of any kind below."),
        _files("--from-arm-template", "templates", metavar="FILE", help="An ARM template."),
        _files("--from-tfstate", "states", metavar="FILE", help="A Terraform state or plan."),
        _values("--parameters", metavar="FILE|NAME=VALUE", help="Of the template; later ones win."),
        _values("--set", "set_values", metavar="NAME=VALUE", help="A parameter or variable."),
        _values("--assume", "assumed", metavar="NAME=VALUE", help="The same, and marked as assumed."),
        option("--azd-env", type=FOLDER, metavar="DIR", help="Such as .azure/dev."),
    ),
    option("--fleet", default="imported", show_default=True, metavar="NAME", help="The fleet's name."),
    option("--fleet-id", metavar="GUID", help="The fleet's id, if it has one; else one is made."),
    option("--out-dir", type=FOLDER, help="One file per account there."),
    flag("--force", help="Replace files that exist."),
    flag("--strict", help="Exit 1 if anything is left out, undecided or to fill in."),
    connection_options,
    output_options("yaml"),
    run="export.export",
    help="""Write manifests for existing deployments, so that a plan of them is nothing but adopt.

    Without --account, --subscription or a file: of everything that can be read. --from takes ARM templates,
    .bicep, Terraform states, plans and folders, lists that az prints, Kubernetes objects (ASO, Crossplane)
    and azd's YAML; it may be given several times, and - is standard input. --account, --subscription,
    --resource-group and --location then say what the files leave open; --set and --assume decide values.
    What was named with --account or --subscription, could be read and is empty gives a Fleet alone and a
    warning; nothing found anywhere else is a failure.
    """,
)

upgrade = command(
    "upgrade",
    fleet_options("text", "json", "markdown", "diff"),
    into(
        "asked",
        lazily("cli.commands.upgrade.UpgradeAsked"),
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
        flag("--accept-live", help="Take into the manifests what the service upgraded."),
        flag("--finish", help="Remove entries whose successor is declared, once nothing names them."),
        flag("--write", help="Edit the files. Without it nothing is changed."),
        flag("--force", help="Write edits whose plan would be refused, too."),
        flag("--offline", help="Ask the catalogue alone; do not ask ARM, and make no plan."),
        click.option(
            "--as-of",
            envvar="RECONCILER_AS_OF",
            type=click.DateTime(["%Y-%m-%d"]),
            metavar="YYYY-MM-DD",
            callback=lambda _, __, given: given and given.date(),
            help="Judge as of this day instead of today.",
        ),
    ),
    run="upgrade.upgrade",
    cls=click.Command,
    help="""Propose the edits that replace models which retire; `--write` makes them.

    Exit 0 nothing to do or written, 2 edits proposed, 1 something is not solved.
    """,
)
