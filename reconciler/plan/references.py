"""What a declaration names outside its account's deployments: a content filter, a fine-tuned model's source.

A name is looked up only where a write would send it anew, by one list per account; what could not be read is
said to be `unverified` and refuses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.domain.deployment import DesiredDeployment, ModelRef, Unset
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import AccountId
from reconciler.domain.json_values import at
from reconciler.domain.state import AccountMissing, Listed, ObservedState, Unreadable
from reconciler.plan.actions import Reason
from reconciler.plan.availability import Finding, Writable
from reconciler.plan.body import writable
from reconciler.plan.terms import Hindrance

# The policies that every account is born with, which its list need not show.
_BORN = "microsoft."


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Accounts of which a list is needed: their content filters, their fine-tuned models."""

    policies: tuple[AccountId, ...] = ()
    sources: tuple[AccountId, ...] = ()


def questions(desired: DesiredState, observed: ObservedState) -> Questions:
    """What is still to be read before a plan can say whether the names it would send exist."""
    policies: set[AccountId] = set()
    sources: set[AccountId] = set()
    for one in desired.deployments:
        reading = observed.readings.get(one.id.account)
        if not isinstance(reading, Listed) or not desired.covers(one.id):
            continue
        there = reading.find(one.id)
        filter_ = _own_policy(one)
        found = (
            at(writable(there), ("properties", "raiPolicyName")) if filter_ and there is not None else None
        )
        if filter_ and (not isinstance(found, str) or found.lower() != filter_):
            policies.add(one.id.account)
        model = one.spec.model
        if model.fine_tuned and (there is None or (there.model_name or "").lower() != model.name.lower()):
            sources.add(source_of(one))
    return Questions(policies=tuple(sorted(policies)), sources=tuple(sorted(sources)))


def source_of(one: DesiredDeployment) -> AccountId:
    """The account in which a fine-tuned model was made: the one it names, or its own."""
    source = one.spec.model.source
    return one.id.account if source is None else source.account


def reference_findings(action: Writable, observed: ObservedState) -> Iterator[Finding]:
    """What is known against the names that `action` sends, or not known about them."""
    paths = {change.path for change in action.changes}
    if "raiPolicyName" in paths:
        yield from _policy_findings(action.desired, observed)
    if "model.name" in paths and action.desired.spec.model.fine_tuned:
        yield from _source_findings(action.desired, observed)


def _policy_findings(one: DesiredDeployment, observed: ObservedState) -> Iterator[Finding]:
    wanted, found = _own_policy(one), observed.policies.get(one.id.account)
    if not wanted or found is None:
        return
    name, account = one.spec.rai_policy_name, one.id.account.name
    if isinstance(found, Unreadable):
        yield f"unverified: the content filters of {account} could not be listed ({found.code})"
    elif wanted not in {policy.lower() for policy in found}:
        there = ", ".join(sorted(found)) or "none"
        yield Hindrance(
            reason=Reason.POLICY_MISSING,
            explanation=f"{account} has no content filter {name}; it has: {there}",
            fix="make that content filter in the account first, or correct raiPolicyName",
        )


def _source_findings(one: DesiredDeployment, observed: ObservedState) -> Iterator[Finding]:
    source, model = source_of(one), one.spec.model
    match observed.sources.get(source):
        case None:
            return
        case AccountMissing():
            yield Hindrance(
                reason=Reason.SOURCE_MISSING,
                explanation=f"ARM does not find the account {source.name}, where {model.name} was made",
                fix="correct model.source; an alias with the wrong tenant also looks like this",
            )
        case Unreadable(code=code):
            yield f"unverified: the models of {source.name} could not be listed ({code})"
        case found:
            yield from _tuned_findings(model, source, found)


def _tuned_findings(model: ModelRef, source: AccountId, found: frozenset[str]) -> Iterator[Finding]:
    """A list without any model of the kind that is wanted is no evidence: ARM may leave them all out."""
    checkpoint = model.tuned_from is None
    alike = sorted(name for name in found if (ModelRef(name=name).tuned_from is None) is checkpoint)
    if not alike:
        what = "checkpoint" if checkpoint else "fine-tuned model"
        yield f"unverified: ARM's list of {source.name} names no {what} at all"
    elif model.name.lower() not in {name.lower() for name in alike}:
        yield Hindrance(
            reason=Reason.SOURCE_MISSING,
            explanation=f"{source.name} has no model {model.name}; it has: {', '.join(alike)}",
            fix="correct model.name, or model.source if it was made in another account",
        )


def _own_policy(one: DesiredDeployment) -> str:
    """The declared content filter in lower case, where it is one that somebody had to make."""
    name = one.spec.rai_policy_name
    if isinstance(name, Unset) or name.lower().startswith(_BORN):
        return ""
    return name.lower()
