"""An emulator on a real socket, and the command line against it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.desk import Ran, ran
from tests.emulator.arm import controllable

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


def reconciler(*words: str) -> Ran:
    """A command that succeeds, in this process: the processes that matter are those that it follows."""
    done = ran(*words)
    assert done.code == 0, str(done)
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


def until_a_write(url: str) -> None:
    for _ in range(200):
        with urllib.request.urlopen(f"{url}/_emulator/requests") as answer:  # noqa: S310 -- loopback
            requests = json.load(answer)["requests"]
        if any(one["method"] == "PUT" for one in requests):
            return
        time.sleep(0.05)
    raise AssertionError("no write was seen")


def slowness() -> float:
    """How many times longer than alone a piece of work takes now: 1 on a quiet machine."""
    began, worked = time.monotonic(), time.process_time()
    while time.process_time() - worked < 0.3:
        pass
    return max(1.0, (time.monotonic() - began) / 0.3)
