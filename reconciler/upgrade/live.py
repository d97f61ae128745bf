"""What ARM adds to proposals: its replacements, what the service moved already, and what a plan says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.domain.deployment import UNSET
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import DeploymentId
from reconciler.domain.platform import Replacement
from reconciler.domain.sku import SkuFamily
from reconciler.domain.state import Listed, ObservedState
from reconciler.plan.actions import Blocked, Reason
from reconciler.plan.plan import Plan, Room
from reconciler.upgrade.propose import Proposal, Standing
from reconciler.upgrade.target import ModelVersion
from reconciler.upgrade.wanted import Beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """ARM's replacements by model and version, and the live model of what the service upgraded itself."""

    replacements: Mapping[ModelVersion, Replacement]
    moved: Mapping[DeploymentId, tuple[str, str]]


def live_of(desired: DesiredState, observed: ObservedState) -> Live:
    """What `observed` says of the declared deployments."""
    replacements = {
        (offer.model_name.lower(), offer.model_version.lower()): offer.replacement
        for facts in observed.regions
        for offer in facts.offers or ()
        if offer.replacement is not None
    }
    return Live(replacements=replacements, moved=_moved(desired, observed, replacements))


def _moved(
    desired: DesiredState, observed: ObservedState, replacements: Mapping[ModelVersion, Replacement]
) -> dict[DeploymentId, tuple[str, str]]:
    """Pay-as-you-go deployments on a newer version of what is declared, or on ARM's replacement for it."""
    moved: dict[DeploymentId, tuple[str, str]] = {}
    for deployment in desired.deployments:
        reading = observed.readings.get(deployment.id.account)
        found = reading.find(deployment.id) if isinstance(reading, Listed) else None
        model = deployment.spec.model
        if found is None or found.model_name is None or found.model_version is None or model.version is UNSET:
            continue
        if deployment.spec.sku.name.family is not SkuFamily.RATE or model.version == found.model_version:
            continue
        option = deployment.spec.text("versionUpgradeOption")
        if isinstance(option, str) and option.lower() == "noautoupgrade":
            continue
        known = replacements.get((model.name.lower(), str(model.version).lower()))
        replaced = known is not None and (known.model.lower(), known.version) == (
            found.model_name.lower(),
            found.model_version,
        )
        newer = found.model_name.lower() == model.name.lower() and found.model_version > str(model.version)
        if replaced or newer:
            moved[deployment.id] = (found.model_name, found.model_version)
    return moved


def judged(proposal: Proposal, plan: Plan) -> Proposal:
    """A proposal with what the plan of the edited manifests says of its deployment."""
    if proposal.standing is not Standing.EDIT or proposal.wanted is None:
        return proposal
    identity = proposal.wanted.made if isinstance(proposal.wanted, Beside) else proposal.id
    action = next((step.action for step in plan.steps if step.action.id == identity), None)
    if not isinstance(action, Blocked):
        quota = None if any(pool.used_after is None for pool in plan.quota) else True
        room = next((check for check in plan.capacity if check.id == identity), None)
        capacity = None if room is None or room.available is None else room.room is Room.AVAILABLE
        checks = replace(
            proposal.checks, quota=quota, offered=proposal.checks.offered or True, capacity=capacity
        )
        short = (
            "" if capacity is not False else f"its region has {room.available if room else 0} PTU left now"
        )
        return proposal.with_reasons(short, checks=checks)
    checks = proposal.checks
    if action.reason is Reason.NOT_OFFERED:
        checks = replace(checks, offered=False)
    elif action.reason is Reason.QUOTA_EXCEEDED:
        checks = replace(checks, quota=False)
    why = (f"its plan is blocked: {action.explanation}", action.fix)
    return proposal.with_reasons(*why, standing=Standing.UNSOLVED, wanted=None, checks=checks)
