"""Rules about names, and about how many deployments may carry one in an account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from reconciler.catalogue.facts import Limit
from reconciler.catalogue.subject import subject
from reconciler.diagnostics import counted
from reconciler.domain.deployment import DesiredDeployment
from reconciler.manifest.rules.rule import (
    ERROR,
    WARNING,
    Finding,
    RuleContext,
    account_place,
    found,
    rule,
    tables,
)

_LONGEST = 64
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,63}")
_WRONG = re.compile(r"[^A-Za-z0-9._-]")


@rule(
    "deployment-name", ERROR, source="ARM's InvalidResourceName, and names in its recorded answers, 2026-06"
)
def deployment_name(context: RuleContext) -> Iterator[Finding]:
    """A deployment name has 2 to 64 characters: letters, digits, underscores, hyphens and periods.

    It begins with a letter or a digit, is a path segment of ARM ids and of every inference URL, and is
    unique in its account without regard to case. ARM refuses other names with InvalidResourceName. Rename
    the deployment; a rename is a new deployment, so move its callers first.
    """
    for deployment in context.deployments:
        name = deployment.id.name
        if _NAME.fullmatch(name) is None:
            yield found(
                deployment,
                ("name",),
                f"`{name}` cannot name a deployment: {_reason(name)}",
                label="2 to 64 letters, digits, `_`, `-` or `.`, the first a letter or digit",
                fix=f"write {_repaired(name)}",
            )


def _reason(name: str) -> str:
    if not 2 <= len(name) <= _LONGEST:
        return f"it has {counted(len(name), 'character')}, 2 to {_LONGEST} are allowed"
    wrong = sorted({character for character in name if _WRONG.match(character)})
    if wrong:
        return f"it contains {' '.join(repr(character) for character in wrong)}"
    return f"it begins with {name[0]!r}"


def _repaired(name: str) -> str:
    """The nearest legal name; padded or cut where its length is the problem."""
    legal = _WRONG.sub("-", name).lstrip("_.-")[:_LONGEST]
    return legal if len(legal) > 1 else f"{legal or 'chat'}-1"


@rule("account-name", ERROR, source="Microsoft.CognitiveServices specification, 2025-06-01")
def account_name(context: RuleContext) -> Iterator[Finding]:
    """An account name has 2 to 64 characters: letters, digits, underscores, hyphens and periods.

    It begins with a letter or a digit (the pattern of the provider's specification). An account of another
    name cannot exist, so everything declared for it would be blocked. Check the name in the portal or with
    `az cognitiveservices account list`.
    """
    for account in context.desired.accounts:
        name = account.id.name
        if _NAME.fullmatch(name) is None:
            yield Finding(
                message=f"`{name}` cannot name an account",
                place=account_place(account, "name"),
                label="2 to 64 letters, digits, `_`, `-` or `.`, the first a letter or digit",
                fix="copy the name from `az cognitiveservices account list`",
            )


@rule("too-many-deployments", WARNING, source=tables)
def too_many_deployments(context: RuleContext) -> Iterator[Finding]:
    """Microsoft documents 32 deployments per account, and 10 of fine-tuned models.

    Support can raise both, and ARM's own counters decide, so this is a warning. Fine-tuned deployments may
    be as many per model as you like. Spread the rest over several accounts.
    """
    catalogue = context.catalogue
    every = catalogue.limit("max-standard-deployments-per-resource")
    tuned = catalogue.limit("max-fine-tuned-deployments")
    # Deployments are ordered by identity, so those of one account stand together.
    for _, together in groupby(context.deployments, key=lambda deployment: deployment.id.account.key):
        own = list(together)
        yield from _over(own, every, "deployments")
        fine_tuned = [d for d in own if subject(d.spec.model, catalogue).fine_tuned]
        yield from _over(fine_tuned, tuned, "deployments of fine-tuned models")


def _over(deployments: list[DesiredDeployment], limit: Limit, what: str) -> Iterator[Finding]:
    if len(deployments) > limit.value:
        extra = deployments[limit.value]
        yield found(
            extra,
            ("name",),
            f"account `{extra.id.account.name}` declares {len(deployments)} {what}; "
            f"{limit.value} is the limit",
            label=f"number {limit.value + 1} of {len(deployments)}",
            source=str(limit.source),
            fix="move some to another account, or have the limit raised",
        )
