"""The forms that a field's value can have: what a manifest may write, and how two values compare.

`manifest/fields.py` makes checks and JSON Schema of them.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from reconciler.domain.deployment import JsonValue


class Scalar(Enum):
    """A value of one line; two compare as JSON, where `1` is not `"1"`, if nothing else is said."""

    NAME = "name"
    """Not empty: a name of ARM's or an id, compared without case."""
    SKU = "SKU"
    """A SKU: compared without case, and known aliases alike."""
    VERSION = "version"
    """Not empty; people leave it unquoted although it looks like a number."""
    TEXT = "text"
    WHOLE = "whole number"
    """0 to 2147483647."""
    FLAG = "flag"
    """true or false."""


class OneOf(NamedTuple):
    """A word of a closed set, compared without case."""

    words: tuple[str, ...]


class Inner(NamedTuple):
    """A field of an object, under ARM's name, with an example for editors."""

    name: str
    form: Form
    description: str
    example: JsonValue = None


class Object(NamedTuple):
    """An object, which ARM may extend: compared by structure, and only in what is stated.

    `name` and `description` are the schema's. Without `fields` a manifest may write any JSON there.
    """

    name: str = ""
    description: str = ""
    fields: tuple[Inner, ...] = ()


class ListOf(NamedTuple):
    """A list of values of one form, compared as JSON."""

    items: Form


Form = Scalar | OneOf | Object | ListOf
