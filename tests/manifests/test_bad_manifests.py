"""Every diagnostic code has a bad manifest, beside the exact text that `validate` prints for it.

RECONCILER_UPDATE_GOLDEN=1 writes the texts anew; read them before you commit them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.manifest import rules
from tests.manifests.checking import check_paths

BAD = Path(__file__).parent / "bad"
GOOD = Path(__file__).parent / "good"
MANIFESTS = sorted(path.name for path in BAD.iterdir() if path.suffix == ".yaml" or path.is_dir())


def code_of(name: str) -> str:
    """The code that a file is named after; what follows it is the variant."""
    stem = name.removesuffix(".yaml")
    return max((code for code in rules.CODES if f"{stem}-".startswith(f"{code}-")), key=len)


def text_of(name: str) -> str:
    return name.removesuffix(".yaml") + ".txt"


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_bad_manifest_is_told_exactly_this(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    checked = check_paths(name)
    kept, told = BAD / text_of(name), checked.text()
    if os.environ.get("RECONCILER_UPDATE_GOLDEN") == "1":
        kept.write_text(told, "utf-8")
    assert told == kept.read_text("utf-8")
    assert code_of(name) in checked.codes


def test_every_code_has_a_bad_manifest() -> None:
    assert {code_of(name) for name in MANIFESTS} == rules.CODES


def test_no_text_is_kept_of_a_manifest_that_is_gone() -> None:
    kept = {path.name for path in BAD.glob("*.txt")}
    assert kept == {text_of(name) for name in MANIFESTS}


def test_nothing_is_found_in_good_manifests() -> None:
    assert check_paths(str(GOOD)).findings == ()


def test_a_broken_file_hides_nothing_that_another_one_gets_wrong(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text((BAD / "capacity-missing.yaml").read_text("utf-8"), "utf-8")
    (tmp_path / "b.yaml").write_text("apiVersion: [\n", "utf-8")
    (tmp_path / "c.yaml").write_text(
        "apiVersion: reconciler.aoai/v1\nkind: Fleet\nmetadata: {name: UPPER}\nspec: {}\n", "utf-8"
    )
    assert {"capacity-missing", "yaml-syntax", "invalid-value"} <= check_paths(str(tmp_path)).codes
