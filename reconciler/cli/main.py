"""The root command: which commands exist, and what becomes of every exception.

Commands are imported when they are run, so that `--help` and completion stay fast.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from reconciler import __version__
from reconciler.cli.exit_codes import Exit, Interrupted, end_at_once, ended_by_signals
from reconciler.cli.running import Run, error_text
from reconciler.clock import SystemClock
from reconciler.errors import ReconcilerError, UsageProblem

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

GROUPS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "Declare and reconcile": {
        "init": ("manifests", "Write a first fleet, and the pipeline that plans and applies it."),
        "validate": ("manifests", "Check the manifests without talking to Azure."),
        "plan": ("plans", "Show what apply would do."),
        "plan merge": ("plans", "Make one plan of those that shards have saved."),
        "apply": ("plans", "Make Azure as the manifests declare."),
        "drift": ("plans", "Show what differs although no manifest changed, and why."),
        "export": ("manifests", "Write manifests for what exists already."),
        "upgrade": ("manifests", "Edit the manifests so that no model in them retires."),
    },
    "Look": {
        "show": ("look", "List the deployments that are there."),
        "quota": ("look", "Show the fleet's quota pools: limit, use, and who holds them."),
        "cost": ("look", "Say what the declared deployments cost a month, at list prices."),
        "capacity": ("look", "Say which regions and SKUs would take a model now."),
        "capacity propose": ("look", "Propose the edit for what has no room."),
        "lifecycle": ("look", "List deployments with retirement date and successor."),
        "doctor": ("look", "Check cloud, sign-in, rights, clock and versions."),
    },
    "Know": {
        "size": ("know", "Size provisioned throughput for a workload, or the reverse."),
        "catalog": ("know", "Ask the catalogue about models, regions, SKUs, capacities."),
        "policy": ("know", "Make a rule from Azure's definition on approved models."),
        "explain": ("know", "Say what a printed word or code means and what to do."),
        "schema": ("know", "Print the JSON Schema of manifests or of a result."),
    },
    "Tools": {
        "emulator": ("tools", "Serve, reset, load or inspect the embedded ARM emulator."),
        "completion": ("completion", "Print the script that completes commands in your shell."),
        "help": ("tools", "Show the help of a command."),
        "version": ("tools", "Print the version."),
    },
}
"""Heading -> name -> (module below reconciler.cli.parser that defines it, one line for --help)."""

COMMANDS: Final = {name: entry for group in GROUPS.values() for name, entry in group.items()}

ALIASES: Final = {"diff": "plan"}
"""What other tools call our commands; understood and not listed."""

_PLACES = 8
"""Frames told of a bug, the innermost ones."""


class _LazyGroup(click.Group):
    """Lists commands from the table and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"reconciler.cli.parser.{COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name.replace(" ", "_"))
        assert isinstance(command, click.Command)  # noqa: S101 -- the table above is ours
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        width = max(map(len, COMMANDS))
        for title, group in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<{width}}", text) for name, (_, text) in group.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=text)
            for name, (_, text) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        args = [ALIASES.get(args[0], args[0]), *args[1:]] if args else args
        if args[1:] and " ".join(args[:2]) in COMMANDS:
            args = [" ".join(args[:2]), *args[2:]]
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            unknown_command(args[0], ctx)
        return super().resolve_command(ctx, args)


def unknown_command(name: str, ctx: click.Context) -> NoReturn:
    """End with the command that was probably meant, else with all of them."""
    import difflib

    near = difflib.get_close_matches(name, COMMANDS, n=1)
    meant = f"Did you mean {near[0]!r}?" if near else f"Commands: {', '.join(COMMANDS)}."
    raise click.UsageError(f"there is no command {name!r}. {meant}", ctx)


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="PATH defaults to manifests/. `reconciler help COMMAND` shows options and examples. Exit codes: "
    "0 done, 1 failed or refused, 2 changes or drift, 3 partly applied, 64 wrong usage, 130/143 interrupted.",
)
@click.version_option(__version__, prog_name="reconciler")
def root() -> None:
    """Declare Azure OpenAI / Foundry model deployments in YAML and keep Azure that way."""


def run_command(argv: Sequence[str], *, started: float | None = None) -> int:
    """Run `argv`; every way out is an exit code and, where something is wrong, a paragraph on stderr."""
    run = Run(started=SystemClock().monotonic() if started is None else started)
    if os.environ.get("_RECONCILER_COMPLETE", "").startswith("powershell"):
        importlib.import_module("reconciler.cli.parser.completion")  # click has no class for this shell
    with ended_by_signals():
        try:
            code = root.main(args=list(argv), prog_name="reconciler", standalone_mode=False, obj=run)
            ended = Exit(code) if isinstance(code, int) else Exit.DONE
            with _readers_may_go():
                sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as bare:
            bare.show()  # a group without a command: its help, as it is laid out
            return Exit.USAGE
        except click.UsageError as wrong:
            return _say(_usage(wrong), Exit.USAGE)
        except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001 -- the last resort, and scrubbed
            cause = problem.__cause__  # another file, which errors of one file ask for, would not help
            if isinstance(cause, OSError) and cause.errno in {errno.EMFILE, errno.ENFILE}:
                return _failed(cause, run)
            return (
                _say(str(problem), Exit.USAGE) if isinstance(problem, UsageProblem) else _failed(problem, run)
            )
        if run.owed and ended not in {Exit.DONE, Exit.CHANGES}:
            message = "the result could not be written where it was asked for"
            _give_error(run, "not-written", message, None, ended)
        return ended


