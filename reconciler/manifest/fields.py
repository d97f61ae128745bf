"""The kinds of value a field can have, each with its check and what it looks like to an editor.

The check reads the text as it was written; the type after `json_schema_input_type` is only what the JSON
Schema says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import GenericAlias
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, create_model
from pydantic.alias_generators import to_camel

from reconciler.domain.deployment import JsonValue
from reconciler.domain.fields import BY_PATH
from reconciler.domain.fields import Field as Row
from reconciler.domain.forms import Form, Inner, ListOf, Object, OneOf, Scalar
from reconciler.manifest import scalars
from reconciler.manifest.tree import Map, described, shortened

Kind = TypeVar("Kind")
Meta = TypeVar("Meta")
Spec = TypeVar("Spec")


class Strict(BaseModel):
    """A mapping with the named fields and no others; names are ARM's, in camelCase."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, loc_by_alias=True)


class ManifestDocument(Strict, Generic[Kind, Meta, Spec]):
    """What documents of every kind have in common."""

    api_version: Literal["reconciler.aoai/v1"] = Field(description="Version of this format.")
    kind: Kind = Field(description="What the document declares.")
    metadata: Meta = Field(description="What the document is called.")
    spec: Spec = Field(description="What the document says.")


def formed(form: str, allowed: str, fix: str = "") -> BeforeValidator:
    """The check of a text with a form; `allowed` puts the form into words."""

    def check(value: object) -> object:
        checked = scalars.text(value)
        if re.fullmatch(form, str(checked)) is None:
            raise scalars.invalid(f"`{shortened(str(checked))}` is not allowed here: {allowed}", fix)
        return checked

    shown: Any = Annotated[str, Field(pattern=f"^{form}$")]
    return BeforeValidator(check, json_schema_input_type=shown)


def _mapping(value: object) -> Map:
    if isinstance(value, Map):
        return value
    raise scalars.wrong_type(f"{described(value)} stands where a mapping is needed", "write `field: value`")


def _json_mapping(value: object) -> Mapping[str, JsonValue]:
    return {str(key): scalars.json_value(inner) for key, inner in _mapping(value).items()}


def raw(shown: Any) -> PlainValidator:  # noqa: ANN401 -- a type expression
    """A mapping that is left as it was written, to be merged first; an editor sees the type `shown`."""
    return PlainValidator(_mapping, json_schema_input_type=shown)


def optional(description: str, examples: list[Any] | None = None) -> Any:  # noqa: ANN401 -- what pydantic's Field returns
    """The definition of a field that may be left out."""
    return Field(default=None, description=description, examples=examples)


def stated(path: str, examples: list[Any] | None = None) -> Any:  # noqa: ANN401
    """The definition of a field of a deployment: what its row in `domain/fields.py` says of it."""
    return optional(BY_PATH[path].description, examples)


Words = Annotated[str, BeforeValidator(scalars.text)]
"""Any scalar, as text."""

Name = Annotated[
    str, BeforeValidator(scalars.filled, json_schema_input_type=Annotated[str, Field(min_length=1)])
]
"""Text that is not empty."""

Unquoted = Annotated[str, BeforeValidator(scalars.filled, json_schema_input_type=str | float)]
"""Text that people leave unquoted although it looks like a number to other readers."""

Value = Annotated[str, BeforeValidator(scalars.text, json_schema_input_type=str | float | bool)]
"""A tag's or a label's value."""

TagValue = Annotated[Value | None, BeforeValidator(scalars.or_null)]
"""A tag's value, which may be empty, or null to remove the tag."""

Whole = Annotated[
    int,
    BeforeValidator(
        scalars.integer, json_schema_input_type=Annotated[int, Field(ge=0, le=scalars.MAX_INTEGER)]
    ),
]
"""A whole number that ARM can hold."""

Flag = Annotated[bool, BeforeValidator(scalars.boolean, json_schema_input_type=bool)]
"""true or false."""


Amount = Annotated[
    Decimal, BeforeValidator(scalars.amount, json_schema_input_type=Annotated[float, Field(ge=0)])
]
"""A number in plain digits, kept exactly."""


def _share(value: object) -> Decimal:
    share = scalars.amount(value)
    if share > 1:
        raise scalars.invalid(f"{described(value)} is more than 1", "write a share, such as 0.4 for 40 %")
    return share


Share = Annotated[
    Decimal, BeforeValidator(_share, json_schema_input_type=Annotated[float, Field(ge=0, le=1)])
]
"""0 to 1."""


def _percent(value: object) -> float:
    amount = scalars.number(value)
    if amount > 100:
        raise scalars.invalid(f"{described(value)} is more than 100 percent", "write 0 to 100")
    return amount


Percent = Annotated[
    float, BeforeValidator(_percent, json_schema_input_type=Annotated[float, Field(ge=0, le=100)])
]
"""0 to 100."""

Json = Annotated[Mapping[str, Any], PlainValidator(_json_mapping, json_schema_input_type=dict[str, Any])]
"""A mapping of anything, typed as YAML 1.2 types plain scalars."""

Guid = Annotated[
    str,
    formed(
        r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        "a GUID is needed, such as 11111111-1111-1111-1111-111111111111",
        "copy it from `az account list -o table`",
    ),
]
"""The id of a subscription or of a tenant."""

ResourceGroup = Annotated[
    str,
    formed(
        r"[-\w.()]{0,89}[-\w()]",
        "1 to 90 letters, digits, `_`, `-`, `.`, `(` and `)`, not ending with a period (ARM)",
    ),
]
"""The name of a resource group."""


def _glob(value: object) -> object:
    checked = scalars.filled(value)
    if str(checked).count("/") > 2:
        raise scalars.invalid(
            f"{described(value)} has more than three parts",
            "write subscription-or-alias/account/deployment, or fewer parts from the right",
        )
    return checked


Glob = Annotated[str, BeforeValidator(_glob, json_schema_input_type=str)]
"""A pattern over subscription-or-alias/account/deployment."""


_SCALARS: Final[Mapping[Form, Any]] = {
    Scalar.NAME: Name,
    Scalar.VERSION: Unquoted,
    Scalar.TEXT: Words,
    Scalar.WHOLE: Whole,
    Scalar.FLAG: Flag,
}


def _type_of(form: Form) -> Any:  # noqa: ANN401 -- a type expression
    match form:
        case OneOf(words):
            return Literal[words]
        case ListOf(items):
            return GenericAlias(list, _type_of(items))
        case Object(fields=()):
            return Json
        case Object(name, description, fields):
            return create_model(name, __base__=Strict, __doc__=description, **lines_of(fields))
    return _SCALARS[form]


def lines_of(fields: Iterable[Row | Inner]) -> dict[str, Any]:
    """Types and definitions of fields that may be left out, by ARM's names."""
    lines = {}
    for field in fields:
        kind = _type_of(field.form) | None
        if isinstance(field, Row) and field.nullable:
            kind = Annotated[kind, BeforeValidator(scalars.filled_or_null)]
        examples = None if field.example is None else [field.example]
        definition = Field(default=None, alias=field.name, description=field.description, examples=examples)
        lines[field.name] = (kind, definition)
    return lines
