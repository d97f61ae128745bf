"""The OpenAPI documents in `tests/spec/` as judges of an answer: status, body, and what they never declare.

Rule of this module: it knows the documents and JSON Schema, and nothing of the emulator.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

SPEC = Path(__file__).parent.parent / "spec"
VERSIONS = ("2023-05-01", "2024-10-01", "2025-06-01")


@dataclass(frozen=True, kw_only=True, eq=False)
class Operation:
    """One operation of one version's document; there is one value of each."""

    version: str
    name: str
    method: str
    path: re.Pattern[str]
    responses: dict[str, Any]

    @property
    def statuses(self) -> tuple[str, ...]:
        """The documented statuses, `default` (any error) among them."""
        return tuple(self.responses)

    def schema(self, status: int) -> dict[str, Any] | None:
        """Schema of an answer's body; None when the document declares none."""
        key = str(status) if str(status) in self.responses else "default"
        found: dict[str, Any] | None = self.responses[key].get("schema")
        return found


@cache
def document(version: str) -> dict[str, Any]:
    """One version's document, ready for JSON Schema."""
    found: dict[str, Any] = _as_json_schema(json.loads((SPEC / f"{version}.json").read_text()))
    return found


def _as_json_schema(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Swagger's words in JSON Schema's: extensible enums are open, `x-nullable` allows null."""
    if isinstance(value, list):
        return [_as_json_schema(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _as_json_schema(item) for name, item in value.items()}
    if isinstance(kept.get("x-ms-enum"), dict) and kept["x-ms-enum"].get("modelAsString"):
        kept.pop("enum", None)
    if kept.get("x-nullable") is True and isinstance(kept.get("type"), str):
        kept["type"] = [kept["type"], "null"]
    return kept


@cache
def operations(version: str) -> tuple[Operation, ...]:
    found = []
    for path, item in document(version)["paths"].items():
        pattern = re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$", re.IGNORECASE)
        for method, operation in item.items():
            found.append(
                Operation(
                    version=version,
                    name=operation["operationId"],
                    method=method.upper(),
                    path=pattern,
                    responses=operation["responses"],
                )
            )
    return tuple(found)


def find(version: str, method: str, path: str) -> Operation | None:
    """The operation of a request, None when the document has none."""
    return next((op for op in operations(version) if op.method == method and op.path.match(path)), None)


def violations(operation: Operation, status: int, content: bytes) -> list[str]:
    """What an answer breaks of its document: `path: message`, sorted; empty when it conforms."""
    if str(status) not in operation.responses and status < 400:
        return [f"status {status} is not documented for {operation.name}"]
    schema = operation.schema(status)
    if schema is None:
        return [f"{operation.name} {status} has a body, the document has none"] if content else []
    if not content:
        return [f"{operation.name} {status} has no body, the document has one"]
    return list(_broken(operation, status, content))


@lru_cache(maxsize=256)
def _broken(operation: Operation, status: int, content: bytes) -> tuple[str, ...]:
    """What a body breaks of its schema; long lists and refusals come again and again."""
    root = {**(operation.schema(status) or {}), "definitions": document(operation.version)["definitions"]}
    errors = Draft4Validator(root).iter_errors(json.loads(content))
    return tuple(sorted(f"{pointer(error.absolute_path)}: {error.message[:120]}" for error in errors))


def pointer(path: Any) -> str:  # noqa: ANN401 - a deque of the library
    """A place in a body; items of lists share one."""
    return ".".join("[]" if isinstance(part, int) else str(part) for part in path)


def undeclared(operation: Operation, status: int, body: object) -> set[str]:
    """Places of properties in a body that the document does not declare."""
    schema = operation.schema(status)
    return set() if schema is None else set(_undeclared(operation.version, schema, body, ""))


def _undeclared(version: str, schema: dict[str, Any], value: object, above: str) -> Iterator[str]:
    declared, open_ended, item = _members(version, schema)
    if isinstance(value, list):
        for entry in value:
            yield from _undeclared(version, item, entry, f"{above}[]")
    if not isinstance(value, dict) or not declared:
        return
    for name, inner in value.items():
        place = f"{above}.{name}" if above else name
        if name in declared:
            yield from _undeclared(version, declared[name], inner, place)
        elif not open_ended:
            yield place


def _members(version: str, schema: dict[str, Any]) -> tuple[dict[str, Any], bool, dict[str, Any]]:
    """Declared properties, whether others are welcome, and the schema of items; `allOf` is merged."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return _members(version, document(version)["definitions"][name])
    declared: dict[str, Any] = {}
    open_ended = bool(schema.get("additionalProperties"))
    for part in schema.get("allOf", []):
        inner, is_open, _ = _members(version, part)
        declared |= inner
        open_ended = open_ended or is_open
    return declared | schema.get("properties", {}), open_ended, schema.get("items", {})


BROKEN: Mapping[str, str] = {
    "priorityTierSkus: None is not of type 'string'": "recorded as null in April 2026, for these very models",
}
"""Violations of the document that ARM itself was recorded with; answers without them would be wrong."""


UNDECLARED: Mapping[str, str] = {
    "ResourceSkus_List value[].locationInfo": "recorded; the document has the type and no list of it",
    "Models_List value[].id": "recorded; the document has no resource envelope here",
    "Models_List value[].type": "recorded, as above",
    "Models_List value[].name": "recorded, as above",
    "Models_List value[].location": "recorded, as above",
    "Models_List value[].model.skus[].rateLimits[].key": "recorded; the document has the limit without it",
    "Models_List value[].model.skus[].costs": "recorded; the document calls it `cost`",
    "Accounts_ListModels value[].skus[].rateLimits[].key": "as in the list of a region",
    "Accounts_ListModels value[].skus[].costs": "as in the list of a region",
}
"""Properties that answers have and no document declares."""
