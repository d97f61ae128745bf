"""What a scalar means, decided by the field it stands in and by nothing else.

A number is one only as plain digits, a boolean only as `true` or `false`, and null is nothing a field can
have: leaving the line out is how a field stays unmanaged. Whatever else stands in a text field is the text
as written, so `0613`, `1106` and `2024-08-06` are the versions they look like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

from pydantic_core import PydanticCustomError

from reconciler.domain.deployment import JsonValue
from reconciler.manifest.tree import Items, Map, Text, described, shortened

MAX_INTEGER: Final = 2_147_483_647
"""ARM's capacities are 32-bit integers (specification 2025-06-01)."""

_INTEGER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_NUMBER: Final = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?")
_TRUE: Final = frozenset({"true", "yes", "on", "y", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "n", "0"})
LEAVE_OUT: Final = "leave the line out to leave the field unmanaged"

# YAML 1.2 core schema, used only below extraProperties, where no field types the value.
_CORE_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,300}")
_CORE_FLOAT: Final = re.compile(
    r"[-+]?(?:\.[0-9]{1,300}|[0-9]{1,300}(?:\.[0-9]{0,300})?)(?:[eE][-+]?[0-9]{1,3})?"
)


def wrong_type(message: str, fix: str) -> PydanticCustomError:
    """A value of another type than its field has."""
    return PydanticCustomError("wrong-type", "{message}", {"message": message, "fix": fix})


def invalid(message: str, fix: str = "") -> PydanticCustomError:
    """A value of the right type that is not allowed."""
    return PydanticCustomError("invalid-value", "{message}", {"message": message, "fix": fix})


def text(value: object) -> object:
    """Any scalar as it was written; nothing and null are refused."""
    if isinstance(value, Text):
        if value.plain and value.null:
            fix = "quote it" if value else "write a value"
            raise wrong_type(f"{described(value)} stands where text is needed", f"{LEAVE_OUT}, or {fix}")
        return value
    raise wrong_type(f"{described(value)} stands where text is needed", "write one value")


def or_null(value: object) -> object:
    """None for a plain `null` or `~`, which un-sets a field; other values as they are.

    A line without a value is no null: it is too easily written by mistake.
    """
    if not isinstance(value, Text) or not value.plain or not value.null:
        return value
    if value:
        return None
    raise wrong_type("nothing stands where a value is needed", f"{LEAVE_OUT}, or write null to un-set it")


def filled_or_null(value: object) -> object:
    """As `or_null`, and an empty text is refused with a word on null."""
    checked = or_null(value)
    if isinstance(checked, Text) and not checked.strip():
        raise invalid("the text is empty", "write null to un-set the field, or leave the line out")
    return checked


def filled(value: object) -> object:
    """Text that is not empty."""
    checked = text(value)
    if not str(checked).strip():
        raise invalid("the text is empty", "write a value, or leave the line out")
    return checked


def integer(value: object) -> int:
    """A whole number in plain digits, 0 to 2147483647."""
    if isinstance(value, Text) and value.plain and _INTEGER.fullmatch(value):
        number = int(value)
        if number > MAX_INTEGER:
            raise invalid(f"{number} is more than ARM's integers hold ({MAX_INTEGER})", "write less")
        return number
    if isinstance(value, Text) and value.plain and value.null:
        raise wrong_type(f"{described(value)} stands where a whole number is needed", LEAVE_OUT)
    raise wrong_type(f"{described(value)} is not a whole number in plain digits", _plain_digits(value))


def number(value: object) -> float:
    """A number in plain digits, with or without decimals; neither sign nor exponent."""
    if isinstance(value, Text) and value.plain and _NUMBER.fullmatch(value):
        return float(value)
    raise wrong_type(f"{described(value)} is not a number in plain digits", _plain_digits(value))


def amount(value: object) -> Decimal:
    """A number in plain digits, exactly as written: money is never a binary fraction."""
    number(value)
    return Decimal(str(value))


def boolean(value: object) -> bool:
    """`true` or `false`, unquoted."""
    if isinstance(value, Text) and value.plain and value in {"true", "false"}:
        return value == "true"
    if isinstance(value, Text) and value.plain and value.null:
        raise wrong_type(f"{described(value)} stands where true or false is needed", LEAVE_OUT)
    word = value.strip().lower() if isinstance(value, Text) else ""
    fix = "write true" if word in _TRUE else "write false" if word in _FALSE else "write true or false"
    raise wrong_type(f"{described(value)} is neither true nor false", f"{fix}, without quotes")


def json_value(value: object) -> JsonValue:
    """What plain scalars mean in YAML 1.2's core schema; for values no field of ours types."""
    if isinstance(value, Map):
        return {str(key): json_value(inner) for key, inner in value.items()}
    if isinstance(value, Items):
        return [json_value(inner) for inner in value]
    if not isinstance(value, Text) or not value.plain:
        return str(value)
    if value.null:
        return None
    if value in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return value.lower() == "true"
    if _CORE_INTEGER.fullmatch(value):
        return int(value)
    if not _CORE_FLOAT.fullmatch(value):
        return str(value)
    if (found := float(value)) in {float("inf"), float("-inf")}:
        raise invalid(f"`{shortened(value)}` is more than JSON numbers hold", "put it in quotes")
    return found


def nearest(written: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, looking past case first; None if nothing is near."""
    spelled = {word.lower(): word for word in sorted(known)}
    near = get_close_matches(written[:100].lower(), spelled, n=1, cutoff=0.6)
    return spelled[near[0]] if near else None


def _plain_digits(value: object) -> str:
    """How to write what was probably meant."""
    if not isinstance(value, Text) or len(value) > len("0x7fffffff"):
        return "write a whole number in digits, such as 50"
    bare = value.strip().replace("_", "").replace(",", "")
    for base, form in ((16, r"0[xX][0-9a-fA-F]+"), (8, r"0[oO][0-7]+"), (2, r"0[bB][01]+")):
        if re.fullmatch(form, bare):
            return f"write {int(bare, base)}"
    if re.fullmatch(r"\+?[0-9]+", bare):
        quotes = "" if value.plain else ", without quotes"
        return f"write {int(bare)}{quotes}"
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?(?:[eE]\+?[0-9])?", bare) and float(bare).is_integer():
        return f"write {int(float(bare))}"
    return "write a whole number in digits, such as 50"
