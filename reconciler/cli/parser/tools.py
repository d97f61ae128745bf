"""`emulator`, `help`, `version`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler import __version__
from reconciler.cli.help import Group
from reconciler.cli.options import FILE, READABLE, command, flag, option, output_options

_state = click.option(
    "--state",
    envvar="RECONCILER_EMULATOR_STATE",
    type=FILE,
    default=Path(".reconciler/emulator.db"),
    show_default=True,
    help="SQLite file of the state; `:memory:` keeps none (serve only).  [RECONCILER_EMULATOR_STATE]",
)

emulator = Group(
    "emulator",
    help="An emulator of Azure Resource Manager for Microsoft.CognitiveServices; loopback only.",
    commands=[
        command(
            "serve",
            option(
                "--port",
                type=click.IntRange(0, 65535),
                default=8080,
                show_default=True,
                help="0: any free one.",
            ),
            _state,
            option("--world", type=READABLE, help="JSON to begin with."),
            option("--latency-ms", type=click.IntRange(0, 60_000), default=0, help="Added to every answer."),
            option("--tls-cert", type=READABLE),
            option("--tls-key", type=READABLE),
            run="emulator.serve",
            help="""Serve on this machine alone; prints one JSON line with the base URL when ready.

            The line's `controlToken` is what POST /_emulator/… wants in the header x-emulator-control;
            RECONCILER_EMULATOR_CONTROL_TOKEN fixes it. Ends with 0 on SIGINT and SIGTERM.
            """,
        ),
        command("reset", _state, run="emulator.reset", help="Forget everything that the state holds."),
        command(
            "load",
            click.argument("world", type=READABLE),
            _state,
            run="emulator.load",
            help="Merge a world document into the state.",
        ),
        command(
            "clock",
            option("--at", metavar="TIME", help="Set it, such as 2026-11-24T00:00:00Z."),
            option("--advance-days", type=click.IntRange(min=1), metavar="N", help="Let N days pass."),
            _state,
            run="emulator.clock",
            help="Say what time it is there, or move it; what is due by then happens (upgrades, retirements, "
            "expiry).",
        ),
        command(
            "status",
            flag("--behaviours", help="List each behaviour and how it is known."),
            _state,
            output_options("json"),
            run="emulator.status",
            help="Say what the state holds, or what the emulator does and how that is known.",
        ),
    ],
)


@click.command("help")
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def help(ctx: click.Context, *, words: tuple[str, ...]) -> None:  # noqa: A001 -- the command's name
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
