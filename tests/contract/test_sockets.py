"""What only a real socket can do to a client: refuse, reset, close, break off, and speak TLS."""

import asyncio
import datetime as dt
import gzip
import ipaddress
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from reconciler.arm import transport
from reconciler.arm.client import ArmClient, ArmSettings, Exchanged
from reconciler.arm.network import Network
from reconciler.arm.tokens import Token
from reconciler.clock import SystemClock
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.state import ObservedDeployment
from reconciler.errors import ArmError, ArmUnreachable, UsageProblem

CHAT = DeploymentId(
    account=AccountId(subscription="11111111-1111-1111-1111-111111111111", resource_group="rg", name="acc"),
    name="chat",
)
BODY = f'{{"id": "{CHAT}"}}'.encode()


class Hasty(SystemClock):
    """Waits cost nothing and pass all the same."""

    passed = 0.0

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds
        await asyncio.sleep(0)


class OneToken:
    async def token(self, tenant: str | None, *, fresh: bool = False, claims: str | None = None) -> Token:
        del tenant, fresh, claims
        return Token("CANARY")


@dataclass
class Server:
    """A loopback server that says per connection what it is told to; `heads` are the requests it got."""

    speak: Callable[["Server", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
    tls: ssl.SSLContext | None = None
    port: int = 0
    connections: int = 0
    heads: list[bytes] = field(default_factory=list)

    async def serve(self, question: Callable[["Server"], Awaitable[None]]) -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            try:
                await self.speak(self, reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        listener = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=self.tls)
        self.port = listener.sockets[0].getsockname()[1]
        async with listener:
            await question(self)

    async def head(self, reader: asyncio.StreamReader) -> None:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))


