"""Options that several commands share, and the frozen value that they become.

The options of this module have an environment twin, `RECONCILER_<OPTION>`; a flag wins over it. What gives
consent or lifts a guard has none: a forgotten variable must not say yes.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.deadline import READING, WRITING, Deadline

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

DEFAULT_PATH = "manifests/"
CLOUDS = ("emulator", "AzureCloud", "AzureUSGovernment", "AzureChinaCloud")
CREDENTIALS = ("default", "cli", "environment", "workload-identity", "managed-identity", "emulator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How and where the result is written. `file` None is stdout; `reports` are the same result again."""

    form: str
    file: Path | None
    colour: bool | None
    quiet: bool
    verbose: bool
    log_json: bool
    reports: tuple[tuple[str, Path], ...] = ()

    def each(self) -> Iterator[Output]:
        """The result itself, then every `--report` of it."""
        yield self
        for form, file in self.reports:
            yield replace(self, form=form, file=file, reports=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which manifests, which of their deployments, how loud rules are (``code=severity``), which policies.

    `shard` is ``i/n``, ``auto`` or empty. `by_default` is True where nobody named a path.
    """

    paths: tuple[str, ...]
    select: str
    targets: tuple[str, ...]
    excludes: tuple[str, ...]
    rules: tuple[str, ...] = ()
    shard: str = ""
    by_default: bool = False
    policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where ARM is and who we are there. `parallelism` bounds requests, `timeout` the whole command."""

    cloud: str | None
    endpoint: str | None
    credential: str | None
    ca_file: Path | None
    emulator_state: Path
    api_version: str | None
    parallelism: int
    timeout: Deadline


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _env(name: str) -> str:
    return "RECONCILER_" + name.upper().replace("-", "_")


def _option(*names: str, **settings: Any) -> Decorator:
    long = next(name for name in names if name.startswith("--"))
    return click.option(*names, envvar=_env(long.split("/")[0].lstrip("-")), show_envvar=False, **settings)


def _stack(decorators: Sequence[Decorator], function: Callable[..., Any]) -> Callable[..., Any]:
    for decorate in reversed(decorators):
        function = decorate(function)
    return function


def _reports(
    forms: Sequence[str], _: click.Context, __: click.Parameter, given: tuple[str, ...]
) -> tuple[tuple[str, Path], ...]:
    found = []
    for one in given:
        form, sign, file = one.partition("=")
        if form not in forms or not sign or not file:
            raise click.BadParameter(f"{one!r} is not FORM=FILE with FORM one of {', '.join(forms)}")
        found.append((form, Path(file)))
    return tuple(found)


def _report_option(forms: Sequence[str]) -> Decorator:
    return _option(
        "--report",
        "reports",
        multiple=True,
        metavar="FORM=FILE",
        callback=functools.partial(_reports, forms),
        help="Write the result there in that form too; may be given several times.",
    )


def output_options(*forms: str, reports: bool = False) -> Decorator:
    """Add the output options; the command gets one `output: Output`, and writes `output.each()`."""
    options: tuple[Decorator, ...] = (
        _option(
            "-o",
            "--output",
            "output_form",
            type=click.Choice(forms),
            default=forms[0],
            show_default=True,
            help="Form of the result on stdout.",
        ),
        _option(
            "--output-file", type=click.Path(dir_okay=False, path_type=Path), help="Write the result there."
        ),
        _option("--no-color", is_flag=True, help="No colour; also NO_COLOR, and never when piped."),
        _option("-q", "--quiet", is_flag=True, help="No progress and no notes on stderr."),
        _option("-v", "--verbose", is_flag=True, help="Also what does not change, and requests on stderr."),
        _option("--log-json", is_flag=True, help="Log on stderr as JSON lines."),
    )
    if reports:
        options += (_report_option(forms),)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(**given: Any) -> Any:
            output = Output(
                form=given.pop("output_form"),
                file=given.pop("output_file"),
                colour=False if given.pop("no_color") else None,
                quiet=given.pop("quiet"),
                verbose=given.pop("verbose"),
                log_json=given.pop("log_json"),
                reports=given.pop("reports", ()),
            )
            if (output.verbose or output.log_json) and not output.quiet:
                from reconciler.cli.logs import set_up  # noqa: PLC0415 -- only when somebody listens

                set_up(verbose=output.verbose, as_json=output.log_json)
            return function(output=output, **given)

        return _stack(options, wrapper)

    return decorate


def _files(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Leave the completion of a path to the shell."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 -- only when a shell asks

    return [CompletionItem(incomplete, type="file")]


rule_option = _option(
    "--rule",
    "rules",
    multiple=True,
    metavar="CODE=SEVERITY",
    help="error, warning, info or off for a rule; wins over the Fleet.",
)
"""How loud rules are; the command gets `rules: tuple[str, ...]`."""


policy_option = _option(
    "--policy",
    "policies",
    multiple=True,
    metavar="PATH",
    type=click.Path(exists=True),
    help="Also judge by the Policy documents there; no manifest can change those.",
)
"""Policies from elsewhere; the command gets `policies: tuple[str, ...]`."""


def manifest_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add PATH… and the selection; the command gets one `chosen: Chosen`."""
    options = (
        click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=_files),
        _option("--select", default="", metavar="LABEL=VALUE,...", help="Only sets with these labels."),
        _option(
            "--target",
            "targets",
            multiple=True,
            metavar="GLOB",
            help="Only these: subscription-or-alias/account/deployment.",
        ),
        _option("--exclude", "excludes", multiple=True, metavar="GLOB", help="All but these."),
        _option(
            "--shard",
            default="",
            metavar="I/N|auto",
            help="Only the accounts of the I-th of N jobs, from 1/N to N/N; auto: as the CI system or the "
            "Kubernetes Indexed Job numbers this job.",
        ),
        rule_option,
        policy_option,
    )

    @functools.wraps(function)
    def wrapper(**given: Any) -> Any:
        paths = given.pop("paths")
        chosen = Chosen(
            paths=paths or (DEFAULT_PATH,),
            by_default=not paths,
            select=given.pop("select"),
            targets=given.pop("targets"),
            excludes=given.pop("excludes"),
            shard=given.pop("shard"),
            rules=given.pop("rules"),
            policies=given.pop("policies"),
        )
        return function(chosen=chosen, **given)

    return _stack(options, wrapper)


def connection_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add where ARM is, for a command that reads; it gets one `connection: Connection`."""
    return _connection_options(function, READING)


def writing_connection_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a command that writes and has to wait for long operations."""
    return _connection_options(function, WRITING)


def _connection_options(function: Callable[..., Any], limit: float) -> Callable[..., Any]:
    options = (
        _option("--cloud", type=click.Choice(CLOUDS), help="Overrides the Fleet's cloud."),
        _option("--endpoint", metavar="URL", help="ARM's address; decides whatever the cloud says."),
        _option("--credential", type=click.Choice(CREDENTIALS), help="How to sign in."),
        _option(
            "--ca-file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Certificates to trust beside the system's.",
        ),
        _option(
            "--emulator-state",
            type=click.Path(dir_okay=False, path_type=Path),
            default=Path(".reconciler/emulator.db"),
            show_default=True,
            help="State of the embedded emulator.",
        ),
        _option("--api-version", metavar="YYYY-MM-DD", help="ARM api-version of the provider."),
        _option(
            "--parallelism",
            type=click.IntRange(1, 256),
            default=32,
            show_default=True,
            help="Requests in flight at once; waiting for ARM takes no place.",
        ),
        _option(
            "--timeout",
            type=click.FloatRange(min=1),
            metavar="S",
            help="Seconds for the whole command from its start; it ends within 5 s after them.  "
            f"[default: {limit:.0f}]",
        ),
    )

    @functools.wraps(function)
    def wrapper(**given: Any) -> Any:
        connection = Connection(
            cloud=given.pop("cloud"),
            endpoint=given.pop("endpoint"),
            credential=given.pop("credential"),
            ca_file=given.pop("ca_file"),
            emulator_state=given.pop("emulator_state"),
            api_version=given.pop("api_version"),
            parallelism=given.pop("parallelism"),
            timeout=_deadline(given.pop("timeout"), limit),
        )
        return function(connection=connection, **given)

    return _stack(options, wrapper)


def _deadline(given: float | None, own: float) -> Deadline:
    started = click.get_current_context().find_object(float)
    return Deadline(
        seconds=own if given is None else given,
        started=time.monotonic() if started is None else started,
        given=given is not None,
    )
