"""What cannot be done because the deployment it names will not be there.

Only what needs a missing deployment is held back: a blocked one that already exists serves as well as
before. Out of a list of actions comes the same list, some of them blocked.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.ids import DeploymentId
from reconciler.plan.actions import Action, Blocked, Create, Delete, Keep, Reason, changes_of
from reconciler.plan.terms import blocked


def targets_of(desired: DesiredDeployment) -> tuple[DeploymentId, ...]:
    """The deployments of the same account that a declaration names."""
    names = (desired.spec.spillover_deployment_name, desired.spec.parent_deployment_name)
    return tuple(
        DeploymentId(account=desired.id.account, name=name) for name in names if not isinstance(name, Unset)
    )


def block_dependants(actions: Iterable[Action]) -> list[Action]:
    """`actions` with those blocked that name a deployment which is blocked and not there."""
    result = {action.id: action for action in actions}
    missing = [name for name, action in result.items() if _stays_away(action)]
    naming: dict[DeploymentId, list[DeploymentId]] = {}
    for name, action in result.items():
        if not isinstance(action, Delete | Keep | Blocked):
            for target in targets_of(action.desired):
                naming.setdefault(target, []).append(name)
    while missing:
        target = missing.pop()
        for name in naming.get(target, ()):
            action = result[name]
            if isinstance(action, Delete | Keep | Blocked):
                continue
            result[name] = _held_back(action.desired, action, target)
            if isinstance(action, Create):
                missing.append(name)
    return list(result.values())


def _stays_away(action: Action) -> bool:
    return isinstance(action, Blocked) and action.observed is None


def _held_back(desired: DesiredDeployment, action: Action, target: DeploymentId) -> Blocked:
    return blocked(
        desired,
        Reason.DEPENDENCY_BLOCKED,
        f"it names {target.name}, which is not there and is blocked itself",
        f"see to {target.name} first; or do not name it",
        region=action.region,
        observed=None if isinstance(action, Create | Delete) else action.observed,
        changes=changes_of(action),
    )
