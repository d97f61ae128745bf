"""The embedded emulator behind somebody who listens: tokens become canaries, and answers may be spoilt.

What stands here is a server's side of the wire. It takes note of every secret that it has been sent, so that
a test can show that there was something to leak.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from reconciler.cli import embedded
from reconciler.domain.fleet import DesiredState

CANARY = "canary-"
"""What every secret here begins with: it does not look like a JWT, so nothing finds it by its looks."""

SIGNATURE = f"&t=638000000000000000&c=MII&s={CANARY}signature&h={CANARY}hash"

Spoiling = Callable[[httpx.Request], httpx.Response | None]
"""Answers in the server's place; None leaves the answer to it."""


@dataclass
class Eavesdropper(httpx.AsyncBaseTransport):
    """A transport into an emulator. `sent` are the canaries that came in, by the header they came in."""

    inner: httpx.AsyncBaseTransport
    spoil: Spoiling
    real: dict[str, str] = field(default_factory=dict)
    sent: dict[str, set[str]] = field(default_factory=dict)
    followed: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth2/v2.0/token"):
            return await self._sign_in(request)
        for name in ("authorization", "x-ms-authorization-auxiliary"):
            self._hear(request, name)
        self.followed += f"{CANARY}signature" in str(request.url)
        spoilt = self.spoil(request)
        if spoilt is not None:
            return spoilt
        plain = httpx.Request(
            request.method, request.url, headers=self._genuine(request), content=await request.aread()
        )
        return _signed(await self.inner.handle_async_request(plain))

    async def _sign_in(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        found = json.loads(await answer.aread())
        canary = f"{CANARY}{request.url.path.split('/')[1]}-{len(self.real)}"
        self.real[canary] = found["access_token"]
        return httpx.Response(200, stream=_stream(json.dumps(found | {"access_token": canary})))

    def _hear(self, request: httpx.Request, name: str) -> None:
        for one in request.headers.get(name, "").split(", "):
            if one:
                self.sent.setdefault(name, set()).add(one.removeprefix("Bearer "))

    def _genuine(self, request: httpx.Request) -> httpx.Headers:
        headers = request.headers.copy()
        for name in ("authorization", "x-ms-authorization-auxiliary"):
            for canary, token in self.real.items():
                if name in headers:
                    headers[name] = headers[name].replace(canary, token)
        return headers


def _stream(text: str) -> httpx.AsyncByteStream:
    return httpx.ByteStream(text.encode())


def _signed(answer: httpx.Response) -> httpx.Response:
    """The answer, its operation addresses signed as ARM's are."""
    for name in ("azure-asyncoperation", "location"):
        if name in answer.headers:
            joint = "" if "?" in answer.headers[name] else "?x=1"
            answer.headers[name] += joint + SIGNATURE
    return answer


def echo(request: httpx.Request) -> str:
    """All that the server knows of a request, as a careless one quotes it."""
    heard = [f"{name}: {value}" for name, value in request.headers.items()]
    tokens = [value for name, value in request.headers.items() if "authorization" in name]
    bare = [one.removeprefix("Bearer ") for value in tokens for one in value.split(", ")]
    return " | ".join([*heard, *bare, f"{request.url}{SIGNATURE}"])


def refusal(status: int, code: str) -> Spoiling:
    """Every request is refused in words that hold the request."""

    def spoil(request: httpx.Request) -> httpx.Response:
        inner = {"code": "Inner", "message": echo(request)}
        error = {"code": code, "message": f"No: {echo(request)}", "details": [inner], "innererror": inner}
        headers = {"www-authenticate": f'Bearer error="{echo(request)}"', "x-ms-request-id": "req-1"}
        return httpx.Response(status, headers=headers, stream=_stream(json.dumps({"error": error})))

    return spoil


def whole(status: int, text: Callable[[httpx.Request], str], **headers: str) -> Spoiling:
    """Every request is answered with such a body."""
    return lambda request: httpx.Response(status, headers=headers, stream=_stream(text(request)))


def spoilt_writes(spoil: Spoiling) -> Spoiling:
    """Only PUT and DELETE are spoilt: reads are the server's own."""
    return lambda request: spoil(request) if request.method in {"PUT", "DELETE"} else None


def listened_to(spoil: Spoiling, ears: list[Eavesdropper]) -> Callable[..., object]:
    """What to put in place of `cli.embedded.embedded`; each run of it adds to `ears`."""
    genuine = embedded.embedded

    @contextmanager
    def listening(
        state: Path, desired: DesiredState
    ) -> Iterator[tuple[httpx.AsyncBaseTransport, tuple[str, ...]]]:
        with genuine(state, desired) as (inner, created):
            ears.append(Eavesdropper(inner, spoil))
            yield ears[-1], created

    return listening
