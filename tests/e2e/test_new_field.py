"""A writable field that ARM has gained: one row here, one row of the emulator's, and everything knows it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.e2e.desk import Ran

ROWS = {
    "domain/fields.py": """    Field(
        "promptRetention",
        OneOf(("None", "Day", "Month")),
        "How long prompts are kept.",
        "invented",
        nullable=True,
        since="2026-09-01",
    ),
""",
    "emulator/deployment_fields.py": """
    Field("properties.promptRetention", str, "2026-09-01", echoed=True, nullable=True),
""",
}
BEFORE = {
    "domain/fields.py": '    Field(\n        "dynamicThrottlingEnabled",\n',
    "emulator/deployment_fields.py": '    Field("properties.speculativeDecoding",',
}
FLEET = """
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: f}
spec: {cloud: emulator}
"""
SET = """
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: s}
spec:
  account: {subscription: 11111111-1111-1111-1111-111111111111, resourceGroup: rg, name: acc}
  deployments:
    - name: chat
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: 1}
"""
SERVE = """
import json, os, sys
from datetime import UTC, datetime
from reconciler.cli import tune
from reconciler.clock import SystemClock
from tests.e2e.desk import ran

tune()
SystemClock.now = lambda _: datetime(2026, 6, 22, tzinfo=UTC)
for line in sys.stdin:
    folder, *words = json.loads(line)
    os.chdir(folder)
    done = ran(*words)
    print(json.dumps({"code": done.code, "out": done.out, "err": done.err}), flush=True)
"""
"""Commands, each in a folder of its own, on the day on which the emulator's calendar begins."""

Typed = Callable[..., Ran]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with the two rows, and nothing else changed."""
    folder = tmp_path_factory.mktemp("program")
    shutil.copytree(ROOT / "reconciler", folder / "reconciler")
    for name, row in ROWS.items():
        module = folder / "reconciler" / name
        text = module.read_text("utf-8")
        assert text.count(BEFORE[name]) == 1
        module.write_text(text.replace(BEFORE[name], row + BEFORE[name]), "utf-8")
    return folder


@pytest.fixture(scope="module")
def environment(package: Path) -> dict[str, str]:
    """In which Python finds that program first, and then what is beside it here."""
    return {**os.environ, "PYTHONPATH": f"{package}{os.pathsep}{ROOT}"}


@pytest.fixture(scope="module")
def program(package: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """That program, at work in a process of its own."""
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(
        command, cwd=package, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


@pytest.fixture
def reconciler(program: subprocess.Popen[str], tmp_path: Path) -> Typed:
    """Have that program do a command."""

    def run(*words: str) -> Ran:
        assert program.stdin
        assert program.stdout
        print(json.dumps([str(tmp_path), *words]), file=program.stdin, flush=True)
        return Ran(**json.loads(program.stdout.readline()))

    return run


@pytest.fixture
def declare(tmp_path: Path) -> Callable[..., None]:
    """Write the manifests, with a line about the field."""
    (tmp_path / "manifests").mkdir()

    def write(line: str, fleet: str = FLEET) -> None:
        (tmp_path / "manifests" / "all.yaml").write_text(f"{fleet}---{SET}      {line}\n", "utf-8")

    return write


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("promptRetention: Weekly", "`promptRetention` is `Weekly`; allowed is None, Day or Month"),
        ("promptRetention: day", "fix: write Day"),
        ("promptRetention: ''", "fix: write null to un-set the field, or leave the line out"),
        ("promptRetentoin: Day", "did you mean `promptRetention`?"),
        ("lifecycle: {ignoreChanges: [promptRetentoin]}", "did you mean promptRetention?"),
        ("extraProperties: {promptRetention: Day}\n      promptRetention: Day", "is stated twice"),
    ],
)
def test_a_manifest_is_checked_as_the_row_says(
    line: str, said: str, reconciler: Typed, declare: Callable[..., None]
) -> None:
    declare(line)
    checked = reconciler("validate")
    assert (checked.code, said in checked.out) == (1, True), checked


def test_an_older_api_version_cannot_carry_it(reconciler: Typed, declare: Callable[..., None]) -> None:
    declare("promptRetention: Day", FLEET.replace("emulator}", 'emulator, apiVersion: "2025-06-01"}'))
    checked = reconciler("validate")
    assert "`promptRetention` needs api-version 2026-09-01" in checked.out


def test_it_is_planned_sent_changed_unset_and_then_in_sync(
    reconciler: Typed, declare: Callable[..., None]
) -> None:
    for value, before, after in (("Day", None, "Day"), ("Month", "Day", "Month"), ("null", "Month", None)):
        declare(f"promptRetention: {value}")
        planned = json.loads(reconciler("plan", "-o", "json").out)
        changes = {each["path"]: each for each in planned["actions"][0]["changes"]}
        assert (changes["promptRetention"]["before"], changes["promptRetention"]["after"]) == (before, after)
        applied = reconciler("apply", "--yes")
        assert applied.code == 0, applied
        assert "Nothing to do: 1 declared deployment in sync." in reconciler("plan").out


def test_an_export_states_it(reconciler: Typed, declare: Callable[..., None]) -> None:
    declare("promptRetention: Day")
    assert reconciler("apply", "--yes").code == 0
    exported = reconciler("export", "--cloud", "emulator", "--fleet", "f")
    assert "promptRetention: Day\n" in exported.out, exported


def test_the_schema_and_the_reference_tell_of_it(
    reconciler: Typed, package: Path, environment: dict[str, str]
) -> None:
    about = "How long prompts are kept. Needs api-version 2026-09-01 or newer. null un-sets it."
    entry = json.loads(reconciler("schema").out)["$defs"]["Entry"]["properties"]
    words = {"enum": ["None", "Day", "Month"], "type": "string"}
    assert entry["promptRetention"] == {"anyOf": [words, {"type": "null"}], "description": about}
    assert list(entry).index("promptRetention") == list(entry).index("dynamicThrottlingEnabled") - 1
    printed = "from tools.manifest_page import manifest_page; print(manifest_page())"
    page = subprocess.check_output([sys.executable, "-c", printed], cwd=package, env=environment, text=True)
    assert f"| `promptRetention` | `None`, `Day`, `Month` or null | no | {about} |" in page
