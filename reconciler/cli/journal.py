"""Who is told of an apply's progress: the person at the terminal or the build log, and the journal of writes.

The journal has an intent before each write and its outcome after, one JSON object per line. Nothing is ever
read back from it by this program: it is for people who ask what happened (law I-08).
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from reconciler.cli.options import Output
from reconciler.cli.wiring import the_clock
from reconciler.clock import Clock
from reconciler.engine import outcome
from reconciler.errors import UsageProblem
from reconciler.plan.plan import Plan
from reconciler.report.progress import PlainProgress, TerminalProgress


def default_path() -> Path:
    """Where journals go unless `--journal` says otherwise (the XDG state directory)."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "reconciler" / "journal.jsonl"


@dataclass(slots=True)
class Journal:
    """Appends to one file. A write that fails is remembered in `problem` and never stops an apply."""

    _stream: TextIO
    _clock: Clock
    _run: str
    problem: OSError | None = None
    missing: str = ""

    @classmethod
    def open(cls, path: Path, clock: Clock, run: str) -> Journal:
        """Open `path` for appending, making its folder; UsageProblem where that cannot be done."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # A FIFO that nobody reads must not hold up a run: without O_NONBLOCK, opening it waits for ever.
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
            os.set_blocking(descriptor, True)
            return cls(os.fdopen(descriptor, "a", encoding="utf-8"), clock, run)
        except OSError as problem:
            raise UsageProblem(
                f"cannot write the journal {path}: {problem.strerror}. Nothing was written to ARM; "
                "name another file with --journal"
            ) from problem

    @classmethod
    def by_default(cls, clock: Clock, run: str) -> Journal:
        """The journal that nobody asked for: where it cannot be kept, `missing` says why."""
        try:
            return cls.open(default_path(), clock, run)
        except (UsageProblem, RuntimeError) as problem:
            kept = cls(open(os.devnull, "w", encoding="utf-8"), clock, run)  # noqa: PTH123, SIM115 -- close() does
            kept.missing = str(problem)
            return kept

    def notify(self, event: outcome.Event) -> None:
        """Write down intents and ends."""
        if isinstance(event, outcome.Stopping):
            self._append(event="stopping", cause=event.why.cause.value, atOnce=str(event.at_once).lower())
            return
        action = event.item.step.action if isinstance(event, outcome.Finished) else event.step.action
        match event:
            case outcome.Sending():
                self._append(event="intent", id=str(action.id), verb=event.verb)
            case outcome.Sent():
                self._append(event="accepted", id=str(action.id), verb=event.verb, requestId=event.request_id)
            case outcome.Finished(item=item):
                code, ended = item.fault.code if item.fault else None, item.outcome.value
                self._append(event="outcome", id=str(action.id), action=action.kind, outcome=ended, code=code)
            case outcome.Started() | outcome.Waiting():
                return

    def _append(self, **fields: str | None) -> None:
        line = {"time": self._clock.now().isoformat(timespec="milliseconds"), "run": self._run, **fields}
        try:
            self._stream.write(json.dumps(line) + "\n")
            self._stream.flush()
        except OSError as problem:
            self.problem = self.problem or problem

    def close(self) -> None:
        """Let go of the file."""
        try:
            self._stream.close()
        except OSError as problem:
            self.problem = self.problem or problem


class LoggedProgress:
    """Progress of an apply as log records, for `--log-json`."""

    def __init__(self) -> None:
        self._log = logging.getLogger("reconciler.apply")

    def notify(self, event: outcome.Event) -> None:
        """One record per event."""
        if isinstance(event, outcome.Stopping):
            self._log.warning("%s", event)
            return
        step = event.item.step if isinstance(event, outcome.Finished) else event.step
        name = f"{step.action.kind} {step.action.id.account.name}/{step.action.id.name}"
        match event:
            case outcome.Started():
                self._log.info("%s: begins", name)
            case outcome.Sending():
                self._log.info("%s: %s", name, event.verb)
            case outcome.Sent():
                self._log.info("%s: %s accepted, request %s", name, event.verb, event.request_id)
            case outcome.Waiting():
                self._log.info("%s: waits %.0f s for %s", name, event.seconds, event.what)
            case outcome.Finished():
                fault = event.item.fault
                why = f", {fault.code}, request {fault.request_id}" if fault else ""
                self._log.info("%s: %s%s", name, event.item.outcome.value, why)


class Broadcast:
    """Several listeners in one. One that raises is not told again: nobody's display may stop a write."""

    def __init__(self, *listeners: outcome.Listener) -> None:
        self._listeners = list(listeners)

    def notify(self, event: outcome.Event) -> None:
        """Tell everybody."""
        for listener in tuple(self._listeners):
            try:
                listener.notify(event)
            except Exception:  # noqa: BLE001 -- whatever it is, it is about showing, not about writing
                self._listeners.remove(listener)


@contextlib.contextmanager
def listeners(output: Output, journal: Path | None, plan: Plan) -> Iterator[tuple[outcome.Listener, Journal]]:
    """Progress on stderr and the journal, for as long as the apply lasts."""
    run = uuid.uuid4().hex[:12]
    kept = Journal.open(journal, the_clock(), run) if journal else Journal.by_default(the_clock(), run)
    try:
        with _progress(output, plan) as progress:
            yield Broadcast(progress, kept), kept
    finally:
        kept.close()


@contextlib.contextmanager
def _progress(output: Output, plan: Plan) -> Iterator[outcome.Listener]:
    if output.quiet or sys.stderr is None:
        yield outcome.Silence()
        return
    if output.log_json:
        yield LoggedProgress()
        return
    if sys.stderr.isatty() and output.colour is not False:
        with TerminalProgress(sys.stderr, plan.work) as progress:
            yield progress
    else:
        yield PlainProgress(sys.stderr, total=len(plan.work))
