"""A client that speaks HTTP/1.1 on a bare socket and reports what came, down to how the connection ended.

Rule of this module: it forgives nothing and repairs nothing, so that a scripted fault is seen as it was sent.
"""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from tests.emulator.arm import CONTROLLED

End = Literal["complete", "closed early", "reset", "silence"]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one request brought back."""

    status: int
    """0 when no complete head came."""
    headers: tuple[tuple[str, str], ...]
    body: bytes
    end: End
    pieces: int
    """How many times bytes arrived."""
    closes: bool
    """Whether the server closed the connection behind a complete answer; known only when watched."""

    @property
    def json(self) -> Any:  # noqa: ANN401 - what a test reads is what it asserts
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])

    @property
    def state(self) -> str:
        return str(self.json["properties"]["provisioningState"])

    def all(self, name: str) -> list[str]:
        return [value for found, value in self.headers if found == name]

    def one(self, name: str) -> str | None:
        values = self.all(name)
        return values[0] if len(values) == 1 else None


@dataclass(kw_only=True)
class Wire:
    """One identity at one server; each request has a connection of its own."""

    url: str
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 0)

    def control(self, name: str, body: object, method: str = "POST") -> Seen:
        found = self.send(method, f"/_emulator/{name}", body, CONTROLLED)
        assert found.status == 200, found.body
        return found

    def token(self, tenant: str, client: str = "tester") -> str:
        if (tenant, client) not in self.tokens:
            self.tokens[tenant, client] = self.fresh_token(tenant, client)
        return self.tokens[tenant, client]

    def fresh_token(self, tenant: str, client: str = "tester") -> str:
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": "s"}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.exchange("POST", f"/{tenant}/oauth2/v2.0/token", urlencode(form).encode(), headers)
        return str(answer.json["access_token"])

    def send(
        self, method: str, path: str, body: object, headers: Mapping[str, str], *, watched: bool = False
    ) -> Seen:
        content = b"" if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **headers}
        return self.exchange(method, path, content, sent, watched=watched)

    def exchange(
        self, method: str, path: str, content: bytes, headers: Mapping[str, str], *, watched: bool = False
    ) -> Seen:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.address[0]}:{self.address[1]}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(content)}", "", ""]
        with socket.create_connection(self.address, timeout=10) as connection:
            connection.sendall("\r\n".join(lines).encode("latin-1") + content)
            return _read(connection, watched=watched)


def _read(connection: socket.socket, *, watched: bool) -> Seen:
    received, pieces = b"", 0
    end: End | None = None
    while end is None and not _is_complete(received):
        try:
            part = connection.recv(65536)
        except ConnectionResetError:
            end = "reset"
        except TimeoutError:
            end = "silence"
        else:
            pieces += 1
            received += part
            if not part:
                end = "closed early"
    closes = watched and end is None and _is_closed(connection)
    status, headers, body = _parsed(received)
    return Seen(
        status=status, headers=headers, body=body, end=end or "complete", pieces=pieces, closes=closes
    )


def _is_closed(connection: socket.socket) -> bool:
    """Whether the other side closes within a moment."""
    connection.settimeout(0.3)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


def _is_complete(received: bytes) -> bool:
    status, headers, body = _parsed(received)
    if status == 0:
        return False
    lengths = [value for name, value in headers if name == "content-length"]
    chunked = any(name == "transfer-encoding" for name, _ in headers)
    if chunked:
        return body.endswith(b"0\r\n\r\n")
    return status == 204 or not lengths or len(body) >= int(lengths[0])


def _parsed(received: bytes) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    head, separator, body = received.partition(b"\r\n\r\n")
    if not separator:
        return 0, (), b""
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = tuple((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    return int(first.split(" ")[1]), pairs, body
