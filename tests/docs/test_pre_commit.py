"""The hook that other repositories use runs what it says."""

from __future__ import annotations

import shlex
from typing import Any, cast

import pytest
import yaml

from reconciler.cli import run
from tools.build_docs import ROOT


def hook() -> dict[str, Any]:
    (only,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    return cast("dict[str, Any]", only)


def test_the_hook_validates_the_manifests_of_the_repository_it_runs_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program, *words = shlex.split(hook()["entry"])
    assert (hook()["id"], program) == ("reconciler-validate", "reconciler")
    monkeypatch.chdir(ROOT)
    assert run(words) == 0


def test_the_hook_fails_on_a_bad_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    _, *words = shlex.split(hook()["entry"])
    monkeypatch.chdir(ROOT / "tests" / "manifests")
    assert run([*words, "bad/capacity-increment.yaml"]) == 1
    assert hook()["pass_filenames"] is False
