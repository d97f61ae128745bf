"""A desk: a folder to stand in, the examples within reach, the command line, and an emulator of one's own.

Nothing at a desk waits: long operations end at once and nobody is throttled. The emulator's calendar is its
own, so no model of the examples retires while this file grows old.
"""

import asyncio
import contextlib
import io
import json
import shlex
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from reconciler.cli import run
from reconciler.emulator import application
from tests.e2e.documents import must_fit
from tests.e2e.walks import EXAMPLES

STATE = Path(".reconciler/emulator.db")
_SETTINGS: tuple[tuple[str, dict[str, object]], ...] = (
    ("lro", {"polls": 0}),
    ("settings", {"throttling": "off"}),
)
_WRITES = frozenset({"PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 -- a document of the interface, looked at by tests
        """What stdout carries."""
        return json.loads(self.out)

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.out}\n{self.err}"


def ran(*words: str) -> Ran:
    """Run one command in this process, as the console script would."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words)
    return Ran(code=code, out=out.getvalue(), err=err.getvalue())


class Desk:
    """Runs commands from `folder`, which must be the working directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "examples").symlink_to(EXAMPLES)
        self.settle()

    def reconciler(self, *words: str) -> Ran:
        """Run one command in this process, and see that its JSON is the document that it should be."""
        done = ran(*words)
        if done.out and (" -o json" in " ".join(words) or "--output json" in " ".join(words)):
            must_fit(words, done.out)
        return done

    def python(self, *words: str) -> Ran:
        """Run a script, in a process of its own."""
        done = subprocess.run(
            [sys.executable, *words], cwd=self.folder, capture_output=True, text=True, check=False
        )
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)

    def type(self, line: str) -> Ran:
        """Do what a line of a README says; `> FILE` works, nothing else of a shell does."""
        words, _, target = line.partition(" > ")
        program, *rest = shlex.split(words)
        ran = self.python(*rest) if program == "python" else self.reconciler(*rest)
        if target:
            (self.folder / target.strip()).write_text(ran.out, encoding="utf-8")
        if words.startswith("reconciler emulator reset"):
            self.settle()
        return ran

    def settle(self) -> None:
        """Set the emulator to this desk's pace; a reset forgets it."""
        for name, body in _SETTINGS:
            self.control("POST", name, body)

    def control(self, method: str, name: str, body: dict[str, object] | None = None) -> Any:  # noqa: ANN401
        """One call of the emulator's control surface."""
        return asyncio.run(controlled(self.folder / STATE, method, name, body))

    def forget_requests(self) -> None:
        """Begin a new page in the emulator's journal."""
        self.control("DELETE", "requests")

    def writes(self) -> dict[str, tuple[str, ...]]:
        """Methods of the writes since the last page, by "account/deployment", in the order they came."""
        return _by_deployment(self.control("GET", "requests")["requests"])


async def controlled(state: Path, method: str, name: str, body: dict[str, object] | None) -> object:
    """One call of the control surface of the emulator that has its state there."""
    emulator = application(state=state)
    transport = httpx.ASGITransport(app=emulator)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.request(method, f"/_emulator/{name}", json=body)
    emulator.close()
    answer.raise_for_status()
    return answer.json()


def _by_deployment(requests: Iterable[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for request in requests:
        if request["method"] in _WRITES:
            account, _, deployment = request["path"].partition("/accounts/")[2].partition("/deployments/")
            found[f"{account}/{deployment}"] += (request["method"],)
    return dict(found)
