"""Who is told of an apply's progress: the person at the terminal or the build log, and the journal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.journal import Broadcast, Journal
from reconciler.cli.options import Output
from reconciler.cli.wiring import the_clock

if TYPE_CHECKING:
    from reconciler.engine.outcome import Listener
    from reconciler.plan.plan import Plan


@contextlib.contextmanager
def listeners(output: Output, journal: Path | None, plan: Plan) -> Iterator[tuple[Listener, Journal]]:
    """Progress on stderr and the journal, for as long as the apply lasts."""
    import uuid

    run = uuid.uuid4().hex[:12]
    kept = Journal.open(journal, the_clock(), run) if journal else Journal.by_default(the_clock(), run)
    try:
        with _progress(output, plan) as progress:
            yield Broadcast(progress, kept), kept
    finally:
        kept.close()


@contextlib.contextmanager
def _progress(output: Output, plan: Plan) -> Iterator[Listener]:
    from reconciler.engine.outcome import Silence

    if output.quiet or sys.stderr is None:
        yield Silence()
        return
    if output.log_json:
        from reconciler.cli.logs import LoggedProgress

        yield LoggedProgress()
        return
    from reconciler.report.progress import PlainProgress, TerminalProgress

    if sys.stderr.isatty() and output.colour is not False:
        with TerminalProgress(sys.stderr, plan.work) as progress:
            yield progress
    else:
        yield PlainProgress(sys.stderr, total=len(plan.work))
