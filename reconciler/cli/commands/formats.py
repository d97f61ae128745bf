"""`reconciler schema` and `policy import`: what files look like that we read or print."""

from __future__ import annotations

import json
from pathlib import Path

from reconciler.cli.options import Output
from reconciler.cli.parser.know import MANIFEST
from reconciler.cli.wiring import note, write_result
from reconciler.errors import UsageProblem
from reconciler.policy.azure import approved_models, policy_document
from reconciler.report.style import inert

_LARGEST = 1_000_000
"""Bytes of a file that are read; the longest assignment that ARM takes is far smaller."""


def schema(*, output: Output, document: str) -> None:
    """Print what editors, check-jsonschema and readers of our JSON need."""
    made: object
    if document == MANIFEST:
        from reconciler.manifest.schema import json_schema

        made = json_schema()
    else:
        from reconciler.report.documents import json_schema as schema_of

        made = schema_of(document)
    write_result(output, json.dumps(made, indent=2, ensure_ascii=False))


def import_policy(*, assignment: Path, rule: str, name: str, output: Output) -> None:
    """Write a rule from the parameters of Azure's own definition."""
    try:
        found = approved_models(_text(assignment))
    except UsageProblem as problem:
        raise UsageProblem(f"{assignment}: {inert(str(problem))}") from None
    for text in found.notes:
        note(output, f"note: {inert(text)}")
    if found.publishers and found.models:
        note(
            output,
            "note: a model that either list names is approved; Azure does not document how they combine",
        )
    write_result(output, policy_document(found, name=name, rule=rule))


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            text = stream.read(_LARGEST + 1)
        if len(text) <= _LARGEST:
            return text.decode("utf-8-sig")
    except OSError as problem:
        raise UsageProblem(f"it could not be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise UsageProblem("it is not UTF-8 text") from None
    raise UsageProblem(f"it is larger than {_LARGEST:,} bytes")
