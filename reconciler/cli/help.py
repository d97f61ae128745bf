"""Commands and options as help shows them: a command's own options first, then the shared ones in groups.

Every shared option names its environment twin. Examples are given where a command has more than one use.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, Final

import click

GROUPS: Final = ("", "Manifests", "Azure", "Guards", "Output")
"""Headings of groups in their order; the first one is the command's own."""

PREFIX: Final = "RECONCILER_"
_LONGEST: Final = 60
"""Columns of values beside an option; more of them stand in its text."""


class Option(click.Option):
    """An option below a heading of GROUPS. `twin` gives it an environment twin, `RECONCILER_<OPTION>`.

    A default that is something is shown, unless `show_default` says otherwise.
    """

    def __init__(self, *args: Any, group: str = "", twin: bool = False, **settings: Any) -> None:
        settings.setdefault("show_default", bool(settings.get("default")))
        super().__init__(*args, **settings)
        self.group = group
        if twin:
            long = next(name for name in self.opts if name.startswith("--"))
            self.envvar = PREFIX + long.lstrip("-").upper().replace("-", "_")
        if isinstance(self.type, click.Choice) and len("|".join(self.type.choices)) > _LONGEST:
            self.metavar = "NAME"
            self.help = f"{self.help} One of {', '.join(self.type.choices)}."

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """As click writes it, with the twin behind it."""
        record = super().get_help_record(ctx)
        if record is None or not isinstance(self.envvar, str):
            return record
        return record[0], f"{record[1]}  [{self.envvar}]"


class Command(click.Command):
    """A command whose help groups options and ends with `examples`."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.examples = tuple(examples)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One section a group; `--help` stands among the command's own."""
        params = self.get_params(ctx)
        for group in GROUPS:
            records = [
                record
                for param in params
                if isinstance(param, click.Option)
                and getattr(param, "group", "") == group
                and (record := param.get_help_record(ctx)) is not None
            ]
            if records:
                with formatter.section(f"{group.removesuffix('s')} options" if group else "Options"):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, each on a line of its own."""
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    margin = " " * formatter.current_indent
                    lines = textwrap.wrap(example, formatter.width - len(margin) - 6, break_on_hyphens=False)
                    formatter.write(margin + f" \\\n{margin}    ".join(lines) + "\n")


class Group(click.Group):
    """A group whose commands are of this kind."""

    command_class = Command
