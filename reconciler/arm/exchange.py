"""One request and its whole answer, bounded in time and size. The only module that knows httpx.

Rule of this module: a token is put on a request only after the request's own address, as httpx will dial it,
has been compared with the endpoint's origin. Redirects are never followed, cookies never kept. Whatever comes
back, answers and exceptions, comes without the tokens that went out.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import sys
import zlib
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from reconciler import __version__
from reconciler.arm.origin import Origin
from reconciler.arm.printable import printable
from reconciler.errors import UsageProblem

if TYPE_CHECKING:
    from reconciler.arm.token import Token

LONGEST_ANSWER: Final = 8 * 1024 * 1024
"""Bytes after decompression; ARM itself drops provider answers beyond 8 MB."""

# Thirty-two answers of 8 MiB at the same time would be a quarter of a gigabyte: the large ones take turns.
_LARGE: Final = 1024 * 1024
_LARGE_AT_ONCE: Final = 4
_STEP: Final = 64 * 1024
WHOLE_EXCHANGE: Final = 90.0
"""Seconds; ARM gives a provider 60 s and then answers 504 itself."""

_SECRET_FROM: Final = 8
"""Characters; a shorter "token" is nobody's secret, and striking it out would maul the answer."""

# httpx counts these per read, so a server that drips bytes is stopped by WHOLE_EXCHANGE alone.
_TIMEOUT = httpx.Timeout(connect=10.0, read=75.0, write=75.0, pool=WHOLE_EXCHANGE)
# httpx's pool costs more the more connections it has: several small clients beat a large one.
CONNECTIONS_A_CLIENT: Final = 4
_LIMITS = httpx.Limits(
    max_connections=CONNECTIONS_A_CLIENT,
    max_keepalive_connections=CONNECTIONS_A_CLIENT,
    keepalive_expiry=15.0,
)

AUXILIARY = "x-ms-authorization-auxiliary"
MOST_AUXILIARY = 3
"""ARM takes no more tokens of other tenants in one request."""


class NoAnswer(Exception):  # noqa: N818 -- a state of the world; the session decides what it means
    """No usable answer came. `timed_out`: by the clock. `hopeless`: the next attempt would end like this."""

    def __init__(self, reason: str, *, timed_out: bool = False, hopeless: bool = False) -> None:
        super().__init__(reason)
        self.timed_out = timed_out
        self.hopeless = hopeless


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete answer. Header names are in lower case; repeated ones are joined by a comma and a blank."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(slots=True)
class _Pool:
    """One of httpx's clients and the number of requests that are on their way through it."""

    client: httpx.AsyncClient
    under_way: int = 0


