"""Delete and create, where ARM cannot change in place; and the fix where that is not allowed.

A replacement is a delete: it needs the manifest's explicit word, and every guard counts it.
"""

from __future__ import annotations

import json
import re

from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.sku import SkuFamily
from reconciler.plan.actions import Action, Reason, Replace
from reconciler.plan.body import replacement_body
from reconciler.plan.legality import chosen_paths, fixed_paths, reason_for
from reconciler.plan.pair import Pair
from reconciler.plan.terms import UNPROTECT, Terms

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_NAME_LIMIT = 64


def replacement(pair: Pair, terms: Terms) -> Action:
    """What to do about changes, or a state, that ARM takes only from a new deployment."""
    desired, observed = pair.desired, pair.observed
    reason = Reason.FAILED_STATE if observed.failed else reason_for(pair)
    refusal = _refusal(pair, terms)
    if refusal is not None:
        return pair.blocked(*refusal)
    outage = "requests to it fail from the delete until the create has ended"
    if observed.sku is not None and observed.sku.family is SkuFamily.PROVISIONED:
        outage += "; the PTUs that the delete frees may be gone before the create can take them again"
    if observed.failed:
        outage = f"ARM refuses every PUT to a deployment in state Failed; {outage}"
    return Replace(
        id=desired.id,
        region=pair.region,
        reason=reason,
        desired=desired,
        observed=observed,
        writes=(replacement_body(desired, observed, pair.mark),),
        changes=pair.changes,
        explanation=outage,
    )


def _refusal(pair: Pair, terms: Terms) -> tuple[Reason, str, str] | None:
    """Why it must not be replaced, and what to do instead; None where it may."""
    desired = pair.desired
    only = "only delete and create could do this, and"
    if desired.lifecycle.prevent_destroy:
        fix = "remove lifecycle.preventDestroy in a change of its own, apply, then try again"
        return Reason.PROTECTED, f"{only} its manifest says preventDestroy", fix
    if terms.protects(desired.id):
        return Reason.PROTECTED, f"{only} the Fleet's guards.protect covers it", UNPROTECT
    if desired.lifecycle.replace_allowed:
        return None
    if not pair.observed.failed:
        paths = fixed_paths(desired, pair.observed.sku, pair.changes)
        changed = ", ".join(paths)
        why = f"ARM cannot change {changed} in place, and the manifest does not allow replacing"
        new = f"{desired.id.name[: _NAME_LIMIT - 2]}-2"
        fix = (
            f"keep this entry as ARM has it and declare the new one beside it: {_entry(desired, new)}; "
            f"apply, move the callers to {new}, then remove this entry. Or accept an outage: "
            "lifecycle: {replace: allowed}"
        )
        fix += ". Or try lifecycle: {skuChange: inPlace}" if paths == ("sku.name",) else ""
        if chosen := chosen_paths(desired, pair.observed.sku, paths):
            why = "its manifest says modelChange: replace, and no lifecycle: {replace: allowed} beside it"
            fix += f". Or take lifecycle.modelChange out: ARM changes {' and '.join(chosen)} in place"
        return Reason.REPLACE_FORBIDDEN, why, fix
    if terms.replace_failed:
        return None
    why = "it is in state Failed, in which ARM refuses every PUT until it is deleted"
    return Reason.FAILED_STATE, why, "write lifecycle: {replace: allowed}, or pass --replace-failed"


def _entry(desired: DesiredDeployment, name: str) -> str:
    """The essential part of a manifest's entry, in one line of YAML."""
    model, sku = desired.spec.model, desired.spec.sku
    version = "" if isinstance(model.version, Unset) else f", version: {json.dumps(model.version)}"
    capacity = "" if isinstance(sku.capacity, Unset) else f", capacity: {sku.capacity.amount}"
    source = "" if model.source is None else f", source: {json.dumps(str(model.source.account))}"
    return (
        f"- {{name: {_scalar(name)}, model: {{format: {_scalar(model.format)}, name: {_scalar(model.name)}"
        f"{version}{source}}}, sku: {{name: {_scalar(sku.name.name)}{capacity}}}}}"
    )


def _scalar(text: str) -> str:
    """Bare where YAML cannot misread it, else quoted as JSON, which is YAML too."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text)
