"""What makes a text a plan file, and what is said of one that is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.domain.document import Document
from reconciler.errors import PlanStale, UsageProblem
from reconciler.planfile.documents import FORMAT_VERSION, PlanDocument


class _AnyVersion(Document):
    format_version: int | None = None


@contextmanager
def reading() -> Iterator[None]:
    """Whatever is wrong with a document that is read meanwhile makes it no plan file: wrong usage."""
    try:
        yield
    except ValueError as problem:
        raise UsageProblem(f"this is not a plan file that this program wrote: {problem}") from problem


def plan_file(text: str) -> PlanDocument:
    """The document of a plan file. UsageProblem where it is none, PlanStale from another version."""
    with reading():
        version = _AnyVersion.read(text).format_version
        if version is None:
            raise ValueError("it has no formatVersion; `reconciler plan --out FILE` writes plan files")
        if version != FORMAT_VERSION:
            raise PlanStale(
                f"the plan file has format version {version}, this program reads {FORMAT_VERSION}. "
                "Nothing was written; plan again with this version"
            )
        return PlanDocument.read(text)
