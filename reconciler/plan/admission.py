"""What ARM would refuse for a reason that can be read before: such writes become `Blocked`.

Everything found is said at once; what is only `unverified` is said beside the write and stops nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.catalogue.load import catalogue
from reconciler.domain.deployment import JsonObject, Unset
from reconciler.domain.state import ObservedState, Offer
from reconciler.plan.actions import Action, Create, Reason, Replace, Update, blocked_instead
from reconciler.plan.availability import Finding, RegionalOffers, Writable
from reconciler.plan.body import asked_for, writable
from reconciler.plan.migration import in_legal_order
from reconciler.plan.references import reference_findings
from reconciler.plan.terms import Hindrance


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
        "; ".join(one.explanation for one in hindrances),
        "; ".join(one.fix for one in hindrances),
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
    there = writable(action.observed)
    before = _served(there, availability.offers_for(action, there))
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
    known, listed = catalogue().hosting(name, version), {one.hosted_on for one in offers if one.hosted_on}
    pools = {one.pool for one in offers if one.pool}
    return _Served(
        name=name,
        version=version,
        host=min(listed).lower() if listed else known.on.lower() if known else "",
        pool=min(pools) if len(pools) == 1 else catalogue().pool(name, version, asked[1]) or "",
        source="ARM's models list" if listed or known is None else str(known.source),
    )


def _by(host: str) -> str:
    return "on Azure" if host == "azure" else f"by {host.capitalize()}"
