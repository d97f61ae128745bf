"""A request on its way out: what whoever asked for it is told before an answer can exist.

Between asking and sending lie pauses that ARM demands and places that others hold. Whether a request has
been sent decides whether it may have taken effect.
"""

from __future__ import annotations

from typing import Final, Protocol


class SendObserver(Protocol):
    """Somebody who wants to know when a request is held back and when it is sent."""

    def held_back(self, why: str, seconds: float) -> None:
        """The request is not sent yet, and will not be for so many seconds; `why` completes "waits for …"."""
        ...

    def sending(self, method: str) -> None:
        """The request is sent now and may take effect from here on.

        What this raises keeps the request here and goes through to whoever asked for it.
        """
        ...


class _Unwatched:
    """Nobody wants to know."""

    def held_back(self, why: str, seconds: float) -> None:
        """Nothing comes of it."""

    def sending(self, method: str) -> None:
        """Nothing comes of it."""


UNWATCHED: Final[SendObserver] = _Unwatched()
