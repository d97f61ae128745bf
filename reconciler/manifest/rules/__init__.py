"""The rules about what a manifest means, one per file, and what every diagnostic code stands for.

A rule sees desired deployments in scope, the catalogue and a date, and nothing else: no file, no network,
no clock. Adding a rule means adding its file and naming it in `RULES`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules import (
    account_name,
    capacity_increment,
    capacity_maximum,
    capacity_minimum,
    capacity_missing,
    capacity_not_allowed,
    deployment_name,
    developer_tier_expires,
    fine_tune_id,
    fine_tune_region,
    fine_tune_sku,
    model_deprecating,
    model_retired,
    model_retiring_soon,
    model_version_missing,
    parent_missing,
    reference_cycle,
    region_not_offered,
    sku_alias,
    sku_not_offered,
    source_missing,
    source_needless,
    source_same_account,
    source_tenant,
    spillover_missing,
    spillover_model,
    spillover_self,
    spillover_sku,
    tag_limits,
    too_many_deployments,
    unknown_model,
    unknown_model_version,
    unknown_region,
    unknown_sku,
    upgrade_conflict,
)
from reconciler.manifest.rules.rule import Explanation, Rule
from reconciler.manifest.rules.structural import STRUCTURAL

__all__ = ["CODES", "RULES", "Explanation", "Rule", "check", "explain", "source"]

RULES: tuple[Rule, ...] = (
    deployment_name.RULE,
    account_name.RULE,
    unknown_sku.RULE,
    sku_alias.RULE,
    unknown_model.RULE,
    unknown_model_version.RULE,
    model_version_missing.RULE,
    sku_not_offered.RULE,
    region_not_offered.RULE,
    unknown_region.RULE,
    capacity_missing.RULE,
    capacity_increment.RULE,
    capacity_minimum.RULE,
    capacity_maximum.RULE,
    capacity_not_allowed.RULE,
    fine_tune_id.RULE,
    fine_tune_sku.RULE,
    fine_tune_region.RULE,
    source_missing.RULE,
    source_needless.RULE,
    source_tenant.RULE,
    source_same_account.RULE,
    spillover_missing.RULE,
    spillover_self.RULE,
    spillover_sku.RULE,
    spillover_model.RULE,
    parent_missing.RULE,
    reference_cycle.RULE,
    model_retired.RULE,
    model_retiring_soon.RULE,
    model_deprecating.RULE,
    upgrade_conflict.RULE,
    developer_tier_expires.RULE,
    too_many_deployments.RULE,
    tag_limits.RULE,
)

_RULE_OF = {rule.code: rule for rule in RULES}

CODES: frozenset[str] = frozenset(_RULE_OF) | frozenset(STRUCTURAL)


def check(
    desired: DesiredState,
    catalogue: Catalogue,
    today: date,
    *,
    severities: Mapping[str, Severity] | None = None,
) -> tuple[Diagnostic, ...]:
    """Everything the rules find, in the order of `RULES`, with the Fleet's severities laid over ours.

    `severities` replaces the Fleet's own. A rule that is OFF is not asked at all; an override applies to
    every finding of its code, also to those that are milder by default.
    """
    chosen = desired.fleet.rules if severities is None else severities
    findings: list[Diagnostic] = []
    for rule in RULES:
        wanted = chosen.get(rule.code)
        if wanted is Severity.OFF:
            continue
        found = rule.check(desired, catalogue, today)
        findings.extend(f if wanted is None else replace(f, severity=wanted) for f in found)
    return _once(findings)


def _once(findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each finding once, however many deployments share the text of a template that it is about."""
    kept: dict[object, Diagnostic] = {}
    for found in findings:
        kept.setdefault((found.code, found.place, found.message) if found.place else id(found), found)
    return tuple(kept.values())


def explain(code: str) -> Explanation | None:
    """What a code means and what to do about it; None for a code that does not exist."""
    rule = _RULE_OF.get(code)
    if rule is None:
        return STRUCTURAL.get(code)
    return Explanation(code=rule.code, severity=rule.severity, text=rule.explanation, structural=False)


def source(code: str, catalogue: Catalogue) -> str:
    """Where a rule comes from; empty for what is found while reading, whose source is this format."""
    rule = _RULE_OF.get(code)
    if rule is None:
        return ""
    return rule.source if isinstance(rule.source, str) else rule.source(catalogue)