class Exchange:
    """The connections to one endpoint: at most `clients` small pools. Close it when done.

    One that is `read_only` sends nothing but GET, and POST to the paths of `may_post`, whoever asks it to: a
    plan writes nothing.
    """

    def __init__(
        self,
        home: Origin,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        ca_file: Path | None = None,
        clients: int = 1,
        read_only: bool = False,
        may_post: tuple[str, ...] = (),
    ) -> None:
        self._home = home
        self._transport = transport
        self._ca_file = ca_file
        self._read_only = read_only
        self._may_post = may_post
        self._enough = 1 if transport is not None else clients
        self._context: ssl.SSLContext | None = None
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self._pools: list[_Pool] = []
        self._checked: tuple[str, bytes, str, int | None] | None = None
        self._revealed: set[str] = set()
        _silence_libraries()
        _spare_the_search_for_sniffio()

    async def close(self) -> None:
        """Close all connections."""
        pools, self._pools = self._pools, []
        for pool in pools:
            await pool.client.aclose()

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes = b"",
        bearer: Token | None = None,
        auxiliary: tuple[Token, ...] = (),
    ) -> Answer:
        """Send one request and read its answer to the end; raises NoAnswer."""
        if self._read_only and not self._reads(method, url):
            raise RuntimeError(f"a read-only client was asked to {method}: a bug of ours, nothing was sent")
        pool = self._least_busy()
        pool.under_way += 1
        try:
            request = pool.client.build_request(
                method, url, headers={**_SENT, **headers}, content=content or None
            )
            self._authorize(request, bearer, auxiliary)
            async with asyncio.timeout(WHOLE_EXCHANGE):
                return self._without_tokens(await self._receive(pool.client, request))
        except TimeoutError as problem:
            raise NoAnswer(f"no whole answer within {WHOLE_EXCHANGE:.0f} s", timed_out=True) from problem
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as problem:
            raise _no_answer(problem, self._home, self._struck) from problem
        except NoAnswer:
            raise
        except Exception as bug:  # noqa: BLE001 -- it may quote the request; it goes on, without that
            said = printable(self._struck(str(bug)), 300)
            raise RuntimeError(f"{type(bug).__name__}: {said}").with_traceback(bug.__traceback__) from None
        finally:
            pool.under_way -= 1

    def _reads(self, method: str, url: str) -> bool:
        """Whether a request changes nothing."""
        asks = method == "POST" and any(url.startswith(f"{self._home}{path}?") for path in self._may_post)
        return method == "GET" or asks

    def _authorize(self, request: httpx.Request, bearer: Token | None, auxiliary: tuple[Token, ...]) -> None:
        """Put the tokens on, if and only if the request goes to our own endpoint."""
        url = request.url
        there = (url.scheme, url.userinfo, url.host, url.port)
        if there != self._checked:
            self._check(*there)
            self._checked = there
        self._revealed.update(
            token.reveal()
            for token in (bearer, *auxiliary)
            if token is not None and len(token.reveal()) >= _SECRET_FROM
        )
        if bearer is not None:
            request.headers["Authorization"] = f"Bearer {bearer.reveal()}"
        if auxiliary:
            request.headers[AUXILIARY] = ", ".join(f"Bearer {token.reveal()}" for token in auxiliary)

    def _check(self, scheme: str, userinfo: bytes, host: str, port: int | None) -> None:
        """Refuse any origin but our own, and one whose tokens anybody on the way could read."""
        there = Origin(
            scheme=scheme,
            host=f"[{host}]" if ":" in host else host,
            port=port or {"http": 80, "https": 443}.get(scheme, 0),
        )
        if there != self._home or userinfo or not (scheme == "https" or there.loopback):
            raise NoAnswer(f"the address is not one of {self._home}; tokens go nowhere else", hopeless=True)

    def _struck(self, text: str) -> str:
        for secret in self._revealed:
            text = text.replace(secret, "***")
        return text

    def _without_tokens(self, answer: Answer) -> Answer:
        """A server that echoes our tokens, in whatever field, must not make us print or save them (I-14)."""
        body = answer.body
        for secret in self._revealed:
            body = body.replace(secret.encode(), b"***")
        headers = {name: self._struck(value) for name, value in answer.headers.items()}
        return Answer(status=answer.status, headers=headers, body=body)

    async def _receive(self, client: httpx.AsyncClient, request: httpx.Request) -> Answer:
        response = await client.send(request, stream=True, follow_redirects=False)
        try:
            headers = _read_headers(response.headers)
            stream = response.stream
            if not isinstance(stream, AsyncIterable):
                raise NoAnswer("the transport gave no asynchronous answer", hopeless=True)
            async with AsyncExitStack() as held:
                body = await _read(
                    stream,
                    headers,
                    response.status_code,
                    large=lambda: held.enter_async_context(self._large),
                )
        finally:
            await response.aclose()
        return Answer(status=response.status_code, headers=headers, body=body)

    def _least_busy(self) -> _Pool:
        """The pool with the fewest requests under way; a new one while all are busy and there may be more."""
        least = min(self._pools, key=lambda pool: pool.under_way, default=None)
        if least is None or (least.under_way and len(self._pools) < self._enough):
            least = _Pool(self._new_client())
            self._pools.append(least)
        return least

    def _new_client(self) -> httpx.AsyncClient:
        if self._transport is not None:
            return httpx.AsyncClient(transport=self._transport, timeout=_TIMEOUT, trust_env=False)
        return httpx.AsyncClient(
            verify=self._tls(), timeout=_TIMEOUT, limits=_LIMITS, trust_env=not self._home.loopback
        )

    def _tls(self) -> ssl.SSLContext:
        """One context for all clients: making one loads the CA bundle, which costs some 75 ms."""
        if self._context is None and self._home.scheme == "http":
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # not used, and trusts nobody
        if self._context is None:
            context = httpx.create_ssl_context(trust_env=not self._home.loopback)
            if self._ca_file is not None:
                try:
                    context.load_verify_locations(cafile=self._ca_file)
                except (OSError, ssl.SSLError) as problem:
                    raise UsageProblem(
                        f"--ca-file {self._ca_file} cannot be read as PEM certificates ({problem}). Name a "
                        "file that holds the certificate authority of the endpoint"
                    ) from problem
            self._context = context
        return self._context


