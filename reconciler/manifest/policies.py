"""Documents of kind Policy: what a user may write, and the rules that become of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from reconciler.diagnostics import Diagnostic, Related, Severity
from reconciler.manifest import scalars
from reconciler.manifest.fields import (
    Glob,
    ManifestDocument,
    Name,
    Strict,
    Value,
    Whole,
    Words,
    formed,
    optional,
)
from reconciler.manifest.source import SourceDocument
from reconciler.manifest.tree import Items, Map, Text, described, node_at
from reconciler.policy.expression import BrokenExpression, compiled
from reconciler.policy.rule import PREFIX, Exemption, Match, PolicyRule
from reconciler.policy.words import WORDS


def _listed(value: object) -> object:
    """One text stands for a list of one."""
    if isinstance(value, Text):
        return [value]
    if isinstance(value, Items) and not value:
        raise scalars.invalid("the list is empty", "write at least one value, or leave the line out")
    return value


def _day(value: object) -> date:
    text = str(scalars.text(value))
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise scalars.invalid(f"{described(value)} is not a date", "write YYYY-MM-DD") from None


_Many: Any = str | list[str]
Names = Annotated[list[Name], BeforeValidator(_listed, json_schema_input_type=_Many)]
"""Globs with `*` and `?`, compared without case; one text stands for a list of one."""

Globs = Annotated[list[Glob], BeforeValidator(_listed, json_schema_input_type=_Many)]
"""Globs over subscription-or-alias/account/deployment."""

Day = Annotated[
    date,
    BeforeValidator(_day, json_schema_input_type=Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]),
]
"""A day, YYYY-MM-DD."""

Money = Annotated[
    float, BeforeValidator(scalars.number, json_schema_input_type=Annotated[float, Field(ge=0)])
]
"""An amount in the fleet's currency."""


class MatchEntry(Strict):
    """Which deployments a rule is about; all that is stated must hold. Everything, if nothing is."""

    labels: dict[Words, Value] | None = optional(
        "Labels of the deployment's set.", examples=[{"env": "prod"}]
    )
    target: Globs | None = optional(
        "Globs over subscription-or-alias/account/deployment.", examples=["prod/*/chat*"]
    )
    sku: Names | None = optional("SKU names.", examples=["*Provisioned*"])
    model: Names | None = optional("Model names.", examples=["gpt-4o*"])


class ApprovedEntry(Strict):
    """Models that are approved: those of these publishers, and these."""

    publishers: Names | None = optional("Publishers.", examples=[["OpenAI", "Meta"]])
    models: Names | None = optional("Models, with or without `@version`.", examples=[["gpt-4o@2024-11-20"]])

    @model_validator(mode="after")
    def _something(self) -> ApprovedEntry:
        if self.publishers is None and self.models is None:
            raise scalars.invalid("`approvedModels` approves nothing", "write `publishers` or `models`")
        return self


class RequireEntry(Strict):
    """What must hold of them; every word that is stated."""

    data_zone: Literal["EU", "US", "APAC"] | None = optional("Requests are processed in this data zone only.")
    regions: Names | None = optional("The account is in one of these regions.")
    models: Names | None = optional(
        "One of these models, with or without `@version`; of a fine-tuned one its base.",
        examples=[["gpt-4.1*", "gpt-5.4@2026-03-05"]],
    )
    approved_models: ApprovedEntry | None = optional(
        "A model of one of these publishers, or one of these; of a fine-tuned one its base."
    )
    skus: Names | None = optional("One of these SKUs.")
    rai_policy_name: Names | None = optional("One of these content filters.")
    tags: dict[Words, Value] | None = optional(
        "These tags, with values like these globs.", examples=[{"costCenter": "*"}]
    )
    version_upgrade_option: Names | None = optional("One of these options.")
    min_days_to_retirement: Whole | None = optional(
        "The model lives so many days or longer, by the catalogue."
    )
    max_ptu: Whole | None = optional("A provisioned deployment has so many PTU or less.")
    max_monthly_cost: Money | None = optional("A deployment costs so much a month or less, at list price.")


class ExemptionEntry(Strict):
    """Deployments that the rule leaves alone until a day."""

    target: Glob = Field(description="Glob over subscription-or-alias/account/deployment.")
    until: Day = Field(description="The last day; afterwards the exemption itself is an error.")
    reason: Name = Field(description="Why, for whoever reads it later.")


