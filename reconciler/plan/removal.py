"""What becomes of a deployment that no manifest names: usually nothing.

Nothing is deleted that does not carry our mark, unless its account is declared `prune: exclusive`.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.domain.ids import Region
from reconciler.domain.state import ObservedDeployment, PrunePolicy
from reconciler.plan.actions import Blocked, Delete, Keep, Reason
from reconciler.plan.ownership import on_removal, owner_of
from reconciler.plan.terms import UNPROTECT, Terms


def undeclared(
    there: ObservedDeployment, prune: PrunePolicy, region: Region, terms: Terms
) -> Keep | Delete | Blocked:
    """Keep it, delete it, or say why it cannot be deleted.

    A delete that is going on already is followed to its end where it is one that we would do: it may be what
    a killed run has left, and it may fail (law I-01). Any other is nobody's business here.
    """
    fate = _fate(there, prune, region, terms)
    if not there.deleting:
        return fate
    if isinstance(fate, Delete):
        told = "it is being deleted already; apply waits for the end of that, and deletes what is still there"
        return replace(fate, reason=Reason.IN_PROGRESS, explanation=told)
    return _keep(there, region, Reason.IN_PROGRESS, "it is being deleted already")


def _fate(
    there: ObservedDeployment, prune: PrunePolicy, region: Region, terms: Terms
) -> Keep | Delete | Blocked:
    owner = owner_of(there)
    ours = owner == terms.mark
    if prune is PrunePolicy.NEVER:
        return _keep(there, region, Reason.RETAINED, "its account is declared prune: never")
    if prune is PrunePolicy.OWNED and not ours:
        told = f"it carries the mark of the fleet {owner!r}" if owner else "it carries nobody's mark"
        return _keep(there, region, Reason.NOT_OURS, told)
    if ours and on_removal(there) == "retain":
        return _keep(there, region, Reason.RETAINED, "its last manifest said onRemoval: retain")
    if owner is not None and not ours and not terms.take_over:
        return _forbidden(
            there,
            region,
            Reason.OTHER_FLEET,
            f"nobody here declares it, and it carries the mark of the fleet {owner!r}",
            "prune: owned leaves it alone; --take-over deletes it",
        )
    if terms.protects(there.id):
        told = "no manifest declares it any more, but the Fleet's guards.protect covers it"
        return _forbidden(there, region, Reason.PROTECTED, told, UNPROTECT)
    if ours and on_removal(there) == "refuse":
        told = "no manifest declares it any more, but its last one said preventDestroy"
        fix = "declare it again without lifecycle.preventDestroy, apply, then remove the entry"
        return _forbidden(there, region, Reason.PROTECTED, told, fix)
    told = (
        "no manifest declares it any more"
        if ours
        else "its account is prune: exclusive; nobody's mark is on it"
    )
    return Delete(id=there.id, region=region, reason=Reason.NOT_DECLARED, observed=there, explanation=told)


def _keep(there: ObservedDeployment, region: Region, reason: Reason, told: str) -> Keep:
    return Keep(id=there.id, region=region, reason=reason, desired=None, observed=there, explanation=told)


def _forbidden(there: ObservedDeployment, region: Region, reason: Reason, told: str, fix: str) -> Blocked:
    return Blocked(id=there.id, region=region, reason=reason, explanation=told, fix=fix, observed=there)
