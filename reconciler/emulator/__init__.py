"""An embedded emulator of ARM's Microsoft.CognitiveServices, as a plain ASGI application.

Rule of this room: a stranger to the client. It shares no constant, type or parser with the rest of the
program and imports nothing of it, so that a mistake made on one side is not made on the other too.
"""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from reconciler.emulator.asgi import Emulator
from reconciler.emulator.sending import ConnectionReset, Message
from reconciler.emulator.store import StateError
from reconciler.emulator.world_checks import WorldError

ASGIApplication: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

__all__ = ["ASGIApplication", "ConnectionReset", "Emulator", "StateError", "WorldError", "application"]


def application(
    *,
    state: Path | None = None,
    world: Mapping[str, object] | None = None,
    latency_ms: int = 0,
    control_token: str | None = None,
) -> Emulator:
    """An emulator with its state in memory (None) or in a SQLite file, created with its folders.

    `world` is what a new state begins with (None: two tenants, three subscriptions, no accounts), in the
    shape of `POST /_emulator/world`. `latency_ms` delays every answer but those of the control surface, in
    real time. With a `control_token` the control surface wants it in `x-emulator-control` and every request
    has to come from this machine; without one it is meant for the caller's own process: give one to an
    application that you put behind a socket. The state is opened on first use (a request, `ensure`,
    `store`), which raises StateError for a file that cannot be used and WorldError for a world that cannot be
    merged, both ValueErrors.
    """
    return Emulator(state=state, world=world, latency_ms=latency_ms, control_token=control_token)
