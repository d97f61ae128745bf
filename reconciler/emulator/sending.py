"""The way of a finished answer to the client: at once, byte by byte, cut short, or not at all.

Rule of this module: what ASGI cannot say - a reset, a dripping head, a connection closed behind an answer -
is done on the server's transport, which the server leaves in the scope; in-process it is said by an exception
or by the virtual sleep.
"""

import struct
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import asyncio

Message: TypeAlias = MutableMapping[str, Any]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

LINE = "emulator.line"
"""Name of the server's scope extension that holds the client's connection."""


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
