"""How a signal leaves a command that writes nothing; apart, so that `--help` needs no event loop."""

from __future__ import annotations

from reconciler.cli.exit_codes import Exit


class Interrupted(Exception):  # noqa: N818 -- a request, not an error
    """A signal ended a command that writes nothing. `exit_code` follows from the signal."""

    def __init__(self, exit_code: Exit) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code
