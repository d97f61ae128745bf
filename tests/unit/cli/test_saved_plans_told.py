"""What `apply` says of runs that write nothing, and of plan files that do not fit what is there."""

import json
import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.cli import planfile, run

MANIFESTS = """\
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: first}
spec: {cloud: emulator}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: swc}
spec:
  account:
    subscription: 11111111-1111-1111-1111-111111111111
    resourceGroup: rg
    name: swc
    region: swedencentral
  deployments:
    - name: chat
      model: {name: gpt-5.1, version: "2025-11-13"}
      sku: {name: GlobalStandard, capacity: 10}
"""


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    declare()


def declare(fleet: str = "first", capacity: int = 10) -> None:
    text = MANIFESTS.replace("name: first", f"name: {fleet}").replace("capacity: 10", f"capacity: {capacity}")
    Path("manifests").mkdir(exist_ok=True)
    Path("manifests/fleet.yaml").write_text(text, "utf-8")


def test_a_run_that_may_write_nothing_ends_with_that(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["apply", "--yes"]) == 0
    declare("rival")
    capsys.readouterr()
    assert run(["apply", "--yes"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "Apply: nothing written, 1 blocked."
    declare()
    assert run(["apply", "--yes"]) == 0
    assert "Apply" not in capsys.readouterr().out


def saved(name: str = "plan.json") -> str:
    assert run(["plan", "--out", name, "-q"]) == 0
    return name


def test_a_plan_is_applied_where_its_manifests_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """I-05."""
    declared, file = ["--emulator-state", str(tmp_path / "e.db")], tmp_path / saved()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for command in (["apply", str(file)], ["drift", "--since-plan", str(file)]):
        assert run([*command, *declared]) == 64
        told = capsys.readouterr().err
        assert "made of the manifests at manifests/, and from here there is no manifests/" in told
        assert "only narrows what the manifests say" in told


def test_a_merge_needs_the_manifests_of_its_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", "--shard", "1/1", "--out", "shard.json", "-q"]) == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run(["plan", "merge", "../shard.json"]) == 64
    assert "made of the manifests at manifests/" in capsys.readouterr().err


def test_an_edited_plan_writes_what_the_manifests_say(capsys: pytest.CaptureFixture[str]) -> None:
    """I-05, and the help of apply says so."""
    file = Path(saved())
    file.write_text(file.read_text("utf-8").replace(": 10", ": 450"), "utf-8")
    assert run(["apply", str(file), "-q"]) == 0
    capsys.readouterr()
    assert run(["show", "-o", "json"]) == 0
    assert {one["capacity"] for one in json.loads(capsys.readouterr().out)["deployments"]} == {10}
    assert run(["apply", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "A PLANFILE is applied without asking" in told
    assert "What is written comes from the manifests" in told


def test_a_plan_where_manifests_are_wanted_and_the_reverse_is_called_by_its_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["validate", saved()]) == 1
    assert "this is a saved plan and no manifest" in capsys.readouterr().out
    assert run(["apply", "nope.json"]) == 64
    assert "nope.json does not exist: name a plan file" in capsys.readouterr().err


@contextmanager
def piped(text: str, *, ended: bool = True) -> Iterator[str]:
    """The path of a pipe through which a text comes, as a shell's `<(…)` has one."""
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "w") as writer:
        writer.write(text)
        writer.flush()
        if ended:
            writer.close()
        yield f"/dev/fd/{reading}"


@pytest.mark.parametrize("words", [["apply"], ["drift", "--since-plan"]])
def test_a_plan_comes_through_a_pipe_as_from_a_file(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    text = Path(saved()).read_text("utf-8")
    assert len(text) < 60_000, "a pipe holds it"
    capsys.readouterr()
    with piped(text) as path:
        run([*words, path])
    through_a_pipe = capsys.readouterr()
    Path(".reconciler/emulator.db").unlink()
    run([*words, "plan.json"])
    assert capsys.readouterr().out == through_a_pipe.out != ""


def test_manifests_that_come_where_a_plan_is_expected_are_shown_their_way(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with piped(MANIFESTS) as path:
        assert run(["apply", path, "--yes"]) == 64
    assert "not a plan file that this program wrote" in (said := capsys.readouterr().err)
    assert said.endswith("Manifests are piped in with the path -\n")


def test_a_pipe_whose_writer_says_nothing_more_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(planfile, "WRITER_WITHIN", 0.1)
    with piped("{", ended=False) as path:
        assert run(["apply", path]) == 64
    assert "nothing came through it for 0 s; save the plan to a file" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["apply", "--timeout", "1"], ["drift", "--timeout", "1", "--since-plan"]])
def test_a_pipe_that_drips_is_given_up_when_the_time_limit_has_passed(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A byte a second was read for as long as its writer liked."""
    reading, writing = os.pipe()
    ended = threading.Event()

    def drip() -> None:
        while not ended.wait(0.1):
            os.write(writing, b" ")

    writer = threading.Thread(target=drip)
    writer.start()
    began = time.monotonic()
    try:
        assert run([*words, f"/dev/fd/{reading}"]) == 64
    finally:
        ended.set()
        writer.join()
        os.close(writing)
        os.close(reading)
    assert time.monotonic() - began < 6
    assert "it did not end before the time limit of 1 s passed; save the plan to" in capsys.readouterr().err


def test_a_folder_is_no_plan(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "merge", "manifests"]) == 64
    assert "manifests: it is not a regular file or a FIFO" in capsys.readouterr().err


def test_a_process_that_may_open_no_more_files_is_told_to_raise_its_limit_and_not_to_name_another_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["apply", saved(), "-q"]
    assert run(words) == 0  # everything is imported
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with open(os.devnull, "rb") as next_one:  # noqa: PTH123 -- its number is the first that is free
        least = next_one.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (least, before[1]))
    try:
        assert run(words) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert "raise the limit, for example `ulimit -n 256`" in capsys.readouterr().err