class PolicyRuleEntry(Strict):
    """One rule: `require`, or an expression."""

    id: Annotated[
        str,
        formed(
            "[a-z0-9]+(?:-[a-z0-9]+)*",
            "lower-case words and digits, joined by hyphens",
            "for example eu-data",
        ),
    ] = Field(description="The findings' code is `policy/` and this.", examples=["eu-data"])
    severity: Literal["error", "warning", "info"] | None = optional("How loud it is; error if absent.")
    match: MatchEntry | None = optional("Which deployments it is about; all if absent.")
    require: RequireEntry | None = optional("What must hold of them.")
    expression: Name | None = optional(
        "A condition in CEL, for what the words of `require` cannot say (extra `policy`).",
        examples=["deployment.capacity <= 300 || account.region == 'swedencentral'"],
    )
    message: Name | None = optional("Why the rule exists; begins every finding.")
    exemptions: list[ExemptionEntry] | None = optional("What it leaves alone for now.")

    @model_validator(mode="after")
    def _one_condition(self) -> PolicyRuleEntry:
        stated = self.require is not None and bool(self.require.model_fields_set)
        if stated == (self.expression is not None):
            raise scalars.invalid(
                "a rule has `require` with at least one word, or an `expression`, and not both",
                f"add `require: {{…}}` with one of {', '.join(WORDS)}",
            )
        return self


class PolicyMetadata(Strict):
    """What the policy is called."""

    name: Name = Field(description="Name of the policy, for messages.")
    labels: dict[Words, Value] | None = optional("Not used for policies.")


class PolicySpec(Strict):
    """The rules."""

    rules: list[PolicyRuleEntry] = Field(description="Rules; their order does not matter.")


class PolicyDocument(ManifestDocument[Literal["Policy"], PolicyMetadata, PolicySpec]):
    """Rules of the platform team about deployments of any set."""


def policy_rules(document: SourceDocument, typed: PolicyDocument, *, binding: bool) -> Iterator[PolicyRule]:
    """The rules of a typed document. `binding` ones cannot be changed by any manifest."""
    for number, entry in enumerate(typed.spec.rules):
        match, require = entry.match or MatchEntry(), entry.require or RequireEntry()
        stated = require.model_dump(exclude_none=True, by_alias=True)
        yield PolicyRule(
            id=entry.id,
            policy=typed.metadata.name,
            place=document.place(("spec", "rules", number)),
            severity=Severity(entry.severity or "error"),
            match=Match(
                labels=match.labels or {},
                targets=tuple(match.target or ()),
                skus=tuple(match.sku or ()),
                models=tuple(match.model or ()),
            ),
            require={word: stated[word] for word in WORDS if word in stated},
            expression=entry.expression or "",
            message=entry.message or "",
            exemptions=tuple(
                Exemption(target=exemption.target, until=exemption.until, reason=exemption.reason)
                for exemption in entry.exemptions or ()
            ),
            binding=binding,
        )


def rule_findings(rules: Sequence[PolicyRule]) -> Iterator[Diagnostic]:
    """Ids that two rules have, and expressions that are none."""
    first: dict[str, PolicyRule] = {}
    for rule in rules:
        known = first.setdefault(rule.id, rule)
        if known is not rule:
            yield Diagnostic(
                code="duplicate-policy-rule",
                message=f"two policy rules have the id `{rule.id}`",
                place=rule.at("id"),
                fix="rename one: the id is the code of its findings",
                related=(Related(message="the first", place=known.at("id")),),
            )
        try:
            if rule.expression:
                compiled(rule.expression)
        except BrokenExpression as problem:
            yield Diagnostic(
                code="policy-expression",
                message=f"the expression of `{rule.id}` cannot be used: {problem}",
                place=rule.at("expression"),
                label="" if problem.column is None else f"line {problem.line}, column {problem.column}",
                source="Common Expression Language (CEL)",
                fix=problem.fix or "the guide on policies lists what an expression can name",
            )


def stated_ids(policies: Sequence[SourceDocument]) -> frozenset[str]:
    """The codes of all rules that policies state, before anything is typed."""
    return frozenset(
        f"{PREFIX}{rule['id']}"
        for document in policies
        for rule in node_at(document.root, ("spec", "rules")) or ()
        if isinstance(rule, Map) and isinstance(rule.get("id"), Text)
    )
