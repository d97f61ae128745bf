"""Putting the rooms together: which manifests, which ARM, which credential, which clock.

The only place that knows all rooms; it decides nothing about deployments.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import DEFAULT_PATH, Chosen, Connection, Output
from reconciler.cli.running import current
from reconciler.clock import Clock, SystemClock
from reconciler.errors import InvalidManifests, ReconcilerError, UsageProblem

if TYPE_CHECKING:
    from datetime import date

    import httpx

    from reconciler.arm.client import ArmClient
    from reconciler.arm.network import Network
    from reconciler.arm.settings import ArmSettings
    from reconciler.arm.tokens import TokenSource
    from reconciler.diagnostics import Diagnostic
    from reconciler.domain.fleet import DesiredState, Fleet
    from reconciler.manifest.load import LoadedManifests
    from reconciler.manifest.source import SourceMap, Sources
    from reconciler.policy.rule import PolicyRule

_READER_WITHIN = 5.0
"""Seconds that the reader of a FIFO has to come."""

_TO_SEND = 0.005
"""Seconds in which a request goes out."""

EMBEDDED = "http://127.0.0.1"


def the_clock() -> Clock:
    """The clock of this run."""
    return SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Manifests read, resolved and checked. `desired` is None where they have structural errors.

    `manifests` is what they were made of, as the files say it and before any of them was left out.
    `policies` are judged by whoever knows what would be, or is, there.
    """

    desired: DesiredState | None
    diagnostics: tuple[Diagnostic, ...]
    sources: SourceMap
    files: int
    deployments: int
    chosen: Chosen
    manifests: LoadedManifests
    policies: tuple[PolicyRule, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether a plan may be made of them."""
        from reconciler.diagnostics import has_errors

        return self.desired is not None and not has_errors(self.diagnostics)

    @property
    def fleet(self) -> Fleet:
        """Who we are, as far as the manifests were understood."""
        return (self.desired or self.manifests.understood).fleet

    def state(self) -> DesiredState:
        """The desired state; InvalidManifests where there is none to act on."""
        if self.desired is None or not self.valid:
            raise InvalidManifests(self.diagnostics)
        return self.desired


def load_manifests(
    chosen: Chosen, cloud: str | None = None, *, today: date | None = None, offline: bool = False
) -> Loaded:
    """Read, resolve and check; nothing here talks to ARM. `cloud` overrides the Fleet's.

    All manifests are checked, and only then are those of one shard taken. `today` is the day by which models
    retire; the clock's unless somebody looked on another day. `offline` says that ARM's own lists will not be
    read: then the catalogue has the last word.
    """
    today = today or the_clock().now().date()
    return checked(read_manifests(chosen), chosen, cloud, today=today, offline=offline)


def read_manifests(chosen: Chosen) -> LoadedManifests:
    """Read and resolve what was chosen; no rule has looked at it."""
    from reconciler.cli.choosing import shard_of_this_job
    from reconciler.manifest.source import read_documents

    shard_of_this_job(chosen.shard, os.environ)  # what is no shard is told before a file is read
    stdin = sys.stdin.buffer if "-" in chosen.paths and sys.stdin is not None else None
    if chosen.paths == (DEFAULT_PATH,) and not Path(DEFAULT_PATH).exists():
        raise UsageProblem(
            f"there is no {DEFAULT_PATH} here. `reconciler init` writes a first fleet, `reconciler export` "
            "manifests for what exists already; or name the manifests: PATH"
        )
    return resolved(read_documents(chosen.paths, stdin=stdin), chosen)


def resolved(texts: Sources, chosen: Chosen) -> LoadedManifests:
    """The same for texts that were read already, or edited."""
    from reconciler.cli.choosing import severities
    from reconciler.manifest import rules
    from reconciler.manifest.load import understood
    from reconciler.manifest.resolve import Selection

    if (run := current()) is not None:
        run.reads((file.name for file in texts.files), "one of the manifests")
    return understood(
        texts,
        chosen.paths,
        Selection.of(select=chosen.select, targets=chosen.targets, excludes=chosen.excludes),
        known_rules=rules.CODES,
        severities=severities(chosen.rules),
        policies=chosen.policies,
    )


def checked(
    read: LoadedManifests,
    chosen: Chosen,
    cloud: str | None,
    *,
    today: date,
    offline: bool = False,
    errors_only: bool = False,
) -> Loaded:
    """Manifests with what every rule says of them, or those that can find errors; see `load_manifests`."""
    from reconciler.cli.knowledge import catalogue
    from reconciler.manifest import rules

    understanding = read.understood
    if cloud is not None:
        understanding = replace(understanding, fleet=replace(understanding.fleet, cloud=cloud))
    found = (
        *read.diagnostics,
        *rules.check(understanding, catalogue(), today, asks_arm=not offline, errors_only=errors_only),
    )
    if offline and read.policies:
        from reconciler.cli.policies import of_declared

        found = (*found, *of_declared(read.policies, read.understood, chosen.rules))
    return Loaded(
        desired=state_of(read, chosen, cloud),
        diagnostics=found,
        sources=read.sources,
        files=read.files,
        deployments=read.deployments,
        chosen=chosen,
        policies=read.policies,
        manifests=read,
    )


def state_of(read: LoadedManifests, chosen: Chosen, cloud: str | None) -> DesiredState | None:
    """What this job acts on, of that cloud and in its shard; None where the text is not understood."""
    from reconciler.cli.choosing import must_leave_something, shard_of_this_job

    desired, shard = read.desired, shard_of_this_job(chosen.shard, os.environ)
    if desired is not None and read.deployments and (chosen.select or chosen.targets or chosen.excludes):
        must_leave_something(desired)
    if desired is not None and cloud is not None:
        desired = replace(desired, fleet=replace(desired.fleet, cloud=cloud))
    return desired if desired is None or shard is None else desired.in_shard(shard)


def write_result(output: Output, text: str) -> None:
    """Put the result on stdout, or into the named file whole or not at all."""
    if text and not text.endswith("\n"):
        text += "\n"
    if output.file is not None:
        save(output.file, text)
    if (run := current()) is not None:
        run.gave(output)
    if output.file is None:
        click.echo(text, nl=False, color=True)


def save(target: Path, text: str) -> None:
    """Write beside `target`, flush to disk, then rename: an old file survives a full disk.

    What is there and no regular file (a device, a FIFO) is written to as it is; a link stays a link.
    """
    import tempfile

    beside = ""
    try:
        target = target.resolve()
        if target.exists() and not target.is_file():
            _save_into(target, text)
            return
        handle, beside = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(beside).replace(target)
    except (OSError, ValueError, RuntimeError) as problem:  # such as a NUL, or a circle of links
        if beside:
            Path(beside).unlink(missing_ok=True)
        stated = getattr(problem, "strerror", None) or problem
        raise ReconcilerError(
            f"cannot write {target}: {stated}. What stood there is untouched; name another file"
        ) from problem


def _save_into(target: Path, text: str) -> None:
    """Write to a device or a FIFO. One that nobody reads is given a few seconds, not for ever."""
    until = time.monotonic() + _READER_WITHIN
    while True:
        try:
            handle = os.open(target, os.O_WRONLY | os.O_NONBLOCK)
            break
        except OSError as problem:
            if problem.errno != errno.ENXIO:
                raise
            if time.monotonic() >= until:
                raise OSError(errno.ENXIO, "it is a FIFO, and nobody reads from it") from problem
            time.sleep(0.05)
    os.set_blocking(handle, True)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)


def note(output: Output, text: str) -> None:
    """Say something on stderr that is not the result."""
    if output.quiet:
        return
    if output.log_json:
        import logging

        logging.getLogger("reconciler").info("%s", text.strip())
    else:
        from reconciler.report.layout import broken
        from reconciler.report.style import Style

        with suppress(OSError, AttributeError, ValueError):  # stderr may be closed: notes are not the result
            width = Style.of(sys.stderr).width
            lines = (part for line in text.split("\n") for part in broken(line, width, hanging="  "))
            click.echo("\n".join(lines), err=True)


def say_shard(output: Output, desired: DesiredState) -> None:
    """Where this is one of several jobs: which, and how much is left to the others."""
    if desired.part is not None:
        from reconciler.report.plan import shard_line

        note(output, shard_line(desired.part))


@asynccontextmanager
async def connect(
    connection: Connection,
    output: Output,
    desired: DesiredState,
    *,
    read_only: bool = True,
    may_validate: bool = False,
    keep_state: bool = True,
) -> AsyncIterator[ArmClient]:
    """An ARM client for the fleet's cloud; for `cloud: emulator` the emulator inside this process.

    Unless a command is there to write, the transport itself refuses every method but GET (law I-04), and the
    POST of ARM's own validation where the user asked for that. Without `keep_state` an embedded emulator that
    has no state yet leaves none behind.
    """
    import uuid

    from reconciler.arm.network import Network
    from reconciler.arm.settings import ArmSettings

    say_shard(output, desired)
    cloud = desired.fleet.cloud
    endpoint = connection.endpoint or endpoint_of(cloud)
    network = Network(ca_file=connection.ca_file)
    settings = ArmSettings(
        endpoint=endpoint,
        tenants={s.id.lower(): s.tenant for s in desired.fleet.subscriptions.values() if s.tenant},
        default_tenant=os.environ.get("AZURE_TENANT_ID"),
        parallelism=connection.parallelism,
        network=network,
        correlation_id=str(uuid.uuid4()),
        read_only=read_only,
        may_ask=may_validate,
    )
    version = connection.api_version or desired.fleet.api_version
    if version:
        settings = replace(settings, api_version=version)
    within = cloud == "emulator" and connection.endpoint is None
    with (
        _embedded_transport(connection, output, desired, keep=keep_state)
        if within
        else nullcontext() as transport
    ):
        tokens = _tokens(connection, cloud, endpoint, network, transport)
        async with _signing_in(settings, tokens, desired) if transport is None else nullcontext():
            from reconciler.arm.client import ArmClient

            async with ArmClient(
                settings,
                tokens,
                the_clock(),
                transport=transport,
                on_warning=lambda text: note(output, f"warning: {text}"),
            ) as client:
                yield client


@asynccontextmanager
async def _signing_in(
    settings: ArmSettings, tokens: TokenSource, desired: DesiredState
) -> AsyncIterator[None]:
    """Sign in for all accounts while what speaks to ARM is imported.

    What becomes of it is told to whoever asks for the token first.
    """
    import asyncio

    from reconciler.arm.auth import Auth

    auth = Auth.of(settings, tokens)
    tenants = {auth.tenant_of(account.id.subscription) for account in desired.accounts}
    signing = [asyncio.ensure_future(tokens.token(tenant)) for tenant in tenants]
    try:
        if signing:
            await asyncio.sleep(0)  # each makes a connection, which takes more than the time to send
            await asyncio.sleep(_TO_SEND)
        yield
    finally:
        for task in signing:
            task.cancel()
        await asyncio.gather(*signing, return_exceptions=True)


def no_fleet(connection: Connection) -> DesiredState:
    """What stands for the manifests where there are none: it declares nothing, in the connection's cloud."""
    from reconciler.domain.fleet import DesiredState, Fleet

    return DesiredState(fleet=Fleet(cloud=connection.cloud or Fleet().cloud, declared=False))


def endpoint_of(cloud: str) -> str:
    """ARM's address in a cloud; that of the embedded emulator leads nowhere else."""
    from reconciler.arm.addresses import CLOUDS

    return EMBEDDED if cloud == "emulator" else CLOUDS[cloud].endpoint


def _tokens(
    connection: Connection,
    cloud: str,
    endpoint: str,
    network: Network,
    transport: httpx.AsyncBaseTransport | None,
) -> TokenSource:
    from reconciler.arm.origin import endpoint_origin
    from reconciler.arm.tokens import AzureTokens, EmulatorTokens

    origin = endpoint_origin(endpoint)
    loopback = origin is not None and origin.loopback
    if cloud == "emulator" and not loopback:
        raise UsageProblem(
            f"the Fleet says cloud: emulator, and {endpoint} is not on this machine, where emulators are. "
            "Give an address such as http://127.0.0.1:8080, or name the address's own cloud with --cloud"
        )
    kind = connection.credential or ("emulator" if loopback else "default")
    if loopback != (kind == "emulator"):
        raise UsageProblem(
            f"--credential {kind} does not go with {endpoint}: an address on this machine is given only the "
            "emulator's own tokens, and the emulator's tokens are given to nobody else. "
            + (
                "Leave --credential out"
                if loopback
                else "Choose another credential, or the address of an emulator"
            )
        )
    if kind == "emulator":
        return EmulatorTokens(endpoint, transport=transport, network=network)
    return AzureTokens(kind=kind, cloud=cloud, clock=the_clock(), network=network)


@contextmanager
def _embedded_transport(
    connection: Connection, output: Output, desired: DesiredState, *, keep: bool
) -> Iterator[httpx.AsyncBaseTransport]:
    from reconciler.cli.embedded import embedded

    state = connection.emulator_state if keep or connection.emulator_state.exists() else None
    with embedded(state, desired) as (transport, created):
        for account in created:
            note(output, f"note: created account {account.rpartition('/')[2]} in the emulator")
        yield transport
