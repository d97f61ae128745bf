"""The forms that a field's value can have: what a manifest may write, and how two values compare.

`manifest/fields.py` makes checks and JSON Schema of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import partial
from typing import NamedTuple

from reconciler.domain.deployment import JsonValue
from reconciler.domain.json_values import same
from reconciler.domain.sku import SkuName


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

    def part(self, name: str) -> Form | None:
        """The form of a field inside; None of what ARM may have added."""
        return next((inner.form for inner in self.fields if inner.name.lower() == name.lower()), None)


class ListOf(NamedTuple):
    """A list of values of one form, in an order that counts."""

    items: Form


Form = Scalar | OneOf | Object | ListOf


def alike(form: Form | None, value: JsonValue, other: JsonValue) -> bool:
    """Whether two values of a form are one: as JSON but for names and words, whose case does not count."""
    if isinstance(value, str) and isinstance(other, str):
        if form is Scalar.SKU:
            return SkuName(value) == SkuName(other)
        if form is Scalar.NAME or isinstance(form, OneOf):
            return value.lower() == other.lower()
    if isinstance(form, ListOf) and isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(partial(alike, form.items), value, other))
    if isinstance(form, Object) and isinstance(value, Mapping) and isinstance(other, Mapping):
        return value.keys() == other.keys() and all(
            alike(form.part(name), inner, other[name]) for name, inner in value.items()
        )
    return same(value, other)
