"""Straight to one endpoint over HTTP/1.1: h11 speaks it, asyncio carries it, httpx's interface is kept.

httpx's own transport takes 0.4 ms of processor time for a request and this one 0.15: most of what reading a
large fleet takes (docs/decisions/0041-direct-transport.md). There is no proxy here and no other origin than
the one that the connections are for; `transport` sees to both.

Rule of this module: a connection carries another request only when the last answer was read to its end and
nothing has come since; in any doubt it is closed.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeVar

import h11
import httpx

T = TypeVar("T")

KEPT: Final = 15.0
"""Seconds that an idle connection is kept; servers close them without a word after minutes."""

_HEADERS: Final = 100 * 1024
"""Bytes that the head of an answer may have."""

_AHEAD: Final = 64 * 1024
"""Bytes that may lie here unread: beyond it the sender has to wait."""


class DirectTransport(httpx.AsyncBaseTransport):
    """At most `connections` connections. Raises httpx's exceptions, as httpx's own transport does."""

    def __init__(self, context: ssl.SSLContext, *, connections: int) -> None:
        context.set_alpn_protocols(["http/1.1"])
        self._context = context
        self._places = asyncio.Semaphore(connections)
        self._idle: list[_Connection] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the answer's stream gives its connection back when it is closed."""
        limits = request.extensions["timeout"]
        await _within(limits["pool"], self._places.acquire(), httpx.PoolTimeout, "no connection was free")
        connection: _Connection | None = None
        try:
            connection = self._fresh() or await _connected(request.url, self._context, limits["connect"])
            connection.limits = limits
            head = await connection.asked(request)
        except BaseException:
            self._back(connection)
            raise
        return httpx.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            stream=_Body(connection, self._back),
        )

    async def aclose(self) -> None:
        """Close what is idle; what is under way closes with its answer."""
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
        await asyncio.gather(*(connection.gone.wait() for connection in idle))

    def _fresh(self) -> _Connection | None:
        """The idle connection that was used last, if there is one that can be used again."""
        while self._idle:
            connection = self._idle.pop()
            if connection.quiet():
                return connection
            connection.close()
        return None

    def _back(self, connection: _Connection | None) -> None:
        """Take a connection back, and let the next request have the place."""
        self._places.release()
        if connection is None:
            return
        if connection.rested():
            self._idle.append(connection)
        else:
            connection.close()


async def _within(seconds: float, work: Awaitable[T], late: type[httpx.TimeoutException], words: str) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError as passed:
        raise late(words) from passed


async def _connected(url: httpx.URL, context: ssl.SSLContext, seconds: float) -> _Connection:
    host = url.raw_host.decode("ascii")
    secure = url.scheme == "https"
    connecting = asyncio.get_running_loop().create_connection(
        _Connection,
        host,
        url.port or (443 if secure else 80),
        ssl=context if secure else None,
        server_hostname=host if secure else None,
        happy_eyeballs_delay=None if host.replace(".", "").isdigit() else 0.25,  # an address is no race
    )
    try:
        _, connection = await _within(
            seconds, connecting, httpx.ConnectTimeout, "it took too long to connect"
        )
    except OSError as problem:  # ssl.SSLError is one
        raise httpx.ConnectError(str(problem)) from problem
    return connection


class _Connection(asyncio.Protocol):
    """One connection, and where HTTP stands on it. `limits` are the seconds that a read or write may take."""

    limits: dict[str, float]

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEADERS)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._unread = bytearray()
        self._ended = False
        self._problem: Exception | None = None
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._paused = False
        self._rests_since = 0.0

    # -- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport  # type: ignore[assignment]  # as create_connection makes them

    def data_received(self, data: bytes) -> None:
        """Keep it until somebody reads, and make the sender wait where that takes long."""
        self._unread += data
        if len(self._unread) > _AHEAD and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._news.set()

    def eof_received(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits need wait no longer."""
        self._ended, self._problem = True, exc
        for event in (self._news, self._room, self.gone):
            event.set()

    def pause_writing(self) -> None:
        """Too much lies here unsent."""
        self._room.clear()

    def resume_writing(self) -> None:
        """It went out."""
        self._room.set()

    # -- what the transport asks

    async def asked(self, request: httpx.Request) -> h11.Response:
        """Send a request; the head of its answer."""
        try:
            head = h11.Request(
                method=request.method, target=request.url.raw_path, headers=request.headers.raw
            )
            events = (head, h11.Data(data=request.content), h11.EndOfMessage())
            sent = b"".join(self._http.send(event) or b"" for event in events)
        except h11.LocalProtocolError as problem:
            raise httpx.LocalProtocolError(str(problem)) from problem
        self._transport.write(sent)
        if not self._room.is_set():
            words = "the request did not go out in time"
            await _within(self.limits["write"], self._room.wait(), httpx.WriteTimeout, words)
        while True:
            event = await self.event()
            if isinstance(event, h11.Response):
                return event

    async def event(self) -> Any:  # noqa: ANN401 -- h11's events
        """What comes next of the answer."""
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                data = await self._read()
                if not data and self._http.their_state is h11.SEND_RESPONSE:
                    raise httpx.RemoteProtocolError("the server hung up without an answer")
                self._http.receive_data(data)
        except h11.RemoteProtocolError as problem:
            raise httpx.RemoteProtocolError(str(problem)) from problem
        if event is h11.PAUSED:
            raise httpx.RemoteProtocolError("the server speaks another protocol than HTTP/1.1")
        return event

    async def _read(self) -> bytes:
        if not self._unread and not self._ended:
            self._news.clear()
            words = "nothing came in time"
            await _within(self.limits["read"], self._news.wait(), httpx.ReadTimeout, words)
        if not self._unread and self._problem is not None:
            raise httpx.ReadError(str(self._problem)) from self._problem
        data, self._unread = bytes(self._unread), bytearray()
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        return data

    # -- between two answers

    def rested(self) -> bool:
        """Whether another request may follow; from now on it is idle."""
        over = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        if not over or self._http.trailing_data[0]:
            return False
        self._http.start_next_cycle()
        self._rests_since = self._loop.time()
        return self.quiet()

    def quiet(self) -> bool:
        """Whether it is open, has not been idle for long, and nobody has sent what was not asked for."""
        return not self._ended and not self._unread and self._loop.time() - self._rests_since < KEPT

    def close(self) -> None:
        """Close it at once, in the middle of whatever it is."""
        self._transport.abort()


class _Body(httpx.AsyncByteStream):
    """The body of an answer as it comes."""

    def __init__(self, connection: _Connection, back: Callable[[_Connection], None]) -> None:
        self._connection: _Connection | None = connection
        self._back = back

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._connection is not None:
            event = await self._connection.event()
            if isinstance(event, h11.EndOfMessage):
                return
            if isinstance(event, h11.Data):
                data = bytes(event.data)
                del event  # a large answer waits for its turn here, and need not lie here twice
                yield data

    async def aclose(self) -> None:
        """Give the connection back; it is used again if the body was read to its end."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._back(connection)
