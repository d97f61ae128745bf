"""`reconciler completion SHELL`: the script by which a shell completes our commands, options and values."""

from __future__ import annotations

import os
from typing import Final

import click
from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from reconciler.cli.help import Command

SHELLS: Final = ("bash", "zsh", "fish", "powershell")

_POWERSHELL: Final = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $env:%(complete_var)s = 'powershell_complete'
    $env:COMP_WORDS = $commandAst.ToString()
    $env:COMP_WORD = $wordToComplete
    try {
        %(prog_name)s | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            if (-not $help) { $help = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
        }
    } finally {
        Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_WORD -ErrorAction SilentlyContinue
    }
}
"""


class _PowerShell(ShellComplete):
    """PowerShell 5.1 and 7: a value and its help on each line, with a tab between."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        words, incomplete = split_arg_string(os.environ["COMP_WORDS"])[1:], os.environ.get("COMP_WORD", "")
        return (words[:-1] if incomplete and words else words), incomplete

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.value}\t{item.help or ''}"


add_completion_class(_PowerShell)


@click.command(
    "completion",
    cls=Command,
    examples=(
        'eval "$(reconciler completion bash)"              # in ~/.bashrc; zsh likewise',
        "reconciler completion fish | source               # in config.fish",
        "reconciler completion powershell | Out-String | Invoke-Expression  # $PROFILE",
    ),
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, *, shell: str) -> None:
    """Print the script for SHELL."""
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 -- there is a class for each of SHELLS
    script = kind(ctx.find_root().command, {}, "reconciler", "_RECONCILER_COMPLETE")
    # The class for bash first starts a bash to ask for its version; whoever reads the script has one.
    click.echo(ShellComplete.source(script))
