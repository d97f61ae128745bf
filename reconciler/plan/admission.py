"""What ARM would refuse for a reason that can be read before: such writes become `Blocked`.

Everything found is said at once; what is only `unverified` is said beside the write and stops nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.domain.state import ObservedState
from reconciler.plan.actions import Action, Create, Reason, Replace, Update, blocked_instead
from reconciler.plan.availability import Finding, RegionalOffers, Writable
from reconciler.plan.hosting import hosting_notes
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
        return replace(action, explanation="; ".join(filter(None, (action.explanation, *notes))))
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
