"""Telling a slip from a name that is merely new."""

from __future__ import annotations

import pytest

from reconciler.catalogue.load import catalogue
from reconciler.catalogue.near import distance, misspelling_of, similar


@pytest.mark.parametrize(
    ("written", "meant", "reason"),
    [
        ("gpt-4o-mni", "gpt-4o-mini", "a letter was dropped"),
        ("gpt4o", "gpt-4o", "punctuation does not make a name"),
        ("gpt-40-mini", "gpt-4o-mini", "zero looks like the letter o"),
        ("gpt-3.5-turbo", "gpt-35-turbo", "the name that OpenAI uses"),
        ("gpt-35-trubo", "gpt-35-turbo", "two neighbours were swapped"),
        ("text-embeding-ada-002", "text-embedding-ada-002", "a letter was dropped"),
        ("gpt-5.7", None, "other digits are another generation"),
        ("o5-mini", None, "other digits are another generation"),
        ("gpt-5-pico", None, "a new size is not a misspelt one"),
        ("my-own-model", None, "nothing is near"),
    ],
)
def test_a_slip_is_told_from_a_new_name(written: str, meant: str | None, reason: str) -> None:
    assert misspelling_of(written, catalogue().models()) == meant, reason


def test_versions_may_differ_in_digits_and_still_be_slips() -> None:
    versions = ("2024-05-13", "2024-08-06")
    assert misspelling_of("2024-08-16", versions, digits_matter=False) == "2024-08-06"
    assert misspelling_of("2024-08-16", versions) is None


@pytest.mark.parametrize(
    ("left", "right", "edits"),
    [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "abd", 1), ("abc", "ab", 1), ("abc", "xyz", 3)],
)
def test_distance_counts_edits_and_stops_at_the_limit(left: str, right: str, edits: int) -> None:
    assert distance(left, right, 2) == min(edits, 3)
    assert distance(right, left, 2) == min(edits, 3)


def test_similar_names_keep_their_own_spelling() -> None:
    assert "Llama-3.3-70B-Instruct" in similar("llama-3-70b-instruct", catalogue().models())
    assert similar("zzzzzz", catalogue().models()) == ()
