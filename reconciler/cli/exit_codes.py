"""Exit codes, a contract with every CI script that calls us (docs/reference/exit-codes.md)."""

from __future__ import annotations

from enum import IntEnum

from reconciler.engine.outcome import ApplyReport, Outcome


class Exit(IntEnum):
    """What a command's end means."""

    DONE = 0
    FAILED = 1
    CHANGES = 2
    PARTLY = 3
    USAGE = 64
    INTERRUPTED = 130
    TERMINATED = 143


def of_apply(report: ApplyReport) -> Exit:
    """3 if any write succeeded and anything else did not, 1 if none succeeded, signals first."""
    match report.interrupted:
        case "SIGINT":
            return Exit.INTERRUPTED
        case "SIGTERM":
            return Exit.TERMINATED
        case _:
            pass
    if report.succeeded:
        return Exit.DONE
    return Exit.PARTLY if report.count(Outcome.SUCCEEDED) else Exit.FAILED