# What every request says. Only gzip is offered, since only gzip is read in bounded steps.
_SENT = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": f"reconciler/{__version__}",
}


def _read_headers(sent: httpx.Headers) -> dict[str, str]:
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
) -> bytes:
    """The body, decompressed step by step and never beyond the cap; `large` waits for a large one's turn."""
    inflate = _inflater(headers)
    parts: list[bytes] = []
    size = received = 0
    async for chunk in stream:
        received += len(chunk)
        for part in _inflated(chunk, inflate):
            if size <= _LARGE < size + len(part):
                await large()
            size += len(part)
            if size > LONGEST_ANSWER:
                parts.clear()  # whoever keeps the exception keeps this frame
                raise NoAnswer(f"the answer is larger than {LONGEST_ANSWER >> 20} MiB", hopeless=True)
            parts.append(part)
    declared = headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:18]) > received:
        raise NoAnswer(f"the answer broke off after {received} of {declared[:18]} bytes")
    if inflate is not None and received and not inflate.eof and status not in {204, 304}:
        raise NoAnswer("the compressed answer broke off")
    return b"".join(parts)


def _inflated(chunk: bytes, inflate: zlib._Decompress | None) -> Iterator[bytes]:
    """What a chunk holds, in steps so small that whoever finds it too much has not yet paid for it."""
    if inflate is None:
        yield chunk
        return
    while chunk:
        try:
            part = inflate.decompress(chunk, _STEP)
        except zlib.error as problem:
            raise NoAnswer("the answer's compression is broken") from problem
        chunk = inflate.unconsumed_tail
        yield part


def _inflater(headers: Mapping[str, str]) -> zlib._Decompress | None:
    coding = headers.get("content-encoding", "").strip().lower()
    if coding in {"", "identity"}:
        return None
    if coding in {"gzip", "x-gzip", "deflate"}:
        return zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: told apart by the header, gzip or zlib
    raise NoAnswer(f"the answer is encoded as {printable(coding, 40)!r}, which was not asked for")


def _no_answer(problem: Exception, home: Origin, struck: Callable[[str], str]) -> NoAnswer:
    """What went wrong on the way, without the library's own words where they could quote an answer."""
    said = struck(str(problem))
    if isinstance(problem, httpx.TimeoutException):
        return NoAnswer(f"{home.host} did not answer in time ({type(problem).__name__})", timed_out=True)
    if isinstance(problem, httpx.ProxyError):
        words = f"the proxy refused the connection to {home.host}: {printable(said, 120)}. "
        return NoAnswer(words + "HTTPS_PROXY names it; sign in there or set NO_PROXY", hopeless=True)
    for cause in _causes(problem):
        if isinstance(cause, ssl.SSLError):
            told = printable(struck(str(cause)), 160)
            words = f"the certificate or TLS of {home.host} is not accepted: {told}. "
            return NoAnswer(words + "A private authority is named by --ca-file", hopeless=True)
    hopeless = isinstance(problem, httpx.UnsupportedProtocol | httpx.InvalidURL)
    return NoAnswer(f"no answer from {home.host}: {printable(said, 160)}", hopeless=hopeless)


def _causes(problem: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = problem
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _silence_libraries() -> None:
    """Keep httpx and httpcore quiet: at DEBUG they write signed addresses and whole header lists."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _spare_the_search_for_sniffio() -> None:
    """Say once that sniffio is not installed, where that is so.

    httpcore tries to import it ten times in each request, and Python searches its whole path each time for a
    module that is not there: a third of what a request costs.
    """
    if "sniffio" not in sys.modules and find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # how Python itself says "there is none"
