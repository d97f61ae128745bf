"""Deployments that name others: what is needed beside a selection, and what cannot be done without another.

Only what needs a missing deployment is held back or pulled in: one that already exists serves as well as
before, whatever becomes of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.ids import DeploymentId
from reconciler.domain.state import DesiredState, Listed, ObservedState
from reconciler.plan.actions import Action, Blocked, Create, Delete, Keep, Reason
from reconciler.plan.terms import blocked


def targets_of(desired: DesiredDeployment) -> tuple[DeploymentId, ...]:
    """The deployments of the same account that a declaration names."""
    names = (desired.spec.spillover_deployment_name, desired.spec.parent_deployment_name)
    return tuple(
        DeploymentId(account=desired.id.account, name=name) for name in names if not isinstance(name, Unset)
    )


def with_needed(desired: DesiredState, observed: ObservedState) -> DesiredState:
    """`desired` with those left out added that a selected one names and that are not there yet."""
    reserve = {one.id: one for one in desired.reserve}
    added: dict[DeploymentId, DesiredDeployment] = {}
    todo = [one for one in desired.deployments if reserve and desired.covers(one.id)]
    while todo:
        for target in targets_of(todo.pop()):
            needed = reserve.get(target)
            if needed is not None and target not in added and _is_absent(target, observed):
                added[target] = needed
                todo.append(needed)
    if not added:
        return desired
    scope = desired.scope
    return replace(
        desired,
        deployments=(*desired.deployments, *added.values()),
        scope=replace(scope, left_out=scope.left_out - set(added), pulled_in=frozenset(added)),
    )


def say_why_here(actions: Iterable[Action], pulled_in: Collection[DeploymentId]) -> list[Action]:
    """`actions`, where each that no selection names says which one needs it."""
    listed = list(actions)
    if not pulled_in:
        return listed
    naming: dict[DeploymentId, list[str]] = {}
    for action in listed:
        if action.desired is not None:
            for target in targets_of(action.desired):
                naming.setdefault(target, []).append(action.id.name)
    return [
        replace(action, explanation="; ".join(filter(None, (_needed(naming, action), action.explanation))))
        if action.id in pulled_in
        else action
        for action in listed
    ]


def _needed(naming: Mapping[DeploymentId, Sequence[str]], action: Action) -> str:
    names = " and ".join(sorted(naming.get(action.id, ())))
    return f"not selected, but {names} needs it and it is not there yet"


def _is_absent(wanted: DeploymentId, observed: ObservedState) -> bool:
    reading = observed.readings.get(wanted.account)
    return isinstance(reading, Listed) and reading.find(wanted) is None


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
        observed=action.observed,
        changes=action.changes,
    )
