"""The direct way to an endpoint: when a connection may be used again, and what ends one."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

import httpx
import pytest

from reconciler.arm import direct
from reconciler.arm.direct import DirectTransport

LIMITS = {"connect": 2.0, "pool": 2.0, "read": 2.0, "write": 2.0}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


@dataclass
class Server:
    """Answers the nth request of a connection with the nth text; `heads` are the requests, by connection."""

    answers: tuple[bytes, ...]
    then: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None
    heads: list[list[bytes]] = field(default_factory=list)
    gone: list[asyncio.Event] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads: list[bytes] = []
        gone = asyncio.Event()
        self.heads.append(heads)
        self.gone.append(gone)
        try:
            for answer in self.answers:
                heads.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answer)
                if self.then is not None:
                    await self.then(writer)
            await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            gone.set()
            writer.close()


Got = tuple[int, bytes]


async def fetched(
    transport: DirectTransport, port: int, limits: Mapping[str, float] = LIMITS, content: bytes = b""
) -> Got:
    request = httpx.Request(
        "PUT" if content else "GET",
        f"http://127.0.0.1:{port}/a?b=c",
        headers={"X-Test": "1"},
        content=content or None,
        extensions={"timeout": dict(limits)},
    )
    response = await transport.handle_async_request(request)
    async with aclosing(response):
        return response.status_code, b"".join([part async for part in response.aiter_raw()])


def with_server(
    server: Server, work: Callable[[DirectTransport, int], Awaitable[None]], *, connections: int = 4
) -> Server:
    async def run() -> None:
        listening = await asyncio.start_server(server, "127.0.0.1", 0)
        transport = DirectTransport(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), connections=connections)
        try:
            await work(transport, listening.sockets[0].getsockname()[1])
        finally:
            await transport.aclose()
            await asyncio.wait_for(asyncio.gather(*(one.wait() for one in server.gone)), 5)
            listening.close()
            await listening.wait_closed()

    asyncio.run(run())
    return server


@pytest.mark.parametrize(
    "answer", [OK, CHUNKED, b"HTTP/1.1 100 Continue\r\n\r\n" + OK], ids=["length", "chunks", "100"]
)
def test_a_connection_carries_one_request_after_another(answer: bytes) -> None:
    async def work(transport: DirectTransport, port: int) -> None:
        assert [await fetched(transport, port) for _ in range(3)] == [(200, b"ok")] * 3

    server = with_server(Server((answer,) * 3), work)
    assert [len(heads) for heads in server.heads] == [3]
    assert server.heads[0][0].startswith(b"GET /a?b=c HTTP/1.1\r\n")
    assert b"X-Test: 1\r\n" in server.heads[0][0]


def test_a_body_goes_along() -> None:
    async def work(transport: DirectTransport, port: int) -> None:
        assert await fetched(transport, port, content=b"{}") == (200, b"ok")

    server = with_server(Server((OK,)), work)
    assert b"Content-Length: 2\r\n" in server.heads[0][0]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged", "more than was asked for"),
        (OK.replace(b"200 OK\r\n", b"200 OK\r\nConnection: close\r\n"), "the server wants it closed"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.0 keeps none"),
    ],
)
def test_a_connection_in_doubt_is_not_used_again(answer: bytes, reason: str) -> None:
    async def work(transport: DirectTransport, port: int) -> None:
        for _ in range(2):
            assert await fetched(transport, port) == (200, b"ok"), reason

    server = with_server(Server((answer, OK)), work)
    assert [len(heads) for heads in server.heads] == [1, 1]


def test_what_comes_while_a_connection_is_idle_is_nobodys_answer() -> None:
    async def unasked(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")

    async def work(transport: DirectTransport, port: int) -> None:
        assert await fetched(transport, port) == (200, b"ok")
        await asyncio.sleep(0.2)
        assert await fetched(transport, port) == (200, b"ok")

    assert len(with_server(Server((OK, OK), unasked), work).heads) == 2


def test_a_connection_that_was_idle_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "KEPT", 0.05)

    async def work(transport: DirectTransport, port: int) -> None:
        await fetched(transport, port)
        await asyncio.sleep(0.1)
        await fetched(transport, port)

    assert len(with_server(Server((OK, OK)), work).heads) == 2


def test_an_answer_that_was_not_read_to_its_end_ends_its_connection() -> None:
    async def work(transport: DirectTransport, port: int) -> None:
        request = httpx.Request("GET", f"http://127.0.0.1:{port}/", extensions={"timeout": LIMITS})
        await (await transport.handle_async_request(request)).aclose()
        assert await fetched(transport, port) == (200, b"ok")

    assert len(with_server(Server((OK, OK)), work).heads) == 2


def test_a_request_that_was_given_up_ends_its_connection_and_frees_its_place() -> None:
    async def work(transport: DirectTransport, port: int) -> None:
        waiting = asyncio.ensure_future(fetched(transport, port))
        await asyncio.sleep(0.1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        with pytest.raises(httpx.ReadTimeout):  # and not PoolTimeout: the place is free
            await fetched(transport, port, LIMITS | {"read": 0.1})

    assert len(with_server(Server((b"", b"")), work, connections=1).heads) == 2


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (OK[:-1], httpx.RemoteProtocolError, "without sending complete message body"),
        (b"", httpx.RemoteProtocolError, "hung up without an answer"),
        (b"HTTP/1.1 200 OK\r\nA: b", httpx.RemoteProtocolError, "."),
        (b"SSH-2.0-OpenSSH\r\n\r\n", httpx.RemoteProtocolError, "."),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 200_000, httpx.RemoteProtocolError, "."),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok",
            httpx.RemoteProtocolError,
            ".",
        ),
        (
            b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
            httpx.RemoteProtocolError,
            ".",
        ),
    ],
)
def test_what_is_no_whole_answer_is_told_as_httpx_tells_it(
    answer: bytes, kind: type[Exception], words: str
) -> None:
    async def hang_up(writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def work(transport: DirectTransport, port: int) -> None:
        with pytest.raises(kind, match=words):
            await fetched(transport, port)

    with_server(Server((answer,), hang_up), work)


def test_a_refused_connection_and_a_full_pool_have_sent_nothing() -> None:
    async def work(transport: DirectTransport, port: int) -> None:
        with pytest.raises(httpx.ConnectError):
            await fetched(transport, 1)
        first = asyncio.ensure_future(fetched(transport, port, LIMITS | {"read": 0.5}))
        await asyncio.sleep(0.1)
        with pytest.raises(httpx.PoolTimeout):
            await fetched(transport, port, LIMITS | {"pool": 0.1})
        with pytest.raises(httpx.ReadTimeout):
            await first

    assert len(with_server(Server((b"",)), work, connections=1).heads) == 1


def test_a_server_that_sends_more_than_is_read_has_to_wait() -> None:
    sent = 0

    async def pour(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        for _ in range(500):
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000

    async def work(transport: DirectTransport, port: int) -> None:
        request = httpx.Request("GET", f"http://127.0.0.1:{port}/", extensions={"timeout": LIMITS})
        response = await transport.handle_async_request(request)
        await asyncio.sleep(0.5)
        assert sent < 20_000_000  # what the buffers of both sockets take
        await response.aclose()

    with_server(Server((b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n",), pour), work)
    assert sent < 20_000_000


def test_a_header_that_is_none_is_not_sent() -> None:
    async def work(transport: DirectTransport, port: int) -> None:
        request = httpx.Request(
            "GET",
            f"http://127.0.0.1:{port}/",
            headers={"X-Test": "1\r\nForged: 2"},
            extensions={"timeout": LIMITS},
        )
        with pytest.raises(httpx.LocalProtocolError):
            await transport.handle_async_request(request)

    assert with_server(Server((OK,)), work).heads in ([], [[]])
