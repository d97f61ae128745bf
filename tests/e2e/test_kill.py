"""Real processes and real sockets against a served emulator: killed, interrupted, and two at once."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.served import manifests, reconciler, served, the_world
from tests.emulator.arm import CONTROLLED


def test_an_apply_killed_at_many_moments_converges_when_it_is_run_again(tmp_path: Path) -> None:
    """F-092, I-08: SIGKILL, and nothing is done by hand."""
    with served(tmp_path / "emulator.db", the_world(tmp_path / "world.json")) as url:
        for round_number, delay in enumerate((0.5, 0.8, 1.0, 1.2, 1.4, 1.7, 2.0, 2.4, 2.9)):
            folder = manifests(tmp_path / "manifests", capacity=10 + round_number)
            words = [
                sys.executable,
                "-m",
                "reconciler",
                "apply",
                str(folder),
                "--endpoint",
                url,
                "--yes",
                "-q",
            ]
            process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=10)
            reconciler("apply", str(folder), "--endpoint", url, "--yes", "-q")
            plan = json.loads(reconciler("plan", str(folder), "--endpoint", url, "-o", "json").out)
            assert plan["summary"]["none"] == len(plan["actions"]) == 6, f"killed after {delay} s"


def test_an_upgrade_killed_while_it_writes_leaves_whole_files_and_the_next_one_ends_the_same(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "manifests"
    words = ["upgrade", str(folder), "--offline", "--as-of", "2026-10-06", "--within", "200", "--write", "-q"]
    old = season(folder)
    reconciler(*words)
    new = texts(folder)
    assert all(new[name] != old[name] for name in old if name != "fleet.yaml")
    for killed_behind in (1, 4, 9):
        season(folder)
        process = subprocess.Popen(
            [sys.executable, "-m", "reconciler", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 60
        while sum(texts(folder)[name] != old[name] for name in old) < killed_behind:
            assert time.monotonic() < until
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
        left = texts(folder)
        assert all(left[name] in (old[name], new[name]) for name in old)
        reconciler(*words)
        assert texts(folder) == new


def season(folder: Path) -> dict[str, bytes]:
    """A fleet of 60 files, each with a model that retires."""
    folder.mkdir(exist_ok=True)
    head = "apiVersion: reconciler.aoai/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n"
    prod = "  subscriptions: {prod: {id: 11111111-1111-1111-1111-111111111111}}\n"
    (folder / "fleet.yaml").write_text(head.format(kind="Fleet", name="season") + prod, "utf-8")
    for number in range(60):
        text = head.format(kind="DeploymentSet", name=f"s{number}")
        text += (
            f"  account: {{subscription: prod, resourceGroup: rg, name: acct-{number}, region: eastus2}}\n"
        )
        text += '  deployments:\n    - {name: chat, model: {name: gpt-4o, version: "2024-05-13"}, '
        text += "sku: {name: GlobalStandard, capacity: 10}}\n"
        (folder / f"set-{number:02}.yaml").write_text(text, "utf-8")
    return texts(folder)


def texts(folder: Path) -> dict[str, bytes]:
    """What every manifest holds, by its name."""
    return {file.name: file.read_bytes() for file in folder.glob("[!.]*.yaml")}


def test_two_processes_that_apply_the_same_at_once_end_in_the_state_of_one(tmp_path: Path) -> None:
    """F-082, I-20: an update, a delete, and nothing that the other one does is undone."""
    with served(tmp_path / "emulator.db", the_world(tmp_path / "world.json")) as url:
        folder = manifests(tmp_path / "manifests", capacity=10)
        reconciler("apply", str(folder), "--endpoint", url, "--yes", "-q")
        manifests(folder, capacity=20)
        two = (folder / "two.yaml").read_text()
        (folder / "two.yaml").write_text(two[: two.index("    - name: mini")])
        words = [sys.executable, "-m", "reconciler", "apply", str(folder), "--endpoint", url, "--yes"]
        both = [
            subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        told = [process.communicate(timeout=60) for process in both]
        assert not any("Traceback" in err for _, err in told)
        plan = json.loads(reconciler("plan", str(folder), "--endpoint", url, "-o", "json").out)
        assert plan["summary"]["none"] == len(plan["actions"]) == 5, told


def control(url: str, name: str, body: object) -> None:
    content = json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/_emulator/{name}", data=content, headers=CONTROLLED)  # noqa: S310
    urllib.request.urlopen(request).close()  # noqa: S310


@contextmanager
def in_the_middle(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """An apply with one of each kind: done, an operation of an hour, a PUT without an answer, a rest."""
    with served(folder / "emulator.db", the_world(folder / "world.json")) as url:
        control(url, "lro", {"seconds": 3600, "for": "long"})
        late = {"match": {"method": "PUT", "path": "accounts/two/"}, "then": {"delayMs": 50_000}}
        control(url, "faults", late)
        words = ["apply", str(manifests(folder / "manifests", capacity=10)), "--endpoint", url, "--yes"]
        process = subprocess.Popen(
            [sys.executable, "-m", "reconciler", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "XDG_STATE_HOME": str(folder), "COLUMNS": "200"},
        )
        try:
            until(process, "one/reserved: PUT received by ARM")
            yield process
        finally:
            process.kill()
            process.communicate()


def until(process: subprocess.Popen[str], told: str) -> None:
    """Read the progress up to a line."""
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if told in line:
            return
    raise AssertionError("".join(seen))


INTERRUPTED = (
    r"Interrupted by {}: 2 done, 2 may still be running: "
    r"one/reserved \(request id [\w-]{{36}}\), two/chat, 2 not started\.\n"
)


@pytest.mark.parametrize(
    ("signals", "code", "limit"),
    [
        pytest.param((signal.SIGINT,), 130, 6.0, id="F-089"),
        pytest.param((signal.SIGTERM,), 143, 6.0, id="F-091"),
        pytest.param((signal.SIGHUP,), 143, 6.0, id="a terminal that was closed"),
        pytest.param((signal.SIGINT, signal.SIGINT), 130, 1.0, id="F-090"),
        pytest.param((signal.SIGTERM, signal.SIGINT), 143, 1.0, id="a person loses patience with CI"),
    ],
)
def test_a_signal_ends_an_apply_in_time_with_what_is_done_what_runs_and_what_was_not_begun(
    tmp_path: Path, signals: tuple[signal.Signals, ...], code: int, limit: float
) -> None:
    """I-07, F-089, F-090, F-091: five seconds after the first signal, one after the second."""
    with in_the_middle(tmp_path) as process:
        for number in signals[:-1]:
            process.send_signal(number)
            until(process, "nothing new begins")
            time.sleep(0.5)
            assert process.poll() is None, "after the first signal what is in flight has its grace"
        asked = time.monotonic()
        process.send_signal(signals[-1])
        out, err = process.communicate(timeout=15)
        assert time.monotonic() - asked < limit, err
        assert process.returncode == code, out + err
        assert "Traceback" not in err
        assert re.search(INTERRUPTED.format(signals[0].name), out), out
