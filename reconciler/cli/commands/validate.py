"""`reconciler validate`: everything that can be said of the manifests without talking to ARM."""

from __future__ import annotations

import click

from reconciler.cli.commands.shared import diagnostics_text
from reconciler.cli.exit_codes import Exit
from reconciler.cli.options import Chosen, Output, manifest_options, output_options
from reconciler.cli.wiring import load_manifests, say_shard, write_result


@click.command("validate")
@manifest_options
@output_options("text", "json", "markdown", "github", "sarif", "junit", reports=True)
def command(*, chosen: Chosen, output: Output) -> int:
    """Check syntax, schema, references and the catalogue's rules. Exit 0 or 1; ARM is not asked."""
    loaded = load_manifests(chosen)
    if loaded.desired is not None:
        say_shard(output, loaded.desired)
    for each in output.each():
        write_result(each, diagnostics_text(loaded, each))
    return Exit.DONE if loaded.valid else Exit.FAILED
