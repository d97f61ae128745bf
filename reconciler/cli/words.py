"""Every word that an output prints and `explain` knows, in groups.

Rule of this module: the texts stand where the words are made; here they are only gathered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.cli.knowledge import catalogue
from reconciler.engine.fixes import KNOWN_CODES, fix_for
from reconciler.manifest import rules
from reconciler.plan import glossary
from reconciler.plan.causes import ABOUT
from reconciler.report.apply import MEANINGS
from reconciler.report.plan import WORDS


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
    for word, text in {**glossary.WORDS, **WORDS}.items():
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


def groups() -> dict[str, dict[str, str]]:
    """Kind -> word -> the first sentence about it."""
    found: dict[str, dict[str, str]] = {}
    for meaning in meanings():
        found.setdefault(meaning.kind, {})[meaning.word] = meaning.text
    return found
