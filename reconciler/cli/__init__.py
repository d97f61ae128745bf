"""The command line: argv becomes a frozen value, a command runs the pipeline, a value becomes text.

Nothing heavy is imported before a command needs it: `--help` costs an interpreter and click.
"""

from __future__ import annotations

from collections.abc import Sequence


def run(argv: Sequence[str], *, started: float | None = None) -> int:
    """Run one command and return its exit code; writes to stdout and stderr, raises nothing.

    `started` is the monotonic instant from which a command's time limit counts; None is now.
    """
    from reconciler.cli.main import run_command

    return run_command(argv, started=started)
