"""What real people declared goes through the validator: no crash, and every verdict stays as it was read."""

from __future__ import annotations

import os

import pytest

from reconciler.manifest import rules
from tests.corpus.corpus import HERE, Case, Verdict, deployment_cases, history_cases, verdict

DEPLOYMENTS = list(deployment_cases())
HISTORY = list(history_cases())
KEPT = HERE / "verdicts.txt"


def line(kind: str, told: Verdict) -> str:
    return f"{kind} {told.case.title} | {told.case.origin} | {told.words}"


@pytest.fixture(scope="module")
def verdicts() -> list[tuple[str, Verdict]]:
    cases = [("deployment", case) for case in DEPLOYMENTS] + [("state", case) for case in HISTORY]
    return [(kind, verdict(case)) for kind, case in cases]


def test_the_whole_corpus_is_here() -> None:
    assert (len(DEPLOYMENTS), len(HISTORY)) == (201, 137)


def test_every_verdict_is_as_it_was_read(verdicts: list[tuple[str, Verdict]]) -> None:
    told = [line(kind, one) for kind, one in verdicts]
    if os.environ.get("RECONCILER_UPDATE_GOLDEN") == "1":
        KEPT.write_text("\n".join(told) + "\n", "utf-8")
    assert told == KEPT.read_text("utf-8").splitlines()


def test_every_finding_can_be_explained_and_pointed_at(verdicts: list[tuple[str, Verdict]]) -> None:
    for _, one in verdicts:
        for finding in one.findings:
            assert rules.explain(finding.code) is not None
            assert finding.fix, finding
            assert finding.place is not None
            assert one.checked.loaded.sources.span(finding.place) is not None


def test_no_row_is_misread_as_something_that_is_no_manifest(verdicts: list[tuple[str, Verdict]]) -> None:
    form = {"yaml-syntax", "unknown-field", "unknown-kind", "encoding", "yaml-limit", "yaml-tag"}
    assert [one.case.title for _, one in verdicts if one.checked.codes & form] == []


@pytest.mark.parametrize("case", [*DEPLOYMENTS, *HISTORY], ids=lambda case: str(case.title))
def test_every_row_is_declared_whole(case: Case) -> None:
    # One row has nothing but empty strings: no name, no deployment.
    declared = case.text.count("    - name: ") - case.text.count('    - name: ""')
    assert verdict(case).checked.loaded.deployments == declared
