"""Documents of kind Policy: what a user may write, and the rules that become of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from reconciler.diagnostics import Diagnostic, Related, Route, Severity
from reconciler.manifest import scalars
from reconciler.manifest.fields import Glob, Name, Strict, Value, Whole, Words, formed
from reconciler.manifest.source import SourceDocument
from reconciler.manifest.tree import Items, Map, Text, described
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

    labels: dict[Words, Value] | None = Field(
        default=None, description="Labels of the deployment's set.", examples=[{"env": "prod"}]
    )
    target: Globs | None = Field(
        default=None,
        description="Globs over subscription-or-alias/account/deployment.",
        examples=["prod/*/chat*"],
    )
    sku: Names | None = Field(default=None, description="SKU names.", examples=["*Provisioned*"])
    model: Names | None = Field(default=None, description="Model names.", examples=["gpt-4o*"])


class ApprovedEntry(Strict):
    """Models that are approved: those of these publishers, and these."""

    publishers: Names | None = Field(default=None, description="Publishers.", examples=[["OpenAI", "Meta"]])
    models: Names | None = Field(
        default=None, description="Models, with or without `@version`.", examples=[["gpt-4o@2024-11-20"]]
    )

    @model_validator(mode="after")
    def _something(self) -> ApprovedEntry:
        if self.publishers is None and self.models is None:
            raise scalars.invalid("`approvedModels` approves nothing", "write `publishers` or `models`")
        return self


class RequireEntry(Strict):
    """What must hold of them; every word that is stated."""

    data_zone: Literal["EU", "US", "APAC"] | None = Field(
        default=None, description="Requests are processed in this data zone only."
    )
    regions: Names | None = Field(default=None, description="The account is in one of these regions.")
    models: Names | None = Field(
        default=None,
        description="One of these models, with or without `@version`; of a fine-tuned one its base.",
        examples=[["gpt-4.1*", "gpt-5.4@2026-03-05"]],
    )
    approved_models: ApprovedEntry | None = Field(
        default=None,
        description="A model of one of these publishers, or one of these; of a fine-tuned one its base.",
    )
    skus: Names | None = Field(default=None, description="One of these SKUs.")
    rai_policy_name: Names | None = Field(default=None, description="One of these content filters.")
    tags: dict[Words, Value] | None = Field(
        default=None,
        description="These tags, with values like these globs.",
        examples=[{"costCenter": "*"}],
    )
    version_upgrade_option: Names | None = Field(default=None, description="One of these options.")
    min_days_to_retirement: Whole | None = Field(
        default=None, description="The model lives so many days or longer, by the catalogue."
    )
    max_ptu: Whole | None = Field(
        default=None, description="A provisioned deployment has so many PTU or less."
    )
    max_monthly_cost: Money | None = Field(
        default=None, description="A deployment costs so much a month or less, at list price."
    )


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
    severity: Literal["error", "warning", "info"] | None = Field(
        default=None, description="How loud it is; error if absent."
    )
    match: MatchEntry | None = Field(
        default=None, description="Which deployments it is about; all if absent."
    )
    require: RequireEntry | None = Field(default=None, description="What must hold of them.")
    expression: Name | None = Field(
        default=None,
        description="A condition in CEL, for what the words of `require` cannot say (extra `policy`).",
        examples=["deployment.capacity <= 300 || account.region == 'swedencentral'"],
    )
    message: Name | None = Field(default=None, description="Why the rule exists; begins every finding.")
    exemptions: list[ExemptionEntry] | None = Field(default=None, description="What it leaves alone for now.")

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
    labels: dict[Words, Value] | None = Field(default=None, description="Not used for policies.")


class PolicySpec(Strict):
    """The rules."""

    rules: list[PolicyRuleEntry] = Field(description="Rules; their order does not matter.")


class PolicyDocument(Strict):
    """Rules of the platform team about deployments of any set."""

    api_version: Literal["reconciler.aoai/v1"] = Field(description="Version of this format.")
    kind: Literal["Policy"] = Field(description="What the document declares.")
    metadata: PolicyMetadata = Field(description="What the document is called.")
    spec: PolicySpec = Field(description="What the document says.")


_FIELD_OF: Final[Mapping[str, str]] = {
    word: next(name for name, field in RequireEntry.model_fields.items() if field.alias == word)
    for word in WORDS
}


def policy_rules(document: SourceDocument, typed: PolicyDocument, *, binding: bool) -> Iterator[PolicyRule]:
    """The rules of a typed document. `binding` ones cannot be changed by any manifest."""
    for number, entry in enumerate(typed.spec.rules):
        match = entry.match or MatchEntry()
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
            require=_required(entry.require),
            expression=entry.expression or "",
            message=entry.message or "",
            exemptions=tuple(
                Exemption(target=one.target, until=one.until, reason=one.reason)
                for one in entry.exemptions or ()
            ),
            binding=binding,
        )


def _required(entry: RequireEntry | None) -> dict[str, object]:
    found = {} if entry is None else {word: getattr(entry, name) for word, name in _FIELD_OF.items()}
    return {
        word: value.model_dump(exclude_none=True) if isinstance(value, Strict) else value
        for word, value in found.items()
        if value is not None
    }


def rule_findings(rules: Sequence[PolicyRule]) -> Iterator[Diagnostic]:
    """Ids that two rules have, and expressions that are none."""
    first: dict[str, PolicyRule] = {}
    for rule in rules:
        known = first.setdefault(rule.id, rule)
        if known is not rule:
            yield Diagnostic(
                code="duplicate-policy-rule",
                severity=Severity.ERROR,
                message=f"two policy rules have the id `{rule.id}`",
                place=rule.at("id"),
                fix="rename one: the id is the code of its findings",
                related=(Related(message="the first", place=known.at("id")),),
            )
        if rule.expression:
            yield from _expression_findings(rule)


def _expression_findings(rule: PolicyRule) -> Iterator[Diagnostic]:
    try:
        compiled(rule.expression)
    except BrokenExpression as problem:
        yield Diagnostic(
            code="policy-expression",
            severity=Severity.ERROR,
            message=f"the expression of `{rule.id}` cannot be used: {problem}",
            place=rule.at("expression"),
            label="" if problem.column is None else f"line {problem.line}, column {problem.column}",
            source="Common Expression Language (CEL)",
            fix=problem.fix or "the guide on policies lists what an expression can name",
        )


def stated_ids(documents: Sequence[SourceDocument]) -> frozenset[str]:
    """The codes of all rules that policies state, before anything is typed."""
    return frozenset(PREFIX + str(rule) for document in documents for rule in _ids(document))


def _ids(document: SourceDocument) -> Iterator[str]:
    root = document.root
    if not isinstance(root, Map) or root.get("kind") != "Policy":
        return
    spec = root.get("spec")
    rules = spec.get("rules") if isinstance(spec, Map) else None
    for rule in rules if isinstance(rules, Items) else ():
        if isinstance(rule, Map) and isinstance(rule.get("id"), Text):
            yield str(rule["id"])


def overruled(document: SourceDocument, route: Route, code: str) -> Diagnostic:
    """A Fleet that wants to say how loud a rule of `--policy` is."""
    return Diagnostic(
        code="invalid-value",
        severity=Severity.ERROR,
        message=f"`{code}` comes from --policy, which no manifest can change",
        place=document.place(route, on_key=True),
        fix="remove the line; exemptions are written in the policy itself",
    )
