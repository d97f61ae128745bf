"""JSON documents that this program writes, and reads back as if a stranger had written them.

Rule of this module: a document is declared once, as a model. What does not fit it is a ValueError whose
message names the key and what belongs there, in our own words. Keys that a model does not know are passed
over, so that an older program reads what a newer one has added to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from reconciler.domain.deployment import JsonValue
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.sku import SkuName


def _named(value: object) -> object:
    return str(value) if isinstance(value, AccountId | DeploymentId | Region | SkuName) else value


Name = Annotated[str, BeforeValidator(_named)]
"""Text; it may be made of an ARM id, a region or a SKU, and then is what people write for it."""

_MUST_BE: Mapping[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "literal_error": "one of {expected}",
    "enum": "one of {expected}",
}


def what(text: str, **more: Any) -> Any:  # noqa: ANN401 -- pydantic's own signature
    """What a key says, with pydantic's other settings of a field."""
    return Field(description=text, **more)


class Document(BaseModel):
    """A JSON object of ours. Keys are camelCase; what was not given when it was made is not written."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        strict=True,
        frozen=True,
        protected_namespaces=(),
    )

    def to_json(self) -> dict[str, JsonValue]:
        """The object, its keys in the order in which they are declared."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    @classmethod
    def from_value(cls, value: object, **more: object) -> Self:
        """The object that a value makes whose attributes are named as our keys; others are passed over.

        `more` are the keys that it has under another name or not at all, and those that may be left out.
        """
        fields = ((name, field) for name, field in cls.model_fields.items() if name not in more)
        known = {name: getattr(value, name) for name, field in fields if field.is_required()}
        return cls.model_validate(known | more, from_attributes=True)

    @classmethod
    def read(cls, text: str | bytes) -> Self:
        """The object in a JSON text; ValueError where it is none."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as wrong:
            raise ValueError(_said(wrong.errors(include_url=False, include_context=True))) from None


def _said(errors: Iterable[ErrorDetails]) -> str:
    """The first thing that is wrong; where the text is no JSON, that is the only one."""
    first = next(iter(errors))
    if first["type"] == "json_invalid":
        found = str(first.get("ctx", {}).get("error", ""))
        return (
            "its brackets are nested too deep" if "recursion limit" in found else f"it is not JSON: {found}"
        )
    where = _path(first["loc"])
    if first["type"] == "missing":
        return f"`{where}` is missing"
    if first["type"] == "value_error":
        return str(first.get("ctx", {}).get("error", "")) or f"`{where}` does not fit"
    wanted = _MUST_BE.get(first["type"])
    if wanted is None:
        return f"`{where}` is not what belongs there"
    return f"`{where}` must be {wanted.format(**first.get('ctx', {}))}" if where else "it must be an object"


def _path(parts: Sequence[int | str]) -> str:
    """A place in a document as people write it, such as actions[3].order."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith(("tagged-union", "function-")):
            path += f".{part}" if path else part
    return path
