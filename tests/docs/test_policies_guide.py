"""The guide on policies, followed to the letter in an empty folder."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reconciler.cli import run
from tests.docs.pages import ROOT, blocks

GUIDE = ROOT / "docs" / "how-to" / "policies.md"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the guide tells to write."""
    monkeypatch.chdir(tmp_path)
    for text in blocks(GUIDE, "yaml"):
        named = re.match(r"# (\S+\.yaml)\n", text)
        if named:
            file = tmp_path / named[1]
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, "utf-8")
    return tmp_path


def test_the_rule_finds_what_the_guide_shows_and_nothing_after_the_fix(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["validate", "manifests/", "--policy", "policies/", "-q"]
    assert run(words) == 1
    said = capsys.readouterr().out
    (shown,) = blocks(GUIDE, "text")
    assert " ".join(shown.split()) in " ".join(said.split())
    manifest = desk / "manifests" / "set.yaml"
    text = manifest.read_text("utf-8")
    manifest.write_text(text.replace("GlobalStandard", "DataZoneStandard"), "utf-8")
    assert run(words) == 0
    assert run(["explain", "policy/eu-data", "--policy", "policies/"]) == 0


def test_the_imported_definition_is_a_policy_that_can_be_used_at_once(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parameters = {"effect": "Deny", "allowedPublishers": ["Meta"], "allowedAssetIds": []}
    (desk / "assignment.json").write_text(json.dumps(parameters), "utf-8")
    written = ["policy", "import", "assignment.json", "--output-file", "policies/approved-models.yaml"]
    assert " ".join(written) in GUIDE.read_text("utf-8")
    assert run([*written, "-q"]) == 0
    assert run(["validate", "manifests/", "--policy", "policies/", "-q"]) == 1
    assert "`gpt-5.1` 2025-11-13 of OpenAI; a model of `Meta` is required" in " ".join(
        capsys.readouterr().out.split()
    )
