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

from tests.emulator.arm import CONTROLLED, controllable

FLEET = """
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: killed}
spec:
  cloud: emulator
  subscriptions:
    prod: {id: 11111111-1111-1111-1111-111111111111, tenant: aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa}
"""
SET = """
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: %(account)s}
spec:
  account: {subscription: prod, resourceGroup: rg, name: %(account)s, region: eastus2}
  deployments:
    - name: chat
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: %(capacity)d}
    - name: reserved
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: ProvisionedManaged, capacity: 25}
      spilloverDeploymentName: chat
    - name: mini
      model: {name: gpt-4.1-mini, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: 10}
"""
ACCOUNTS = ("one", "two")


def reconciler(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", *words], capture_output=True, text=True, check=False, timeout=120
    )
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


@contextmanager
def served(state: Path, world: Path) -> Iterator[str]:
    """An emulator on a real socket, slow enough to be interrupted in the middle of everything."""
    words = [
        "emulator",
        "serve",
        "--port",
        "0",
        "--state",
        str(state),
        "--world",
        str(world),
        "--latency-ms",
        "25",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=controllable(),
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)
        if process.stdout is not None:
            process.stdout.close()


def manifests(folder: Path, capacity: int) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "fleet.yaml").write_text(FLEET)
    for account in ACCOUNTS:
        (folder / f"{account}.yaml").write_text(SET % {"account": account, "capacity": capacity})
    return folder


def the_world(path: Path) -> Path:
    group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg"
    accounts = [
        {"id": f"{group}/providers/Microsoft.CognitiveServices/accounts/{name}", "location": "eastus2"}
        for name in ACCOUNTS
    ]
    subscription = {
        "subscriptionId": "11111111-1111-1111-1111-111111111111",
        "tenantId": "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa",
    }
    path.write_text(json.dumps({"subscriptions": [subscription], "accounts": accounts}))
    return path


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
            plan = json.loads(reconciler("plan", str(folder), "--endpoint", url, "-o", "json").stdout)
            assert plan["summary"]["none"] == len(plan["actions"]) == 6, f"killed after {delay} s"


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
        plan = json.loads(reconciler("plan", str(folder), "--endpoint", url, "-o", "json").stdout)
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


def _until_a_write(url: str) -> None:
    for _ in range(200):
        with urllib.request.urlopen(f"{url}/_emulator/requests") as answer:  # noqa: S310 -- loopback
            requests = json.load(answer)["requests"]
        if any(one["method"] == "PUT" for one in requests):
            return
        time.sleep(0.05)
    raise AssertionError("no write was seen")
