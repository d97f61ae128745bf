"""Reported answers by their distinct shapes: one status, code and words, names and numbers aside."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_NAMES = (
    (re.compile(r"\[\^'\][*+]"), ""),
    (re.compile(r"\\(.)"), r"\1"),
    (re.compile(r"resource '[^']*' of type '[^']*'"), "resource of type"),
    (re.compile(r"over scope '[^']*'"), "over scope"),
    (re.compile(r"(?<!\w)'[^']*('|$)"), ""),
    (re.compile(r"\b(in quota|for quota) .*?(?=, which|\.?$)"), r"\1"),
    (re.compile(r"\bcreate \w+ until"), "create until"),
    (re.compile(r"\d+"), "0"),
)
_CODE = re.compile(r"^error\.(?:details\.0\.)*code$")
_WORDS = re.compile(r"^error\.(?:details\.0\.)*message$")


def distinct(steps: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first answer of each shape, in the order of reading."""
    found: list[Mapping[str, Any]] = []
    for step in steps:
        if not any(_same(_shape(step), _shape(one)) for one in found):
            found.append(step)
    return found


def _shape(step: Mapping[str, Any]) -> tuple[int, str, str, bool]:
    """The status, the innermost code and words that are told, and whether these are whole."""
    values, patterns = step.get("values", {}), step.get("matches", {})
    told = {**values, **patterns}
    code = _innermost(name for name in told if _CODE.match(name))
    words = _innermost(name for name in told if _WORDS.match(name))
    if words.count("details") < code.count("details"):
        words = ""
    text = str(told.get(words, ""))
    is_whole = words in values or (text.endswith("$") and ".*" not in text)
    text = text.removeprefix("^").removesuffix("$").partition(".*")[0]
    for pattern, instead in _NAMES:
        text = pattern.sub(instead, text)
    inner = words.count("details") > code.count("details")
    return step["status"], "" if inner else str(told.get(code, "")), text, is_whole


def _innermost(names: Iterable[str]) -> str:
    return max(names, key=len, default="")


def _same(one: tuple[int, str, str, bool], other: tuple[int, str, str, bool]) -> bool:
    if one[0] != other[0] or (one[1] and other[1] and one[1] != other[1]):
        return False
    if one[3] and other[3]:
        return one[2] == other[2]
    return (one[2].startswith(other[2]) and not other[3]) or (other[2].startswith(one[2]) and not one[3])
