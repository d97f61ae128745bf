"""A served emulator is this machine's own: no web page, no foreign name and no other user gets at it."""

import contextlib
import errno
import json
import os
import socket
import sqlite3
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator import Emulator, StateError, application, server
from reconciler.emulator.store import Store
from tests.emulator.arm import ACCOUNT, CONTROL_TOKEN, CONTROLLED, Arm, Reply, Wall, deployment, fleet, gpt_4o

RESET = ("POST", "/_emulator/reset")


def guarded() -> Arm:
    wall = Wall()
    return Arm(Emulator(wall=wall, sleep=wall.sleep, control_token=CONTROL_TOKEN))


def asked(method: str, path: str, headers: Mapping[str, str]) -> Reply:
    return guarded().call(method, path, {}, headers=headers, bearer="")


def test_control_wants_the_token_of_the_ready_line() -> None:
    """F-136."""
    assert asked(*RESET, CONTROLLED).status == 200
    for headers in ({}, {"x-emulator-control": "guessed"}, {"x-emulator-control": ""}):
        refused = asked(*RESET, headers)
        assert (refused.status, refused.code) == (403, "EmulatorStranger")
    assert "x-emulator-control" in refused.message
    assert asked("DELETE", "/_emulator/requests", {}).status == 403
    assert asked("GET", "/_emulator/status", {}).status == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8080", "localhost:9", "[::1]:8080", "LOCALHOST"])
def test_control_is_answered_under_every_name_of_this_machine(host: str) -> None:
    assert asked(*RESET, {**CONTROLLED, "host": host}).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:80", "", "management.azure.com"]
)
def test_control_is_refused_under_any_other_name_even_with_the_token(host: str) -> None:
    assert asked(*RESET, {**CONTROLLED, "host": host}).code == "EmulatorStranger"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:3000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "something new"},
    ],
)
@pytest.mark.parametrize("path", ["/_emulator/reset", "/metadata/endpoints", "/t/oauth2/token"])
def test_a_web_page_of_another_site_gets_nothing_not_even_a_token(path: str, headers: dict[str, str]) -> None:
    """F-136."""
    refused = asked("POST", path, {**CONTROLLED, **headers})
    assert (refused.status, refused.code) == (403, "EmulatorStranger")


def test_a_name_that_was_pointed_at_this_machine_reaches_no_resource() -> None:
    """F-136."""
    arm = guarded()
    assert arm.arm("GET", ACCOUNT, headers={"host": "rebound.example"}).code == "EmulatorStranger"
    assert arm.arm("GET", "/subscriptions", headers={"host": "management.azure.com"}).status == 200


def test_an_emulator_of_ones_own_process_needs_no_token() -> None:
    assert Arm().control("reset", {}).status == 200


def test_a_reset_keeps_tokens_valid() -> None:
    arm = fleet()
    assert arm.arm("PUT", deployment(), gpt_4o()).status == 201
    assert arm.control("reset", {}).status == 200
    assert arm.arm("GET", "/subscriptions").status == 200
    assert arm.arm("GET", deployment()).code == "ResourceGroupNotFound"


def test_the_journal_never_shows_the_control_token() -> None:
    arm = guarded()
    arm.arm("GET", "/subscriptions", headers=CONTROLLED)
    assert CONTROL_TOKEN.encode() not in arm.call("GET", "/_emulator/requests", bearer="").content


def test_the_ready_line_carries_the_token_of_the_environment_or_a_fresh_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []

    class Silent:
        async def serve(self, sockets: list[socket.socket]) -> None:
            for one in sockets:
                one.close()

    def remember(emulator: Emulator, ready: str, *_: object) -> Silent:
        seen.append({**json.loads(ready), "emulator": emulator})
        return Silent()

    monkeypatch.setattr(server, "_server", remember)
    for token in ("chosen", "", ""):
        monkeypatch.setenv("RECONCILER_EMULATOR_CONTROL_TOKEN", token)
        assert server.serve(port=0, state=None, world=None, latency_ms=0, tls_cert=None, tls_key=None) == 0
    first, second, third = (one["controlToken"] for one in seen)
    assert first == "chosen"
    assert len({first, second, third}) == 3
    assert len(second) >= 24
    refused = Arm(seen[1]["emulator"]).control("reset", {})
    assert refused.code == "EmulatorStranger", "the served emulator wants it too"
    assert capsys.readouterr().err == ""


def test_a_machine_without_ipv4_is_served_on_its_ipv6_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    real = server._bound

    def bound(host: str, port: int, family: int) -> socket.socket:
        if family == socket.AF_INET:
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
        return real(host, port, family)

    monkeypatch.setattr(server, "_bound", bound)
    listener = server._listen(0)
    if listener is None:
        pytest.fail("::1 was not tried")
    with listener:
        assert server._address(listener).startswith("[::1]:")


def test_the_listener_has_no_nagle_delay() -> None:
    """Asyncio turns TCP_NODELAY on for a socket that says it is TCP: 44 ms a request became 0.8."""
    listener = server._listen(0)
    assert listener is not None
    with listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_state_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "emulator.db"
    previous = os.umask(0)
    try:
        emulator = application(state=path)
        _ = emulator.store
        files = list(tmp_path.iterdir())
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}, files
        emulator.close()
        path.chmod(0o644)
        emulator = application(state=path)
        _ = emulator.store
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        emulator.close()
    finally:
        os.umask(previous)


@pytest.mark.parametrize(
    "schema",
    ["CREATE TABLE cookies (host TEXT)", "CREATE TABLE document (text TEXT)", "PRAGMA application_id=7"],
)
def test_the_database_of_another_program_is_refused_and_left_as_it_was(tmp_path: Path, schema: str) -> None:
    path = tmp_path / "history.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(schema)
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(StateError, match="database of another program"):
        _ = application(state=path).store
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["history.sqlite"]


def test_a_state_file_of_the_first_release_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "emulator.db"
    Store(path).close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 0")
    Store(path).close()


def test_what_is_no_ordinary_file_is_not_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), tmp_path):
        with pytest.raises(StateError, match=r"no ordinary file|Is a directory"):
            _ = application(state=path).store


def test_a_file_of_more_than_four_gibibytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "emulator.db"
    with path.open("wb") as file:
        file.truncate(4 * 1024**3 + 1)
    with pytest.raises(StateError, match="larger than 4 GiB"):
        _ = application(state=path).store


def test_a_full_disk_is_a_sentence_and_the_next_request_works_again(tmp_path: Path) -> None:
    emulator = application(state=tmp_path / "emulator.db")
    arm = Arm(emulator)
    _ = arm.token
    arm.control("world", {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]})
    connection = emulator.store._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    answers = [arm.arm("PUT", deployment(f"d{n}"), gpt_4o(1)) for n in range(30)]
    full = answers[-1]
    assert (full.status, full.code) == (507, "EmulatorState")
    assert "database or disk is full" in full.message
    assert str(tmp_path / "emulator.db") in full.message
    connection.execute("PRAGMA max_page_count = 100000")
    written = sum(answer.status == 201 for answer in answers)
    assert len(arm.arm("GET", f"{ACCOUNT}/deployments").json["value"]) == written
    emulator.close()
