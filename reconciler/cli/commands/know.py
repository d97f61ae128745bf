"""`reconciler explain`, `schema` and `policy import`: what words, documents and Azure's definition mean."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

from reconciler.cli.commands.shared import style_of, write_forms
from reconciler.cli.options import Output
from reconciler.cli.parser.know import MANIFEST
from reconciler.cli.wiring import note, write_result
from reconciler.cli.words import Meaning, meanings
from reconciler.domain.deployment import JsonObject
from reconciler.errors import UsageProblem
from reconciler.report.layout import alike, paragraph
from reconciler.report.style import Style, inert

_LARGEST = 1_000_000
"""Bytes of a file that are read; the longest assignment that ARM takes is far smaller."""


def explain(*, word: str | None, output: Output, policies: tuple[str, ...]) -> None:
    """Say what a word that the program prints means, a code of ARM among them."""
    found = list(meanings())
    if word is not None and word.startswith("policy/"):
        from reconciler.cli.policies import meanings_of

        found = meanings_of(policies)
    if word is not None:
        found = [item for item in found if item.word.lower() == word.lower()] or _unknown(word, found)

    def text(each: Output) -> str:
        style = style_of(each)
        if word is None:
            return _listed(found, style)
        parts = [part for item in found for part in item.parts]
        return "\n\n".join("\n".join(style.paragraph(part)) for part in parts)

    write_forms(output, text=text, json=lambda _: _document(found))


def _document(found: list[Meaning]) -> JsonObject:
    from reconciler.report.documents import MeaningDocument, WordsDocument

    words = (
        MeaningDocument(
            word=item.word,
            kind=item.kind,
            severity=item.severity or None,
            meaning=item.text,
            fix=item.fix or None,
            source=item.source or None,
        )
        for item in found
    )
    return WordsDocument(format_version=1, words=tuple(words)).to_json()


def _listed(found: list[Meaning], style: Style) -> str:
    """The words of each kind, as many to a line as there is room for."""
    width = min(style.width, 80)
    blocks = [
        "\n".join(
            [
                style.paint(kind[0].upper() + kind[1:], "bold"),
                *paragraph(", ".join(word.word for word in words), width=width, indent="  "),
            ]
        )
        for kind, words in alike(found, lambda item: item.kind).items()
    ]
    return "\n\n".join([*blocks, "`reconciler explain WORD` says what a word means and what to do."])


def _unknown(word: str, known: list[Meaning]) -> list[Meaning]:
    names = {item.word.lower(): item.word for item in known}
    near = difflib.get_close_matches(word.lower(), names, n=3, cutoff=0.4)
    text = f"Near it: {', '.join(names[item] for item in near)}" if near else "`reconciler explain` lists all"
    raise UsageProblem(f"there is no word {word!r}. {text}")


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
    from reconciler.policy.azure import approved_models, policy_document

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
