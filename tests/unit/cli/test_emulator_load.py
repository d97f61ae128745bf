"""`reconciler emulator load`: what it refuses, and what it takes with a warning."""

import json
from pathlib import Path

import pytest

from reconciler.cli import run
from tests.emulator.arm import ACCOUNT


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(sku: str, model: str) -> int:
    """Load one deployment; the exit code."""
    one = {
        "id": f"{ACCOUNT}/deployments/chat",
        "sku": {"name": sku, "capacity": 10},
        "properties": {"model": {"format": "OpenAI", "name": model, "version": "2024-11-20"}},
    }
    world = {"accounts": [{"id": ACCOUNT, "location": "eastus2"}], "deployments": [one]}
    Path("world.json").write_text(json.dumps(world), "utf-8")
    return run(["emulator", "load", "world.json"])


def test_a_world_that_arm_has_no_place_for_is_refused_whole_in_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert load("Nope", "gpt-4o") == 64
    said = capsys.readouterr().err
    assert said.startswith("error: world.json: the emulator refused: /subscriptions/")
    assert "ARM has no SKU 'Nope'; allowed are Standard, GlobalStandard," in said
    assert said.endswith("Nothing of it was loaded\n")
    assert run(["emulator", "status"]) == 0
    assert json.loads(capsys.readouterr().out)["holds"]["account"] == 0


def test_a_model_that_nobody_lists_is_loaded_with_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert load("Standard", "gpt-4o") == 0
    assert capsys.readouterr().err == "world.json loaded into .reconciler/emulator.db\n"
    assert load("Standard", "gpt-9") == 0
    warning, done = capsys.readouterr().err.splitlines()
    assert warning.startswith("warning: /subscriptions/")
    assert "eastus2 lists no model of format 'OpenAI', name 'gpt-9', version '2024-11-20'" in warning
    assert done == "world.json loaded into .reconciler/emulator.db"


@pytest.mark.parametrize("words", [["status"], ["reset"], ["clock"], ["load", "world.json"]])
def test_a_file_that_is_no_state_is_named_and_is_no_bug_of_ours(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("notes.txt").write_text("not a state", "utf-8")
    Path("world.json").write_text("{}", "utf-8")
    assert run(["emulator", *words, "--state", "notes.txt"]) == 64
    assert "cannot use notes.txt as the emulator's state" in capsys.readouterr().err
    assert Path("notes.txt").read_text("utf-8") == "not a state"
