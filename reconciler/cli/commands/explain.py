"""`reconciler explain [WORD]`: what a word that the program prints means, a code of ARM among them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from reconciler.cli.commands.shared import style_of, write_forms
from reconciler.cli.options import DEFAULT_PATH, Output
from reconciler.cli.words import Meaning, meanings
from reconciler.diagnostics import Span
from reconciler.domain.deployment import JsonObject
from reconciler.errors import UsageProblem
from reconciler.policy.rule import PolicyRule
from reconciler.policy.words import WORDS
from reconciler.report.layout import alike, paragraph
from reconciler.report.style import Style


def explain(*, word: str | None, output: Output, policies: tuple[str, ...]) -> None:
    """Say what a word that the program prints means, a code of ARM among them."""
    found = list(meanings())
    if word is not None and word.startswith("policy/"):
        found = _meanings_of(policies)
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


def _meanings_of(policies: Sequence[str]) -> list[Meaning]:
    """What the rules of the policies at hand mean: those in the usual folder, and those that are named."""
    from reconciler.manifest.load import load

    read = load([path for path in (DEFAULT_PATH,) if Path(path).exists()], policies=policies)
    return [_meaning(policy, read.sources.span(policy.at("id"))) for policy in read.policies]


def _meaning(rule: PolicyRule, span: Span | None) -> Meaning:
    said = [f"{rule.message}."] if rule.message else []
    said.append(f"About {_about(rule)}.")
    said += [f"Requires {word}: {WORDS[word].allowed(wanted)}." for word, wanted in rule.require.items()]
    said += [f"Expression: {' '.join(rule.expression.split())}"] if rule.expression else []
    said += [
        f"Exempt: {exemption.target} until {exemption.until} ({exemption.reason})."
        for exemption in rule.exemptions
    ]
    return Meaning(
        word=rule.code,
        kind=f"a rule of policy `{rule.policy}`",
        text="\n".join(said),
        severity=rule.severity.value,
        source=rule.place.file + ("" if span is None else f":{span.line}"),
    )


def _about(rule: PolicyRule) -> str:
    match = rule.match
    parts = [f"label {label} is {value}" for label, value in match.labels.items()]
    named = (("target", match.targets), ("SKU", match.skus), ("model", match.models))
    parts += [f"{what} is like {' or '.join(globs)}" for what, globs in named if globs]
    return f"deployments whose {', '.join(parts)}" if parts else "every deployment"
