"""Real processes against a server that means ill: bounded memory, few requests, a timely end."""

import itertools
import json
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.arm.policy import MOST_PAGES
from tests.e2e.hostile import MIB, Reply, bomb, hostile, measured

MOST = 256 * MIB
AT_ONCE = 140
"""Accounts: more than the requests that are in flight at once."""
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
FLEET = f"""
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {{name: watched}}
spec:
  cloud: emulator
  subscriptions:
    prod: {{id: {SUBSCRIPTION}, tenant: aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa}}
"""
SET = """---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: %(account)s}
spec:
  account: {subscription: prod, resourceGroup: rg, name: %(account)s, region: eastus2}
  deployments:
    - name: chat
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: 10}
"""


def fleet(folder: Path, accounts: int) -> Path:
    sets = "".join(SET % {"account": f"acc{number}"} for number in range(accounts))
    (folder / "fleet.yaml").write_text(FLEET + sets)
    return folder


def account(name: str) -> dict[str, object]:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
    return {
        "id": f"{group}/providers/Microsoft.CognitiveServices/accounts/{name}",
        "name": name,
        "location": "eastus2",
        "kind": "OpenAI",
        "properties": {"provisioningState": "Succeeded"},
    }


def honest(path: str) -> bytes | None:
    """The accounts, which have to be there for anybody to ask for what is in them."""
    plain = path.partition("?")[0]
    if plain.endswith("/providers/Microsoft.CognitiveServices/accounts"):
        return json.dumps({"value": [account(f"acc{number}") for number in range(AT_ONCE)]}).encode()
    name = plain.rpartition("/")[2]
    return json.dumps(account(name)).encode() if "/accounts/acc" in plain and name.startswith("acc") else None


def everywhere(reply: Reply) -> Callable[[str], Reply]:
    return lambda _: reply


def inside(reply: Callable[[str], Reply]) -> Callable[[str], Reply]:
    def answer(path: str) -> Reply:
        known = honest(path)
        return reply(path) if known is None else Reply([known])

    return answer


def padded(filling: bytes, size: int = 8 * MIB - 64) -> Callable[[str], Reply]:
    """Just below the largest answer that is read, or of another size, in each account."""
    reply = Reply([b'{"value": [], "x": [' + filling * (size // len(filling)) + b"0]}"])
    return inside(lambda _: reply)


def blanks(mebibytes: int) -> list[bytes]:
    return [b'{"value": "', *[b"x" * MIB] * mebibytes, b'"}']


HEADERS = tuple((f"x-{number}", "y" * 50) for number in range(20_000))
ANSWERS: dict[str, Callable[[], Callable[[str], Reply]]] = {
    "a gzip bomb of 300 MiB": lambda: everywhere(Reply([bomb(300)], headers=(("Content-Encoding", "gzip"),))),
    "50 MiB of JSON": lambda: everywhere(Reply(blanks(50))),
    "a hundred thousand levels": lambda: everywhere(Reply([b"[" * 100_000, b"]" * 100_000])),
    "endless headers": lambda: everywhere(Reply([b"{}"], headers=HEADERS)),
    "a long text in each account": lambda: padded(b'"%s",' % (b"x" * 1000)),
    "almost a mebibyte in each account": lambda: padded(b'"%s",' % (b"x" * 90), MIB - 64),
    "a million little things in each account": lambda: padded(b"{},"),
}
"""What makes an answer once, before many requests ask for it at once."""


@pytest.mark.parametrize("kind", ANSWERS)
def test_no_answer_makes_a_plan_need_more_than_256_mebibytes(tmp_path: Path, kind: str) -> None:
    """I-19, F-013, F-014."""
    with hostile(ANSWERS[kind]()) as server:
        done = measured("plan", str(fleet(tmp_path, AT_ONCE)), "--endpoint", server.url, "--timeout", "60")
    assert done.code in {0, 1}, done.out + done.err
    assert "Traceback" not in done.err
    print(f"peak: {done.peak // MIB} MiB")  # noqa: T201 -- shown by pytest -rP
    assert done.peak <= MOST


def endless(url: str, path: str) -> Reply:
    """A page that names another one, each time; large enough to be felt if all of them were kept."""
    link = f"{url}{path.partition('&page')[0]}&page={time.monotonic_ns()}"
    page = {"value": [], "nextLink": link, "x": "y" * 10_000}
    return Reply([json.dumps(page).encode()])


def test_endless_pages_end_and_take_no_more_memory_than_one(tmp_path: Path) -> None:
    """I-19, F-124."""
    urls: list[str] = []
    with hostile(inside(lambda path: endless(urls[0], path))) as server:
        urls.append(server.url)
        done = measured(
            "plan", str(fleet(tmp_path, 1)), "--endpoint", server.url, "--timeout", "60", is_paced=False
        )
    assert done.code == 1, done.out + done.err
    assert "Traceback" not in done.err
    assert server.asked.total() > MOST_PAGES
    print(f"peak: {done.peak // MIB} MiB")  # noqa: T201 -- shown by pytest -rP
    assert done.peak <= MOST


MANIFESTS: dict[str, Callable[[], str]] = {
    "an alias bomb": lambda: (
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{b}: &{b} [{', '.join(['*' + a] * 10)}]\n" for a, b in itertools.pairwise("abcdefghi"))
    ),
    "a hundred thousand levels": lambda: "a: " + "[" * 100_000,
    "50 MiB": lambda: "a: " + "x" * (50 * MIB),
    "a million keys": lambda: "".join(f"k{number}: 0\n" for number in range(70_000)),
    "ten thousand mistakes": lambda: FLEET + SET * 4_000,
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_no_manifest_makes_validate_need_more_than_256_mebibytes(tmp_path: Path, kind: str) -> None:
    """I-19, F-101, F-102, F-108, F-122."""
    (tmp_path / "fleet.yaml").write_text(MANIFESTS[kind]())
    done = measured("validate", str(tmp_path))
    assert done.code == 1, done.out + done.err
    assert "Traceback" not in done.err
    print(f"peak: {done.peak // MIB} MiB")  # noqa: T201 -- shown by pytest -rP
    assert done.peak <= MOST


# -- a total outage ----------------------------------------------------------------------------------------


def test_a_total_outage_costs_twenty_requests_beyond_the_first_ones_and_ends_in_time(tmp_path: Path) -> None:
    """I-17, I-12, F-042, F-043: every answer a 503, two hundred accounts, on the wire."""
    unavailable = Reply([b'{"error": {"code": "ServiceUnavailable", "message": "down"}}'], status=503)
    with hostile(lambda _: unavailable) as server:
        started = time.monotonic()
        done = measured("plan", str(fleet(tmp_path, 200)), "--endpoint", server.url, "--timeout", "60")
        took = time.monotonic() - started
    assert done.code == 1, done.out + done.err
    first = len(server.asked)
    assert server.asked.total() <= first + 20, server.asked.most_common(5)
    assert server.asked.total() > first, "a 503 is worth another attempt"
    assert took < 60 + 5
    assert "Traceback" not in done.err


def test_a_server_that_is_gone_ends_a_plan_of_many_accounts_in_time(tmp_path: Path) -> None:
    """I-12, F-001: connections are refused."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    started = time.monotonic()
    done = measured(
        "plan", str(fleet(tmp_path, 200)), "--endpoint", f"http://127.0.0.1:{port}", "--timeout", "60"
    )
    assert time.monotonic() - started < 60 + 5
    assert done.code == 1, done.out + done.err
    assert re.search(r"gave no token|unreadable|did not answer", done.out + done.err)
    assert "Traceback" not in done.err
