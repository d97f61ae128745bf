"""Logs on stderr: what was asked of ARM, each line with the request id that it is about.

Off unless asked for; never a header, a token or a query, for none of those is ever logged.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from reconciler.report.style import inert

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
