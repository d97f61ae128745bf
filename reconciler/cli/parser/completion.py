"""`reconciler completion SHELL`: the script by which a shell completes our commands, and the values for it.

Loaded only when a shell asks. Whatever goes wrong with values, nothing is offered: a prompt shows no error.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
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
from reconciler.cli.options import DEFAULT_PATH

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
def completion(ctx: click.Context, *, shell: str) -> None:
    """Print the script for SHELL."""
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 -- there is a class for each of SHELLS
    script = kind(ctx.find_root().command, {}, "reconciler", "_RECONCILER_COMPLETE")
    # The class for bash first starts a bash to ask for its version; whoever reads the script has one.
    click.echo(ShellComplete.source(script))


# -- values behind an option ---------------------------------------------------------------------------

_MOST = 200
"""Values offered at once; a shell asks before it shows more."""


def values(of: str, ctx: click.Context, incomplete: str) -> list[str]:
    """Values of the kind `of` that begin with what has been typed."""
    with contextlib.suppress(Exception):
        found = [
            value for value in _values(of, ctx, incomplete) if value.lower().startswith(incomplete.lower())
        ]
        return list(dict.fromkeys(found))[:_MOST]
    return []


def _values(of: str, ctx: click.Context, incomplete: str) -> Iterator[str]:
    match of:
        case "rules":
            from reconciler.diagnostics import Severity
            from reconciler.manifest.rules import CODES

            code, sign, _ = incomplete.partition("=")
            levels = (f"{code}={severity.value}" for severity in Severity)
            yield from levels if sign else (f"{item}=" for item in sorted(CODES))
        case "targets":
            yield from _targets(tuple(ctx.params.get("paths") or (DEFAULT_PATH,)))
        case "words":
            from reconciler.cli.words import groups

            yield from (word for group in groups().values() for word in group)
        case "skus":
            from reconciler.domain.sku import KNOWN_SKUS

            yield from KNOWN_SKUS
        case _:
            from reconciler.cli.knowledge import catalogue

            known = catalogue()
            yield from known.models() if of == "models" else (region.name for region in known.regions())


def _targets(paths: tuple[str, ...]) -> Iterator[str]:
    """Every declared deployment as a target, and each account with all of its deployments."""
    from reconciler.manifest.load import load
    from reconciler.manifest.rules import CODES

    desired = load(paths, known_rules=CODES).desired
    if desired is None:
        return
    for deployment in desired.deployments:
        subscription = deployment.id.account.subscription
        prefix = f"{desired.fleet.alias_of(subscription) or subscription}/{deployment.id.account.name}"
        yield f"{prefix}/*"
        yield f"{prefix}/{deployment.id.name}"
