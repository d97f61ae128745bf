"""F-092 with real processes and real sockets: SIGKILL at many moments of an apply against a served
emulator, and the next apply converges with nothing done by hand."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_an_apply_within_five_seconds_with_a_report(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """F-089, F-091."""
    with served(tmp_path / "emulator.db", the_world(tmp_path / "world.json")) as url:
        import urllib.request  # noqa: PLC0415 -- raw HTTP on purpose, and only here

        body = json.dumps({"seconds": 3600, "for": "all"}).encode()
        request = urllib.request.Request(f"{url}/_emulator/lro", data=body, method="POST")  # noqa: S310 -- loopback
        urllib.request.urlopen(request).close()  # noqa: S310
        folder = manifests(tmp_path / "manifests", capacity=10)
        words = [
            sys.executable,
            "-m",
            "reconciler",
            "apply",
            str(folder),
            "--endpoint",
            url,
            "--yes",
            "-o",
            "json",
        ]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        _until_a_write(url)
        asked = time.monotonic()
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=15)
        assert time.monotonic() - asked < 6, err
        assert process.returncode == code
        outcomes = {action["outcome"] for action in json.loads(out)["actions"]}
        assert outcomes == {"unknown", "skipped"}


def _until_a_write(url: str) -> None:
    import urllib.request  # noqa: PLC0415

    for _ in range(200):
        with urllib.request.urlopen(f"{url}/_emulator/requests") as answer:  # noqa: S310 -- loopback
            requests = json.load(answer)["requests"]
        if any(one["method"] == "PUT" for one in requests):
            return
        time.sleep(0.05)
    raise AssertionError("no write was seen")
