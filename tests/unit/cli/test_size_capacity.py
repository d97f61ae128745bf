"""`reconciler size --capacity N` alone: what PTUs carry, before anybody knows a workload."""

from __future__ import annotations

import json

import pytest

from reconciler.cli import run


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert run(["size", *words, "-o", "json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_ptus_carry_input_or_output_at_the_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "--model", "gpt-4.1", "--capacity", "100")
    per_ptu = found["inputTpmPerPtu"]
    assert isinstance(per_ptu, int)
    assert (found["inputTpm"], found["outputTpm"], found["outputRatio"]) == (per_ptu * 100, per_ptu * 25, 4.0)
    assert found["tokensPerSecond"] == 80.0
    skus = found["skus"]
    assert isinstance(skus, list)
    assert [one["sku"] for one in skus if one["deployable"]]


def test_models_that_weigh_tokens_by_class_have_a_ratio_too(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "--model", "gpt-6-sol", "--capacity", "30")
    assert found["outputRatio"] == 5.0


def test_tables_that_disagree_are_both_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["size", "--model", "o1", "--sku", "ProvisionedManaged", "--capacity", "75"]) == 0
    out = capsys.readouterr().out
    assert "75 PTU carry " in out
    assert "sizes: provisioned throughput table (Microsoft docs), 2026" in out
    assert (
        "but: provisioned throughput table (Microsoft docs), 2025-03-05 says 50 or more, in steps of 50"
        in out
    )


def test_a_call_is_given_whole_or_not_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["size", "--model", "gpt-4.1", "--capacity", "100", "--prompt-tokens", "10"]) == 64
    assert "--prompt-tokens and --generated-tokens" in capsys.readouterr().err


def test_what_nobody_published_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["size", "--model", "whisper", "--capacity", "100"]) == 64
    assert "no throughput per PTU is published" in capsys.readouterr().err
