"""The reference of the command line, read from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator

import click

from reconciler.cli.main import COMMANDS, root

_HEAD = """\
# Commands

Made by `python -m tools.build_docs` from the program's own help; `reconciler COMMAND --help` says the same in
a terminal. An option with an environment variable is set by either; the command line wins. What the exit
codes mean is [a page of its own](exit-codes.md).

| command | what it does |
| --- | --- |"""


def commands_page() -> str:
    """Every command with its arguments, options and their environment variables."""
    lines = [_HEAD]
    lines += [f"| [`{name}`](#{anchor(name)}) | {_cell(text)} |" for name, (_, text) in COMMANDS.items()]
    with click.Context(root, info_name="reconciler") as top:
        for name in COMMANDS:
            command = root.get_command(top, name)
            if command is not None:
                lines += _sections(command, name, top)
    return "\n".join(lines) + "\n"


def anchor(name: str) -> str:
    """The anchor of a command's section."""
    return name.replace(" ", "-")


def _sections(command: click.Command, name: str, above: click.Context) -> Iterator[str]:
    with click.Context(command, info_name=name.rpartition(" ")[2], parent=_parent(name, above)) as ctx:
        yield from _section(command, name, ctx)
    if isinstance(command, click.Group):
        with click.Context(command, info_name=name, parent=above) as ctx:
            for below in command.list_commands(ctx):
                found = command.get_command(ctx, below)
                if found is not None:
                    yield from _sections(found, f"{name} {below}", above)


def _parent(name: str, above: click.Context) -> click.Context:
    """Its group's context, so that the usage line has every word of a command's name."""
    before = name.rpartition(" ")[0]
    return click.Context(click.Group(before), info_name=before, parent=above) if before else above


def _section(command: click.Command, name: str, ctx: click.Context) -> Iterator[str]:
    usage = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
    yield from ("", f"## {name}", "", "```text", usage, "```")
    for paragraph in (command.help or "").split("\n\n"):
        yield from ("", " ".join(paragraph.split()))
    rows = [row for one in command.get_params(ctx) if (row := _row(one, ctx))]
    if rows:
        yield from ("", "| option | environment | meaning |", "| --- | --- | --- |", *rows)
    examples = getattr(command, "examples", ())
    if examples:
        yield from ("", "```console", *(f"$ {example}" for example in examples), "```")
    if command.epilog:
        yield from ("", " ".join(command.epilog.split()))


def _row(parameter: click.Parameter, ctx: click.Context) -> str | None:
    record = parameter.get_help_record(ctx)
    if record is None or not record[1] or "--help" in parameter.opts:
        return None
    names, told = record
    twin = f"`{parameter.envvar}`" if isinstance(parameter.envvar, str) else "none"
    told = told.removesuffix(f"[{parameter.envvar}]")
    return f"| `{_bar(names)}` | {twin} | {_cell(told)} |"


def _cell(text: str) -> str:
    return _bar(" ".join(text.split())).replace("<", "&lt;")


def _bar(text: str) -> str:
    return text.replace("|", "\\|")
