"""`reconciler explain`: every word that the program prints can be asked about."""

import pytest

from reconciler.catalogue.load import catalogue
from reconciler.cli import run
from reconciler.manifest.rules import CODES, RULES, Rule
from reconciler.plan.actions import KINDS, Reason
from reconciler.plan.causes import Cause
from reconciler.plan.glossary import NOTICES, REFUSALS
from reconciler.plan.plan import Verdict

PLANS = {*REFUSALS, *NOTICES, *map(str, Reason), *KINDS, *map(str, Verdict)}


@pytest.mark.parametrize("word", sorted({*CODES, *PLANS, *map(str, Cause)}))
def test_every_word_of_the_program_is_explained(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", word]) == 0
    assert capsys.readouterr().out.startswith(f"{word} (")


def told(word: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["explain", word]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_says_where_it_comes_from(rule: Rule, capsys: pytest.CaptureFixture[str]) -> None:
    assert "\n\nSource: " in told(rule.code, capsys)


def test_what_the_catalogue_knows_is_explained_with_its_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert f"Source: tables of the catalogue, {catalogue().date};" in told("capacity-increment", capsys)
    assert told("sku-alias", capsys).endswith(f"Source: {catalogue().alias_source}.\n")
    assert "Source:" not in told("unknown-field", capsys)


def test_a_word_with_two_meanings_is_explained_in_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "FAILED-STATE"]) == 0
    told = capsys.readouterr().out
    assert "failed-state (in a plan)" in told
    assert "failed-state (a cause of drift; severity error)" in told


def test_a_code_of_arm_is_explained_whatever_its_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "insufficientquota"]) == 0
    assert "used up" in capsys.readouterr().out


def test_an_unknown_word_is_answered_with_those_near_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "max-delets"]) == 64
    assert "Near it: max-deletes" in capsys.readouterr().err
