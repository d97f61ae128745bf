"""Every row of the fault matrix that a server can stage is staged, and seen on the wire as its line says."""

import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator.arm import controllable
from tests.fidelity.staging import Staging, play
from tests.fidelity.stagings import STAGINGS, url_of
from tests.fidelity.wire import Wire

OF_THE_CLIENT = {"F-001", "F-002", "F-003"}
"""Nothing to script: a closed port, a name that does not resolve, a certificate nobody trusts."""

SERVE = """
import sys
from pathlib import Path
from reconciler.emulator.server import serve
tls = [Path(name) for name in sys.argv[1:3]] or [None, None]
sys.exit(serve(port=0, state=None, world=None, latency_ms=0, tls_cert=tls[0], tls_key=tls[1]))
"""


def served(*tls: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, *tls], stdout=subprocess.PIPE, text=True, env=controllable()
    )


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    process = served()
    try:
        yield Wire(url=url_of(process))
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("staging", STAGINGS, ids=lambda staging: f"{staging.row} {staging.says}"[:90])
def test_a_row_is_staged_as_its_line_says(wire: Wire, staging: Staging) -> None:
    found = play(wire, staging)
    assert staging.seen(found), [(one.status, one.end, one.body[:300]) for one in found]


def test_every_row_that_a_server_can_stage_has_a_staging() -> None:
    rows = {f"F-{number:03d}" for number in (*range(1, 89), 123, 124)}
    assert {staging.row for staging in STAGINGS} == rows - OF_THE_CLIENT


def test_f_001_a_server_that_has_ended_refuses_connections() -> None:
    process = served()
    address = Wire(url=url_of(process)).address
    process.kill()
    process.communicate()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)


def test_f_003_a_certificate_that_nobody_signed_is_not_trusted(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "tools/fidelity_certificate.py", tmp_path], check=True)
    process = served(tmp_path / "cert.pem", tmp_path / "key.pem")
    try:
        address = Wire(url=url_of(process)).address
        with (
            socket.create_connection(address, timeout=5) as connection,
            pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"),
        ):
            ssl.create_default_context().wrap_socket(connection, server_hostname="127.0.0.1")
        trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        with socket.create_connection(address, timeout=5) as connection:
            trusting.wrap_socket(connection, server_hostname="127.0.0.1").close()
    finally:
        process.kill()
        process.communicate()
