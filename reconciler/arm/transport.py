"""One request and its whole answer, bounded in time and size. The only module that speaks through httpx.

Rule of this module: tokens go to the endpoint's own origin, compared with the address that will be dialled.
Redirects are never followed and cookies never kept, for nothing here knows of them. What comes back is a
value, an answer or the reason why there is none, and the tokens that went out are struck out of it.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import ssl
import zlib
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import httpx

from reconciler import __version__
from reconciler.arm.direct import KEPT, DirectTransport
from reconciler.arm.network import Network
from reconciler.arm.origin import Origin
from reconciler.arm.printable import printable

if TYPE_CHECKING:
    from reconciler.arm.tokens import Token

LONGEST_ANSWER: Final = 8 * 1024 * 1024
"""Bytes after decompression; ARM itself drops provider answers beyond 8 MB."""

# A hundred answers of 8 MiB at the same time would be most of a gigabyte: the large ones take turns.
_LARGE: Final = 256 * 1024
_LARGE_AT_ONCE: Final = 4
_STEP: Final = 64 * 1024
WHOLE_EXCHANGE: Final = 90.0
"""Seconds; ARM gives a provider 60 s and then answers 504 itself."""

CONNECT: Final = 10.0
_READ: Final = 75.0  # httpx counts it per read: a server that drips bytes is stopped by WHOLE_EXCHANGE alone

_SECRET_FROM: Final = 8
"""Characters; a shorter "token" is nobody's secret, and striking it out would maul the answer."""

# httpx's pool costs more the more connections it has: several small ones beat a large one.
CONNECTIONS_A_POOL: Final = 4
_LIMITS = httpx.Limits(
    max_connections=CONNECTIONS_A_POOL, max_keepalive_connections=CONNECTIONS_A_POOL, keepalive_expiry=KEPT
)
_NO_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE})

AUXILIARY = "x-ms-authorization-auxiliary"

# What every request says. Only gzip is offered, since only gzip is read in bounded steps.
_SENT = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "Connection": "keep-alive",
    "User-Agent": f"reconciler/{__version__}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete answer. Header names are in lower case; repeated ones are joined by a comma and a blank."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """No usable answer came.

    `timed_out`: by the clock. `hopeless`: the next attempt would end like this. `unsent`: no byte of the
    request left. `exhausted`: this machine has no more files to open a connection with.
    """

    reason: str
    timed_out: bool = False
    hopeless: bool = False
    unsent: bool = False
    exhausted: bool = False


@dataclass(slots=True)
class Pool:
    """A few connections, and the number of requests that are on their way through them."""

    inner: httpx.AsyncBaseTransport
    busy: int = 0


