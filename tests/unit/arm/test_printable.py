"""What strangers say, in one harmless line."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.arm.printable import MESSAGE, excerpt, printable, request_id


@pytest.mark.parametrize(
    ("text", "shown", "reason"),
    [
        ("plain words", "plain words", "most of what comes"),
        ("two\r\nlines\tand more", "two lines and more", "one line"),
        ("\x1b[31mred\x1b[0m", "red", "terminal colours (F-130)"),
        ("\x1b]8;;http://evil\x07click\x1b]8;;\x07", "click", "terminal links (F-130)"),
        ("a\x00b\x08c", "a\\u0000b\\u0008c", "control characters are shown, not obeyed (F-130)"),
        ("user\u202eexe", "user\\u202eexe", "bidi marks (F-130)"),
        ("zero\u200bwidth", "zero\\u200bwidth", "zero width (F-130)"),
        ("Größe 日本", "Größe 日本", "letters are letters"),
        ("see https://x.example/op?t=1&s=secret now", "see https://x.example/op now", "signed (F-128)"),
        ("Bearer abc.def", "Bearer ***", "a token (F-128)"),
        ("got eyJhbGciOi.eyJzdWIiOi.c2ln here", "got *** here", "a JWT (F-128)"),
    ],
)
def test_text_is_made_harmless(text: str, shown: str, reason: str) -> None:
    """F-128, F-130."""
    assert printable(text) == shown, reason


@given(st.text())
def test_whatever_comes_is_one_visible_bounded_line(text: str) -> None:
    """F-130."""
    shown = printable(text, 50)
    assert len(shown) <= 50
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown.encode()


def test_long_text_is_cut_with_a_mark() -> None:
    assert printable("x" * 3000) == "x" * (MESSAGE - 1) + "…"


def test_at_most_200_characters_of_a_page_are_quoted() -> None:
    """F-012."""
    shown = excerpt(b"<html>" + b"\xffx" * 5000)
    assert shown.startswith("<html>")
    assert len(shown) == 200


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("9d0c397e-a2a4-4d13-b2cf-bd9926907c9e", True),
        ("SOUTHCENTRALUS:20260423T161756Z:5a0d92a6", True),
        ("", False),
        ("a b", False),
        ("\x1b[31m", False),
        ("x" * 101, False),
        (None, False),
    ],
)
def test_a_request_id_is_kept_only_as_arm_writes_it(text: str | None, kept: bool) -> None:
    assert request_id(text) == (text if kept else None)
