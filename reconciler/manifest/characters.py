"""Bytes become text: UTF-8, and nothing in it that a reader cannot see.

What a reviewer sees must be what is deployed. So characters that hide, reorder or erase text are refused
wherever they stand, comments included; a guess at another encoding would silently change names.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from reconciler.diagnostics import Diagnostic, Place
from reconciler.manifest.tree import Lines

# C0 and C1 controls but tab and line feeds; marks and overrides of reading direction; separators that are
# line breaks to some readers and not to others; characters without width (joiners, which scripts need, stay).
UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\uffff\U000e0000-\U000e007f]"
)
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SAVE = "save the file as UTF-8"


def named(character: str) -> str:
    """A character that cannot be shown, by code point and name."""
    known = {"\x00": "NUL", "\x1b": "ESCAPE", "\x07": "BELL", "\x7f": "DELETE", "\x85": "NEXT LINE"}
    name = known.get(character) or unicodedata.name(character, "a control character")
    return f"U+{ord(character):04X} ({name})"


def decode(file: str, content: bytes) -> tuple[str, Diagnostic | None]:
    """The text of a file without its byte order mark, and what forbids reading on, if anything does."""
    bare = content.removeprefix(_UTF8_BOM)
    if content.startswith(_UTF16) or b"\x00" in content[:2]:
        text = content.decode("utf-16", errors="replace")
        return text, _finding("encoding", "the file is UTF-16, manifests are UTF-8", Place(file=file), _SAVE)
    try:
        text = bare.decode("utf-8")
    except UnicodeDecodeError as problem:
        return _undecodable(file, bare, problem)
    unseen = UNSEEN.search(text)
    return text, None if unseen is None else _hidden(file, text, unseen)


def _undecodable(file: str, content: bytes, problem: UnicodeDecodeError) -> tuple[str, Diagnostic]:
    text = content.decode("utf-8", errors="replace")
    start = len(content[: problem.start].decode("utf-8"))
    byte = content[problem.start]
    place = Place(file=file, span=Lines(text).first_line(start, start + 1))
    message = f"byte 0x{byte:02X} is not UTF-8 here; Latin-1 or Windows-1252 would show `{chr(byte)}`"
    if byte < 0xA0:  # Latin-1 has only controls below it
        message = f"byte 0x{byte:02X} is not UTF-8 here"
    return text, _finding("encoding", message, place, _SAVE)


def _hidden(file: str, text: str, unseen: re.Match[str]) -> Diagnostic:
    others = len(UNSEEN.findall(text)) - 1
    more = f", and {others} more such characters" if others else ""
    place = Place(file=file, span=Lines(text).first_line(unseen.start(), unseen.end()))
    message = f"the text contains {named(unseen.group())}, which cannot be seen{more}"
    fix = "remove it: what is deployed must be what a reviewer sees"
    return _finding("control-character", message, place, fix)


def _finding(code: str, message: str, place: Place, fix: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, place=place, fix=fix)
