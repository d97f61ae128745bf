"""Policies from the command line: what binds whom, in every form, in every command that judges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from reconciler.cli import run

FLEET = """\
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: contoso}
spec:
  cloud: emulator
  subscriptions: {prod: {id: 11111111-1111-1111-1111-111111111111}}
"""
SET = """\
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: chat, labels: {env: prod}}
spec:
  account: {subscription: prod, resourceGroup: rg-ai, name: aoai-contoso, region: eastus2}
  deployments:
    - name: chat
      model: {name: gpt-5.4, version: "2026-03-05"}
      sku: {name: GlobalStandard, capacity: 10}
"""
POLICY = """\
apiVersion: reconciler.aoai/v1
kind: Policy
metadata: {name: house}
spec:
  rules:
    - id: eu-data
      message: data stays in the EU
      require: {dataZone: EU}
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "fleet.yaml").write_text(FLEET, "utf-8")
    (tmp_path / "manifests" / "set.yaml").write_text(SET, "utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY, "utf-8")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int) -> str:
    assert run([*words, "-q"]) == code, capsys.readouterr()
    return capsys.readouterr().out


def answer(capsys: pytest.CaptureFixture[str], *words: str, code: int) -> Any:  # noqa: ANN401 -- JSON
    return json.loads(said(capsys, *words, "-o", "json", code=code))


@pytest.mark.usefixtures("desk")
def test_validate_judges_what_is_declared(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "validate", code=0)
    found = answer(capsys, "validate", "--policy", "policy.yaml", code=1)["diagnostics"]
    (broken,) = [one for one in found if one["code"] == "policy/eu-data"]
    assert (broken["file"], broken["line"], broken["column"]) == ("manifests/set.yaml", 9, 19)
    assert [one["file"] for one in broken["related"]] == ["policy.yaml"]


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("form", ["text", "markdown", "github", "sarif", "junit"])
def test_every_form_of_validate_names_the_rule(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "policy/eu-data" in said(capsys, "validate", "--policy", "policy.yaml", "-o", form, code=1)


def test_a_fleet_lowers_its_own_rules_and_none_that_bind_it(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "manifests" / "fleet.yaml").write_text(FLEET + "  rules: {policy/eu-data: warning}\n", "utf-8")
    (desk / "manifests" / "policy.yaml").write_text(POLICY, "utf-8")
    said(capsys, "validate", code=0)
    (desk / "manifests" / "policy.yaml").unlink()
    told = said(capsys, "validate", "--policy", "policy.yaml", code=1)
    assert "`policy/eu-data` comes from --policy, which no manifest can change" in told


def test_a_manifest_cannot_take_the_id_of_a_rule_that_binds_it(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "manifests" / "own.yaml").write_text(POLICY.replace("EU}", "US}"), "utf-8")
    found = answer(capsys, "validate", "--policy", "policy.yaml", code=1)["diagnostics"]
    assert {"duplicate-policy-rule", "policy/eu-data"} <= {one["code"] for one in found}


def test_a_file_that_is_named_twice_is_read_once(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = desk / "manifests" / "own.yaml"
    own.write_text(POLICY, "utf-8")
    found = answer(capsys, "validate", "--policy", str(own), code=1)["diagnostics"]
    assert [one["code"] for one in found if one["severity"] == "error"] == ["policy/eu-data"]


@pytest.mark.usefixtures("desk")
def test_the_command_line_says_how_loud_any_rule_is(capsys: pytest.CaptureFixture[str]) -> None:
    for level, code in (("warning", 0), ("off", 0), ("error", 1)):
        said(capsys, "validate", "--policy", "policy.yaml", "--rule", f"policy/eu-data={level}", code=code)


def test_policies_are_policies_and_nothing_else(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "validate", "--policy", str(desk / "manifests" / "set.yaml"), code=1)
    assert "--policy reads documents of kind Policy" in told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("dataZone: EU", "dataZones: EU", "`dataZones` is not a field"),
        ("dataZone: EU", "dataZone: Europe", "EU, US or APAC"),
        ("{dataZone: EU}", "{}", "`require` with at least one word"),
        ("require: {dataZone: EU}", "expression: 'true'\n      require: {dataZone: EU}", "not both"),
        ("eu-data", "EU data", "lower-case words"),
        ("dataZone: EU", "models: []", "the list is empty"),
        (
            "{dataZone: EU}",
            "{dataZone: EU}\n      exemptions: [{target: a, until: soon, reason: b}]",
            "a date",
        ),
        ("{dataZone: EU}", "{dataZone: EU}\n      exemptions: [{target: a, reason: b}]", "`until`"),
    ],
)
def test_what_a_policy_gets_wrong_is_told_at_its_line(
    desk: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, told: str
) -> None:
    (desk / "policy.yaml").write_text(POLICY.replace(before, after), "utf-8")
    out = said(capsys, "validate", "--policy", "policy.yaml", code=1)
    assert told in " ".join(out.split())
    assert "policy.yaml:" in out


def test_a_plan_is_refused_for_what_it_would_leave_and_not_for_what_is_so_already(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = answer(capsys, "plan", "--policy", "policy.yaml", code=1)
    assert [(one["code"], one["fix"]) for one in plan["refusals"]] == [
        ("policy", "use a regional or DataZone SKU of an account in data zone EU")
    ]
    assert [one["line"] for one in plan["diagnostics"] if one["code"] == "policy/eu-data"] == [9]
    assert "Refused" in said(capsys, "apply", "--policy", "policy.yaml", "--yes", code=1)
    tagged = SET + "      tags: {owner: ada}\n"
    (desk / "manifests" / "set.yaml").write_text(tagged, "utf-8")
    said(capsys, "apply", "--yes", code=0)
    (desk / "manifests" / "set.yaml").write_text(SET, "utf-8")
    (desk / "policy.yaml").write_text(POLICY.replace("dataZone: EU", "tags: {owner: '*'}"), "utf-8")
    said(capsys, "validate", "--policy", "policy.yaml", code=1)
    assert answer(capsys, "plan", "--policy", "policy.yaml", code=0)["refusals"] == []


def test_what_is_there_is_judged_declared_or_not(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "apply", "--yes", code=0)
    (desk / "manifests" / "set.yaml").write_text(SET.replace("name: chat\n", "name: other\n"), "utf-8")
    drift = answer(capsys, "drift", "--policy", "policy.yaml", code=2)
    assert [(one["code"], one["file"]) for one in drift["policy"]] == [("policy/eu-data", None)]
    assert "`aoai-contoso/chat`" in drift["policy"][0]["message"]
    shown = answer(capsys, "show", "--policy", "policy.yaml", code=1)
    assert shown["policy"] == drift["policy"]
    assert "policy" not in answer(capsys, "show", code=0)


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("form", ["text", "markdown", "github", "junit", "html", "prometheus"])
def test_every_form_of_drift_names_the_rule(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "apply", "--yes", code=0)
    told = said(capsys, "drift", "--policy", "policy.yaml", "-o", form, code=2)
    assert "policy/eu-data" in told
    if form == "junit":
        root = ET.fromstring(told)  # noqa: S314 -- our own
        assert (root.get("failures"), [suite.get("name") for suite in root][1]) == ("1", "policies")


@pytest.mark.usefixtures("desk")
def test_gauges_of_policies_have_the_same_series_broken_or_not(capsys: pytest.CaptureFixture[str]) -> None:
    series = 'reconciler_policy_findings{fleet="contoso",code="policy/eu-data",severity="error"}'
    said(capsys, "apply", "--yes", code=0)
    assert f"{series} 1\n" in said(capsys, "drift", "--policy", "policy.yaml", "-o", "prometheus", code=2)
    Path("policy.yaml").write_text(POLICY.replace("EU}", "US}").replace("dataZone: US", "maxPtu: 9"), "utf-8")
    assert f"{series} 0\n" in said(capsys, "drift", "--policy", "policy.yaml", "-o", "prometheus", code=0)
    assert "reconciler_policy" not in said(capsys, "drift", "-o", "prometheus", code=0)


@pytest.mark.usefixtures("desk")
def test_the_pages_of_what_is_there_say_at_the_top_that_a_policy_is_broken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said(capsys, "apply", "--yes", code=0)
    for command, code in (("drift", 2), ("show", 1)):
        page = said(capsys, command, "--policy", "policy.yaml", "-o", "html", code=code)
        assert page.index("policies broken") < page.index('id="policies"') < page.index("policy/eu-data")
        assert "policies broken" not in said(capsys, command, "-o", "html", code=0)


@pytest.mark.usefixtures("desk")
def test_a_rule_is_explained_with_what_it_is_about_and_where_it_stands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = said(capsys, "explain", "policy/eu-data", "--policy", "policy.yaml", code=0)
    assert told.startswith("policy/eu-data (a rule of policy `house`; severity error)")
    assert "data stays in the EU." in told
    assert "Requires dataZone: data zone EU." in told
    assert "Source: policy.yaml:6." in told
    assert run(["explain", "policy/eu"]) == 64
