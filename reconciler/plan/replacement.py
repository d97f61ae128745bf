"""Delete and create, where ARM cannot change in place; and the fix where that is not allowed.

A replacement is a delete: it needs the manifest's explicit word, and every guard counts it.
"""

from __future__ import annotations

import json
import re

from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.ids import Region
from reconciler.domain.sku import SkuFamily
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.actions import Action, FieldChange, Reason, Replace
from reconciler.plan.body import replacement_body
from reconciler.plan.legality import fixed_paths, reason_for
from reconciler.plan.terms import UNPROTECT, Terms, blocked

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_NAME_LIMIT = 64


def replacement(
    one: DesiredDeployment,
    there: ObservedDeployment,
    region: Region,
    changes: tuple[FieldChange, ...],
    terms: Terms,
) -> Action:
    """What to do about changes, or a state, that ARM takes only from a new deployment."""
    reason = Reason.FAILED_STATE if there.failed else reason_for(changes)
    refusal = _refusal(one, changes, terms, failed=there.failed)
    if refusal is not None:
        return blocked(one, *refusal, region=region, observed=there, changes=changes)
    outage = "requests to it fail from the delete until the create has ended"
    if there.sku is not None and there.sku.family is SkuFamily.PROVISIONED:
        outage += "; the PTUs that the delete frees may be gone before the create can take them again"
    if there.failed:
        outage = f"ARM refuses every PUT to a deployment in state Failed; {outage}"
    return Replace(
        id=one.id,
        region=region,
        reason=reason,
        desired=one,
        observed=there,
        body=replacement_body(one, there, terms.mark),
        changes=changes,
        explanation=outage,
    )


def _refusal(
    one: DesiredDeployment, changes: tuple[FieldChange, ...], terms: Terms, *, failed: bool
) -> tuple[Reason, str, str] | None:
    """Why it must not be replaced, and what to do instead; None where it may."""
    only = "only delete and create could do this, and"
    if one.lifecycle.prevent_destroy:
        fix = "remove lifecycle.preventDestroy in a change of its own, apply, then try again"
        return Reason.PROTECTED, f"{only} its manifest says preventDestroy", fix
    if terms.protects(one.id):
        return Reason.PROTECTED, f"{only} the Fleet's guards.protect covers it", UNPROTECT
    if one.lifecycle.replace_allowed:
        return None
    if not failed:
        paths = fixed_paths(changes)
        why = f"ARM cannot change {', '.join(paths)} in place, and the manifest does not allow replacing"
        return Reason.REPLACE_FORBIDDEN, why, _cut_over(one, paths)
    if terms.replace_failed:
        return None
    why = "it is in state Failed, in which ARM refuses every PUT until it is deleted"
    return Reason.FAILED_STATE, why, "write lifecycle: {replace: allowed}, or pass --replace-failed"


def _cut_over(one: DesiredDeployment, paths: tuple[str, ...]) -> str:
    new = f"{one.id.name[: _NAME_LIMIT - 2]}-2"
    steps = (
        f"keep this entry as ARM has it and declare the new one beside it: {_entry(one, new)}; apply, move "
        f"the callers to {new}, then remove this entry. Or accept an outage: lifecycle: {{replace: allowed}}"
    )
    return steps + (". Or try lifecycle: {skuChange: inPlace}" if paths == ("sku.name",) else "")


def _entry(one: DesiredDeployment, name: str) -> str:
    """The essential part of a manifest's entry, in one line of YAML."""
    model, sku = one.spec.model, one.spec.sku
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