def answer(body: bytes = BODY, *headers: str, length: int | None = None) -> bytes:
    lines = [
        "HTTP/1.1 200 OK",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


async def get(
    endpoint: str, ca_file: Path | None = None, attempts: list[Exchanged] | None = None
) -> ObservedDeployment | None:
    settings = ArmSettings(endpoint=endpoint, network=Network(ca_file=ca_file))
    seen = [] if attempts is None else attempts
    async with ArmClient(
        settings, OneToken(), Hasty(), jitter=lambda: 0.0, on_exchange=seen.append
    ) as client:
        return await client.get_deployment(CHAT)


async def failed(endpoint: str, ca_file: Path | None = None, *, attempts: int) -> ArmError:
    """The error, after so many attempts."""
    seen: list[Exchanged] = []
    with pytest.raises(ArmError) as problem:
        await get(endpoint, ca_file, seen)
    assert "CANARY" not in str(problem.value)
    assert len(seen) == attempts
    return problem.value


def test_a_refused_connection_is_tried_four_times_and_then_unreachable() -> None:
    """F-001."""

    async def hang_up(_: Server, __: asyncio.StreamReader, ___: asyncio.StreamWriter) -> None:
        """Never called: the server is gone when the client comes."""

    async def question(server: Server) -> None:
        server.connections = 0

    async def run() -> ArmError:
        server = Server(hang_up)
        await server.serve(question)
        return await failed(f"http://127.0.0.1:{server.port}", attempts=4)

    error = asyncio.run(run())
    assert isinstance(error, ArmUnreachable)
    assert "4 attempts failed" in str(error)


async def _first_resets_then_answers(
    server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await server.head(reader)
    if server.connections == 1:
        writer.transport.abort()
        return
    writer.write(answer())
    await writer.drain()


async def _closes_after_each_answer(
    server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await server.head(reader)
    writer.write(answer(BODY, "Connection: keep-alive"))
    await writer.drain()


async def _breaks_off_once(
    server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await server.head(reader)
    writer.write(answer(BODY, length=len(BODY) + 10 if server.connections == 1 else None))
    await writer.drain()


@pytest.mark.parametrize(
    ("speak", "reason"),
    [(_first_resets_then_answers, "F-004"), (_breaks_off_once, "F-009")],
)
def test_a_read_is_sent_again_on_a_new_connection(
    speak: Callable[[Server, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], reason: str
) -> None:
    async def question(server: Server) -> None:
        found = await get(f"http://127.0.0.1:{server.port}")
        assert found is not None, reason
        assert server.connections == 2

    asyncio.run(Server(speak).serve(question))


def test_a_connection_that_the_peer_closed_while_idle_is_replaced_in_silence() -> None:
    """F-015."""

    async def question(server: Server) -> None:
        settings = ArmSettings(endpoint=f"http://127.0.0.1:{server.port}")
        async with ArmClient(settings, OneToken(), Hasty()) as client:
            for _ in range(5):
                assert await client.get_deployment(CHAT) is not None

    asyncio.run(Server(_closes_after_each_answer).serve(question))


def test_connections_are_bounded_however_many_subscriptions_there_are() -> None:
    """F-099: as many as the parallelism allows, shared in pools of eight."""
    open_now = most = 0

    async def speak(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        try:
            while True:
                await server.head(reader)
                await asyncio.sleep(0)
                writer.write(answer(b'{"value": []}'))
                await writer.drain()
        finally:
            open_now -= 1

    async def question(server: Server) -> None:
        settings = ArmSettings(endpoint=f"http://127.0.0.1:{server.port}", parallelism=16)
        async with ArmClient(settings, OneToken(), Hasty()) as client:
            lists = [client.list_accounts(f"{number:08d}-0000") for number in range(60)]
            assert await asyncio.gather(*lists) == [()] * 60

    asyncio.run(Server(speak).serve(question))
    assert 8 <= most <= 16


def test_a_gzip_bomb_stops_at_the_cap() -> None:
    """F-013."""
    bomb = gzip.compress(b" " * (64 << 20))

    async def speak(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.head(reader)
        writer.write(answer(bomb, "Content-Encoding: gzip"))
        await writer.drain()

    async def question(server: Server) -> None:
        error = await failed(f"http://127.0.0.1:{server.port}", attempts=1)
        assert "larger than 8 MiB" in str(error)
        assert server.connections == 1

    asyncio.run(Server(speak).serve(question))


@pytest.mark.parametrize(
    ("row", "begun"),
    [
        ("F-007", answer(b"", "Content-Type: application/json", length=1000)),
        ("F-008", b"HTTP/1.1 200 OK\r\nX-Slow: "),
    ],
)
def test_an_answer_that_comes_byte_by_byte_is_cut_by_the_clock_and_is_no_answer(
    row: str, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte is in time for the next read, so only the limit of the whole exchange ends it."""
    monkeypatch.setattr(transport, "WHOLE_EXCHANGE", 0.3)
    dripped = 0

    async def drip(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal dripped
        await server.head(reader)
        writer.write(begun)
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            dripped += 1
            await asyncio.sleep(0.02)

    async def question(server: Server) -> None:
        error = await failed(f"http://127.0.0.1:{server.port}", attempts=4)
        assert isinstance(error, ArmUnreachable), row
        assert "no whole answer" in str(error)

    began = time.monotonic()
    asyncio.run(Server(drip).serve(question))
    assert dripped > 4, "it was not silence"
    assert time.monotonic() - began < 5


def test_a_redirect_takes_no_header_anywhere() -> None:
    """F-045, I-13: the other place is a server that would notice."""

    async def run() -> None:
        async def elsewhere(other: Server) -> None:
            async def speak(
                server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
            ) -> None:
                await server.head(reader)
                place = f"Location: http://127.0.0.1:{other.port}/taken"
                writer.write(f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n{place}\r\n\r\n".encode())
                await writer.drain()

            async def question(server: Server) -> None:
                error = await failed(f"http://127.0.0.1:{server.port}", attempts=1)
                assert "never followed" in str(error)

            await Server(speak).serve(question)
            assert other.connections == 0

        await Server(_closes_after_each_answer).serve(elsewhere)

    asyncio.run(run())


def test_a_proxy_that_wants_a_sign_in_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """F-016: and the token never reaches the proxy."""

    async def speak(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.head(reader)
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async def question(server: Server) -> None:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        error = await failed("https://arm.invalid", attempts=1)
        assert "407" in str(error)
        assert "HTTPS_PROXY" in str(error)
        assert server.connections == 1
        assert server.heads[0].startswith(b"CONNECT arm.invalid:443")
        assert b"CANARY" not in server.heads[0]

    asyncio.run(Server(speak).serve(question))


def test_no_proxy_stands_between_us_and_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """F-016."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    async def question(server: Server) -> None:
        assert await get(f"http://127.0.0.1:{server.port}") is not None

    asyncio.run(Server(_closes_after_each_answer).serve(question))


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for a name or address, as files."""

    file: Path
    context: ssl.SSLContext


def certificate(folder: Path, *, address: str = "127.0.0.1", days: int = 1) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a private authority")])
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=10)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=10 + days))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, keys = folder / "cert.pem", folder / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    keys.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, keys)
    return Certificate(file, context)


@pytest.mark.parametrize(
    ("address", "days", "trusted", "reason"),
    [
        ("127.0.0.1", 1, False, "an unknown authority"),
        ("127.0.0.1", -1, True, "expired"),
        ("10.0.0.1", 1, True, "for another name"),
    ],
)
def test_a_certificate_that_is_not_good_ends_it_at_the_first_attempt(
    tmp_path: Path, address: str, days: int, trusted: bool, reason: str
) -> None:
    """F-003."""
    made = certificate(tmp_path, address=address, days=days)

    async def question(server: Server) -> None:
        error = await failed(f"https://127.0.0.1:{server.port}", made.file if trusted else None, attempts=1)
        assert isinstance(error, ArmUnreachable), reason
        assert "certificate" in str(error)
        assert "--ca-file" in str(error)
        assert server.heads == []

    asyncio.run(Server(_closes_after_each_answer, tls=made.context).serve(question))


def test_a_private_authority_is_trusted_by_its_file(tmp_path: Path) -> None:
    made = certificate(tmp_path)

    async def question(server: Server) -> None:
        assert await get(f"https://127.0.0.1:{server.port}", made.file) is not None

    asyncio.run(Server(_closes_after_each_answer, tls=made.context).serve(question))


@pytest.mark.parametrize("content", [None, b"not a certificate"])
def test_a_ca_file_that_cannot_be_read_is_a_usage_problem(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)

    async def run() -> None:
        with pytest.raises(UsageProblem, match=r"ca\.pem"):
            await get("https://127.0.0.1:1", file)

    asyncio.run(run())
