"""Putting the rooms together: which manifests, what every rule says of them, where results go, which clock.

It decides nothing about deployments. ARM is `cli/connecting.py`'s.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import DEFAULT_PATH, Chosen, Output
from reconciler.cli.running import current
from reconciler.clock import Clock, SystemClock
from reconciler.errors import InvalidManifests, ReconcilerError, UsageProblem

if TYPE_CHECKING:
    from datetime import date

    from reconciler.diagnostics import Diagnostic
    from reconciler.domain.fleet import DesiredState, Fleet
    from reconciler.manifest.load import LoadedManifests
    from reconciler.manifest.source import SourceMap, Sources
    from reconciler.policy.rule import PolicyRule

_READER_WITHIN = 5.0
"""Seconds that the reader of a FIFO has to come."""


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
