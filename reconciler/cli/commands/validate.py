"""`reconciler validate`: everything that can be said of the manifests without talking to ARM."""

from __future__ import annotations

import click

from reconciler.cli.commands.shared import write_diagnostics
from reconciler.cli.exit_codes import Exit
from reconciler.cli.help import Command
from reconciler.cli.options import Chosen, Output, manifest_options, output_options
from reconciler.cli.wiring import load_manifests, note, say_shard


@click.command(
    "validate",
    cls=Command,
    examples=("reconciler validate manifests/", "reconciler validate -o sarif --output-file findings.sarif"),
)
@manifest_options
@output_options("text", "json", "markdown", "github", "sarif", "junit")
def command(*, chosen: Chosen, output: Output) -> int:
    """Check syntax, schema, references and the catalogue's rules. Exit 0 or 1; ARM is not asked."""
    loaded = load_manifests(chosen, offline=True)
    if loaded.desired is not None:
        say_shard(output, loaded.desired)
        if not loaded.desired.declares_accounts:  # valid, and a wrong path looks just like it (I-16)
            note(
                output,
                "note: the manifests declare no account, and a wrong path looks just like this; plan, apply "
                "and drift refuse it",
            )
    write_diagnostics(loaded, output)
    return Exit.DONE if loaded.valid else Exit.FAILED
