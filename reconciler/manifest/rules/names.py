"""Rules about names, and about how many deployments may carry one in an account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from reconciler.catalogue.facts import Limit
from reconciler.catalogue.subject import subject
from reconciler.diagnostics import counted
from reconciler.domain.deployment import DesiredDeployment
from reconciler.manifest.rules.rule import (
    ERROR,
    WARNING,
    Declaration,
    Finding,
    RuleContext,
    entries,
    once,
    rule,
    tables,
)

_LONGEST = 64
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,63}")
_WRONG = re.compile(r"[^A-Za-z0-9._-]")
_ALLOWED = "2 to 64 letters, digits, `_`, `-` or `.`, the first a letter or digit"


@rule(
    "deployment-name",
    ERROR,
    entries,
    source="ARM's InvalidResourceName, and names in its recorded answers, 2026-06",
)
def deployment_name(this: Declaration) -> Iterator[Finding]:
    """A deployment name has 2 to 64 characters: letters, digits, underscores, hyphens and periods.

    It begins with a letter or a digit, is a path segment of ARM ids and of every inference URL, and is
    unique in its account without regard to case. ARM refuses other names with InvalidResourceName. Rename
    the deployment; a rename is a new deployment, so move its callers first.
    """
    name = this.deployment.id.name
    if _NAME.fullmatch(name) is None:
        # The nearest legal name is padded or cut where its length is the problem.
        legal = _WRONG.sub("-", name).lstrip("_.-")[:_LONGEST]
        legal = legal if len(legal) > 1 else f"{legal or 'chat'}-1"
        yield Finding(
            ("name",),
            f"`{name}` cannot name a deployment: {_reason(name)}",
            label=_ALLOWED,
            fix=f"write {legal}",
        )


def _reason(name: str) -> str:
    if not 2 <= len(name) <= _LONGEST:
        return f"it has {counted(len(name), 'character')}, 2 to {_LONGEST} are allowed"
    wrong = sorted({character for character in name if _WRONG.match(character)})
    if wrong:
        return f"it contains {' '.join(repr(character) for character in wrong)}"
    return f"it begins with {name[0]!r}"


@rule("account-name", ERROR, once, source="Microsoft.CognitiveServices specification, 2025-06-01")
def account_name(context: RuleContext) -> Iterator[Finding]:
    """An account name has 2 to 64 characters: letters, digits, underscores, hyphens and periods.

    It begins with a letter or a digit (the pattern of the provider's specification). An account of another
    name cannot exist, so everything declared for it would be blocked. Check the name in the portal or with
    `az cognitiveservices account list`.
    """
    for account in context.desired.accounts:
        if _NAME.fullmatch(account.id.name) is None:
            yield Finding(
                ("name",),
                f"`{account.id.name}` cannot name an account",
                about=account,
                label=_ALLOWED,
                fix="copy the name from `az cognitiveservices account list`",
            )


@rule("too-many-deployments", WARNING, once, source=tables)
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


def _over(deployments: Sequence[DesiredDeployment], limit: Limit, what: str) -> Iterator[Finding]:
    for extra in deployments[limit.value : limit.value + 1]:
        yield Finding(
            ("name",),
            f"account `{extra.id.account.name}` declares {len(deployments)} {what}; "
            f"{limit.value} is the limit",
            about=extra,
            label=f"number {limit.value + 1} of {len(deployments)}",
            source=str(limit.source),
            fix="move some to another account, or have the limit raised",
        )
