"""Exit codes, a contract with every CI script that calls us (docs/reference/exit-codes.md)."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a command's end means."""

    DONE = 0
    FAILED = 1
    CHANGES = 2
    PARTLY = 3
    USAGE = 64
    INTERRUPTED = 130
    TERMINATED = 143