def _failed(problem: BaseException, run: Run) -> int:
    """Tell people why a command came to no result, and machines in the form that they asked for."""
    if isinstance(problem, BrokenPipeError):
        _let_go_of_stdout()  # its reader has gone, which is its own business (F-094)
        return Exit.FAILED
    end_at_once()
    code, word, message = _described(problem, run)
    _say(message, code)
    if isinstance(problem, Interrupted | KeyboardInterrupt | click.Abort) and run.first not in run.owed:
        _let_go_of_stdout()  # whoever ends us does not wait for a reader who reads no more
    _give_error(run, word, message, getattr(problem, "fix", None) or None, code)
    try:
        with _readers_may_go():
            sys.stdout.flush()
    except OSError:
        _let_go_of_stdout()
    return code


def _described(problem: BaseException, run: Run) -> tuple[Exit, str, str]:
    """The exit code, a word for machines and a paragraph for people."""
    written = (
        "`reconciler plan` shows what is there" if run.may_have_written else "nothing was written to ARM"
    )
    match problem:
        case click.Abort():
            return Exit.INTERRUPTED, "aborted", f"stopped; {written}"
        case KeyboardInterrupt():
            return Exit.INTERRUPTED, "interrupted", f"interrupted; {written}"
        case Interrupted():
            word = "interrupted" if problem.exit_code is Exit.INTERRUPTED else "terminated"
            return problem.exit_code, word, f"{word}; {written}"
        case click.ClickException():
            return Exit.FAILED, "failed", problem.format_message()
        case ReconcilerError():
            return Exit.FAILED, problem.word, str(problem)
        case OSError(errno=errno.EMFILE):
            from resource import RLIMIT_NOFILE, getrlimit

            message = f"too many files are open: this process may have {getrlimit(RLIMIT_NOFILE)[0]} at once"
            fix = "raise the limit, for example `ulimit -n 256`"
            return Exit.FAILED, "file", f"{message}, and needs more; {fix}; {written}"
        case OSError(errno=errno.ENFILE):
            message = "too many files are open on this machine; raise its limit or end what holds them"
            return Exit.FAILED, "file", f"{message}; {written}"
        case OSError(filename=None):
            return Exit.FAILED, "not-written", f"cannot write the result: {problem.strerror or problem}"
        case OSError():
            return Exit.FAILED, "file", f"cannot use {str(problem.filename)[:200]}: {problem.strerror}"
        case _:
            return Exit.FAILED, "bug", _about(problem)


def _give_error(run: Run, word: str, message: str, fix: str | None, code: Exit) -> None:
    """Put the error where a result was asked for; on stdout where that place cannot be written to."""
    from reconciler.cli.wiring import write_result

    for output in run.owed:
        text = error_text(output.form, code=word, message=message, fix=fix, exit_code=code)
        if text is None:
            continue
        try:
            write_result(output, text)
        except (OSError, ReconcilerError):
            with contextlib.suppress(OSError):
                if output is run.first:
                    write_result(replace(output, file=None), text)


def _usage(wrong: click.UsageError) -> str:
    """What click says of a command line, in the words and the form of every other error."""
    said = wrong.format_message().rstrip()
    said = said[:1].lower() + said[1:]
    where = wrong.ctx.command_path if wrong.ctx is not None else "reconciler"
    return f"{said}{'' if said.endswith(('.', '?')) else '.'} `{where} --help` shows the usage"


@contextlib.contextmanager
def _readers_may_go() -> Iterator[None]:
    """The reader of a finished result may have gone, which is its own business (F-094); or there is none."""
    try:
        yield
    except BrokenPipeError:
        _let_go_of_stdout()
    except AttributeError:
        if sys.stdout is not None:
            raise


def _let_go_of_stdout() -> None:
    """What is left in the buffer would raise once more when the interpreter ends."""
    with contextlib.suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _about(bug: BaseException) -> str:
    """Our own bug, with where it happened and without what a library may have put of a request into it."""
    from traceback import extract_tb

    from reconciler.arm.azure_credential import without_secrets
    from reconciler.arm.printable import printable

    while isinstance(bug, BaseExceptionGroup):
        bug = bug.exceptions[0]
    places = extract_tb(bug.__traceback__)[-_PLACES:]
    way = " < ".join(f"{Path(at.filename).name}:{at.lineno} {at.name}" for at in reversed(places))
    text = printable(without_secrets(str(bug)), 500)
    return (
        f"a bug in this program: {type(bug).__name__}: {text} (at {way}). "
        "Please report it with this line; `reconciler plan` shows what is there"
    )


def _say(message: str, code: Exit) -> int:
    from reconciler.report.layout import paragraph
    from reconciler.report.style import Style, inert

    with contextlib.suppress(OSError, AttributeError):
        style = Style.of(sys.stderr)
        click.echo(
            "\n".join(paragraph(f"error: {inert(message)}", width=style.width, hanging="  ")), err=True
        )
    return code
