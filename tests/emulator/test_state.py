"""State in a file: shared by processes, kept over restarts, whole after a kill; and the server before it."""

import asyncio
import contextlib
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from reconciler.emulator import Emulator, StateError, WorldError, application
from reconciler.emulator.server import serve
from reconciler.emulator.store import Store
from tests.emulator.arm import ACCOUNT, CONTROLLED, Arm, Reply, controllable, deployment, gpt_4o

SERVE = """
import sys
from pathlib import Path
from reconciler.emulator.server import serve
sys.exit(serve(port=0, state=Path(sys.argv[1]), world=None, latency_ms=0, tls_cert=None, tls_key=None))
"""


def opened(path: Path) -> Arm:
    return Arm(application(state=path))


def test_a_second_emulator_on_the_same_file_sees_what_the_first_did(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "emulator.db"
    first, second = opened(path), opened(path)
    first.control("world", {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]})
    first.arm("PUT", deployment(), gpt_4o())
    assert second.arm("GET", deployment()).status == 200
    second.arm("DELETE", deployment())
    assert first.arm("GET", deployment()).status == 404
    for arm in (first, second):
        arm.emulator.close()


def test_an_operation_begun_by_one_process_blocks_the_account_for_another(tmp_path: Path) -> None:
    path = tmp_path / "emulator.db"
    first, second = opened(path), opened(path)
    first.control("world", {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]})
    first.control("lro", {"seconds": 1000})
    first.arm("PUT", deployment(), gpt_4o(50, sku="ProvisionedManaged"))
    assert second.arm("PUT", deployment("other"), gpt_4o()).code == "RequestConflict"
    for arm in (first, second):
        arm.emulator.close()


def test_a_setting_is_what_was_written_last_by_whoever_wrote_it(tmp_path: Path) -> None:
    """They are kept for a turn: neither a write, nor one taken back, nor another process may be missed."""
    path = tmp_path / "emulator.db"
    ours, theirs = Store(path), Store(path)
    with ours.transaction():
        assert ours.setting("switches") == {}
        ours.put("setting", "switches", {"expiry": "off"})
        assert ours.switch("expiry") == "off"
        with ours.part(kept=False):
            ours.put("setting", "switches", {"expiry": "on"})
            assert ours.switch("expiry") == "on"
        assert ours.switch("expiry") == "off"
        ours.delete("setting", "switches")
        assert ours.setting("switches") == {}
    with theirs.transaction():
        theirs.put("setting", "switches", {"expiry": "theirs"})
    assert ours.switch("expiry") == "theirs"
    with ours.transaction():
        assert ours.switch("expiry") == "theirs"
        ours.clear("setting")
        assert ours.setting("switches") == {}
        ours.put("setting", "switches", {"expiry": "kept"})
        ours.clear_but("setting")
        assert ours.switch("expiry") == "kept"
        ours.clear_but("token")
        assert ours.setting("switches") == {}
    for store in (ours, theirs):
        store.close()


def test_closing_a_file_keeps_its_state_and_its_clock(tmp_path: Path) -> None:
    path = tmp_path / "emulator.db"
    arm = opened(path)
    arm.control("world", {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]})
    arm.control("clock", {"set": "2026-08-01T00:00:00Z"})
    arm.emulator.close()
    again = opened(path)
    assert again.arm("GET", ACCOUNT).status == 200
    assert again.call("GET", "/_emulator/clock", bearer="").json["now"].startswith("2026-08-01")
    again.emulator.close()


def test_requests_of_one_process_do_not_disturb_each_other() -> None:
    arm = Arm(Emulator())
    accounts = [{"id": f"{ACCOUNT}{n}", "location": "swedencentral"} for n in range(20)]
    arm.control("world", {"accounts": accounts})
    _ = arm.token

    async def all_at_once() -> list[Reply]:
        paths = [f"{deployment(account=f'{ACCOUNT}{n}')}?api-version=2026-07-01" for n in range(20)]
        return list(await asyncio.gather(*(arm.send("PUT", path, gpt_4o(1)) for path in paths)))

    assert {reply.status for reply in asyncio.run(all_at_once())} == {201}


def started(path: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(path)], stdout=subprocess.PIPE, text=True, env=controllable()
    )
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    assert ready["url"].startswith("http://127.0.0.1:")
    return process, str(ready["url"])


def posted(url: str, body: object) -> object:
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=CONTROLLED)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
        return json.loads(answer.read())


