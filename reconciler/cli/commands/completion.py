"""`reconciler completion SHELL`: the script by which a shell completes our commands, options and values."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, *, shell: str) -> None:
    """Print the script for SHELL. In bash: eval "$(reconciler completion bash)" in ~/.bashrc."""
    from click.shell_completion import ShellComplete, get_completion_class  # noqa: PLC0415 -- only here

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 -- click has a class for each of SHELLS
    script = kind(ctx.find_root().command, {}, "reconciler", "_RECONCILER_COMPLETE")
    # The class for bash first starts a bash to ask for its version; whoever reads the script has one.
    click.echo(ShellComplete.source(script))
