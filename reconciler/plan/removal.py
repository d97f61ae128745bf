"""What becomes of a deployment that no manifest names: usually nothing.

Nothing is deleted that does not carry our mark, unless its account is declared `prune: exclusive`.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.domain.fleet import PrunePolicy
from reconciler.domain.ids import Region
from reconciler.domain.marks import Whose, on_removal, owner_of, whose
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.actions import Blocked, Delete, Keep, Reason
from reconciler.plan.terms import UNPROTECT, Terms


def undeclared(
    observed: ObservedDeployment, prune: PrunePolicy, region: Region, terms: Terms
) -> Keep | Delete | Blocked:
    """Keep it, delete it, or say why it cannot be deleted.

    A delete that is going on already is followed to its end where it is one that we would do: it may be what
    a killed run has left, and it may fail (law I-01). Any other is nobody's business here.
    """
    judged = _judged(observed, prune, region, terms)
    if not observed.deleting:
        return judged
    if isinstance(judged, Delete):
        text = "it is being deleted already; apply waits for the end of that, and deletes what is still there"
        return replace(judged, reason=Reason.IN_PROGRESS, explanation=text)
    return _keep(observed, region, Reason.IN_PROGRESS, "it is being deleted already")


def _judged(
    observed: ObservedDeployment, prune: PrunePolicy, region: Region, terms: Terms
) -> Keep | Delete | Blocked:
    owner, belongs = owner_of(observed), whose(observed, terms.mark)
    ours = belongs is Whose.OURS
    if not terms.fleet.declared:
        text = "no Fleet document names this fleet, so nothing is deleted"
        return _keep(observed, region, Reason.NO_FLEET, text)
    if prune is PrunePolicy.NEVER:
        return _keep(observed, region, Reason.RETAINED, "its account is declared prune: never")
    if prune is PrunePolicy.OWNED and not ours:
        text = f"it carries the mark of the fleet {owner!r}" if owner else "it carries nobody's mark"
        if belongs is Whose.NAMESAKE:
            text += ", which has no id: it may be another fleet's of that name"
        return _keep(observed, region, Reason.NOT_OURS, text)
    if ours and on_removal(observed) == "retain":
        return _keep(observed, region, Reason.RETAINED, "its last manifest said onRemoval: retain")
    if owner is not None and not ours and not terms.take_over:
        return _forbidden(
            observed,
            region,
            Reason.OTHER_FLEET,
            f"nobody here declares it, and it carries the mark of the fleet {owner!r}",
            "prune: owned leaves it alone; --take-over deletes it",
        )
    if terms.protects(observed.id):
        text = "no manifest declares it any more, but the Fleet's guards.protect covers it"
        return _forbidden(observed, region, Reason.PROTECTED, text, UNPROTECT)
    if ours and on_removal(observed) == "refuse":
        text = "no manifest declares it any more, but its last one said preventDestroy"
        fix = "declare it again without lifecycle.preventDestroy, apply, then remove the entry"
        return _forbidden(observed, region, Reason.PROTECTED, text, fix)
    text = (
        "no manifest declares it any more"
        if ours
        else "its account is prune: exclusive; nobody's mark is on it"
    )
    return Delete(
        id=observed.id, region=region, reason=Reason.NOT_DECLARED, observed=observed, explanation=text
    )


def _keep(observed: ObservedDeployment, region: Region, reason: Reason, text: str) -> Keep:
    return Keep(
        id=observed.id, region=region, reason=reason, desired=None, observed=observed, explanation=text
    )


def _forbidden(observed: ObservedDeployment, region: Region, reason: Reason, text: str, fix: str) -> Blocked:
    return Blocked(id=observed.id, region=region, reason=reason, explanation=text, fix=fix, observed=observed)
