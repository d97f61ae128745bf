"""Logs on stderr: what was asked of ARM, each line with the request id that it is about.

Off unless asked for; never a header, a token or a query, for none of those is ever logged.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.report.style import inert

if TYPE_CHECKING:
    from reconciler.engine.outcome import Event


_NAME = "reconciler"


class _Lines(logging.Formatter):
    """One plain line per record, inert."""

    def format(self, record: logging.LogRecord) -> str:
        return inert(f"{record.levelname.lower()}: {record.getMessage()}")


class _JsonLines(logging.Formatter):
    """One JSON object per record."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps(
            {
                "time": moment,
                "level": record.levelname.lower(),
                "logger": record.name,
                "message": record.getMessage(),
            }
        )


def set_up(*, verbose: bool, as_json: bool) -> None:
    """Listen to our own loggers; other libraries' stay as they are. `--verbose` adds every request."""
    logger = logging.getLogger(_NAME)
    logger.handlers.clear()
    logger.propagate = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _Lines())
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)


class LoggedProgress:
    """Progress of an apply as log records, for `--log-json`."""

    def __init__(self) -> None:
        self._log = logging.getLogger(f"{_NAME}.apply")

    def notify(self, event: Event) -> None:
        """One record per event."""
        from reconciler.engine.outcome import Finished, Sending, Sent, Started, Stopping, Waiting

        if isinstance(event, Stopping):
            self._log.warning("%s", event)
            return
        step = event.item.step if isinstance(event, Finished) else event.step
        name = f"{step.action.kind} {step.action.id.account.name}/{step.action.id.name}"
        match event:
            case Started():
                self._log.info("%s: begins", name)
            case Sending():
                self._log.info("%s: %s", name, event.verb)
            case Sent():
                self._log.info("%s: %s accepted, request %s", name, event.verb, event.request_id)
            case Waiting():
                self._log.info("%s: waits %.0f s for %s", name, event.seconds, event.what)
            case Finished():
                fault = event.item.fault
                why = f", {fault.code}, request {fault.request_id}" if fault else ""
                self._log.info("%s: %s%s", name, event.item.outcome.value, why)
