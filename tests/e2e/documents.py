"""Whether what a command printed is the document that its schema says, and nothing that no schema knows."""

import json
from functools import cache
from typing import Any

import jsonschema

from reconciler.planfile.documents import json_schema

PRINTED_BY = {
    "plan": "plan",
    "plan merge": "plan",
    "apply": "apply",
    "drift": "drift",
    "validate": "diagnostics",
}


@cache
def _closed(name: str) -> jsonschema.Draft202012Validator:
    """The schema with every object closed, so that a key that nobody declared is found."""
    schema: Any = json_schema(name)
    for one in (schema, *schema.get("$defs", {}).values()):
        if "properties" in one:
            one["additionalProperties"] = False
    return jsonschema.Draft202012Validator(schema)


def must_fit(command: str, text: str) -> None:
    """Fail unless `text` is the document of the command, of findings about manifests, or of an error."""
    document = json.loads(text)
    if not isinstance(document, dict):
        assert command not in PRINTED_BY
    elif "error" in document:
        _closed("error").validate(document)
    elif set(document) == {"formatVersion", "diagnostics", "summary"}:
        _closed("diagnostics").validate(document)
    elif command in PRINTED_BY:
        _closed(PRINTED_BY[command]).validate(document)
