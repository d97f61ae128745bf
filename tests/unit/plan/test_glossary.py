"""Every word that a plan can print can be explained."""

import ast
from pathlib import Path

import pytest

import reconciler.plan
from reconciler.plan.actions import Reason
from reconciler.plan.glossary import REASONS, REFUSALS, WORDS, meaning

ROOM = Path(reconciler.plan.__file__).parent


def refusal_codes() -> set[str]:
    """The codes of all refusals that the room makes, read from its own text."""
    calls = (
        node
        for path in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal"
    )
    values = (keyword.value for call in calls for keyword in call.keywords if keyword.arg == "code")
    return {
        value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_explained(reason: Reason) -> None:
    assert meaning(reason.value) == REASONS[reason]


def test_every_refusal_is_explained_and_no_other() -> None:
    assert set(REFUSALS) == refusal_codes()
    assert len(refusal_codes()) == 7


def test_a_word_that_no_plan_prints_means_nothing() -> None:
    assert meaning("no-such-word") == ""


@pytest.mark.parametrize("text", WORDS.values())
def test_an_explanation_is_sentences_without_a_full_stop_at_the_end(text: str) -> None:
    assert text[0].isupper()
    assert not text.endswith(".")
    assert "|" not in text
