"""Time spent waiting for ARM is time in which what comes next is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.programs import MANIFEST

PROGRAM = """
import sys, threading, time
from http.server import BaseHTTPRequestHandler, HTTPServer
from reconciler.cli import run

seen, order = [], []

def connecting(event, words):
    if event == "socket.connect" and "connect" not in order:
        order.append("connect")

class Noting:
    def find_spec(self, name, path, target=None):
        if name == NAME:
            order.append("import")

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
run([*WORDS, "--endpoint", f"http://127.0.0.1:{server.server_port}"])
print(seen[0], *order, file=sys.stderr)
"""


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
    manifests = tmp_path / "manifests"
    manifests.mkdir()
    fleet = "apiVersion: reconciler.aoai/v1\nkind: Fleet\nmetadata: {name: f}\nspec: {cloud: emulator}\n---\n"
    (manifests / "all.yaml").write_text(fleet + MANIFEST.replace("CAPACITY", "10"))
    program = f"NAME = {needed!r}\nWORDS = {[words[0], str(manifests), *words[1:]]!r}\n{PROGRAM}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path, timeout=60
    )
    assert done.stderr.splitlines()[-1] == "True connect import", done.stderr
