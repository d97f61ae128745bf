"""Every ending but wrong usage is one document, in whatever form machines asked for."""

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import click
import pytest

from reconciler.cli import main, planfile, run
from tests.e2e.documents import must_fit

MANIFEST = """\
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: one}
spec: {cloud: emulator}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: one}
spec:
  account:
    subscription: 11111111-1111-1111-1111-111111111111
    resourceGroup: rg
    name: acc
    region: eastus2
  deployments:
    - name: chat
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: 10}
"""
SILENT = "an ARM that accepts a connection and never answers"


def forms_of(command: click.Command) -> list[str]:
    option = next((one for one in command.params if "--output" in one.opts), None)
    return list(option.type.choices) if option is not None and isinstance(option.type, click.Choice) else []


def every_command() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each command and subcommand, as it is typed."""
    group = main.root
    context = click.Context(group)
    for name in main.COMMANDS:
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            inner = click.Context(found)
            for one in found.list_commands(inner):
                below = found.get_command(inner, one)
                assert below is not None
                yield (*name.split(), one), below
        else:
            yield tuple(name.split()), found


def has(command: click.Command, option: str) -> bool:
    return any(option in one.opts for one in command.params)


WITH_JSON = {" ".join(words): words for words, command in every_command() if "json" in forms_of(command)}
READS_ARM = {
    name
    for name, words in WITH_JSON.items()
    for typed, command in every_command()
    if typed == words and has(command, "--endpoint")
}
# What a command needs on its line besides.
NEEDS: dict[str, list[str]] = {
    "plan merge": ["shard.json"],
    "apply": ["--yes"],
    "size": ["--model", "gpt-4.1", "--rpm", "10", "--prompt-tokens", "10", "--generated-tokens", "10"],
    "explain": ["max-deletes"],
    "catalog refresh": ["--region", "eastus2", "--subscription", "11111111-1111-1111-1111-111111111111"],
}


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a manifest, the plan of its one shard, and the emulator that was asked for it."""
    folder = tmp_path_factory.mktemp("planned")
    (folder / "manifests").mkdir()
    (folder / "manifests/fleet.yaml").write_text(MANIFEST, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        assert called("plan", "--shard", "1/1", "--out", "shard.json", "-q")[0] == 0
    return folder


@pytest.fixture(autouse=True)
def folder(planned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(planned, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def called(*words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(words)
    return code, out.getvalue(), err.getvalue()


def one_document(command: str, code: int, out: str) -> Any:  # noqa: ANN401 -- a document
    """The one on stdout; none after wrong usage."""
    if code == 64:
        assert out == ""
        return None
    must_fit(command.split(), out)
    document = json.loads(out)
    if "error" in document:
        assert document["exitCode"] == code
        assert document["error"]["message"]
    return document


@contextmanager
def silent_server(called_on: threading.Event | None = None) -> Iterator[str]:
    """Something that takes connections and says nothing; `called_on` is set by the first."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held: list[socket.socket] = []

        def hold() -> None:
            try:
                while True:
                    held.append(listening.accept()[0])
                    if called_on is not None:
                        called_on.set()
            except OSError:
                return

        threading.Thread(target=hold, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        for one in held:
            one.close()


# -- every command, whatever befalls it ----------------------------------------------------------------


def as_it_is(name: str) -> list[str]:
    del name
    return []


def nobody_listens(name: str) -> list[str]:
    return ["--endpoint", "http://127.0.0.1:9", "--timeout", "1"] if name in READS_ARM else []


def invalid_manifests(name: str) -> list[str]:
    del name
    Path("manifests/fleet.yaml").write_text(MANIFEST.replace("capacity: 10", "capacity: ten"), "utf-8")
    return []


def no_manifests(name: str) -> list[str]:
    del name
    Path("manifests/fleet.yaml").write_text("", "utf-8")
    return []


def a_file_in_the_way(name: str) -> list[str]:
    del name
    Path("file").write_text("")
    return ["--output-file", "file/result.json"]


def a_full_disk(name: str) -> list[str]:
    del name
    return ["--output-file", "/dev/full"]


ENDINGS: list[Callable[[str], list[str]]] = [
    as_it_is,
    nobody_listens,
    invalid_manifests,
    no_manifests,
    a_file_in_the_way,
    a_full_disk,
]


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", WITH_JSON)
def test_a_command_prints_one_document_however_it_ends(
    name: str, ending: Callable[[str], list[str]], folder: Path
) -> None:
    """F-094."""
    del folder
    words = [*ending(name), *NEEDS.get(name, [])]
    code, out, err = called(*WITH_JSON[name], "-o", "json", *words)
    assert "a bug in this program" not in err, err
    document = one_document(name, code, out)
    if "--output-file" in words and code != 64:
        assert document["error"]["code"] == "not-written" or "cannot write" in document["error"]["message"]


@pytest.mark.parametrize("name", sorted(READS_ARM))
def test_a_time_limit_is_an_ending_like_others(name: str) -> None:
    """F-094: a list that never ended printed nothing."""
    with silent_server() as url:
        words = [*NEEDS.get(name, []), "--endpoint", url, "--timeout", "1"]
        code, out, err = called(*WITH_JSON[name], "-o", "json", *words)
    assert "a bug in this program" not in err
    document = one_document(name, code, out)
    if document is not None and "error" in document:
        assert document["error"]["code"] in {"time-limit", "failed", "sign-in", "arm-unreachable"}


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGHUP, 143, "terminated"),
    ],
)
@pytest.mark.parametrize("name", ["plan", "apply", "drift", "show", "quota"])
def test_an_interruption_is_an_ending_like_others(name: str, number: int, code: int, word: str) -> None:
    """F-094."""
    waiting = threading.Event()
    with silent_server(waiting) as url:
        line = [
            sys.executable,
            "-m",
            "reconciler",
            name,
            *NEEDS.get(name, []),
            "-o",
            "json",
            "--endpoint",
            url,
        ]
        with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert waiting.wait(60), "the command never called on ARM"
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
    assert process.returncode == code, (out, err)
    assert one_document(name, code, out)["error"]["code"] == word
    assert "nothing was written to ARM" in err


def test_a_hangup_that_nohup_ignores_stays_ignored() -> None:
    script = (
        "import signal, os; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from reconciler.cli.exit_codes import ended_by_signals\n"
        "with ended_by_signals():\n    os.kill(os.getpid(), signal.SIGHUP)\nprint('alive')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "alive\n"


def test_a_saved_plan_of_another_cloud_or_version_is_an_ending_like_others() -> None:
    """F-094."""
    assert called("plan", "--out", "plan.json", "-q")[0] == 0
    saved = json.loads(Path("plan.json").read_text("utf-8"))
    for change in ({"cloud": "AzureCloud"}, {"fleet": "other"}, {"formatVersion": 1}):
        Path("plan.json").write_text(json.dumps({**saved, **change}), "utf-8")
        code, out, _ = called("apply", "plan.json", "-o", "json")
        assert (code, one_document("apply", code, out)["error"]["code"]) == (1, "plan-stale")


def test_out_below_a_file_is_an_ending_like_others() -> None:
    """F-094."""
    Path("file").write_text("")
    code, out, _ = called("plan", "-o", "json", "--out", "file/plan.json")
    assert code == 1
    assert "cannot write" in one_document("plan", code, out)["error"]["message"]


# -- other forms, other places -------------------------------------------------------------------------


def test_sarif_and_junit_carry_the_error() -> None:
    unreadable = ["--endpoint", "http://127.0.0.1:9", "--output-file", "told.xml", "--timeout", "2"]
    Path("manifests/fleet.yaml").write_text("", "utf-8")
    code, out, _ = called("drift", "-o", "junit", *unreadable)
    assert (code, out) == (1, "")
    suite = ET.fromstring(Path("told.xml").read_text("utf-8"))  # noqa: S314 -- our own
    (error,) = suite.iter("error")
    assert error.get("type") == "failed"
    assert "the manifests declare nothing at all" in (error.get("message") or "")
    code, out, _ = called(
        "validate", "-o", "sarif", "--rule", "unknown-model=error", "--report", "json=/dev/full"
    )
    assert json.loads(out)["runs"][0]["results"] == [], "the result itself was written"


def test_an_error_replaces_the_result_in_every_file_that_was_asked_for() -> None:
    """Nobody takes the report of yesterday for that of today."""
    Path("manifests/fleet.yaml").write_text("", "utf-8")
    code, out, _ = called(
        "drift", "-o", "json", "--report", "junit=drift.xml", "--report", "markdown=drift.md"
    )
    assert one_document("drift", code, out)["error"]["code"] == "failed"
    assert "<error" in Path("drift.xml").read_text("utf-8")
    assert not Path("drift.md").exists()


def test_wrong_usage_prints_no_document() -> None:
    for words in (["plan", "-o", "json", "--target", "nothing/like/this"], ["plan", "-o", "json", "nowhere"]):
        code, out, err = called(*words)
        assert (code, out) == (64, "")
        assert err


def test_a_report_of_an_apply_that_cannot_be_written_is_told_after_it_wrote() -> None:
    code, out, err = called("apply", "--yes", "-o", "json", "--output-file", "/dev/full")
    assert code == 1
    assert "the report could not be written" in err
    assert one_document("apply", code, out)["error"]["code"] == "not-written"


def test_a_file_that_cannot_be_used_is_named_in_a_document() -> None:
    """The answer to a name that the system refuses was an empty stdout and "cannot write the result"."""
    name = "a" * 5000
    code, out, err = called("apply", name, "--yes", "-o", "json")
    assert code == 1
    assert name[:200] in one_document("apply", code, out)["error"]["message"]
    assert "cannot write the result" not in err


# -- files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["fifo", "device"])
@pytest.mark.parametrize("words", [["plan", "merge"], ["drift", "--since-plan"]])
def test_a_plan_is_read_from_no_device_and_no_fifo_that_nobody_writes_to(
    words: list[str], kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A FIFO that nobody writes to was waited for, and /dev/zero read until the memory was full."""
    file = folder / "plan.json" if kind == "fifo" else Path("/dev/zero")
    if kind == "fifo":
        os.mkfifo(file)
    monkeypatch.setattr(planfile, "WRITER_WITHIN", 0.1)
    code, _, err = called(*words, str(file))
    assert code == 64
    assert "regular file" in err


def test_a_planted_link_is_not_followed(folder: Path) -> None:
    """F-095: the name of the file beside the target could be guessed."""
    victim = folder / "victim"
    victim.write_text("precious")
    (folder / f".plan.json.{os.getpid()}").symlink_to(victim)
    assert called("plan", "--out", "plan.json", "-q")[0] == 0
    assert victim.read_text() == "precious"
    assert (folder / "plan.json").stat().st_mode & 0o777 == 0o600


TAKEN: list[list[str]] = [
    ["plan", "--out", "manifests/fleet.yaml"],
    ["plan", "--out", "./manifests/../manifests/fleet.yaml"],
    ["plan", "--out", "linked.yaml"],
    ["plan", "--out", "hard.yaml"],
    ["plan", "--output-file", "manifests/fleet.yaml"],
    ["validate", "--output-file", "manifests/fleet.yaml"],
    ["drift", "--report", "json=manifests/fleet.yaml"],
    ["apply", "--yes", "--journal", "manifests/fleet.yaml"],
    ["plan", "--out", "same", "--output-file", "same"],
    ["plan", "--out", "same", "--report", "json=./same"],
    ["plan", "--report", "json=same", "--report", "markdown=same"],
    ["apply", "--yes", "--journal", "same", "--output-file", "same"],
    ["plan", "merge", "shard.json", "--out", "shard.json"],
    ["apply", "shard.json", "--output-file", "shard.json"],
    ["drift", "--since-plan", "shard.json", "--output-file", "shard.json"],
]


@pytest.mark.parametrize("words", TAKEN, ids=" ".join)
def test_a_result_is_never_written_over_what_a_run_reads_or_another_result(
    words: list[str], folder: Path
) -> None:
    """F-095."""
    Path("linked.yaml").symlink_to("manifests/fleet.yaml")
    Path("hard.yaml").hardlink_to("manifests/fleet.yaml")
    before = Path("shard.json").read_text("utf-8")
    code, out, err = called(*words)
    assert (code, out) == (64, ""), err
    assert Path("manifests/fleet.yaml").read_text("utf-8") == MANIFEST
    assert Path("shard.json").read_text("utf-8") == before
    assert not (folder / "same").exists()


@pytest.mark.parametrize("words", [["plan", "--out", "fifo"], ["apply", "--yes", "--journal", "fifo"]])
def test_a_fifo_that_nobody_reads_does_not_hang(words: list[str]) -> None:
    """F-095."""
    os.mkfifo("fifo")
    began = time.monotonic()
    code, _, err = called(*words)
    assert time.monotonic() - began < 20
    assert code in {1, 64}
    assert "fifo" in err
