"""Answers that must not be understood."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.arm.strict_json import NotUnderstood, _key_ends, _keys, parse, parse_object


@pytest.mark.parametrize(
    ("body", "why", "reason"),
    [
        (b"", "not JSON", "empty body (F-010)"),
        (b"<html>sign in</html>", "not JSON", "a proxy's page (F-010)"),
        (b'{"a": 1', "not JSON", "cut short (F-009)"),
        (b'{"a": 1, "a": 2}', "same key twice", "F-014"),
        (b'{"x": {"a": 1, "a": 1}}', "same key twice", "F-014, nested"),
        (b'{"a": NaN}', "NaN", "F-014"),
        (b'{"a": -Infinity}', "-Infinity", "F-014"),
        (b'{"a": 1e999}', "too large", "a finite text that is no finite number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "5000 digits", "F-014"),
        (b"[" * 100_000 + b"]" * 100_000, "deeper", "F-014"),
        (b"[" * 65 + b"]" * 65, "deeper", "one level too many"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "deeper", "objects count as well"),
        (b"[" + b"0," * 500_000 + b"0]", "more than 500000 values", "I-19: small in bytes, large in memory"),
        (b"[" + b"{}," * 250_000 + b"0]", "more than 500000 values", "I-19"),
        (b"[" + b"[]," * 250_000 + b"0]", "more than 500000 values", "I-19"),
        (b'{"a": "\xff"}', "UTF-8", "wrong charset (F-017)"),
        ('{"a": "é"}'.encode("latin-1"), "UTF-8", "wrong charset (F-017)"),
        (b'{"a": "\\ud800"}', "surrogate", "F-017"),
        (b'{"\\udfff": 1}', "surrogate", "F-017, in a key"),
    ],
)
def test_an_ambiguous_answer_is_unreadable(body: bytes, why: str, reason: str) -> None:
    """F-010, F-014, F-017."""
    with pytest.raises(NotUnderstood, match=why):
        parse(body)
    assert reason


def test_a_byte_order_mark_is_forgiven() -> None:
    """F-017."""
    assert parse(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_a_surrogate_pair_is_a_character() -> None:
    """F-017."""
    assert parse(b'{"a": "\\ud83d\\ude00"}') == {"a": "\N{GRINNING FACE}"}


def test_sixty_four_levels_are_read() -> None:
    assert parse(b"[" * 63 + b"]" * 63) is not None


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "x\\": y", "b\\"": ": "}',
        '{"a": "\\":\\":\\":"}',
        '{"id": "123456789012345678901234567890", "n": 5}',
        '{"a" \n: {"b"\t:[{"c":1},{"c":1}]}}',
    ],
)
def test_texts_that_look_like_keys_or_numbers_are_texts(text: str) -> None:
    assert parse(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    "twice",
    [
        '{"a": 1, "a": 2, "b": "x\\": y"}',
        '{"a" : {"b": 1}, "a"\n: 2}',
        '{"a":1,"a":2,"b":"{\\"c\\":1}"}',
        '{"a":1,"a":2,"b\\\\":3}',
        '{"a":1,"a":2,"b\\\\":"{\\"c\\":1}"}',
    ],
)
def test_a_key_that_stands_twice_is_found_among_texts_that_look_like_keys(twice: str) -> None:
    """F-014."""
    with pytest.raises(NotUnderstood, match="same key twice"):
        parse(twice.encode())


def test_json_within_a_text_does_not_make_an_answer_be_read_twice() -> None:
    """Each models list has such a text, and is by far the longest answer of a plan."""
    inner = json.dumps([{"format": "OpenAI", "name": "gpt-4.1"}], separators=(",", ":"))
    body = json.dumps({"value": [{"capabilities": {"models": inner}}]}, separators=(",", ":")).encode()
    assert _key_ends(body) == _keys(json.loads(body)) == 3


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null"])
def test_what_must_be_an_object_is_one(body: bytes) -> None:
    """F-010."""
    with pytest.raises(NotUnderstood, match="not an object"):
        parse_object(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_unreadable(body: bytes) -> None:
    """F-014: no other exception, whatever comes."""
    try:
        value = parse(body)
    except NotUnderstood:
        return
    json.dumps(value, allow_nan=False).encode()


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(values)
def test_ordinary_json_comes_back_as_it_was(value: object) -> None:
    assert parse(json.dumps(value).encode()) == value
