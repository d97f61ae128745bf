"""Throws odd surroundings at the step of the Action: it must end with an exit code and no traceback.

`python -m tests.fuzz.github_step --seconds 60` by hand; the tests run a fixed number of surroundings.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from reconciler.cli.github.step import main as step

ROOT = Path(__file__).resolve().parents[2]
_DEEP = b"[" * 100_000 + b"]" * 100_000
_EVENTS = (
    b"[]", b"null", b"", b"{", b"\xff\xfe", b"7", b'"text"', b'{"pull_request": null}',
    b'{"pull_request": []}', b'{"pull_request": {"number": "7"}}', b'{"pull_request": {"number": -1}}',
    b'{"pull_request": {"number": true}}', b'{"pull_request": {"number": 7}}', _DEEP,
)  # fmt: skip
_OURS = (
    b'[{"body": "<!-- reconciler target=default comment -->", "id": 5, '
    b'"user": {"login": "github-actions[bot]"}}]'
)
_ANSWERS = (
    b"{}", b"[]", b"null", b"7", b'"text"', b"", b"{", b"\xff", b'["a", 1, null]',
    b'[{"body": 7, "user": []}]', b'{"number": "7", "labels": "x"}', b'{"message": ["no"]}',
    b'[{"body": null, "user": {"login": "github-actions[bot]"}, "id": "x"}]',
    b'{"number": 7, "labels": [{"name": "drift"}]}', b'{"number": 7, "labels": ["drift"]}',
    _OURS, _DEEP,
)  # fmt: skip
_STATUSES = (200, 200, 200, 201, 204, 301, 403, 404, 422, 500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a runner gave the step, and how the command itself is to end."""

    environ: dict[str, str]
    ends: tuple[int, ...]


class _Forge(BaseHTTPRequestHandler):
    """Answers whatever the next throw says."""

    chance: random.Random

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        body = self.chance.choice(_ANSWERS)
        self.send_response(self.chance.choice(_STATUSES))
        self.send_header("Content-Length", str(len(body) + self.chance.choice((0, 0, 0, 5))))
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815 -- the names that the base class looks for

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 -- the base class's own
        """Say nothing."""


@contextlib.contextmanager
def forge(chance: random.Random) -> Iterator[str]:
    """An interface that answers oddly; its address."""
    handler = type("Handler", (_Forge,), {"chance": chance})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def surroundings(chance: random.Random, folder: Path, api: str) -> Surroundings:
    """A runner with something odd about it; the command is `validate`, `plan`, `apply` or `drift`."""
    tree = folder / "tree"
    tree.mkdir()
    shutil.copytree(ROOT / "examples" / "quickstart", tree / "manifests")
    (folder / "event.json").write_bytes(chance.choice(_EVENTS))
    (folder / "a-folder").mkdir()
    places = ("output", "a-folder", "no/such/folder/file", "")
    command = chance.choice(("validate", "plan", "plan", "plan", "apply", "drift", "drift"))
    environ = {
        "INPUT_COMMAND": command,
        "INPUT_ISSUE_LABEL": chance.choice(("", "drift")),
        "INPUT_TOKEN": chance.choice(("token", "", "a\nb", "\u00fc")),
        "INPUT_ARGS": f"--emulator-state\n{folder / 'emulator.db'}" if command != "validate" else "",
        "GITHUB_WORKSPACE": str(tree),
        "GITHUB_API_URL": chance.choice((api, api, api, "", "nonsense", "https://[", "http://127.0.0.1:1")),
        "GITHUB_REPOSITORY": chance.choice(("contoso/fleet", "", "a b/\u00fc")),
        "GITHUB_EVENT_NAME": chance.choice(("pull_request", "pull_request", "push")),
        "GITHUB_EVENT_PATH": str(
            folder / chance.choice(("event.json", "event.json", "none.json", "a-folder"))
        ),
    }
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        place = chance.choice(places)
        environ[name] = str(folder / place) if place else ""
    if chance.random() < 0.7:
        environ["RUNNER_TEMP"] = str(folder / chance.choice(("a-folder", "no-such-folder", "event.json")))
    ends = {"validate": (0,), "plan": (0,), "apply": (0,), "drift": (0, 1)}[command]
    return Surroundings(environ=environ, ends=ends)


def throw(seed: int) -> str:
    """What is wrong with how the step took one throw; empty where nothing is."""
    chance = random.Random(seed)  # noqa: S311 -- a fuzzer wants the same throws again
    with tempfile.TemporaryDirectory() as name, forge(chance) as api:
        given = surroundings(chance, Path(name), api)
        printed, before = io.StringIO(), Path.cwd()
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                code = step(given.environ)
        except BaseException as raised:  # noqa: BLE001 -- what the fuzzer is looking for
            return f"raised {type(raised).__name__}: {raised}\n{json.dumps(given.environ, indent=1)}"
        finally:
            os.chdir(before)
        if code not in given.ends:
            return f"exit code {code}, not one of {given.ends}\n{printed.getvalue()}"
        output = given.environ["GITHUB_OUTPUT"]
        if output.endswith("/output") and "exitcode<<" not in Path(output).read_text("utf-8"):
            return f"no outputs\n{printed.getvalue()}"
        return f"a traceback\n{printed.getvalue()}" if "Traceback" in printed.getvalue() else ""


def main(argv: list[str]) -> int:
    """Throw for so many seconds; 1 at the first that is taken badly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args(argv)
    end, seed = time.monotonic() + asked.seconds, asked.seed
    while time.monotonic() < end:
        wrong = throw(seed)
        if wrong:
            sys.stdout.write(f"seed {seed}: {wrong}\n")
            return 1
        seed += 1
    sys.stdout.write(f"{seed - asked.seed} throws, all taken well\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
