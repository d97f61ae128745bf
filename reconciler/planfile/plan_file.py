"""What makes a text a plan file, and what is said of one that is none."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from reconciler.domain.document import wrong
from reconciler.errors import PlanStale, UsageProblem

FORMAT_VERSION = 1


@contextmanager
def reading() -> Iterator[None]:
    """Whatever is wrong with a document that is read meanwhile makes it no plan file: wrong usage."""
    try:
        yield
    except (ValueError, RecursionError) as problem:
        raise UsageProblem(f"this is not a plan file that this program wrote: {problem}") from problem


def plan_file(text: str) -> Mapping[str, object]:
    """The document of a plan file. UsageProblem where it is none, PlanStale from another version."""
    with reading():
        file: object = json.loads(text)
        if not isinstance(file, dict) or "formatVersion" not in file:
            wrong("it has no formatVersion; `reconciler plan --out FILE` writes plan files")
    if file["formatVersion"] != FORMAT_VERSION:
        raise PlanStale(
            f"the plan file has format version {file['formatVersion']!r}, this program reads "
            f"{FORMAT_VERSION}. Nothing was written; plan again with this version"
        )
    return file
