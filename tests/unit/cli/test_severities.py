"""`--rule CODE=SEVERITY` wins over the Fleet, for one run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.cli import run
from reconciler.cli.choosing import severities
from reconciler.diagnostics import Severity
from reconciler.errors import UsageProblem

BAD = Path(__file__).parents[2] / "manifests" / "bad"


@pytest.mark.parametrize(
    ("name", "words", "code", "reason"),
    [
        ("capacity-increment", [], 1, "an error by default"),
        ("capacity-increment", ["--rule", "capacity-increment=warning"], 0, "only a warning"),
        ("capacity-increment", ["--rule", "capacity-increment=off"], 0, "not asked at all"),
        ("sku-alias", [], 0, "a warning by default"),
        ("sku-alias", ["--rule", "sku-alias=error"], 1, "as strict as one wants"),
        ("unknown-field", ["--rule", "unknown-field=warning", "--rule", "capacity-missing=off"], 0, "text"),
        ("sku-alias", ["--rule", "sku-alias=error", "--rule", "sku-alias=off"], 0, "the last one counts"),
    ],
)
def test_a_severity_for_one_run(name: str, words: list[str], code: int, reason: str) -> None:
    assert run(["validate", str(BAD / f"{name}.yaml"), "-q", *words]) == code, reason


def test_the_command_line_wins_over_the_fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "apiVersion: reconciler.aoai/v1\nkind: Fleet\nmetadata: {name: a}\n"
    (tmp_path / "fleet.yaml").write_text(head + "spec: {rules: {sku-alias: error}}\n", "utf-8")
    (tmp_path / "set.yaml").write_text((BAD / "sku-alias.yaml").read_text("utf-8"), "utf-8")
    assert run(["validate", str(tmp_path)]) == 1
    capsys.readouterr()
    assert run(["validate", str(tmp_path), "--rule", "sku-alias=info", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["diagnostics"]
    assert [one["severity"] for one in found if one["code"] == "sku-alias"] == ["info"]


@pytest.mark.parametrize(
    ("word", "fix"),
    [
        ("sku-alias", "is not CODE=SEVERITY"),
        ("sku-alias=loud", "severities are error, warning, info, off"),
        ("sku-alas=error", "Did you mean sku-alias?"),
        ("zzzz=error", "lists the codes"),
        ("yaml-syntax=warning", "stays an error"),
    ],
)
def test_what_is_no_rule_or_severity_is_wrong_usage(
    word: str, fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["validate", str(BAD / "sku-alias.yaml"), "--rule", word]) == 64
    assert fix in capsys.readouterr().err


def test_errors_may_be_named_as_such_and_findings_of_text_lowered() -> None:
    assert severities(["yaml-syntax=error", "unknown-field=info"]) == {
        "yaml-syntax": Severity.ERROR,
        "unknown-field": Severity.INFO,
    }
    with pytest.raises(UsageProblem):
        severities(["yaml-syntax=off"])
