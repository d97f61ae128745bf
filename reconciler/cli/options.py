"""Options that several commands share, and the frozen values that they become.

Each has an environment twin, `RECONCILER_<OPTION>`; a flag wins over it. What gives consent or lifts a guard
has none: a forgotten variable must not say yes.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from reconciler.cli.deadline import READING, WRITING, Deadline
from reconciler.cli.help import Command, Option
from reconciler.cli.running import Run, current
from reconciler.clock import SystemClock

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

DEFAULT_PATH = "manifests/"
CLOUDS = ("emulator", "AzureCloud", "AzureUSGovernment", "AzureChinaCloud")
CREDENTIALS = ("default", "cli", "environment", "workload-identity", "managed-identity", "emulator")

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How and where the result is written. `file` None is stdout; `reports` are the same result again.

    `links` lets an HTML page link accounts to the portal.
    """

    form: str
    file: Path | None
    colour: bool | None
    quiet: bool
    verbose: bool
    log_json: bool
    reports: tuple[tuple[str, Path], ...] = ()
    links: bool = True

    def __post_init__(self) -> None:
        if (self.verbose or self.log_json) and not self.quiet:
            from reconciler.cli.logs import set_up

            set_up(verbose=self.verbose, as_json=self.log_json)

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
    select: str = ""
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
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


def into(name: str, build: Callable[..., object], *options: Decorator) -> Decorator:
    """Add options; the command gets one argument `name`, which `build` makes of their values.

    Options are named as the parameters of `build`, such as the fields of a dataclass.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        taken: list[str] = []

        @functools.wraps(function)
        def wrapper(**given: Any) -> Any:
            value = build(**{item: given.pop(item) for item in taken})
            return function(**given, **{name: value})

        before = len(_parameters(wrapper))
        decorated = together(*options)(wrapper)
        taken += [parameter.name for parameter in _parameters(decorated)[before:]]
        return decorated

    return decorate


def _parameters(function: Callable[..., Any]) -> list[click.Parameter]:
    """What click has noted of a function so far."""
    return cast("list[click.Parameter]", getattr(function, "__click_params__", []))


def together(*options: Decorator) -> Decorator:
    """Several decorators as one, the first of them outermost."""
    return lambda function: functools.reduce(lambda made, each: each(made), reversed(options), function)


def option(*names: str, group: str = "", twin: bool = False, **settings: Any) -> Decorator:
    """An option of a group of the help; with `twin` it can be set by the environment too."""
    return click.option(*names, cls=Option, group=group, twin=twin, **settings)


def lazily(place: str) -> Callable[..., Any]:
    """Something below `reconciler`, such as ``plan.allowances.Policy``, imported when it is called."""

    def called(**given: Any) -> Any:
        module, _, name = f"reconciler.{place}".rpartition(".")
        return getattr(importlib.import_module(module), name)(**given)

    return called


def command(
    name: str, *options: Decorator, run: str, cls: type[click.Command] = Command, **settings: Any
) -> click.Command:
    """A command with these options. `run` below `cli.commands` is what it does, imported only to do it."""
    return click.command(name, cls, **settings)(together(*options)(lazily(f"cli.commands.{run}")))


flag = functools.partial(option, is_flag=True)

cost_option = flag("--cost", "with_cost", help="Also what it costs a month, at list prices.")
"""Ask for money too; the command gets one `with_cost: bool`."""

FILE = click.Path(dir_okay=False, path_type=Path)
READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


# -- output --------------------------------------------------------------------------------------------


def output_options(*forms: str) -> Decorator:
    """Add the output options; the command gets `output: Output`. With several forms it writes `each()`."""
    shared = functools.partial(option, group="Output", twin=True)
    report = shared(
        "--report",
        "reports",
        multiple=True,
        metavar="FORM=FILE",
        callback=functools.partial(_reports, forms),
        help="Write the result to FILE in that form too; repeatable.",
    )
    links = shared(
        "--no-links",
        "links",
        is_flag=True,
        callback=lambda _, __, given: not given,
        help="No links to the portal in HTML.",
    )
    return into(
        "output",
        _output,
        shared(
            "-o",
            "--output",
            "form",
            type=click.Choice(forms),
            default=forms[0],
            help="Form of the result on stdout.",
        ),
        shared("--output-file", "file", type=FILE, help="Write the result there instead."),
        *([report] if len(forms) > 1 else []),
        *([links] if "html" in forms else []),
        shared(
            "--no-color",
            "colour",
            is_flag=True,
            callback=lambda _, __, given: False if given else None,
            help="No colour. Also: NO_COLOR; never when piped.",
        ),
        shared("-q", "--quiet", is_flag=True, help="No progress and no notes on stderr."),
        shared("-v", "--verbose", is_flag=True, help="More detail; requests on stderr."),
        shared("--log-json", is_flag=True, help="Log on stderr as JSON lines."),
    )


def _output(**given: Any) -> Output:
    output = Output(**given)
    run = current()
    if run is not None:
        run.owes(output)
    return output


def _reports(
    forms: Sequence[str], _: click.Context, __: click.Parameter, given: tuple[str, ...]
) -> tuple[tuple[str, Path], ...]:
    found = []
    for item in given:
        form, sign, file = item.partition("=")
        if form not in forms or not sign or not file:
            raise click.BadParameter(f"{item!r} is not FORM=FILE with FORM one of {', '.join(forms)}")
        found.append((form, Path(file)))
    return tuple(found)


# -- manifests -----------------------------------------------------------------------------------------


def _files(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Leave the completion of a path to the shell."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def offers(of: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Values that only heavy rooms know, asked when a shell asks."""

    def found(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        from reconciler.cli.parser.completion import values

        return values(of, ctx, incomplete)

    return found


_manifests = functools.partial(option, group="Manifests", twin=True)
_globs = functools.partial(_manifests, multiple=True, metavar="GLOB", shell_complete=offers("targets"))

rule_option = _manifests(
    "--rule",
    "rules",
    multiple=True,
    metavar="CODE=SEVERITY",
    shell_complete=offers("rules"),
    help="error, warning, info or off for a rule. Wins over the Fleet. Repeatable.",
)
"""How loud rules are; the command gets `rules: tuple[str, ...]`."""


policy_option = _manifests(
    "--policy",
    "policies",
    multiple=True,
    metavar="PATH",
    type=click.Path(exists=True),
    help="Also judge by the policies there; no manifest can change those. Repeatable.",
)
"""Policies from elsewhere; the command gets `policies: tuple[str, ...]`."""


def _chosen(*, paths: tuple[str, ...], **given: Any) -> Chosen:
    return Chosen(paths=paths or (DEFAULT_PATH,), by_default=not paths, **given)


manifest_options = into(
    "chosen",
    _chosen,
    click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=_files),
    _manifests("--select", default="", metavar="LABEL=VALUE,...", help="Only sets with these labels."),
    _globs("--target", "targets", help="Only subscription-or-alias/account/deployment. Repeatable."),
    _globs("--exclude", "excludes", help="All but these. Repeatable."),
    _manifests(
        "--shard",
        default="",
        metavar="I/N|auto",
        help="Only the accounts of job I of N, from 1/N to N/N. auto: as the CI system or the Kubernetes "
        "Indexed Job numbers this job.",
    ),
    rule_option,
    policy_option,
)
"""PATH… and the selection; the command gets `chosen: Chosen`."""


