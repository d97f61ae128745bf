"""The way of a finished answer to the client: its headers; at once, byte by byte, cut short, or not at all.

Rule of this module: what ASGI cannot say - a reset, a dripping head, a connection closed behind an answer -
is done on the server's transport, which the server leaves in the scope; in-process it is said by an exception
or by the virtual sleep. Headers are those of the recordings of June 2026: errors of the front door say
`x-ms-failure-cause` and neither who called nor how many calls are left; answers of the provider say how long
it took.
"""

import re
import struct
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias

from reconciler.emulator import faults
from reconciler.emulator.turn import Caller
from reconciler.emulator.wire import Answer, Request

if TYPE_CHECKING:
    import asyncio

Message: TypeAlias = MutableMapping[str, Any]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

LINE = "emulator.line"
"""Name of the server's scope extension that holds the client's connection."""

_REGION = "eastus2"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CORRELATION = re.compile(r"^[\x21-\x7e]{1,128}$")


class ConnectionReset(ConnectionResetError):  # noqa: N818 - named after what it scripts
    """A scripted loss of the connection, raised through the in-process transport."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One answer's way out."""

    scope: Message
    send: Send
    sleep: Callable[[float], Awaitable[None]]

    @property
    def connection(self) -> "asyncio.Transport | None":
        """The client's connection, as the server lends it; None in-process."""
        found: asyncio.Transport | None = (self.scope.get("extensions") or {}).get(LINE)
        return found

    def reset(self, why: str) -> None:
        """Lose the connection; raises ConnectionReset in-process."""
        if self.connection is None:
            raise ConnectionReset(why)
        import socket  # noqa: PLC0415 - only a served emulator has one, and it costs a part of the start

        found = self.connection.get_extra_info("socket")
        if found is not None:  # without a linger time the kernel answers with RST instead of FIN
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.abort()

    async def transmit(
        self, status: int, fields: Sequence[tuple[bytes, bytes]], content: bytes, then: Mapping[str, Any]
    ) -> None:
        """Send an answer as a fault wants it, or plainly."""
        if then.get("dripHeadMs"):
            await self._drip_head(status, fields, content, int(then["dripHeadMs"]) / 1000)
            return
        await self.send({"type": "http.response.start", "status": status, "headers": list(fields)})
        cut = then.get("truncate")
        if cut is not None and cut < len(content):
            await self._cut(content[:cut])
            return
        if then.get("dripMs"):
            await self._drip_body(content, int(then["dripMs"]) / 1000)
            return
        await self.send({"type": "http.response.body", "body": content})
        if then.get("close") and self.connection is not None:
            self.connection.close()

    async def _cut(self, start: bytes) -> None:
        more = self.connection is not None
        await self.send({"type": "http.response.body", "body": start, "more_body": more})
        if self.connection is not None:
            self.connection.close()

    async def _drip_body(self, content: bytes, pause: float) -> None:
        # the head goes first, and is all there is of an empty answer
        await self.send({"type": "http.response.body", "body": b"", "more_body": bool(content)})
        for place in range(len(content)):
            if self.connection is not None and self.connection.is_closing():
                return
            await self.sleep(pause)
            part = {"body": content[place : place + 1], "more_body": place + 1 < len(content)}
            await self.send({"type": "http.response.body", **part})

    async def _drip_head(
        self, status: int, fields: Sequence[tuple[bytes, bytes]], content: bytes, pause: float
    ) -> None:
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
        lines += [name + b": " + value for name, value in fields]
        head = b"\r\n".join(lines) + b"\r\n\r\n"
        if self.connection is None:
            await self.sleep(pause * len(head))
            await self.send({"type": "http.response.start", "status": status, "headers": list(fields)})
            await self.send({"type": "http.response.body", "body": content})
            return
        for place in range(len(head)):
            if self.connection.is_closing():
                return
            await self.sleep(pause)
            self.connection.write(head[place : place + 1])
        self.connection.write(content)
        self.connection.close()


def headers(
    answer: Answer,
    request: Request,
    *,
    now: datetime,
    caller: Caller | None,
    rates: Mapping[str, str],
    length: int,
    then: Mapping[str, Any],
) -> list[tuple[bytes, bytes]]:
    """All headers of an answer, in lower case as ASGI wants them; `then` is what a fault makes of them."""
    request_id = str(uuid.uuid4())
    sent = request.headers.get("x-ms-correlation-request-id", "")
    correlation = sent if _CORRELATION.match(sent) else str(uuid.uuid4())
    edge = f"Ref A: {uuid.uuid4().hex.upper()} Ref B: EMU000000000000 Ref C: {now:%Y-%m-%dT%H:%M:%SZ}"
    found = {
        "Date": f"{_DAYS[now.weekday()]}, {now.day:02d} {_MONTHS[now.month - 1]} {now:%Y %H:%M:%S} GMT",
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "X-Cache": "CONFIG_NOCACHE",
        "X-MSEdge-Ref": edge,
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": correlation,
        "x-ms-routing-request-id": f"{_REGION.upper()}:{now:%Y%m%dT%H%M%SZ}:{request_id}",
    }
    turned_away = answer.status >= 400 and not answer.from_provider
    if caller is not None and not turned_away:
        found["x-ms-operation-identifier"] = (
            f"tenantId={caller.tenant},objectId={caller.oid}/{_REGION}/{uuid.uuid4()}"
        )
    if answer.from_provider:
        found["x-envoy-upstream-service-time"] = "17"
    if answer.body is not None or "text" in then:
        found["Content-Type"] = "application/json; charset=utf-8"
    if answer.status != 204:
        found["Content-Length"] = str(length)
    if then.get("gzip"):
        found["Content-Encoding"] = "gzip"
    found |= {**({} if turned_away else rates), **answer.headers}
    fields = faults.altered_headers(list(found.items()), then.get("headers") or {})
    return [(_header_name(name), _header_bytes(value)) for name, value in fields]


@lru_cache(maxsize=256)
def _header_name(text: str) -> bytes:
    return _header_bytes(text).lower()


def _header_bytes(text: str) -> bytes:
    """Header bytes; what cannot be in a header (line ends above all) becomes a question mark."""
    plain = text if text.isascii() and text.isprintable() else re.sub(r"[^\x20-\x7e]", "?", text)
    return plain.encode("ascii")
