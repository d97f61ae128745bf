"""Every structural code has a manifest that shows it, and shows nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.manifest import rules
from reconciler.manifest.load import load
from reconciler.manifest.parse import STRUCTURAL

BAD = Path(__file__).parents[2] / "manifests" / "bad"
# No text file can be one that cannot be read; test_files.py makes such files.
WITHOUT_A_TEXT = frozenset({"unreadable-file"})


def code_of(path: Path) -> str | None:
    """The structural code in a file's name, which may be followed by a variant."""
    return max((code for code in STRUCTURAL if path.stem.startswith(code)), key=len, default=None)


STRUCTURALLY_BAD = [path for path in sorted(BAD.glob("*.yaml")) if code_of(path)]


@pytest.mark.parametrize("path", STRUCTURALLY_BAD, ids=[path.stem for path in STRUCTURALLY_BAD])
def test_a_bad_manifest_is_refused_for_what_its_name_says(path: Path) -> None:
    loaded = load([str(path)], known_rules=rules.CODES)
    assert {found.code for found in loaded.diagnostics} == {code_of(path)}
    assert loaded.desired is None
    assert all(found.hint and found.message for found in loaded.diagnostics)


def test_every_structural_code_has_a_bad_manifest() -> None:
    assert {code_of(path) for path in STRUCTURALLY_BAD} == STRUCTURAL - WITHOUT_A_TEXT