def test_a_killed_server_loses_nothing_that_it_answered(tmp_path: Path) -> None:
    path = tmp_path / "emulator.db"
    process, url = started(path)
    try:
        posted(f"{url}/_emulator/world", {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]})
    finally:
        process.kill()
        process.communicate()
    arm = opened(path)
    assert arm.arm("GET", ACCOUNT).status == 200
    arm.emulator.close()


def test_the_server_ends_well_on_sigterm_and_drops_connections_on_demand(tmp_path: Path) -> None:
    process, url = started(tmp_path / "emulator.db")
    try:
        posted(f"{url}/_emulator/faults", {"match": {"path": "metadata"}, "then": {"reset": "before"}})
        with pytest.raises(OSError, match=r"Remote end closed|reset"):
            urllib.request.urlopen(f"{url}/metadata/endpoints", timeout=10)  # noqa: S310 - loopback
        with urllib.request.urlopen(f"{url}/metadata/endpoints", timeout=10) as answer:  # noqa: S310 - loopback
            assert json.loads(answer.read())["resourceManager"] == url
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        assert process.returncode in {0, -signal.SIGTERM}
    finally:
        process.kill()
        process.communicate()


def test_a_file_of_something_else_is_refused_with_a_fix(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be read as one" * 100)
    with pytest.raises(StateError, match=r"notes\.txt.*delete it to begin anew"):
        _ = application(state=path).store


def test_a_file_of_a_later_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "emulator.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StateError, match="its format is 99"):
        _ = application(state=path).store


AS_IN_FORMAT_1 = """
DELETE FROM document WHERE kind = 'operation' OR (kind, key) = ('setting', 'running');
UPDATE document SET key = json_extract(body, '$.name') WHERE kind = 'running';
PRAGMA user_version = 1;
"""


def test_what_was_under_way_in_a_file_of_format_1_can_be_asked_for_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "emulator.db"
    arm = opened(path)
    arm.control("world", {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]})
    arm.control("lro", {"polls": 2, "for": "all"})
    created = arm.arm("PUT", deployment(), gpt_4o())
    arm.emulator.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(AS_IN_FORMAT_1)
    again = opened(path)
    assert again.arm("PUT", deployment("other"), gpt_4o()).status == 409
    asked = urlsplit(created.headers["azure-asyncoperation"])
    polled = again.call("GET", f"{asked.path}?{asked.query}", bearer=again.token)
    assert (polled.status, polled.json["status"]) == (200, "Succeeded")
    again.emulator.close()


def test_what_was_under_way_in_a_file_of_format_1_ends_in_time_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "emulator.db"
    arm = opened(path)
    arm.control("world", {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]})
    arm.control("lro", {"seconds": 60, "for": "all"})
    arm.arm("PUT", deployment(), gpt_4o())
    arm.emulator.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(AS_IN_FORMAT_1)
    again = opened(path)
    assert again.arm("GET", deployment()).json["properties"]["provisioningState"] == "Creating"
    again.control("clock", {"advanceSeconds": 61})
    assert again.arm("GET", deployment()).json["properties"]["provisioningState"] == "Succeeded"
    again.emulator.close()


def test_a_world_that_cannot_be_merged_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="unknown key 'planets'"):
        _ = application(state=tmp_path / "emulator.db", world={"planets": []}).store


def test_what_a_caller_needs_is_added_once_and_what_exists_is_left_alone() -> None:
    emulator = application()
    needed = {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]}
    assert emulator.ensure(needed) == (ACCOUNT,)
    arm = Arm(emulator)
    arm.arm("PUT", deployment(), gpt_4o())
    assert emulator.ensure({"accounts": [{"id": ACCOUNT.upper(), "location": "eastus"}]}) == ()
    assert arm.arm("GET", ACCOUNT).json["location"] == "swedencentral"
    assert arm.arm("GET", deployment()).status == 200


def test_a_certificate_that_is_none_is_said_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cert = tmp_path / "cert.pem"
    cert.write_text("no certificate")
    code = serve(port=0, state=None, world=None, latency_ms=0, tls_cert=cert, tls_key=cert)
    said = capsys.readouterr()
    assert (code, said.out) == (1, "")
    assert "both have to be PEM files" in said.err


def test_a_port_that_is_taken_is_said_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code = serve(port=port, state=None, world=None, latency_ms=0, tls_cert=None, tls_key=None)
    assert code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err
