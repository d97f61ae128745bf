"""Builders for policies and what they judge; every value a test depends on stands in the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from reconciler.catalogue.load import catalogue
from reconciler.diagnostics import Diagnostic, Layer, Place, Provenance, Severity
from reconciler.domain.deployment import UNSET, ModelRef
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.sku import SkuName
from reconciler.policy.judge import judge
from reconciler.policy.rule import Exemption, Match, PolicyRule, PolicySubject
from reconciler.policy.words import Monthly, PolicyContext

TODAY = date(2026, 11, 24)
PROD = "11111111-1111-1111-1111-111111111111"


def rule(
    rule_id: str = "a-rule",
    *,
    require: Mapping[str, object] | None = None,
    match: Match = Match(),  # noqa: B008 -- frozen
    exemptions: Sequence[Exemption] = (),
    severity: Severity = Severity.ERROR,
    expression: str = "",
    message: str = "",
    binding: bool = False,
) -> PolicyRule:
    return PolicyRule(
        id=rule_id,
        policy="house",
        place=Place(file="policy.yaml", route=("spec", "rules", 0)),
        severity=severity,
        match=match,
        require=require or {},
        expression=expression,
        message=message,
        exemptions=tuple(exemptions),
        binding=binding,
    )


def exempt(target: str, until: date = date(2026, 12, 31)) -> Exemption:
    return Exemption(target=target, until=until, reason="migration")


def subject(
    name: str = "chat",
    *,
    model: str = "gpt-5.4",
    version: str | None = "2026-03-05",
    sku: str = "DataZoneStandard",
    capacity: int | None = 10,
    region: str | None = "swedencentral",
    account: str = "aoai-prod",
    alias: str | None = "prod",
    labels: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    rai: str | None = None,
    upgrade: str | None = None,
) -> PolicySubject:
    layer = Layer(
        place=Place(file="set.yaml", route=("spec", "deployments", 0)),
        stated={"name": name, "sku": {"name": sku}, "model": {"name": model}},
    )
    return PolicySubject(
        id=DeploymentId(account=AccountId(subscription=PROD, resource_group="rg", name=account), name=name),
        model=ModelRef(name=model, version=UNSET if version is None else version),
        sku=SkuName(sku),
        alias=alias,
        labels=labels or {},
        capacity=capacity,
        region=None if region is None else Region(region),
        rai_policy=rai,
        upgrade=upgrade,
        tags=tags or {},
        provenance=Provenance(layers=(layer,)),
    )


def findings(
    rules: PolicyRule | Sequence[PolicyRule],
    *subjects: PolicySubject,
    today: date = TODAY,
    monthly: Monthly | None = None,
    **given: Any,  # noqa: ANN401 -- judge's own
) -> list[Diagnostic]:
    context = PolicyContext(catalogue=catalogue(), today=today, monthly=monthly)
    listed = [rules] if isinstance(rules, PolicyRule) else rules
    return list(judge(listed, subjects, context, **given))


def broken(rules: PolicyRule | Sequence[PolicyRule], *subjects: PolicySubject, **given: Any) -> list[str]:  # noqa: ANN401
    """The names of the deployments that errors are about."""
    found = findings(rules, *subjects, **given)
    return [
        one.message.split("`")[1].split("/")[1]
        for one in found
        if one.severity is Severity.ERROR and "/" in one.message.split("`")[1]
    ]
