"""One request, bounded in time and size, with a token only where it belongs."""

import asyncio
import errno
import gzip
import logging
import ssl
import zlib
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from reconciler.arm.network import Network
from reconciler.arm.origin import Origin
from reconciler.arm.tokens import Token
from reconciler.arm.transport import LONGEST_ANSWER, Answer, NoAnswer, Transport
from tests.simulated.time import VirtualClock, run
from tests.unit.arm.scripted import Raw, Wire, reply, wire

HOME = Origin(scheme="https", host="arm.example", port=443)
TOKEN = Token("CANARY-PRIMARY")
OTHER = Token("CANARY-OTHER")


def sent(over: Wire, url: str = "https://arm.example/x", home: Origin = HOME) -> Answer | NoAnswer:
    async def exchanged() -> Answer | NoAnswer:
        transport = Transport(home, Network(environ={}), inner=over)
        try:
            return await transport.send("GET", url, headers={}, bearer=TOKEN, auxiliary=(OTHER, OTHER))
        finally:
            await transport.close()

    return run(exchanged())


def send(over: Wire, url: str = "https://arm.example/x", home: Origin = HOME) -> Answer:
    found = sent(over, url, home)
    assert isinstance(found, Answer), found
    return found


def no_answer(
    over: Wire, words: str = "", url: str = "https://arm.example/x", home: Origin = HOME
) -> NoAnswer:
    found = sent(over, url, home)
    assert isinstance(found, NoAnswer)
    assert words in found.reason
    return found


def stream(*pieces: bytes, **headers: str) -> httpx.Response:
    named: Mapping[str, str] = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(200, headers=named, stream=Raw(*pieces))


def test_an_answer_is_read_whole() -> None:
    answer = send(wire(lambda: stream(b"ab", b"cd", X_Thing="1", content_length="4")))
    assert (answer.status, answer.body, answer.headers["x-thing"]) == (200, b"abcd", "1")


def test_tokens_go_to_the_endpoint() -> None:
    over = wire(lambda: reply(200, {}))
    send(over)
    sent = over.requests[0].headers
    assert sent["Authorization"] == "Bearer CANARY-PRIMARY"
    assert sent["x-ms-authorization-auxiliary"] == "Bearer CANARY-OTHER, Bearer CANARY-OTHER"
    assert sent["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "https://arm.example:444/x",
        "http://arm.example/x",
        "https://arm.example.evil.example/x",
        "https://me@arm.example/x",
    ],
)
def test_no_request_leaves_for_any_other_origin(url: str) -> None:
    """I-13: the check is on the address that would be dialled, whoever asked."""
    over = wire(lambda: reply(200, {}))
    found = no_answer(over, "tokens go nowhere else", url)
    assert over.requests == []
    assert (found.hopeless, found.unsent) == (True, True)


def test_plain_http_carries_no_token_off_this_machine() -> None:
    """F-135."""
    over = wire(lambda: reply(200, {}))
    no_answer(over, "", "http://arm.example/x", Origin(scheme="http", host="arm.example", port=80))
    assert over.requests == []
    assert send(over, "http://[::1]:81/x", Origin(scheme="http", host="[::1]", port=81)).status == 200


def test_requests_go_through_as_few_small_pools_as_they_need() -> None:
    """httpx's pool costs more the more connections it has; one for all would be a queue."""

    async def pools(at_once: int) -> int:
        transport = Transport(HOME, Network(environ={}), pools=3)
        for _ in range(2):
            held = []
            for _ in range(at_once):
                held.append(transport.pool())
                held[-1].busy += 1
            for pool in held:
                pool.busy -= 1
        found = len({id(pool) for pool in transport._pools})
        await transport.close()
        return found

    assert [run(pools(count)) for count in (1, 2, 12)] == [1, 2, 3]


def test_a_write_goes_through_the_pool_of_its_look() -> None:
    """P1: a connection that has to be opened first would come between the two."""
    over = wire(lambda: reply(200, {}))

    async def through() -> bool:
        transport = Transport(HOME, Network(environ={}), inner=over)
        pool = transport.pool()
        await transport.send("GET", "https://arm.example/x", headers={}, pool=pool)
        return transport.pool() is pool

    assert run(through())


def test_a_redirect_is_not_followed() -> None:
    """F-045."""
    over = wire(lambda: reply(302, None, {"Location": "https://evil.example/x"}))
    assert send(over).status == 302
    assert len(over.requests) == 1


