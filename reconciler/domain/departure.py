"""A request on its way out: what whoever asked for it is told before an answer can exist.

Between asking and sending lie pauses that ARM demands and places that others hold. Whether a request has
left decides whether it may have taken effect.
"""

from __future__ import annotations

from typing import Final, Protocol


class Departure(Protocol):
    """Somebody who waits at the door with a request."""

    def held_back(self, method: str, why: str, seconds: float) -> None:
        """The request has not left, and will not for so many seconds; `why` completes "waits for …"."""
        ...

    def leaves(self, method: str) -> None:
        """The request leaves now and may take effect from here on.

        What this raises keeps the request here and goes through to whoever asked for it.
        """
        ...


class _Unwatched:
    """Nobody waits at the door."""

    def held_back(self, method: str, why: str, seconds: float) -> None:
        """Nothing comes of it."""

    def leaves(self, method: str) -> None:
        """Nothing comes of it."""


UNWATCHED: Final[Departure] = _Unwatched()
