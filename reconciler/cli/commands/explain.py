"""`reconciler explain [WORD]`: what a word that the program prints means, a code of ARM among them.

Rule of this module: the texts stand where the words are made; here they are only gathered.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.cli.commands.shared import style_of, write_forms
from reconciler.cli.knowledge import catalogue
from reconciler.cli.options import DEFAULT_PATH, Output
from reconciler.diagnostics import Span
from reconciler.domain.deployment import JsonObject
from reconciler.engine.fixes import KNOWN_CODES, fix_for
from reconciler.errors import UsageProblem
from reconciler.manifest import rules
from reconciler.plan import glossary
from reconciler.plan.causes import ABOUT
from reconciler.policy.rule import PolicyRule
from reconciler.policy.words import WORDS
from reconciler.report import plan as plan_report
from reconciler.report.apply import MEANINGS
from reconciler.report.layout import alike, paragraph
from reconciler.report.style import Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """One meaning of a word. `kind` says where it is printed; what does not apply is empty."""

    word: str
    kind: str
    text: str
    fix: str = ""
    severity: str = ""
    source: str = ""

    @property
    def head(self) -> str:
        """The word with what it is."""
        usual = "unless the Fleet says otherwise" if self.kind in {"a rule", "found while reading"} else ""
        severity = f"severity {self.severity} {usual}".rstrip() if self.severity else ""
        return f"{self.word} ({'; '.join(filter(None, (self.kind, severity)))})"

    @property
    def parts(self) -> list[str]:
        """All that is known of it, a paragraph each."""
        parts = [self.head, self.text]
        parts += [f"Fix: {self.fix}"] if self.fix else []
        return parts + ([f"Source: {self.source}."] if self.source else [])


def meanings() -> Iterator[Meaning]:
    """All of them; a word may have several."""
    for code in sorted(rules.CODES):
        rule = rules.explain(code)
        if rule is not None:
            yield Meaning(
                word=code,
                kind="found while reading" if rule.structural else "a rule",
                text=rule.text,
                severity=rule.severity.value,
                source=rules.source(code, catalogue()) or "",
            )
    for word, text in {**glossary.WORDS, **plan_report.WORDS}.items():
        yield Meaning(word=str(word), kind="in a plan", text=f"{text.rstrip('.')}.")
    for outcome, (text, fix) in MEANINGS.items():
        yield Meaning(word=outcome.value, kind="an outcome of apply", text=text, fix=fix)
    for cause, about in ABOUT.items():
        yield Meaning(
            word=cause.value,
            kind="a cause of drift",
            text=f"{about.meaning[0].upper()}{about.meaning[1:]}.",
            fix=f"{about.fix[0].upper()}{about.fix[1:]}.",
            severity=about.severity.value,
        )
    for code in KNOWN_CODES:
        yield Meaning(word=code, kind="an answer of ARM", text=f"{fix_for(code, '')}.")


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
        MeaningDocument.from_value(
            item,
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
