"""Several real processes, one shard each, against one emulator that throttles: the end is that of one
process, no account is ever written by two of them, and one that is killed is simply run again."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reconciler.domain.ids import AccountId
from reconciler.domain.shard import shards
from tests.e2e.served import reconciler, served
from tests.emulator.arm import CONTROLLED

TENANT = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
# Two for each of three shards.
SUBSCRIPTIONS = tuple(f"{number:08d}-0000-0000-0000-000000000000" for number in (40, 41, 42, 43, 45, 49))
REGIONS = ("eastus2", "swedencentral")
SHARDS = 3
SET = """
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: %(account)s}
spec:
  account: {subscription: %(alias)s, resourceGroup: rg, name: %(account)s, region: %(region)s}
  deployments:
    - name: chat
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: %(capacity)d}
    - name: reserved
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: ProvisionedManaged, capacity: 25}
      spilloverDeploymentName: chat
"""


def manifests(folder: Path, *, capacity: int) -> str:
    """Six subscriptions with two accounts each."""
    folder.mkdir(exist_ok=True)
    aliases = ", ".join(
        f"s{number}: {{id: {subscription}, tenant: {TENANT}}}"
        for number, subscription in enumerate(SUBSCRIPTIONS)
    )
    (folder / "fleet.yaml").write_text(
        "apiVersion: reconciler.aoai/v1\nkind: Fleet\nmetadata: {name: sharded}\n"
        f"spec: {{cloud: emulator, subscriptions: {{{aliases}}}}}\n"
    )
    for number in range(len(SUBSCRIPTIONS)):
        for region in REGIONS:
            words = {"account": f"a{number}-{region}", "alias": f"s{number}", "region": region}
            (folder / f"{words['account']}.yaml").write_text(SET % {**words, "capacity": capacity})
    return str(folder)


def the_world(path: Path) -> Path:
    accounts = [
        {
            "id": f"/subscriptions/{subscription}/resourceGroups/rg/providers/"
            f"Microsoft.CognitiveServices/accounts/a{number}-{region}",
            "location": region,
        }
        for number, subscription in enumerate(SUBSCRIPTIONS)
        for region in REGIONS
    ]
    subscriptions = [{"subscriptionId": one, "tenantId": TENANT} for one in SUBSCRIPTIONS]
    path.write_text(json.dumps({"subscriptions": subscriptions, "accounts": accounts}))
    return path


@contextmanager
def throttling(tmp_path: Path, name: str) -> Iterator[str]:
    """An emulator that throttles reads and writes, three times each; a request is given up after four."""
    with served(tmp_path / f"{name}.db", the_world(tmp_path / "world.json")) as url:
        for method, nth in (("GET", 2), ("GET", 9), ("GET", 17), ("PUT", 1), ("PUT", 4), ("PUT", 10)):
            match = {"method": method, "path": "/deployments", "nth": nth, "times": 1}
            then = {"status": 429, "headers": {"Retry-After": "1"}}
            control(url, "faults", {"match": match, "then": then})
        yield url


def control(url: str, name: str, body: dict[str, object] | None = None) -> Any:  # noqa: ANN401 -- JSON
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/_emulator/{name}", data=content, headers=CONTROLLED)  # noqa: S310 -- loopback
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return json.load(answer)


def start(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "reconciler", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def in_shards(*words: str) -> list[subprocess.Popen[str]]:
    return [start(*words, "--shard", f"{index}/{SHARDS}", "-q") for index in range(1, SHARDS + 1)]


def end(processes: Sequence[subprocess.Popen[str]]) -> None:
    told = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), "\n".join(told)


def state_of(folder: str, url: str) -> Any:  # noqa: ANN401 -- a document of the interface
    """What is there, whoever made it and when."""
    return json.loads(reconciler("show", folder, "--endpoint", url, "-q", "-o", "json").out)


def writers(url: str) -> dict[str, set[str]]:
    """Which processes wrote to each account: every process has a correlation id of its own."""
    found: dict[str, set[str]] = defaultdict(set)
    for request in control(url, "requests")["requests"]:
        if request["method"] in {"PUT", "DELETE"}:
            account = request["path"].split("/deployments/")[0].lower()
            found[account].add(request["headers"]["x-ms-correlation-request-id"])
    return found


def throttled(url: str) -> int:
    return sum(1 for one in control(url, "requests")["requests"] if one["status"] == 429)


def alone(tmp_path: Path, folder: str) -> Any:  # noqa: ANN401 -- a document of the interface
    """What one process makes of the same manifests."""
    with throttling(tmp_path, "alone") as url:
        reconciler("apply", folder, "--endpoint", url, "--yes", "-q")
        return state_of(folder, url)


def test_shards_side_by_side_end_where_one_process_ends_and_never_write_the_same_account(
    tmp_path: Path,
) -> None:
    """I-09, I-20; by themselves, and then as shards of a merged plan."""
    folder = manifests(tmp_path / "m", capacity=10)
    with throttling(tmp_path, "shards") as url:
        end(in_shards("apply", folder, "--endpoint", url, "--yes"))
        assert state_of(folder, url) == alone(tmp_path, folder)
        assert throttled(url) > 0
        by_account = writers(url)
        assert len(by_account) == len(SUBSCRIPTIONS) * len(REGIONS)
        assert {len(processes) for processes in by_account.values()} == {1}
        assert len(set().union(*by_account.values())) == SHARDS, "every shard had something to do"

        manifests(tmp_path / "m", capacity=20)
        files = [str(tmp_path / f"{index}.json") for index in range(1, SHARDS + 1)]
        end(
            [
                start("plan", folder, "--endpoint", url, "-q", "--shard", f"{index}/{SHARDS}", "--out", file)
                for index, file in enumerate(files, start=1)
            ]
        )
        merged = str(tmp_path / "merged.json")
        reconciler("plan", "merge", *files, "-q", "--manifests", folder, "--out", merged)
        end(in_shards("apply", merged, folder, "--endpoint", url))
        assert {len(processes) for processes in writers(url).values()} == {2}, "one writer more, and only one"
        reconciler("plan", folder, "--endpoint", url, "-q", "--detailed-exitcode")


def test_a_killed_shard_is_run_again_and_the_others_never_notice(tmp_path: Path) -> None:
    """F-092, I-08, I-11."""
    folder = manifests(tmp_path / "m", capacity=10)
    with throttling(tmp_path, "killed") as url:
        victim, *others = in_shards("apply", folder, "--endpoint", url, "--yes")
        _until_a_write_of(victim, url)
        victim.send_signal(signal.SIGKILL)
        victim.communicate(timeout=10)
        end(others)
        end([start("apply", folder, "--endpoint", url, "--yes", "-q", "--shard", f"1/{SHARDS}")])
        reconciler("plan", folder, "--endpoint", url, "-q", "--detailed-exitcode")


def _until_a_write_of(process: subprocess.Popen[str], url: str) -> None:
    """Until its shard, the first, has begun to write: the accounts of the others are not its own."""
    for _ in range(400):
        if process.poll() is not None or any(_is_of_first_shard(path) for path in writers(url)):
            return
        time.sleep(0.02)
    raise AssertionError("no write was seen")


def _is_of_first_shard(account: str) -> bool:
    name = AccountId.parse(account)
    return shards([(name, None)], SHARDS)[name] == 1
