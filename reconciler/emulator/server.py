"""The emulator behind a real socket, for any ARM client.

Rule of this module: it binds the loopback address (127.0.0.1, on hosts that have IPv6 only ::1) and nothing
else, and one line on stdout says where it can be reached and by which token it is controlled.
"""

import asyncio
import contextlib
import errno
import json
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.emulator.asgi import Emulator, Receive
from reconciler.emulator.sending import LINE, Message, Send
from reconciler.emulator.store import StateError
from reconciler.emulator.world_checks import WorldError

if TYPE_CHECKING:
    import uvicorn

HOSTS = (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6))
"""Tried in this order; the second one only where the machine has no IPv4 at all."""

CONTROL_TOKEN = "RECONCILER_EMULATOR_CONTROL_TOKEN"  # noqa: S105 - the name of a variable
_LONGEST_HEAD = 64 * 1024
"""Bytes of a request before its body; ARM signs operations with addresses of several thousand."""

_NO_SUCH_ADDRESS = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class ServerProblem(Exception):  # noqa: N818 - said to the user, never caught as an error of the program
    """The server cannot be set up as asked; the text says why and what to do."""


def serve(
    *,
    port: int,
    state: Path | None,
    world: Mapping[str, object] | None,
    latency_ms: int,
    tls_cert: Path | None,
    tls_key: Path | None,
) -> int:
    """Serve until SIGINT or SIGTERM; port 0 takes any free one. The result is the exit code.

    Prints `{"url": …, "state": …, "pid": …, "controlToken": …}` when it is ready; the token is that of the
    environment's RECONCILER_EMULATOR_CONTROL_TOKEN, else a fresh one. 1 when the port is taken or the server
    is not installed.
    """
    listener = _listen(port)
    if listener is None:
        return 1
    scheme = "http" if tls_cert is None else "https"
    control = os.environ.get(CONTROL_TOKEN) or secrets.token_urlsafe(24)
    ready = {
        "url": f"{scheme}://{_address(listener)}",
        "state": None if state is None else str(state),
        "pid": os.getpid(),
        "controlToken": control,
    }
    try:
        emulator = Emulator(state=state, world=world, latency_ms=latency_ms, control_token=control)
        _ = emulator.store
        server = _server(emulator, json.dumps(ready), tls_cert, tls_key)
    except (StateError, WorldError, ServerProblem) as problem:
        listener.close()
        return _say(str(problem))
    with contextlib.suppress(KeyboardInterrupt), contextlib.closing(emulator):
        asyncio.run(server.serve(sockets=[listener]))
    return 0


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _listen(port: int) -> socket.socket | None:
    """A bound socket; None once it was said on stderr why there is none.

    It names its protocol, because asyncio turns off Nagle's algorithm on no other: 43 ms a request otherwise.
    """
    for host, family in HOSTS:
        try:
            return _bound(host, port, family)
        except (OSError, OverflowError) as error:
            if isinstance(error, OSError) and error.errno in _NO_SUCH_ADDRESS and host != HOSTS[-1][0]:
                continue
            _say(f"cannot listen on {host}:{port}: {error}; choose another --port, or 0 for any")
            break
    return None


def _bound(host: str, port: int, family: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener


def _say(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return 1


def _server(emulator: Emulator, ready: str, tls_cert: Path | None, tls_key: Path | None) -> "uvicorn.Server":
    """A server that prints the ready line once it listens; raises ServerProblem."""
    try:
        import uvicorn  # noqa: PLC0415 - an extra: only serving needs it
    except ImportError as missing:
        raise ServerProblem(
            "the emulator's server is not installed; pip install 'aoai-reconciler[emulator]'"
        ) from missing

    class Announcing(uvicorn.Server):
        """Says where it is, after the socket listens and before the first request."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                sys.stdout.write(ready + "\n")
                sys.stdout.flush()

    config = uvicorn.Config(
        app=emulator,
        http=_protocol(),
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=2,
        ssl_certfile=None if tls_cert is None else str(tls_cert),
        ssl_keyfile=None if tls_key is None else str(tls_key),
    )
    try:
        config.load()
    except OSError as error:
        raise ServerProblem(
            f"cannot use {tls_cert} with {tls_key}: {error}; both have to be PEM files that belong together"
        ) from error
    return Announcing(config)


def _protocol() -> type[asyncio.Protocol]:
    """The server's HTTP/1.1 protocol, with its connection lent to the scope of each request."""
    import h11  # noqa: PLC0415 - as above
    from uvicorn.protocols.http.h11_impl import H11Protocol  # noqa: PLC0415 - as above

    class Whole(h11.Connection):
        """Lets the head of an answer wait for what follows: one packet wakes the client once, not twice."""

        _head = b""

        def send(self, event: h11.Event) -> bytes:  # type: ignore[override]  # h11 overloads it by event
            head, self._head = self._head, b""
            try:
                sent = super().send(event) or b""
            except h11.LocalProtocolError:  # a body that its head denies: the head goes, then the connection
                if head:
                    return head
                raise
            if isinstance(event, h11.Response):
                self._head = sent
                return b""
            return head + sent

    class Lending(H11Protocol):
        """Offers `scope["extensions"]["emulator.line"]`."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the server's own signature
            super().__init__(*args, **kwargs)
            self.conn = Whole(h11.SERVER, max_incomplete_event_size=_LONGEST_HEAD)
            inner = self.app

            async def app(scope: Message, receive: Receive, send: Send) -> None:
                scope.setdefault("extensions", {})[LINE] = self.transport
                await inner(scope, receive, send)

            self.app = app

    return Lending
