"""The README is true: each of its commands is run, its plan is a real one, its manifest is valid."""

import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, NamedTuple

import pytest

from tests.e2e.served import slowness

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    return [line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith("$ ")]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return check_out(tmp_path)


def check_out(folder: Path) -> Path:
    """What a newcomer has: the files of the repository, and the program on the path."""
    for name in ("manifests", "examples", "Makefile", "pyproject.toml", "README.md", "reconciler"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    (folder / ".venv" / "bin").mkdir(parents=True)
    return folder


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "HOME": str(folder), "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def test_every_command_of_the_readme_works_in_its_order(checkout: Path) -> None:
    ready = [command for command in commands() if command not in {"make demo", ". .venv/bin/activate"}]
    assert len(ready) >= 5
    for command in ready:
        done = run(command, checkout)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


class Demo(NamedTuple):
    """A demo that has ended: stdout, and the longest wait for a line on either stream, in seconds.

    The wait is counted in units of how long the machine makes everything wait just then.
    """

    out: str
    silence: float


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """`make demo` is this script after its set-up; the set-up is what this test-suite itself ran on."""
    return shown_in(check_out(tmp_path_factory.mktemp("demo")))


def shown_in(folder: Path) -> Demo:
    before = slowness()
    lines: dict[int, list[str]] = {1: [], 2: []}
    waits = list[float]()
    last = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "examples/demo.py"],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        told = queue.SimpleQueue[tuple[int, str]]()
        for number, stream in ((1, process.stdout), (2, process.stderr)):
            assert stream is not None
            threading.Thread(target=hand_on, args=(number, stream, told), daemon=True).start()
        open_streams = 2
        while open_streams:
            number, line = told.get(timeout=180)
            open_streams -= not line
            lines[number].append(line)
            now = time.monotonic()
            waits.append(now - last)
            last = now
    assert process.returncode == 0, "".join([*lines[1], *lines[2]])
    assert len(waits) <= 120, "progress on stderr counts as well"
    return Demo(out="".join(lines[1]), silence=max(waits) / max(before, slowness()))


def hand_on(number: int, stream: IO[str], told: queue.SimpleQueue[tuple[int, str]]) -> None:
    """Each line of a stream, and an empty one at its end."""
    for line in iter(stream.readline, ""):
        told.put((number, line))
    told.put((number, ""))


def test_the_demo_tells_its_story_to_the_end(demo: Demo) -> None:
    assert "make demo" in commands()
    told = demo.out
    blamed = told.index("changed-outside  by night-shift-script at 2026-06-22T")
    assert told.index("16 to create") < told.index("16 succeeded") < blamed
    assert (
        blamed
        < told.index("Apply: 1 succeeded")
        < told.index("Nothing to do: 16 declared deployments in sync")
    )
    assert told.rstrip().splitlines()[-1].startswith("# Next")
    assert told.index("begins on 2026-06-22") < told.index("$ reconciler validate")
    lines = told.splitlines()
    assert len(lines) <= 120, "a demo that nobody reads shows nothing"
    steps = [number for number, line in enumerate(lines) if re.match(r"# +(\d\.|The nightly)", line)]
    assert len(steps) == 6
    for step in steps:
        assert next(line for line in lines[step + 1 :] if not line.startswith("#")).startswith("$ ")


SILENCE = 2.0
"""Seconds for which the demo may be silent, where it has a processor to itself."""


def test_the_demo_is_never_silent_for_long(demo: Demo, checkout: Path) -> None:
    """The best of three counts."""
    assert demo.silence <= SILENCE or any(shown_in(checkout).silence <= SILENCE for _ in range(2))


def test_make_demo_is_that_script_in_an_environment_of_its_own() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(
        r"^demo: \$\(VENV\)/\.runtime.*\n\t@\$\(BIN\)/python examples/demo\.py$", makefile, re.MULTILINE
    )


def test_the_manifest_of_the_readme_is_valid(tmp_path: Path) -> None:
    (manifest,) = blocks("yaml")
    (tmp_path / "manifest.yaml").write_text(manifest)
    done = run(f"{sys.executable} -m reconciler validate manifest.yaml", tmp_path)
    assert done.returncode == 0, done.stdout


def test_the_plan_in_the_readme_is_what_the_program_prints(checkout: Path) -> None:
    shown = re.search(r"<!-- plan -->\n```text\n(.*?)```\n<!-- /plan -->", README, flags=re.DOTALL)
    assert shown is not None
    assert the_plan(checkout) == shown.group(1)


def the_plan(folder: Path) -> str:
    """The plan for one deployment shrunk by hand and one added, over the repository's own fleet."""
    assert run("reconciler apply --yes -q", folder).returncode == 0
    account = (
        "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-ai-prod"
        "/providers/Microsoft.CognitiveServices/accounts/aoai-contoso-eus2"
    )
    shown = json.loads(run("reconciler show -o json", folder).stdout)
    assert any(one["deployment"] == "chat-mini" for one in shown["deployments"])
    world = {
        "deployments": [
            {"id": f"{account}/deployments/chat-mini", "sku": {"name": "GlobalStandard", "capacity": 10}}
        ]
    }
    (folder / "world.json").write_text(json.dumps(world))
    assert run("reconciler emulator load world.json", folder).returncode == 0
    manifest = folder / "manifests" / "prod-eastus2.yaml"
    added = "    - name: drafts\n      model: {name: gpt-5.4-nano, version: '2026-03-17'}\n"
    added += "      sku: {name: GlobalStandard, capacity: 25}\n"
    manifest.write_text(manifest.read_text() + added)
    done = run("COLUMNS=100 reconciler plan -q", folder)
    assert done.returncode == 0, done.stderr
    return done.stdout
