"""`reconciler help [COMMAND]` and `reconciler version`: what people type before they know `--help`."""

from __future__ import annotations

import click

from reconciler import __version__


@click.command("help")
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def command(ctx: click.Context, *, words: tuple[str, ...]) -> None:
    """Show the help of COMMAND, or the list of all commands."""
    found: click.Command = ctx.find_root().command
    within = ctx.find_root()
    rest = list(words)
    while rest and isinstance(found, click.Group):
        name, inner, rest = found.resolve_command(within, rest)
        if inner is None:
            raise click.UsageError(f"there is no command {' '.join(words)!r}.", within)
        found, within = inner, click.Context(inner, info_name=name, parent=within)
    click.echo(found.get_help(within))


@click.command("version")
def version() -> None:
    """Print the program's name and version."""
    click.echo(f"reconciler, version {__version__}")
