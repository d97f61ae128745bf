"""Rule `too-many-deployments`: more deployments than an account can have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby

from reconciler.catalogue.facts import Limit
from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import subject
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found, tables

CODE = "too-many-deployments"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Count per account, and tell once per account at the first deployment too many."""
    every = catalogue.limit("max-standard-deployments-per-resource")
    tuned = catalogue.limit("max-fine-tuned-deployments")
    # Deployments are ordered by identity, so those of one account stand together.
    for _, together in groupby(desired.deployments, key=lambda deployment: deployment.id.account.key):
        own = list(together)
        yield from _over(own, every, "deployments")
        fine_tuned = [d for d in own if subject(d.spec.model, catalogue).fine_tuned]
        yield from _over(fine_tuned, tuned, "deployments of fine-tuned models")


def _over(deployments: list[DesiredDeployment], limit: Limit, what: str) -> Iterator[Diagnostic]:
    if len(deployments) > limit.value:
        extra = deployments[limit.value]
        yield found(
            CODE,
            Severity.WARNING,
            extra,
            ("name",),
            f"account `{extra.id.account.name}` declares {len(deployments)} {what}; "
            f"{limit.value} is the limit",
            label=f"number {limit.value + 1} of {len(deployments)}",
            source=str(limit.source),
            fix="move some to another account, or have the limit raised",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "Microsoft documents 32 deployments per account, and 10 of fine-tuned models. Support can raise "
        "both, and ARM's own counters decide, so this is a warning. Fine-tuned deployments may be as many "
        "per model as you like. Spread the rest over several accounts."
    ),
    source=tables,
    check=check,
)
