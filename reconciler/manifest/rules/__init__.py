"""The rules about what a manifest means, by topic, and what every diagnostic code stands for.

A rule sees desired deployments in scope, the catalogue and a date, and nothing else: no file, no network,
no clock. Adding a rule means writing one function, with its declaration above it, in the module of its topic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.fleet import DesiredState
from reconciler.manifest.rules import (
    capacity,
    fine_tune,
    lifecycle,
    model,
    names,
    references,
    region,
    settings,
)
from reconciler.manifest.rules.rule import Rule, RuleContext
from reconciler.manifest.structure import STRUCTURAL

__all__ = ["CODES", "RULES", "Explanation", "Rule", "check", "explain", "source"]


RULES: tuple[Rule, ...] = tuple(
    value
    for topic in (names, model, region, capacity, fine_tune, references, lifecycle, settings)
    for value in vars(topic).values()
    if isinstance(value, Rule)
)
"""Every rule, topic by topic, in the order in which they are written."""

_RULE_OF = {item.code: item for item in RULES}

CODES: frozenset[str] = frozenset(_RULE_OF) | STRUCTURAL.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a code means and what to do; `structural` codes come from reading, the others from rules."""

    code: str
    severity: Severity
    text: str
    structural: bool


def check(
    desired: DesiredState,
    catalogue: Catalogue,
    today: date,
    *,
    severities: Mapping[str, Severity] | None = None,
    asks_arm: bool = False,
    errors_only: bool = False,
) -> tuple[Diagnostic, ...]:
    """Everything the rules find, in the order of `RULES`, with the Fleet's severities laid over ours.

    `severities` replaces the Fleet's own. A rule that is OFF is not asked at all; an override applies to
    every finding of its code, also to those that are milder by default. `asks_arm` is for commands that read
    ARM's own lists afterwards: what those decide is then only a warning here. With `errors_only` a rule that
    cannot find an error is not asked.
    """
    chosen = desired.fleet.rules if severities is None else severities
    context = RuleContext(desired=desired, catalogue=catalogue, today=today, asks_arm=asks_arm)
    kept: dict[object, Diagnostic] = {}
    for item in RULES:
        wanted = chosen.get(item.code)
        if wanted is Severity.OFF or (errors_only and (wanted or item.loudest) is not Severity.ERROR):
            continue
        for found in item.check(context):
            said = found if wanted is None else replace(found, severity=wanted)
            # once, however many deployments share the text of a template that it is about
            kept.setdefault((said.code, said.place, said.message) if said.place else len(kept), said)
    return tuple(kept.values())


def explain(code: str) -> Explanation | None:
    """What a code means and what to do about it; None for a code that does not exist."""
    if code in STRUCTURAL:
        return Explanation(code=code, severity=Severity.ERROR, text=STRUCTURAL[code], structural=True)
    item = _RULE_OF.get(code)
    if item is None:
        return None
    return Explanation(code=code, severity=item.severity, text=item.explanation, structural=False)


def source(code: str, catalogue: Catalogue) -> str:
    """Where a rule comes from; empty for what is found while reading, whose source is this format."""
    item = _RULE_OF.get(code)
    return "" if item is None else item.source_in(catalogue)
