"""`-o html` as a user runs it on the embedded emulator: one file per command, whole and private."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from reconciler.cli import run
from tests.e2e.desk import STATE, controlled
from tests.unit.cli.programs import MANIFEST
from tests.unit.report.reading_html import Reading


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "fleet.yaml"
    path.write_text(MANIFEST.replace("CAPACITY", "60"), "utf-8")
    return path


def page(code: int, *words: str) -> Reading:
    target = Path("report.html")
    assert run([*words, "-q", "--cloud", "emulator", "-o", "html", "--output-file", str(target)]) == code
    return Reading(target.read_text("utf-8"))


def test_a_plan_has_its_changes_map_quota_and_retirements(manifest: Path) -> None:
    made = page(0, "plan", "fleet.yaml", "--exclude", "*/nothing")
    assert made.sections[:4] == ["changes", "map", "quota", "retirements"]
    assert "0 → 60,000 TPM0 → 50 PTU2 deployments" in [one.text for one in made.all("td")]
    assert "reconciler plan fleet.yaml --exclude '*/nothing'" in [one.text for one in made.all("code")]
    assert manifest.exists()


def test_a_refused_plan_is_written_and_still_fails(manifest: Path) -> None:
    manifest.write_text(MANIFEST.replace("CAPACITY", "100000"), "utf-8")
    assert page(1, "plan", "fleet.yaml").sections[0] == "refused"


def test_what_is_there_has_its_map_table_and_retirements(manifest: Path) -> None:
    asyncio.run(controlled(STATE, "POST", "lro", {"polls": 0}))
    assert run(["apply", str(manifest), "--yes", "-q", "--cloud", "emulator"]) == 0
    assert page(0, "show", "fleet.yaml").sections == ["map", "deployments", "retirements"]


def test_drift_is_written_with_the_exit_code_of_drift(manifest: Path) -> None:
    made = page(2, "drift", str(manifest))
    assert made.sections[0] == "drift"
    assert "missing" in made.section("drift").text


@pytest.mark.parametrize("more", [("--offline",), ()])
def test_lifecycle_has_the_line_of_time_and_the_table(manifest: Path, more: tuple[str, ...]) -> None:
    made = page(0, "lifecycle", str(manifest), *more)
    assert made.sections == ["retirements", "deployments"]
    assert len(made.all("circle")) == 1


def test_lifecycle_marks_what_fails_within_the_days_that_were_asked_for(manifest: Path) -> None:
    made = page(1, "lifecycle", str(manifest), "--offline", "--fail-within", "36500")
    assert "within 36,500 days2" in made.all("dl", "tiles")[0].text


def test_a_manifest_that_is_wrong_is_told_as_text(manifest: Path) -> None:
    manifest.write_text("kind: Nothing\n", "utf-8")
    target = Path("report.html")
    words = ["plan", "fleet.yaml", "-q", "-o", "html", "--output-file", str(target)]
    assert run(words) == 1
    assert "unknown-kind" in target.read_text("utf-8")
