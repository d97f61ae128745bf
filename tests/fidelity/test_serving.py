"""The emulator as a process: how soon it is there, how many it serves, what a kill leaves, who reaches it."""

import json
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.emulator.arm import ACCOUNT, SUB_A, TENANT_A, controllable, deployment, gpt_4o
from tests.fidelity.stagings import url_of
from tests.fidelity.wire import Seen, Wire

SERVE = """
import sys
from pathlib import Path
from reconciler.emulator.server import serve
sys.exit(serve(port=0, state=Path(sys.argv[1]), world=None, latency_ms=0, tls_cert=None, tls_key=None))
"""
CLIENTS = 64
POOL = {"name": {"value": "OpenAI.GlobalStandard.gpt-4o"}, "currentValue": 0, "limit": 10_000}


def started(state: Path) -> tuple[subprocess.Popen[str], Wire]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, state], stdout=subprocess.PIPE, text=True, env=controllable()
    )
    return process, Wire(url=url_of(process))


def ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def asked(wire: Wire, method: str, path: str, body: object = None) -> Seen:
    headers = {"Authorization": f"Bearer {wire.token(TENANT_A)}"}
    return wire.send(method, f"{path}?api-version=2025-06-01", body, headers)


def test_it_answers_within_half_a_second_of_processor_time() -> None:
    """Processor time of the process until its first answer: other work on the machine does not count."""
    measure = (
        "import asyncio, time\n"
        "from reconciler.emulator import application\n"
        "app = application()\n"
        "async def receive(): return {'type': 'http.request', 'body': b'', 'more_body': False}\n"
        "async def send(message): pass\n"
        "scope = {'type': 'http', 'method': 'GET', 'path': '/metadata/endpoints', 'headers': []}\n"
        "asyncio.run(app(scope, receive, send))\n"
        "print(time.process_time())"
    )
    done = subprocess.run(
        [sys.executable, "-c", measure], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    assert float(done.stdout) < 0.5


def test_sixty_four_clients_at_once_are_all_served_and_none_waits_for_another_account(tmp_path: Path) -> None:
    process, wire = started(tmp_path / "emulator.db")
    try:
        accounts = [{"id": f"{ACCOUNT}{n}", "location": "swedencentral"} for n in range(CLIENTS)]
        wire.control("world", {"accounts": accounts})
        wire.token(TENANT_A)
        together = threading.Barrier(CLIENTS)

        def client(number: int) -> list[int]:
            together.wait()
            path = deployment(account=f"{ACCOUNT}{number}")
            return [
                asked(wire, "PUT", path, gpt_4o(1)).status,
                asked(wire, "GET", path).status,
                asked(wire, "DELETE", path).status,
            ]

        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = list(pool.map(client, range(CLIENTS)))
    finally:
        ended(process)
    assert answers == [[201, 200, 200]] * CLIENTS


def test_of_two_writes_at_once_to_one_account_one_meets_409(tmp_path: Path) -> None:
    process, wire = started(tmp_path / "emulator.db")
    try:
        wire.control("world", {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]})
        wire.control("faults", {"match": {"method": "PUT", "times": 2}, "then": {"delayMs": 300}})
        wire.token(TENANT_A)
        with ThreadPoolExecutor(2) as pool:
            both = list(
                pool.map(lambda name: asked(wire, "PUT", deployment(name), gpt_4o(1)), ("one", "two"))
            )
    finally:
        ended(process)
    assert sorted(seen.status for seen in both) == [201, 409]
    assert {seen.code for seen in both if seen.status == 409} == {"RequestConflict"}


def test_a_kill_at_any_moment_leaves_everything_that_was_answered(tmp_path: Path) -> None:
    state = tmp_path / "emulator.db"
    answered: list[str] = []
    process, wire = started(state)
    wire.control("world", {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]})
    wire.control("settings", {"throttling": "off", "deploymentLimit": "off"})
    wire.control("world", {"usages": {f"{SUB_A}/swedencentral": [POOL]}})
    wire.token(TENANT_A)
    for round_ in range(3):
        killer = threading.Timer(0.02, process.kill)
        for number in range(200):
            if number == 3:
                killer.start()
            name = f"d-{round_}-{number}"
            try:
                if asked(wire, "PUT", deployment(name), gpt_4o(1)).status == 201:
                    answered.append(name)
            except OSError:
                break
        killer.join()
        process.communicate()
        process, wire = started(state)
    try:
        kept = {item["name"] for item in asked(wire, "GET", f"{ACCOUNT}/deployments").json["value"]}
    finally:
        ended(process)
    assert len(answered) >= 9
    assert set(answered) - kept == set()


