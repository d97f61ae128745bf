"""What ARM would refuse for a reason that can be read before: such writes become `Blocked`.

Everything found is said at once; what is only `unverified` is said beside the write and stops nothing. What a
declaration names outside its account's deployments (a content filter, the source of a fine-tuned model) is
looked up only where a write would send it anew, by one list per account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.catalogue.load import catalogue
from reconciler.domain.deployment import DesiredDeployment, JsonObject, ModelRef, Unset
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import AccountId
from reconciler.domain.json_values import at
from reconciler.domain.state import AccountMissing, Listed, ObservedState, Offer, Unreadable
from reconciler.plan.actions import Action, Create, Reason, Replace, Update, blocked_instead
from reconciler.plan.availability import Finding, RegionalOffers, Writable
from reconciler.plan.body import asked_for, writable
from reconciler.plan.migration import in_legal_order
from reconciler.plan.terms import Hindrance

# The policies that every account is born with, which its list need not show.
_BORN = "microsoft."


def admitted(actions: Iterable[Action], observed: ObservedState) -> list[Action]:
    """`actions`, less the writes of which ARM's own lists say that they would be refused."""
    availability = RegionalOffers(observed)
    return [
        _judged(action, observed, availability) if isinstance(action, Create | Update | Replace) else action
        for action in actions
    ]


def _judged(action: Writable, observed: ObservedState, availability: RegionalOffers) -> Action:
    migration: list[Finding] = []
    if isinstance(action, Update) and len(action.writes) > 1:
        ordered = in_legal_order(action, availability)
        if isinstance(ordered, Hindrance):
            migration.append(ordered)
        else:
            action = ordered
    findings = (
        *migration,
        *availability.findings(action),
        *availability.setting_findings(action),
        *reference_findings(action, observed),
        *hosting_notes(action, availability),
        *_opinions(action, observed),
    )
    if not findings:
        return action
    hindrances = [found for found in findings if isinstance(found, Hindrance)]
    if not hindrances:
        notes = [found for found in findings if isinstance(found, str)]
        return action.explained(action.explanation, *notes)
    return blocked_instead(
        action,
        hindrances[0].reason,
        "; ".join(hindrance.explanation for hindrance in hindrances),
        "; ".join(hindrance.fix for hindrance in hindrances),
    )


def _opinions(action: Writable, observed: ObservedState) -> Iterator[Finding]:
    """What ARM's own validation said, where it was asked."""
    opinion = observed.opinions.get(action.id)
    if opinion is None:
        return
    if not opinion.refused:
        yield f"unverified: {opinion.message}"
        return
    yield Hindrance(
        reason=Reason.REFUSED_BY_ARM,
        explanation=f"ARM's own validation refuses it: {opinion.message}",
        fix=opinion.fix or "change what ARM's message is about, and plan again",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Served:
    """A model version with its host and pool; both empty where no list tells. `source` is of the host."""

    name: str
    version: str
    host: str
    pool: str
    source: str


def hosting_notes(action: Writable, availability: RegionalOffers) -> Iterator[str]:
    """What to say of a write that changes the version of a model, or the model: nothing for most."""
    if isinstance(action, Create) or not action.writes:
        return
    observed = writable(action.observed)
    before = _served(observed, availability.offers_for(action, observed))
    after = _served(action.writes[-1], availability.offers_for(action, action.writes[-1]))
    if before is None or after is None or (before.name, before.version) == (after.name, after.version):
        return
    moves = bool(before.host and after.host) and before.host != after.host
    if moves:
        yield (
            f"{before.name} {before.version} is hosted {_by(before.host)} and {after.name} {after.version} "
            f"{_by(after.host)}: where data is processed changes ({after.source})"
        )
    same = before.name.lower() == after.name.lower()
    if (moves or same) and before.pool and after.pool and before.pool.lower() != after.pool.lower():
        yield f"its quota pool changes from {before.pool} to {after.pool}"


def _served(body: JsonObject, offers: Sequence[Offer]) -> _Served | None:
    asked = asked_for(body)
    if asked is None or isinstance(asked[0].version, Unset):
        return None
    name, version = asked[0].name, asked[0].version
    known, listed = (
        catalogue().hosting(name, version),
        {offer.hosted_on for offer in offers if offer.hosted_on},
    )
    pools = {offer.pool for offer in offers if offer.pool}
    return _Served(
        name=name,
        version=version,
        host=min(listed).lower() if listed else known.on.lower() if known else "",
        pool=min(pools) if len(pools) == 1 else catalogue().pool(name, version, asked[1]) or "",
        source="ARM's models list" if listed or known is None else str(known.source),
    )


def _by(host: str) -> str:
    return "on Azure" if host == "azure" else f"by {host.capitalize()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Accounts of which a list is needed: their content filters, their fine-tuned models."""

    policies: tuple[AccountId, ...] = ()
    sources: tuple[AccountId, ...] = ()


def questions(desired: DesiredState, observed: ObservedState) -> Questions:
    """What is still to be read before a plan can say whether the names it would send exist."""
    policies: set[AccountId] = set()
    sources: set[AccountId] = set()
    for deployment in desired.deployments:
        reading = observed.readings.get(deployment.id.account)
        if not isinstance(reading, Listed) or not desired.covers(deployment.id):
            continue
        existing = reading.find(deployment.id)
        filter_ = _own_policy(deployment)
        found = (
            at(writable(existing), ("properties", "raiPolicyName"))
            if filter_ and existing is not None
            else None
        )
        if filter_ and (not isinstance(found, str) or found.lower() != filter_):
            policies.add(deployment.id.account)
        model = deployment.spec.model
        if model.fine_tuned and (
            existing is None or (existing.model_name or "").lower() != model.name.lower()
        ):
            sources.add(source_of(deployment))
    return Questions(policies=tuple(sorted(policies)), sources=tuple(sorted(sources)))


def source_of(deployment: DesiredDeployment) -> AccountId:
    """The account in which a fine-tuned model was made: the one it names, or its own."""
    source = deployment.spec.model.source
    return deployment.id.account if source is None else source.account


def reference_findings(action: Writable, observed: ObservedState) -> Iterator[Finding]:
    """What is known against the names that `action` sends, or not known about them."""
    paths = {change.path for change in action.changes}
    if "raiPolicyName" in paths:
        yield from _policy_findings(action.desired, observed)
    if "model.name" in paths and action.desired.spec.model.fine_tuned:
        yield from _source_findings(action.desired, observed)


def _policy_findings(deployment: DesiredDeployment, observed: ObservedState) -> Iterator[Finding]:
    wanted, found = _own_policy(deployment), observed.policies.get(deployment.id.account)
    if not wanted or found is None:
        return
    name, account = deployment.spec.text("raiPolicyName"), deployment.id.account.name
    if isinstance(found, Unreadable):
        yield f"unverified: the content filters of {account} could not be listed ({found.code})"
    elif wanted not in {policy.lower() for policy in found}:
        existing = ", ".join(sorted(found)) or "none"
        yield Hindrance(
            reason=Reason.POLICY_MISSING,
            explanation=f"{account} has no content filter {name}; it has: {existing}",
            fix="make that content filter in the account first, or correct raiPolicyName",
        )


def _source_findings(deployment: DesiredDeployment, observed: ObservedState) -> Iterator[Finding]:
    source, model = source_of(deployment), deployment.spec.model
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


def _own_policy(deployment: DesiredDeployment) -> str:
    """The declared content filter in lower case, where it is one that somebody had to make."""
    name = deployment.spec.text("raiPolicyName")
    if isinstance(name, Unset) or name.lower().startswith(_BORN):
        return ""
    return name.lower()