# -- Azure ---------------------------------------------------------------------------------------------


def _connection_options(limit: float, more: str = "") -> Decorator:
    """`more`: what is added to the default limit, in words."""
    default = f"[default: {limit:.0f}{more}]"
    shared = functools.partial(option, group="Azure", twin=True)
    return into(
        "connection",
        Connection,
        shared("--cloud", type=click.Choice(CLOUDS), help="Overrides the Fleet's cloud."),
        shared("--endpoint", metavar="URL", help="ARM's address; decides whatever the cloud says."),
        shared("--credential", type=click.Choice(CREDENTIALS), help="How to sign in."),
        shared("--ca-file", type=READABLE, help="Certificates to trust beside the system's."),
        shared(
            "--emulator-state",
            type=FILE,
            default=Path(".reconciler/emulator.db"),
            help="State of the embedded emulator.",
        ),
        shared("--api-version", metavar="YYYY-MM-DD", help="ARM api-version of the provider."),
        shared(
            "--parallelism",
            type=click.IntRange(1, 256),
            default=128,
            help="Requests at once; waiting for ARM does not count.",
        ),
        shared(
            "--timeout",
            type=click.FloatRange(min=1),
            metavar="S",
            callback=functools.partial(_deadline, limit),
            help=f"Seconds for the whole command; it ends within 5 s after them.  {default}",
        ),
    )


def _deadline(own: float, ctx: click.Context, _: click.Parameter, given: float | None) -> Deadline:
    run = ctx.find_object(Run)
    return Deadline(
        seconds=own if given is None else given,
        started=SystemClock().monotonic() if run is None else run.started,
        given=given is not None,
    )


connection_options = _connection_options(READING)
"""Where ARM is, for a command that reads; it gets `connection: Connection`."""

writing_connection_options = _connection_options(WRITING, "; 1800 more for each migration")
"""The same for a command that writes and has to wait for long operations."""


def fleet_options(*forms: str) -> Decorator:
    """What a command takes that reads a fleet: `chosen`, `connection`, and `output` in one of the forms."""
    return together(manifest_options, connection_options, output_options(*forms))