def test_an_answer_leaves_in_one_piece(tmp_path: Path) -> None:
    """A head that goes first wakes the client twice for each answer."""
    process, wire = started(tmp_path / "emulator.db")
    try:
        assert _pieces(wire, f"GET /subscriptions/{SUB_A}?api-version=2022-12-01") == 1
    finally:
        ended(process)


def test_an_answer_that_drips_begins_with_its_whole_head(tmp_path: Path) -> None:
    process, wire = started(tmp_path / "emulator.db")
    try:
        wire.control("faults", {"match": {"path": SUB_A}, "then": {"text": "{}", "dripMs": 150}})
        assert _pieces(wire, f"GET /subscriptions/{SUB_A}?api-version=2022-12-01") == 3
    finally:
        ended(process)


def test_a_body_that_is_longer_than_its_head_says_does_not_keep_the_head_back(tmp_path: Path) -> None:
    process, wire = started(tmp_path / "emulator.db")
    then = {"text": "{}", "headers": {"Content-Length": "1"}}
    try:
        wire.control("faults", {"match": {"path": SUB_A}, "then": then})
        with socket.create_connection(wire.address, timeout=10) as connection:
            connection.sendall(
                f"GET /subscriptions/{SUB_A} HTTP/1.1\r\nHost: {wire.address[0]}\r\n\r\n".encode()
            )
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 400 Bad Request\r\n")
            assert connection.recv(1) == b""
    finally:
        ended(process)


def _pieces(wire: Wire, line: str) -> int:
    """In how many pieces an answer comes; the first ends where its head ends, or holds all of it."""
    parts: list[bytes] = []
    with socket.create_connection(wire.address, timeout=10) as connection:
        host = f"{wire.address[0]}:{wire.address[1]}"
        token = wire.token(TENANT_A)
        connection.sendall(
            f"{line} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        while True:
            parts.append(connection.recv(1 << 16))
            assert parts[-1]
            head, _, body = b"".join(parts).partition(b"\r\n\r\n")
            length = next(f for f in head.lower().split(b"\r\n") if f.startswith(b"content-length:"))
            if len(body) == int(length.partition(b":")[2]):
                return len(parts)


def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    """F-136."""
    process, wire = started(tmp_path / "emulator.db")
    try:
        others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
        for address in sorted(str(other) for other in others if not str(other).startswith("127.")):
            with pytest.raises(OSError, match="refused"):
                socket.create_connection((address, wire.address[1]), timeout=2)
        assert wire.address[0] == "127.0.0.1"
    finally:
        ended(process)


def test_it_makes_no_connection_of_its_own() -> None:
    """F-136: whatever ids and addresses a body holds: with sockets forbidden, every answer is the same."""
    forbidden = (
        "import socket, asyncio, json\n"
        "from tests.emulator.arm import Arm, fleet, deployment, gpt_4o, FOREIGN\n"
        "arm = fleet(); arm.token\n"
        "loop = asyncio.new_event_loop()\n"
        "def no(*a, **k): raise AssertionError('a connection')\n"
        "socket.socket.connect = no; socket.create_connection = no; socket.getaddrinfo = no\n"
        "body = gpt_4o(1); body['properties']['model']['source'] = 'https://other.example/x'\n"
        "ask = arm.send('PUT', deployment() + '?api-version=2025-06-01', body)\n"
        "print(loop.run_until_complete(ask).status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", forbidden], capture_output=True, text=True, check=False, cwd=Path.cwd()
    )
    assert done.stdout.strip() == "403", done.stderr


def test_a_request_of_many_megabytes_is_refused_and_the_server_goes_on(tmp_path: Path) -> None:
    process, wire = started(tmp_path / "emulator.db")
    try:
        headers = {"Authorization": f"Bearer {wire.token(TENANT_A)}", "Content-Type": "application/json"}
        path = f"{deployment()}?api-version=2025-06-01"
        large = wire.exchange("PUT", path, b" " * (5 * 1024 * 1024), headers)
        assert (large.status, large.code) == (413, "RequestContentTooLarge")
        assert asked(wire, "GET", f"/subscriptions/{SUB_A}").status == 200
    finally:
        ended(process)


def test_a_state_file_of_a_killed_server_can_be_used_at_once(tmp_path: Path) -> None:
    state = tmp_path / "emulator.db"
    process, wire = started(state)
    wire.control("world", {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]})
    ended(process)
    begun = time.monotonic()
    process, wire = started(state)
    try:
        found = json.loads(asked(wire, "GET", ACCOUNT).body)
    finally:
        ended(process)
    assert found["name"] == "acc"
    assert time.monotonic() - begun < 10
