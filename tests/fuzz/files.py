"""Damaged files and surroundings for the command line: plan files, az's output, proxies of the environment.

`python -m tests.fuzz.files --seconds 60` by hand; the tests run a fixed number. Whatever comes, a command
ends with one of its exit codes and a sentence; it never speaks of a bug in this program.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from reconciler.cli import run

ROOT = Path(__file__).resolve().parents[2]
_ODD = (
    "null",
    "true",
    "0",
    "-1",
    "1e308",
    '""',
    '"\\u0000"',
    '"\\u202e"',
    "[]",
    "{}",
    "[[]]",
    '{"": {}}',
    '"../etc"',
)
_VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE")
_PROXIES = (
    "", "proxy", "http://", "http://[", "http://proxy:port", "http://proxy:99999", "socks5h://127.0.0.1:1",
    "ftp://x", "http://u:p@127.0.0.1:9", "10.96.0.0/12,fd00::/8,[::1],*", "10.0.0.0/99", "::::", "\u202e",
    "/nowhere", "*",
)  # fmt: skip
_ACCOUNT = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg"
    "/providers/Microsoft.CognitiveServices/accounts/acct"
)


@cache
def plan_file() -> str:
    """A plan of the quickstart, made once."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), _silence():
        run(["plan", str(ROOT / "examples" / "quickstart"), "--out", "plan.json", "-q"])
        return Path("plan.json").read_text("utf-8")


@cache
def az_output() -> str:
    """What az prints as its list of deployments."""
    return (ROOT / "examples" / "migrate" / "deployments.json").read_text("utf-8")


def damaged(text: str, chance: random.Random) -> bytes:
    """A JSON text with values swapped for odd ones, or cut, or with noise in it."""
    document = json.loads(text)
    for _ in range(chance.randint(1, 3)):
        _spoil(document, chance)
    made = bytearray(json.dumps(document).encode("utf-8", "surrogatepass"))
    dice = chance.random()
    if dice < 0.15:
        del made[chance.randrange(len(made)) :]
    elif dice < 0.3:
        made[chance.randrange(len(made))] = chance.randrange(256)
    elif dice < 0.33:
        made[:0] = b"[" * 100_000
    return bytes(made)


def _spoil(node: object, chance: random.Random) -> None:
    while True:
        if isinstance(node, dict) and node:
            key = chance.choice(list(node))
            if chance.random() < 0.3 or not isinstance(node[key], dict | list) or not node[key]:
                node[key] = json.loads(chance.choice(_ODD))
                return
            node = node[key]
        elif isinstance(node, list) and node:
            number = chance.randrange(len(node))
            if chance.random() < 0.3 or not isinstance(node[number], dict | list) or not node[number]:
                node[number] = json.loads(chance.choice(_ODD))
                return
            node = node[number]
        else:
            return


def throw(seed: int) -> str:
    """One command over damaged input; what it broke of its promise, empty where nothing."""
    chance = random.Random(seed)  # noqa: S311 -- a repeatable choice, no secret
    manifests = str(ROOT / "examples" / "quickstart")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), _silence() as told:
        file = Path("input.json")
        words = [
            ["apply", str(file), manifests, "--yes", "-q"],
            ["plan", "merge", str(file), str(file)],
            ["drift", manifests, "--since-plan", str(file)],
            ["export", "--from", str(file), "--account", _ACCOUNT, "--location", "eastus2"],
            ["plan", manifests, "--cloud", "AzureCloud", "--credential", "environment", "--timeout", "2"],
        ][seed % 5]
        file.write_bytes(damaged(az_output() if words[0] == "export" else plan_file(), chance))
        surroundings = dict(os.environ)
        if words[0] == "plan" and "--cloud" in words:
            for name in _VARIABLES:
                if chance.random() < 0.5:
                    os.environ[name] = chance.choice(_PROXIES).replace("\x00", "")
        try:
            code = run(words)
        except BaseException as escaped:  # noqa: BLE001 -- whatever escapes is what this looks for
            return f"{words}: {type(escaped).__name__}: {escaped}"
        finally:
            os.environ.clear()
            os.environ.update(surroundings)
    said = told.getvalue()
    if code not in {0, 1, 2, 3, 64} or "a bug in this program" in said or "Traceback" in said:
        return f"{words}: exit code {code}: {said[-600:]}"
    return ""


@contextlib.contextmanager
def _silence() -> Iterator[io.StringIO]:
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        yield told


def main() -> int:
    """Throw for so many seconds; 1 at the first broken promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.files", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    seed, end = given.seed, time.monotonic() + given.seconds
    while time.monotonic() < end:
        broken = throw(seed)
        if broken:
            print(f"seed {seed}: {broken}")  # noqa: T201 -- for whoever runs it
            return 1
        seed += 1
    print(f"{seed - given.seed} throws, all taken well")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
