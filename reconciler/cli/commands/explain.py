"""`reconciler explain [WORD]`: what a word that the program prints means, a code of ARM among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.commands.shared import style_of, write_forms
from reconciler.cli.help import Command
from reconciler.cli.options import Output, offers, output_options, policy_option
from reconciler.cli.words import Meaning, meanings
from reconciler.errors import UsageProblem

if TYPE_CHECKING:
    from reconciler.report.documents import WordsDocument
    from reconciler.report.style import Style


@click.command(
    "explain",
    cls=Command,
    examples=(
        "reconciler explain",
        "reconciler explain capacity-increment",
        "reconciler explain InsufficientQuota -o json",
    ),
)
@click.argument("word", required=False, shell_complete=offers("words"))
@output_options("text", "json")
@policy_option
def command(*, word: str | None, output: Output, policies: tuple[str, ...]) -> None:
    """Say what WORD means, why the rule exists, and what to do. Without a WORD, list all of them.

    A WORD is any code of a rule, reason, refusal, outcome or cause that an output prints, or an error code of
    ARM. policy/ID is a rule of the policies in manifests/ or of those that --policy names.
    """
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

    write_forms(output, text=text, json=lambda _: _document(found).to_json())


def _document(found: list[Meaning]) -> WordsDocument:
    from reconciler.report.documents import MeaningDocument, WordsDocument

    return WordsDocument(
        format_version=1,
        words=tuple(
            MeaningDocument(
                word=item.word,
                kind=item.kind,
                severity=item.severity or None,
                meaning=item.text,
                fix=item.fix or None,
                source=item.source or None,
            )
            for item in found
        ),
    )


def _listed(found: list[Meaning], style: Style) -> str:
    """The words of each kind, as many to a line as there is room for."""
    from reconciler.report.layout import alike, paragraph

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
    import difflib

    names = {item.word.lower(): item.word for item in known}
    near = difflib.get_close_matches(word.lower(), names, n=3, cutoff=0.4)
    text = f"Near it: {', '.join(names[item] for item in near)}" if near else "`reconciler explain` lists all"
    raise UsageProblem(f"there is no word {word!r}. {text}")
