"""Time spent waiting for ARM is time in which what comes next is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals

import pytest

from tests.unit.cli.programs import MANIFEST

PROGRAM = """
import contextlib, signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, HTTPServer
from reconciler.cli import leave, run, tune

tune()
seen, order = [], []

def connecting(event, words):
    if event == "socket.connect" and "connect" not in order:
        order.append("connect")

class Noting:
    def find_spec(self, name, path, target=None):
        if name == NAME:
            order.append("import")
            with contextlib.suppress(BaseException):  # as pydantic does while it makes a model
                signal.raise_signal(NUMBER) if NUMBER else None

sys.addaudithook(connecting)
sys.meta_path.insert(0, Noting())

class Silent(BaseHTTPRequestHandler):
    def do_POST(self):
        end = time.monotonic() + 20
        while NAME not in sys.modules and time.monotonic() < end:
            time.sleep(0.01)
        seen.append(NAME in sys.modules)
        self.send_error(401)
    do_GET = do_POST
    def log_message(self, *words):
        pass

server = HTTPServer(("127.0.0.1", 0), Silent)
threading.Thread(target=server.serve_forever, daemon=True).start()
code = run([*WORDS, "--endpoint", f"http://127.0.0.1:{server.server_port}"])
print(*seen[:1], *order, code, file=sys.stderr)
leave(0)
"""


def last_words(folder: Path, words: list[str], needed: str, number: int = 0) -> list[str]:
    """Whether `needed` was imported during the first request, what came first, and the exit code."""
    manifests = folder / "manifests"
    manifests.mkdir()
    fleet = "apiVersion: reconciler.aoai/v1\nkind: Fleet\nmetadata: {name: f}\nspec: {cloud: emulator}\n---\n"
    (manifests / "all.yaml").write_text(fleet + MANIFEST.replace("CAPACITY", "10"))
    line = [words[0], str(manifests), *words[1:]]
    program = f"NAME, WORDS, NUMBER = {needed!r}, {line!r}, {int(number)}\n{PROGRAM}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=folder, timeout=60
    )
    return done.stderr.splitlines()[-1].split()


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (["plan"], "reconciler.arm.client"),
        (["plan"], "reconciler.plan.make"),
        (["plan"], "reconciler.report.plan"),
        (["apply", "--yes"], "reconciler.engine.apply"),
        (["apply", "--yes"], "reconciler.report.apply"),
    ],
)
def test_what_is_needed_later_is_imported_during_the_first_request(
    words: list[str], needed: str, tmp_path: Path
) -> None:
    assert last_words(tmp_path, words, needed) == ["True", "connect", "import", "1"]


@pytest.mark.parametrize(("number", "code"), [(SIGINT, "130"), (SIGTERM, "143")])
@pytest.mark.parametrize("words", [["plan"], ["apply", "--yes"]])
def test_a_signal_during_the_sign_in_is_not_lost(
    words: list[str], number: Signals, code: str, tmp_path: Path
) -> None:
    """An import took what the handler raised for its own error, and an apply went on for a minute."""
    assert last_words(tmp_path, words, "reconciler.arm.client", number)[-1] == code
