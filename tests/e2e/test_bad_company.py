"""Real processes in bad company: full disks, silent servers, and readers of every output for secrets."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.desk import ran
from tests.e2e.served import manifests, served, the_world
from tests.emulator.arm import CONTROLLED

_SMALL = 512
"""Bytes that a file may have on the "full" disk: less than a plan, more than a line of a journal."""


def _full_disk() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_SMALL, _SMALL))


def reconciler(*words: str, full: bool = False, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=_full_disk if full else None,
        env={**os.environ, **({"HOME": str(home), "XDG_STATE_HOME": str(home)} if home else {})},
    )


def control(url: str, name: str, body: object = None) -> object:
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/_emulator/{name}", data=content, headers=CONTROLLED)  # noqa: S310 -- loopback
    with urllib.request.urlopen(request) as answer:  # noqa: S310 -- loopback
        return json.load(answer)


def asked(url: str, method: str) -> int:
    journal = control(url, "requests")
    assert isinstance(journal, dict)
    return sum(1 for entry in journal["requests"] if entry["method"] == method)


def usual(*words: str) -> float:
    """Seconds that a command takes on this machine just now, twice; the limit counts from its start."""
    started = time.monotonic()
    reconciler(*words)
    return 2 * (time.monotonic() - started)


def test_a_plan_that_does_not_fit_on_the_disk_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    """F-095."""
    with served(tmp_path / "state.db", the_world(tmp_path / "world.json")) as url:
        folder, out = manifests(tmp_path / "manifests", capacity=10), tmp_path / "saved.plan"
        out.write_text("the old plan")
        done = reconciler("plan", str(folder), "--endpoint", url, "--out", str(out), full=True)
        assert done.returncode not in {0, 2}, done.stdout
        assert "cannot write" in done.stderr
        assert "Traceback" not in done.stderr
        assert out.read_text() == "the old plan"
        assert [path.name for path in tmp_path.glob(".saved*")] == []
        assert asked(url, "PUT") == 0


def test_a_journal_that_does_not_fit_on_the_disk_stops_no_write_and_is_told(tmp_path: Path) -> None:
    """F-096."""
    with served(tmp_path / "state.db", the_world(tmp_path / "world.json")) as url:
        folder, journal = manifests(tmp_path / "manifests", capacity=10), tmp_path / "journal.jsonl"
        words = ["apply", str(folder), "--endpoint", url, "--yes", "--journal", str(journal)]
        done = reconciler(*words, full=True)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "journal" in done.stderr
        assert "Traceback" not in done.stderr
        after = ran("plan", str(folder), "--endpoint", url, "--detailed-exitcode")
        assert after.code == 0, "everything was applied all the same"


def test_a_report_that_does_not_fit_on_the_disk_stops_no_write_and_is_told(tmp_path: Path) -> None:
    """F-096."""
    with served(tmp_path / "state.db", the_world(tmp_path / "world.json")) as url:
        folder, report = manifests(tmp_path / "manifests", capacity=10), tmp_path / "report.json"
        words = ["apply", str(folder), "--endpoint", url, "--yes", "-o", "json"]
        done = reconciler(*words, "--output-file", str(report), full=True, home=tmp_path / "home")
        assert done.returncode == 1, done.stdout + done.stderr
        assert "the report could not be written" in done.stderr
        assert "Traceback" not in done.stderr
        assert json.loads(report.read_text())["error"]["code"] == "not-written", "no half of a report"
        after = ran("plan", str(folder), "--endpoint", url, "--detailed-exitcode")
        assert after.code == 0, "everything was applied all the same"


def test_a_server_that_never_answers_does_not_outlast_the_time_limit(tmp_path: Path) -> None:
    """I-12: the command ends by its limit and five seconds."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        folder = manifests(tmp_path / "manifests", capacity=10)
        started = time.monotonic()
        done = reconciler("plan", str(folder), "--endpoint", url, "--timeout", "2")
        assert time.monotonic() - started < 2 + 5 + usual("validate", str(folder))
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_an_apply_ends_by_its_time_limit_and_says_what_goes_on(tmp_path: Path) -> None:
    """I-12, F-054: operations that would take an hour."""
    with served(tmp_path / "state.db", the_world(tmp_path / "world.json")) as url:
        control(url, "lro", {"seconds": 3600, "for": "all"})
        folder = manifests(tmp_path / "manifests", capacity=10)
        slack = usual("plan", str(folder), "--endpoint", url)
        limit = 4 + round(slack)  # so that the limit falls into the applying, on a busy machine too
        words = ["apply", str(folder), "--endpoint", url, "--yes", "--timeout", str(limit), "-o", "json"]
        started = time.monotonic()
        done = reconciler(*words)
        assert time.monotonic() - started < limit + 5 + slack
        assert done.returncode == 1, done.stderr
        outcomes = {action["outcome"] for action in json.loads(done.stdout)["actions"]}
        assert outcomes == {"unknown", "skipped"}


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_token_and_no_signed_address_is_in_any_output_or_file(tmp_path: Path, form: str) -> None:
    """F-128, I-14: everything that a verbose apply prints and leaves behind, also when ARM refuses."""
    with served(tmp_path / "state.db", the_world(tmp_path / "world.json")) as url:
        control(url, "lro", {"polls": 2, "for": "all"})
        refusal = {"status": 403, "body": {"error": {"code": "AuthorizationFailed", "message": "no"}}}
        control(url, "faults", {"match": {"method": "PUT", "path": "mini"}, "then": refusal})
        folder, home = manifests(tmp_path / "manifests", capacity=10), tmp_path / "home"
        saved, journal = tmp_path / "saved.plan", tmp_path / "journal.jsonl"
        told = [reconciler("plan", str(folder), "--endpoint", url, "-v", "--out", str(saved), home=home)]
        words = ["apply", str(folder), "--endpoint", url, "--yes", "-v", "--log-json"]
        told.append(reconciler(*words, "-o", form, "--journal", str(journal), home=home))
        left = [path.read_text() for path in (saved, journal)]
    everything = "\n".join([*(done.stdout + done.stderr for done in told), *left])
    assert "AuthorizationFailed" in everything
    assert "PUT" in everything
    assert "operationResults/" in everything, "an operation was followed, and told without its signature"
    for secret in ("eyJ", "Bearer", ".emulator", "&s=", "&h=", "?api-version", "?t="):
        where = everything.find(secret)
        assert where < 0, f"{secret!r} in {everything[max(0, where - 80) : where + 80]!r}"


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        *((limit, ["apply", "fleet", "--yes"]) for limit in range(5, 10)),
        *((limit, ["emulator", "status"]) for limit in (5, 6, 7)),
        *((limit, ["emulator", "serve", "--port", "0"]) for limit in (5, 7, 9)),
    ],
)
def test_where_too_few_files_can_be_opened_the_error_is_one_line_that_says_so(
    limit: int, words: list[str], tmp_path: Path
) -> None:
    """A loop that was half made printed a traceback, and the emulator blamed the file of its state."""
    manifests(tmp_path / "fleet", 10)
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", *words],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)),
    )
    assert done.returncode == 1
    (error,) = [line for line in done.stderr.splitlines() if not line.startswith("Valid")]
    assert error == (
        f"error: too many files are open: this process may have {limit} at once, and needs more; raise the "
        "limit, for example `ulimit -n 256`; nothing was written to ARM"
    )


def test_the_served_emulator_ends_in_silence_on_sigterm(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "reconciler", "emulator", "serve", "--port", "0", "--state", ":memory:"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["url"]
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=30) == ("", "")
        assert process.returncode == 0