class Dripping(httpx.AsyncByteStream):
    """A byte every ten seconds, for ever."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await VirtualClock().sleep(10.0)
            yield b"x"


def test_a_dripping_body_is_cut_at_ninety_seconds() -> None:
    """F-007."""

    async def timed() -> float:
        over = wire(lambda: httpx.Response(200, stream=Dripping()))
        found = await Transport(HOME, Network(), inner=over).send("GET", "https://arm.example/x", headers={})
        assert isinstance(found, NoAnswer)
        assert found.timed_out
        assert "90 s" in found.reason
        return VirtualClock().monotonic()

    assert run(timed()) == 90.0


def test_headers_that_never_end_are_cut_at_ninety_seconds() -> None:
    """F-008."""

    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(1e6)
        return reply()

    no_answer(wire(lambda: never), "90 s")


def test_a_body_shorter_than_declared_is_no_answer() -> None:
    """F-009."""
    no_answer(wire(lambda: stream(b"{}", content_length="10")), "broke off after 2 of 10 bytes")


def test_a_body_over_the_cap_is_cut() -> None:
    """F-013."""
    piece = b"x" * (1 << 20)
    assert no_answer(wire(lambda: stream(*[piece] * 50)), "larger than 8 MiB").hopeless
    assert len(send(wire(lambda: stream(*[piece] * 8))).body) == LONGEST_ANSWER


def test_a_gzip_bomb_is_cut_while_it_unpacks() -> None:
    """F-013: 300 MB in one piece of 300 kB never unfold."""
    bomb = gzip.compress(b"\0" * (300 << 20), 1, mtime=0)
    no_answer(wire(lambda: stream(bomb, content_encoding="gzip")), "larger than 8 MiB")


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_compressed_answers_are_read_in_any_pieces(coding: str) -> None:
    content = gzip.compress(b"hello") if coding == "gzip" else zlib.compress(b"hello")
    pieces = [content[index : index + 1] for index in range(len(content))]
    assert send(wire(lambda: stream(*pieces, content_encoding=coding))).body == b"hello"


@pytest.mark.parametrize(
    ("content", "coding", "words"),
    [
        (gzip.compress(b"hello", mtime=0)[:-9], "gzip", "broke off"),
        (b"not gzip", "gzip", "compression is broken"),
        (b"x", "br", "'br', which was not asked for"),
    ],
)
def test_a_broken_compression_is_no_answer(content: bytes, coding: str, words: str) -> None:
    no_answer(wire(lambda: stream(content, content_encoding=coding)), words)


@pytest.mark.parametrize(
    ("problem", "timed_out", "hopeless", "words"),
    [
        (httpx.ConnectError("All connection attempts failed"), False, False, "arm.example"),
        (
            httpx.ConnectError("[Errno -2] Name or service not known"),
            False,
            False,
            "no answer from arm.example",
        ),
        (httpx.ReadError("reset"), False, False, "reset"),
        (httpx.RemoteProtocolError("Server disconnected"), False, False, "Server disconnected"),
        (httpx.ReadTimeout(""), True, False, "did not answer in time"),
        (httpx.ConnectTimeout(""), True, False, "did not answer in time"),
        (httpx.PoolTimeout(""), True, False, "did not answer in time"),
        (httpx.ProxyError("407 Proxy Authentication Required"), False, True, "407"),
        (httpx.UnsupportedProtocol("x"), False, True, "x"),
        (ConnectionResetError("peer"), False, False, "peer"),
    ],
)
def test_every_way_of_getting_no_answer_is_told_apart(
    problem: Exception, timed_out: bool, hopeless: bool, words: str
) -> None:
    """F-001, F-002, F-004, F-016."""
    found = no_answer(wire(lambda: problem), words)
    assert (found.timed_out, found.hopeless) == (timed_out, hopeless)


def test_an_untrusted_certificate_is_hopeless_however_deep_it_is_buried() -> None:
    """F-003."""
    buried = httpx.ConnectError("failed")
    buried.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")
    found = no_answer(wire(lambda: buried), "--ca-file")
    assert (found.hopeless, found.unsent) == (True, True)


def test_a_process_without_files_left_has_sent_nothing_and_says_why() -> None:
    """F-146: EMFILE."""
    buried = httpx.ConnectError("failed")
    buried.__cause__ = OSError(errno.EMFILE, "Too many open files")
    found = no_answer(wire(lambda: buried), "no more files")
    assert (found.unsent, found.exhausted, found.hopeless) == (True, True, False)


def test_nothing_prints_a_header_or_a_body(caplog: pytest.LogCaptureFixture) -> None:
    """F-128, I-14: not ours, and not httpx's own log either."""
    caplog.set_level(logging.DEBUG)
    answer = send(wire(lambda: stream(b"CANARY-BODY", Azure_AsyncOperation="https://x/?s=CANARY-URL")))
    assert "CANARY" not in repr(answer) + repr(TOKEN) + str(TOKEN) + f"{TOKEN}" + caplog.text
