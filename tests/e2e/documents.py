"""Whether what a command printed is the document that its schema says, and nothing that no schema knows."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import jsonschema

from reconciler.report.documents import DOCUMENTS, json_schema


def printed_by(words: Sequence[str]) -> str | None:
    """The name of the document that a command line prints; None where it has none."""
    first = "diagnostics" if words[0] == "validate" else words[0]
    both = "-".join(words[:2]) + ("-refresh" if "--refresh" in words else "")
    return next((name for name in (both, first) if name in DOCUMENTS), None)


@cache
def _closed(name: str) -> jsonschema.Draft202012Validator:
    """The schema with every object closed, so that a key that nobody declared is found."""
    schema: Any = json_schema(name)
    for one in (schema, *schema.get("$defs", {}).values()):
        if "properties" in one:
            one["additionalProperties"] = False
    return jsonschema.Draft202012Validator(schema)


def must_fit(words: Sequence[str], text: str) -> None:
    """Fail unless `text` is the document of the command line, of findings about manifests, or of an error."""
    document = json.loads(text)
    name = printed_by(words)
    if isinstance(document, list):
        assert name == "size"
        _closed(name).validate(document)
    elif "error" in document:
        _closed("error").validate(document)
    elif set(document) == {"formatVersion", "diagnostics", "summary"}:
        _closed("diagnostics").validate(document)
    elif name is not None:
        _closed(name).validate(document)
