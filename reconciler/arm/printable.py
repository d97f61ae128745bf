"""Words of strangers, made fit to stand in our messages.

Rule of this module: what comes out is one line of visible characters, without terminal sequences, without
the query of any address (operation URLs are signed in it) and without anything that looks like a token.
"""

from __future__ import annotations

import re
import unicodedata

EXCERPT = 200
"""Characters quoted of a body that is not ARM's error envelope."""

MESSAGE = 2000
"""Characters kept of ARM's own message; the longest known one lists api-versions and regions."""

_TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]?")
_QUERY = re.compile(r"(https?://[^\s?'\"<>]*)\?[^\s'\"<>]*", re.IGNORECASE)
_TOKEN = re.compile(r"\beyJ[\w-]{6,}(?:\.[\w-]*){0,2}|(?<=bearer )[^\s,'\"]+", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
# Most texts are shown as they are: no address, no token, no space but single blanks between words.
_PLAIN = re.compile(r"(?!.*(?:https?://|eyJ|bearer ))[!-~]+(?: [!-~]+)*", re.IGNORECASE)
# Cc controls, Cf format marks (bidi, zero width), Cs lone surrogates, Co private use, Zl/Zp line ends.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def printable(text: str, limit: int = MESSAGE) -> str:
    """`text` as one printable line of at most `limit` characters."""
    if len(text) <= limit and _PLAIN.fullmatch(text):
        return text
    text = _TERMINAL.sub("", text[: limit * 8])
    text = _TOKEN.sub("***", _QUERY.sub(r"\1", text))
    shown = "".join(_visible(character) for character in _SPACE.sub(" ", text)).strip()
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def excerpt(body: bytes) -> str:
    """The beginning of a body that could not be read, for a message."""
    return printable(body[: EXCERPT * 8].decode("utf-8", "replace"), EXCERPT)


def request_id(text: str | None) -> str | None:
    """A request id as ARM sends it; None where the header holds anything else."""
    return text if text is not None and re.fullmatch(r"[\w.:-]{1,100}", text, re.ASCII) else None


def _visible(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    if unicodedata.category(character) in _UNSEEN:
        return f"\\u{ord(character):04x}"
    return character
