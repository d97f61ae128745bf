"""What scanners and build systems are given: SARIF by its own schema, JUnit that parses."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest

from reconciler.report.diagnostics import render_junit
from reconciler.report.sarif import to_sarif
from tests.manifests.checking import Checked, check_paths, check_text

TESTS = Path(__file__).parents[2]
SCHEMA = json.loads((TESTS / "schemas" / "sarif-2.1.0.json").read_text("utf-8"))
BAD = sorted((TESTS / "manifests" / "bad").glob("*.yaml"))
MANIFEST = """\
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: contoso}
spec:
  account:
    subscription: 11111111-1111-1111-1111-111111111111
    resourceGroup: rg
    name: aoai
  deployments:
    - name: chat
      model: {name: gpt-5.4, version: "2026-03-05"}
      sku: {name: GlobalProvisionedManaged, capacity: 17}
    - name: more
      model: {name: gpt-5.4, version: "2026-03-05"}
      sku: {name: GlobalProvisionedManaged, capacity: 17}
"""


def sarif(checked: Checked) -> dict[str, Any]:
    document = to_sarif(checked.findings, checked.loaded.sources, tool_version="1.2.3")
    return cast("dict[str, Any]", json.loads(json.dumps(document)))


def results(checked: Checked) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", sarif(checked)["runs"][0]["results"])


def prints(checked: Checked) -> list[str]:
    return [one["partialFingerprints"]["reconcilerFinding/v1"] for one in results(checked)]


@pytest.mark.parametrize("path", BAD, ids=lambda path: str(path.stem))
def test_sarif_keeps_to_its_schema(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    document = sarif(check_paths(path.name))
    jsonschema.Draft4Validator(SCHEMA).validate(document)
    assert document["runs"][0]["results"]


def test_sarif_points_at_the_value_and_names_the_rule() -> None:
    first = results(check_text(MANIFEST))[0]
    where = first["locations"][0]["physicalLocation"]
    assert (first["ruleId"], first["level"]) == ("capacity-increment", "error")
    assert where["region"] == {"startLine": 12, "startColumn": 55, "endLine": 12, "endColumn": 57}
    rules = sarif(check_text(MANIFEST))["runs"][0]["tool"]["driver"]["rules"]
    assert rules[first["ruleIndex"]]["id"] == "capacity-increment"
    assert rules[first["ruleIndex"]]["defaultConfiguration"] == {"level": "error"}
    assert "fix: use 15 or 20" in first["message"]["text"]


def test_fingerprints_survive_when_lines_move() -> None:
    moved = MANIFEST.replace("  deployments:\n", "  # a remark\n\n  deployments:\n")
    assert prints(check_text(moved)) == prints(check_text(MANIFEST))


def test_fingerprints_tell_findings_apart() -> None:
    found = prints(check_text(MANIFEST))
    assert len(found) == len(set(found)) == 2
    assert prints(check_text(MANIFEST.replace("17", "18")))[0] not in found


def test_related_places_are_given_with_their_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD[0].parent)
    (found,) = results(check_paths("duplicate-key.yaml"))
    (related,) = found["relatedLocations"]
    assert related["message"] == {"text": "first here"}
    assert related["physicalLocation"]["region"]["startLine"] == 15


def test_files_are_named_as_uris(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my set.yaml").write_text(MANIFEST, "utf-8")
    relative = results(check_paths("my set.yaml"))[0]["locations"][0]["physicalLocation"]
    assert relative["artifactLocation"] == {"uri": "my%20set.yaml"}
    absolute = results(check_paths(str(tmp_path / "my set.yaml")))[0]["locations"][0]["physicalLocation"]
    assert absolute["artifactLocation"]["uri"].startswith("file:///")


def junit(checked: Checked) -> ET.Element:
    sources = checked.loaded.sources
    return ET.fromstring(render_junit(checked.findings, sources, files=sources.files))  # noqa: S314 -- our own


def test_junit_has_a_case_per_file_and_fails_where_errors_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text(MANIFEST, "utf-8")
    mild = MANIFEST.replace("name: aoai\n", "name: other\n").replace("17", "15").replace("gpt-5.4", "gpt-99")
    (tmp_path / "mild.yaml").write_text(mild, "utf-8")
    (tmp_path / "empty.yaml").write_text("", "utf-8")
    root = junit(check_paths("."))
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert set(cases) == {"bad.yaml", "mild.yaml", "empty.yaml"}
    failure = cases["bad.yaml"].find("failure")
    assert failure is not None
    assert failure.get("type") == "capacity-increment"
    assert str(failure.get("message")).endswith("(and 1 more)")
    assert "bad.yaml:12:55: error[capacity-increment]" in str(failure.text)
    assert cases["mild.yaml"].find("failure") is None
    assert "warning[unknown-model]" in str(cases["mild.yaml"].findtext("system-out"))
    assert list(cases["empty.yaml"]) == []


@pytest.mark.parametrize("path", BAD, ids=lambda path: str(path.stem))
def test_junit_is_xml_whatever_the_manifest_holds(path: Path) -> None:
    assert junit(check_paths(str(path))).tag == "testsuites"


def test_strangers_text_stays_text() -> None:
    failure = junit(check_text(MANIFEST.replace("name: chat", "name: '\"<&]]>chat'"))).find(".//failure")
    assert failure is not None
    assert '"<&]]>chat' in str(failure.text)
    assert list(failure) == []
