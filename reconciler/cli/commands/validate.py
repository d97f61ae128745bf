"""`reconciler validate`: everything that can be said of the manifests without talking to ARM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.commands.shared import diagnostics_text
from reconciler.cli.exit_codes import Exit
from reconciler.cli.help import Command
from reconciler.cli.options import Chosen, Output, manifest_options, output_options
from reconciler.cli.wiring import load_manifests, note, say_shard, write_each

if TYPE_CHECKING:
    from reconciler.domain.fleet import DesiredState


@click.command(
    "validate",
    cls=Command,
    examples=(
        "reconciler validate manifests/",
        "reconciler validate -o sarif --output-file findings.sarif",
    ),
)
@manifest_options
@output_options("text", "json", "markdown", "github", "sarif", "junit")
def command(*, chosen: Chosen, output: Output) -> int:
    """Check syntax, schema, references and the catalogue's rules. Exit 0 or 1; ARM is not asked."""
    loaded = load_manifests(chosen, offline=True)
    if loaded.desired is not None:
        say_shard(output, loaded.desired)
        _say_if_empty(loaded.desired, output)
    write_each(output, lambda each: diagnostics_text(loaded, each))
    return Exit.DONE if loaded.valid else Exit.FAILED


def _say_if_empty(desired: DesiredState, output: Output) -> None:
    """An empty fleet is valid, and a wrong path looks just like it (I-16)."""
    if not desired.declares_accounts:
        note(
            output,
            "note: the manifests declare no account, and a wrong path looks just like this; plan, apply and "
            "drift refuse it",
        )