class Transport:
    """The connections to one endpoint: at most `pools` small pools. Close it when done.

    One that is `read_only` sends nothing but GET, and POST where `may_post` says that the path writes
    nothing, whoever asks it to: a plan writes nothing.
    """

    def __init__(
        self,
        home: Origin,
        network: Network,
        *,
        inner: httpx.AsyncBaseTransport | None = None,
        pools: int = 1,
        read_only: bool = False,
        may_post: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._home = home
        self._may_dial = home.scheme == "https" or home.loopback
        self._network = network
        self._route = None if inner is not None else network.route(home)
        self._inner = inner
        self._read_only = read_only
        self._may_post = may_post
        self._enough = 1 if inner is not None else pools
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self._pools: list[Pool] = []
        self._revealed: set[str] = set()
        for library in ("httpx", "httpcore"):  # at DEBUG they write signed addresses and whole header lists
            logging.getLogger(library).setLevel(logging.CRITICAL + 1)

    async def close(self) -> None:
        """Close all connections."""
        pools, self._pools = self._pools, []
        for pool in pools:
            await pool.inner.aclose()

    def pool(self) -> Pool:
        """The pool with the fewest requests under way; a new one while all are busy and there may be more."""
        least = min(self._pools, key=lambda pool: pool.busy, default=None)
        if least is None or (least.busy and len(self._pools) < self._enough):
            least = Pool(self._inner or self._connections())
            self._pools.append(least)
        return least

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes = b"",
        bearer: Token | None = None,
        auxiliary: tuple[Token, ...] = (),
        pool: Pool | None = None,
        connect: float = CONNECT,
    ) -> Answer | NoAnswer:
        """Send one request and read its answer to the end; `connect` is how long it may take to get out."""
        parsed = _parsed(url)
        if (foreign := self._foreign(parsed)) is not None:
            return foreign
        if self._read_only and method != "GET" and not (method == "POST" and self._may_post(parsed.path)):
            raise RuntimeError(f"a read-only client was asked to {method}: a bug of ours, nothing was sent")
        request = httpx.Request(
            method,
            parsed,
            headers={**_SENT, **headers, **self._signed(bearer, auxiliary)},
            content=content or None,
            extensions={"timeout": {"connect": connect, "pool": connect, "read": _READ, "write": _READ}},
        )
        pool = pool or self.pool()
        pool.busy += 1
        try:
            async with asyncio.timeout(WHOLE_EXCHANGE):
                return await self._exchanged(pool.inner, request)
        except TimeoutError:
            return NoAnswer(reason=f"no whole answer within {WHOLE_EXCHANGE:.0f} s", timed_out=True)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as problem:
            return self._no_answer(problem)
        except Exception as bug:  # noqa: BLE001 -- it may quote the request; it goes on, without that
            said = printable(self._struck(str(bug)), 300)
            raise RuntimeError(f"{type(bug).__name__}: {said}").with_traceback(bug.__traceback__) from None
        finally:
            pool.busy -= 1

    def _foreign(self, url: httpx.URL) -> NoAnswer | None:
        """Refuse any origin but our own, and one whose tokens anybody on the way could read."""
        host = f"[{url.host}]" if ":" in url.host else url.host
        port = url.port or {"http": 80, "https": 443}.get(url.scheme, 0)
        asked = Origin(scheme=url.scheme, host=host, port=port)
        if asked == self._home and not url.userinfo and self._may_dial:
            return None
        words = f"the address is not one of {self._home}; tokens go nowhere else"
        return NoAnswer(reason=words, hopeless=True, unsent=True)

    def _signed(self, bearer: Token | None, auxiliary: tuple[Token, ...]) -> dict[str, str]:
        tokens = (*((bearer,) if bearer is not None else ()), *auxiliary)
        self._revealed.update(t.reveal() for t in tokens if len(t.reveal()) >= _SECRET_FROM)
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer.reveal()}"}
        if auxiliary:
            headers[AUXILIARY] = ", ".join(f"Bearer {token.reveal()}" for token in auxiliary)
        return headers

    def _struck(self, text: str) -> str:
        for secret in self._revealed:
            text = text.replace(secret, "***")
        return text

    async def _exchanged(self, inner: httpx.AsyncBaseTransport, request: httpx.Request) -> Answer | NoAnswer:
        response = await inner.handle_async_request(request)
        try:
            headers = _headers(response.headers)
            stream = response.stream
            if not isinstance(stream, AsyncIterable):
                return NoAnswer(reason="the transport gave no asynchronous answer", hopeless=True)
            async with AsyncExitStack() as held:
                body = await _read(
                    stream,
                    headers,
                    response.status_code,
                    large=lambda: held.enter_async_context(self._large),
                )
        finally:
            await response.aclose()
        if isinstance(body, NoAnswer):
            return body
        # A server that echoes our tokens, in whatever field, must not make us print or save them (I-14).
        for secret in self._revealed:
            body = body.replace(secret.encode(), b"***")
        headers = {name: self._struck(value) for name, value in headers.items()}
        return Answer(status=response.status_code, headers=headers, body=body)

    def _connections(self) -> httpx.AsyncBaseTransport:
        context = self._network.tls(self._home)
        if self._route is None:
            return DirectTransport(context, connections=CONNECTIONS_A_POOL)
        proxy = httpx.Proxy(self._route.url)
        return httpx.AsyncHTTPTransport(verify=context, limits=_LIMITS, trust_env=False, proxy=proxy)

    def _no_answer(self, problem: Exception) -> NoAnswer:
        """What went wrong on the way, without the library's own words where they could quote an answer."""
        said, host = printable(self._struck(str(problem)), 160), self._home.host
        early = isinstance(problem, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
        causes = list(_causes(problem))
        if any(isinstance(cause, OSError) and cause.errno in _NO_FILES for cause in causes):
            words = "this process may open no more files, and connections count as files"
            return NoAnswer(reason=words, unsent=True, exhausted=True)
        if isinstance(problem, httpx.TimeoutException):
            words = f"{host} did not answer in time ({type(problem).__name__})"
            return NoAnswer(reason=words, timed_out=True, unsent=early)
        if isinstance(problem, httpx.ProxyError):
            proxy = "the proxy" if self._route is None else f"the proxy {self._route}"
            words = (
                f"{proxy} refused the connection to {host}: {said}. {self._network.proxy_fix(self._route)}"
            )
            return NoAnswer(reason=words, hopeless=True, unsent=True)
        for cause in causes:
            if isinstance(cause, ssl.SSLError):
                text = printable(self._struck(str(cause)), 160)
                words = f"the certificate or TLS of {host} is not accepted: {text}. {self._network.tls_fix()}"
                return NoAnswer(reason=words, hopeless=True, unsent=True)
        hopeless = isinstance(problem, httpx.UnsupportedProtocol | httpx.InvalidURL)
        via = f" through the proxy {self._route}" if self._route is not None and early else ""
        return NoAnswer(reason=f"no answer from {host}{via}: {said}", hopeless=hopeless, unsent=early)


@lru_cache(maxsize=512)
def _parsed(url: str) -> httpx.URL:
    """A write is looked at, sent, and read back at one address, and an operation is polled at one."""
    return httpx.URL(url)


def _headers(sent: httpx.Headers) -> dict[str, str]:
    """The headers of an answer as `Answer` has them. httpx's own view of them looks each name up anew."""
    headers: dict[str, str] = {}
    for name, value in sent.raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


async def _read(
    stream: AsyncIterable[bytes],
    headers: Mapping[str, str],
    status: int,
    *,
    large: Callable[[], Awaitable[None]],
) -> bytes | NoAnswer:
    """The body, decompressed step by step and never beyond the cap; `large` waits for a large one's turn."""
    coding = headers.get("content-encoding", "").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        return NoAnswer(reason=f"the answer is encoded as {printable(coding, 40)!r}, which was not asked for")
    # 32: gzip or zlib, told apart by the header
    inflate = None if coding in {"", "identity"} else zlib.decompressobj(zlib.MAX_WBITS | 32)
    parts: list[bytes] = []
    size = received = 0
    try:
        async for chunk in stream:
            received += len(chunk)
            for part in _inflated(chunk, inflate):
                if size <= _LARGE < size + len(part):
                    await large()
                size += len(part)
                if size > LONGEST_ANSWER:
                    words = f"the answer is larger than {LONGEST_ANSWER >> 20} MiB"
                    return NoAnswer(reason=words, hopeless=True)
                parts.append(part)
    except zlib.error:
        return NoAnswer(reason="the answer's compression is broken")
    declared = headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:18]) > received:
        return NoAnswer(reason=f"the answer broke off after {received} of {declared[:18]} bytes")
    if inflate is not None and received and not inflate.eof and status not in {204, 304}:
        return NoAnswer(reason="the compressed answer broke off")
    return b"".join(parts)


def _inflated(chunk: bytes, inflate: zlib._Decompress | None) -> Iterator[bytes]:
    """What a chunk holds, in steps so small that whoever finds it too much has not yet paid for it."""
    if inflate is None:
        yield chunk
        return
    while chunk:
        part = inflate.decompress(chunk, _STEP)
        chunk = inflate.unconsumed_tail
        yield part


def _causes(problem: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = problem
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
